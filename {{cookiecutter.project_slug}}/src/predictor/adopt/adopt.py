"""`predictor adopt`: read a table, propose its contract, and make the project its own."""

import logging
from collections.abc import Callable
from pathlib import Path

import psutil
from rich.console import Console

from predictor.adopt import documents
from predictor.adopt.proposal import Proposal, Wish, propose, show
from predictor.adopt.selection import exam_months, select
from predictor.adopt.transaction import Transaction, transaction
from predictor.contract import Contract
from predictor.data.conversion import typed
from predictor.documents import parse
from predictor.errors import PredictorError
from predictor.evaluation.report import LOSS
from predictor.params import Params
from predictor.prepare import require_learnable, split
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.sources.table import dialect, read_table
from predictor.workspace.commands import run_dvc

logger = logging.getLogger(__name__)

# Measured: reading, typing and looking for leaks takes up to this many times the file's size.
MEMORY_PER_BYTE = 8
GZIP_RATIO = 8
SMALL_ENOUGH_FOR_GIT = 20_000_000  # bytes

STAYING = ("__init__", "table")
RESULTS = ("dvc.lock", "reports", "models", "data/raw", "data/prepared", "data/answers.parquet")


def adopt(project: Project, path: Path, wish: Wish, confirm: Callable[[], bool]) -> bool:
    """Make the table at `path` the project's data, if `confirm` agrees to what was proposed.

    Raises:
        PredictorError: the table cannot be used, or a step failed; the project is as it was.
    """
    _require_outside_results(project, path)
    _require_memory(path)
    with heartbeat(f"reading {path.name}"):
        rows = read_table(path)
    _say_what_was_read(path, rows.shape)
    with heartbeat("proposing a contract, and looking for columns that must not be features"):
        proposal = propose(rows, wish)
    Console().print(show(proposal))
    _say_how_to_overrule(proposal)
    params = _with_exam(proposal, Params.read(project.params))
    _rehearse_split(proposal, params)
    params = _with_model(proposal, params)
    if not confirm():
        logger.info("nothing was changed")
        return False
    with transaction(project.root) as changes:
        _change(project, path, proposal.contract, params, changes)
    logger.info(
        "adopted %s. Write the question, the decision and the costs into contract.yaml and the "
        "claim of README.md, then run `make` (or `uv sync`, `uv run predictor pipeline`).",
        path.name,
    )
    return True


def _require_outside_results(project: Project, path: Path) -> None:
    inside = [name for name in RESULTS if (project.root / name) in path.resolve().parents]
    if inside:
        raise PredictorError(f"{path} lies in {inside[0]}, which adopt clears: move it first.")
    if f"data/{path.name}" in RESULTS:
        raise PredictorError(f"data/{path.name} is a result of the pipeline: rename the table.")


def _require_memory(path: Path) -> None:
    if not path.is_file():
        raise PredictorError(f"{path}: {'not a file' if path.exists() else 'no such file'}.")
    ratio = GZIP_RATIO if path.suffix == ".gz" else 1
    needed, free = path.stat().st_size * ratio * MEMORY_PER_BYTE, psutil.virtual_memory().available
    if needed > free:
        share = free / needed
        raise PredictorError(
            f"{path.name} needs about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are "
            f"free: adopt a sample of {share:.0%} of its rows, for example `pandas.read_csv(..., "
            f"skiprows=lambda row: row > 0 and random() > {share:.2f}).to_csv(...)`."
        )


def _say_what_was_read(path: Path, shape: tuple[int, int]) -> None:
    how = "Parquet"
    if path.suffix != ".parquet":
        found = dialect(path)
        how = f"delimiter {found.delimiter!r}, encoding {found.encoding}"
    logger.info("read %s: %s rows, %s columns, %s", path.name, f"{shape[0]:,}", shape[1], how)


def _say_how_to_overrule(proposal: Proposal) -> None:
    doubted = [name for name, each in proposal.contract.ignored.items() if each.reason != "chosen"]
    if doubted:
        logger.info(
            "IGNORED columns are kept from the model; `--keep %s` overrules that.", repr(doubted[0])
        )


