"""`predictor monitor`: the champion's answers in a window against training, and their quality."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from pydantic import BaseModel, NonNegativeInt, PositiveFloat, PositiveInt

from predictor import params, report, task
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.features import CATEGORIES, KINDS, TIMES
from predictor.monitoring import incidents, statistics
from predictor.monitoring.log import answers, labels, now, reports
from predictor.monitoring.statistics import Drift, Estimate, Reference
from predictor.monitoring.writer import PERSONAL
from predictor.params import Share
from predictor.paths import CHAMPION, RAW, REPORTS, write_text
from predictor.schema import TIME
from predictor.split import KEYS, Groups, groups

FOLDER = REPORTS / "monitoring"
SCORE = "score"  # the model's output; of several classes, the highest probability
NEWEST, LABELLED = 50_000, 5_000  # rows of a window that are enough
PAGE = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>Monitoring</title><style>body{{font:15px system-ui;max-width:60rem;margin:2rem auto}}
td,th{{padding:.2rem .7rem;text-align:right}}</style>
<h1>Version {version}: {rows:,} answers since {since:%Y-%m-%d %H:%M} UTC</h1>
<p>Labels: {labels}. {notes}</p><h2>Alarms</h2><ul>{alarms}</ul>
<h2>Columns</h2>{drift}<h2>Quality</h2>{quality}"""


class Monitoring(BaseModel, frozen=True, extra="forbid"):
    """What is an alarm, how long the log is kept, and how the replay plays."""

    window_days: PositiveInt
    minimum_rows: PositiveInt
    level: Share
    psi: PositiveFloat
    effect: Share
    missing: Share
    unseen: Share
    outside: Share
    loss: PositiveFloat
    age_days: PositiveInt
    late_days: PositiveInt
    retention_days: PositiveInt
    replay_periods: PositiveInt
    replay_rows: PositiveInt
    replay_label_days: NonNegativeInt


class Report(BaseModel):
    """`reports/monitoring/report.json`: one window of the champion's answers."""

    version: str
    since: datetime
    rows: int
    labels: dict[str, int] = {}  # all, those that came late, and repeatedly
    drift: list[Drift] = []
    quality: dict[str, Estimate] = {}
    expected: dict[str, float] = {}
    alarms: list[tuple[str, str, str]] = []  # kind, column or part, and the numbers
    gauges: list[tuple[str, str, float]] = []
    notes: list[str] = []


class NoAnswersError(PredictorError):
    """The champion has not answered in the window."""


def monitor(engine: sa.Engine, since: datetime | None = None) -> Report:
    """Judge a window, and keep the report and its alarms in the log.

    Raises:
        NoAnswersError: the champion has not answered in the window.
    """
    limits, champion = params.read(Monitoring), Bundle.load(CHAMPION)
    since = since or now() - timedelta(days=limits.window_days)
    table = window(engine, champion.version, since)
    if table.empty:
        raise NoAnswersError(f"Version {champion.version} has not answered since {since:%F %T}.")
    rows, outputs = pd.DataFrame([*table["row"]], columns=[*KINDS]), parse(table["output"])
    found = Report(version=champion.version, since=since, rows=len(table))
    columns, trained = rows.assign(**{SCORE: score(outputs)}), champion.reference["rows"]
    compared = [
        statistics.compare(name, columns[name], each, trained)
        for name, each in references(champion).items()
    ]
    found.drift = statistics.correct(compared)
    problem = champion.metadata.problem
    found.expected = statistics.expect(outputs[:LABELLED], problem)
    is_labelled = table["arrived"].notna().to_numpy().nonzero()[0]
    if len(is_labelled):
        newest = is_labelled[:LABELLED]
        found.labels = count_labels(table.iloc[is_labelled], limits)
        truth = task.truth(table["value"].iloc[newest])
        if len(truth) >= limits.minimum_rows and len(np.unique(truth)) > 1:
            similar = clusters(rows.iloc[newest])
            found.quality = statistics.quality(truth, outputs[newest], problem, similar)
    if found.rows < limits.minimum_rows:
        found.notes.append(f"no alarm with fewer than {limits.minimum_rows:,} answers")
    else:
        found.alarms = alarms(found, limits, report.read_evaluation(CHAMPION).model)
    found.gauges = gauges(found)
    keep(engine, found, limits)
    return found


def gauges(found: Report) -> list[tuple[str, str, float]]:
    """Return the numbers that `/metrics` shows: kind, column or part, and value."""
    return [
        ("time", "", time.time()),
        *(("psi", each.column, each.psi) for each in found.drift),
        *(("missing", each.column, each.missing) for each in found.drift),
        *(("quality", name, each[0]) for name, each in found.quality.items()),
        *((f"alarm {kind}", part, 1) for kind, part, _ in found.alarms),
    ]


def window(engine: sa.Engine, version: str, since: datetime) -> pd.DataFrame:
    """Return the newest answers of a version, with their labels, the newest first."""
    columns = (answers.c.row, answers.c.output, answers.c.time, labels.c.value, labels.c.times)
    query = (
        sa.select(*columns, labels.c.time.label("arrived"))
        .outerjoin_from(answers, labels, answers.c.id == labels.c.id)
        .where(answers.c.version == version, answers.c.time >= since)
        .order_by(answers.c.time.desc())
        .limit(NEWEST)
    )
    with engine.connect() as connection:
        found = connection.execute(query)
        return pd.DataFrame(found.all(), columns=[*found.keys()])


