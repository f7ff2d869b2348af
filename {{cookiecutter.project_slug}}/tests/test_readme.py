import pytest

from predictor.errors import PredictorError
from predictor.report.readme import replace_block


def test_only_the_text_between_the_markers_is_replaced() -> None:
    text = "a\n<!-- results:begin -->\nold\n<!-- results:end -->\nb\n"
    assert replace_block(text, "results", "new") == (
        "a\n<!-- results:begin -->\nnew\n<!-- results:end -->\nb\n"
    )


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
