import re
import subprocess
from pathlib import Path

import pytest
from baking import files, text_of
from conftest import clean_environment
from snapshot import TEMPLATE

README = text_of(TEMPLATE / "README.md")
NUMBER = re.compile(r"^(\w+) +([\d.]+) +([\d.]+) +([\d.]+)$", re.MULTILINE)


def commands() -> list[str]:
    return re.findall(r"^\$ (.*)$", README, re.MULTILINE)


def test_the_commands_are_the_ones_that_are_tested() -> None:
    assert [command.split(" gh:")[0] for command in commands()] == [
        "uvx cookiecutter",
        "make demo",
        "uv run python -m scaffold adopt ../houses.csv --target price --time sold",
        "uvx cookiecutter",
    ]


def test_links_to_files_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (TEMPLATE / link).exists()] == []


def table(text: str) -> dict[str, list[float]]:
    return {name: [float(value) for value in values] for name, *values in NUMBER.findall(text)}


@pytest.mark.slow
def test_the_output_shown_is_that_of_the_demo(demo_output: str) -> None:
    shown, printed = table(README), table(demo_output)
    assert len(shown) == 5
    assert list(shown) == list(printed)
    for name, values in shown.items():
        assert printed[name] == pytest.approx(values, rel=0.02), name


@pytest.mark.slow
@pytest.mark.parametrize("extra", ["", ' project_name="Tide Watch" license=Apache-2.0'])
def test_the_command_of_the_readme_generates_a_project(
    template: Path, tmp_path: Path, extra: str
) -> None:
    command = f"uvx cookiecutter {template} --no-input{extra}"
    shown = [
        line.replace("gh:OWNER/cookiecutter-mlops-portfolio", str(template)) for line in commands()
    ]
    assert (command if extra else command.removesuffix(" --no-input")) in shown
    environment = clean_environment() | {"HOME": str(tmp_path / "home")}
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    (project,) = [path for path in tmp_path.iterdir() if path.name != "home"]
    assert project.name == ("tide-watch" if extra else "flight-delay-predictor")
    assert len(files(project)) > 45
    assert f"cd {project.name}" in result.stdout
