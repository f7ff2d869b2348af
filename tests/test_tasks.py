"""Other tasks and splits: a project with every part, and the files that `adopt` writes."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from baking import bake
from conftest import run
from ruamel.yaml import YAML
from test_parts import run_tests

TOOLS = ("ruff check --no-cache", "mypy src tests")
WINE = (
    "alcohol malic_acid ash alcalinity_of_ash magnesium total_phenols flavanoids hue proline "
    "nonflavanoid_phenols proanthocyanins color_intensity od280/od315_of_diluted_wines"
)
DIABETES = "age sex bmi bp s1 s2 s3 s4 s5 s6"
NAMES = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity"),
    *("concave points", "symmetry", "fractal dimension"),
)
CANCER = {
    text.format(name): "float" for text in ("mean {}", "{} error", "worst {}") for name in NAMES
}
COLUMNS = {"day": "LocalTime", "shop name": "str", "heat": "float | None", "staff": "int"}
COLUMNS["open"] = "bool"
DAYS = """rng = np.random.default_rng(0)
    day = pd.to_datetime("2024-01-01") + pd.to_timedelta(np.arange(840) // 24, unit="D")
    staff, shop = rng.integers(1, 9, 840), rng.choice(["a", "b", "c"], 840)
    heat = np.where(rng.random(840) < 0.1, np.nan, rng.normal(20, 5, 840))
    rows = pd.DataFrame({"day": day, "shop name": shop, "heat": heat, "staff": staff})
    rows["open"] = rng.random(840) < 0.5
    rows["target"] = 3.0 * staff + 5 * (shop == "b") + rng.normal(0, 1, 840)"""
LIMITS = {"float": "ge=-1e6, le=1e6, ", "float | None": "None, ge=-1e6, le=1e6, "}
LIMITS["int"] = "ge=1, le=8, "
NO_TIME = "TIME = None\nGROUP: str | None = None"
BY_TIME = 'TIME = "day"\nPERIOD = "%G-W%V"\nBLOCK = "D"'
# The folder of the task, the type of the target, the columns, what reads the rows.
TABLES: dict[str, tuple[str, str, dict[str, str], str]] = {
    "wine": ("multiclass", "Literal[0, 1, 2]", dict.fromkeys(WINE.split(), "float"), ""),
    "diabetes": ("regression", "float", dict.fromkeys(DIABETES.split(), "float"), ""),
    "breast_cancer": ("binary", "bool", CANCER, '\n    rows["target"] = rows["target"] == 0'),
    "days": ("regression", "float", COLUMNS, DAYS),
}


def schema(old: str, target: str, columns: dict[str, str]) -> str:
    """Return schema.py for a table; `old` is that of the flights."""
    by_time = "day" in columns
    calendar = {"day": ("weekday",)} if by_time else {}
    start, middle = old.index("# JSON Schema's"), old.index("class Flight")
    fields = [
        f"    column_{at}: {kind} = Field({LIMITS.get(kind, '')}alias={name!r})"
        for at, (name, kind) in enumerate(columns.items())
    ]
    lines = [
        *(old[: old.index("TARGET =")].rstrip(), "", 'TARGET = "target"', f"Target = {target}", ""),
        *(BY_TIME if by_time else NO_TIME, ""),
        f"CALENDAR: dict[str, tuple[str, ...]] = {calendar}",
        "IGNORED: dict[str, str] = {}",
        old[start:middle] if by_time else "",
        'class Sample(BaseModel, extra="forbid", strict=True, allow_inf_nan=False):',
        *('    """A row of the table."""', "", *fields, "", "", "Row = Sample", ""),
    ]
    return "\n".join(lines)


def data(name: str, code: str) -> str:
    """Return data.py."""
    read = f"rows: pd.DataFrame = datasets.load_{name}(as_frame=True).frame{code}"
    return (
        '"""Where the raw rows come from."""\n\nimport numpy as np\nimport pandas as pd\n'
        "from sklearn import datasets\n\n\ndef read() -> pd.DataFrame:\n"
        f'    """Read all rows."""\n    {code if name == "days" else read}\n    return rows\n'
    )


def params(content: dict[str, Any], task: str, by_time: bool) -> dict[str, Any]:
    """Return the sections of params.yaml, given those of the flights."""
    linear = "ridge" if task == "regression" else "logistic_regression"
    problem = {"name": "table", "question": "How much?", "decision": "Somebody decides."}
    at_random = {"test_share": 0.3, "valid_share": 0.2, "seed": 1}
    return content | {
        "problem": problem | ({"unit": "EUR"} if task == "regression" else {}),
        "ingest": {"through": "2024-W05"} if by_time else {},
        "prepare": {"test_days": 7, "valid_share": 0.2} if by_time else at_random,
        "train": content["train"] | {"model": linear, "models": {linear: {"max_iter": 5000}}},
        "gate": content["gate"] | {"calibration_error": 0.2},
    }


def put_in_place(project: Path, name: str) -> None:
    """Replace the flights by another table."""
    (task, target, columns, code), scaffold = TABLES[name], project / "scaffold"
    package, tests, by_time = project / "src" / "predictor", project / "tests", name == "days"
    old = (package / "schema.py").read_text(encoding="utf-8")
    (package / "schema.py").write_text(schema(old, target, columns), encoding="utf-8")
    (package / "data.py").write_text(data(name, code), encoding="utf-8")
    for folder in (scaffold / "tasks" / task, *[scaffold / "splits" / "random"] * (not by_time)):
        for path in folder.glob("*.py"):
            shutil.copy(path, tests if path.name.startswith("test_") else package)
    api = (package / "api.py").read_text(encoding="utf-8")
    (package / "api.py").write_text(api.replace("Flight", "Sample"), encoding="utf-8")
    for test in ("test_data.py", "test_schema.py"):
        (tests / test).unlink()
    yaml, path = YAML(), project / "params.yaml"
    yaml.dump(params(yaml.load(path), task, by_time), path)


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_project_for_another_table_passes_its_tests(
    everything: Path, template: Path, tmp_path: Path, name: str
) -> None:
    project = bake(template, tmp_path, {"size": "everything"})
    put_in_place(project, name)
    tools = everything / ".venv" / "bin"
    run(project, str(tools / "ruff"), "check", "--no-cache", "--fix-only", "--select=F401,I", "src")
    run(project, str(tools / "ruff"), "format", "--no-cache", "src")
    for program, *arguments in (each.split() for each in TOOLS):
        done = run(project, str(tools / program), *arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert " passed" in run_tests(everything, project)
