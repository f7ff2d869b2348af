"""Tables drawn by Hypothesis, and the check that three ways lead to one answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import tables
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline

from predictor.adopt.proposal import Wish, propose
from predictor.bundle import Bundle, Interval, Metadata, Parity, open_session
from predictor.contract import Contract, Task
from predictor.data.conversion import typed
from predictor.evaluate import example
from predictor.gate.verdict import Verdict
from predictor.params import Params
from predictor.release import Champion, Release
from predictor.serve.app import create_app
from predictor.training.description import describe
from predictor.training.export import to_bytes, with_gaps
from predictor.training.fitting import outputs

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
    verdict = Verdict(candidate="1", champion=None, judged=NOW, promotes=True, findings=())
    release = Release(
        name=contract.name,
        version="1",
        promoted=NOW,
        evaluation=tables.exam(contract),
        verdict=verdict,
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
