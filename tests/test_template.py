import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import demo
import pytest
from baking import Answers, text_of
from snapshot import TEMPLATE

INSIDE = "{{cookiecutter.project_slug}}"
STATEMENT = re.compile(r"^\s*#%(.*)$", re.MULTILINE)
CONDITION = r'cookiecutter\.\w+( == "[\w.-]+")?'
ALLOWED = re.compile(rf" if {CONDITION}( (and|or) {CONDITION})?| endif")


def inside(template: Path, *suffixes: str) -> list[Path]:
    found = [path for path in sorted((template / INSIDE).rglob("*")) if path.suffix in suffixes]
    assert found
    return found


def run_tool(*arguments: str, cwd: Path = TEMPLATE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=["lint", "format"])
def test_python_of_the_template_is_clean_in_place(command: tuple[str, ...]) -> None:
    result = run_tool("ruff", *command, "--no-cache", ".")
    assert result.returncode == 0, result.stdout


def test_the_templates_own_python_is_typed() -> None:
    result = run_tool("mypy")
    assert result.returncode == 0, result.stdout


def test_python_workflows_and_page_hold_no_template_syntax(template: Path) -> None:
    workflows = sorted((template / INSIDE / ".github").rglob("*.yml"))
    assert workflows
    for path in [*inside(template, ".py", ".js", ".css", ".html"), *workflows]:
        assert not re.search(r"cookiecutter\.|\{%|#%", text_of(path)), path


def test_line_statements_are_only_if_and_endif(template: Path) -> None:
    found = [
        statement
        for path in inside(template, ".toml", ".yaml", ".md", "")
        if path.is_file()
        for statement in STATEMENT.findall(text_of(path))
    ]
    assert found
    assert [statement for statement in found if not ALLOWED.fullmatch(statement)] == []


def test_every_question_has_a_prompt_and_every_choice_is_text(answers: Answers) -> None:
    asked = [name for name in answers if not name.startswith("_")]
    prompts = answers["__prompts__"]
    assert isinstance(prompts, dict)
    assert list(prompts) == asked
    for name in asked:
        values = answers[name] if isinstance(answers[name], list) else [answers[name]]
        assert isinstance(values, list)
        assert all(isinstance(value, str) for value in values)


def test_every_question_is_in_the_table_of_the_readme(answers: Answers) -> None:
    table = text_of(TEMPLATE / "README.md").partition("## Options")[2]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert listed == [name for name in answers if not name.startswith("_")]


def test_hooks_are_plain_python_before_they_are_rendered() -> None:
    for hook in sorted((TEMPLATE / "hooks").glob("*.py")):
        text = text_of(hook)
        assert set(re.findall(r"{{ (\w+)", text)) <= {"cookiecutter", "template_folder"}
        assert 'json.loads(r"""{{ cookiecutter | tojson }}""")' in text
        imported = set(re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE))
        assert imported <= sys.stdlib_module_names


def test_no_lock_file_is_shipped(template: Path) -> None:
    assert [path for path in template.rglob("*") if path.name.endswith(".lock")] == []
    pyproject = tomllib.loads(text_of(template / INSIDE / "pyproject.toml"))
    assert pyproject["tool"]["uv"]["exclude-newer"]


def test_each_make_target_runs_one_or_two_commands_of_uv(template: Path) -> None:
    makefile = text_of(template / INSIDE / "Makefile")
    targets = re.findall(r"^(\w+):\s+##.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert [name for name, _ in targets] == ["setup", "pipeline", "serve", "replay", "check", "ui"]
    for _, recipe in targets:
        assert 1 <= sum(line.startswith("\tuv ") for line in recipe.splitlines()) <= 2


def test_the_notebook_is_stored_without_outputs(template: Path) -> None:
    notebooks = inside(template, ".ipynb")  # that of the flights, and that of an adopted table
    assert len(notebooks) == 2
    cells = [cell for path in notebooks for cell in json.loads(text_of(path))["cells"]]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 10
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []


def test_only_schema_and_data_name_a_column(template: Path) -> None:
    package = template / INSIDE / "src" / "predictor"
    schema = ast.parse(text_of(package / "schema.py"))
    (row,) = (node for node in schema.body if isinstance(node, ast.ClassDef))
    fields = {
        node.target.id
        for node in row.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert len(fields) == 16
    readers = [path for path in package.rglob("*.py") if path.name not in ("schema.py", "data.py")]
    named = {
        (path.name, node.value)
        for path in readers
        for node in ast.walk(ast.parse(text_of(path)))
        if isinstance(node, ast.Constant) and node.value in fields
    }
    assert named == set()


def test_the_service_imports_neither_mlflow_nor_what_only_training_needs(template: Path) -> None:
    package = template / INSIDE / "src" / "predictor"
    served = ["api", "bundle", "errors", "features", "parts", "paths", "schema", "task"]
    served += [f"{part}/api" for part in ("batch", "explain", "hardening", "page")]
    for name in served:
        top = ast.parse(text_of(package / f"{name}.py")).body
        imported = {
            alias.name for node in top if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {node.module or "" for node in top if isinstance(node, ast.ImportFrom)}
        heads = {each.split(".")[0] for each in imported}
        assert not heads & {"mlflow", "pandas", "sklearn", "scipy", "dvc", "pickle"}, name


def test_the_demo_types_the_lines_of_the_makefile_where_there_is_no_make(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed: list[str] = []
    monkeypatch.setattr(demo, "run", lambda _, *command: typed.append(" ".join(command)))
    for target in ("setup", "pipeline"):
        demo.without_make(TEMPLATE / INSIDE, target)
    assert typed == [
        "uv sync",
        *("uv run dvc repro", "uv run predictor promote"),
    ]
