"""`predictor replay`: the periods after the first model, asked from a running service.

The loop of labels, monitor, retraining, gate and reload acts; the first model, frozen, answers
the same rows beside it.
"""

import contextlib
import http.client
import io
import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
import typer
from pydantic import BaseModel
from ruamel.yaml import YAML

from predictor import data, params, paths, task
from predictor.bundle import MODEL, Bundle, checksum
from predictor.errors import PredictorError
from predictor.evaluate import evaluate
from predictor.features import CATEGORIES, KINDS, NUMBERS
from predictor.ingest import ingest
from predictor.models import LINEAR
from predictor.monitoring import incidents
from predictor.monitoring.api import LABELS
from predictor.monitoring.log import connect, now
from predictor.monitoring.monitor import Monitoring, NoAnswersError, monitor, parse
from predictor.monitoring.retrain import THROUGH, period, retrain
from predictor.monitoring.writer import OUTPUT
from predictor.prepare import prepare
from predictor.promote import promote
from predictor.schema import TARGET, TIME, Row
from predictor.train import train

FROZEN, STATE, CHECKS = Path("frozen"), Path("state.json"), 2  # checks: monitor runs in a period
Post = Callable[[str, str], tuple[int, str, Any]]  # path and body; status, id and content
FIELDS = {field.alias or name: field for name, field in Row.model_fields.items()}
AMOUNTS = [name for name in NUMBERS if KINDS[name] is not bool]
OPTIONAL = [name for name in AMOUNTS if not FIELDS[name].is_required()]
FREE = [name for name in CATEGORIES if FIELDS[name].annotation in (str, str | None)]
TABLE_FAULTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "missing": lambda rows: rows.assign(**{OPTIONAL[0]: np.nan}),
    "unit": lambda rows: rows.assign(**{AMOUNTS[0]: rows[AMOUNTS[0]] * 1.609}),
    "category": lambda rows: rows.assign(
        **{FREE[0]: rows[FREE[0]].mask(rows.index % 4 == 0, "new")}
    ),
    "population": lambda rows: rows[rows[AMOUNTS[0]] >= rows[AMOUNTS[0]].quantile(0.5)],
    "labels": lambda rows: rows.assign(**{TARGET: _swapped(rows[TARGET])}),
}
FAULTS = (*TABLE_FAULTS, "candidate", "tracking")


class Period(BaseModel):
    """What happened in a period; `alarms` are the rows asked before each alarm."""

    name: str
    since: datetime
    rows: int
    rejected: dict[str, int] = {}  # requests that did not fit the schema, by column
    frozen: dict[str, float] = {}
    loop: dict[str, float] = {}
    alarms: dict[str, int] = {}
    action: str = ""


class State(BaseModel):
    """`state.json`, with which an interrupted replay continues after the last whole period."""

    periods: list[Period] = []
    pending: list[tuple[str, str, Any]] = []  # labels to come: when, id, value


def replay(fault: str = "", start: str = "", *, full: bool = False) -> tuple[str, list[Period]]:
    """Play all periods in `build/replay/NAME`, and return NAME and what happened."""
    if not TIME:
        raise PredictorError("There is no time column in schema.py, so nothing can be replayed.")
    if fault not in ("", *FAULTS):
        raise PredictorError(f"There is no fault {fault!r}; choose from: {', '.join(FAULTS)}.")
    limits, rows = params.read(Monitoring), data.read()
    names = sorted(period(rows).unique())[limits.replay_periods :]
    start = start or names[min(1, len(names) - 1)]
    if start not in names:
        raise PredictorError(f"--start must be one of {', '.join(names)}, got {start!r}.")
    name = f"{fault}-{start}" if fault else "full" if full else "replay"
    folder = Path("build/replay", name)
    folder.mkdir(parents=True, exist_ok=True)
    for path in (paths.PARAMS, paths.README):
        if not (folder / path).exists():
            shutil.copyfile(path, folder / path)
    os.environ["PREDICTOR_LOG"] = "sqlite:///predictions.db"
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    logging.getLogger("predictor").setLevel(logging.ERROR)
    with contextlib.chdir(folder), contextlib.redirect_stderr(io.StringIO()):
        player = Player(rows, None if full else limits.replay_rows, fault, start)
        with typer.progressbar(length=len(player.rows), label="replay") as bar:
            player.advance = bar.update
            player.train_first()
            with serving() as post:
                return name, player.play(names, post)


def _swapped(target: pd.Series) -> pd.Series:
    values = sorted(target.unique())
    return target.map(dict(zip(values, reversed(values), strict=True))).astype(target.dtype)


