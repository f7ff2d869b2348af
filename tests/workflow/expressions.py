"""Expressions as GitHub evaluates them, as far as the workflows here use them.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from workflow.document import WorkflowError

Value = object  # None, bool, str, list or mapping
Function = Callable[..., Value]

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w-]*)|(==|!=|&&|\|\||\.\*|[!().,]))")
PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = re.compile(r"\b(success|failure|always|cancelled)\s*\(")


@dataclass(frozen=True)
class Scope:
    """What an expression may name: contexts and functions.

    Only `github.event` answers null to a name that it does not have, as GitHub does everywhere:
    such a name is most often a typing mistake.
    """

    contexts: Mapping[str, Value]
    functions: Mapping[str, Function]


def evaluate(expression: str, scope: Scope) -> Value:
    """Return the value of an expression without its `${{ }}`.

    Raises:
        WorkflowError: it names or uses what is not known here.
    """
    return _Parser(expression, scope).whole()


def render(text: str, scope: Scope) -> str:
    """Return `text` with its `${{ }}` evaluated."""
    return PLACE.sub(lambda place: to_text(evaluate(place[1], scope)), text)


def condition(text: str, scope: Scope) -> bool:
    """Return whether an `if:` holds; without a status function it also asks for success."""
    whole = PLACE.fullmatch(text.strip())
    expression = whole[1] if whole else text
    if not STATUS.search(expression):
        expression = f"success() && ({expression})"
    return bool(evaluate(expression, scope))


def to_text(value: Value) -> str:
    """Return the value as it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        raise WorkflowError(f"{value!r} has no text: use join")
    return value


class _Parser:
    """Recursive descent, which evaluates as it goes; both sides of && and || are always read."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope, self.tokens = text, scope, list[str]()
        at, text = 0, text.rstrip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise WorkflowError(f"{text[at:].strip()!r} is not an expression")
            self.tokens.append(match[0].strip())
            at = match.end()

    def whole(self) -> Value:
        value = self.either()
        if self.tokens:
            raise WorkflowError(f"{self.tokens[0]!r} is not expected in {self.text!r}")
        return value

    def either(self) -> Value:
        value = self.both()
        while self.take("||"):
            right = self.both()
            value = value or right
        return value

    def both(self) -> Value:
        value = self.compared()
        while self.take("&&"):
            right = self.compared()
            value = value and right
        return value

    def compared(self) -> Value:
        value = self.negated()
        for sign in ("==", "!="):
            if self.take(sign):
                same = to_text(value).lower() == to_text(self.negated()).lower()
                return same == (sign == "==")
        return value

    def negated(self) -> Value:
        return not self.negated() if self.take("!") else self.atom()

    def atom(self) -> Value:
        if self.take("("):
            value = self.either()
            self.need(")")
            return value
        token = self.next()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if not re.match(r"\w", token):
            raise WorkflowError(f"{token!r} is not expected in {self.text!r}")
        return self.call(token) if self.take("(") else self.context(token)

    def call(self, name: str) -> Value:
        if name not in self.scope.functions:
            raise WorkflowError(f"the function {name}() is not known")
        arguments = list[Value]()
        while not self.take(")"):
            arguments.append(self.either())
            if self.tokens[:1] != [")"]:
                self.need(",")
        return self.scope.functions[name](*arguments)

    def context(self, path: str) -> Value:
        value = self.member(self.scope.contexts, path, path)
        while self.tokens[:1] in (["."], [".*"]):
            if self.next() == ".*":
                self.need(".")
                assert isinstance(value, Mapping)
                read = partial(self.member, path=f"{path}.*", name=self.next())
                return [read(each) for each in value.values()]
            name = self.next()
            path = f"{path}.{name}"
            value = self.member(value, name, path)
        return value

    def member(self, value: Value, name: str, path: str) -> Value:
        if isinstance(value, Mapping) and name in value:
            return value[name]
        if path.startswith("github.event."):
            return None
        raise WorkflowError(f"{path} is not known in {self.text!r}")

    def next(self) -> str:
        if not self.tokens:
            raise WorkflowError(f"{self.text!r} ends too early")
        return self.tokens.pop(0)

    def take(self, sign: str) -> bool:
        if self.tokens[:1] == [sign]:
            return bool(self.tokens.pop(0))
        return False

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise WorkflowError(f"{sign!r} is missing in {self.text!r}")


def join(values: list[str], separator: str) -> str:
    """Return the texts with the separator between them."""
    return separator.join(values)


def starts_with(text: str, start: str) -> bool:
    """Return whether a text begins with another; the case does not count."""
    return text.lower().startswith(start.lower())


def fill(pattern: str, *values: Value) -> str:
    """Return the pattern with {0}, {1} ... replaced."""
    return pattern.format(*map(to_text, values))


PURE: Mapping[str, Function] = {"format": fill, "join": join, "startsWith": starts_with}
