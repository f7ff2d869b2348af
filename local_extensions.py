"""Reject answers that contain template syntax, because the template engine would run it."""

from __future__ import annotations  # cookiecutter may run on a Python before 3.10

from pathlib import Path

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

TEMPLATE = Path(__file__).resolve().parent
MARKS = ("{{", "{%", "{#")  # and #% at the beginning, which starts a line statement
OURS = ("cookiecutter.", "{% now")  # used by the defaults in cookiecutter.json


class RejectTemplateSyntax(Extension):
    """Checks the text that cookiecutter renders but that is not a file: answers and hooks."""

    def __init__(self, environment: Environment) -> None:
        """Tell the hooks where the template is; the path that was typed can be relative."""
        super().__init__(environment)
        environment.globals["template_folder"] = str(TEMPLATE)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002
        """Return the source unchanged, or raise if it is an answer with template syntax."""
        is_answer = name is None and "\n" not in source and not any(our in source for our in OURS)
        has_syntax = source.lstrip().startswith("#%") or any(mark in source for mark in MARKS)
        if is_answer and has_syntax:
            raise FailedHookException(
                f"error: the answer {source!r} holds template syntax: write it without "
                f"{', '.join(MARKS)} and without #% at the beginning."
            )
        return source
