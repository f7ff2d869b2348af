"""`adopt` in a real repository: what it leaves behind, and that a failure leaves nothing."""

import gzip
import logging
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import make_project
from customers import NOISE, N, customers, wish, written, yes

from predictor.adopt.adopt import adopt
from predictor.adopt.proposal import Wish, propose
from predictor.contract import Contract
from predictor.data.conversion import typed
from predictor.errors import PredictorError
from predictor.ingest import ingest, labelled
from predictor.params import Params
from predictor.project import Project
from predictor.sources.table import read_table
from predictor.workspace.commands import run_dvc

REAL_ROOT = Path(__file__).parents[1]
COPIED = ("dvc.yaml", "pyproject.toml", ".dvc/config", ".dvc/.gitignore", ".gitignore")
OWN = ("src/predictor/sources/pumps.py", "tests/test_pumps.py")
STAYING = ("src/predictor/sources/__init__.py", "src/predictor/sources/table.py")


@pytest.fixture
def repository(tmp_path: Path) -> Project:
    """Return a project under git and DVC, with a bundled source, its test, and results."""
    return make_repository(tmp_path / "project")


@pytest.fixture(scope="module")
def adopted_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adopted")
    adopt(make_repository(folder / "project"), written(folder, customers()), wish(), yes)
    return folder / "project"


@pytest.fixture
def adopted(adopted_once: Path, tmp_path: Path) -> Project:
    """Return a copy of a project that has adopted `customers()`."""
    return Project(Path(shutil.copytree(adopted_once, tmp_path / "project")))


def make_repository(root: Path) -> Project:
    root.mkdir()
    project = make_project(root)
    results = ("dvc.lock", "reports/evaluation.json", "models/champion.json")
    for name in (*OWN, *STAYING, *results):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("schema: '2.0'\n", encoding="utf-8")
    for name in COPIED:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(REAL_ROOT / name, root / name)
    subprocess.run(["git", "init", "--quiet", root], check=True)
    return project


def content(project: Project) -> dict[str, bytes | None]:
    """Return every path with its bytes, but for what git and DVC keep for themselves."""
    kept_by_tools = (".git", ".dvc/cache", ".dvc/tmp")
    paths = {path.relative_to(project.root).as_posix(): path for path in project.root.rglob("*")}
    return {
        name: path.read_bytes() if path.is_file() else None
        for name, path in paths.items()
        if not any(name == each or name.startswith(f"{each}/") for each in kept_by_tools)
    }


def test_adopting_leaves_a_contract_that_reads_back(adopted: Project) -> None:
    contract = Contract.read(adopted.contract)
    assert (contract.name, contract.task) == ("customers", "binary")
    assert (contract.target.column, contract.target.positive) == ("churned", "yes")
    assert {name: column.type for name, column in contract.columns.items()} == {
        "größe in cm": "number",
        "class": "category",
        "is.paid": "number",
    }
    params = Params.read(adopted.params)
    assert (params.ingest.source, params.ingest.path) == ("table", "data/customers.csv")


def test_adopting_puts_the_table_under_dvc_and_ends_the_bundled_data(
    adopted: Project, tmp_path: Path
) -> None:
    path, after = written(tmp_path, customers()), content(adopted)
    assert after["data/customers.csv"] == path.read_bytes()
    assert yaml.safe_load(after["data/customers.csv.dvc"] or "")["outs"][0]["path"] == path.name
    remote = [name for name in after if name.startswith(".dvc/remote/files/")]
    assert path.read_bytes() in [after[name] for name in remote]
    gone = (*OWN, "dvc.lock", "reports", "models", "data/raw")
    assert [name for name in gone if name in after] == []
    assert [name for name in STAYING if name not in after] == []
    assert "bundled data" not in (after["pyproject.toml"] or b"").decode()
    assert not [name for name in after if name.startswith(".adopt-")]


