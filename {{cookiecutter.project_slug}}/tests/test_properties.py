"""Generated tables, from text to the HTTP answer: three ways to one number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import tables
import yaml
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

from predictor.adopt.documents import contract_text
from predictor.adopt.inference import guess_column
from predictor.adopt.proposal import Wish, propose
from predictor.bundle import Bundle, Interval, Metadata, Parity, open_session
from predictor.contract import CategoryColumn, Contract, NumberColumn, Task
from predictor.conversion import typed
from predictor.description import describe
from predictor.evaluate import example
from predictor.evaluation import Evaluation
from predictor.export import to_bytes, with_gaps
from predictor.fitting import fit, outputs
from predictor.gate import Verdict
from predictor.models import linear_baseline
from predictor.params import Params
from predictor.release import Champion, Release
from predictor.serve.app import create_app
from predictor.validation import require_valid

N = 120
TARGET = "the target"
NOW = datetime(2024, 1, 1, tzinfo=UTC)
PARAMS = Params.model_validate(
    tables.PARAMS | {"models": {"hist_gradient_boosting": {"max_iter": 8, "min_samples_leaf": 5}}}
)
HOSTILE = [
    "größe in cm",
    "a.b",
    "class",
    "lambda",
    "None",
    "🙂",
    'so "quoted"',
    "it's",
    "f0",
    "f1",
    "self",
    "model_config",
    "model_fields",
    "copy",
    "schema",
    "json",
    "dict",
    "validate",
    "__class__",
    "numbers",
    "row",
    "{brace}",
    "a\nb",
    "$ref",
    "#/x",
    "%s",
    "1",
    "-",
    "日本",
]
VOCABULARY = ["Ja", "nein", "groß", "🙂", "it's", 'a "b"', "a;b", "None", "nan", "(missing)", "0x1"]

Values = npt.NDArray[np.object_]
Kind = Callable[[np.random.Generator], Values]


def tame(random: np.random.Generator) -> Values:
    return np.array([repr(float(each)) for each in random.normal(5, 3, N).round(3)], object)


def whole(random: np.random.Generator) -> Values:
    return np.array([str(each) for each in random.integers(-9, 30, N)], object)


def extreme(random: np.random.Generator) -> Values:
    sizes = 10.0 ** random.uniform(-30, 30, N) * random.choice([-1, 1], N)
    return np.array([repr(float(each)) for each in sizes], object)


def spelled(random: np.random.Generator) -> Values:
    return np.array([f"{each:,.2f} %" for each in random.normal(0, 5000, N)], object)


def few_names(random: np.random.Generator) -> Values:
    return random.choice(np.array(VOCABULARY[:4], object), N)


def many_names(random: np.random.Generator) -> Values:
    names = [*VOCABULARY, *(f"name {at}" for at in range(20))]
    return random.choice(np.array(names, object), N)


def truths(random: np.random.Generator) -> Values:
    return random.choice(np.array(["True", "False"], object), N)


def moments(random: np.random.Generator) -> Values:
    minutes = random.integers(0, 500_000, N)
    times = pd.Timestamp("2023-01-01") + pd.to_timedelta(minutes, unit="min")
    return np.array([f"{time:%Y-%m-%d %H:%M}" for time in times], object)


TAME: list[Kind] = [tame, whole, few_names, many_names, truths, moments]
KINDS: list[Kind] = [*TAME, extreme, spelled]


@dataclass(frozen=True)
class Drawn:
    """What is chosen for a table: the values follow from the seed."""

    task: Task
    columns: Mapping[str, Kind]
    gaps: frozenset[str]
    seed: int

    def rows(self) -> pd.DataFrame:
        """Return the table as it is read from a file: text, with gaps."""
        random = np.random.default_rng(self.seed)
        columns = {name: kind(random) for name, kind in self.columns.items()}
        for name in self.gaps:
            columns[name][random.random(N) < 0.2] = None
        return pd.DataFrame(columns | {TARGET: target(self.task, random)}, dtype="str")


def target(task: Task, random: np.random.Generator) -> Values:
    if task == "regression":
        return tame(random)
    labels = ["no", "yes"] if task == "binary" else ["low", "middle", "high"]
    return random.permutation(np.resize(np.array(labels, object), N))


@st.composite
def drawn(draw: st.DrawFn, kinds: list[Kind]) -> Drawn:
    names = draw(st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=6, unique=True))
    chosen = {name: draw(st.sampled_from(kinds)) for name in names}
    tasks: list[Task] = ["binary", "multiclass", "regression"]
    return Drawn(
        draw(st.sampled_from(tasks)),
        chosen,
        frozenset(draw(st.sets(st.sampled_from(names)))),
        draw(st.integers(0, 2**32 - 1)),
    )


few = partial(
    settings,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


def proposed(rows: pd.DataFrame) -> tuple[Contract, pd.DataFrame]:
    wish = Wish(target=TARGET, name="generated", keep=tuple(rows.columns.drop(TARGET)))
    contract = propose(rows, wish).contract
    return contract, typed(rows, contract)


def champion(contract: Contract, onnx: bytes, rows: pd.DataFrame) -> Champion:
    """Return a champion of which only contract, statistics and model are real."""
    metadata = Metadata(
        created=NOW,
        model="",
        arguments={},
        data_version="",
        git_commit="",
        train_rows=len(rows),
        valid_metrics={},
        interval=Interval(coverage=0.9, half_width=1.0),
        parity=Parity(rows=0, largest_difference=0),
        libraries={},
        checksums={},
    )
    exam = Evaluation(
        bundle="",
        task=contract.task,
        rows=0,
        first=None,
        last=None,
        model={},
        linear={},
        dummy={},
    )
    verdict = Verdict(findings=())
    release = Release(
        name=contract.name, version="1", promoted=NOW, evaluation=exam, verdict=verdict
    )
    bundle = Bundle(Path(), contract, metadata, describe(contract, rows), open_session(onnx))
    return Champion(bundle, release)


def asked(champion: Champion, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return what the service answers to each row, shape (n_rows, n_outputs)."""
    client, contract = TestClient(create_app(champion)), champion.bundle.contract
    answers = []
    for at in range(len(rows)):
        response = client.post("/predict", json=example(contract, rows[at : at + 1]))
        assert response.status_code == 200, response.text
        body = response.json()
        match contract.task:
            case "binary":
                answers.append([body["probability"]])
            case "multiclass":
                answers.append(list(body["probabilities"].values()))
            case "regression":
                answers.append([body["value"]])
    return np.array(answers)


def require_one_answer(
    pipeline: Pipeline, contract: Contract, rows: pd.DataFrame, n_asked: int = 6
) -> None:
    """Compare scikit-learn, ONNX and HTTP, on rows as they are and with gaps and unseen names."""
    ends = [rows, with_gaps(rows, contract)]
    everything = pd.concat(ends, ignore_index=True)
    expected = outputs(pipeline, contract, everything)
    served = champion(contract, to_bytes(pipeline, contract), rows)
    np.testing.assert_allclose(
        served.bundle.predict(everything), expected, rtol=1e-4, atol=1e-5 * scale(expected)
    )
    some = pd.concat([end.head(n_asked) for end in ends], ignore_index=True)
    np.testing.assert_allclose(asked(served, some), served.bundle.predict(some), rtol=1e-6)


def scale(expected: npt.NDArray[np.generic]) -> float:
    return max(1.0, float(np.abs(expected).max()))


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
