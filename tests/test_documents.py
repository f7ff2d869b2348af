"""The model card and the decision records of a project that has really run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from baking import text_of
from conftest import copy_of, predictor
from huggingface_hub import ModelCard

pytestmark = pytest.mark.slow

BLANK = "*Not answered yet.*"


def records(project: Path) -> list[Path]:
    return sorted((project / "docs" / "decisions").glob("*.md"))


def test_hugging_face_reads_the_measured_metrics(core: Path) -> None:
    card: Any = ModelCard(text_of(core / "MODEL_CARD.md")).data
    measured = json.loads(text_of(core / "reports" / "champion" / "evaluation.json"))["model"]
    assert (card.license, card.library_name, card.model_name) == ("mit", "onnx", core.name)
    assert card.metrics == list(measured)
    assert {each.task_type for each in card.eval_results} == {"tabular-classification"}
    found = {each.metric_type: each.metric_value for each in card.eval_results}
    assert found == pytest.approx(measured, abs=1e-5)


def test_the_worst_slices_are_first(core: Path) -> None:
    slices = json.loads(text_of(core / "reports" / "champion" / "evaluation.json"))["slices"]
    line = re.compile(r"^\| `(.+)` is (.+?) \| ([\d,]+) \|", re.MULTILINE)
    shown = line.findall(text_of(core / "MODEL_CARD.md"))
    assert shown == [(each["column"], each["value"], f"{each['rows']:,}") for each in slices[:10]]
    losses = [each["model"]["log_loss"] / each["dummy"]["log_loss"] for each in slices]
    assert losses == sorted(losses, reverse=True)


def test_the_records_have_facts_and_no_answers(core: Path) -> None:
    texts = [text_of(path) for path in records(core)]
    assert [text.count(BLANK) for text in texts] == [2, 2, 2]
    facts = ("`arrival_delay` is no feature: the target is computed", "0.2: this is the threshold")
    assert [fact in text for fact, text in zip(facts, texts, strict=False)] == [True, True]
    assert "The champion is `hist_gradient_boosting`." in texts[2]


def test_links_lead_somewhere(core: Path) -> None:
    for path in (core / "README.md", core / "MODEL_CARD.md", *records(core)):
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(path))
        assert links or "decisions" in path.parts
        assert [link for link in links if not (path.parent / link).exists()] == [], path


def test_what_the_owner_wrote_is_kept(core: Path, tmp_path: Path) -> None:
    project = copy_of(core, tmp_path)
    for path in records(project):
        text = text_of(path).replace(BLANK, "Mine.").replace("The champion is", "It is not")
        path.write_text(text, encoding="utf-8", newline="\n")
    assert predictor(project, "promote").returncode == 0
    texts = [text_of(path) for path in records(project)]
    assert [text.count("Mine.") for text in texts] == [2, 2, 2]
    assert "The champion is" in texts[2]
