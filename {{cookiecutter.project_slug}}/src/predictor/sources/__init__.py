"""Where raw rows come from: `ingest.source` in `params.yaml` names one of these modules."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

import pandas as pd

from predictor.documents import nearest
from predictor.errors import PredictorError
from predictor.params import IngestParams
from predictor.project import Project


class Source(Protocol):
    """A module of this package."""

    def read(self, project: Project, params: IngestParams) -> pd.DataFrame:
        """Return all raw rows, typed or as text."""
        ...


def load(name: str) -> Source:
    """Import the source that `ingest.source` names.

    Raises:
        PredictorError: this package has no such module.
    """
    known = [module.name for module in iter_modules(__path__)]
    if name not in known:
        raise PredictorError(
            f"params.yaml: ingest.source: expected one of {', '.join(known)}, got {name!r}"
            f"{nearest(name, known)}."
        )
    source: Source = import_module(f"{__name__}.{name}")
    return source
