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
import yaml
from baking import text_of
from conftest import clean_environment, git, in_project
from snapshot import TEMPLATE

pytestmark = pytest.mark.slow

PROBES = Path(__file__).parent / "probes"
Run = subprocess.CompletedProcess[str]
STAGES = ["ingest", "prepare", "train", "evaluate"]


def stages_run(output: str) -> list[str]:
    return re.findall(r"^Running stage '(\w+)'", output, re.MULTILINE)


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("*.parquet")
    }


def replace(path: Path, old: str, new: str) -> None:
    text = text_of(path)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def test_the_demo_ends_with_answer_metrics_and_where_to_look(demo_output: str) -> None:
    (answer,) = re.findall(r"^answer: (.*)$", demo_output, re.MULTILINE)
    said = json.loads(answer)
    assert 0 < said["probability"] < 1
    assert said["decision"] == (said["probability"] >= said["threshold"])
    (metric,) = re.findall(r"^roc_auc +(\S+) +(\S+) +(\S+)$", demo_output, re.MULTILINE)
    model, linear, dummy = map(float, metric)
    assert model > linear > dummy == 0.5
    assert "look next at" in demo_output.splitlines()[-5]


def test_the_demo_leaves_nothing_running(project: Path) -> None:
    running = subprocess.run(
        ["ps", "-eo", "args"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert [line for line in running if str(project / ".venv") in line] == []


def test_a_second_run_does_nothing(project: Path) -> None:
    repro = in_project(project, "uv", "run", "dvc", "repro")
    assert repro.returncode == 0, repro.stderr
    assert stages_run(repro.stdout) == []
    assert "Data and pipelines are up to date." in repro.stdout
    promote = in_project(project, "uv", "run", "predictor", "promote")
    assert "version 1 is the champion already" in promote.stdout
    assert git(project, "status", "--short") == ""


def test_the_projects_python_is_typed_before_it_is_baked(project: Path, tmp_path: Path) -> None:
    inside = TEMPLATE / "{{cookiecutter.project_slug}}"
    mypy = str(project / ".venv" / "bin" / "mypy")
    arguments = ["--config-file", "pyproject.toml", "--cache-dir", str(tmp_path)]
    result = in_project(inside, mypy, *arguments)
    assert result.returncode == 0, result.stdout


def test_service_bundle_and_scikit_learn_give_the_same_answers(project: Path) -> None:
    port = demo.free_port()
    with demo.service(project, port):
        python = str(project / ".venv" / "bin" / "python")
        result = in_project(project, python, str(PROBES / "compare_answers.py"), str(port))
    assert result.returncode == 0, result.stderr
    differences = json.loads(result.stdout)
    assert differences["rows"] == 200
    assert differences["distinct"] > 150
    assert differences["service_and_bundle"] < 1e-7
    assert differences["bundle_and_scikit_learn"] < 1e-5


def test_the_registry_answers_from_any_folder(project: Path, tmp_path: Path) -> None:
    python = str(project / ".venv" / "bin" / "python")
    result = in_project(tmp_path, python, str(PROBES / "ask_registry.py"))
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["version"] == "1"
    assert said["registry"] == said["bundle"]
    assert list(tmp_path.iterdir()) == []


def test_metrics_and_plots_are_shown_by_dvc(project: Path) -> None:
    metrics = in_project(project, "uv", "run", "dvc", "metrics", "show", "--json")
    shown = json.loads(metrics.stdout)[""]["data"]["reports/evaluation.json"]["data"]
    assert shown["model"]["roc_auc"] > shown["linear"]["roc_auc"]
    plots = in_project(project, "uv", "run", "dvc", "plots", "show", "--json")
    assert {"roc", "calibration"} <= json.loads(plots.stdout)["data"].keys()


def test_the_numbers_of_the_readme_are_those_of_the_run(project: Path) -> None:
    report = json.loads(text_of(project / "reports" / "evaluation.json"))
    readme = text_of(project / "README.md")
    for name in ("roc_auc", "log_loss"):
        values = " | ".join(f"{report[who][name]:.3f}" for who in ("linear", "dummy"))
        assert f"**{report['model'][name]:.3f}** | {values} |" in readme
    assert f"Test: {report['rows']:,} rows, {report['first']} to {report['last']}" in readme
    outs = yaml.safe_load(text_of(project / "dvc.lock"))["stages"]["ingest"]["outs"]
    (raw,) = (out["md5"] for out in outs if out["path"] == "data/raw")
    assert raw in readme
    first_commit = git(project, "log", "--format=%h", "--abbrev=10", "--reverse").split()[0]
    assert f"commit `{first_commit}`" in readme
    assert "ot measured yet" not in readme


def test_the_commands_of_the_readme_work(project: Path) -> None:
    readme = text_of(project / "README.md")
    setup, pipeline, serve, curl = re.findall(r"^\$ (.*)$", readme, re.MULTILINE)
    assert (setup, pipeline, serve) == ("make setup", "make pipeline", "make serve")
    # `make` and `uv` are between the service and us, so the whole group is ended.
    process = subprocess.Popen(
        ["bash", "-c", serve], cwd=project, env=clean_environment(), start_new_session=True
    )
    try:
        demo.wait_until(process, 8000)
        answer = json.loads(in_project(project, "bash", "-c", curl).stdout)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
    (block,) = re.findall(r"<!-- answer:begin -->\n```json\n(.*)\n```", readme)
    assert answer.pop("request_id")
    assert answer == json.loads(block)


def test_the_notebook_runs_from_top_to_bottom(project: Path, tmp_path: Path) -> None:
    arguments = ["--to", "notebook", "--execute", "--output-dir", str(tmp_path)]
    notebook = "notebooks/explore.ipynb"
    result = in_project(project, "uv", "run", "jupyter", "nbconvert", *arguments, notebook)
    assert result.returncode == 0, result.stderr
    cells = json.loads(text_of(tmp_path / "explore.ipynb"))["cells"]
    pictures = [out for cell in cells for out in cell.get("outputs", []) if "image/png" in str(out)]
    assert len(pictures) == 2


def test_a_month_that_arrives_reruns_all_and_leaves_the_older_months_alone(
    own_project: Path,
) -> None:
    before = hashes(own_project / "data" / "raw")
    replace(own_project / "params.yaml", "through: 2013-03", "through: 2013-04")
    repro = in_project(own_project, "uv", "run", "dvc", "repro")
    assert repro.returncode == 0, repro.stderr
    assert stages_run(repro.stdout) == STAGES
    after = hashes(own_project / "data" / "raw")
    assert sorted(after) == [f"2013-0{month}.parquet" for month in (1, 2, 3, 4)]
    assert {name: after[name] for name in before} == before
    report = json.loads(text_of(own_project / "reports" / "evaluation.json"))
    assert report["first"] == "2013-04-01"


def test_a_parameter_of_one_stage_reruns_no_earlier_one(own_project: Path) -> None:
    replace(own_project / "params.yaml", "slice_rows: 200", "slice_rows: 300")
    repro = in_project(own_project, "uv", "run", "dvc", "repro")
    assert repro.returncode == 0, repro.stderr
    assert stages_run(repro.stdout) == ["evaluate"]
    replace(own_project / "params.yaml", "  model: hist_gradient", "  model: random_forest # ")
    status = in_project(own_project, "uv", "run", "dvc", "status", "--json")
    assert list(json.loads(status.stdout)) == ["train"]


def require_one_sentence(result: Run, sentence: str) -> None:
    assert result.returncode != 0
    said = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1, result.stderr
    assert sentence in said[0]
    assert "Traceback" not in result.stdout + result.stderr


@pytest.fixture(scope="module")
def broken(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a project's documents and models, to be spoilt by each test."""
    copy = tmp_path_factory.mktemp("broken") / "project"
    for name in ("contract.yaml", "params.yaml", "README.md"):
        copy.mkdir(exist_ok=True)
        (copy / name).write_bytes((project / name).read_bytes())
    for name in ("models", "reports", "data"):
        (copy / name).symlink_to(project / name)
    return copy


def predictor(project: Path, folder: Path, *arguments: str, **environment: str) -> Run:
    script = str(project / ".venv" / "bin" / "predictor")
    return in_project(folder, script, *arguments, **environment)


@pytest.mark.parametrize(
    ("file", "old", "new", "verb", "sentence"),
    [
        ("params.yaml", "through:", "thru:", "ingest", "unknown key 'thru'"),
        ("params.yaml", "2013-03", "2013-13", "ingest", "params.yaml: ingest.through"),
        ("params.yaml", "2013-03", "2014-01", "ingest", "the data runs from 2013-01 to 2013-12"),
        ("params.yaml", "threads: 2", "threads: two", "train", "params.yaml: train.threads"),
        ("params.yaml", ": hist_gradient_boosting", ": hist_boosting", "train", "(did you mean"),
        ("params.yaml", "max_iter: 250", "max_itr: 250", "train", "(did you mean 'max_iter'"),
        ("contract.yaml", "type: number", "type: numeric", "prepare", "got 'numeric'"),
        ("params.yaml", "source: flights", "source: flight", "ingest", "(did you mean 'flights'?)"),
        ("contract.yaml", "  carrier:\n", "  career:\n", "prepare", "'carrier'"),
        ("contract.yaml", "costs:", "costs: [", "prepare", "contract.yaml, line"),
        ("README.md", "<!-- results:end -->", "", "promote", "README.md must have"),
    ],
)
def test_bad_input_is_one_sentence(
    project: Path, broken: Path, file: str, old: str, new: str, verb: str, sentence: str
) -> None:
    good = (broken / file).read_bytes()
    try:
        replace(broken / file, old, new)
        result = predictor(project, broken, verb, PREDICTOR_PROJECT=str(broken))
    finally:
        (broken / file).write_bytes(good)
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert sentence in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.parametrize("verb", ["train", "promote"])
def test_a_tracking_server_that_is_down_is_one_sentence(
    project: Path, broken: Path, verb: str
) -> None:
    result = predictor(project, broken, verb, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    require_one_sentence(result, "No MLflow server answers at http://127.0.0.1:9")


def test_a_port_in_use_is_one_sentence(project: Path) -> None:
    port = demo.free_port()
    with demo.service(project, port):
        require_one_sentence(
            predictor(project, project, "serve", "--port", str(port)),
            f"Port {port} of 127.0.0.1 cannot be used",
        )


def test_a_broken_champion_is_one_sentence(own_project: Path) -> None:
    (model,) = (own_project / "models" / "releases").rglob("model.onnx")
    model.write_bytes(model.read_bytes()[:1000])
    result = in_project(own_project, "uv", "run", "predictor", "serve", "--port", "0")
    assert result.returncode != 0
    result = in_project(
        own_project, "uv", "run", "predictor", "serve", "--port", str(demo.free_port())
    )
    require_one_sentence(result, "model.onnx changed after it was written")


def test_a_stage_killed_half_way_leaves_the_old_data(own_project: Path) -> None:
    raw = own_project / "data" / "raw"
    # Not what ingest would write, so that finding it again means that nothing was replaced.
    (raw / "old.parquet").write_bytes(b"old")
    before = hashes(raw)
    process = subprocess.Popen(
        [own_project / ".venv" / "bin" / "predictor", "ingest"],
        cwd=own_project,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if line.startswith("2013-01"):  # the first file of the new folder is written
            process.kill()
            break
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    assert hashes(raw) == before
