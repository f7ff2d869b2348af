"""The report, the chart and the parser of `make bench`, with values worked out by hand."""

import re
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer
from threading import Thread
from xml.etree import ElementTree

import benchmark
import psutil
import pytest
from bench import FailedError, chart, report, wrk
from bench.contenders import Key, Places, Running, Sample, contenders, probability
from bench.environments import serving_environment

WRK = """\
Running 4s test @ http://127.0.0.1:8000/predict
  1 threads and 16 connections
Requests/sec:   2000.00
"""


def rounds(*rates: float) -> list[Sample]:
    """Return rounds that differ only in their rates."""
    return [Sample(rate, 7.5, 15.25, 0.5, 149.4, 1.26) for rate in rates]


@pytest.fixture
def results() -> report.Results:
    """Return results with medians of 1,200 (core), 2,000 (empty) and 40 (MLflow)."""
    measured = {
        Key.EMPTY: rounds(2000, 2400, 1600),
        Key.CORE: rounds(1200, 1200, 1120),
        Key.MLFLOW: rounds(40, 50, 32),
    }
    return report.Results(measured, {Key.RAY: "no wheel at https://host/simple"}, "2 cores.")


def test_the_headline_has_the_ratios_of_the_medians(results: report.Results) -> None:
    assert report.headline(results) == (
        "The core answers 1,200 requests per second with one worker and 16 connections: 60% of an "
        "empty FastAPI endpoint and 30.0 times `mlflow models serve`."
    )


def test_aims_show_the_range_of_the_rounds_and_are_reached(results: report.Results) -> None:
    assert report.aims(results).splitlines()[2:] == [
        "| at least 55% of the empty endpoint | 60% (rounds: 50% to 70%) | reached |",
        "| at least 25 times MLflow | 30.0 (rounds: 24.0 to 35.0) | reached |",
        "| ready in 2 s | 1.3 s | reached |",
        "| at most 150 MB | 149 MB | reached |",
    ]


def test_aims_that_are_missed_or_not_measured_are_called_so(results: report.Results) -> None:
    slow = [Sample(1000, 7.5, 15.25, 0.5, 151, 2.1)] * 3  # 50 % of the empty endpoint
    results.rounds[Key.CORE] = slow
    del results.rounds[Key.MLFLOW]
    verdicts = [row.split("|")[-2].strip() for row in report.aims(results).splitlines()[2:]]
    assert verdicts == ["**missed**", "not measured", "**missed**", "**missed**"]


def test_the_table_has_a_row_for_each_server_that_was_measured(results: report.Results) -> None:
    costs = "7.5 | 15.2 | 0.50 | 149 | 1.3 |"
    assert report.servers(results).splitlines()[2:] == [
        f"| empty FastAPI endpoint | 2,000 | 100% | 50.0 | {costs}",
        f"| core | 1,200 | 60% | 30.0 | {costs}",
        f"| mlflow models serve | 40 | 2% | 1.0 | {costs}",
    ]


def test_the_page_gives_the_ratio_to_an_unchecked_mlflow_model(results: report.Results) -> None:
    assert report.beside_unchecked(results) == ""
    results.rounds[Key.MLFLOW_PLAIN] = rounds(200, 300, 240)
    assert "the core has 5.0 times the rate" in report.markdown(results)


def test_the_cost_of_h11_is_reported_if_httptools_was_measured(results: report.Results) -> None:
    assert report.cost_of_h11(results) == ""
    results.rounds[Key.EMPTY_HTTPTOOLS] = rounds(5000, 5000, 5000)
    results.rounds[Key.CORE_HTTPTOOLS] = rounds(1800, 1800, 1800)
    numbers = re.findall(r"[\d.]+(?= times|%)", report.cost_of_h11(results))
    assert numbers == ["1.50", "2.50", "36"]


def test_the_page_says_what_is_missing_without_an_address(results: report.Results) -> None:
    page = report.markdown(results)
    assert "- Ray Serve + scikit-learn: no wheel at ...\n" in page
    assert page.endswith("Medians of 3 rounds, 2 cores.\n")
    assert "](benchmark.svg)" in page


def test_bars_of_the_chart_are_as_long_as_the_rates(results: report.Results) -> None:
    drawn = ElementTree.fromstring(chart.svg(results))
    bars = drawn.findall("{http://www.w3.org/2000/svg}rect")[1:]
    # The longest of 860 - 230 - 210 = 420 pixels stands for 2,000 requests per second.
    assert [(bar.attrib["class"], float(bar.attrib["width"])) for bar in bars] == [
        ("other", 420.0),
        ("ours", 252.0),
        ("other", 8.4),
    ]


def test_the_last_line_of_wrk_is_read() -> None:
    line = '{"requests": 8000, "seconds": 4.0, "p50_ms": 7.5, "p99_ms": 15.25, "errors": 0}\n'
    assert wrk.parse(WRK + line) == wrk.Load(8000, 4.0, 7.5, 15.25)


@pytest.mark.parametrize(
    ("requests", "errors", "message"),
    [(8000, 1, "errors"), (0, 0, "no answer")],
    ids=["an error", "no answer"],
)
def test_a_load_that_failed_gives_no_numbers(requests: int, errors: int, message: str) -> None:
    line = f'{{"requests": {requests}, "seconds": 4.0, "errors": {errors}}}'
    with pytest.raises(FailedError, match=message):
        wrk.parse(WRK + line)


@pytest.mark.parametrize(
    "answer", [b'{"probability": 0.25}', b'{"predictions": [0.25]}'], ids=["own", "MLflow"]
)
def test_the_probability_of_an_answer_is_found(answer: bytes) -> None:
    assert probability(answer) == 0.25


class Service(BaseHTTPRequestHandler):
    """Answers every row with a probability of 0.3."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"probability": 0.3}')

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize(("core", "is_same"), [(0.3000005, True), (0.3001, False)], ids=str)
def test_a_server_with_another_probability_is_refused(
    tmp_path: Path, core: float, is_same: bool
) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "example.json").write_text("{}")
    places = Places(tmp_path, tmp_path, tmp_path)
    places.answer.write_text(f'{{"probability": {core}}}')
    with TCPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.handle_request).start()
        running = Running(
            contenders(places)[Key.FRAME],
            psutil.Process(),
            server.server_address[1],
            start_seconds=1,
        )
        refused = nullcontext() if is_same else pytest.raises(SystemExit, match=r"answers 0\.3 and")
        with refused:
            benchmark.require_same_answer(running)


@pytest.mark.slow
def test_core_and_empty_endpoint_are_measured_in_one_run(core: Path, tmp_path: Path) -> None:
    places = Places(core, core, tmp_path)
    serving_environment(core, places.environment(Key.CORE))
    everyone = contenders(places)
    samples, failed = benchmark.compare([everyone[Key.EMPTY], everyone[Key.CORE]], 1, 1)
    assert failed == {}
    ((empty,), (measured,)) = samples.values()
    assert empty.rate > 0 < measured.rate
    assert empty.p99_ms >= empty.p50_ms > 0 < measured.p50_ms <= measured.p99_ms
    assert min(empty[3:] + measured[3:]) > 0
    assert min(empty.memory_mb, measured.memory_mb) > 10
