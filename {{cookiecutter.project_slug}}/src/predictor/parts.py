"""How optional parts join the project without being named in it.

A part is a folder beside this file. If it has an `api.py`, `cli.py` or `rules.py`, the module of
the same name in the core picks it up, as Django finds `admin.py` in its apps.
"""

from importlib import import_module
from pathlib import Path
from types import ModuleType


def find(module: str) -> list[ModuleType]:
    """Import the module of this name from every part that has one, in alphabetical order."""
    paths = sorted(Path(__file__).parent.glob(f"*/{module}.py"))
    return [import_module(f"predictor.{path.parent.name}.{module}") for path in paths]
