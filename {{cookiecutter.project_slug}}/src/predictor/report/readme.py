"""The results block of the README: the only numbers in it, and only a run writes them."""

from predictor.errors import PredictorError
from predictor.files import write_text
from predictor.project import Project
from predictor.release import Champion

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
TITLES = {
    "roc_auc": "ROC AUC (higher is better)",
    "average_precision": "Average precision (higher)",
    "brier": "Brier score (lower)",
    "log_loss": "Log loss (lower)",
    "calibration_error": "Calibration error (lower)",
    "cost_per_1000": "Cost per 1,000 decisions (lower)",
}


def write_results(project: Project, champion: Champion) -> None:
    """Put the champion's block between the markers; nothing else of the README changes.

    Raises:
        PredictorError: the README does not have each marker once, the first before the last.
    """
    text = project.readme.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise PredictorError(
            f"README.md must have {BEGIN} and below it {END}, once each: put them where the "
            "results belong, and run `uv run predictor promote` again."
        )
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    write_text(project.readme, f"{before}{BEGIN}\n{results(champion)}\n{END}{after}")


def results(champion: Champion) -> str:
    """Return the block as Markdown."""
    release, bundle = champion.release, champion.bundle
    exam = release.evaluation
    period = f", {exam.first} to {exam.last}" if exam.first else ""
    return "\n".join(
        [
            f"| Test: {exam.rows:,} rows{period} | Model | Linear | Dummy |",
            "|---|---:|---:|---:|",
            *(
                f"| {title} | **{_shown(exam.model[name])}** | {_shown(exam.linear[name])} "
                f"| {_shown(exam.dummy[name])} |"
                for name, title in TITLES.items()
            ),
            "",
            f"Version {release.version} (`{bundle.metadata.model}`), promoted "
            f"{release.promoted:%Y-%m-%d}; costs in {bundle.contract.costs.unit}; "
            f"trained by commit `{bundle.metadata.git_commit}` on "
            f"{bundle.metadata.train_rows:,} rows of data `{bundle.metadata.data_version}`. "
            "Written by `predictor promote`.",
        ]
    )


def _shown(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:,.0f}"
