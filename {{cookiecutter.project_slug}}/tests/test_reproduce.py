import json
from collections.abc import Callable
from pathlib import Path

import commits
import pytest

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.proof.compare import compare, no_worse
from predictor.proof.reproduce import near, proofs, reproduce
from predictor.report.summary import summary

RERUN = "run `uv run predictor pipeline` and commit what it writes"
Change = Callable[[Project], None]


@pytest.fixture
def run(promoted: Project, tmp_path: Path) -> Project:
    """Return a project whose run is committed and lies in the working tree once more."""
    return commits.committed(promoted, tmp_path / "run")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def change_report(project: Project, path: Path, **changes: object) -> None:
    report = json.loads(path.read_text(encoding="utf-8"))
    for name, value in changes.items():
        report["model"][name] = value
    path.write_text(json.dumps(report), encoding="utf-8", newline="\n")
    commits.write_lock(project)


def metric(project: Project, name: str) -> float:
    return float(json.loads(project.evaluation.read_text(encoding="utf-8"))["model"][name])


def complaint(project: Project) -> str:
    with pytest.raises(PredictorError) as error:
        reproduce(project)
    return str(error.value)


def test_the_committed_run_is_reproduced(run: Project, caplog: pytest.LogCaptureFixture) -> None:
    reproduce(run)
    assert [proof.sentence for proof in proofs(run)] == [
        "reports/evaluation.json is the file that dvc.lock names",
        "reports/data.json is the file that dvc.lock names",
        "README.md shows the numbers of the champion's exam",
        "data/raw is the committed data, byte by byte",
        "the metrics are the committed ones, within 0.005",
    ]
    assert "  ok  data/raw is the committed data" in caplog.text


def test_a_project_that_has_recorded_nothing_passes_and_is_told_so(run: Project) -> None:
    run.lock.rename(run.root / "aside")
    replace(run.readme, run.readme.read_text(encoding="utf-8"), "not measured yet")
    run.shown.rename(run.root / "champion")
    commits.commit(run)
    (run.root / "aside").rename(run.lock)
    reproduce(run)
    assert proofs(run)[0].sentence.startswith("nothing is recorded yet: `uv run predictor ")


def test_other_bytes_with_the_same_values_are_the_same_data(run: Project) -> None:
    commits.write_lock(run, raw="2" * 32)
    reproduce(run)
    assert "data/raw holds the committed values, in other bytes" in str(proofs(run))


def test_other_values_are_named_by_their_month(run: Project) -> None:
    replace(run.fingerprint, '"rows": ', '"rows": 1')
    commits.write_lock(run, raw="2" * 32)
    said = complaint(run)
    assert said.startswith("data/raw is not the committed data (2024-01, 2024-02, 2024-03): ")
    assert said.endswith(RERUN)


@pytest.mark.parametrize(("factor", "is_near"), [(1.003, True), (1.01, False)])
def test_metrics_may_differ_by_the_tolerance(run: Project, factor: float, is_near: bool) -> None:
    recorded = metric(run, "cost_per_1000")
    change_report(run, run.evaluation, cost_per_1000=recorded * factor)
    if is_near:
        reproduce(run)
    else:
        assert f"(model cost_per_1000 {recorded} -> {recorded * factor}): {RERUN}" in complaint(run)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(0.5, 0.504, True), (0.5, 0.506, False), (600.0, 602.9, True), (0.5, None, False)],
)
def test_nearness_is_absolute_below_one_and_relative_above(
    one: float, other: float | None, expected: bool
) -> None:
    assert near(one, other, 0.005) is expected


def test_a_parameter_changed_after_the_run_is_named(run: Project) -> None:
    commits.write_lock(run, max_iter=31)
    said = complaint(run)
    assert said == f"params.yaml (models.forest.max_iter) changed after the last run: {RERUN}"


