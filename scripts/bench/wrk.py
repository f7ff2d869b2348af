"""wrk as the load generator: one thread that posts the same body again and again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench import FailedError

SCRIPT = Path(__file__).with_name("post.lua")


class Load(NamedTuple):
    """What one run of wrk found."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float


def require_wrk() -> None:
    """End with a sentence if wrk is not installed."""
    if shutil.which("wrk") is None:
        sys.exit("bench: wrk is not installed: `apt-get install wrk` (or `brew install wrk`).")


def load(url: str, body: Path, connections: int, seconds: int) -> Load:
    """Post `body` from so many connections."""
    command = ["wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{seconds}s", "--timeout", "60s", "--script", str(SCRIPT)]
    command += [url, "--", str(body)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise FailedError(f"wrk failed: {done.stdout}{done.stderr}")
    return parse(done.stdout)


def parse(printed: str) -> Load:
    """Read the line that post.lua writes at the end.

    Raises:
        FailedError: there was no answer, or one that is not a 200.
    """
    found = json.loads(printed.splitlines()[-1])
    if found.pop("errors"):
        raise FailedError("it answered with errors under load")
    if not found["requests"]:
        raise FailedError("it gave no answer under load: measure for more seconds")
    return Load(**found)
