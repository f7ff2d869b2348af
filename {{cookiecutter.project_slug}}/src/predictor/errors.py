"""The only error whose message is for the user of the command line."""

from collections.abc import Iterable
from difflib import get_close_matches


class PredictorError(Exception):
    """One sentence: what was expected and found, where, and how to fix it; `cli.py` prints it."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint such as `; did you mean 'name'?`, or nothing if no name is close."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
