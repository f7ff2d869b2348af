"""Play the later periods against a running service, with the first model, frozen, beside it."""

import contextlib
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pandas as pd
import typer
import uvicorn
from matplotlib import style
from matplotlib.figure import Figure
from pydantic import BaseModel, NonNegativeInt, PositiveInt
from ruamel.yaml import YAML

from predictor import data, evaluate, ingest, params, paths, prepare, task, train
from predictor.bundle import MODEL, Bundle, checksum
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, KINDS, NUMBERS
from predictor.models import LINEAR
from predictor.monitoring import incidents, log
from predictor.monitoring.monitor import TIME, monitor, to_outputs
from predictor.monitoring.retrain import PERIOD, THROUGH, retrain
from predictor.promote import promote
from predictor.schema import TARGET

FROZEN, JSON = Path("frozen"), {"Content-Type": "application/json"}
FLOATS = [name for name in NUMBERS if KINDS[name] is float]
OPTIONAL = [name for name in FLOATS if not log.FIELDS[name].is_required()]
FREE = [name for name in CATEGORIES if log.FIELDS[name].annotation in (str, str | None)]


def _swap(values: pd.Series) -> pd.Series:
    names = sorted(values.unique())
    return values.map(dict(zip(names, reversed(names), strict=True)))


# Faults in the first of some columns, and what happens to its values.
COLUMN_FAULTS: dict[str, tuple[list[str], Callable[[pd.Series], pd.Series]]] = {
    "missing": (OPTIONAL, lambda values: values * float("nan")),
    "unit": (FLOATS, lambda values: values * 1.609),  # miles become kilometres
    "category": (FREE, lambda values: values.mask(values.index % 4 == 0, "new")),
    "population": (FLOATS, lambda values: values[values >= values.median()]),
    "labels": ([TARGET], _swap),
}


class Replay(BaseModel, frozen=True, extra="forbid"):
    """How much is played, and how late the labels are."""

    periods: PositiveInt
    rows: PositiveInt
    label_days: NonNegativeInt


class Period(BaseModel):
    """What happened in a period; `alarms` are the rows asked before each alarm."""

    name: str
    since: datetime
    rows: int
    scores: dict[str, dict[str, float]]  # of the first model, `frozen`, and of the `loop`
    alarms: dict[str, int]
    pending: list[tuple[str, str, Any]]  # labels to come: when, id, value
    action: str = ""  # empty until the end of the period


def replay(fault: str | None = None, start: str = "", *, full: bool = False) -> Path:
    """Play all periods in `build/replay/NAME`, and write `reports/replay/NAME.md`."""
    if not TIME:
        raise PredictorError("There is no time column in schema.py, so nothing can be replayed.")
    limits, rows = params.read(Replay), data.read()
    names = sorted(rows[TIME].dt.strftime(PERIOD).unique())
    first, names = names[: limits.periods][-1], names[limits.periods :]
    start = start or "".join((names[1:] or names)[:1])
    if start not in names:
        raise PredictorError(f"--start {start!r} is not one of the played periods: {names}.")
    name = ("full" if full else "sample") + (f"-{fault}-{start}" if fault else "")
    folder = Path("build/replay", name)
    if not folder.exists():
        folder.mkdir(parents=True)
        for path in (paths.PARAMS, paths.README, "pyproject.toml"):
            shutil.copyfile(path, folder / path)
    for setting in ("PREDICTOR_LOG", "MLFLOW_TRACKING_URI", "PREDICTOR_API_KEYS"):
        os.environ.pop(setting, None)
    logging.disable(logging.WARNING)  # also what the service logs
    with contextlib.chdir(folder), serving() as client:
        player = Player(client, rows, fault, start, 0 if full else limits.rows)
        player.train_first(first)
        with typer.progressbar(names, label="replay") as bar:
            played = [player.play(each) for each in bar]
    return write_page(name, played)


