"""What goes wrong inside MLflow, as a sentence for the user."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from predictor.errors import PredictorError

FAULTS = (MlflowException, SQLAlchemyError, OSError, ValueError, ImportError)
P = ParamSpec("P")
T = TypeVar("T")


def in_sentences(call: Callable[P, T]) -> Callable[P, T]:
    """Turn what goes wrong inside MLflow into a sentence for the user."""

    @wraps(call)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except FAULTS as error:
            raise PredictorError(f"MLflow did not do its part: {first_line(error)}") from error

    return wrapped


def first_line(error: BaseException) -> str:
    """Return what an error says first; MLflow goes on for a page."""
    return str(error).strip().partition("\n")[0]
