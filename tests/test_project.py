"""What a user sees who runs the generated project; everything here is real."""

import hashlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import demo
import pytest
from baking import text_of
from conftest import Run, clean_environment, git, predictor, run
from snapshot import TEMPLATE

pytestmark = pytest.mark.slow

PROBES = Path(__file__).parent / "probes"
STAGES = ["ingest", "prepare", "train", "evaluate"]


def stages_run(output: str) -> list[str]:
    return re.findall(r"^Running stage '(\w+)'", output, re.MULTILINE)


def hashes(folder: Path) -> dict[str, str]:
    found = folder.glob("*.parquet")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def replace(path: Path, old: str, new: str) -> None:
    text = text_of(path)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def test_the_demo_ends_with_answer_metrics_and_where_to_look(demo_output: str) -> None:
    (answer,) = re.findall(r"^answer: (.*)$", demo_output, re.MULTILINE)
    said = json.loads(answer)
    assert 0 < said["probability"] < 1
    assert said["decision"] == (said["probability"] >= said["threshold"])
    *_, metric = re.findall(r"^roc_auc +(\S+) +(\S+) +(\S+)$", demo_output, re.MULTILINE)
    model, linear, dummy = map(float, metric)
    assert model > linear > dummy == 0.5
    assert "look next at" in demo_output.splitlines()[-5]
    assert stages_run(demo_output) == STAGES
    assert "Use `dvc push`" not in demo_output  # which needs a remote


def test_the_demo_leaves_nothing_running(core: Path) -> None:
    listed = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True)
    assert [line for line in listed.stdout.splitlines() if str(core / ".venv") in line] == []


def test_a_second_run_changes_nothing(core: Path) -> None:
    repro = run(core, "uv", "run", "dvc", "repro")
    assert repro.returncode == 0, repro.stderr
    assert stages_run(repro.stdout) == []
    assert "Data and pipelines are up to date." in repro.stdout
    assert "the candidate is the champion" in predictor(core, "promote").stdout
    assert git(core, "status", "--short") == ""


def test_every_hook_passes_on_what_the_pipeline_wrote(core: Path, everything: Path) -> None:
    for project in (core, everything):
        done = run(project, "uv", "run", "pre-commit", "run", "--all-files")
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reports/notes.json", '{"token": "KEY"}'),
        ("data.dvc", "remote_password: KEY"),
        ("src/predictor/notes.py", 'address = "http://user:KEY@127.0.0.1"  # 127.0.0.1'),
        ("params.yaml", "api_key: KEY"),
    ],
)
def test_a_secret_is_found_wherever_it_stands(own: Path, name: str, text: str) -> None:
    (own / name).write_text(text.replace("KEY", "9f8e7d6c5b4a39281706" * 2) + "\n")
    git(own, "add", "--force", name)
    hook = ("uv", "run", "pre-commit", "run", "detect-secrets", "--files", name)
    done = run(own, *hook)
    assert done.returncode == 1, done.stdout
    assert "Potential secrets" in done.stdout


def test_a_commit_without_uv_on_the_path_fails_with_one_sentence(own: Path) -> None:
    (own / "notes.txt").write_text("mine\n")
    git(own, "add", "notes.txt")
    run(own, "uv", "run", "pre-commit", "install")
    done = run(own, "git", "commit", "--message", "Mine", PATH="/usr/bin:/bin")
    assert done.returncode == 1
    assert done.stderr.count("Executable `uv` not found") == 1, done.stderr
    assert "uv is installed and on the PATH" in done.stderr


def test_the_projects_python_is_typed_before_it_is_baked(everything: Path, tmp_path: Path) -> None:
    inside = TEMPLATE / "{{cookiecutter.project_slug}}"
    mypy = str(everything / ".venv" / "bin" / "mypy")
    done = run(inside, mypy, "--config-file", "pyproject.toml", "--cache-dir", str(tmp_path))
    assert done.returncode == 0, done.stdout


