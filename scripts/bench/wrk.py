"""wrk as the load generator: one thread that posts the same body again and again."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("post.lua")


@dataclass(frozen=True)
class Load:
    """What one run of wrk found, and the CPU seconds that the server took for it."""

    connections: int
    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of the server for one answer."""
        return 1000 * self.cpu_seconds / self.requests


def require_wrk() -> None:
    """End with a sentence if wrk is not installed."""
    if shutil.which("wrk") is None:
        sys.exit("bench: wrk is not installed: `apt-get install wrk` (or `brew install wrk`).")


def load(url: str, body: Path, connections: int, seconds: int) -> dict[str, float]:
    """Post `body` from so many connections; end with a sentence unless every answer is a 200."""
    command = ["wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{seconds}s", "--timeout", "60s", "--script", str(SCRIPT)]
    command += [url, "--", str(body)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(printed.splitlines()[-1])
    if not found["requests"]:
        sys.exit(f"bench: {url} gave no answer within {seconds} s: measure for longer.")
    if found["errors"]:
        sys.exit(f"bench: {url} answered with errors under load: {found}")
    return found
