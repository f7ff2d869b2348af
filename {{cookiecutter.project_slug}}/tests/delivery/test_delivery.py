import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, run_stages, write_project
from ruamel.yaml import YAML

from predictor import champions, report, task
from predictor.bundle import Bundle, Metadata
from predictor.comparison import Evaluation
from predictor.delivery.proof import different_parts, prove, require, wrong_lines
from predictor.delivery.pull_request import compare, summary
from predictor.errors import PredictorError
from predictor.evaluate import reproduce
from predictor.paths import (
    CANDIDATE,
    CARD,
    CHAMPION_REPORTS,
    EVALUATION,
    LOCK,
    PARAMS,
    RAW,
    README,
    REPORTS,
    SHOWN,
)
from predictor.promote import promote
from predictor.rules import Finding
from predictor.schema import TIME

HELD = [
    "code, parameters, reports",
    "data",
    "metrics",
    "rows, period, slices, intervals",
    "MODEL_CARD.md",
    "README.md",
]


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def commit() -> None:
    run("git", "add", "--all")
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    run("git", *identity, "commit", "--quiet", "--message", "Change")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")


def set_params(**evaluate: float) -> None:
    content = YAML(typ="safe").load(PARAMS)
    content["evaluate"] |= evaluate
    YAML(typ="safe").dump(content, PARAMS)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with one commit: a run, and the champion from it."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        # MLflow caches the connection to `sqlite:///mlflow.db`, even if the folder changes.
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'runs.db'}")
        shutil.copytree(ROOT / "src", "src", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / ".dvc", ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
        for name in ("dvc.yaml", ".gitignore", ".gitattributes"):
            shutil.copyfile(ROOT / name, name)
        for name in YAML(typ="safe").load(Path("dvc.yaml"))["stages"]["ingest"]["deps"]:
            if name.startswith("data/source/"):  # the rows are synthetic
                Path(name).parent.mkdir(parents=True)
                Path(name).touch()
        write_project()
        LOCK.unlink()
        set_params(tolerance=0.005, resamples=100)
        run("git", "init", "--quiet", "--initial-branch", "main")
        run_stages()
        run(sys.executable, "-m", "dvc", "commit", "--force", "--quiet")
        assert promote().promotes
        commit()
    return folder


@pytest.fixture
def repository(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy that a test may change; it is the working directory."""
    copy = shutil.copytree(recorded, tmp_path / "repository")
    monkeypatch.chdir(copy)
    return Path(copy)


@pytest.fixture
def metadata(repository: Path) -> Metadata:
    return Bundle.load(CANDIDATE).metadata


def refused() -> dict[str, str]:
    """Return the sentence of each rule that does not hold in `prove`."""
    return {each.rule: each.sentence for each in prove() if not each.holds}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def forge(change: Callable[[Evaluation], Evaluation], metadata: Metadata) -> None:
    """Commit a forged evaluation, with README, champion and dvc.lock changed to match it."""
    path, before = REPORTS / EVALUATION, (REPORTS / EVALUATION).read_bytes()
    forged = change(report.read_evaluation(REPORTS))
    path.write_text(forged.model_dump_json(indent=2) + "\n", newline="\n")
    shutil.copyfile(path, CHAMPION_REPORTS / EVALUATION)
    report.write(report.results(metadata, forged, champions.history()[-1]))
    edit(LOCK, md5(before), md5(path.read_bytes()))
    commit()
    path.write_bytes(before)  # as the run writes it


def test_a_run_that_reproduces_the_commit_is_verified(repository: Path) -> None:
    found = prove()
    assert [each.rule for each in found if each.holds] == HELD
    version = json.loads((REPORTS / "data.json").read_text())["version"]
    assert found[1].sentence == f"the hash of the values is {version}"


def test_changes_after_the_run_are_reported(repository: Path) -> None:
    set_params(resamples=99)
    edit(Path("dvc.yaml"), "cmd: predictor run train", "cmd: predictor run train --fast")
    with Path("src/predictor/train.py").open("a") as file:
        file.write("# faster\n")
    evaluation = (REPORTS / EVALUATION).read_bytes()
    (REPORTS / EVALUATION).unlink()
    commit()
    (REPORTS / EVALUATION).write_bytes(evaluation)  # as this run writes it
    assert refused()["code, parameters, reports"] == (
        "dvc.yaml changed after the run; params.yaml (evaluate) changed after the run; "
        "reports/evaluation.json changed after the run; "
        "src/predictor/train.py changed after the run"
    )


def test_one_changed_value_in_the_raw_data_is_reported(repository: Path) -> None:
    path = min(RAW.iterdir())
    rows = pd.read_parquet(path)
    rows.loc[0, rows.select_dtypes("number").columns[0]] = -1
    rows.to_parquet(path, index=False)
    assert list(refused()) == ["data"]


def test_other_bytes_with_the_same_values_are_accepted(repository: Path) -> None:
    for path in RAW.iterdir():
        before = path.read_bytes()
        pd.read_parquet(path).to_parquet(path, index=False, compression="gzip")
        assert path.read_bytes() != before
    assert refused() == {}


def test_a_metric_forged_in_every_file_is_rejected(metadata: Metadata) -> None:
    name = next(iter(report.read_evaluation(REPORTS).model))

    def better(evaluation: Evaluation) -> Evaluation:
        return evaluation.model_copy(update={"model": evaluation.model | {name: 0.123}})

    forge(better, metadata)
    (sentence,) = (text for rule, text in refused().items() if rule == "metrics")
    assert f"model {name} 0.123 -> " in sentence


def shifted(evaluation: Evaluation, **changes: float) -> Evaluation:
    """Return an evaluation with changes to its first difference, as shares of the metric."""
    first, *others = evaluation.differences
    unit = max(1.0, first.theirs)
    moved = {name: getattr(first, name) + share * unit for name, share in changes.items()}
    return evaluation.model_copy(update={"differences": [replace(first, **moved), *others]})


def with_worst(evaluation: Evaluation, loss: float) -> Evaluation:
    """Return an evaluation with another loss in the first slice."""
    first, *others = evaluation.slices
    changed = replace(first, model=first.model | {task.LOSS: loss})
    return evaluation.model_copy(update={"slices": [changed, *others]})


FIRST = f"{task.LOSS} against linear"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda it: it.model_copy(update={"rows": it.rows + 1}), ["rows"]),
        (lambda it: it.model_copy(update={"last": None}), ["last"] if TIME else []),
        (lambda it: it.model_copy(update={"headline": "It is good."}), ["headline"]),
        (lambda it: it.model_copy(update={"slices": it.slices[1:]}), ["slices"]),
        (lambda it: with_worst(it, it.slices[0].model[task.LOSS] * 1.1), ["slices"]),
        (lambda it: shifted(it, high=-0.006), [FIRST]),
        (lambda it: shifted(it, ours=-0.0001), [FIRST]),
        (lambda it: shifted(it, low=0.004, high=-0.004), []),
    ],
    ids=[
        "rows",
        "period",
        "headline",
        "slice",
        "mean of a slice",
        "interval",
        "mean",
        "within the tolerance",
    ],
)
def test_every_part_of_an_evaluation_is_compared(
    metadata: Metadata, change: Callable[[Evaluation], Evaluation], names: list[str]
) -> None:
    here = report.read_evaluation(REPORTS)
    assert different_parts(change(here), here, metadata.problem) == names


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\*\*.*\d", "**1,000 decisions cost 1"),
        (r"\| \d[\d.,]* \|", "| 0.999 |"),
        (r"Test: \d+ rows", "Test: 999,999 rows"),
        (r"(as|with|is) the linear", "better than the linear"),
        (r"difference from the dummy", "difference from the best model"),
        (r"(No|\d+) other candidate", "99 other candidate"),
        (r"Model `.*?`", "Model `deep_learning`"),
        (r"trained on \d+", "trained on 9"),
        (r"data version `.", "data version `x"),
        (r"\(reports/champion/", "(docs/"),
        (r"\n!\[.*", ""),
        (report.BEGIN, f"{report.BEGIN} **99 % are right.**"),
        (report.END, f"Better than anything else.\n{report.END}"),
    ],
)
def test_no_part_of_the_results_can_be_changed_by_hand(
    metadata: Metadata, old: str, new: str
) -> None:
    assert not any(wrong_lines(metadata).values())
    text = README.read_text()
    README.write_text(re.sub(old, new, text, count=1))
    assert README.read_text() != text
    assert changed_documents(metadata) == [README]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\*\*.*\d", "**1,000 decisions cost 1"),
        (r"license: .*", "license: wtfpl"),
        (r"value: .*", "value: 0.999"),
        (r"\d+ slices", "99 slices"),
        (r"\| \d[\d.,]* \| \d[\d.,]* \| [+-]", "| 0.001 | 9.999 | -"),
        (r"Not for any other", "For any other"),
        (r"\d+\.\d s with", "99.9 s with"),
        (r"judged \w+", "judged 99"),
        (r"\Z", "It is the best model of all.\n"),
    ],
)
def test_no_part_of_the_model_card_can_be_changed_by_hand(
    metadata: Metadata, old: str, new: str
) -> None:
    text = CARD.read_text()
    CARD.write_text(re.sub(old, new, text, count=1))
    assert CARD.read_text() != text
    assert changed_documents(metadata) == [CARD]


def changed_documents(metadata: Metadata) -> list[Path]:
    return [path for path, lines in wrong_lines(metadata).items() if lines]


def another_run() -> None:
    """Commit another run, which is not promoted."""
    edit(REPORTS / EVALUATION, '"bundle": "', '"bundle": "0')
    commit()


def test_the_champion_of_an_earlier_run_is_shown_as_it_was_promoted(metadata: Metadata) -> None:
    another_run()
    assert changed_documents(metadata) == []
    edit(README, "trained on ", "trained on 9")
    edit(CARD, "Training: ", "Training: 9")
    assert changed_documents(metadata) == [CARD, README]


@pytest.mark.parametrize("name", SHOWN)
def test_the_files_of_an_earlier_champion_must_be_unchanged(metadata: Metadata, name: str) -> None:
    another_run()
    with (CHAMPION_REPORTS / name).open("a") as file:
        file.write(" ")
    commit()
    said = "reports/champion is neither from this run nor from the promoted run"
    assert wrong_lines(metadata) == {CHAMPION_REPORTS: [said]}


def test_a_number_in_the_readme_without_a_run_is_rejected(repository: Path) -> None:
    LOCK.unlink()
    shutil.rmtree(CHAMPION_REPORTS)
    report.write(dict.fromkeys(report.documents(), "*Not measured yet.*"))
    commit()
    assert [(each.rule, each.holds) for each in prove()] == [
        ("MODEL_CARD.md", True),
        ("README.md", True),
    ]
    report.write(dict.fromkeys(report.documents(), "*Not measured yet.*\nAUC 0.99"))
    commit()
    assert refused() == dict.fromkeys(("MODEL_CARD.md", "README.md"), "'AUC 0.99'")


def test_uncommitted_changes_are_an_error(repository: Path) -> None:
    set_params(resamples=99)
    with pytest.raises(PredictorError, match="Commit first"):
        prove()


def test_a_finding_that_does_not_hold_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    holds, fails = (Finding("data", value, "a sentence", "do this") for value in (True, False))
    require([holds])
    with pytest.raises(PredictorError, match="Not verified"):
        require([holds, fails])
    assert "NO  data: a sentence" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("factor", "holds"), [(0.9, True), (1.004, True), (1.006, False)], ids=["less", "near", "more"]
)
def test_a_loss_is_compared_with_that_of_another_commit(
    repository: Path, factor: float, holds: bool
) -> None:
    here = report.read_evaluation(REPORTS)
    model = here.model | {task.LOSS: here.model[task.LOSS] * factor}
    (REPORTS / EVALUATION).write_text(here.model_copy(update={"model": model}).model_dump_json())
    found = compare("HEAD")
    assert found.holds is holds
    assert f"{model[task.LOSS]:.4g} against {here.model[task.LOSS]:.4g}" in found.sentence


def test_a_loss_on_other_test_rows_is_not_compared(repository: Path) -> None:
    edit(REPORTS / EVALUATION, '"test_version": "', '"test_version": "0')
    commit()
    found = compare("HEAD~1")
    assert found.sentence == "not compared, because the test rows differ"


def test_compare_with_a_commit_without_results_and_with_no_commit(repository: Path) -> None:
    Path(".gitignore").write_text("reports\n")
    run("git", "rm", "-r", "--quiet", "--cached", "reports")
    commit()
    assert compare("HEAD").sentence == "the commit has no results"
    with pytest.raises(PredictorError, match="nowhere"):
        compare("nowhere")


def test_a_summary_shows_failed_checks_and_changed_rules(repository: Path) -> None:
    before = report.read_evaluation(REPORTS)
    set_params(tolerance=0.5)
    with Path("src/predictor/rules.py").open("a") as file:
        file.write("# milder\n")
    edit(README, "trained on", "trained well on")
    commit()
    lines = summary("HEAD~1").splitlines()
    assert lines[0] == before.headline
    title = next(iter(task.TITLES.values()))
    (row,) = (line for line in lines if line.startswith(f"| {title} |"))
    cells = row.split(" | ")
    assert cells[1] == cells[-1].removesuffix(" |")
    assert "### Gate" in lines
    assert any(line.startswith("- ok: better than dummy: ") for line in lines)
    assert any(line.startswith("- **NO**: code, parameters, reports: ") for line in lines)
    assert any(line.startswith("- ok: not worse than HEAD~1: ") for line in lines)
    start = lines.index("### Parameters and rules that changed since `HEAD~1`")
    changed = "\n".join(lines[start:])
    assert "tolerance: 0.5" in changed
    assert "+# milder" in changed


@pytest.mark.parametrize("change", [0, 0.001, 0.1])
def test_metrics_must_be_the_committed_ones_within_the_tolerance(
    repository: Path, monkeypatch: pytest.MonkeyPatch, change: float
) -> None:
    now, committed = (json.loads((REPORTS / EVALUATION).read_text()) for _ in range(2))
    committed["linear"][task.LOSS] += change
    monkeypatch.setattr("predictor.evaluate.metrics_show", lambda rev: committed if rev else now)
    if change < 0.005:
        reproduce()
    else:
        with pytest.raises(PredictorError, match=f"linear {task.LOSS} .* -> "):
            reproduce()
