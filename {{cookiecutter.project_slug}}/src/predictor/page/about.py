"""The page and its texts, for both back ends: the running service, and the model in the browser."""

import json
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel

from predictor.bundle import Bundle
from predictor.paths import EVALUATION, EXAMPLE
from predictor.task import HEADLINE, TITLES, Problem

STATIC, TEMPLATES = (Path(__file__).parent / name for name in ("static", "templates"))
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"


class About(BaseModel):
    """The texts next to the form, and a typical row to fill it with."""

    problem: Problem
    version: str
    example: dict[str, Any]
    categories: dict[str, list[str]]  # in the training rows, the most frequent first
    worth: list[str]  # sentences on what the model is worth, and where it fails


def about(bundle: Bundle) -> About:
    """Return the texts for a bundle; the evaluation and the example row are files of it."""
    columns = bundle.reference["columns"]
    evaluation = json.loads((bundle.folder / EVALUATION).read_text(encoding="utf-8"))
    return About(
        problem=bundle.metadata.problem,
        version=bundle.version,
        example=json.loads((bundle.folder / EXAMPLE).read_text(encoding="utf-8")),
        categories={name: list(columns[name]["shares"]) for name in bundle.known},
        worth=[evaluation["headline"], *worst_slice(evaluation, bundle.metadata.problem)],
    )


def worst_slice(evaluation: dict[str, Any], problem: Problem) -> list[str]:
    """Return a sentence on the slice of the test rows where the model is worst, if it is known."""
    if not evaluation.get("slices"):
        return []
    worst, settings = evaluation["slices"][0], problem.model_dump()
    unit = settings.get("unit") or settings.get("costs", {}).get("unit", "")
    title = TITLES[HEADLINE].partition(" (")[0].lower()
    models = (worst["model"], worst["dummy"], evaluation["model"])
    ours, theirs, everywhere = (formatted(metrics[HEADLINE]) for metrics in models)
    return [
        f"It is worst where {worst['column'].replace('_', ' ')} is {worst['value']} "
        f"({worst['rows']:,} of {evaluation['rows']:,} test rows): there, the {title} is "
        f"{f'{ours} {unit}'.strip()} with the model and {theirs} without one. "
        f"On all test rows it is {everywhere} with the model."
    ]


def formatted(value: float) -> str:
    """Format a metric for the page."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def render(template: str, **texts: str) -> str:
    """Return a file of `templates` with its texts, which are HTML."""
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(texts)
