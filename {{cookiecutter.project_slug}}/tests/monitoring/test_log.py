import json
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import synthetic
from fastapi.testclient import TestClient
from starlette.datastructures import State

from predictor import api
from predictor.errors import PredictorError
from predictor.monitoring import incidents, labels, log, writer
from predictor.monitoring.log import answers, connect, now
from predictor.monitoring.writer import OUTPUT, Writer
from predictor.schema import TARGET, Row

pytest_plugins = ["logged"]

LABEL: Any = synthetic.table(20)[TARGET].tolist()[0]


@pytest.fixture
def sent(example: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return the bodies of a request and its response."""
    answer = {OUTPUT: 0.25, "decision": True, "model_version": "1"}
    return json.dumps(example).encode(), json.dumps(answer).encode()


def stored(engine: sa.Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(each) for each in connection.execute(sa.select(answers)).mappings()]


def put(service: Writer, names: Iterable[object], sent: tuple[bytes, bytes]) -> None:
    for name in names:
        service.put(str(name), now(), *sent)


def test_an_answer_is_logged_with_its_id_and_its_row(
    client: TestClient, engine: sa.Engine, example: dict[str, Any]
) -> None:
    response = client.post("/predict", json=example)
    api.app.state.log.write()
    (row,) = stored(engine)
    assert row["id"] == response.headers["x-prediction-id"]
    assert Row.model_validate(row["row"], strict=False) == Row.model_validate(example, strict=False)
    assert row["output"] == response.json()[OUTPUT]
    assert (row["version"], (now() - row["time"]).total_seconds() < 60) == ("1", True)


def test_a_rejected_request_is_not_logged(client: TestClient, engine: sa.Engine) -> None:
    assert client.post("/predict", json={}).status_code == 422
    api.app.state.log.write()
    assert stored(engine) == []


def test_a_personal_column_is_not_stored(
    engine: sa.Engine, sent: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = next(iter(Row.model_fields))
    monkeypatch.setattr(writer, "PERSONAL", {name})
    assert name not in writer.record("1", now(), *sent)["row"]


def test_a_stop_writes_everything(engine: sa.Engine, sent: tuple[bytes, bytes]) -> None:
    service = Writer(State({"failed_reloads": 0}))
    service.start()
    put(service, range(6000), sent)
    service.stop()
    assert (len(stored(engine)), service.lost) == (6000, 0)


def test_an_answer_that_arrives_while_others_are_written_is_not_lost(
    engine: sa.Engine, sent: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, record = Writer(State({"failed_reloads": 0})), writer.record

    def record_while_one_arrives(name: str, *answer: Any) -> dict[str, Any]:
        if name == "1":
            put(service, ["late"], sent)
        return record(name, *answer)

    monkeypatch.setattr(writer, "record", record_while_one_arrives)
    put(service, [1, 2], sent)
    service.write()
    assert {row["id"] for row in stored(engine)} == {"1", "2", "late"}


def test_two_services_on_one_log_lose_nothing(engine: sa.Engine, sent: tuple[bytes, bytes]) -> None:
    writers = [Writer(State({"failed_reloads": 0})), Writer(State({"failed_reloads": 0}))]
    for at, service in enumerate(writers):
        service.start()
        put(service, range(at * 2000, at * 2000 + 2000), sent)
    for service in writers:
        service.stop()
    assert len(stored(engine)) == 4000


def test_a_database_that_is_away_costs_only_what_exceeds_the_queue(
    engine: sa.Engine,
    sent: tuple[bytes, bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(writer, "WAITING", 10)
    service = Writer(State({"failed_reloads": 0}))
    with monkeypatch.context() as patch:
        patch.setenv("PREDICTOR_LOG", "sqlite:////nowhere/log.db")
        put(service, range(12), sent)
        service.write()
        service.write()
    assert [each.levelno for each in caplog.records] == [logging.ERROR]
    assert "10 answers wait, 2 are lost" in caplog.text
    service.write()
    assert (len(stored(engine)), service.lost) == (10, 2)


def test_a_full_disk_fails_no_prediction_and_loses_nothing_that_can_wait(
    engine: sa.Engine, sent: tuple[bytes, bytes]
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("only SQLite can be told how much room there is")
    sa.event.listen(engine, "connect", lambda it, _: it.execute("PRAGMA max_page_count = 30"))
    service = Writer(State({"failed_reloads": 0}))
    service.engine = engine
    put(service, range(500), sent)
    service.write()
    assert (len(service.waiting), stored(engine)) == (500, [])
    service.engine = connect()
    service.write()
    assert (len(service.waiting), len(stored(engine))) == (0, 500)


def test_a_repeated_write_stores_an_answer_once(
    engine: sa.Engine, sent: tuple[bytes, bytes]
) -> None:
    service = Writer(State({"failed_reloads": 0}))
    for _ in range(2):
        put(service, ["same"], sent)
        service.write()
    assert len(stored(engine)) == 1


def test_an_older_log_is_migrated_by_a_command(
    engine: sa.Engine, sent: tuple[bytes, bytes]
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE answers DROP COLUMN decision")
    sentence = r"older \(answers\.decision\): run `uv run predictor migrate`"
    with pytest.raises(PredictorError, match=sentence):
        connect()
    connect(migrate=True)
    service = Writer(State({"failed_reloads": 0}))
    put(service, ["new"], sent)
    service.write()
    assert stored(connect())[0]["decision"] is True


@pytest.mark.parametrize("url", ["nonsense", "oracle://x", "sqlite:////nowhere/x.db"])
def test_a_log_that_cannot_be_opened_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PREDICTOR_LOG", url)
    with pytest.raises(PredictorError, match="The prediction log cannot be opened: "):
        connect()


def test_labels_are_matched_by_id_and_the_newest_counts(
    client: TestClient, example: dict[str, Any]
) -> None:
    name = client.post("/predict", json=example).headers["x-prediction-id"]
    assert client.post("/labels", json={name: LABEL}).json() == {"new": 1, "repeated": 0}
    assert client.post("/labels", json={name: LABEL}).json() == {"new": 0, "repeated": 1}


def test_an_unknown_id_is_refused_and_nothing_is_stored(
    client: TestClient, engine: sa.Engine, example: dict[str, Any]
) -> None:
    name = client.post("/predict", json=example).headers["x-prediction-id"]
    response = client.post("/labels", json={name: LABEL, "unknown": LABEL})
    assert response.status_code == 404
    assert "1 of 2 ids belong to no answer in the log, such as 'unknown'" in response.text
    assert labels.known(engine, log.labels.c.id, [name]) == set()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,valeu\n1,0\n", "has no column 'value'; did you mean 'valeu'"),
        ("id,value\n1,[]\n", "id 1: "),
        ("", "cannot be read: "),
    ],
)
def test_a_bad_table_of_labels_is_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(text)
    with pytest.raises(PredictorError, match=message):
        labels.read(path)


def test_a_failed_reload_and_a_rollback_are_incidents(
    client: TestClient, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree("docs", ignore_errors=True)
    monkeypatch.setattr(api.app.state, "failed_reloads", 2)
    api.app.state.log.write()
    api.app.state.log.write()
    (found,) = incidents.read(engine)
    assert (found["kind"], found["evidence"]) == ("failed reload", {"failed": 2})
    page = incidents.begin_post_mortem(engine, found["number"]).read_text(encoding="utf-8")
    assert "Evidence: {'failed': 2" in page
    with pytest.raises(PredictorError, match="exists already"):
        incidents.begin_post_mortem(engine, found["number"])