class Player:
    """Plays periods in the working directory; with a fault, from the period `start` on."""

    def __init__(self, rows: pd.DataFrame, sample: int | None, fault: str, start: str) -> None:
        self.truth, self.fault, self.start, self.sample = rows[TARGET], fault, start, sample
        self.advance: Callable[[int], None] = lambda _: None
        self.state = State.model_validate_json(STATE.read_bytes()) if STATE.exists() else State()
        if fault in TABLE_FAULTS:
            is_faulty = period(rows) >= start
            try:
                rows = pd.concat([rows[~is_faulty], TABLE_FAULTS[fault](rows[is_faulty])])
            except IndexError:
                raise PredictorError(
                    f"No column of schema.py can have the fault {fault}."
                ) from None
        if sample:
            mixed = rows.sample(frac=1, random_state=0)
            rows = mixed.groupby(period(mixed)).head(sample).sort_values(str(TIME), kind="stable")
        self.rows = rows
        data.read = lambda: rows.reset_index(drop=True)  # for the stage `ingest`

    def train_first(self) -> None:
        """Train and promote the first model, and keep a copy of it."""
        if FROZEN.exists():
            return
        first = sorted(period(self.rows).unique())[params.read(Monitoring).replay_periods - 1]
        text = THROUGH.sub(rf"\g<1>{first}", paths.PARAMS.read_text(encoding="utf-8"))
        if self.sample:  # too few rows for anything but the linear model
            text = re.sub(r"(?m)^(  model: )\S+", rf"\g<1>{LINEAR}", text)
        paths.write_text(paths.PARAMS, text)
        self.stages(first)
        if not (verdict := promote()).promotes:
            broken = [str(each) for each in verdict.findings if not each.holds]
            raise PredictorError("\n".join(["The gate refused the first model:", *broken]))
        shutil.copytree(paths.CHAMPION, FROZEN)

    def stages(self, name: str) -> None:
        """Run the pipeline in this process, which is quicker than `dvc repro`."""
        for stage in (ingest, prepare, train, evaluate):
            stage()
        if self.fault == "candidate" and name >= self.start:
            (paths.CANDIDATE / MODEL).write_bytes(b"broken")
        deps = [{"path": "data.json", "md5": checksum(paths.DATA_VERSION.read_bytes())}]
        stages = {"prepare": {"deps": []}, "train": {"deps": deps, "params": {"params.yaml": {}}}}
        YAML(typ="safe").dump({"stages": stages}, paths.LOCK)

    def play(self, names: list[str], post: Post) -> list[Period]:
        """Play each period: ask and label its rows, then retrain if a rule fires."""
        engine, played = connect(), self.state.periods
        self.advance(sum(each.rows for each in played))
        for name in names[len(played) :]:
            found = self.ask(engine, name, self.rows[period(self.rows) == name], post)
            found.action = self.act(engine, found, post)
            played.append(found)
            paths.write_text(STATE, self.state.model_dump_json(indent=1))
        return played

    def ask(self, engine: sa.Engine, name: str, rows: pd.DataFrame, post: Post) -> Period:
        """Ask all rows in order; from time to time, send labels and run the monitor."""
        played, answers = Period(name=name, since=now(), rows=len(rows)), dict[Any, Any]()
        form: Any = {"orient": "records", "lines": True, "date_format": "iso"}
        bodies = rows[[*KINDS]].to_json(double_precision=15, **form).splitlines()
        delay = pd.Timedelta(days=params.read(Monitoring).replay_label_days)
        for chunk in np.array_split(np.arange(len(rows)), CHECKS):
            for i in chunk:
                status, id_, content = post("/predict", bodies[i])
                if status == 200:
                    answers[rows.index[i]] = content[OUTPUT]
                    due = str(rows[TIME].iloc[i] + delay)
                    self.state.pending.append((due, id_, rows[TARGET].iloc[i].item()))
                else:
                    for each in content.get("errors") or content["detail"]:
                        column = str(each["loc"][-1])
                        played.rejected[column] = played.rejected.get(column, 0) + 1
            self.advance(len(chunk))
            self.check(engine, played, str(rows[TIME].iloc[chunk[-1]]), int(chunk[-1]) + 1, post)
        kept, frozen = rows.loc[[*answers]], Bundle.load(FROZEN)
        truth, problem = task.truth(self.truth[kept.index]), frozen.metadata.problem
        played.frozen = task.metrics(truth, frozen.predict(kept), problem)
        played.loop = task.metrics(truth, parse(answers.values()), problem)
        return played

    def check(self, engine: sa.Engine, played: Period, today: str, asked: int, post: Post) -> None:
        """Send the labels that are due, and note the first time of each alarm."""
        arrived = [(id_, value) for due, id_, value in self.state.pending if due <= today]
        self.state.pending = [each for each in self.state.pending if each[0] > today]
        for start in range(0, len(arrived), LABELS):
            post("/labels", json.dumps(dict(arrived[start : start + LABELS])))
        raised = [f"rejected {column}" for column in played.rejected]
        for column, number in played.rejected.items():
            incidents.record(engine, "rejected", column, {"rows": number, "of": asked})
        with contextlib.suppress(NoAnswersError):
            raised += [f"{kind} {part}" for kind, part, _ in monitor(engine, played.since).alarms]
        played.alarms = {**dict.fromkeys(raised, asked), **played.alarms}

    def act(self, engine: sa.Engine, played: Period, post: Post) -> str:
        """Retrain if a rule fires, wait for the reload, and return what happened."""
        before, name = Bundle.load(paths.CHAMPION).version, played.name
        if self.fault == "tracking" and name >= self.start:
            os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
        try:
            code = retrain(engine, name, lambda: self.stages(name), played.since)
        except PredictorError as error:
            return f"error: {error}"
        after = Bundle.load(paths.CHAMPION).version
        for _ in range(300):
            if post("/health/ready", "")[2]["model_version"] == after:
                break
            time.sleep(0.2)
        return "refused" if code else "promoted" if after != before else "nothing"


@contextlib.contextmanager
def serving() -> Iterator[Post]:
    """Run the service on a free port, and return a function that asks it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("--port", str(port), "--log-level", "warning", "--timeout-keep-alive", "3600")
    command = [sys.executable, "-m", "uvicorn", "predictor.api:app", *options]
    environment = {name: value for name, value in os.environ.items() if "API_KEYS" not in name}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(path: str, body: str) -> tuple[int, str, Any]:
        kind = {"Content-Type": "application/json"}
        connection.request("POST" if body else "GET", path, body or None, kind)
        response = connection.getresponse()
        return response.status, response.headers.get("x-prediction-id", ""), json.load(response)

    with Path("service.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                if post("/health/ready", "")[0] == 200:
                    break
            connection.close()
            time.sleep(0.2)
        yield post
    finally:
        process.terminate()
        process.wait()
