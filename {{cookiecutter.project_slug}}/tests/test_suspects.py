import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from rich.console import Console
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from predictor.adopt.proposal import Proposal, Wish, propose, show
from predictor.errors import PredictorError

N = 400
RANDOM = np.random.default_rng(3)
NOISE = RANDOM.normal(0, 1, N).round(3)
LABELS = np.where(NOISE + RANDOM.normal(0, 1, N) > 0, "yes", "no")
VALUES = (10 * NOISE + RANDOM.normal(0, 5, N)).round(2)
WORDS = np.array(["the", "pump", "was", "late", "again", "today"])


def table(target: object = LABELS, **columns: object) -> pd.DataFrame:
    """Return honest columns, those to look at, and the target `y`."""
    honest = {"honest": NOISE, "kind": np.resize(["a", "b", "c"], N)}
    return pd.DataFrame(honest | columns | {"y": target})


def proposed(rows: pd.DataFrame, **wish: object) -> Proposal:
    return propose(rows, Wish(target="y", name="t", **wish))  # type: ignore[arg-type]


def reasons(rows: pd.DataFrame, **wish: object) -> dict[str, str]:
    ignored = proposed(rows, **wish).contract.ignored
    return {name: each.reason for name, each in ignored.items()}


def test_honest_columns_are_not_named() -> None:
    assert reasons(table()) == {}
    assert reasons(table(VALUES)) == {}


@pytest.mark.parametrize("value", [1.5, "same", None, True], ids=repr)
def test_a_constant_is_named(value: object) -> None:
    assert reasons(table(x=[value] * N)) == {"x": "constant"}


def test_one_value_beside_gaps_is_no_constant() -> None:
    assert reasons(table(x=pd.Series(["same", None] * (N // 2), dtype="str"))) == {}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("x", RANDOM.permutation(N) + 1000),
        ("customer_id", RANDOM.permutation(N) * 7),
        ("customerId", RANDOM.permutation(N) * 7),
        ("Row No", RANDOM.permutation(N) * 7),
        ("x", [f"c-{at:05d}" for at in range(N)]),
        ("x", [f"c-{at % 250:05d}" for at in range(N)]),
    ],
    ids=["sequence", "snake case", "camel case", "words", "text", "near-unique text"],
)
def test_an_identifier_is_named(name: str, values: object) -> None:
    assert reasons(table(**{name: values})) == {name: "identifier"}


def test_an_identifier_sorted_by_the_target_is_an_identifier() -> None:
    rows = table().sort_values("y", ignore_index=True)
    numbers = np.arange(N)
    found = reasons(rows.assign(n=numbers, code=[f"c{at:04d}" for at in numbers]))
    assert found == {"n": "identifier", "code": "identifier"}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("count", RANDOM.permutation(N) * 7),
        ("grid", RANDOM.permutation(N) * 7),
        ("width", RANDOM.permutation(N) * 7),
        ("store_id", RANDOM.integers(0, 40, N)),
        ("city", RANDOM.choice([f"city {at}" for at in range(60)], N)),
    ],
)
def test_what_only_looks_like_an_identifier_is_not_named(name: str, values: object) -> None:
    assert reasons(table(**{name: values})) == {}


def test_labels_that_may_be_one_are_named() -> None:
    labels = np.tile(["yes", "Yes", "no", "No"], len(LABELS))[: len(LABELS)]
    shown = io.StringIO()
    Console(file=shown, width=200).print(
        show(proposed(table(labels, x=np.arange(len(LABELS)) % 7)))
    )
    assert "'Yes' and 'yes' differ only in case or blanks; --task and" in shown.getvalue()


def test_prose_is_free_text() -> None:
    random = np.random.default_rng(5)
    prose = [f"{' '.join(random.choice(WORDS, 6))} {at}" for at in range(N)]
    assert reasons(table(x=prose)) == {"x": "free text"}


def test_of_equal_columns_only_the_later_is_named() -> None:
    kinds = np.resize(["a", "b", "c"], N)
    found = proposed(table(again=NOISE, second=kinds)).contract.ignored
    assert {name: (each.reason, each.description) for name, each in found.items()} == {
        "again": ("duplicate", "the same as 'honest' in every row"),
        "second": ("duplicate", "the same as 'kind' in every row"),
    }


def test_columns_that_differ_in_one_row_or_in_order_are_no_duplicates() -> None:
    other = NOISE.copy()
    other[7] += 1
    assert reasons(table(other=other, shuffled=NOISE[::-1])) == {}


