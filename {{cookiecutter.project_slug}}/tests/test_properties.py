"""Generated tables, from text to the HTTP answer: three ways to one number."""

import numpy as np
import pandas as pd
import pytest
import tables
import yaml
from fastapi.testclient import TestClient
from generated import (
    HOSTILE,
    KINDS,
    PARAMS,
    TAME,
    TARGET,
    VOCABULARY,
    Drawn,
    Kind,
    asked,
    champion,
    drawn,
    extreme,
    few,
    few_names,
    many_names,
    moments,
    proposed,
    require_one_answer,
    tame,
    truths,
    whole,
)
from hypothesis import given
from hypothesis import strategies as st

from predictor.adopt.documents import contract_text
from predictor.adopt.inference import guess_column
from predictor.contract import CategoryColumn, Contract, NumberColumn
from predictor.data.conversion import typed
from predictor.data.validation import require_valid
from predictor.evaluate import example
from predictor.serve.app import create_app
from predictor.training.export import to_bytes
from predictor.training.fitting import fit, outputs
from predictor.training.models import linear_baseline


@few(max_examples=20)
@given(drawn(KINDS))
def test_gradient_boosting_answers_alike_in_every_place(table: Drawn) -> None:
    contract, rows = proposed(table.rows())
    pipeline = fit(contract, PARAMS, "hist_gradient_boosting", rows)
    require_one_answer(pipeline, contract, rows)


@few(max_examples=15)
@given(drawn(TAME))
def test_linear_models_answer_alike_in_every_place(table: Drawn) -> None:
    contract, rows = proposed(table.rows())
    pipeline = fit(contract, PARAMS, linear_baseline(contract.task), rows)
    require_one_answer(pipeline, contract, rows)


@few(max_examples=20)
@given(drawn(KINDS))
def test_a_table_keeps_the_contract_that_was_proposed_for_it(table: Drawn) -> None:
    raw = table.rows()
    contract, rows = proposed(raw)
    require_valid(contract, rows, "the table")
    assert set(contract.described) == set(raw.columns)


LABELS = ["yes", "no", "on", "null", "~", "1", "01", "1e3", "1:30", "2024-01-31", "a: b", "#", "🙂"]


@few(max_examples=60)
@given(st.permutations(HOSTILE), st.permutations(LABELS), st.integers(0, 10))
def test_a_contract_reads_back_as_it_was_written(
    names: list[str], labels: list[str], at: int
) -> None:
    column = CategoryColumn(type="category", values=tuple(labels[:at]))
    content = tables.CONTRACT | {
        "target": {"column": names[0], "positive": labels[-1]},
        "columns": dict.fromkeys(names[1:4], column),
        "ignored": {names[-1]: {"reason": "chosen"}},
        "time": None,
    }
    contract = Contract.model_validate(content)
    assert Contract.model_validate(yaml.safe_load(contract_text(contract))) == contract


@few(max_examples=15)
@given(drawn(KINDS))
def test_columns_have_the_type_they_were_made_with(table: Drawn) -> None:
    names: dict[Kind, str] = {few_names: "category", many_names: "category", truths: "boolean"}
    contract, rows = proposed(table.rows())
    for name, column in contract.columns.items():
        kind = table.columns[name]
        expected = "timestamp" if kind is moments else names.get(kind, "number")
        assert column.type == expected, name
        assert column.missing == rows[name].isna().any()


def test_every_hostile_name_works_in_one_request_and_in_the_documentation() -> None:
    columns = {name: KINDS[at % len(KINDS)] for at, name in enumerate(HOSTILE)}
    contract, rows = proposed(Drawn("binary", columns, frozenset(HOSTILE[::3]), 1).rows())
    pipeline = fit(contract, PARAMS, "hist_gradient_boosting", rows)
    require_one_answer(pipeline, contract, rows, n_asked=20)
    served = champion(contract, to_bytes(pipeline, contract), rows)
    schemas = TestClient(create_app(served)).get("/openapi.json").json()["components"]["schemas"]
    assert list(schemas["Row"]["properties"]) == HOSTILE


@pytest.fixture(scope="module")
def wide() -> tuple[Contract, pd.DataFrame]:
    kinds = [tame, whole, truths, tame, few_names, tame, whole, truths, tame, tame]
    columns = {f"column {at}": kinds[at % len(kinds)] for at in range(500)}
    raw = Drawn("regression", columns, frozenset(), 2).rows()
    guessed = {name: guess_column(raw[name]).column for name in columns}
    content = {"task": "regression", "target": {"column": TARGET}, "time": None, "costs": None}
    contract = Contract.model_validate(
        tables.CONTRACT | content | {"columns": guessed, "ignored": {}}
    )
    return contract, typed(raw, contract)


@pytest.mark.parametrize("model", ["hist_gradient_boosting", "ridge"])
def test_one_row_of_five_hundred_columns_gets_one_answer(
    wide: tuple[Contract, pd.DataFrame], model: str
) -> None:
    contract, rows = wide
    assert len(contract.columns) == 500
    pipeline = fit(contract, PARAMS, model, rows)
    served, one = champion(contract, to_bytes(pipeline, contract), rows), rows.head(1)
    expected = outputs(pipeline, contract, one)
    np.testing.assert_allclose(served.bundle.predict(one), expected, rtol=1e-4)
    np.testing.assert_allclose(asked(served, one), expected, rtol=1e-4)


def test_a_name_that_was_never_seen_is_answered_or_refused_as_the_contract_says() -> None:
    columns: dict[str, Kind] = {"any": many_names, "listed": few_names, "number": tame}
    contract, rows = proposed(Drawn("binary", columns, frozenset(), 3).rows())
    pipeline = fit(contract, PARAMS, "hist_gradient_boosting", rows)
    client = TestClient(create_app(champion(contract, to_bytes(pipeline, contract), rows)))
    row = example(contract, rows)
    unseen = rows.head(1).assign(any="never seen")
    answer = client.post("/predict", json=row | {"any": "never seen"}).json()
    assert answer["probability"] == pytest.approx(outputs(pipeline, contract, unseen)[0, 0])
    for field, value in (("listed", "never seen"), ("number", 1e9), ("any", None)):
        response = client.post("/predict", json=row | {field: value})
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]


def test_a_value_at_either_end_of_a_range_is_legal() -> None:
    contract, rows = proposed(Drawn("regression", {"x": extreme, "y": tame}, frozenset(), 4).rows())
    pipeline = fit(contract, PARAMS, "hist_gradient_boosting", rows)
    served = champion(contract, to_bytes(pipeline, contract), rows)
    for end in (0, 1):
        ends = {
            name: [column.range[end]]
            for name, column in contract.columns.items()
            if isinstance(column, NumberColumn) and column.range
        }
        row = pd.DataFrame(ends)
        expected = outputs(pipeline, contract, row)
        np.testing.assert_allclose(asked(served, row), expected, rtol=1e-4)


def test_generated_categories_are_listed_only_while_they_are_few() -> None:
    columns: dict[str, Kind] = {"few": few_names, "many": many_names}
    contract, _ = proposed(Drawn("binary", columns, frozenset(), 5).rows())
    few_column, many_column = contract.columns["few"], contract.columns["many"]
    assert isinstance(few_column, CategoryColumn)
    assert isinstance(many_column, CategoryColumn)
    assert few_column.values == tuple(sorted(VOCABULARY[:4]))
    assert many_column.values is None
