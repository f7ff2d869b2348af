import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pre_gen_project
import pytest
import yaml
from baking import OTHERS, Answers, bake, files, text_of
from conftest import Bake, run
from cookiecutter.exceptions import FailedHookException

HOSTILE = {
    "quotes": "both \" and ' and ''' and \"\"\"",
    "backslash": "C:\\new\\table \\u0041 \\",
    "braces": "{ } {x} }} %} #}",
    "percent": "100 % %s %(x)s",
    "hash": "# no comment ## #! #%",
    "shell": "$HOME `id` $(id) & | ; < > * ?",
    "yaml": "- a: [b, {c: d}] & * ! > |",
    "accents": "Zażółć gęślą jaźń",
    "emoji": "tide \U0001f30a up",
    "cjk": "潮位予測 预测",
    "right to left": "مد \u202eabc",
    "blanks": "  spaced out  ",
    "long": "x" * 200,
}
TEXTS = ("project_name", "author_name", "question", "decision", "cost_unit")
TRACES = re.compile(r"cookiecutter|#%", re.IGNORECASE)
WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f]|[ .]$')


def options() -> list[tuple[str, str]]:
    asked = json.loads(text_of(Path(__file__).parents[1] / "cookiecutter.json"))
    choices = {name: each for name, each in asked.items() if isinstance(each, list)}
    choices |= {part: ["yes", "no"] for part in pre_gen_project.PARTS}
    return [
        (name, value)
        for name, values in choices.items()
        if not name.startswith("_")
        for value in values
    ]


def require_parses(project: Path) -> None:
    """Parse every TOML, YAML, JSON and Python file; a suffix that none has is an error."""
    parsers = {
        ".toml": tomllib.loads,
        ".yaml": every_document,
        ".yml": every_document,
        ".json": json.loads,
        ".ipynb": json.loads,
        ".py": ast.parse,
    }
    parsed = [path for path in files(project) if path.suffix in parsers]
    assert {".toml", ".yaml", ".py"} <= {path.suffix for path in parsed}
    for path in parsed:
        parsers[path.suffix](text_of(path))  # type: ignore[operator]


def every_document(text: str) -> list[object]:
    return list(yaml.safe_load_all(text))


def problem_of(project: Path) -> dict[str, Any]:
    problem: dict[str, Any] = yaml.safe_load(text_of(project / "params.yaml"))["problem"]
    return problem


def require_whole(project: Path) -> None:
    require_parses(project)
    own = [path for path in files(project) if path.name != ".cruft.json"]
    traces = [path for path in own if "scaffold" not in path.parts and TRACES.search(text_of(path))]
    assert traces == []


@pytest.mark.parametrize(("name", "value"), options())
def test_every_option_value_gives_a_whole_project(baked: Bake, name: str, value: str) -> None:
    needed = pre_gen_project.NEEDS.get(name)
    require_whole(baked(**{name: value}, **({needed: value} if needed else {})))


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_survives_in_every_file(template: Path, tmp_path: Path, kind: str) -> None:
    text = HOSTILE[kind]
    hostile = dict.fromkeys(TEXTS, text) | {"project_slug": "tide-watch"}
    project = bake(template, tmp_path, hostile)
    require_parses(project)
    problem = problem_of(project)
    package = tomllib.loads(text_of(project / "pyproject.toml"))["project"]
    assert (problem["question"], problem["decision"]) == (text, text)
    assert problem["costs"]["unit"] == text
    assert (package["description"], package["authors"][0]["name"]) == (text, text)
    assert text in text_of(project / "README.md")
    assert text in text_of(project / "LICENSE")