def references(champion: Bundle) -> dict[str, Reference]:
    """Return the training reference of each column, and of the score if the rows are here.

    Times are left out, because they always move on; columns that are not stored, too.
    """
    columns: dict[str, Reference] = champion.reference["columns"]
    found = {name: each for name, each in columns.items() if name not in {*TIMES, *PERSONAL}}
    paths, until = sorted(RAW.glob("*.parquet")), champion.metadata.trained_until
    if paths:
        rows = pd.concat(map(pd.read_parquet, paths))
        rows = rows[rows[TIME].dt.date <= until] if TIME and until else rows
        sample = rows.sample(min(len(rows), LABELLED), random_state=0)
        scores = score(champion.predict(sample)).quantile(statistics.LEVELS)
        found[SCORE] = {"missing": 0.0, "quantiles": scores.tolist()}
    return found


def parse(outputs: Iterable[Any]) -> task.Floats:
    """Return outputs as the log has them, shape (n_rows,) or (n_rows, n_classes)."""
    return np.array([[*each.values()] if isinstance(each, dict) else each for each in outputs])


def score(outputs: task.Floats) -> pd.Series:
    """Return one number for each output."""
    return pd.Series(outputs if outputs.ndim == 1 else outputs.max(axis=1))


def count_labels(table: pd.DataFrame, limits: Monitoring) -> dict[str, int]:
    """Count labels, those that came late, and those that replaced another one."""
    late = table["arrived"] - table["time"] > pd.Timedelta(days=limits.late_days)
    repeated = table["times"] > 1
    return {"all": len(table), "late": int(late.sum()), "repeated": int(repeated.sum())}


def clusters(rows: pd.DataFrame) -> Groups:
    """Return the groups of `split.py`, or each row if these need columns that are no features."""
    if not set(KEYS) <= KINDS.keys():
        return np.arange(len(rows)), "rows"
    return groups(rows.assign(**{name: pd.to_datetime(rows[name]) for name in TIMES}))


def alarms(found: Report, limits: Monitoring, before: dict[str, float]) -> list[Any]:
    """Return what exceeds the limits of params.yaml; `before` are the metrics on test rows."""
    raised: list[tuple[str, str, str]] = []
    for each in found.drift:
        column, gap = each.column, each.missing - each.missing_before
        if each.p < limits.level and each.psi >= limits.psi and each.effect >= limits.effect:
            raised.append(("drift", column, f"PSI {each.psi:.2f}, effect {each.effect:.2f}"))
        if each.p_missing < limits.level and gap >= limits.missing:
            shares = f"{each.missing:.0%} are missing, {each.missing_before:.0%} in training"
            raised.append(("missing", column, shares))
        if each.new >= (limits.unseen if column in CATEGORIES else limits.outside):
            raised.append(("unseen", column, f"{each.new:.0%} of the values are new"))
    loss, auc = found.quality.get(task.LOSS), found.quality.get("roc_auc")
    if loss and loss[1] > before[task.LOSS] * (1 + limits.loss):
        numbers = f"{task.LOSS} {loss[0]:.4g}, on the test rows {before[task.LOSS]:.4g}"
        raised.append(("quality", "model", numbers))
    if auc and auc[2] < 0.5:
        raised.append(("quality", "labels", f"ROC AUC {auc[0]:.2f} is worse than chance: swapped?"))
    return raised


def keep(engine: sa.Engine, found: Report, limits: Monitoring) -> None:
    """Store a report and its alarms, and delete what is older than the retention."""
    for kind, part, numbers in found.alarms:
        evidence = {"found": numbers, "rows": found.rows, "version": found.version}
        incidents.record(engine, kind, part, evidence)
    is_old = answers.c.time < now() - timedelta(days=limits.retention_days)
    with engine.begin() as connection:
        newest = connection.scalar(sa.select(sa.func.max(answers.c.time)))
        if newest > now() + timedelta(minutes=1):
            found.notes.append(
                f"answers are dated {newest:%F %T}, later than now: a clock went back"
            )
        connection.execute(sa.insert(reports), {"report": found.model_dump(mode="json")})
        old = labels.c.id.in_(sa.select(answers.c.id).where(is_old))
        connection.execute(sa.delete(labels).where(old))
        connection.execute(sa.delete(answers).where(is_old))


def write_page(found: Report) -> None:
    """Write the report as JSON and as HTML."""
    shown = "{:.4g} [{:.4g}, {:.4g}]"
    live = {name: {"live": shown.format(*each)} for name, each in found.quality.items()}
    for name, each in found.expected.items():
        live.setdefault(name, {})["expected"] = f"{each:.4g}"
    drift = pd.DataFrame(map(dict, found.drift)).sort_values("psi", ascending=False)
    limits = params.read(Monitoring)
    shaded = drift.style.hide().format(precision=3).bar(["psi"], vmin=0, vmax=5 * limits.psi)
    page = PAGE.format(
        **found.model_dump(exclude={"drift", "quality", "alarms"}),
        alarms="".join(f"<li>{escape(': '.join(alarm))}" for alarm in found.alarms) or "None",
        drift=shaded.to_html(),
        quality=pd.DataFrame(live).T.to_html(border=0, na_rep=""),
    )
    write_text(FOLDER / "report.json", found.model_dump_json(indent=2) + "\n")
    write_text(FOLDER / "report.html", page)
