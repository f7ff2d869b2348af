"""Alerts and dashboard ask only for what the service really says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import GOOD
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from predictor.release import Champion
from predictor.serve.app import create_app
from predictor.serve.server import wrapped
from predictor.serve.settings import Settings
from predictor.serve.telemetry import Telemetry

MONITORING = Path(__file__).parents[1] / "deploy" / "monitoring"
METRIC = re.compile(r"\bpredictor_\w+")
SELECTOR = re.compile(r"\b(predictor_\w+)\{([^}]*)\}")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GIVEN_BY_PROMETHEUS = {"job", "instance"}


@pytest.fixture(scope="module")
def said(champion: Champion) -> dict[str, set[str]]:
    """Return the labels of every series that the service exposes once everything has happened."""
    telemetry = Telemetry()
    telemetry.serves(champion.release)
    telemetry.reloaded("refused")
    telemetry.failed()
    settings = Settings()
    client = TestClient(wrapped(create_app(champion, settings, telemetry), settings, telemetry))
    assert client.post("/predict", json=GOOD).status_code == 200
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {each.name: set(each.labels) for family in families for each in family.samples}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def board() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    return loaded


def queries() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in board()["panels"] for target in panel["targets"])


def test_every_metric_that_is_asked_for_exists(said: dict[str, set[str]]) -> None:
    asked = {name for query in queries() for name in METRIC.findall(query)}
    assert len(asked) > 6
    assert asked - said.keys() == set()


def test_every_label_that_is_selected_exists(said: dict[str, set[str]]) -> None:
    selected = {
        (name, label)
        for query in queries()
        for name, labels in SELECTOR.findall(query)
        for label in LABEL.findall(labels)
    }
    assert selected
    unknown = {(name, label) for name, label in selected if label not in said[name]}
    assert {pair for pair in unknown if pair[1] not in GIVEN_BY_PROMETHEUS} == set()


def test_every_metric_of_the_service_is_on_the_dashboard(said: dict[str, set[str]]) -> None:
    shown = {
        name
        for panel in board()["panels"]
        for target in panel["targets"]
        for name in METRIC.findall(target["expr"])
    }
    families = {re.sub(r"_(bucket|sum|count|created|total)$", "", name) for name in said}
    assert families - {re.sub(r"_(bucket|total)$", "", name) for name in shown} == set()


def test_every_alert_says_what_to_do_and_is_tested_firing_and_silent() -> None:
    cases = yaml.safe_load((MONITORING / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    expected = [case for test in cases for case in test["alert_rule_test"]]
    for rule in rules():
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["labels"]["severity"] in {"page", "ticket"}
        counts = {
            bool(case["exp_alerts"]) for case in expected if case["alertname"] == rule["alert"]
        }
        assert counts == {True, False}, rule["alert"]


def test_no_two_panels_lie_on_the_same_place() -> None:
    taken = [
        (x, y)
        for panel in board()["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in board()["panels"]}) == len(board()["panels"])
