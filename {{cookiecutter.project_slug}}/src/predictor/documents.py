"""YAML and JSON documents, read into frozen objects with errors a person can act on."""

import json
from collections.abc import Hashable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from predictor.errors import PredictorError

# Words that people write, and the word that is meant.
SYNONYMS = {
    "string": "category",
    "str": "category",
    "text": "category",
    "object": "category",
    "int": "number",
    "integer": "number",
    "float": "number",
    "bool": "boolean",
    "date": "timestamp",
    "datetime": "timestamp",
    "classification": "binary",
}


class Document(BaseModel):
    """A frozen part of a document; a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _know_every_key(cls, data: object) -> object:
        keys = data if isinstance(data, dict) else ()
        unknown = [key for key in keys if key not in cls.model_fields]
        if unknown:
            hints = ", ".join(f"{key!r}{nearest(key, cls.model_fields)}" for key in unknown)
            raise PydanticCustomError("unknown_key", "unknown key {hints}", {"hints": hints})
        return data

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a `.yaml` or `.json` file.

        Raises:
            PredictorError: missing, not readable as text, not YAML or JSON, or not what the
                document asks for; every fault is named with its key.
        """
        return parse(cls, _load(path), path.name)


D = TypeVar("D", bound=Document)


def parse(document: type[D], content: object, name: str) -> D:
    """Make the document from plain objects; `name` is how the errors call it.

    Raises:
        PredictorError: the content does not fit.
    """
    try:
        return document.model_validate(content)
    except ValidationError as error:
        sentences = [_sentence(name, detail) for detail in error.errors(include_url=False)]
        raise PredictorError("\n".join(sentences)) from error


def nearest(word: object, choices: Iterable[str]) -> str:
    """Return ` Did you mean ...?` or nothing."""
    known = list(choices)
    meant = SYNONYMS.get(str(word).lower(), "")
    close = [meant] if meant in known else get_close_matches(str(word), known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys and says nothing; this one says it."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if str(key_node.value) in seen:
                problem = f"the key {key_node.value!r} stands twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(str(key_node.value))
        return super().construct_mapping(node, deep)


def _load(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PredictorError(f"{path.name}: no such file in {path.parent}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PredictorError(f"{path.name}: not readable as UTF-8 text: {error}.") from error
    return _load_json(path, text) if path.suffix == ".json" else _load_yaml(path, text)


def _load_json(path: Path, text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise PredictorError(f"{path.name}, line {error.lineno}: not JSON: {error.msg}.") from error


def _load_yaml(path: Path, text: str) -> object:
    try:
        return _UniqueKeyLoader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise PredictorError(f"{path.name}, line {line}: not YAML: {error.problem}.") from error
    except yaml.YAMLError as error:
        raise PredictorError(f"{path.name}: not YAML: {error}.") from error


def _sentence(name: str, detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    where = f"{name}: {place}" if place else name
    return f"{where}: {_complaint(detail)}."


def _complaint(detail: ErrorDetails) -> str:
    came, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return f"the key {str(detail['loc'][-1])!r} is missing"
        case "unknown_key" | "value_error":
            return detail["msg"].removeprefix("Value error, ")
        case "literal_error" | "union_tag_invalid":
            choices = str(context.get("expected") or context.get("expected_tags"))
            word = came.get("type") if isinstance(came, dict) else came
            known = [choice.strip(" '") for choice in choices.replace(" or ", ", ").split(",")]
            return f"expected one of {choices}, got {word!r}{nearest(word, known)}"
        case "union_tag_not_found":
            return "the key 'type' is missing"
        case _:
            return f"{_lower_first(detail['msg'])}, got {_short(came)}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