class Player:
    """Plays a `sample` of each period, 0 for all rows, with a fault from the period `start` on."""

    def __init__(
        self, client: httpx2.Client, rows: pd.DataFrame, fault: str | None, start: str, sample: int
    ) -> None:
        self.client, self.engine = client, log.connect()
        self.truth, self.fault, self.start, self.sample = rows[TARGET], fault, start, sample
        self.delay = pd.Timedelta(days=params.read(Replay).label_days)
        self.pending: list[tuple[str, str, Any]] = []
        self.periods = rows[TIME].dt.strftime(PERIOD)
        if fault in COLUMN_FAULTS:
            columns, change = COLUMN_FAULTS[fault]
            if not columns:
                raise PredictorError(f"No column of schema.py can have the fault {fault!r}.")
            values = change(rows.loc[self.periods >= start, columns[0]])
            changed = rows.loc[values.index].assign(**{columns[0]: values})
            rows = pd.concat([rows[self.periods < start], changed])
        if sample:
            mixed = rows.sample(frac=1, random_state=0)
            rows = mixed.groupby(self.periods).head(sample).sort_values(TIME, kind="stable")
        self.rows = rows
        data.read = lambda: rows.reset_index(drop=True)  # for the stage `ingest`

    def train_first(self, period: str) -> None:
        """Train and promote the first model, and keep a copy of it."""
        if FROZEN.exists():
            return
        text = THROUGH.sub(rf"\g<1>{period}", paths.PARAMS.read_text(encoding="utf-8"))
        if self.sample:  # too few rows for anything but the linear model
            text = re.sub(r"(?m)^(  model: )\S+", rf"\g<1>{LINEAR}", text)
        paths.write_text(paths.PARAMS, text)
        self.run_stages(period)
        if not promote().promotes:
            raise PredictorError(f"The gate refused the first model: see {Path.cwd()}/README.md.")
        shutil.copytree(paths.CHAMPION, FROZEN)

    def run_stages(self, period: str) -> None:
        """Run the pipeline in this process, which is quicker than `dvc repro`."""
        for stage in (ingest.ingest, prepare.prepare, train.train, evaluate.evaluate):
            stage()
        if self.fault == "candidate" and period >= self.start:
            (paths.CANDIDATE / MODEL).write_bytes(b"broken")
        deps = [{"path": "data.json", "md5": checksum(paths.DATA_VERSION.read_bytes())}]
        stages = {"prepare": {"deps": []}, "train": {"deps": deps, "params": {"params.yaml": {}}}}
        YAML(typ="safe").dump({"stages": stages}, paths.LOCK)

    def play(self, name: str) -> Period:
        """Ask the rows of a period and act at its end; do only what was not done before."""
        path = Path(f"{name}.json")
        found = Period.model_validate_json(path.read_bytes()) if path.exists() else self.ask(name)
        paths.write_text(path, found.model_dump_json(indent=1))
        self.pending, found.action = found.pending, found.action or self.act(found)
        paths.write_text(path, found.model_dump_json(indent=1))
        return found

    def ask(self, name: str) -> Period:
        """Ask all rows in order; twice, send the labels that are due and run the monitor."""
        champion = Bundle.load(paths.CHAMPION).version
        while self.client.get("/health/ready").json().get("model_version") != champion:
            time.sleep(0.2)  # the service follows a promotion
        rows, since = self.rows[self.periods[self.rows.index] == name], log.now()
        outputs, alarms = dict[Any, Any](), dict[str, int]()
        bodies = rows[[*KINDS]].to_json(orient="records", lines=True, date_format="iso")
        due, labels = (rows[TIME] + self.delay).astype(str), rows[TARGET].tolist()
        for i, (at, body) in enumerate(zip(rows.index, bodies.splitlines(), strict=True)):
            response = self.client.post("/predict", content=body)
            if response.status_code == 200:
                outputs[at] = response.json()[log.OUTPUT]
                self.pending.append((due[at], response.headers["x-prediction-id"], labels[i]))
            else:
                for error in response.json().get("errors") or response.json()["detail"]:
                    part = str(error["loc"][-1])
                    alarms.setdefault(f"rejected {part}", i + 1)
                    incidents.record(self.engine, "rejected", part, "rows do not fit schema.py")
            if i + 1 in (len(rows) // 2, len(rows)):
                self.send_labels(until=str(rows[TIME][at]))
                for kind, part, _ in monitor(self.engine, since):
                    alarms.setdefault(f"{kind} {part}", i + 1)
        frozen, kept = Bundle.load(FROZEN), rows.loc[[*outputs]]
        truth, problem = task.truth(self.truth[kept.index]), frozen.metadata.problem
        models = {"frozen": frozen.predict(kept), "loop": to_outputs(outputs.values())}
        both = {model: task.metrics(truth, each, problem) for model, each in models.items()}
        return Period(
            name=name, since=since, rows=len(kept), scores=both, alarms=alarms, pending=self.pending
        )

    def send_labels(self, until: str) -> None:
        """Send the labels that are due."""
        arrived = [(id_, label) for due, id_, label in self.pending if due <= until]
        self.pending = [each for each in self.pending if each[0] > until]
        for first in range(0, len(arrived), log.BATCH):
            labels = dict(arrived[first : first + log.BATCH])
            self.client.post("/labels", json=labels).raise_for_status()

    def act(self, played: Period) -> str:
        """Retrain if a rule fires, and return what happened."""
        before, name = Bundle.load(paths.CHAMPION).version, played.name
        if self.fault == "tracking" and name >= self.start:
            os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
        try:
            code = retrain(self.engine, name, lambda: self.run_stages(name), played.since)
        except PredictorError as error:
            return f"error: {error}"
        after = Bundle.load(paths.CHAMPION).version
        return "refused" if code else "promoted" if after != before else "nothing"


@contextlib.contextmanager
def serving() -> Iterator[httpx2.Client]:
    """Run the service in a thread, and yield a client."""
    server = uvicorn.Server(uvicorn.Config("predictor.api:app", port=0, log_level="error"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.1)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        with httpx2.Client(base_url=url, headers=JSON, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def write_page(name: str, played: list[Period]) -> Path:
    """Write five sentences, a chart and a table about a replay to `reports/replay`."""
    metrics = [task.HEADLINE, "brier" if "brier" in task.TITLES else task.LOSS]
    path = paths.REPORTS / "replay" / f"{name}.md"
    table = pd.json_normalize([each.model_dump() for each in played]).set_index("name")
    weights = table["rows"] / table["rows"].sum()
    means = table.filter(like="scores.").mul(weights, axis=0).sum()
    found = {"name": name, "played": played, "metrics": metrics, "means": means}
    incidents.write_page(path, "replay/templates/replay.md", found)
    with style.context("predictor.plots"):
        figure = Figure(figsize=(9, 6))
        for axes, metric in zip(figure.subplots(2, 1, sharex=True), metrics, strict=True):
            ours, theirs = table[f"scores.loop.{metric}"], table[f"scores.frozen.{metric}"]
            axes.plot(theirs, "o-", color="C1", label="first model, frozen")
            axes.plot(ours, "o-", color="C0", linewidth=2.5, label="with the loop")
            axes.set_title(task.TITLES[metric].replace("(lower)", "(lower is better)"), loc="left")
        ticks = [f"{it.name}\n{it.action[:8]}\n{len(it.alarms)} alarms" for it in played]
        axes.set_xticks(table.index, ticks)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=2)
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    return path
