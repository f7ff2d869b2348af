"""Expressions as GitHub evaluates them, as far as the workflows here use them.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan

Value = object  # None, bool, float, str, Mapping or Sequence, as in JSON
Function = Callable[..., Value]

TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?\d+(?:\.\d+)?)
      | (?P<text>'(?:[^']|'')*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_-]*)
      | (?P<sign>==|!=|<=|>=|&&|\|\||[!<>()\[\].,*])
    )""",
    re.VERBOSE,
)
PLACE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
WORDS: Mapping[str, Value] = {"true": True, "false": False, "null": None}
STATUS = ("success", "failure", "always", "cancelled")


class ExpressionError(Exception):
    """An expression that the runner does not understand."""


@dataclass(frozen=True)
class Scope:
    """What an expression may name: contexts and functions.

    A context in `open_contexts` answers null to a name that it does not have, as GitHub does;
    every other one calls it an error, which is most often a typing mistake.
    """

    contexts: Mapping[str, Value]
    functions: Mapping[str, Function]
    open_contexts: frozenset[str] = frozenset()


def evaluate(expression: str, scope: Scope) -> Value:
    """Return the value of an expression without its `${{ }}`.

    Raises:
        ExpressionError: it names or uses what is not known here.
    """
    return _Parser(expression, scope).whole()


def render(text: str, scope: Scope) -> Value:
    """Return `text` with its `${{ }}` evaluated; one that is the whole text keeps its type."""
    whole = PLACE.fullmatch(text.strip())
    if whole and text.strip().count("${{") == 1:
        return evaluate(whole[1], scope)
    return PLACE.sub(lambda place: to_text(evaluate(place[1], scope)), text)


def condition(text: str | bool, scope: Scope) -> bool:
    """Return whether an `if:` holds; without a status function it also asks for success."""
    bare = to_text(text).strip()
    whole = PLACE.fullmatch(bare)
    expression = whole[1] if whole else bare
    if not re.search(rf"\b({'|'.join(STATUS)})\s*\(", expression):
        expression = f"success() && ({expression})"
    return truthy(evaluate(expression, scope))


def truthy(value: Value) -> bool:
    """Return whether GitHub takes the value for true."""
    return value not in (None, False, 0, "") and value == value


def to_text(value: Value) -> str:
    """Return the value as it stands in a text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case str() | int() | float():
            return str(value)
        case _:
            raise ExpressionError(f"{value!r} has no text: use toJSON or join")


def equal(one: Value, other: Value) -> bool:
    """Compare loosely: texts without case, values of two types as numbers."""
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if type(one) is type(other):
        return one == other
    return to_number(one) == to_number(other)


def to_number(value: Value) -> float:
    """Return what GitHub compares values of different types by."""
    match value:
        case None:
            return 0.0
        case bool() | int() | float():
            return float(value)
        case str():
            return _number(value)
        case _:
            return nan


def _number(text: str) -> float:
    try:
        return float(text.strip() or 0)
    except ValueError:
        return nan


class _Parser:
    """Recursive descent, which evaluates as it goes; both sides of && and || are always read."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text, self.scope = text, scope
        self.tokens, self.at = _tokens(text), 0

    def whole(self) -> Value:
        value = self.either()
        if self.at != len(self.tokens):
            raise ExpressionError(f"{self.peek()!r} is not expected in {self.text!r}")
        return value

    def either(self) -> Value:
        value = self.both()
        while self.take("||"):
            right = self.both()
            value = value if truthy(value) else right
        return value

    def both(self) -> Value:
        value = self.compared()
        while self.take("&&"):
            right = self.compared()
            value = right if truthy(value) else value
        return value

    def compared(self) -> Value:
        value = self.negated()
        if self.take("=="):
            return equal(value, self.negated())
        if self.take("!="):
            return not equal(value, self.negated())
        return value

    def negated(self) -> Value:
        return not truthy(self.negated()) if self.take("!") else self.atom()

    def atom(self) -> Value:
        if self.take("("):
            value = self.either()
            self.need(")")
            return value
        kind, token = self.next()
        if kind == "number":
            return float(token)
        if kind == "text":
            return token[1:-1].replace("''", "'")
        if kind != "name":
            raise ExpressionError(f"{token!r} is not expected in {self.text!r}")
        if self.take("("):
            return self.call(token)
        return WORDS[token] if token in WORDS else self.context(token)

    def call(self, name: str) -> Value:
        known = {each.lower(): function for each, function in self.scope.functions.items()}
        if name.lower() not in known:
            raise ExpressionError(f"the function {name}() is not known")
        arguments = [] if self.peek() == ")" else [self.either()]
        while self.take(","):
            arguments.append(self.either())
        self.need(")")
        return known[name.lower()](*arguments)

    def context(self, name: str) -> Value:
        if name not in self.scope.contexts:
            raise ExpressionError(f"the context {name} is not known in {self.text!r}")
        value, path = self.scope.contexts[name], name
        while True:
            if self.take("."):
                if self.take("*"):
                    return self.filtered(value)
                path = f"{path}.{self.next()[1]}"
                value = self.member(value, path)
            elif self.take("["):
                path = f"{path}.{to_text(self.either())}"
                self.need("]")
                value = self.member(value, path)
            else:
                return value

    def filtered(self, value: Value) -> Value:
        """Read what follows `.*` on every member."""
        if not isinstance(value, Mapping):
            raise ExpressionError(f".* needs a mapping in {self.text!r}")
        self.need(".")
        name = self.next()[1]
        return [self.member(each, name) for each in value.values()]

    def member(self, value: Value, path: str) -> Value:
        name = path.rpartition(".")[2]
        if isinstance(value, Mapping) and name in value:
            return value[name]
        if any(path.startswith(f"{known}.") for known in self.scope.open_contexts):
            return None
        raise ExpressionError(f"{path} is not known in {self.text!r}")

    def peek(self) -> str | None:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def next(self) -> tuple[str, str]:
        if self.at == len(self.tokens):
            raise ExpressionError(f"{self.text!r} ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, sign: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == ("sign", sign):
            self.at += 1
            return True
        return False

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise ExpressionError(f"{sign!r} is missing in {self.text!r}")


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"{text[at:].strip()!r} is not an expression")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def join(values: Value, separator: str = ",") -> str:
    """Return the texts of the values with the separator between them."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        return to_text(values)
    return separator.join(to_text(value) for value in values)


def contains(where: Value, what: Value) -> bool:
    """Return whether a text has a part, or a list a value; the case does not count."""
    if isinstance(where, Sequence) and not isinstance(where, str):
        return any(equal(each, what) for each in where)
    return to_text(what).lower() in to_text(where).lower()


def starts_with(text: Value, start: Value) -> bool:
    """Return whether a text begins with another; the case does not count."""
    return to_text(text).lower().startswith(to_text(start).lower())


def fill(pattern: Value, *values: Value) -> str:
    """Return the pattern with {0}, {1} ... replaced."""
    return to_text(pattern).format(*(to_text(value) for value in values))


def as_json(value: Value) -> str:
    """Return the value as JSON text."""
    return json.dumps(value)


def from_json(text: Value) -> Value:
    """Return the value that a JSON text describes."""
    value: Value = json.loads(to_text(text))
    return value


PURE: Mapping[str, Function] = {
    "contains": contains,
    "format": fill,
    "fromJSON": from_json,
    "join": join,
    "startsWith": starts_with,
    "toJSON": as_json,
}
