"""Workflows as they are written: the template's own and those of the generated project."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from baking import text_of
from snapshot import TEMPLATE
from workflow.document import load

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


def jobs(path: Path) -> dict[str, Any]:
    return dict(load(path)["jobs"])


def commands(job: Any) -> list[str]:
    """Return what the steps of a job run, or the names of their actions."""
    return [step.get("run") or step["uses"].partition("@")[0] for step in job["steps"]]


def project(name: str) -> dict[str, Any]:
    return jobs(PLACES["project"] / "workflows" / f"{name}.yml")


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
    steps = [step for job in jobs(path).values() for step in job["steps"]]
    scripts = [str(step["run"]) for step in steps if "run" in step]
    assert scripts
    for at, script in enumerate(scripts):
        assert "${{" not in script, "hand a value over by env"
        file = tmp_path / f"{at}.sh"
        file.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
        run("shellcheck", "--shell=bash", str(file))


@each_file
def test_every_action_is_pinned_with_its_version_beside_it(path: Path) -> None:
    uses = [line.strip(" -") for line in text_of(path).splitlines() if "uses:" in line]
    assert uses or "uses" not in text_of(path)
    assert [line for line in uses if not PINNED.match(line)] == []


@each_file
def test_a_workflow_grants_nothing_at_the_top_and_can_be_started_by_hand(path: Path) -> None:
    content = load(path)
    assert content["permissions"] == {}
    assert "group" in content["concurrency"]
    assert "workflow_dispatch" in content["on"]
    for job in content["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert isinstance(job["permissions"], dict)


@each_file
def test_no_workflow_needs_a_secret(path: Path) -> None:
    optional = "secrets.PREDICTOR_LOG }}"  # without it, only the age of the champion counts
    assert "secrets." not in text_of(path).replace(optional, "")


@each_file
def test_a_checkout_leaves_no_credentials_behind(path: Path) -> None:
    steps = [step for job in jobs(path).values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@each_file
def test_a_job_that_may_write_runs_no_python_of_the_project(path: Path) -> None:
    for job in jobs(path).values():
        if "write" in job["permissions"].values():
            said = " ".join(commands(job))
            assert not re.search(r"setup-uv|uv run|python|make ", said)


@pytest.mark.parametrize(
    ("name", "writing"),
    [
        ("ci", {}),
        ("delivery", {"comment": {"pull-requests"}}),
        ("retrain", {"propose": {"contents", "pull-requests"}}),
        ("pages", {"deploy": {"pages", "id-token"}}),
        (
            "release",
            {"image": {"packages", "id-token", "attestations"}, "publish": {"contents"}},
        ),
    ],
)
def test_a_workflow_may_write_only_what_it_is_for(name: str, writing: dict[str, set[str]]) -> None:
    granted = {
        id_: {scope for scope, level in job["permissions"].items() if level == "write"}
        for id_, job in project(name).items()
    }
    assert {id_: scopes for id_, scopes in granted.items() if scopes} == writing


def test_only_a_job_that_builds_or_pushes_may_write_beside_a_checkout() -> None:
    beside = {
        f"{path.stem} {id_}"
        for path in FILES
        for id_, job in jobs(path).items()
        if "write" in job["permissions"].values() and "actions/checkout" in commands(job)
    }
    assert beside == {"release image", "retrain propose"}


def test_all_green_waits_for_every_other_job() -> None:
    found = project("ci")
    assert set(found["all-green"]["needs"]) == set(found) - {"all-green"}


def test_ci_checks_with_the_commands_of_make_check_on_every_system() -> None:
    check = project("ci")["check"]
    (recipe,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", text_of(PROJECT / "Makefile"), re.MULTILINE)
    said = [line for line in recipe.replace("\t", "").splitlines() if not line.startswith("@echo")]
    assert commands(check)[-2:] == said
    systems = {"ubuntu-latest", "macos-latest", "windows-latest"}
    assert set(check["strategy"]["matrix"]["os"]) == systems


def test_a_release_runs_the_stages_as_a_pull_request_does() -> None:
    scripts = [
        step["run"]
        for job in (project("delivery")["prove"], project("release")["model"])
        for step in job["steps"]
        if step.get("name") == "Run every stage"
    ]
    assert len(scripts) == 2
    assert scripts[0] == scripts[1]


def test_a_release_looks_for_an_older_one_before_anything_else() -> None:
    found = project("release")
    assert "gh release list" in found["model"]["steps"][0]["run"]
    assert (found["image"]["needs"], found["publish"]["needs"]) == ("model", "image")


def test_template_and_project_pin_the_same_commits() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for line in text_of(path).splitlines():
            if "uses:" in line:
                action, _, commit = line.partition("uses: ")[2].partition("@")
                pins.setdefault(action, set()).add(commit)
    assert len(pins) >= 4
    assert {action: commits for action, commits in pins.items() if len(commits) > 1} == {}
