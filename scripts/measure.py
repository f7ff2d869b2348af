"""Measure validation and adopt on large tables, inside a generated project.

Usage: cd build/demo/flight-delay-predictor && .venv/bin/python ../../../scripts/measure.py
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from predictor.contract import Contract
from predictor.data.frames import read_prepared
from predictor.data.validation import violations
from predictor.project import Project

ROWS = 1_000_000
CSV_BYTES = 100_000_000


def validation_seconds(project: Project) -> float:
    """Return the seconds that a million good rows take against the contract."""
    contract = Contract.read(project.contract)
    rows = read_prepared(project, "train", "valid", "test")
    million = rows.sample(ROWS, replace=True, random_state=0, ignore_index=True)
    start = time.perf_counter()
    found = violations(contract, million)
    took = time.perf_counter() - start
    if found:
        sys.exit(f"the rows should keep the contract: {found}")
    return took


def write_csv(path: Path) -> int:
    """Write a table of about 100 MB with twelve columns of several types; return its rows."""
    random = np.random.default_rng(0)
    chunk, written = 100_000, 0
    while not path.exists() or path.stat().st_size < CSV_BYTES:
        numbers = random.normal(size=(chunk, 8)).round(4)
        rows = pd.DataFrame(numbers, columns=[f"number {at}" for at in range(8)])
        rows["place"] = random.choice(["north", "south", "east", None], chunk)
        rows["code"] = random.integers(0, 500, chunk).astype(str)
        rows["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
            random.integers(0, 10**7, chunk), "s"
        )
        rows["late"] = np.where(numbers[:, 0] + random.normal(size=chunk) > 1, "yes", "no")
        rows.to_csv(path, mode="a", index=False, header=written == 0)
        written += chunk
    return written


def adopt(project: Project, folder: Path) -> tuple[float, float]:
    """Return seconds and peak memory (MB) of proposing a contract for the table, then declining."""
    path = folder / "large.csv"
    rows = write_csv(path)
    print(f"{path.stat().st_size / 1e6:.0f} MB, {rows:,} rows")
    command = [Path(sys.executable).parent / "predictor", "adopt", path, "--target", "late"]
    start = time.perf_counter()
    subprocess.run(command, cwd=project.root, input="n\n", text=True, check=False)
    took = time.perf_counter() - start
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000


def main() -> None:
    """Print the figures."""
    project = Project.locate()
    with tempfile.TemporaryDirectory() as folder:
        seconds, megabytes = adopt(project, Path(folder))
    print(f"adopt of a 100 MB CSV: {seconds:.1f} s, {megabytes:.0f} MB at most")
    print(f"a million rows against the contract: {validation_seconds(project):.2f} s")
    print(f"load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
