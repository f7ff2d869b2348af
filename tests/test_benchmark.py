"""The pieces of `make bench`; what they measure on this machine is nobody's test."""

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import benchmark
import pytest
from bench import chart, report
from bench.contenders import (
    EMPTY,
    FRAME,
    MLFLOW,
    OURS,
    Contender,
    contenders,
    probability,
    require_same_answers,
    started,
)
from bench.environment import fit_pipeline, serving_environment
from bench.measures import Measured, Start
from bench.scoring import Scored
from bench.wrk import Load

RATES = {OURS: 2000.0, EMPTY: 2400.0, FRAME: 100.0, MLFLOW: 40.0}
LIMITS = {"serving": 160.0, "full": 940.0}


def measured(name: str, rate: float) -> Measured:
    """Return a server with three rounds at each level, of which the middle one has `rate`."""
    loads = tuple(
        Load(level, int(rate * factor), 1.0, 1.5, 9.5, rate * factor / 2000)
        for level in benchmark.CONNECTIONS
        for factor in (3, 1, 0.5)
    )
    contender = Contender(name, (), Path(), Path())
    return Measured(Start(contender, [1.0, 1.2, 9.0]), loads, 100.0)


@pytest.fixture
def results() -> report.Results:
    scored = [Scored("predictor score", 1000, 2.0, 300.0)]
    everyone = [measured(name, rate) for name, rate in RATES.items()]
    return report.Results(everyone, scored, LIMITS, "a machine")


def test_the_headline_holds_the_ratios_of_the_medians(results: report.Results) -> None:
    assert re.findall(r"[\d,]+(?= times|%)", report.headline(results)) == [
        *("2,000", "50", "20", "83"),
    ]


def test_an_aim_that_is_missed_is_called_missed(results: report.Results) -> None:
    assert "missed" not in report.aims(results)
    slower = [replace(each, memory_mb=151.0) for each in results.measured]
    slower[1] = measured(EMPTY, 2600.0)
    missed = re.findall(
        r"\| (.*) \| .* \| \*\*missed", report.aims(replace(results, measured=slower))
    )
    assert missed == ["at least 80% of the empty endpoint", "resident memory under 150 MB"]


def test_the_document_shows_every_server_and_links_the_chart(results: report.Results) -> None:
    text = report.markdown(results)
    assert "](benchmark.svg)" in text
    assert [name for name in RATES if text.count(f"| {name} |") != 3] == []
    assert "| predictor score | 500 | 2.0 | 300 |" in text


def test_bars_of_the_chart_are_as_long_as_the_rates(results: report.Results) -> None:
    drawn = ElementTree.fromstring(chart.svg(results.measured))
    bars = [
        float(bar.attrib["width"])
        for bar in drawn.iter("{http://www.w3.org/2000/svg}rect")
        if bar.attrib.get("height") == str(chart.BAR)
    ]
    expected = [rate for rate in RATES.values() for _ in benchmark.CONNECTIONS]
    assert bars == pytest.approx([rate * bars[0] / 2000 for rate in expected], abs=0.1)


@pytest.mark.parametrize(
    "answer",
    [{"probability": 0.25}, {"predictions": [{"probability": 0.25}]}],
    ids=["own", "MLflow"],
)
def test_the_probability_of_an_answer_is_found(answer: object) -> None:
    assert probability(answer) == 0.25


@pytest.mark.slow
def test_each_server_answers_the_same_under_a_short_load(project: Path, tmp_path: Path) -> None:
    serving = serving_environment(project, tmp_path)
    pipeline = fit_pipeline(project, tmp_path)
    everyone = contenders(project, serving, pipeline, tmp_path)
    with started(everyone) as running:
        require_same_answers(running)
        loads = {each.contender.name: each.load(2, 3) for each in running}
        memory = [each.memory_mb() for each in running]
    assert list(loads) == list(RATES)
    assert all(each.requests and each.p99_ms >= each.p50_ms > 0 for each in loads.values())
    assert all(each.cpu_seconds > 0 for each in loads.values())
    assert min(memory) > 10
    assert json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))["decision"] in (0, 1)
