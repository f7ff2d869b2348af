"""More rules of the gate; their limits are in the section `gate` of params.yaml."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd
from pydantic import BaseModel, NonNegativeFloat, PositiveFloat

from predictor import params, task
from predictor.bundle import Bundle
from predictor.comparison import calibration
from predictor.features import KINDS
from predictor.rules import Exam, Finding
from predictor.schema import TARGET
from predictor.task import Floats

LATENCY_ROWS = 200


class Gate(BaseModel, frozen=True, extra="forbid"):
    """The limits; `slice_excess` is relative to the loss of the dummy baseline."""

    calibration_error: PositiveFloat
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
    limit, slices = params.read(Gate).slice_excess, exam.evaluation.slices
    if not slices:
        return Finding("no weak slice", True, "no slice has enough rows", "")
    worst, loss = slices[0], task.LOSS
    sentence = (
        f"worst slice of {len(slices)}: {worst.column} is {worst.value} ({worst.rows:,} rows): "
        f"{loss} {worst.model[loss]:.4g} against {worst.dummy[loss]:.4g} of the dummy, "
        f"{worst.excess:+.1%}, the limit is {limit:+.1%}"
    )
    advice = "look at these rows: a column may mean something else there"
    return Finding("no weak slice", worst.excess <= limit, sentence, advice)


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
    bins = calibration(observed, predicted)
    gaps = (bins["predicted"] - bins["observed"]).abs()
    return float((gaps * bins["rows"]).sum() / len(truth))


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
