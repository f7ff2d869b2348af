"""The gate: may this candidate answer for us? The only place that decides it.

Each rule is one function from an `Exam` to a `Finding`; `RULES` lists them. Limits stand under
`promote` in `params.yaml`.
"""

from collections.abc import Callable
from datetime import datetime

from predictor.gate.exam import Burden, Difference, Exam, Incumbent
from predictor.gate.verdict import Finding, Verdict

# Through ONNX the same model differs in the seventh digit.
TIE = 1e-6


def judge(exam: Exam, now: datetime) -> Verdict:
    """Apply every rule."""
    findings = tuple(rule(exam) for rule in RULES)
    return Verdict(
        candidate=exam.version,
        champion=exam.champion.version if exam.champion else None,
        judged=now,
        promotes=all(finding.holds for finding in findings),
        findings=findings,
    )


def reason(exam: Exam) -> str:
    """Return in short what a promoted candidate beat, for the history."""
    best = exam.champion.loss if exam.champion and exam.champion.loss else exam.dummy
    return f"{best.measure} {best.ours:.4g} against {best.theirs:.4g} of the {best.rival}"


def better_than_dummy(exam: Exam) -> Finding:
    """Surely lower loss than always answering the mean of the training rows."""
    return Finding(
        rule="better than dummy", holds=exam.dummy.high < 0, sentence=_compared(exam.dummy)
    )


def no_worse_than_linear(exam: Exam) -> Finding:
    """No higher loss than the linear baseline, which may itself be the candidate."""
    return Finding(
        rule="no worse than linear", holds=_no_worse(exam.linear), sentence=_compared(exam.linear)
    )


def no_worse_than_champion(exam: Exam) -> Finding:
    """No higher loss than the present champion, and not surely costlier decisions."""
    rule, champion = "no worse than champion", exam.champion
    if champion is None:
        sentence = "there is no champion yet to compare with"
        return Finding(rule=rule, holds=True, sentence=sentence)
    if champion.loss is None:
        sentence = f"no comparison with version {champion.version}: {champion.obstacle}"
        return Finding(rule=rule, holds=True, sentence=sentence)
    differences = [each for each in (champion.loss, champion.cost) if each]
    return Finding(
        rule=rule,
        holds=_no_worse(champion.loss) and not (champion.cost and champion.cost.low > 0),
        sentence="; ".join(_compared(each) for each in differences),
    )


def pays(exam: Exam) -> Finding:
    """Decisions at the threshold cost less than the best constant one, which the dummy takes."""
    if exam.cost is None:
        sentence = "this task has no decision between two, so no cost to compare"
        return Finding(rule="pays", holds=True, sentence=sentence)
    return Finding(rule="pays", holds=exam.cost.mean < 0, sentence=_compared(exam.cost))


def calibrated(exam: Exam) -> Finding:
    """What is promised comes true."""
    ours, limit = exam.calibration_error, exam.limits.calibration_error
    others = [f"linear baseline {exam.linear_calibration_error:.4g}"]
    if exam.champion and exam.champion.calibration_error is not None:
        others.append(f"champion {exam.champion.calibration_error:.4g}")
    sentence = f"calibration_error {ours:.4g} against the limit {limit:g} ({', '.join(others)})"
    return Finding(rule="calibrated", holds=ours <= limit, sentence=sentence)


def no_weak_part(exam: Exam) -> Finding:
    """No slice on which the candidate does much worse than the dummy baseline."""
    limit, worst = exam.limits.slice_excess, exam.worst
    if worst is None:
        sentence = f"no part of the test has {exam.slice_rows:,} rows"
        return Finding(rule="no weak part", holds=True, sentence=sentence)
    sentence = (
        f"{exam.dummy.measure} {worst.ours:.4g} against {worst.dummy:.4g} of the dummy baseline "
        f"where it compares worst, {worst.name} ({worst.rows:,} rows): {worst.excess:+.1%}, the "
        f"limit is {limit:+.1%}"
    )
    return Finding(rule="no weak part", holds=worst.excess <= limit, sentence=sentence)


def fast(exam: Exam) -> Finding:
    """One row is answered in time."""
    ours, limit = exam.burden.latency_ms, exam.limits.latency_ms
    beside = _beside(exam.champion, lambda burden: f"{burden.latency_ms:.3g} ms")
    sentence = f"one row takes {ours:.3g} ms against the limit of {limit:g} ms{beside}"
    return Finding(rule="fast", holds=ours <= limit, sentence=sentence)


def small(exam: Exam) -> Finding:
    """The bundle fits into the service."""
    ours, limit = exam.burden.megabytes, exam.limits.bundle_mb
    beside = _beside(exam.champion, lambda burden: f"{burden.megabytes:.3g} MB")
    sentence = f"the bundle has {ours:.3g} MB against the limit of {limit:g} MB{beside}"
    return Finding(rule="small", holds=ours <= limit, sentence=sentence)


def not_rolled_back(exam: Exam) -> Finding:
    """What had to be taken back does not come back unchanged."""
    rule, reign = "not rolled back", exam.rolled_back
    if reign is None:
        sentence = f"version {exam.version} was never rolled back"
        return Finding(rule=rule, holds=True, sentence=sentence)
    sentence = (
        f"version {exam.version} gave way to version {reign.version} on {reign.since:%Y-%m-%d} "
        f"({reign.why}): change the data, the code or params.yaml"
    )
    return Finding(rule=rule, holds=False, sentence=sentence)


def _no_worse(difference: Difference) -> bool:
    return difference.mean <= TIE * abs(difference.theirs)


def _compared(each: Difference) -> str:
    return (
        f"{each.measure} {each.ours:.4g} against {each.theirs:.4g} of the {each.rival}: "
        f"{each.mean:+.3g} [{each.low:+.3g}, {each.high:+.3g}] ({each.confidence:.0%} interval "
        f"over {each.over}, lower is better)"
    )


def _beside(champion: Incumbent | None, shown: Callable[[Burden], str]) -> str:
    return f" (champion {shown(champion.burden)})" if champion and champion.burden else ""


RULES: tuple[Callable[[Exam], Finding], ...] = (
    better_than_dummy,
    no_worse_than_linear,
    no_worse_than_champion,
    pays,
    calibrated,
    no_weak_part,
    fast,
    small,
    not_rolled_back,
)
