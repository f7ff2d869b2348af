"""A whole table: `predictor score` beside scikit-learn's own `predict_proba`."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.environment import SERVERS, clean, run


@dataclass(frozen=True)
class Scored:
    """What one way of answering for a table took; memory is the largest resident size."""

    name: str
    rows: int
    seconds: float
    memory_mb: float

    @property
    def rate(self) -> float:
        """Rows a second, with the start of the process."""
        return self.rows / self.seconds


def compare_scoring(project: Path, pipeline: Path, scratch: Path, rows: int) -> list[Scored]:
    """Answer for `rows` rows in both ways, one after the other; nothing for no rows."""
    if not rows:
        return []
    binaries = project / ".venv" / "bin"
    python, table, answers = str(binaries / "python"), scratch / "in.parquet", scratch / "out"
    print(f"\nwriting {rows:,} rows", flush=True)
    run(project, python, str(SERVERS / "repeat_rows.py"), str(rows), str(table))
    ours = [str(binaries / "predictor"), "score", str(table), f"{answers}.parquet"]
    theirs = [python, str(SERVERS / "score_scikit_learn.py"), str(pipeline), str(table)]
    return [
        _timed("predictor score", project, rows, ours),
        _timed(
            "scikit-learn predict_proba", project, rows, [*theirs, f"{answers}-sklearn.parquet"]
        ),
    ]


def _timed(name: str, project: Path, rows: int, command: list[str]) -> Scored:
    print(f"{name} ...", flush=True)
    begin = time.monotonic()
    process = subprocess.Popen(command, cwd=project, env=clean())
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: `{' '.join(command)}` failed")
    # Linux gives kibibytes.
    scored = Scored(name, rows, seconds, usage.ru_maxrss * 1024 / 1e6)
    print(f"{name}: {seconds:.1f} s, {scored.rate:,.0f} rows/s, {scored.memory_mb:.0f} MB at most")
    return scored
