import json
import re
from pathlib import Path

import pre_gen_project
import pytest
from snapshot import TEMPLATE

GOOD = dict.fromkeys(pre_gen_project.PARTS, "no") | {
    "project_name": "Tide Watch",
    "project_slug": "tide-watch",
    "author_name": "Somebody",
    "email": "somebody@example.com",
    "github_user": "somebody",
    "python_version": "3.12",
    "question": "Will it?",
    "decision": "They do.",
    "cost_false_alarm": "1",
    "cost_miss": "2.5",
    "cost_unit": "boats",
}


def test_a_folder_that_mlflow_cannot_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "100% mine" / "flight-delay-predictor"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    (error,) = pre_gen_project.errors(GOOD)
    assert "100% mine has a % in its name" in error


def test_good_answers_have_no_error() -> None:
    assert pre_gen_project.errors(GOOD) == []


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("project_slug", ""),
        ("project_slug", "Tide-Watch"),
        ("project_slug", "tide_watch"),
        ("project_slug", "-tide"),
        ("project_slug", "tide-"),
        ("project_slug", "tide--watch"),
        ("project_slug", "1tide"),
        ("project_slug", "../tide"),
        ("project_slug", "tide\n"),
        ("project_slug", "con"),
        ("project_slug", "lpt1"),
        ("project_slug", "a" * 61),
        ("project_name", "  "),
        ("author_name", ""),
        ("question", "two\nlines"),
        ("decision", "a\ttab"),
        ("cost_unit", "bell\x07"),
        ("email", "somebody"),
        ("email", "a b@example.com"),
        ("email", 'a"@example.com'),
        ("github_user", "some body"),
        ("github_user", "-x"),
        ("batch", "maybe"),
        ("notebook", ""),
        ("replay", "yes"),
        ("cost_false_alarm", "0"),
        ("cost_false_alarm", "-1"),
        ("cost_miss", "four"),
        ("cost_miss", "nan"),
        ("cost_miss", "1e5"),
        ("cost_miss", ""),
        ("cost_miss", "010"),
        ("cost_miss", "\u0664"),
        ("question", "\uffff"),
        ("project_slug", "mlflow"),
        ("python_version", "3.10"),
    ],
)
def test_a_bad_answer_is_named_once(name: str, answer: str) -> None:
    (error,) = pre_gen_project.errors(GOOD | {name: answer})
    assert error.startswith(name)


def test_all_errors_are_reported_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    bad = GOOD | {"project_slug": "Ü", "email": "x", "cost_miss": "10 €"}
    assert pre_gen_project.main(bad) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: ") for line in lines)
    assert any("cost_miss '10 €' is not" in line for line in lines)


def test_the_taken_names_are_the_dependencies_of_the_project() -> None:
    text = (TEMPLATE / "{{cookiecutter.project_slug}}" / "pyproject.toml").read_text(
        encoding="utf-8"
    )
    needed = set(re.findall(r'(?:^    |\[)"([a-z0-9-]+)[\[<>=]', text, re.MULTILINE))
    assert needed == pre_gen_project.TAKEN


def test_the_offered_python_versions_are_those_of_the_question() -> None:
    asked = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    assert list(pre_gen_project.PYTHON_VERSIONS) == asked["python_version"]
