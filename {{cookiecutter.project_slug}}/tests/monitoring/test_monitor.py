import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
import synthetic
from fastapi.testclient import TestClient
from stored import limits, store

from predictor import api, task
from predictor.bundle import Bundle
from predictor.features import NUMBERS, TIMES
from predictor.monitoring import incidents, log
from predictor.monitoring.log import FIELDS, METRICS, answers
from predictor.monitoring.monitor import monitor
from predictor.paths import CHAMPION, PREPARED
from predictor.schema import TARGET

pytest_plugins = ["logged"]

OPTIONAL = [name for name in NUMBERS if not FIELDS[name].is_required()]
needs_optional = pytest.mark.skipif(len(OPTIONAL) < 2, reason="two columns must be optional")


def report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(METRICS.with_name("report.json").read_bytes())
    return found


@pytest.fixture
def rows(promoted: Path) -> pd.DataFrame:
    limits()
    return synthetic.table(600, seed=5)


def label_all(engine: sa.Engine, values: list[Any]) -> None:
    log.add_labels(engine, {str(i): value for i, value in enumerate(values)})


def test_rows_like_those_of_training_raise_no_alarm(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows)
    assert monitor(engine) == []
    assert (report()["rows"], report()["measured"]) == (600, {})
    assert report()["drift"].keys() == {*log.COLUMNS, "model output"} - {*TIMES}


def test_answers_are_compared_with_those_to_the_test_rows(
    engine: sa.Engine, rows: pd.DataFrame
) -> None:
    """Not with those to the training rows, on which a model is too sure of itself."""
    test = pd.read_parquet(PREPARED / "test.parquet")
    store(engine, pd.concat([test] * (len(rows) // len(test) + 1)))
    monitor(engine)
    found = report()["drift"]["model output"]
    assert (found["psi"], found["effect"]) == pytest.approx((0, 0), abs=0.01)


@needs_optional
def test_a_column_that_drifts_or_goes_missing_is_named(
    engine: sa.Engine, rows: pd.DataFrame
) -> None:
    first, second = OPTIONAL[:2]
    store(engine, rows.assign(**{first: np.nan, second: rows[second].max()}))
    raised = monitor(engine)
    assert {("missing", first), ("drift", second)} <= {alarm[:2] for alarm in raised}
    recorded = {(each["kind"], each["part"]) for each in incidents.read(engine)}
    assert recorded == {alarm[:2] for alarm in raised}


def test_a_column_that_is_not_stored_is_not_missing(
    engine: sa.Engine, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(name for name in log.COLUMNS if name not in TIMES)
    store(engine, rows)
    monkeypatch.delitem(log.COLUMNS, name)
    assert monitor(engine) == []
    assert report()["drift"].keys() == {*log.COLUMNS, "model output"} - {*TIMES}


def test_answers_of_another_version_do_not_count(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows)
    with engine.begin() as connection:
        connection.execute(sa.update(answers).where(answers.c.id < "3").values(version="0"))
        left = connection.scalar(
            sa.select(sa.func.count()).select_from(answers).where(answers.c.version == "1")
        )
    monitor(engine)
    assert report()["rows"] == left
    assert left in range(1, 600)


def test_few_rows_raise_no_alarm_and_the_page_says_so(
    engine: sa.Engine, rows: pd.DataFrame
) -> None:
    store(engine, rows[:200].assign(**{NUMBERS[0]: rows[NUMBERS[0]].max()}))
    assert monitor(engine) == []
    page = METRICS.with_name("report.html").read_text(encoding="utf-8")
    assert "no alarm with fewer than 300 answers" in page


def test_quality_is_that_of_the_labelled_rows(engine: sa.Engine, rows: pd.DataFrame) -> None:
    outputs = store(engine, rows)
    label_all(engine, rows[TARGET].tolist())
    monitor(engine)
    problem = Bundle.load(CHAMPION).metadata.problem
    for name, value in task.metrics(task.truth(rows[TARGET]), outputs, problem).items():
        measured = report()["measured"][name]
        assert measured[0] == pytest.approx(value)
        assert measured[1] < measured[0] < measured[2]
    assert [report()[name] for name in ("labels", "late", "repeated")] == [600, 0, 0]


def test_wrong_labels_are_an_alarm(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows)
    values = sorted(rows[TARGET].unique())
    other = rows[TARGET].map(dict(zip(values, reversed(values), strict=True)))
    label_all(engine, other.tolist())
    raised = {alarm[:2] for alarm in monitor(engine)}
    assert ("quality", "model") in raised
    assert (("quality", "labels") in raised) == (synthetic.TARGET_TYPE is bool)


def test_late_and_repeated_labels_are_counted(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows)
    value = rows[TARGET].tolist()[0]
    log.add_labels(engine, dict.fromkeys("01234", value))
    log.add_labels(engine, {"1": value})
    with engine.begin() as connection:
        older = sa.update(answers).where(answers.c.id.in_(["2", "3", "4"]))
        connection.execute(older.values(time=log.now(31)))
    monitor(engine)
    assert [report()[name] for name in ("labels", "late", "repeated")] == [2, 3, 1]
    page = METRICS.with_name("report.html").read_text(encoding="utf-8")
    assert "3 labels came in this time for older answers" in page


def test_a_window_without_rows_is_a_sentence(
    engine: sa.Engine, rows: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    store(engine, rows, before=timedelta(days=31))
    with caplog.at_level("INFO", "predictor"):
        assert monitor(engine) == []
    assert "version 1 has not answered since 20" in caplog.text


def test_a_clock_that_went_back_is_reported(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows, before=timedelta(days=-2))
    monitor(engine)
    page = METRICS.with_name("report.html").read_text(encoding="utf-8")
    assert "600 answers are dated in the future: a clock went back" in page


def test_what_is_older_than_the_retention_is_deleted(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows, before=timedelta(days=20))
    limits(retention_days=10)
    monitor(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(answers)) == 0


def test_a_large_window_is_sampled_at_random(
    engine: sa.Engine, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, rows)
    monkeypatch.setattr("predictor.monitoring.monitor.SAMPLE", 400)
    monitor(engine)
    assert (report()["rows"], report()["sample"]) == (600, 400)


@needs_optional
def test_the_page_and_the_metrics_of_the_service_show_the_report(
    engine: sa.Engine, rows: pd.DataFrame
) -> None:
    store(engine, rows.assign(**{OPTIONAL[0]: np.nan}))
    monitor(engine)
    page = METRICS.with_name("report.html").read_text(encoding="utf-8")
    assert f"missing: {OPTIONAL[0]}: 100% are missing" in page
    assert page.count("<svg") == len(report()["drift"])
    with TestClient(api.app) as client:
        text = client.get("/metrics").text
    assert f'predictor_monitor{{kind="alarm missing",part="{OPTIONAL[0]}"}} 1.0' in text
    assert "predictor_log_dropped_total" in text