def test_what_was_adopted_is_ingested_with_the_types_of_the_contract(
    adopted: Project, tmp_path: Path
) -> None:
    ingest(adopted)
    rows = read_table(written(tmp_path, customers()))
    expected = typed(rows, Contract.read(adopted.contract))
    pd.testing.assert_frame_equal(pd.read_parquet(adopted.raw / "all.parquet"), expected)
    assert expected["is.paid"].isna().sum() == 27


def test_another_table_can_be_adopted_afterwards(adopted: Project, tmp_path: Path) -> None:
    other = customers(churned=NOISE[0] * 3 + NOISE[1])
    assert adopt(adopted, written(tmp_path, other, "other.csv"), wish(ignore=("class",)), yes)
    contract = Contract.read(adopted.contract)
    assert contract.task == "regression"
    assert contract.ignored["class"].reason == "chosen"
    assert Params.read(adopted.params).ingest.path == "data/other.csv"
    ingest = yaml.safe_load((adopted.root / "dvc.yaml").read_text("utf-8"))["stages"]["ingest"]
    assert [name for name in ingest["deps"] if name.startswith("data/")] == ["data/other.csv"]


def test_the_adopted_file_can_be_adopted_again(adopted: Project) -> None:
    before = content(adopted)
    adopt(adopted, adopted.root / "data" / "customers.csv", wish(), yes)
    assert content(adopted) == before


def test_the_time_of_the_table_orders_it() -> None:
    days = pd.date_range("2024-01-01", periods=N, freq="D").strftime("%d.%m.%Y")
    time = propose(customers(day=days), wish(time="day")).contract.time
    assert time is not None
    assert (time.column, time.format) == ("day", "%d.%m.%Y")


def test_the_newest_months_make_an_exam_of_enough_rows(repository: Project, tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=N, freq="D").strftime("%Y-%m-%d")
    adopt(repository, written(tmp_path, customers(day=days)), wish(time="day"), yes)
    assert Params.read(repository.params).prepare.test_months == 2


