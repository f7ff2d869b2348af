"""`predictor history`: who was champion when, and why."""

from itertools import pairwise

from predictor import release
from predictor.project import Project
from predictor.release import Reign

HEAD = ("", "version", "how", "since", "until", "why")
NOBODY = "No model has been promoted in this project yet: `uv run predictor pipeline` makes one."


def history(project: Project) -> str:
    """Return a table of all reigns, the oldest first; `*` marks the present champion."""
    pointer = release.pointer(project.models)
    if pointer is None:
        return NOBODY
    if not pointer.reigns:
        return f"version {pointer.version} is the champion; nobody wrote down since when."
    return table([HEAD, *_rows(pointer.reigns)])


def table(rows: list[tuple[str, ...]]) -> str:
    """Return the rows with columns of equal width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _rows(reigns: tuple[Reign, ...]) -> list[tuple[str, ...]]:
    ends = [f"{after.since:%Y-%m-%d %H:%M}" for _, after in pairwise(reigns)]
    return [
        (
            "" if end else "*",
            reign.version,
            reign.how,
            f"{reign.since:%Y-%m-%d %H:%M}",
            end,
            reign.why,
        )
        for reign, end in zip(reigns, [*ends, ""], strict=True)
    ]
