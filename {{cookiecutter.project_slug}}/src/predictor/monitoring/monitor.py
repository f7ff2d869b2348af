"""`predictor monitor`: the champion's answers in a window against training, and their quality."""

import json
import logging
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from pydantic import BaseModel, PositiveFloat, PositiveInt
from scipy.stats import false_discovery_control

from predictor import params, report, schema, split, task
from predictor.bundle import Bundle
from predictor.features import TIMES
from predictor.monitoring import incidents, statistics
from predictor.monitoring.log import COLUMNS, METRICS, answers, now
from predictor.paths import CHAMPION, PREPARED, write_text

logger = logging.getLogger(__name__)

TIME: Any = schema.TIME  # None if rows have none
SCORE = "model output"  # of several classes, the highest probability
SAMPLE, LABELLED = 100_000, 5_000  # rows of a window that are tested, and whose quality is measured
Alarm = tuple[str, str, str]  # kind, column or part, and evidence


class Monitoring(BaseModel, frozen=True, extra="forbid"):
    """What is an alarm, and how long the log is kept."""

    window_days: PositiveInt
    minimum_rows: PositiveInt
    level: params.Share
    psi: PositiveFloat
    effect: params.Share
    missing: params.Share
    new: params.Share
    loss: PositiveFloat
    age_days: PositiveInt
    retention_days: PositiveInt


def monitor(engine: sa.Engine, since: datetime | None = None) -> list[Alarm]:
    """Judge a window, write `reports/monitoring`, and return and record the alarms."""
    limits, champion = params.read(Monitoring), Bundle.load(CHAMPION)
    since, problem = since or now(limits.window_days), champion.metadata.problem
    window = (answers.c.version == champion.version) & (answers.c.time >= since)
    is_late = (answers.c.labelled >= since) & (answers.c.time < since)
    with engine.begin() as connection:
        connection.execute(sa.delete(answers).where(answers.c.time < now(limits.retention_days)))
        count = sa.select(sa.func.count()).select_from(answers)
        wanted = {"rows": window, "late": is_late, "ahead": answers.c.time > now(-1)}
        counts = {name: connection.scalar(count.where(wanted[name])) for name in wanted}
        # Ids are random, so the first ones are a random sample.
        sample = sa.select(answers).where(window).order_by(answers.c.id).limit(SAMPLE)
        rows = pd.read_sql(sample, connection)
    if rows.empty:
        logger.info("version %s has not answered since %s", champion.version, f"{since:%F %T}")
        return []
    labelled = rows[rows["labels"] > 0].head(LABELLED)
    found: dict[str, Any] = {
        "version": champion.version,
        "since": f"{since:%F %T}",
        "time": time.time(),
        **counts,
        "sample": len(rows),
        "labels": len(labelled),
        "repeated": int((labelled["labels"] > 1).sum()),
        "drift": _drift(rows, champion),
        "expected": statistics.expect(to_outputs(rows["output"])[:LABELLED], problem),
        "measured": _quality(labelled, problem) if len(labelled) >= limits.minimum_rows else {},
        "limits": limits.model_dump(),
    }
    found["alarms"] = _alarms(found, limits) if len(rows) >= limits.minimum_rows else []
    for alarm in found["alarms"]:
        incidents.record(engine, *alarm)
    write_text(METRICS.with_name("report.json"), json.dumps(found, indent=2) + "\n")
    for page in ("report.html", "metrics.prom"):
        incidents.write_page(METRICS.with_name(page), f"monitoring/templates/{page}", found)
    return list(found["alarms"])


def to_outputs(values: Iterable[Any]) -> task.Floats:
    """Return outputs as the log has them, shape (n_rows,) or (n_rows, n_classes)."""
    return np.array([[*each.values()] if isinstance(each, dict) else each for each in values])


def _scores(outputs: task.Floats) -> task.Floats:
    return outputs if outputs.ndim == 1 else outputs.max(axis=1)


def _drift(rows: pd.DataFrame, champion: Bundle) -> dict[str, dict[str, float]]:
    columns: dict[str, Any] = champion.reference["columns"]
    found, before = {}, champion.reference["rows"]
    for name in [each for each in COLUMNS if each not in TIMES]:
        found[name] = statistics.compare(rows[COLUMNS[name]], columns[name], before)
    if (path := PREPARED / "test.parquet").exists():  # the model was not fitted on these rows
        scores = _scores(champion.predict(pd.read_parquet(path)))
        edges = np.quantile(scores, np.linspace(0, 1, 21))
        up_to = [float((scores <= edge).mean()) for edge in edges]
        reference = {"missing": 0.0, "quantiles": edges, "up_to": up_to}
        now = pd.Series(_scores(to_outputs(rows["output"])))
        found[SCORE] = statistics.compare(now, reference, len(scores))
    # Benjamini and Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x
    corrected = false_discovery_control([each["p"] for each in found.values()])
    return {name: {**found[name], "p": float(p)} for name, p in zip(found, corrected, strict=True)}


def _quality(labelled: pd.DataFrame, problem: task.Problem) -> dict[str, list[float]]:
    truth, outputs = task.truth(labelled["label"]), to_outputs(labelled["output"])
    groups = np.arange(len(truth))
    if TIME in COLUMNS:
        groups = split.groups(labelled[[COLUMNS[TIME]]].set_axis([TIME], axis=1))[0]
    return statistics.measure(truth, outputs, problem, groups)


def _alarms(found: dict[str, Any], limits: Monitoring) -> list[Alarm]:
    raised = []
    for column, each in found["drift"].items():
        is_large = each["psi"] >= limits.psi and each["effect"] >= limits.effect
        if is_large and each["p"] < limits.level:
            raised.append(("drift", column, f"PSI {each['psi']:.2f}, effect {each['effect']:.2f}"))
        if each["missing"] - each["missing_before"] >= limits.missing:
            shares = f"{each['missing']:.0%} are missing, {each['missing_before']:.0%} in training"
            raised.append(("missing", column, shares))
        if each["new"] >= limits.new:
            raised.append(("new", column, f"{each['new']:.0%} of the values are unseen or outside"))
    before = report.read_evaluation(CHAMPION).model[task.LOSS]
    loss, auc = found["measured"].get(task.LOSS), found["measured"].get("roc_auc")
    if loss and loss[1] > before * (1 + limits.loss):
        raised.append(("quality", "model", f"{task.LOSS} {loss[0]:.4g}, in test {before:.4g}"))
    if auc and auc[2] < 0.5:
        raised.append(("quality", "labels", f"ROC AUC {auc[0]:.2f} is worse than chance: swapped?"))
    return [(kind, part, f"{text} ({found['sample']:,} rows)") for kind, part, text in raised]
