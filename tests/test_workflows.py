"""Workflows as they are written: the template's own and those of the generated project."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from baking import text_of
from snapshot import TEMPLATE
from workflow.document import Job, Workflow

PROJECT = TEMPLATE / "{{cookiecutter.project_slug}}"
PLACES = {"template": TEMPLATE / ".github", "project": PROJECT / ".github"}
FILES = [path for place in PLACES.values() for path in sorted(place.glob("workflows/*.yml"))]
TOOLS = Path(sys.executable).parent
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

each_file = pytest.mark.parametrize(
    "path", FILES, ids=[path.relative_to(TEMPLATE).as_posix() for path in FILES]
)


def run(tool: str, *arguments: str) -> str:
    result = subprocess.run(
        [TOOLS / tool, *arguments], capture_output=True, text=True, check=False, cwd=TEMPLATE
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def jobs(path: Path) -> list[Job]:
    return list(Workflow.read(path).jobs.values())


def test_there_are_workflows_of_both() -> None:
    assert {path.is_relative_to(PROJECT) for path in FILES} == {True, False}


@pytest.mark.parametrize("place", PLACES)
def test_zizmor_finds_nothing(place: str) -> None:
    said = run("zizmor", "--offline", "--no-progress", str(PLACES[place]))
    assert "No findings to report" in said


@each_file
def test_a_workflow_keeps_the_schema_of_github(path: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path))


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_the_settings_of_dependabot_keep_their_schema(place: Path) -> None:
    run("check-jsonschema", "--builtin-schema", "vendor.dependabot", str(place / "dependabot.yml"))


def test_the_issue_forms_keep_their_schema() -> None:
    forms = sorted((PLACES["project"] / "ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) == 3
    for form in forms:
        kind = "config" if form.stem == "config" else "forms"
        run("check-jsonschema", "--builtin-schema", f"vendor.github-issue-{kind}", str(form))


@each_file
def test_shellcheck_finds_nothing_in_a_run_block(path: Path, tmp_path: Path) -> None:
    scripts = [
        str(step.content["run"])
        for job in jobs(path)
        for step in job.steps
        if "run" in step.content
    ]
    assert scripts
    for at, script in enumerate(scripts):
        assert "${{" not in script, "hand a value over by env"
        file = tmp_path / f"{at}.sh"
        file.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
        run("shellcheck", "--shell=bash", str(file))


@each_file
def test_every_action_is_pinned_with_its_version_beside_it(path: Path) -> None:
    uses = [line.strip(" -") for line in text_of(path).splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not PINNED.fullmatch(line)] == []


@each_file
def test_a_workflow_grants_nothing_at_the_top_and_can_be_started_by_hand(path: Path) -> None:
    workflow = Workflow.read(path)
    assert workflow.content["permissions"] == {}
    assert "group" in workflow.content["concurrency"]
    assert "workflow_dispatch" in workflow.events
    for job in workflow.jobs.values():
        assert job.content["timeout-minutes"] <= 60
        assert isinstance(job.content["permissions"], dict)


@each_file
def test_no_workflow_needs_a_secret(path: Path) -> None:
    assert "secrets." not in text_of(path)


def test_a_job_that_may_write_runs_no_code_of_the_project() -> None:
    writing = {
        f"{path.stem} {job.id}": job
        for path in FILES
        if path.is_relative_to(PROJECT)
        for job in jobs(path)
        if "write" in job.content["permissions"].values()
    }
    assert {name: may_write(job) for name, job in writing.items()} == {
        "ci comment": {"pull-requests"},
        "release image": {"packages", "id-token", "attestations"},
        "release publish": {"contents"},
    }
    for name, job in writing.items():
        used = "\n".join(str(step.content.get("uses", "")) for step in job.steps)
        ran = "\n".join(str(step.content.get("run", "")) for step in job.steps)
        assert "setup-uv" not in used
        assert "uv run" not in ran
        # The image is built from the commit, in containers that see no token.
        assert ("checkout" in used) == (name == "release image")


def may_write(job: Job) -> set[str]:
    return {name for name, level in job.content["permissions"].items() if level == "write"}


def test_all_green_waits_for_every_job_but_the_comment() -> None:
    workflow = Workflow.read(PLACES["project"] / "workflows" / "ci.yml")
    others = set(workflow.jobs) - {"all-green", "comment"}
    assert set(workflow.jobs["all-green"].needs) == others


def test_ci_checks_with_the_command_of_make_check_on_every_system_and_python() -> None:
    check = Workflow.read(PLACES["project"] / "workflows" / "ci.yml").jobs["check"]
    commands = [step.content["run"] for step in check.steps if "run" in step.content]
    (recipe,) = re.findall(r"^check:.*\n\t(.*)$", text_of(PROJECT / "Makefile"), re.MULTILINE)
    assert commands == ["uv sync", recipe]
    assert {leg["os"] for leg in check.legs} == {"ubuntu-latest", "macos-latest", "windows-latest"}
    offered = re.findall(r'"(3\.\d+)"', text_of(TEMPLATE / "cookiecutter.json"))
    assert [leg["python"] for leg in check.legs if "python" in leg] == offered


def test_the_dev_container_opens_the_project_ready() -> None:
    text = text_of(PROJECT / ".devcontainer" / "devcontainer.json")
    assert "make setup" in text
    ours = re.findall(r"^\t(uv .*)$", text_of(PROJECT / "Makefile"), re.MULTILINE)
    assert ours[:2] == ["uv sync", "uv run predictor setup"]


def test_template_and_project_pin_the_same_commits() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for line in text_of(path).splitlines():
            if "uses:" in line:
                action, _, commit = line.partition("uses: ")[2].partition("@")
                pins.setdefault(action, set()).add(commit)
    assert len(pins) >= 4
    assert {action: commits for action, commits in pins.items() if len(commits) > 1} == {}
