import pytest

from predictor.evaluation import Evaluation
from predictor.gate import judge


def evaluation(model: float, linear: float, dummy: float) -> Evaluation:
    named = {"model": model, "linear": linear, "dummy": dummy}
    losses = {name: {"log_loss": loss} for name, loss in named.items()}
    return Evaluation(bundle="0", task="binary", rows=9, first=None, last=None, **losses)


@pytest.mark.parametrize(
    ("model", "linear", "dummy", "findings"),
    [
        (0.4, 0.5, 0.6, [True, True]),
        (0.5, 0.5, 0.6, [True, True]),
        (0.51, 0.5, 0.6, [True, False]),
        (0.6, 0.7, 0.5, [False, True]),
    ],
    ids=["better than both", "linear itself", "worse than linear", "worse than dummy"],
)
def test_only_a_model_better_than_both_baselines_is_promoted(
    model: float, linear: float, dummy: float, findings: list[bool]
) -> None:
    verdict = judge(evaluation(model, linear, dummy))
    assert [finding.holds for finding in verdict.findings] == findings
    assert verdict.promotes == all(findings)


def test_a_finding_gives_both_numbers() -> None:
    verdict = judge(evaluation(0.6, 0.7, 0.5))
    assert str(verdict).splitlines()[0] == (
        "  NO  log_loss 0.6 against 0.5 of the dummy baseline (lower is better)"
    )