def test_service_bundle_and_scikit_learn_give_the_same_answers(core: Path) -> None:
    port = demo.free_port()
    with demo.service(core, port):
        python = str(core / ".venv" / "bin" / "python")
        done = run(core, python, str(PROBES / "compare_answers.py"), str(port))
    assert done.returncode == 0, done.stderr
    differences = json.loads(done.stdout)
    assert differences["distinct"] > 150
    assert differences["service_and_bundle"] < 1e-7
    assert differences["bundle_and_scikit_learn"] < 1e-5


def test_the_registered_model_needs_nothing_of_the_project(core: Path, tmp_path: Path) -> None:
    code = (
        "import mlflow, pandas as pd;"
        f"rows = pd.read_parquet({str(core / 'data' / 'raw' / '2013-03.parquet')!r}).head(3);"
        f"mlflow.set_tracking_uri('sqlite:///{core / 'mlflow.db'}');"
        f"model = mlflow.pyfunc.load_model('models:/{demo.SLUG}@champion');"
        "print([round(float(each), 3) for each in model.predict(rows)])"
    )
    done = run(tmp_path, str(core / ".venv" / "bin" / "python"), "-c", code)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert len(set(answers)) == 3
    assert all(0 < each < 1 for each in answers)


def test_the_numbers_of_the_readme_are_those_of_the_run(core: Path) -> None:
    report, readme = (
        json.loads(text_of(core / "reports" / "evaluation.json")),
        text_of(core / "README.md"),
    )
    for name in ("roc_auc", "log_loss"):
        values = " | ".join(f"{report[who][name]:.3f}" for who in ("model", "linear", "dummy"))
        assert f"| {values} |" in readme
    assert f"Test: {report['rows']:,} rows, {report['first']} to {report['last']}" in readme
    assert f"**{report['headline']}**" in readme
    assert "acting on every row" in report["headline"]
    assert json.loads(text_of(core / "reports" / "data.json"))["version"] in readme
    assert "ot measured yet" not in readme


def test_the_commands_of_the_readme_work(core: Path) -> None:
    setup, pipeline, serve, curl = re.findall(
        r"^\$ (.*)$", text_of(core / "README.md"), re.MULTILINE
    )
    assert (setup, pipeline, serve) == ("make setup", "make pipeline", "make serve")
    # `make` and `uv` are between the service and us, so the whole group is ended.
    process = subprocess.Popen(
        ["bash", "-c", serve], cwd=core, env=clean_environment(), start_new_session=True
    )
    try:
        demo.wait_until(process, 8000)
        answer = json.loads(run(core, "bash", "-c", curl).stdout)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
    assert answer["unseen"] == []
    assert answer["model_version"] == "1"


def test_the_notebook_runs_from_top_to_bottom(core: Path, tmp_path: Path) -> None:
    arguments = ["--to", "notebook", "--execute", "--output-dir", str(tmp_path)]
    notebook = "notebooks/explore.ipynb"
    done = run(core, "uv", "run", "jupyter", "nbconvert", *arguments, notebook)
    assert done.returncode == 0, done.stderr
    cells = json.loads(text_of(tmp_path / "explore.ipynb"))["cells"]
    shown = [out for cell in cells for out in cell.get("outputs", [])]
    assert sum("image/png" in str(out) for out in shown) == 2
    assert "observed" in str(shown[-1])


def test_a_month_that_arrives_reruns_all_and_leaves_the_older_months_alone(own: Path) -> None:
    before = hashes(own / "data" / "raw")
    replace(own / "params.yaml", "through: 2013-03", "through: 2013-04")
    repro = run(own, "uv", "run", "dvc", "repro")
    assert repro.returncode == 0, repro.stderr
    assert stages_run(repro.stdout) == STAGES
    after = hashes(own / "data" / "raw")
    assert sorted(after) == [f"2013-0{month}.parquet" for month in (1, 2, 3, 4)]
    assert {name: after[name] for name in before} == before
    report = json.loads(text_of(own / "reports" / "evaluation.json"))
    assert (report["first"], report["last"]) == ("2013-03-31", "2013-04-30")