def _rehearse_split(proposal: Proposal, params: Params) -> None:
    contract = proposal.contract
    rows = typed(proposal.rows, contract)
    require_learnable(contract, split(rows[contract.kept], contract, params.prepare))


def _with_exam(proposal: Proposal, params: Params) -> Params:
    contract = proposal.contract
    if contract.time is None:
        return params
    months = exam_months(typed(proposal.rows, contract)[contract.time.column])
    logger.info("prepare.test_months: %s (the newest, kept for the test)", months)
    changed = params.prepare.model_copy(update={"test_months": months})
    return params.model_copy(update={"prepare": changed})


def _with_model(proposal: Proposal, params: Params) -> Params:
    with heartbeat("comparing a linear model and gradient boosting by cross-validation"):
        rows = typed(proposal.rows, proposal.contract)
        model, scores = select(proposal.contract, params, rows)
    loss = LOSS[proposal.contract.task]
    for name, score in scores.items():
        logger.info("  %-24s %s %.4g +- %.2g", name, loss, score.mean, score.error)
    logger.info("train.model: %s", model)
    return params.model_copy(update={"train": params.train.model_copy(update={"model": model})})


def _change(
    project: Project, path: Path, contract: Contract, params: Params, changes: Transaction
) -> None:
    for name in (*_bundled(project.root), *RESULTS):
        changes.take(project.root / name)
    data = f"data/{path.name}"
    _rewrite(project, contract, data, params, changes)
    if path.resolve() != (project.root / data).resolve():
        changes.copy(path, project.root / data)
    _put_under_dvc(project, data, changes)


def _bundled(root: Path) -> list[str]:
    """Return the sources that go, each with its test."""
    modules = [path.stem for path in (root / "src" / "predictor" / "sources").glob("*.py")]
    going = [name for name in modules if name not in STAYING]
    sources = [f"src/predictor/sources/{name}.py" for name in going]
    return sources + [f"tests/test_{name}.py" for name in going]


def _rewrite(
    project: Project, contract: Contract, data: str, params: Params, changes: Transaction
) -> None:
    root = project.root
    texts = {
        "contract.yaml": documents.contract_text(contract),
        "params.yaml": documents.params_text(_read(root, "params.yaml"), data, params),
        "dvc.yaml": documents.pipeline_text(_read(root, "dvc.yaml"), data, contract.task),
        "pyproject.toml": documents.package_text(_read(root, "pyproject.toml")),
        "README.md": documents.readme_text(_read(root, "README.md")),
    }
    for name, text in texts.items():
        changes.write(root / name, text)
    _require_same_meaning(project, contract)


def _require_same_meaning(project: Project, contract: Contract) -> None:
    """Read back what was written, before anything depends on it."""
    if Contract.read(project.contract) != parse(Contract, contract.model_dump(), "contract.yaml"):
        raise PredictorError("contract.yaml does not read back as it was proposed.")
    Params.read(project.params)


def _put_under_dvc(project: Project, data: str, changes: Transaction) -> None:
    for name in (f"{data}.dvc", "data/.gitignore"):
        changes.take(project.root / name)
    run_dvc(project, "add", data)
    config = _read(project.root, ".dvc/config")
    if (project.root / data).stat().st_size <= SMALL_ENOUGH_FOR_GIT:
        changes.take(project.root / ".dvc" / "remote")
        changes.write(project.root / ".dvc" / "config", documents.remote_text(config))
        run_dvc(project, "push", f"{data}.dvc")
        logger.info(
            "the next commit puts the table into git (.dvc/remote), so that CI has it: if not "
            "everyone who sees the repository may see its rows, run `predictor remote` before "
            "(docs/data.md)"
        )
    elif documents.keeps_data_elsewhere(config):
        run_dvc(project, "push", f"{data}.dvc")
    else:
        logger.info(
            "the table is too large for git: before CI can see it, commit this and run "
            "`predictor remote s3://bucket/prefix` (docs/data.md)"
        )


def _read(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")
