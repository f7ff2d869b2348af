"""Cookiecutter, called as a user calls it."""

import sys
from pathlib import Path

from cookiecutter.main import cookiecutter

Answers = dict[str, object]

# Answers in which nothing of the default remains, so that a leak of ours shows.
OTHERS = {
    "project_name": "Tide Watch",
    "author_name": "Somebody Else",
    "email": "somebody@else.example",
    "github_user": "somebody-else",
    "question": "Will the tide be over the wall?",
    "decision": "The harbour closes the gate.",
    "cost_false_alarm": "2.5",
    "cost_miss": "70",
    "cost_unit": "boats",
}


def bake(template: Path, folder: Path, answers: dict[str, str]) -> Path:
    """Bake with the defaults and `answers`, without asking, and return the project."""
    sys.modules.pop("local_extensions", None)  # that of a template which was baked before
    made = cookiecutter(
        str(template),
        no_input=True,
        default_config=True,
        output_dir=str(folder),
        extra_context=answers,
    )
    return Path(made)


def files(project: Path) -> list[Path]:
    """Return every file of a project except git's own, sorted."""
    inside = [path for path in sorted(project.rglob("*")) if path.is_file()]
    return [path for path in inside if ".git" not in path.relative_to(project).parts]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")
