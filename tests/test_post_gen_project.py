import json
import os
from pathlib import Path

import post_gen_project
import pytest
from snapshot import TEMPLATE

ANSWERS = dict.fromkeys(post_gen_project.PARTS, "yes")


def make(project: Path, *paths: str) -> None:
    for path in paths:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("x", encoding="utf-8")


def test_only_refused_parts_are_removed(tmp_path: Path) -> None:
    make(tmp_path, ".github/workflows/ci.yml", "notebooks/explore.ipynb", "README.md")
    post_gen_project.prune(tmp_path, ANSWERS | {"github_actions": "no"})
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert left == {"notebooks", "notebooks/explore.ipynb", "README.md"}


def test_a_folder_that_held_only_refused_parts_goes_with_them(tmp_path: Path) -> None:
    make(tmp_path, "src/predictor/gate/rules.py", "tests/gate/test_gate.py", "docs/gate.md")
    make(tmp_path, "src/predictor/api.py", "tests/test_api.py")
    post_gen_project.prune(tmp_path, ANSWERS | {"gate": "no"})
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert left == {"src/predictor/api.py", "tests/test_api.py"}
    assert not (tmp_path / "docs").exists()


def test_a_path_of_two_parts_goes_with_either(tmp_path: Path) -> None:
    for refused in ({"stack": "no"}, {"hardening": "no"}, {"stack": "no", "hardening": "no"}):
        make(tmp_path, "deploy/prometheus/alerts.yml")
        post_gen_project.prune(tmp_path, ANSWERS | refused)
        assert not (tmp_path / "deploy").exists()


def test_every_path_of_the_table_is_in_the_template() -> None:
    paths = [path for paths in post_gen_project.PARTS.values() for path in paths]
    assert paths
    absent = [
        path for path in paths if not (TEMPLATE / "{{cookiecutter.project_slug}}" / path).exists()
    ]
    assert absent == []


def test_git_starts_on_main_and_an_existing_repository_is_left_alone(tmp_path: Path) -> None:
    post_gen_project.start_git(tmp_path)
    head = tmp_path / ".git" / "HEAD"
    assert head.read_text(encoding="utf-8") == "ref: refs/heads/main\n"
    head.write_text("ref: refs/heads/mine\n", encoding="utf-8")
    post_gen_project.start_git(tmp_path)
    assert head.read_text(encoding="utf-8") == "ref: refs/heads/mine\n"


def test_a_machine_without_git_still_gets_its_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    post_gen_project.start_git(tmp_path)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 (PATH itself is the folder)


def test_a_git_that_cannot_run_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "git"
    broken.write_text("#!/no/such/interpreter\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    post_gen_project.start_git(tmp_path)
    assert not (tmp_path / ".git").exists()


def test_next_steps_are_those_of_this_machine() -> None:
    steps = post_gen_project.next_steps
    with_all = steps("tide-watch", has_make=True, has_uv=True, system="other")
    assert "  cd tide-watch\n  make setup\n  make pipeline\n" in with_all
    assert "uv is not installed" not in with_all
    bare = steps("tide-watch", has_make=False, has_uv=False, system="Windows")
    assert "uv run dvc repro; uv run predictor promote" in bare
    assert "winget install --id=astral-sh.uv" in bare
    assert "pip install uv" not in bare.replace("pipx", "")


def test_a_project_inside_a_repository_starts_none_unless_it_is_ignored(tmp_path: Path) -> None:
    post_gen_project.start_git(tmp_path)
    (tmp_path / ".gitignore").write_text("/build\n", encoding="utf-8")
    for name in ("inside", "build"):
        (tmp_path / name).mkdir()
        post_gen_project.start_git(tmp_path / name)
    assert not (tmp_path / "inside" / ".git").exists()
    assert (tmp_path / "build" / ".git" / "HEAD").exists()


PLAIN = {"_repo_dir": "t", "_template": "t", "_checkout": None, "batch": "no", "__q": "x"}


def template(folder: Path) -> Path:
    """Make a repository with one commit."""
    git = post_gen_project.git
    git(folder, "init")
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    git(folder, *who, "commit", "--allow-empty", "--message", "Start")
    git(folder, "remote", "add", "origin", "https://example.com/template.git")
    return folder


@pytest.mark.parametrize("typed", ["t", "https://example.com/template.git"])
def test_a_plain_project_remembers_its_template_commit_and_answers(
    tmp_path: Path, typed: str
) -> None:
    made = template(tmp_path)
    post_gen_project.link_to_template(tmp_path, PLAIN | {"_template": typed}, made)  # type: ignore[arg-type]
    state = json.loads((tmp_path / ".cruft.json").read_text(encoding="utf-8"))
    assert state["template"] == (str(made) if typed == "t" else typed)
    assert len(state["commit"]) == 40
    assert state["context"] == {"cookiecutter": {"batch": "no"}}


def test_cruft_writes_its_own_file_and_an_archive_has_no_commit(tmp_path: Path) -> None:
    post_gen_project.link_to_template(tmp_path, PLAIN, tmp_path)  # type: ignore[arg-type]
    of_cruft = {"_template": "t", "_commit": "0" * 40}
    post_gen_project.link_to_template(tmp_path, of_cruft, template(tmp_path))
    assert not (tmp_path / ".cruft.json").exists()
