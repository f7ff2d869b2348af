"""`predictor promote` and `predictor rollback`: which model is the champion.

Both first write the decision to `reports/champions.csv`, then update everything else. If a
command is killed in between, the next one completes it.
"""

import json
import logging
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from pydantic import BaseModel
from ruamel.yaml import YAML

from predictor import champions, params, parts, report, rules, task
from predictor.bundle import PROMOTION, Bundle, checksum
from predictor.champions import PROMOTED, ROLLED_BACK, Entry
from predictor.comparison import Difference, Evaluation, compare
from predictor.errors import PredictorError
from predictor.paths import CANDIDATE, CHAMPION, LOCK, PREPARED, REPORTS, SHOWN, VERDICT, write_text
from predictor.registry import Registry
from predictor.rules import Exam, Finding
from predictor.schema import TARGET
from predictor.split import groups

logger = logging.getLogger(__name__)


class Verdict(BaseModel):
    """`reports/verdict.json`; `judged_before` counts earlier candidates on these test rows."""

    version: str
    judged_before: int
    promotes: bool
    findings: list[Finding]


def promote() -> Verdict:
    """Judge the candidate, and make it the champion if every rule holds."""
    report.documents()  # fails now, not after the decision, if a document has no markers
    with TemporaryDirectory() as scratch:
        # Judge and register a copy: a new run could replace the candidate meanwhile.
        candidate, evaluation = copy_candidate(Path(scratch, "bundle"))
        test, recipe = pd.read_parquet(PREPARED / "test.parquet"), read_recipe()
        registry = Registry.connect(candidate.metadata.problem.name)
        update_all(registry)
        logger.info("registering the candidate, and judging it")
        tags = {"recipe": recipe, "test_version": evaluation.test_version}
        version = registry.register(candidate, tags)
        champion = compare_with_champion(candidate, evaluation, test)
        every = (*rules.RULES, *(rule for part in parts.find("rules") for rule in part.RULES))
        findings = [rule(Exam(candidate, recipe, evaluation, test, champion)) for rule in every]
    verdict = Verdict(
        version=version,
        judged_before=len(registry.versions(test_version=evaluation.test_version)) - 1,
        promotes=all(finding.holds for finding in findings),
        findings=findings,
    )
    if installed_recipe() != recipe:  # keep the verdict that made it the champion
        write_text(VERDICT, verdict.model_dump_json(indent=2) + "\n")
    if verdict.promotes:
        why, before = str(evaluation.differences[0]), str(verdict.judged_before)
        data = candidate.metadata.data_version
        if [each.recipe for each in champions.history()][-1:] != [recipe]:
            champions.append(Entry(version, PROMOTED, why, before, data, recipe))
        update_all(registry)
    elif not champions.history():
        refusal = report.render("refusal.jinja", evaluation=evaluation, findings=findings)
        report.write(dict.fromkeys(report.documents(), refusal))
    return verdict


def rollback(why: str = "") -> None:
    """Make the previous champion the champion again."""
    registry, history = Registry.connect(params.read(task.Problem).name), champions.history()
    if update_all(registry):
        logger.info("completed an interrupted change; run the command again to roll back")
        return
    if len(history) < 2:
        raise PredictorError("There is no previous champion to roll back to.")
    found = registry.versions(recipe=history[-2].recipe)
    if not found:
        raise PredictorError(f"The registry does not have version {history[-2].version}.")
    with TemporaryDirectory() as scratch:
        # Raises if it was trained with another schema.
        Bundle.load(registry.fetch(found[0], Path(scratch, "bundle")))
    champions.append(history[-1]._replace(action=ROLLED_BACK, why=why))
    update_all(registry)


def update_all(registry: Registry) -> bool:
    """Update the alias, the README and `models/champion`; return whether anything changed.

    `models/champion` changes last: if it is up to date, everything is.
    """
    history = champions.history()
    found = registry.versions(recipe=history[-1].recipe) if history else []
    if not found:  # a clone has no version until its pipeline has run
        return False
    registry.set_champion(found[0])
    if installed_recipe() == history[-1].recipe:
        report.write_results(CHAMPION, history[-1])  # in case report.py has changed
        return False
    fresh, old = (CHAMPION.with_name(f".champion-{name}") for name in ("new", "old"))
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    registry.fetch(found[0], fresh)
    write_text(fresh / PROMOTION, json.dumps({"version": found[0], "recipe": history[-1].recipe}))
    report.write_results(fresh, history[-1])
    if CHAMPION.exists():
        CHAMPION.rename(old)
    fresh.rename(CHAMPION)
    shutil.rmtree(old, ignore_errors=True)
    logger.info("version %s is the champion", found[0])
    return True


def installed_recipe() -> str | None:
    """Return the recipe of `models/champion`, or None if there is no champion."""
    promotion = CHAMPION / PROMOTION
    return str(json.loads(promotion.read_bytes())["recipe"]) if promotion.exists() else None


def copy_candidate(folder: Path) -> tuple[Bundle, Evaluation]:
    """Copy the candidate and its reports to `folder`, and load bundle and evaluation."""
    if not CANDIDATE.exists():
        raise PredictorError("There is no candidate yet: run `uv run dvc repro` first.")
    shutil.copytree(CANDIDATE, folder)
    for name in SHOWN:
        shutil.copyfile(REPORTS / name, folder / name)
    candidate, evaluation = Bundle.load(folder), report.read_evaluation(folder)
    if evaluation.bundle != candidate.identity:
        raise PredictorError("The candidate was not evaluated: run `uv run dvc repro` first.")
    return candidate, evaluation


def read_recipe() -> str:
    """Return a hash of the candidate's data, code and parameters.

    The hashes of the code of `prepare` and `train` are in dvc.lock. For data, the hash of the
    values in reports/data.json is used, because bytes of files can differ between systems.
    """
    stages = YAML(typ="safe").load(LOCK)["stages"]
    needed = [*stages["prepare"]["deps"], *stages["train"]["deps"]]
    hashes = {dep["path"]: dep["md5"] for dep in needed if not dep["path"].startswith("data/")}
    recipe = json.dumps([hashes, stages["train"]["params"]["params.yaml"]], sort_keys=True)
    return checksum(recipe.encode())[:12]


def compare_with_champion(
    candidate: Bundle, evaluation: Evaluation, test: pd.DataFrame
) -> Difference | str:
    """Compare the candidate with the champion on the test rows, or return why not."""
    if not CHAMPION.exists():
        return "there is no champion here yet"
    try:
        champion = Bundle.load(CHAMPION)
    except PredictorError as error:
        return f"not compared: {error}"
    ours, theirs, first = candidate.metadata, champion.metadata, evaluation.first
    if champion.identity == candidate.identity:
        return "the candidate is the champion"
    may_have_seen = theirs.data_version != ours.data_version  # if the split is random
    if first and theirs.trained_until:
        may_have_seen = theirs.trained_until >= first
    if may_have_seen:
        return "not compared: the champion may be trained on some test rows"
    truth = task.truth(test[TARGET])
    losses = [
        task.row_metrics(truth, bundle.predict(test), ours.problem)[task.LOSS]
        for bundle in (candidate, champion)
    ]
    rival, judged = f"the champion (version {champion.version})", params.read(params.Evaluate)
    return compare(rival, task.LOSS, (losses[0], losses[1]), groups(test), judged)
