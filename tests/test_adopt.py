"""Three real tables, with the dirt of real files, from CSV to the HTTP answer."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import demo
import pytest
import yaml
from baking import files, text_of
from conftest import git, in_project

pytestmark = pytest.mark.slow

PROBES = Path(__file__).parent / "probes"
# Requests that are being answered are in flight too.
BUNDLED = re.compile(
    r"(?<!in[_ ])flight|nyc|airport|airline|aircraft|carrier|weather", re.IGNORECASE
)


@dataclass(frozen=True)
class Case:
    """A table of `probes/make_tables.py`, and what has to be found in it."""

    file: str
    options: tuple[str, ...]
    task: str
    ignored: dict[str, str]
    named: tuple[str, ...]


CASES = {
    "binary": Case(
        "breast cancer.csv",
        ("--target", "diagnosis"),
        "binary",
        {
            "patient id": "identifier",
            "hospital": "constant",
            "copy": "duplicate",
            "biopsy result": "leakage",
        },
        ("12 times '?' counts as missing", "between thousands", "cp1252"),
    ),
    "multiclass": Case(
        "wine.csv.gz",
        ("--target", "cultivar"),
        "multiclass",
        {},
        ("178 numbers end in '%'", "utf-8-sig"),
    ),
    "regression": Case(
        "diabetes.tsv",
        ("--target", "progression", "--time", "visit"),
        "regression",
        {"first half": "leakage", "second half": "leakage"},
        ("the target is the sum first half + second half", r"'\t'"),
    ),
}


@pytest.fixture(scope="module")
def tables(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    python = str(project / ".venv" / "bin" / "python")
    made = in_project(folder, python, str(PROBES / "make_tables.py"), str(folder))
    assert made.returncode == 0, made.stderr
    return folder


@dataclass(frozen=True)
class Adopted:
    """A project after adopt and `make`, with what both printed."""

    case: Case
    folder: Path
    said: str
    made: str


@pytest.fixture(scope="module", params=CASES)
def adopted(
    request: pytest.FixtureRequest,
    project: Path,
    tables: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Adopted:
    case = CASES[request.param]
    folder = tmp_path_factory.mktemp("adopted") / "project"
    subprocess.run(["git", "clone", "--quiet", str(project), str(folder)], check=True)
    table = str(tables / case.file)
    command = ("uv", "run", "predictor", "adopt", table, *case.options, "--yes")
    said = in_project(folder, *command, COLUMNS="200")
    assert said.returncode == 0, said.stdout + said.stderr
    made = in_project(folder, "make")
    assert made.returncode == 0, made.stdout[-3000:] + made.stderr[-3000:]
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "Adopt another table")
    return Adopted(case, folder, said.stdout, made.stdout)


def test_the_proposal_names_dirt_and_suspects(adopted: Adopted) -> None:
    contract = yaml.safe_load(text_of(adopted.folder / "contract.yaml"))
    found = {name: each["reason"] for name, each in contract.get("ignored", {}).items()}
    assert (contract["task"], found) == (adopted.case.task, adopted.case.ignored)
    said = re.sub(r"\s+", " ", adopted.said)
    assert [text for text in adopted.case.named if text not in said] == []


def test_nothing_of_the_bundled_data_is_left(adopted: Adopted) -> None:
    tracked = git(adopted.folder, "ls-files").splitlines()
    traces = {
        name: found[0]
        for name in tracked
        if name.endswith((".py", ".md", ".yaml", ".toml", ".ipynb", ".json", ".dvc"))
        and (found := BUNDLED.search(text_of(adopted.folder / name).replace("flight-delay", "")))
    }
    # The owner's answers to the template's questions stay: the project is still called so.
    allowed = {"README.md": "Flight", "pyproject.toml": "flight"}
    assert {name: trace for name, trace in traces.items() if allowed.get(name) != trace} == {}


def test_a_model_is_promoted_and_the_readme_shows_it(adopted: Adopted) -> None:
    assert "is the champion now" in adopted.made
    readme = text_of(adopted.folder / "README.md")
    assert "ot measured yet" not in readme
    assert "Write here the question" in readme
    metric = {"binary": "ROC AUC", "multiclass": "Macro F1", "regression": "Mean absolute error"}
    assert metric[adopted.case.task] in readme


def test_service_bundle_and_scikit_learn_agree(adopted: Adopted) -> None:
    port = demo.free_port()
    with demo.service(adopted.folder, port):
        python = str(adopted.folder / ".venv" / "bin" / "python")
        result = in_project(adopted.folder, python, str(PROBES / "compare_answers.py"), str(port))
    assert result.returncode == 0, result.stderr
    differences = json.loads(result.stdout)
    assert differences["rows"] >= 30
    assert differences["distinct"] > differences["rows"] / 2
    assert differences["service_and_bundle"] < 1e-6
    assert differences["bundle_and_scikit_learn"] < 1e-5


def test_the_check_of_the_project_still_passes(adopted: Adopted) -> None:
    # The tests of a project bring their own tables, so one of the three runs them.
    if adopted.case.task != "binary":
        hooks = in_project(adopted.folder, "uv", "run", "pre-commit", "run", "--all-files")
        assert hooks.returncode == 0, hooks.stdout[-3000:] + hooks.stderr
        return
    check = in_project(adopted.folder, "make", "check")
    assert check.returncode == 0, check.stdout[-3000:] + check.stderr
    assert re.search(r"=== \d+ passed in ", check.stdout)


def test_a_clone_runs_the_pipeline_from_the_versioned_table(
    adopted: Adopted, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(adopted.folder), str(clone)], check=True)
    locked = in_project(clone, "uv", "sync", "--locked", "--quiet")
    assert locked.returncode == 0, locked.stderr
    repro = in_project(clone, "uv", "run", "dvc", "repro", "--pull", "ingest")
    assert repro.returncode == 0, repro.stdout + repro.stderr
    clones, originals = (folder / "data" / "raw" for folder in (clone, adopted.folder))
    raw = sorted(path.name for path in clones.iterdir())
    assert raw == sorted(path.name for path in originals.iterdir())
    assert len(raw) == (11 if adopted.case.task == "regression" else 1)


def test_the_notebook_runs_on_the_new_data(adopted: Adopted, tmp_path: Path) -> None:
    arguments = ["--to", "notebook", "--execute", "--output-dir", str(tmp_path)]
    command = ("uv", "run", "jupyter", "nbconvert", *arguments, "notebooks/explore.ipynb")
    result = in_project(adopted.folder, *command)
    assert result.returncode == 0, result.stderr[-2000:]


def test_a_failed_adopt_leaves_the_project_byte_for_byte(own_project: Path, tables: Path) -> None:
    def content() -> dict[str, bytes]:
        return {
            path.relative_to(own_project).as_posix(): path.read_bytes()
            for path in files(own_project)
            if not {".venv", "tmp", "cache", "__pycache__"} & set(path.parts)
        }

    before = content()
    shutil.rmtree(own_project / ".git")  # DVC will not add a file without a repository
    result = in_project(
        own_project,
        str(own_project / ".venv" / "bin" / "predictor"),
        "adopt",
        str(tables / "wine.csv.gz"),
        *("--target", "cultivar", "--yes"),
    )
    assert result.returncode == 1
    assert "error: `dvc` failed" in result.stderr
    assert content() == before