def test_a_source_changed_after_the_run_is_named(run: Project) -> None:
    replace(run.contract, "question: ", "question: now ")
    commits.write_lock(run)
    assert complaint(run) == f"contract.yaml changed after the last run: {RERUN}"


def edit_readme(project: Project) -> None:
    shown = f"**{metric(project, 'roc_auc'):.3f}**"
    replace(project.readme, shown, "**0.999**")


def edit_report(project: Project) -> None:
    replace(project.evaluation, f'"roc_auc": {metric(project, "roc_auc")}', '"roc_auc": 0.999')


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (edit_readme, "(| ROC AUC (higher is better) | **0.999** | "),
        (edit_report, "reports/evaluation.json was changed after the run that dvc.lock names"),
    ],
)
def test_a_number_written_by_hand_is_found(run: Project, edit: Change, sentence: str) -> None:
    good = run.evaluation.read_bytes()
    edit(run)
    commits.commit(run)
    run.evaluation.write_bytes(good)
    said = complaint(run)
    assert sentence in said
    assert said.endswith(RERUN)


def test_results_in_the_readme_that_no_run_wrote_are_found(run: Project) -> None:
    run.shown.rename(run.root / "aside")
    commits.commit(run)
    assert "README.md does not show the numbers of the champion's exam (**1,000" in complaint(run)


def test_a_lock_without_its_reports_is_refused(run: Project) -> None:
    commits.git(run, "rm", "--quiet", "--cached", "reports/data.json")
    commits.git(run, *commits.IDENTITY, "commit", "--quiet", "--message", "Forget")
    assert complaint(run).startswith("HEAD has dvc.lock without reports/evaluation.json and ")


@pytest.mark.parametrize(("factor", "holds"), [(0.9, True), (1.004, True), (1.006, False)])
def test_a_model_may_not_be_worse_than_the_recorded_one(
    run: Project, factor: float, holds: bool
) -> None:
    recorded = metric(run, "log_loss")
    change_report(run, run.evaluation, log_loss=recorded * factor)
    found = no_worse(run, "main")
    assert found.holds is holds
    said = f"log_loss {recorded * factor:.4g} against {recorded:.4g} of main on the same rows"
    assert said in found.sentence
    if not holds:
        with pytest.raises(PredictorError, match="the model is worse than before"):
            compare(run, "main")


def test_models_of_other_rows_are_not_compared(run: Project) -> None:
    replace(run.fingerprint, '"rows": ', '"rows": 1')
    change_report(run, run.evaluation, log_loss=9.0)
    assert no_worse(run, "main").sentence.startswith("main was examined on other rows")


def test_a_revision_that_git_does_not_know_is_one_sentence(run: Project) -> None:
    with pytest.raises(PredictorError, match="git knows no commit 'origin/main' here: fetch it"):
        compare(run, "origin/main")


def test_the_summary_shows_both_models_the_verdict_and_what_is_wrong(run: Project) -> None:
    findings = [{"rule": "beats_dummy", "holds": False, "sentence": "0.7 against 0.6"}]
    verdict = {"promotes": False, "findings": findings}
    (run.reports / "verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    before = metric(run, "roc_auc")
    change_report(run, run.evaluation, roc_auc=0.123)
    lines = summary(run, "main", "https://example.com/raw/1/").splitlines()
    assert lines[0].startswith("## Model on 511 test rows, 2024-03-01 to ")
    assert "| | This run | `main` | Linear | Dummy |" in lines
    (row,) = [line for line in lines if "ROC AUC" in line]
    assert row.startswith(f"| ROC AUC (higher is better) | 0.123 | {before:.3f} | ")
    at = lines.index("**Refused**")
    assert lines[at : at + 3] == ["**Refused**", "", "- **NO**: 0.7 against 0.6"]
    assert any(line.startswith("- **NO**: the metrics are not the committed") for line in lines)
    curves = "https://example.com/raw/1/reports/plots/curves.png"
    assert f"![The curves that are committed]({curves})" in lines
