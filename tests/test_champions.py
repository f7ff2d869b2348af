"""Champions that come, stay and go in a generated project; everything here is real."""

import json
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from baking import text_of
from conftest import clean_environment, copy_of_project, in_project
from tracking import tracking_server

pytestmark = pytest.mark.slow

PROBES = Path(__file__).parent / "probes"
Run = subprocess.CompletedProcess[str]


def replace(path: Path, old: str, new: str) -> None:
    text = text_of(path)
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def predictor(folder: Path, *arguments: str, **environment: str) -> Run:
    script = str(folder / ".venv" / "bin" / "predictor")
    return in_project(folder, script, *arguments, **environment)


def train_and_evaluate(folder: Path) -> None:
    repro = in_project(folder, "uv", "run", "dvc", "repro")
    assert repro.returncode == 0, repro.stderr


def champion(folder: Path) -> str:
    """Return who answers, after a look at everything that says so."""
    version = str(json.loads(text_of(folder / "models" / "champion.json"))["version"])
    python = str(folder / ".venv" / "bin" / "python")
    said = in_project(folder, python, str(PROBES / "ask_registry.py"))
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert answer["version"] == version
    assert answer["registry"] == answer["bundle"]
    assert f'"model_version":"{version}"' in text_of(folder / "README.md")
    return version


@dataclass(frozen=True)
class Story:
    """What was printed while a worse candidate was refused and an equal one was contested."""

    folder: Path
    refused: Run
    strict: Run
    after_refusal: str
    loser: Run
    after_kill: Run
    after_rescue: str


@pytest.fixture(scope="module")
def story(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = copy_of_project(project, tmp_path_factory.mktemp("champions"))
    assert predictor(folder, "promote").returncode == 0
    params = text_of(folder / "params.yaml")
    replace(folder / "params.yaml", "max_iter: 250", "max_iter: 3")
    train_and_evaluate(folder)
    refused, strict = predictor(folder, "promote"), predictor(folder, "promote", "--strict")
    after_refusal = champion(folder)
    # Another bundle with the same answers: its proof of parity has other rows.
    equal = params.replace("parity_rows: 5000", "parity_rows: 4000")
    (folder / "params.yaml").write_text(equal, encoding="utf-8", newline="\n")
    train_and_evaluate(folder)
    loser = contested(folder)
    after_kill = predictor(folder, "promote")
    return Story(folder, refused, strict, after_refusal, loser, after_kill, champion(folder))


def contested(folder: Path) -> Run:
    """Let a second promotion meet a first one at work, kill the first, and return the second."""
    environment = clean_environment()
    python = str(folder / ".venv" / "bin" / "python")
    second = subprocess.Popen(
        [python, str(PROBES / "promote_when_told.py")],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert second.stdout
    assert second.stdout.readline() == "ready\n"
    first = subprocess.Popen(
        [str(folder / ".venv" / "bin" / "predictor"), "promote"],
        cwd=folder,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout
    try:
        for line in first.stdout:
            if line.startswith("registering the bundle"):
                break
        said, complained = second.communicate("\n", timeout=120)
        for line in first.stdout:
            if line.startswith("version 3 of "):  # registered and judged, but not yet crowned
                break
    finally:
        first.kill()
        first.stdout.close()
        assert first.wait() == -signal.SIGKILL
    return Run(second.args, second.returncode, said, complained)


def test_a_worse_model_is_refused_by_the_name_of_the_rule(story: Story) -> None:
    assert story.refused.returncode == 0
    assert "  NO  no worse than champion  log_loss 0." in story.refused.stdout
    assert "of the champion (version 1)" in story.refused.stdout
    assert "commit once a model is promoted" in story.refused.stdout
    assert "git add" not in story.refused.stdout
    assert "refused: version 2 stays a challenger, and version 1 still answers" in (
        story.refused.stdout
    )
    assert story.after_refusal == "1"


def test_a_strict_refusal_is_an_error_of_one_sentence(story: Story) -> None:
    assert story.strict.returncode == 1
    (said,) = story.strict.stderr.splitlines()
    assert said.startswith("error: The gate refused version 2: ")
    assert "no worse than champion: log_loss 0." in said


def test_the_second_of_two_promotions_is_told(story: Story) -> None:
    assert story.loser.returncode == 1
    assert story.loser.stderr.startswith("error: Another `predictor promote` or `predictor ")


def test_an_equal_model_replaces_the_champion_although_its_promotion_was_killed(
    story: Story,
) -> None:
    assert story.after_kill.returncode == 0, story.after_kill.stderr
    assert "version 3 is the champion" in story.after_kill.stdout
    assert story.after_rescue == "3"
    verdict = json.loads(text_of(story.folder / "reports" / "verdict.json"))
    assert (verdict["candidate"], verdict["champion"], verdict["promotes"]) == ("3", "1", True)
    said = {finding["rule"]: finding["sentence"] for finding in verdict["findings"]}
    assert "of the champion (version 1): +0 [+0, +0]" in said["no worse than champion"]


def test_a_rollback_goes_through_a_real_server_and_the_history_tells_it(story: Story) -> None:
    with tracking_server(story.folder, story.folder) as address:
        back = predictor(
            story.folder, "rollback", "--why", "too many alarms", MLFLOW_TRACKING_URI=address
        )
    assert back.returncode == 0, back.stderr
    assert back.stdout.strip() == "version 1 is the champion again (before: 3)"
    assert champion(story.folder) == "1"
    rows = predictor(story.folder, "history").stdout.splitlines()
    assert [row.split()[:2] for row in rows[1:]] == [
        ["1", "promoted"],
        ["3", "promoted"],
        ["*", "1"],
    ]
    assert rows[-1].endswith("rolled back from version 3: too many alarms")
    again = predictor(story.folder, "promote")
    assert "  NO  not rolled back         version 3 gave way to version 1" in again.stdout
