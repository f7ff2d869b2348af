from collections import Counter
from collections.abc import Iterable

import pytest

from scaffold import rubric
from scaffold.rubric import Level, Line, Piece

ZOOMCAMP, ML_TEST_SCORE = rubric.read()
LINES = [
    line for each in (ZOOMCAMP, ML_TEST_SCORE) for group in each.groups for line in group.lines
]
CASES = [
    pytest.param(line, level, number, id=f"{line.name}, {level.points:g}, {number}")
    for line in LINES
    for level in line.levels
    for number in range(len(level.evidence))
]
DONE = Level(points=0.5, evidence=[("*.md", "- data 2: *"), ("a.yml", "x: 1")], step="do it")
MORE = Level(points=1, evidence=[("a.yml", "*y: *")], step="do more")
LINE = Line(name="data 2", maximum=1, levels=[DONE, MORE])


def files_with(pieces: Iterable[Piece]) -> dict[str, str]:
    """Return files that hold this evidence and nothing else."""
    files: dict[str, str] = {}
    for pattern, line in pieces:
        name, text = (each.replace("*", "x").replace("?", "0") for each in (pattern, line))
        files[name] = f"{files.get(name, '')}{text}\n"
    return files


@pytest.mark.parametrize(("line", "level", "number"), CASES)
def test_without_one_piece_of_its_evidence_a_line_loses_the_points(
    line: Line, level: Level, number: int
) -> None:
    rest = [each for place, each in enumerate(level.evidence) if place != number]
    assert line.score(files_with(level.evidence)) == level.points
    assert line.score(files_with(rest)) < level.points


def test_the_points_are_those_of_the_sources() -> None:
    assert ZOOMCAMP.score({}) == (0, 33)
    assert ML_TEST_SCORE.score({}) == (0, 7)
    assert [len(group.lines) for group in ML_TEST_SCORE.groups] == [7, 7, 7, 7]
    assert max(Counter(line.name for line in LINES).values()) == 1


def test_the_ml_test_score_is_that_of_the_lowest_group() -> None:
    by_hand = [("docs/ml-test-score.md", f"- {line.name[:6]}, 20??-??-??: *") for line in LINES]
    files = files_with(by_hand)
    assert [group.score(files) for group in ML_TEST_SCORE.groups] == [3.5, 0, 0, 0]
    assert ML_TEST_SCORE.score(files) == (0, 7)


def test_a_line_names_its_evidence_and_what_brings_the_next_points() -> None:
    files = {"docs/a.md": "# Title\n- data 2: better\n", "a.yml": "a:\n  x: 1\n"}
    assert [*LINE.lines(files)] == [
        "  0.5/1  data 2",
        "       evidence: docs/a.md:2, a.yml:2",
        "       1 with: do more",
        "       missing: a.yml (`*y: `)",
    ]


def test_a_comment_is_no_evidence() -> None:
    assert LINE.score({"a.yml": "y: 2"}) == 1
    assert LINE.score({"a.yml": "# y: 2"}) == 0
