"""`predictor retrain`: take in what has arrived, and train and promote if a rule fires."""

import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
from filelock import FileLock, Timeout

from predictor import champions, data, params, paths, schema
from predictor.errors import PredictorError
from predictor.monitoring import incidents
from predictor.monitoring.log import now
from predictor.monitoring.monitor import Monitoring, NoAnswersError, monitor
from predictor.promote import promote
from predictor.schema import TIME

logger = logging.getLogger(__name__)

REFUSED, BUSY = 3, 4  # exit codes; 0 is promoted, or nothing to do
LOCK, REPORT = Path("build/retrain.lock"), paths.REPORTS / "retraining.md"
THROUGH = re.compile(r"^(  through: *)\S+", re.MULTILINE)


def period(rows: pd.DataFrame) -> pd.Series:
    """Return the period of each row, as in `ingest.through`."""
    periods: pd.Series = rows[TIME].dt.strftime(vars(schema)["PERIOD"])
    return periods


def repro() -> None:
    """Run the pipeline, or raise PredictorError with the sentence of the stage that failed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "dvc", "repro"]
    environment = os.environ | {"PATH": path}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
    if done.returncode:
        raise PredictorError(f"dvc repro failed: {done.stdout.rpartition('error: ')[2].strip()}")


def retrain(
    engine: sa.Engine,
    through: str = "",
    run: Callable[[], None] = repro,
    since: datetime | None = None,
) -> int:
    """Act if a rule fires, say what was done and why, and return the exit code."""
    LOCK.parent.mkdir(exist_ok=True)
    try:
        with FileLock(LOCK, timeout=0):
            return _act(engine, reasons(engine, since), through, run)
    except Timeout:
        logger.info("another retraining is running, so this one does nothing")
        return BUSY


def reasons(engine: sa.Engine, since: datetime | None = None) -> list[str]:
    """Return what fires: the alarms of the monitor, and the age of the champion."""
    found, days = [], params.read(Monitoring).age_days
    try:
        alarms = monitor(engine, since).alarms
        found = [f"{part}: {kind}: {numbers}" for kind, part, numbers in alarms]
        if "labels" in [part for _, part, _ in alarms]:
            raise PredictorError(f"Not trained, because labels may be wrong: {found[-1]}.")
    except NoAnswersError as error:
        logger.info("%s", error)
    promoted = datetime.fromisoformat(champions.history()[-1].when)
    if now() - promoted > timedelta(days=days):
        found.append(f"champion: age: promoted on {promoted:%F}, over {days} days ago")
    return found


def _act(engine: sa.Engine, why: list[str], through: str, run: Callable[[], None]) -> int:
    if not why:
        logger.info("no rule fires, so there is nothing to do")
        return 0
    before, champion = paths.PARAMS.read_text(encoding="utf-8"), champions.history()[-1].version
    if TIME and THROUGH.search(before):
        through = through or max(period(data.read()))
        paths.write_text(paths.PARAMS, THROUGH.sub(rf"\g<1>{through}", before))
    try:
        run()
        verdict = promote()
    except (PredictorError, OSError) as error:
        paths.write_text(paths.PARAMS, before)
        incidents.record(engine, "error", "retraining", {"error": str(error)})
        raise
    findings = [f"{each.rule}: {each.sentence}" for each in verdict.findings if not each.holds]
    done = "refused" if findings else "kept" if verdict.version == champion else "promoted"
    outcome = f"the gate {done} version {verdict.version}"
    if findings:
        evidence = {"gate": "; ".join(findings)}
        incidents.record(engine, "refusal", f"version {verdict.version}", evidence)
    else:
        findings = [f"{each.rule}: {each.sentence}" for each in verdict.findings]
    incidents.close(engine, outcome)
    lines = ["What fired:", *why, f"Then {outcome}, because:", *findings]
    text = "\n".join(line if line.endswith(":") else f"- {line}" for line in lines)
    paths.write_text(REPORT, f"# Retraining\n\n{text}\n")
    logger.info("%s", text)
    return REFUSED if done == "refused" else 0
