import json
import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
import synthetic
from fastapi.testclient import TestClient

from predictor import api, champions
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.monitoring import incidents, log
from predictor.monitoring.log import Log, answers, connect
from predictor.paths import CHAMPION, VERDICT
from predictor.schema import TARGET, Row

pytest_plugins = ["logged"]

LABEL, *_, OTHER = sorted(synthetic.table(20)[TARGET].unique().tolist())


@pytest.fixture
def sent(example: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return the bodies of a request and its response."""
    champion = Bundle.load(CHAMPION)
    answer = champion.predict_rows([Row.model_validate_json(json.dumps(example))])[0]
    return json.dumps(example).encode(), answer.model_dump_json().encode()


def stored(engine: sa.Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(each) for each in connection.execute(sa.select(answers)).mappings()]


def put(log: Log, names: Iterable[object], sent: tuple[bytes, bytes]) -> None:
    for name in names:
        log.put(str(name), *sent)


def test_an_answer_is_logged_with_its_id_and_its_row(
    client: TestClient, engine: sa.Engine, example: dict[str, Any]
) -> None:
    response = client.post("/predict", json=example)
    api.app.state.log.write()
    (row,) = stored(engine)
    answer = response.json()
    assert row["id"] == response.headers["x-prediction-id"]
    logged = {name: row[column] for name, column in log.COLUMNS.items()}
    assert logged == Row.model_validate_json(json.dumps(example)).model_dump(by_alias=True)
    assert (row["output"], row["decision"]) == (answer[log.OUTPUT], answer.get("decision"))
    assert (row["version"], (log.now() - row["time"]).total_seconds() < 60) == ("1", True)


def test_a_rejected_request_is_not_logged(client: TestClient, engine: sa.Engine) -> None:
    assert client.post("/predict", json={}).status_code == 422
    api.app.state.log.write()
    assert stored(engine) == []


def test_a_personal_column_is_not_stored(
    engine: sa.Engine, sent: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, *others = log.COLUMNS
    monkeypatch.setattr(log, "COLUMNS", {each: log.COLUMNS[each] for each in others})
    assert f"row_{name}" not in log.to_row("1", log.now(), *sent)


def test_a_column_is_personal_if_the_schema_says_so() -> None:
    """Run in another process, because the log reads the schema once."""
    code = (
        "from predictor import schema; field = next(iter(schema.Row.model_fields.values()));"
        "field.json_schema_extra = {'personal': True};"
        "from predictor.monitoring import log; print(len(log.COLUMNS), len(log.FIELDS))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    stored, all_ = map(int, done.stdout.split())
    assert stored == all_ - 1


def test_the_end_of_the_service_writes_everything(
    engine: sa.Engine, promoted: Path, sent: tuple[bytes, bytes]
) -> None:
    with TestClient(api.app):
        put(api.app.state.log, range(6000), sent)
    assert (len(stored(engine)), api.app.state.log.lost) == (6000, 0)


def test_an_answer_that_arrives_while_others_are_written_is_not_lost(
    engine: sa.Engine, sent: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, to_row = Log(), log.to_row

    def to_row_while_one_arrives(name: str, *answer: Any) -> dict[str, Any]:
        if name == "1":
            put(waiting, ["late"], sent)
        return to_row(name, *answer)

    monkeypatch.setattr(log, "to_row", to_row_while_one_arrives)
    put(waiting, [1, 2], sent)
    waiting.write()
    assert {row["id"] for row in stored(engine)} == {"1", "2", "late"}


def test_two_services_on_one_log_lose_nothing(engine: sa.Engine, sent: tuple[bytes, bytes]) -> None:
    logs = [Log(), Log()]
    for at, each in enumerate(logs):
        put(each, range(at * 2000, at * 2000 + 2000), sent)
    threads = [Thread(target=each.write) for each in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored(engine)) == 4000


def test_a_database_that_is_away_costs_only_what_exceeds_the_queue(
    engine: sa.Engine,
    sent: tuple[bytes, bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(log, "WAITING", 10)
    waiting = Log()
    with monkeypatch.context() as patch:
        patch.setenv("PREDICTOR_LOG", "sqlite:////nowhere/log.db")
        put(waiting, range(12), sent)
        waiting.write()
        waiting.write()
    assert [each.levelno for each in caplog.records] == [logging.ERROR]
    assert "10 answers wait, 2 are lost" in caplog.text
    waiting.write()
    assert (len(stored(engine)), waiting.lost) == (10, 2)


def test_a_full_disk_fails_no_prediction_and_loses_nothing_that_can_wait(
    engine: sa.Engine, sent: tuple[bytes, bytes]
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("only SQLite can be told how much room there is")
    sa.event.listen(engine, "connect", lambda it, _: it.execute("PRAGMA max_page_count = 1"))
    engine.dispose()
    waiting = Log()
    waiting.engine = engine
    put(waiting, range(500), sent)
    waiting.write()
    assert (len(waiting.waiting), stored(engine)) == (500, [])
    waiting.engine = connect()
    waiting.write()
    assert (len(waiting.waiting), len(stored(engine))) == (0, 500)


def test_a_repeated_write_stores_an_answer_once(
    engine: sa.Engine, sent: tuple[bytes, bytes]
) -> None:
    waiting = Log()
    for _ in range(2):
        put(waiting, ["same"], sent)
        waiting.write()
    assert (len(stored(engine)), len(waiting.waiting)) == (1, 0)


@pytest.mark.skipif(not synthetic.FREE, reason="no column holds any text")
def test_a_nul_in_a_text_which_postgresql_refuses_is_stored_as_another_sign(
    engine: sa.Engine, example: dict[str, Any], sent: tuple[bytes, bytes]
) -> None:
    waiting, name = Log(), synthetic.FREE[0]
    put(waiting, ["nul"], (json.dumps(example | {name: "a\0"}).encode(), sent[1]))
    waiting.write()
    assert stored(engine)[0][log.COLUMNS[name]] == "a\ufffd"


def test_a_number_that_is_too_large_for_an_integer_is_stored(engine: sa.Engine) -> None:
    table = sa.Table("numbers", sa.MetaData(), sa.Column("number", log.TYPES[int]))
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        connection.execute(sa.insert(table), [{"number": 10**30}])
        assert connection.scalar(sa.select(table.c.number)) == 1e30
        table.drop(connection)


def test_an_older_log_is_migrated_by_a_command(
    engine: sa.Engine, sent: tuple[bytes, bytes]
) -> None:
    column = next(iter(log.COLUMNS.values()))
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE answers DROP COLUMN {column}")
    with pytest.raises(
        PredictorError, match=rf"lacks answers\.{column}: run `uv run predictor migrate`"
    ):
        connect()
    connect(migrate=True)
    waiting = Log()
    put(waiting, ["new"], sent)
    waiting.write()
    assert stored(engine)[0][column] is not None


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////nowhere/x.db"])
def test_a_log_that_cannot_be_opened_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PREDICTOR_LOG", url)
    with pytest.raises(PredictorError, match="The prediction log cannot be opened: "):
        connect()


def test_labels_are_matched_by_id_and_the_newest_counts(
    client: TestClient, engine: sa.Engine, example: dict[str, Any]
) -> None:
    name = client.post("/predict", json=example).headers["x-prediction-id"]
    assert client.post("/labels", json={name: OTHER}).json() == {"stored": 1}
    assert client.post("/labels", json={name: LABEL}).json() == {"stored": 1}
    (row,) = stored(engine)
    assert (row["label"], row["labels"]) == (LABEL, 2)


def test_an_unknown_id_is_refused_and_nothing_is_stored(
    client: TestClient, engine: sa.Engine, example: dict[str, Any]
) -> None:
    name = client.post("/predict", json=example).headers["x-prediction-id"]
    response = client.post("/labels", json={name: LABEL, "unknown": LABEL})
    assert response.status_code == 404
    assert "1 of 2 ids belong to no answer in the log, such as 'unknown'" in response.text
    assert "predictor_unknown_labels_total" in client.get("/metrics").text
    assert [row["labels"] for row in stored(engine)] == [0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,valeu\n1,0\n", "must have the columns id and value, not .*valeu"),
        ("id,value,more\n1,0,0\n", "must have the columns id and value, not .*more"),
        *([("id,value\n1,[]\n", "cannot be read: ")] if synthetic.TARGET_TYPE is bool else []),
        ("", "cannot be read: "),
    ],
)
def test_a_bad_table_of_labels_is_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(PredictorError, match=message):
        log.read_labels(path)


def test_what_came_before_an_answer_was_written_is_matched(
    client: TestClient, engine: sa.Engine, example: dict[str, Any]
) -> None:
    names = [client.post("/predict", json=example).headers["x-prediction-id"] for _ in range(5)]
    assert client.post("/labels", json=dict.fromkeys(names, LABEL)).json() == {"stored": 5}
    assert {row["label"] for row in stored(engine)} == {LABEL}


def test_a_log_that_is_away_refuses_labels_and_answers_anyway(
    promoted: Path, example: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREDICTOR_LOG", "sqlite:////nowhere/log.db")
    with TestClient(api.app) as client:
        assert client.post("/predict", json=example).status_code == 200
        assert client.post("/labels", json={"1": LABEL}).status_code == 503
        assert "predictor_log_dropped_total" in client.get("/metrics").text


def test_a_refusal_and_a_rollback_are_incidents_whoever_ran_the_gate(
    promoted: Path, engine: sa.Engine
) -> None:
    finding = {"rule": "made up", "holds": False, "sentence": "no", "advice": ""}
    verdict = {"version": "7", "judged_before": 0, "promotes": False, "findings": [finding]}
    VERDICT.write_text(json.dumps(verdict))
    champions.append(champions.history()[-1]._replace(action=champions.ROLLED_BACK, why="slow"))
    for _ in range(2):
        found = [(each["kind"], each["part"], each["outcome"]) for each in incidents.read(engine)]
        assert found == [
            ("refusal", "version 7", "open"),
            ("rollback", "version 1", "rolled back"),
        ]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_failed_reload_is_an_incident_from_which_a_post_mortem_begins(
    client: TestClient, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree("docs", ignore_errors=True)
    monkeypatch.setattr(api.app.state, "failed_reloads", 2)
    wait_until(lambda: len(incidents.read(engine)) == 1)
    (found,) = incidents.read(engine)
    assert found["kind"] == "failed reload"
    assert found["evidence"].startswith("2 since the start at 20")
    page = incidents.begin_post_mortem(engine, found["number"]).read_text(encoding="utf-8")
    assert "Evidence: 2 since the start at 20" in page
    with pytest.raises(PredictorError, match="exists already"):
        incidents.begin_post_mortem(engine, found["number"])
