from pathlib import Path

import pytest
from ruamel.yaml import YAML

from predictor import params, split, task
from predictor.errors import PredictorError
from predictor.paths import PARAMS

SECTIONS = (split.Ingest, split.Prepare, params.Train, params.Evaluate, task.Problem)


def test_every_section_of_the_project_is_read_by_a_stage_or_by_a_part() -> None:
    root = Path(__file__).parents[1]
    parts = {path.name for path in (root / "src" / "predictor").iterdir() if path.is_dir()}
    sections = {section.__name__.lower() for section in SECTIONS}
    assert sections <= YAML(typ="safe").load(root / PARAMS).keys() <= sections | parts


def test_every_section_of_the_project_is_valid(project: Path) -> None:
    for section in SECTIONS:
        assert params.read(section)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("threads:", "thread:", "train.thread: no such parameter; did you mean 'threads'?"),
        ("confidence: 0.95", "confidence: 95", "evaluate.confidence: Input should be less than 1"),
        ("evaluate:", "evaluated:", "no section 'evaluate'; did you mean 'evaluated'?"),
        ("evaluate:", "evaluate: {", "params.yaml cannot be read"),
        ("  resamples:", "  confidence: 0.9\n  resamples:", "duplicate key"),
    ],
    ids=["unknown", "out of range", "no section", "no YAML", "twice"],
)
def test_an_invalid_section_gives_a_clear_error(
    project: Path, before: str, after: str, sentence: str
) -> None:
    PARAMS.write_text((Path(__file__).parents[1] / PARAMS).read_text().replace(before, after))
    section = params.Train if "threads" in before else params.Evaluate
    with pytest.raises(PredictorError) as error:
        params.read(section)
    assert sentence in str(error.value)


def test_the_error_for_a_missing_file_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PredictorError, match="run this in the project's folder"):
        params.read(params.Train)
