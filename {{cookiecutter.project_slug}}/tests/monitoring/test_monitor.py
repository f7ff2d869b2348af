import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
import synthetic
from ruamel.yaml import YAML

from predictor import task
from predictor.bundle import Bundle
from predictor.features import KINDS, NUMBERS
from predictor.monitoring import incidents, labels, log, monitor
from predictor.monitoring.log import answers, now
from predictor.monitoring.monitor import NoAnswersError
from predictor.paths import CHAMPION, PARAMS
from predictor.schema import TARGET

pytest_plugins = ["logged"]

AMOUNTS = [name for name in NUMBERS if KINDS[name] is not bool]
pytestmark = pytest.mark.skipif(len(AMOUNTS) < 2, reason="fewer than two columns are numbers")


def limits(**changed: float) -> None:
    params = YAML(typ="safe").load(PARAMS)
    params["monitoring"] |= {"minimum_rows": 300, **changed}
    YAML(typ="safe").dump(params, PARAMS)


def store(engine: sa.Engine, rows: pd.DataFrame, before: timedelta = timedelta(0)) -> task.Floats:
    """Log the champion's answers for rows, whose ids are their positions; return the outputs."""
    outputs = Bundle.load(CHAMPION).predict(rows)
    bodies = rows[[*KINDS]].to_json(orient="records", lines=True, date_format="iso").splitlines()
    time, version = now() - before, Bundle.load(CHAMPION).version
    stored = [
        {"id": str(i), "time": time, "version": version, "row": json.loads(body), "output": output}
        for i, (body, output) in enumerate(zip(bodies, outputs.tolist(), strict=True))
    ]
    with engine.begin() as connection:
        connection.execute(sa.insert(answers), stored)
    return outputs


@pytest.fixture
def rows(promoted: Path) -> pd.DataFrame:
    limits()
    return synthetic.table(600, seed=5)


def test_rows_like_those_of_training_raise_no_alarm(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows)
    found = monitor.monitor(engine)
    assert (found.rows, found.alarms, found.quality) == (600, [], {})


def test_a_column_that_drifts_or_goes_missing_is_named(
    engine: sa.Engine, rows: pd.DataFrame
) -> None:
    gone, high = AMOUNTS[:2]
    store(engine, rows.assign(**{gone: np.nan, high: rows[high].max()}))
    raised = monitor.monitor(engine).alarms
    assert {("missing", gone), ("drift", high)} <= {alarm[:2] for alarm in raised}
    recorded = {(each["kind"], each["part"]) for each in incidents.read(engine)}
    assert recorded == {alarm[:2] for alarm in raised}


def test_a_column_that_is_not_stored_is_not_missing(
    engine: sa.Engine, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, rows.assign(**{AMOUNTS[0]: np.nan}))
    monkeypatch.setattr(monitor, "PERSONAL", {AMOUNTS[0]})
    found = monitor.monitor(engine)
    assert AMOUNTS[0] not in [alarm[1] for alarm in found.alarms]
    assert AMOUNTS[0] not in [each.column for each in found.drift]


def test_answers_of_another_version_do_not_count(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows)
    with engine.begin() as connection:
        connection.execute(sa.update(answers).where(answers.c.id < "3").values(version="0"))
        left = connection.scalar(
            sa.select(sa.func.count()).select_from(answers).where(answers.c.version == "1")
        )
    assert monitor.monitor(engine).rows == left
    assert left in range(1, 600)


def test_few_rows_raise_no_alarm_and_the_report_says_so(
    engine: sa.Engine, rows: pd.DataFrame
) -> None:
    store(engine, rows[:200].assign(**{AMOUNTS[0]: np.nan}))
    found = monitor.monitor(engine)
    assert (found.alarms, found.notes) == ([], ["no alarm with fewer than 300 answers"])


def test_quality_is_that_of_the_labelled_rows_and_close_to_what_was_expected(
    engine: sa.Engine, rows: pd.DataFrame
) -> None:
    outputs = store(engine, rows)
    labels.add(engine, {str(i): value for i, value in enumerate(rows[TARGET].tolist())})
    found, problem = monitor.monitor(engine), Bundle.load(CHAMPION).metadata.problem
    expected = task.metrics(task.truth(rows[TARGET]), outputs, problem)
    for name, value in expected.items():
        each = found.quality[name]
        assert each[0] == pytest.approx(value)
        assert each[1] < each[0] < each[2]
    assert found.labels == {"all": 600, "late": 0, "repeated": 0}


def test_wrong_labels_are_an_alarm_for_the_labels(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows)
    values = sorted(rows[TARGET].unique())
    other = rows[TARGET].map(dict(zip(values, reversed(values), strict=True)))
    labels.add(engine, {str(i): value for i, value in enumerate(other.tolist())})
    assert ("quality", "model") in {alarm[:2] for alarm in monitor.monitor(engine).alarms}


def test_late_and_repeated_labels_are_counted(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows, before=timedelta(days=31))
    value = rows[TARGET].tolist()[0]
    labels.add(engine, {"0": value, "1": value})
    labels.add(engine, {"1": value})
    found = monitor.monitor(engine, now() - timedelta(days=60))
    assert found.labels == {"all": 2, "late": 2, "repeated": 1}


def test_a_window_without_rows_is_a_sentence(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows, before=timedelta(days=31))
    with pytest.raises(NoAnswersError, match=r"Version 1 has not answered since 20"):
        monitor.monitor(engine)


def test_a_clock_that_went_back_is_noted(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows, before=timedelta(days=-2))
    (note,) = monitor.monitor(engine).notes
    assert re.fullmatch(r"answers are dated 20.*, later than now: a clock went back", note)


def test_what_is_older_than_the_retention_is_deleted(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows, before=timedelta(days=20))
    labels.add(engine, {"0": rows[TARGET].tolist()[0]})
    limits(retention_days=10)
    monitor.monitor(engine)
    with engine.connect() as connection:
        counts = [
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (answers, log.labels)
        ]
    assert counts == [0, 0]


def test_the_page_shows_alarms_columns_and_quality(engine: sa.Engine, rows: pd.DataFrame) -> None:
    store(engine, rows.assign(**{AMOUNTS[0]: np.nan}))
    monitor.write_page(monitor.monitor(engine))
    text = (monitor.FOLDER / "report.html").read_text(encoding="utf-8")
    assert f"<li>missing: {AMOUNTS[0]}: 100% are missing" in text
    assert "linear-gradient" in text
    report: dict[str, Any] = json.loads((monitor.FOLDER / "report.json").read_text())
    assert report["rows"] == 600


def test_the_metrics_show_the_newest_report(engine: sa.Engine, rows: pd.DataFrame) -> None:
    from fastapi.testclient import TestClient

    from predictor import api

    store(engine, rows.assign(**{AMOUNTS[0]: np.nan}))
    monitor.monitor(engine)
    with TestClient(api.app) as client:
        api.app.state.log.write()
        text = client.get("/metrics").text
    assert f'predictor_monitor{{kind="alarm missing",part="{AMOUNTS[0]}"}} 1.0' in text
    assert "predictor_log_dropped_total" in text
