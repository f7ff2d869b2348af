"""Answers are data: one that the template engine would run is refused in a sentence."""

from __future__ import annotations  # cookiecutter may run on a Python before 3.10

from cookiecutter.exceptions import FailedHookException
from jinja2.ext import Extension

MARKS = ("{{", "{%", "{#")  # and #% at the beginning, which is a line of the template engine
OURS = ("cookiecutter.", "{% now")  # of the defaults in cookiecutter.json


class AnswersAreData(Extension):
    """Looks at what cookiecutter renders that comes from no file: answers and hooks."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Return the source unchanged, unless it is one line with template syntax in it."""
        is_answer = name is None and "\n" not in source and not any(our in source for our in OURS)
        has_syntax = source.lstrip().startswith("#%") or any(mark in source for mark in MARKS)
        if is_answer and has_syntax:
            raise FailedHookException(
                f"error: the answer {source!r} holds template syntax: write it without "
                f"{', '.join(MARKS)} and without #% at the beginning."
            )
        return source
