"""The machine and the versions, without a host name or a path."""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.contenders import Key, Places

PACKAGES = {
    Key.CORE: ("fastapi", "uvicorn", "h11", "httptools", "pydantic", "onnxruntime"),
    Key.FRAME: ("scikit-learn",),
    Key.MLFLOW: ("mlflow",),
    Key.BENTOML: ("bentoml",),
    Key.LITSERVE: ("litserve",),
    Key.RAY: ("ray",),
}


def describe(places: Places, keys: Iterable[Key]) -> str:
    """Return date, machine and versions, for the servers that were measured."""
    memory = psutil.virtual_memory().total / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    versions = [
        version
        for key, packages in PACKAGES.items()
        if key in keys
        for version in _versions(places.environment(key) / "bin" / "python", packages)
    ]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, `make bench`, {os.cpu_count()} cores ({_processor()}), "
        f"{memory:.0f} GB, {system}, load average {os.getloadavg()[2]:.1f} over the last 15 "
        f"minutes; {', '.join(dict.fromkeys(versions))}."
    )


def _versions(python: Path, packages: Sequence[str]) -> list[str]:
    code = (
        "import json, platform; from importlib.metadata import version; print(json.dumps("
        f"[platform.python_version(), *map(version, {packages!r})]))"
    )
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    names = ("Python", *packages)
    return [f"{name} {number}" for name, number in zip(names, json.loads(done.stdout), strict=True)]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
