"""Find the optional parts, so that the core does not need to name them.

A part is a folder beside this file. If it has an `api.py`, `cli.py` or `rules.py`, the core module
of the same name (`promote.py` for rules) uses it, as Django finds `admin.py` in its apps.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType


def find(module: str) -> list[ModuleType]:
    """Import the module of this name from every part that has one, in alphabetical order."""
    paths = sorted(Path(__file__).parent.glob(f"*/{module}.py"))
    return [import_module(f"predictor.{path.parent.name}.{module}") for path in paths]
