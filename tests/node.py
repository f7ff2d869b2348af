"""Packages of npm that the tests use; Node is on the machine."""

import subprocess
from pathlib import Path

from snapshot import TEMPLATE

FOLDER = TEMPLATE / "build" / "npm"
PACKAGES = ("axe-core@4.14.1", "simpledotcss@2.3.7")
RUNTIME = Path("src/predictor/page")
OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--silent")


def package(name: str) -> Path:
    """Return the folder of an installed package."""
    if not (FOLDER / "node_modules" / name).exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", *OPTIONS, "--prefix", str(FOLDER), *PACKAGES]
        subprocess.run(command, check=True)
    return FOLDER / "node_modules" / name


def install_runtime(project: Path) -> None:
    """Install what docs/page.md says, for `predictor site`."""
    command = ["npm", "ci", *OPTIONS, "--prefix", str(project / RUNTIME)]
    subprocess.run(command, check=True)
