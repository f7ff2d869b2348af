"""`python -m scaffold check`, `rubric` and `finish`, on projects that have really run."""

import json
import re
from pathlib import Path

import pytest
from baking import text_of
from conftest import Run, git, run
from snapshot import TEMPLATE

PROJECT = TEMPLATE / "{{cookiecutter.project_slug}}"
SCORE = re.compile(r"^(\w.*): ([\d.]+) of ([\d.]+)", re.MULTILINE)
# Of each line that scores: without any one of the files that are its evidence it scores less.
WITHOUT = """
from scaffold import rubric
files = rubric.repository()
for line in (line for each in rubric.read() for group in each.groups for line in group.lines):
    for place in (line.best(files).found(files) if line.score(files) else []):
        name = place if place in files else place.rpartition(":")[0]
        rest = {each: text for each, text in files.items() if each != name}
        print("less" if line.score(rest) < line.score(files) else f"{line.name}: {name}")
"""


def scaffold(project: Path, *arguments: str) -> Run:
    return run(project, "uv", "run", "--frozen", "python", "-m", "scaffold", *arguments)


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def test_the_templates_sentences_are_those_that_check_looks_for() -> None:
    notebook = json.loads(text_of(PROJECT / "notebooks" / "explore.ipynb"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    findings = [cell for cell in cells if cell.startswith("**Finding.**")]
    limits = re.findall(
        r"(?s)^- (.*?)(?=\n-|\Z)",
        text_of(PROJECT / "README.md").partition("## Limits\n\n")[2].partition("\n\n## ")[0],
        re.MULTILINE,
    )
    answers = json.loads(text_of(TEMPLATE / "cookiecutter.json"))
    written = [words(each) for each in [*findings, *limits, answers["question"]]]
    known = [words(each) for each in text_of(PROJECT / "scaffold" / "prose.txt").splitlines()]
    assert len(findings) == 3
    assert len(limits) == 4
    assert [each for each in written if not any(sentence in each for sentence in known)] == []
    everything = " ".join([*written, words(answers["decision"])])
    assert [each for each in known if each not in everything] == []


@pytest.mark.slow
def test_a_project_with_results_lacks_what_only_its_owner_can_do(core: Path) -> None:
    done = scaffold(core, "check")
    states = re.findall(r"^(ok|NO| \?)  ([^(:]+?) *(?:[(:;].*)?$", done.stdout, re.MULTILINE)
    assert done.returncode == 1
    assert [text for state, text in states if state == "NO"] == [
        "the author is a placeholder",
        "a repository on GitHub is missing",
        "question or decision are not your own",
        "not written yet",
        "sentences are the template's",
        "there is a single commit",
    ]
    assert "6 missing. Next: write your name" in done.stdout


@pytest.mark.slow
def test_the_scores_of_the_core_and_of_everything(core: Path, everything: Path) -> None:
    found = [SCORE.findall(scaffold(project, "rubric").stdout) for project in (core, everything)]
    scores = [{name: f"{points} of {most}" for name, points, most in each} for each in found]
    assert scores == [
        {
            "Project": "15 of 26",
            "Best practices": "7 of 7",
            "mlops-zoomcamp project criteria": "22 of 33",
            "Data": "3 of 7",
            "Model": "1.5 of 7",
            "Infrastructure": "5.5 of 7",
            "Monitoring": "1.5 of 7",
            "ML Test Score": "1.5 of 7",
        },
        {
            "Project": "17 of 26",
            "Best practices": "7 of 7",
            "mlops-zoomcamp project criteria": "24 of 33",
            "Data": "4 of 7",
            "Model": "2 of 7",
            "Infrastructure": "6 of 7",
            "Monitoring": "3 of 7",
            "ML Test Score": "2 of 7",
        },
    ]


@pytest.mark.slow
def test_without_a_file_of_its_evidence_a_line_scores_less(everything: Path) -> None:
    done = run(everything, "uv", "run", "--frozen", "python", "-c", WITHOUT)
    assert set(done.stdout.splitlines()) == {"less"}, done.stdout + done.stderr


@pytest.mark.slow
def test_finish_removes_the_scaffold_and_nothing_else(own: Path) -> None:
    refused = scaffold(own, "finish")
    assert refused.returncode == 1
    assert "(or `finish --anyway`)" in refused.stderr
    assert git(own, "status", "--short") == ""
    before = git(own, "ls-files", "scaffold").split()
    done = scaffold(own, "finish", "--anyway")
    assert done.returncode == 0, done.stdout + done.stderr
    git(own, "add", "--all")
    changed = git(own, "diff", "--cached", "--name-only", "--diff-filter=M").split()
    gone = git(own, "diff", "--cached", "--name-only", "--diff-filter=D").split()
    assert changed == ["pyproject.toml", "uv.lock"]
    assert gone == before
    assert not (own / "scaffold").exists()
    tracked = git(own, "ls-files").split()
    assert [name for name in tracked if "scaffold" in text_of(own / name)] == []
