"""The core alone, everything, and each part alone: sizes, imports, lint, types and tests."""

import ast
import os
from pathlib import Path

import post_gen_project
import pre_gen_project
import pytest
from baking import bake
from conftest import Bake, run
from snapshot import TEMPLATE

# Most lines of Python below `src`.
BUDGETS = {
    "batch": 250,
    "delivery": 280,
    "explain": 120,
    "gate": 220,
    "hardening": 250,
    "monitoring": 700,
    "page": 280,
    "replay": 270,
}
CODE = tuple(BUDGETS)
# What a part may import beside the core and itself.
ALLOWED = {part: {needed} for part, needed in pre_gen_project.NEEDS.items()}
FORMS = {
    "core": {},
    "everything": {"size": "everything"},
    **{
        part: {part: "yes", **dict.fromkeys(ALLOWED.get(part, ()), "yes")}
        for part in post_gen_project.PARTS
        if part not in ("github_actions", "notebook")
    },
    **{f"no {part}": {part: "no"} for part in ("github_actions", "notebook")},
}


def lines(*paths: Path) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def modules(project: Path) -> dict[str, Path]:
    """Return the path of each module of the package, by its dotted name below `predictor`."""
    package = project / "src" / "predictor"
    found = {
        ".".join(path.relative_to(package).with_suffix("").parts): path
        for path in sorted(package.rglob("*.py"))
    }
    return {name.removesuffix(".__init__"): path for name, path in found.items()}


def graph(project: Path) -> dict[str, set[str]]:
    """Return which modules each module imports."""
    known = modules(project)
    return {name: imported(path) & known.keys() - {name} for name, path in known.items()}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "predictor":
            inside = (node.module or "").removeprefix("predictor").removeprefix(".")
            names = {f"{inside}.{alias.name}".removeprefix(".") for alias in node.names}
            found |= names | {inside}
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("predictor.") for alias in node.names}
    return found


def part_of(module: str) -> str | None:
    head = module.split(".")[0]
    return head if head in CODE else None


def level(module: str, imports: dict[str, set[str]], above: tuple[str, ...] = ()) -> int:
    """Return how many modules lie below this one, or fail if it is below itself."""
    assert module not in above, f"a circle: {' -> '.join((*above, module))}"
    below = imports[module]
    return 1 + max((level(each, imports, (*above, module)) for each in below), default=0)


def closure(module: str, imports: dict[str, set[str]]) -> set[str]:
    found = {module}
    for each in imports[module]:
        found |= closure(each, imports)
    return found


def test_no_import_is_circular_and_the_core_has_at_most_eight_levels(baked: Bake) -> None:
    imports = graph(baked(size="everything"))
    levels = {name: level(name, imports) for name in imports}
    assert max(height for name, height in levels.items() if not part_of(name)) <= 8


def test_the_core_imports_no_part_and_a_part_no_other_one(baked: Bake) -> None:
    for name, imports in graph(baked(size="everything")).items():
        part = part_of(name)
        others = {part_of(each) for each in imports} - {None, part}
        assert others <= (ALLOWED.get(part, set()) if part else set()), name


def test_the_core_keeps_its_limits(baked: Bake) -> None:
    project = baked()
    paths, imports = modules(project), graph(project)
    written = [path for path in paths.values() if path.read_text(encoding="utf-8").strip()]
    tests = list((project / "tests").rglob("*.py"))
    size = {"src": lines(*written), "tests": lines(*tests), "readme": lines(project / "README.md")}
    for root, (files, limit) in {"train": (11, 1000), "api": (8, 600)}.items():
        found = closure(root, imports)
        size[root] = lines(*(paths[name] for name in found))
        assert (len(found) <= files, size[root] <= limit) == (True, True), (root, found)
    print(size, len(written), len(tests))
    assert (size["src"] <= 2000, len(written) <= 26) == (True, True), size
    assert (size["tests"] <= 1600, len(tests) <= 22) == (True, True), (size, len(tests))
    assert size["readme"] <= 120
    assert [path for path in project.rglob("*") if path.suffix in (".js", ".css", ".html")] == []


def test_everything_keeps_its_limits(baked: Bake) -> None:
    project = baked(size="everything")
    src, tests = project / "src", project / "tests"
    for part in CODE:
        sizes = [lines(*(root / part).rglob("*.py")) for root in (src / "predictor", tests)]
        print(f"{part}: src {sizes[0]}, tests {sizes[1]}")
        assert sizes[0] <= BUDGETS[part], part
    assert lines(*src.rglob("*.py")) <= 4500
    assert lines(*tests.rglob("*.py")) <= 4000


@pytest.mark.parametrize("part", [part for part in post_gen_project.PARTS if part in CODE])
def test_a_part_that_is_off_leaves_no_trace(baked: Bake, part: str) -> None:
    project = baked(size="everything", **{part: "no"})
    named = [path for path in project.rglob("*") if part in path.relative_to(project).parts]
    assert named == []
    imports = [
        path for path in project.rglob("*.py") if f"predictor.{part}" in path.read_text("utf-8")
    ]
    assert imports == []


@pytest.fixture(scope="module")
def forms(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a bake of each form."""
    folder = tmp_path_factory.mktemp("forms")
    return {form: bake(template, folder / form, answers) for form, answers in FORMS.items()}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_linted_and_typed(everything: Path, forms: dict[str, Path], form: str) -> None:
    tools = everything / ".venv" / "bin"
    for command in ("ruff check --no-cache", "ruff format --no-cache --check", "mypy"):
        program, *arguments = command.split()
        done = run(forms[form], str(tools / program), *arguments)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def run_tests(everything: Path, project: Path, *paths: str) -> str:
    """Run tests of a bake in the environment of `everything`, but with the bake's own package."""
    python = str(everything / ".venv" / "bin" / "python")
    source = {"PYTHONPATH": os.pathsep.join([str(project / "src")])}
    done = run(project, python, "-m", "pytest", "-q", *paths, **source)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("part", [part for part in FORMS if part in CODE])
def test_a_part_alone_passes_its_own_tests(
    everything: Path, forms: dict[str, Path], part: str
) -> None:
    assert " passed" in run_tests(everything, forms[part], f"tests/{part}")


def test_every_part_with_code_is_in_the_table() -> None:
    package = TEMPLATE / "{{cookiecutter.project_slug}}" / "src" / "predictor"
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    assert folders == set(CODE)
    assert folders <= post_gen_project.PARTS.keys()
