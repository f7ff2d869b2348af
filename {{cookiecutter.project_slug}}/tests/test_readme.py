import pytest
import tables

from predictor.contract import Contract
from predictor.errors import PredictorError
from predictor.report.readme import headline, replace_block


def test_only_the_text_between_the_markers_is_replaced() -> None:
    text = "a\n<!-- results:begin -->\nold\n<!-- results:end -->\nb\n"
    assert replace_block(text, "results", "new") == (
        "a\n<!-- results:begin -->\nnew\n<!-- results:end -->\nb\n"
    )


@pytest.mark.parametrize(
    ("task", "metric", "sentence"),
    [
        ("binary", "cost_per_1000", "1,000 decisions cost 0.300 hours with the model and 0.400 "),
        ("multiclass", "accuracy", "30% of the rows get the right class; the most frequent is "),
        ("regression", "mae", "The answer is off by 0.300 mm on average; the mean is off by 0.400"),
    ],
)
def test_the_headline_compares_with_doing_without(task: str, metric: str, sentence: str) -> None:
    contract = Contract.model_validate(tables.CONTRACTS[task])
    found = tables.exam(contract, model={metric: 0.3}, dummy={metric: 0.4})
    assert headline(contract, found).startswith(sentence)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<!-- results:begin -->",
        "<!-- results:end --><!-- results:begin -->",
        "<!-- results:begin --><!-- results:begin --><!-- results:end -->",
    ],
    ids=["none", "no end", "wrong order", "twice"],
)
def test_broken_markers_are_refused(text: str) -> None:
    with pytest.raises(PredictorError, match=r"README\.md must have <!-- results:begin -->"):
        replace_block(text, "results", "new")