def flipped(share: float, labels: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    hit = np.arange(N) % round(1 / share) == 0
    return np.where(hit, np.where(labels == "yes", "no", "yes"), labels)


THREE = np.resize(["red", "green", "blue"], N)
RARE = np.where(np.arange(N) % 10 == 3, "yes", "no")


@pytest.mark.parametrize(
    ("target", "column"),
    [
        (LABELS, LABELS),
        (LABELS, np.where(LABELS == "yes", "ja", "nein")),
        (LABELS, (LABELS == "yes").astype(int)),
        (LABELS, np.where(LABELS == "yes", 5, -5) + NOISE / 10),
        (LABELS, flipped(0.01, LABELS)),
        (RARE, RARE),
        (THREE, THREE),
        (THREE, np.unique(THREE, return_inverse=True)[1] + NOISE / 100),
        (VALUES, VALUES),
        (VALUES, -3 * VALUES + 7),
        (VALUES, VALUES + NOISE * VALUES.std() / 100),
        (np.exp(VALUES / 8), np.exp(VALUES / 8)),
        (np.exp(VALUES / 8), 1.2 * np.exp(VALUES / 8)),
        (np.exp(VALUES / 8), VALUES),
        (np.exp(VALUES / 8), np.exp(VALUES / 8) + NOISE / 50),
    ],
    ids=[
        "copy",
        "translated",
        "coded",
        "score",
        "1 % flipped",
        "copy of a rare label",
        "copy of classes",
        "coded classes",
        "copy of values",
        "linear",
        "noisy values",
        "copy of skewed values",
        "multiple of skewed values",
        "logarithm",
        "noisy skewed values",
    ],
)
def test_a_column_that_gives_the_target_away_is_leakage(target: object, column: object) -> None:
    assert reasons(table(target, x=column))["x"] == "leakage"


def test_a_leak_is_found_in_a_small_table() -> None:
    rows = table(np.exp(VALUES / 8), x=np.exp(VALUES / 8)).head(120)
    assert reasons(rows)["x"] == "leakage"


def test_the_evidence_says_how_much_the_column_gives_away() -> None:
    proposal = proposed(table(x=LABELS))
    evidence = "alone removes 100.0% of the errors of guessing, on rows kept aside"
    assert proposal.contract.ignored["x"].description == evidence
    assert proposal.notes["x"] == evidence


def summands(n_gaps: int = 0) -> pd.DataFrame:
    first, second, extra = np.random.default_rng(6).normal(50, 10, (3, N)).round(2)
    rows = table((first + second).round(2), first=first, second=second, extra=extra)
    rows.loc[: n_gaps - 1, "extra"] = np.nan
    return rows


@pytest.mark.parametrize("n_gaps", [0, 100, N - 3], ids=["whole", "gaps beside", "hardly a value"])
def test_columns_that_sum_to_the_target_are_leakage(n_gaps: int) -> None:
    proposal = proposed(summands(n_gaps))
    assert proposal.contract.ignored.keys() == {"first", "second"}
    for ignored in proposal.contract.ignored.values():
        assert ignored.reason == "leakage"
        assert ignored.description == "the target is the sum first + second"


def test_a_noisy_sum_is_an_honest_model() -> None:
    rows = summands()
    assert reasons(rows.assign(y=rows["y"] + 5 * NOISE)) == {}


def test_a_suspect_can_be_kept_and_a_column_left_out() -> None:
    contract = proposed(table(x=LABELS), keep=("x",), ignore=("kind",)).contract
    assert list(contract.columns) == ["honest", "x"]
    assert {name: each.reason for name, each in contract.ignored.items()} == {"kind": "chosen"}


def test_to_keep_what_is_no_feature_changes_nothing() -> None:
    asked = proposed(table(), keep=("y", "kind"), ignore=("kind",)).contract
    assert asked == proposed(table(), ignore=("kind",)).contract


def test_a_table_of_suspects_only_is_refused_with_the_reasons() -> None:
    rows = table(x=LABELS)[["x", "y"]]
    with pytest.raises(PredictorError, match="No column is left to learn from: x: leakage"):
        proposed(rows)


def test_missing_summands_count_as_nothing() -> None:
    rows = summands()
    rows["second"] = rows["second"].where(np.arange(N) % 20 == 0)
    assert reasons(rows.assign(y=rows["first"] + rows["second"].fillna(0))) == {
        "first": "leakage",
        "second": "leakage",
    }


DAYS = pd.Series(pd.date_range("2024-01-01", periods=N, freq="D")).dt.strftime("%Y-%m-%d")


@pytest.mark.parametrize("ignore", [(), ("closed",)], ids=["a duplicate", "left out"])
def test_the_time_orders_the_rows_even_where_it_is_no_feature(ignore: tuple[str, ...]) -> None:
    rows = table(opened=DAYS, closed=DAYS)
    contract = proposed(rows, time="closed", ignore=ignore).contract
    assert "closed" not in contract.columns
    assert "closed" in contract.kept


@pytest.mark.parametrize(
    "load",
    [load_iris, load_breast_cancer, load_wine, load_diabetes],
    ids=lambda load: load.__name__,
)
def test_honest_strong_features_of_known_tables_all_stay(load: Callable[..., object]) -> None:
    rows: pd.DataFrame = load(as_frame=True).frame  # type: ignore[attr-defined]
    contract = propose(rows, Wish(target="target", name="t")).contract
    assert contract.ignored == {}
    assert list(contract.columns) == list(rows.columns.drop("target"))


def test_a_noisy_copy_of_a_rare_label_is_leakage() -> None:
    random = np.random.default_rng(3)
    label = random.random(2000) < 0.1
    copy = label ^ (random.random(2000) < 0.01)
    honest = label * 1.5 + random.normal(size=2000)
    frame = pd.DataFrame({"late": np.where(label, "yes", "no"), "copy": copy * 1.0, "x": honest})
    proposal = propose(frame, Wish(target="late", name="rare"))
    assert {name: each.reason for name, each in proposal.contract.ignored.items()} == {
        "copy": "leakage"
    }
