import os
import sys
from pathlib import Path

import pytest

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.workspace import stack
from predictor.workspace.stack import write_settings


@pytest.fixture
def deployed(project: Project) -> Project:
    project.secrets.parent.mkdir()
    return project


def test_passwords_are_long_random_and_invented_once(deployed: Project) -> None:
    first, second = write_settings(deployed), write_settings(deployed)
    assert first == second
    passwords = [first[name] for name in stack.PASSWORDS]
    assert len(set(passwords)) == len(stack.PASSWORDS)
    assert {len(password) for password in passwords} == {64}


def test_what_a_person_wrote_stays_and_the_model_follows_the_contract(deployed: Project) -> None:
    deployed.secrets.write_text("# mine\nAPI_PORT=1\nMODEL=old\nS3_SECRET_KEY=x\n", "utf-8")
    settings = write_settings(deployed)
    assert (settings["API_PORT"], settings["S3_SECRET_KEY"]) == ("1", "x")
    assert settings["MODEL"] == "small-table"
    text = deployed.secrets.read_text(encoding="utf-8")
    assert text.startswith("# mine\n")
    assert text.count("MODEL=") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_nobody_else_can_read_the_passwords(deployed: Project) -> None:
    write_settings(deployed)
    assert deployed.secrets.stat().st_mode & 0o077 == 0


def test_without_docker_the_way_out_is_said(
    deployed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PredictorError, match="install Docker"):
        stack.start(deployed)
    assert not deployed.secrets.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for docker is a script")
def test_compose_builds_starts_and_waits(
    deployed: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho "$@" >"{tmp_path}/called"\n', encoding="utf-8")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}{os.pathsep}{os.environ['PATH']}")
    stack.start(deployed)
    called = (tmp_path / "called").read_text(encoding="utf-8").split()
    where = ["compose", "--project-directory", str(deployed.deploy)]
    assert called == [*where, "up", "--build", "--detach", "--wait"]
