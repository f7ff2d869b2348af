"""Two public rubrics, on what is in git: `rubric.yaml` says what is evidence for which points."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from scaffold import check
from scaffold.parts import say

DATA = Path(__file__).with_name("rubric.yaml")
MANUAL = "docs/ml-test-score.md"
BY_HAND = f"do it by hand, and write the date and what came out to {MANUAL}"
CHECK = "python -m scaffold check: "  # begins the name of evidence that is no file
Files = Mapping[str, str]  # the text of each file, and the state of each check, by name
Piece = tuple[str, str]  # the pattern of a path, and of a line in it, with * for any text


class Strict(BaseModel):
    """Frozen, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(Strict):
    """Points that a line gets if every piece of evidence is found."""

    points: float
    evidence: list[Piece]
    step: str
    """What brings these points."""

    def found(self, files: Files) -> list[str] | None:
        """Return where each piece is (`file:line`), or None if one is missing."""
        places = [find(piece, files) for piece in self.evidence]
        return None if None in places or not places else [each for each in places if each]

    def missing(self, files: Files) -> list[str]:
        """Return the evidence that is not found."""
        lacking = (piece for piece in self.evidence if find(piece, files) is None)
        return [f"{path} (`{line.rstrip('*')}`)" for path, line in lacking]


class Line(Strict):
    """A criterion."""

    name: str
    maximum: float
    levels: list[Level]

    def best(self, files: Files) -> Level | None:
        """Return the level with the most points of those whose evidence is found."""
        reached = [level for level in self.levels if level.found(files)]
        return max(reached, key=lambda level: level.points, default=None)

    def score(self, files: Files) -> float:
        """Return the points."""
        best = self.best(files)
        return best.points if best else 0

    def lines(self, files: Files) -> Iterator[str]:
        """Yield the points with their evidence, and what brings the next ones."""
        best, points = self.best(files), self.score(files)
        yield f"  {points:g}/{self.maximum:g}  {self.name}"
        if best:
            yield f"       evidence: {', '.join(best.found(files) or [])}"
        better = [level for level in self.levels if level.points > points]
        if better:
            yield f"       {better[0].points:g} with: {better[0].step}"
            yield f"       missing: {', '.join(better[0].missing(files))}"


class Group(Strict):
    """Lines whose points are added."""

    name: str
    lines: list[Line]

    def score(self, files: Files) -> float:
        """Return the sum of the points."""
        return sum(line.score(files) for line in self.lines)

    def maximum(self) -> float:
        """Return the most that can be reached."""
        return sum(line.maximum for line in self.lines)


class Rubric(Strict):
    """A public rubric, and how it adds up its groups."""

    name: str
    version: str
    total: Literal["sum", "minimum"]
    groups: list[Group]

    def score(self, files: Files) -> tuple[float, float]:
        """Return the points, and the most that can be reached."""
        add = sum if self.total == "sum" else min
        scores = [group.score(files) for group in self.groups]
        return add(scores), add(group.maximum() for group in self.groups)

    def lines(self, files: Files) -> Iterator[str]:
        """Yield the result of each line, group and of all."""
        yield f"{self.name}\n{self.version}"
        for group in self.groups:
            yield f"\n{group.name}: {group.score(files):g} of {group.maximum():g}"
            for line in group.lines:
                yield from line.lines(files)
        points, most = self.score(files)
        how = "all points" if self.total == "sum" else "the lowest of the groups"
        yield f"\n{self.name}: {points:g} of {most:g} ({how})\n"


def rubric() -> None:
    """Score what is in git by the mlops-zoomcamp criteria and by the ML Test Score.

    For example: python -m scaffold rubric
    """
    say("Checking what is in git (some seconds) ...")
    files = repository()
    print("Workflows count as they stand in git; `check` asks GitHub whether CI is green.")
    print("Add a part with `python -m scaffold add PART`.\n")
    for each in read():
        print(*each.lines(files), sep="\n")


def read() -> list[Rubric]:
    """Return the rubrics. Each test of the ML Test Score can be done by hand, for half a point."""
    content = YAML(typ="safe").load(DATA)
    for group in content["ml_test_score"]["groups"]:
        for line in group["lines"]:
            test = line["name"].partition(":")[0]
            evidence = (MANUAL, f"- {test}, 20??-??-??: *")
            line["levels"].append({"points": 0.5, "evidence": [evidence], "step": BY_HAND})
    return [Rubric.model_validate(content[name]) for name in ("zoomcamp", "ml_test_score")]


def find(piece: Piece, files: Files) -> str | None:
    """Return the first place of a piece of evidence (`file:line`); a comment is none."""
    path, pattern = piece
    for name in sorted(files):
        if fnmatchcase(name, path):
            for number, text in enumerate(files[name].splitlines(), 1):
                is_comment = text.lstrip().startswith("#") and not name.endswith(".md")
                if fnmatchcase(text.strip(), pattern) and not is_comment:
                    return name if name.startswith(CHECK) else f"{name}:{number}"
    return None


def repository() -> dict[str, str]:
    """Return the text of every file in git outside of the scaffold, and what `check` finds."""
    names = [name for name in check.tracked_files() if not name.startswith("scaffold/")]
    files = {name: Path(name).read_text(encoding="utf-8", errors="replace") for name in names}
    checks = (check.question, check.results, check.sections)
    return files | {f"{CHECK}{each.__name__}": each().state for each in checks}
