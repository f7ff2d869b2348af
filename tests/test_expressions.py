import pytest
from workflow.document import WorkflowError
from workflow.expressions import PURE, Scope, Value, condition, evaluate, render

CONTEXTS: dict[str, Value] = {
    "github": {"event_name": "push", "base_ref": "", "event": {"number": "7"}},
    "matrix": {"os": "ubuntu-latest"},
    "needs": {"check": {"result": "success"}, "image": {"result": "skipped"}},
}


def scope(*, is_success: bool = True) -> Scope:
    status = {
        "success": lambda: is_success,
        "failure": lambda: not is_success,
        "always": lambda: True,
        "cancelled": lambda: False,
    }
    return Scope(CONTEXTS, {**PURE, **status})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'it''s'", "it's"),
        ("'a' == 'A' && 'b' || 'c'", "b"),
        ("'a' != 'A' && 'b' || 'c'", "c"),
        ("!('a' == 'b')", True),
        ("github.event.pull_request.head.sha", None),
        ("github.event.pull_request.head.sha || 'none'", "none"),
        ("join(needs.*.result, ' ')", "success skipped"),
        ("startsWith('refs/heads/main', 'refs/heads/')", True),
        ("github.base_ref && format('origin/{0}', github.base_ref) || 'HEAD'", "HEAD"),
    ],
)
def test_an_expression_has_the_value_that_github_gives_it(expression: str, value: Value) -> None:
    assert evaluate(expression, scope()) == value


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("secrets.TOKEN", "secrets is not known"),
        ("github.evnt_name", "github.evnt_name is not known"),
        ("needs.chekc.result", "needs.chekc is not known"),
        ("hash('x')", r"the function hash\(\) is not known"),
        ("'a' + 'b'", r"\"\+ 'b'\" is not an expression"),
        ("('a'", r"'\)' is missing"),
        ("'a' 'b'", r"\"'b'\" is not expected"),
        ("'a' ==", "ends too early"),
    ],
)
def test_what_is_not_known_is_an_error(expression: str, complaint: str) -> None:
    with pytest.raises(WorkflowError, match=complaint):
        evaluate(expression, scope())


def test_a_place_in_a_text_becomes_text() -> None:
    assert render("on ${{ matrix.os }}, ${{ 'a' == 'a' }}", scope()) == "on ubuntu-latest, true"
    with pytest.raises(WorkflowError, match="has no text"):
        render("all of ${{ matrix }}", scope())


@pytest.mark.parametrize(
    ("text", "after_success", "after_failure"),
    [
        ("github.event_name == 'push'", True, False),
        ("${{ github.event_name == 'pull_request' }}", False, False),
        ("always()", True, True),
        ("${{ !cancelled() && github.event_name == 'push' }}", True, True),
        ("failure()", False, True),
    ],
)
def test_a_condition_asks_for_success_unless_it_names_a_status(
    text: str, after_success: bool, after_failure: bool
) -> None:
    assert condition(text, scope(is_success=True)) is after_success
    assert condition(text, scope(is_success=False)) is after_failure
