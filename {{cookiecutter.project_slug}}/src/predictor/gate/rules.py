"""More rules of the gate; their limits are in the section `gate` of params.yaml."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat, PositiveInt

from predictor import params, task
from predictor.bundle import Bundle
from predictor.features import CATEGORIES, KINDS
from predictor.paths import PREPARED, REPORTS, write_text
from predictor.rules import Exam, Finding
from predictor.schema import TARGET
from predictor.task import Floats

SLICES = REPORTS / "slices.csv"
BINS = 10
MAX_CATEGORIES = 20
LATENCY_ROWS = 200


class Gate(BaseModel, frozen=True, extra="forbid"):
    """The limits; `slice_excess` is relative to the loss of the dummy baseline."""

    calibration_error: PositiveFloat
    slice_rows: PositiveInt
    slice_excess: NonNegativeFloat
    latency_ms: PositiveFloat
    bundle_mb: PositiveFloat


def worth_it(exam: Exam) -> Finding:
    """Require that decisions with the model are better than those without one."""
    found = exam.evaluation.difference("dummy", task.HEADLINE)
    advice = "check the costs in params.yaml: one decision may be best for all rows"
    return Finding("worth it", found.ours < found.theirs, str(found), advice)


def calibrated(exam: Exam) -> Finding:
    """Require that the predicted probabilities agree with the observed frequencies."""
    limit, truth = params.read(Gate).calibration_error, task.truth(exam.test[TARGET])
    outputs = exam.candidate.predict(exam.test)
    found = calibration_error(truth, outputs, exam.candidate.metadata.rule)
    sentence = f"calibration error {found:.4g}, the limit is {limit:g}"
    return Finding(
        "calibrated", found <= limit, sentence, "train on newer rows, or regularise more"
    )


def no_weak_slice(exam: Exam) -> Finding:
    """Require that no slice of the test rows has a much higher loss than the dummy's."""
    limits = params.read(Gate)
    table = slices(exam.candidate, exam.test, limits.slice_rows)
    write_text(SLICES, table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    if table.empty:
        return Finding("no weak slice", True, f"no slice has {limits.slice_rows:,} rows", "")
    worst = table.iloc[0]
    sentence = (
        f"worst slice of {len(table)}: {worst['column']} is {worst['value']} ({worst['rows']:,} "
        f"rows): {task.LOSS} {worst['loss']:.4g} against {worst['dummy']:.4g} of the dummy, "
        f"{worst['excess']:+.1%}, the limit is {limits.slice_excess:+.1%}"
    )
    advice = "look at these rows: a column may mean something else there"
    return Finding("no weak slice", worst["excess"] <= limits.slice_excess, sentence, advice)


def fast(exam: Exam) -> Finding:
    """Require that the median time for one row, without HTTP, is below a limit."""
    limit, taken = params.read(Gate).latency_ms, latency_ms(exam.candidate, exam.test)
    sentence = f"one row takes {taken:.3g} ms, the limit is {limit:g} ms"
    return Finding("fast", taken <= limit, sentence, "choose a smaller model")


def small(exam: Exam) -> Finding:
    """Require that the size of the bundle is below a limit."""
    limit, files = params.read(Gate).bundle_mb, exam.candidate.folder.iterdir()
    found = sum(path.stat().st_size for path in files) / 1e6
    sentence = f"the bundle has {found:.3g} MB, the limit is {limit:g} MB"
    return Finding("small", found <= limit, sentence, "choose a smaller model")


def calibration_error(truth: Floats, outputs: Floats, rule: dict[str, float]) -> float:
    """Return the calibration error, 0 (best) to 1.

    For a regression: the gap between the nominal and the observed coverage of the interval. For
    classes: the expected calibration error, with several classes that of the predicted class.
    Source: Naeini, Cooper and Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning".
    """
    if "half_width" in rule:
        return float(abs(rule["coverage"] - np.mean(abs(truth - outputs) <= rule["half_width"])))
    predicted, observed = outputs, truth
    if outputs.ndim > 1:
        predicted, observed = outputs.max(axis=1), (outputs.argmax(axis=1) == truth).astype(float)
    table = pd.DataFrame({"predicted": predicted, "observed": observed})
    # Rows with the same prediction are in the same bin.
    bins = table.groupby((table["predicted"].rank(method="min") - 1) * BINS // len(table))
    gaps = (bins["predicted"].mean() - bins["observed"].mean()).abs()
    return float((gaps * bins.size()).sum() / len(table))


def slices(candidate: Bundle, test: pd.DataFrame, min_rows: int) -> pd.DataFrame:
    """Return `column`, `value`, `rows`, `loss`, `dummy` (its loss) and `excess` of each slice.

    A slice is one category, or one boolean value, with at least `min_rows` rows; columns with more
    than 20 categories are skipped.
    """
    fit = pd.concat([pd.read_parquet(PREPARED / f"{name}.parquet") for name in ("train", "valid")])
    truth, problem = task.truth(test[TARGET]), candidate.metadata.problem
    dummy = task.dummy(task.truth(fit[TARGET]), len(test))
    losses, others = (
        task.row_metrics(truth, outputs, problem)[task.LOSS]
        for outputs in (candidate.predict(test), dummy)
    )
    table = test.assign(loss_=losses, dummy_=others)
    found = []
    for name in [*CATEGORIES, *(name for name, kind in KINDS.items() if kind is bool)]:
        if table[name].nunique() <= MAX_CATEGORIES:
            for value, rows in table.groupby(name):
                if len(rows) >= min_rows:
                    means = (rows["loss_"].mean(), rows["dummy_"].mean())
                    found.append((name, value, len(rows), *means, means[0] / means[1] - 1))
    columns = ["column", "value", "rows", "loss", "dummy", "excess"]
    return pd.DataFrame(found, columns=columns).sort_values("excess", ascending=False)


def latency_ms(candidate: Bundle, test: pd.DataFrame) -> float:
    """Return the median milliseconds for one row."""
    taken = []
    for position in np.linspace(0, len(test) - 1, LATENCY_ROWS).astype(int):
        row = {name: [test[name].iloc[position]] for name in KINDS}
        start = time.perf_counter()
        candidate.predict(row)
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


RULES: tuple[Callable[[Exam], Finding], ...] = (worth_it, calibrated, no_weak_slice, fast, small)