def test_make_stops_where_a_stage_fails(own: Path) -> None:
    replace(own / "params.yaml", "  model: hist_gradient_boosting", "  model: best")
    done = run(own, "make", "pipeline")
    assert done.returncode == 2
    assert "failed to reproduce 'train'" in done.stderr
    assert "Comparing the candidate" not in done.stdout


def test_a_parameter_of_one_stage_reruns_no_earlier_one(own: Path) -> None:
    replace(own / "params.yaml", "resamples: 1000", "resamples: 1001")
    repro = run(own, "uv", "run", "dvc", "repro")
    assert stages_run(repro.stdout) == ["evaluate"], repro.stderr
    replace(own / "params.yaml", "  model: hist_gradient_boosting", "  model: logistic_regression")
    status = run(own, "uv", "run", "dvc", "status", "--json")
    assert {"train", "evaluate"} == set(json.loads(status.stdout))


def test_a_feature_whose_test_values_training_never_saw_is_named(own: Path) -> None:
    schema = own / "src" / "predictor" / "schema.py"
    replace(schema, '("weekday", "minute_of_day")', '("month", "weekday", "minute_of_day")')
    done = predictor(own, "run", "prepare")
    assert "scheduled_departure.month: 100% of the test values were not in training" in done.stdout


def require_one_sentence(done: Run, sentence: str) -> None:
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def broken(core: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a project's documents and models, to be spoilt by each test."""
    copy = tmp_path_factory.mktemp("broken") / "project"
    copy.mkdir()
    for name in ("params.yaml", "README.md", "dvc.lock"):
        (copy / name).write_bytes((core / name).read_bytes())
    for name in ("models", "reports", "data"):
        (copy / name).symlink_to(core / name)
    return copy


@pytest.mark.parametrize(
    ("file", "old", "new", "command", "sentence"),
    [
        (
            "params.yaml",
            "through:",
            "thru:",
            "run ingest",
            "no such parameter; did you mean 'through'",
        ),
        ("params.yaml", "2013-03", "2013-13", "run ingest", "params.yaml: ingest.through"),
        ("params.yaml", "2013-03", "2014-01", "run ingest", "runs from 2013-01 to 2013-12"),
        ("params.yaml", "threads: 2", "threads: two", "run train", "params.yaml: train.threads"),
        ("params.yaml", ": hist_gradient_boosting", ": hist_boosting", "run train", "did you mean"),
        ("params.yaml", "max_iter: 100", "max_itr: 100", "run train", "'max_itr'"),
        ("params.yaml", "miss: 4", "mis: 4", "run train", "problem.costs.mis: no such"),
        ("params.yaml", "evaluate:", "evaluate: [", "run evaluate", "params.yaml cannot be read"),
        ("README.md", "<!-- results:end -->", "", "promote", "README.md must have"),
    ],
)
def test_bad_input_is_one_sentence(
    core: Path, broken: Path, file: str, old: str, new: str, command: str, sentence: str
) -> None:
    good = (broken / file).read_bytes()
    try:
        replace(broken / file, old, new)
        program = str(core / ".venv" / "bin" / "predictor")
        require_one_sentence(run(broken, program, *command.split()), sentence)
    finally:
        (broken / file).write_bytes(good)


@pytest.mark.parametrize("command", ["run train", "promote", "rollback"])
def test_a_tracking_server_that_is_down_is_one_sentence(core: Path, command: str) -> None:
    away = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    require_one_sentence(predictor(core, *command.split(), **away), "MLflow at http://127.0.0.1:9")
    assert git(core, "status", "--short") == ""


def test_every_command_has_help_with_an_example(everything: Path) -> None:
    listed = predictor(everything, "--help").stdout
    commands = re.findall(r"^│ (\w+) +\S", listed, re.MULTILINE)
    assert {"run", "promote", "rollback", "reproduce", "serve", "score"} <= set(commands)
    for command in set(commands):
        assert "Example: " in predictor(everything, command, "--help").stdout, command
