"""A copy of the template without caches: only files that git tracks or would track."""

import shutil
import subprocess
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parents[1]
PARTS = (
    "cookiecutter.json",
    "hooks",
    "local_extensions.py",
    "{{cookiecutter.project_slug}}",
)


def snapshot(target: Path) -> Path:
    """Copy tracked and new files, with uncommitted changes, to `target`, and return `target`.

    Without git (a downloaded archive) everything is copied.
    """
    for path in _known_to_git() or [path for part in PARTS for path in _files(part)]:
        if (TEMPLATE / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TEMPLATE / path, target / path)
    return target


def _known_to_git() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (TEMPLATE / ".git").exists():
        return []
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS]
    listed = subprocess.run(command, cwd=TEMPLATE, check=True, capture_output=True)
    return [Path(name) for name in listed.stdout.decode("utf-8").split("\0") if name]


def _files(part: str) -> list[Path]:
    top = TEMPLATE / part
    found = [top] if top.is_file() else sorted(top.rglob("*"))
    return [path.relative_to(TEMPLATE) for path in found if path.is_file()]