def test_template_syntax_typed_at_the_prompts_stays_text(
    template: Path, tmp_path: Path, answers: Answers
) -> None:
    text = "{{ 7 * 7 }} {% raw %} {# x #}"
    asked = [name for name in answers if not name.startswith("_")]
    typed = [text if name in TEXTS else "" for name in asked]
    typed[asked.index("project_slug")] = "tide-watch"
    command = ["cookiecutter", str(template), "--default-config", "--output-dir", str(tmp_path)]
    result = subprocess.run(
        [sys.executable, "-m", *command],
        input="\n".join(typed) + "\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stderr
    project = tmp_path / "tide-watch"
    require_parses(project)
    assert problem_of(project)["question"] == text
    assert text in text_of(project / "README.md")


@pytest.mark.parametrize("text", ["#% if x", "{{ x }}", "{% raw %}", "{# x #}", "a {{ 1 / 0 }}"])
def test_template_syntax_on_the_command_line_is_refused_in_a_sentence(
    template: Path, tmp_path: Path, text: str
) -> None:
    command = ["cookiecutter", str(template), "--no-input", "--default-config"]
    done = run(tmp_path, sys.executable, "-m", *command, f"question={text}")
    assert done.returncode == 1
    assert f"error: the answer {text!r} holds template syntax" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_default_answers_leave_no_placeholder_of_a_github_user(baked: Bake) -> None:
    project = baked()
    own = [path for path in files(project) if "scaffold" not in path.parts]
    found = [path for path in own if "github.com" in text_of(path)]
    assert found == []
    named = baked(github_user="somebody-else", project_slug="tide-watch")
    assert "github.com/somebody-else/tide-watch/actions" in text_of(named / "README.md")


def test_nothing_of_our_answers_is_left(template: Path, tmp_path: Path, answers: Answers) -> None:
    project = bake(template, tmp_path, OTHERS)
    asked = [str(answers[name]) for name in OTHERS if not name.startswith("cost")]
    ours = [answer for answer in asked if answer]
    ours += ["flight-delay-predictor", "desk hours"]
    text = {path: text_of(path) for path in files(project) if "scaffold" not in path.parts}
    assert {
        (path.name, ours_) for path, content in text.items() for ours_ in ours if ours_ in content
    } == set()
    theirs = [
        value for value in OTHERS.values() if not any(value in each for each in text.values())
    ]
    assert theirs == []


def test_answers_reach_their_place(template: Path, tmp_path: Path) -> None:
    project = bake(template, tmp_path, OTHERS | {"python_version": "3.12"})
    problem = problem_of(project)
    assert problem["name"] == "tide-watch"
    assert problem["costs"] == {"false_alarm": 2.5, "miss": 70, "unit": "boats"}
    assert text_of(project / ".python-version") == "3.12\n"


@pytest.mark.parametrize(
    ("licence", "first"),
    [
        ("MIT", "MIT License"),
        ("Apache-2.0", "Apache License"),
        ("BSD-3-Clause", "BSD 3-Clause License"),
        ("LicenseRef-Proprietary", "Copyright (c) "),
    ],
)
def test_the_licence_is_the_chosen_one_alone(baked: Bake, licence: str, first: str) -> None:
    project = baked(license=licence, author_name="Somebody Else")
    text = text_of(project / "LICENSE")
    assert text.lstrip().startswith(first)
    assert "Somebody Else" in text
    assert sum(title in text for title in ("MIT License", "Apache License", "BSD 3-Clause")) <= 1


def test_lines_end_in_lf_and_names_are_legal_on_windows(baked: Bake) -> None:
    project = baked()
    with_cr = [path for path in files(project) if b"\r" in path.read_bytes()]
    assert with_cr == []
    parts = {part for path in files(project) for part in path.relative_to(project).parts}
    illegal = {
        part
        for part in parts
        if WINDOWS_FORBIDDEN.search(part) or part.split(".")[0].lower() in pre_gen_project.DEVICES
    }
    assert illegal == set()
    longest = max(len(path.relative_to(project).as_posix()) for path in files(project))
    assert longest < 100


def test_no_two_paths_differ_only_in_case(baked: Bake) -> None:
    project = baked()
    names = [path.relative_to(project).as_posix().lower() for path in files(project)]
    assert len(names) == len(set(names))


def test_a_refused_answer_leaves_nothing_behind(template: Path, tmp_path: Path) -> None:
    with pytest.raises(FailedHookException):
        bake(template, tmp_path, {"project_slug": "tide-watch", "email": "nobody"})
    assert list(tmp_path.iterdir()) == []


def test_the_project_is_a_repository_on_main(baked: Bake) -> None:
    head = baked() / ".git" / "HEAD"
    assert head.read_text(encoding="utf-8") == "ref: refs/heads/main\n"


def test_the_lock_file_and_the_source_are_not_ignored(baked: Bake) -> None:
    project = baked()
    (project / "uv.lock").touch()
    (project / "dvc.lock").touch()
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert {path.relative_to(project).as_posix() for path in files(project)} == set(listed)