def test_it_says_what_it_read(
    repository: Project, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "customers.csv.gz"
    text = customers().to_csv(index=False, sep="|")
    path.write_bytes(gzip.compress(text.encode("latin-1")))
    with caplog.at_level(logging.INFO, "predictor"):
        adopt(repository, path, wish(), lambda: False)
    expected = "customers.csv.gz: 240 rows, 4 columns, delimiter '|', encoding cp1252"
    assert expected in caplog.text


def test_the_proposal_is_shown_with_counts_and_reasons(
    repository: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, customers(copy=customers()["churned"]))
    adopt(repository, path, wish(), lambda: False)
    shown = " ".join(capsys.readouterr().out.replace("|", " ").split())
    for words in ("27 times '?'", "213 numbers with ','", "IGNORED leakage", "positive is 'yes'"):
        assert words in shown, shown


def test_a_declined_proposal_changes_nothing(repository: Project, tmp_path: Path) -> None:
    path, before = written(tmp_path, customers()), content(repository)
    assert not adopt(repository, path, wish(), lambda: False)
    assert content(repository) == before


def test_a_table_with_the_name_of_a_result_is_refused(repository: Project, tmp_path: Path) -> None:
    path, before = tmp_path / "answers.parquet", content(repository)
    customers().to_parquet(path)
    with pytest.raises(PredictorError, match=r"data/answers\.parquet is a result of the pipeline"):
        adopt(repository, path, wish(), yes)
    assert content(repository) == before


@pytest.mark.parametrize(
    ("step", "error"),
    [("push", PredictorError("no room")), ("add", KeyboardInterrupt())],
    ids=["push refused", "add interrupted"],
)
def test_a_failing_step_leaves_every_byte_as_it_was(
    repository: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    error: BaseException,
) -> None:
    def failing(project: Project, *arguments: str) -> None:
        if arguments[0] == step:
            raise error
        run_dvc(project, *arguments)

    path, before = written(tmp_path, customers()), content(repository)
    monkeypatch.setattr("predictor.adopt.adopt.run_dvc", failing)
    with pytest.raises(type(error)) as raised:
        adopt(repository, path, wish(), yes)
    assert raised.value is error
    assert content(repository) == before


def test_a_failing_step_leaves_an_earlier_table_of_the_same_name(
    adopted: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = written(tmp_path, customers(200)), content(adopted)

    def failing(_: Project, *__: str) -> None:
        raise PredictorError("no room")

    monkeypatch.setattr("predictor.adopt.adopt.run_dvc", failing)
    with pytest.raises(PredictorError, match="no room"):
        adopt(adopted, path, wish(), yes)
    assert content(adopted) == before


GAPS = customers()["churned"].where(np.arange(N) % 4 > 0)
DAYS = ["01/02/2024", "03/04/2024"] * (N // 2)
REFUSALS: dict[str, tuple[pd.DataFrame | str | None, Wish, str]] = {
    "no file": (None, wish(), r"customers\.csv: no such file"),
    "empty file": ("", wish(), r"customers\.csv is empty"),
    "header only": ("a;churned\n", wish(), "has 0 rows with a target, and 100 are the fewest"),
    "no such target": (
        customers(),
        wish("churn"),
        r"--target: the table has no column 'churn' \(did you mean 'churned'\?\); it has größe",
    ),
    "one value": (customers(churned="no"), wish(), "'churned' cannot be .* only one value, 'no'"),
    "too few rows": (customers(99), wish(), "has 99 rows with a target, and 100 are the fewest"),
    "duplicate header": ("a;churned;a\n1;2;3\n", wish(), "the header names 'a' more than once"),
    "missing labels": (
        customers(churned=GAPS),
        wish(),
        r"'churned' is missing in 60 of 240 rows: .*--drop-unlabelled",
    ),
    "rare class": (
        customers(churned=["oh", *["yes", "no", "yes"] * 79, "no", "no"]),
        wish(),
        r"fewer than 5 rows: 'oh' \(1\)",
    ),
    "no such time": (customers(), wish(time="day"), "--time: the table has no column 'day'"),
    "ambiguous time": (customers(day=DAYS), wish(time="day"), "can be read either way"),
    "no such label": (customers(), wish(positive="Yes"), r"did you mean 'yes'\?"),
    "nothing to learn from": (customers()[["churned"]], wish(), "no column beside the target"),
    "only suspects": (
        customers().assign(copy=customers()["churned"])[["copy", "churned"]],
        wish(),
        "No column is left to learn from: copy: leakage",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_learned_from_is_refused_in_a_sentence_and_changes_nothing(
    repository: Project, tmp_path: Path, case: str
) -> None:
    table, asked, sentence = REFUSALS[case]
    path, before = tmp_path / "customers.csv", content(repository)
    if isinstance(table, str):
        path.write_text(table, encoding="utf-8")
    elif table is not None:
        written(tmp_path, table)
    with pytest.raises(PredictorError, match=sentence) as refusal:
        adopt(repository, path, asked, yes)
    assert "\n" not in str(refusal.value)
    assert content(repository) == before


def test_drop_unlabelled_goes_on_without_these_rows() -> None:
    rows = customers(churned=GAPS)
    contract = propose(rows, wish(drop_unlabelled=True)).contract
    assert contract.target.drop_unlabelled
    assert len(labelled(rows, contract)) == 180


def test_what_dvc_complains_of_is_shown(
    repository: Project, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = repository.root / ".dvc" / "config"
    config.write_text("[core]\n    nonsense = 1\n", encoding="utf-8")
    with pytest.raises(PredictorError, match="`dvc` failed; its message stands above"):
        adopt(repository, written(tmp_path, customers()), wish(), yes)
    assert "nonsense" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["customers.csv", "customers.csv.gz"])
def test_a_table_larger_than_memory_is_refused_with_the_share_that_fits(
    repository: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    customers().to_csv(path, index=False)
    per_byte = 64 if path.suffix == ".gz" else 8
    free = SimpleNamespace(available=path.stat().st_size * per_byte // 4)
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    before = content(repository)
    with pytest.raises(PredictorError, match="adopt a sample of 25% of its rows"):
        adopt(repository, path, wish(), yes)
    assert content(repository) == before
