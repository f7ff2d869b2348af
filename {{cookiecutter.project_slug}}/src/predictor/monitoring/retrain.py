"""`predictor retrain`: take in what has arrived, and train and promote if a rule fires."""

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from predictor import champions, data, params, paths, schema
from predictor.errors import PredictorError
from predictor.monitoring import incidents, log
from predictor.monitoring.monitor import TIME, Monitoring, monitor
from predictor.promote import promote

logger = logging.getLogger(__name__)

Run = Callable[[], None]
REFUSED, BUSY = 3, 4  # exit codes; 0 is promoted, or nothing to do
LOCK, REPORT = Path("build/retrain.lock"), paths.REPORTS / "retraining.md"
PERIOD = vars(schema).get("PERIOD", "")  # not there if rows have no time
THROUGH = re.compile(r"^(  through: *)\S+", re.MULTILINE)  # in params.yaml


def run_pipeline() -> None:
    """Run `dvc repro`."""
    if subprocess.run([sys.executable, "-m", "dvc", "repro"]).returncode:
        raise PredictorError("`dvc repro` failed; see above.")


def retrain(
    engine: sa.Engine, through: str = "", run: Run = run_pipeline, since: datetime | None = None
) -> int:
    """Act if a rule fires, say what was done and why, and return the exit code."""
    try:
        with FileLock(LOCK, timeout=0):
            if why := reasons(engine, since):
                return _act(engine, why, through, run)
    except Timeout:
        logger.info("another retraining is running, so this one does nothing")
        return BUSY
    logger.info("no rule fires, so there is nothing to do")
    return 0


def reasons(engine: sa.Engine, since: datetime | None = None) -> list[str]:
    """Return what fires: the alarms of the monitor, and the age of the champion."""
    alarms, days = monitor(engine, since), params.read(Monitoring).age_days
    found = [f"{part}: {kind}: {evidence}" for kind, part, evidence in alarms]
    if "labels" in [part for _, part, _ in alarms]:
        raise PredictorError(f"Not trained, because labels may be wrong: {found[-1]}")
    promoted = datetime.fromisoformat(champions.history()[-1].when)
    if promoted < log.now(days):
        found.append(f"champion: age: promoted on {promoted:%F}, over {days} days ago")
    return found


def _act(engine: sa.Engine, why: list[str], through: str, run: Run) -> int:
    before, champion = paths.PARAMS.read_text(encoding="utf-8"), champions.history()[-1].version
    if TIME:
        through = through or f"{data.read()[TIME].max():{PERIOD}}"
        paths.write_text(paths.PARAMS, THROUGH.sub(rf"\g<1>{through}", before))
    try:
        run()
        verdict = promote()
    except (PredictorError, OSError) as error:
        paths.write_text(paths.PARAMS, before)
        incidents.record(engine, "error", "retraining", str(error))
        raise
    action = "kept" if verdict.version == champion else "promoted"
    outcome = f"the gate {action if verdict.promotes else 'refused'} version {verdict.version}"
    incidents.read(engine)  # records a refusal
    with engine.begin() as connection:
        is_open = log.incidents.c.outcome == "open"
        connection.execute(sa.update(log.incidents).where(is_open).values(outcome=outcome))
    because = [each for each in verdict.findings if each.holds == verdict.promotes]
    found = {"why": why, "outcome": outcome, "because": because}
    page = incidents.write_page(REPORT, "monitoring/templates/retraining.md", found)
    logger.info(page.read_text(encoding="utf-8"))
    return 0 if verdict.promotes else REFUSED
