"""The part `monitoring`, really run: a replay, killed services, PostgreSQL, its workflow."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import demo
import pytest
from baking import text_of
from conftest import clean_environment, copy_of, git, predictor, run
from serving import example_of, serving
from snapshot import TEMPLATE
from workflow import pushing
from workflow.machine import Event
from workflow.pushing import calls, run_workflow

pytestmark = pytest.mark.slow

RULES = TEMPLATE / "{{cookiecutter.project_slug}}" / "deploy" / "prometheus"
SECOND = 1.0  # what a killed service may lose


def require(program: str) -> str:
    """Return the path of a program; without it, skip the test, or fail with CI set."""
    found = shutil.which(program)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"needs {program}")
    return str(found)


def logged(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        return {name for (name,) in connection.execute("select id from answers")}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_service_loses_nothing_and_a_killed_one_at_most_a_second(
    everything: Path, tmp_path: Path, how: signal.Signals
) -> None:
    row, sent = example_of(everything), dict[str, float]()
    log = tmp_path / "log.db"
    with serving(everything, tmp_path / "out", {"PREDICTOR_LOG": f"sqlite:///{log}"}) as service:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            answer = service.post("/predict", row)
            sent[answer.headers["x-prediction-id"]] = time.monotonic()
        service.process.send_signal(how)
        service.process.wait(timeout=20)
    missing = [at for name, at in sent.items() if name not in logged(log)]
    assert len(sent) > 100
    if how is signal.SIGTERM:
        assert missing == []
    assert all(at > end - SECOND for at in missing)


def test_a_service_starts_again_on_the_log_of_a_killed_one(
    everything: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log.db"
    settings = {"PREDICTOR_LOG": f"sqlite:///{log}"}
    for number in (1, 2):
        with serving(everything, tmp_path / f"out-{number}", settings) as service:
            answer = service.post("/predict", example_of(everything))
            name = answer.headers["x-prediction-id"]
            assert service.post("/labels", {name: True}).json == {"stored": 1}
            service.process.kill()
        assert len(logged(log)) == number


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Return the URL of an empty database; initdb refuses to run as root."""
    initdb, server = require("initdb"), require("pg_ctl")
    folder, port = Path(tempfile.mkdtemp(dir="/tmp")), demo.free_port()
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = ("-D", str(folder / "data"))
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    for command in (
        (initdb, *data, "--username=tester", "--auth=trust", "--encoding=UTF8"),
        (server, *data, "-w", "-o", options, "-l", str(folder / "log"), "start"),
    ):
        subprocess.run(command, user=user, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    yield f"postgresql://tester@127.0.0.1:{port}/postgres"
    subprocess.run((server, *data, "-m", "fast", "stop"), user=user, check=True, cwd=folder)
    shutil.rmtree(folder)


def test_the_tests_of_the_part_pass_with_postgresql(everything: Path, postgres: str) -> None:
    python, given = (
        str(everything / ".venv" / "bin" / "python"),
        {"PREDICTOR_TEST_POSTGRES": postgres},
    )
    tests = [f"tests/monitoring/test_{name}.py" for name in ("log", "monitor", "retrain")]
    done = run(everything, python, "-m", "pytest", "-q", "-k", "postgresql", *tests, **given)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


@pytest.fixture(scope="module")
def copied(everything: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(everything, tmp_path_factory.mktemp("replay"))


def test_the_default_replay_goes_on_after_ctrl_c(
    copied: Path,
) -> None:
    command = [str(copied / ".venv" / "bin" / "predictor"), "replay"]
    with (copied / "out").open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=copied,
            env=clean_environment(),
            stdout=out,
            stderr=out,
            # A test run in the background has an ignored SIGINT, which a child would inherit.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
    played = copied / "build" / "replay" / "sample"
    watch = threading.Thread(target=interrupt, args=(process, played))
    watch.start()
    assert process.wait(timeout=900) != 0
    watch.join()
    asked = [path.stem for path in sorted(played.glob("2013-*.json"))]
    done = predictor(copied, "replay")
    assert done.returncode == 0, done.stdout + done.stderr
    page = text_of(copied / "reports" / "replay" / "sample.md")
    assert page.count("\n- ") == 5
    assert [f"| 2013-{month:02} | 3,000 |" in page for month in range(4, 13)] == [True] * 9
    assert asked[0] == "2013-04"
    assert len(asked) < 9
    assert git(copied, "status", "--porcelain", "--", "models", "params.yaml", "README.md") == ""


def interrupt(process: subprocess.Popen[bytes], played: Path) -> None:
    """Press Ctrl-C after the first periods."""
    while process.poll() is None:
        if len([*played.glob("2013-*.json")]) == 2:
            process.send_signal(signal.SIGINT)
            return
        time.sleep(0.5)


def test_the_rules_for_prometheus_pass_their_tests_and_each_limit_matters(tmp_path: Path) -> None:
    promtool = require("promtool")
    folder = Path(shutil.copytree(RULES, tmp_path / "rules"))
    command = (promtool, "test", "rules", "monitoring_test.yml")
    assert run(folder, *command).returncode == 0
    rules, good = folder / "monitoring.yml", text_of(folder / "monitoring.yml")
    for limit in ("[15m]) > 0", '.*"}) > 0', "> 2 * 86400", "[1h]) > 0"):
        rules.write_text(good.replace(limit, limit.replace("> ", "> 9")), encoding="utf-8")
        assert run(folder, *command).returncode != 0, limit


def test_the_workflow_retrains_on_a_reason_and_opens_a_pull_request(
    everything: Path, tmp_path: Path
) -> None:
    repository = pushing.push_project(everything, tmp_path / "repository")
    pushing.edit(repository, "reports/champions.csv", r",20\d\d-", ",2020-")
    pushing.commit(repository)
    sha = git(repository, "rev-parse", "main").strip()
    event = Event(repository, "workflow_dispatch", "refs/heads/main", sha)
    home = pushing.home_with_results(everything, tmp_path / "home")
    found = run_workflow("retrain", event, tmp_path / "run", home)
    log = "".join(each.log for each in found.jobs.values())
    assert found.results == {"retrain": "success", "propose": "success"}, log
    (call,) = calls(tmp_path / "run")
    assert call["arguments"][:4] == ["pr", "create", "--head", "retrain"]
    assert "- champion: age: promoted on 2020-" in call["body"]
    assert "params.yaml" in call["changed"]
