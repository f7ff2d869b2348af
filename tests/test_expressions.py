import pytest
from workflow.expressions import PURE, ExpressionError, Scope, Value, condition, evaluate, render

CONTEXTS: dict[str, Value] = {
    "github": {"event_name": "push", "base_ref": "", "event": {"number": 7.0}},
    "matrix": {"os": "ubuntu-latest", "python": None},
    "needs": {"check": {"result": "success"}, "image": {"result": "skipped"}},
}


def scope(*, is_success: bool = True) -> Scope:
    status = {
        "success": lambda: is_success,
        "failure": lambda: not is_success,
        "always": lambda: True,
        "cancelled": lambda: False,
    }
    return Scope(CONTEXTS, {**PURE, **status}, frozenset({"github.event"}))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1.5", 1.5),
        ("'it''s'", "it's"),
        ("true && 'a' || 'b'", "a"),
        ("false && 'a' || 'b'", "b"),
        ("!(1 == 2) && null == ''", True),
        ("'PUSH' == github.event_name", True),
        ("'1' == 1 && true == 1", True),
        ("'one' == 1", False),
        ("github.event.pull_request.head.sha || 'none'", "none"),
        ("github.event.number == 7", True),
        ("matrix['os']", "ubuntu-latest"),
        ("matrix.python || 'of the project'", "of the project"),
        ("join(needs.*.result, ' ')", "success skipped"),
        ("contains(needs.*.result, 'Skipped')", True),
        ("contains('abc', 'BC')", True),
        ("startsWith('refs/heads/main', 'refs/heads/')", True),
        ("github.base_ref && format('origin/{0}', github.base_ref) || 'HEAD'", "HEAD"),
        ("format('{0} {1} {{0}}', 1, true)", "1 true {0}"),
        ("fromJSON(toJSON(matrix.os))", "ubuntu-latest"),
    ],
)
def test_an_expression_has_the_value_that_github_gives_it(expression: str, value: Value) -> None:
    assert evaluate(expression, scope()) == value


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("secrets.TOKEN", "the context secrets is not known"),
        ("github.evnt_name", "github.evnt_name is not known"),
        ("needs.chekc.result", "needs.chekc is not known"),
        ("hash('x')", r"the function hash\(\) is not known"),
        ("1 +", r"'\+' is not an expression"),
        ("(1", r"'\)' is missing"),
        ("1 2", "'2' is not expected"),
        ("1 ==", "ends too early"),
        ("github.event_name ? 1 : 2", "is not an expression"),
    ],
)
def test_what_is_not_known_is_an_error(expression: str, complaint: str) -> None:
    with pytest.raises(ExpressionError, match=complaint):
        evaluate(expression, scope())


def test_a_place_in_a_text_becomes_text_and_a_whole_place_keeps_its_type() -> None:
    assert render("on ${{ matrix.os }}, ${{ 1 == 1 }}", scope()) == "on ubuntu-latest, true"
    assert render(" ${{ 1 == 1 }} ", scope()) is True
    assert render("no place", scope()) == "no place"
    with pytest.raises(ExpressionError, match="has no text"):
        render("all of ${{ matrix }}", scope())


@pytest.mark.parametrize(
    ("text", "after_success", "after_failure"),
    [
        ("github.event_name == 'push'", True, False),
        ("${{ github.event_name == 'pull_request' }}", False, False),
        ("always()", True, True),
        ("${{ !cancelled() && github.event_name == 'push' }}", True, True),
        ("failure()", False, True),
        (True, True, False),
    ],
)
def test_a_condition_asks_for_success_unless_it_names_a_status(
    text: str | bool, after_success: bool, after_failure: bool
) -> None:
    assert condition(text, scope(is_success=True)) is after_success
    assert condition(text, scope(is_success=False)) is after_failure
