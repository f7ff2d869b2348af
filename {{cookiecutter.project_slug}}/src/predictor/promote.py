"""`predictor promote`: the candidate into the registry, past the gate, and into the README.

The order is what keeps a killed promotion harmless: register, publish the release, move the
alias, then let the pointer and the README follow. `recovery` completes the last two.
"""

import logging
from pathlib import Path

from predictor import release
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.evaluation.report import Evaluation
from predictor.files import write_json
from predictor.gate import rules
from predictor.gate.examiner import Candidate, examine
from predictor.gate.verdict import Verdict
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.registry.connection import connect
from predictor.registry.lock import alone
from predictor.registry.recovery import settle
from predictor.registry.registry import Registry
from predictor.release import Champion, NoChampionError, Reign, Release
from predictor.report import readme

logger = logging.getLogger(__name__)

FEW = 500  # rows of an exam, after a refusal


def promote(project: Project) -> Verdict:
    """Register the candidate and make it the champion if the gate lets it; say why or why not.

    Running it again changes nothing.

    Raises:
        PredictorError: there is no evaluated candidate, the README has no place for the results,
            another promotion is at work, or the registry does not answer.
    """
    with alone(project.models):
        bundle, evaluation = _examined(project)
        readme.require_markers(project)
        store = connect(project, bundle.contract.name)
        before = store.champion()
        champion = _settled(project, store, before)
        version = _version(store, bundle)
        if champion and version == before:
            logger.info("version %s is the champion already", version)
            return champion.release.verdict
        candidate = Candidate(version, bundle, evaluation, _rolled_back(project, bundle))
        with heartbeat("comparing the candidate with the baselines and the champion"):
            exam = examine(project, candidate, champion)
        verdict = rules.judge(exam, release.now())
        _record(project, store, verdict, evaluation)
        if verdict.promotes:
            crowned = _published(project, candidate, verdict)
            store.log_release(crowned)
            _crown(project, store, crowned, before, rules.reason(exam))
        else:
            _say_refused(verdict, candidate.evaluation.rows)
        return verdict


def _examined(project: Project) -> tuple[Bundle, Evaluation]:
    if not project.candidate.exists():
        raise PredictorError("There is no candidate yet: run `uv run dvc repro` first.")
    candidate = Bundle.load(project.candidate)
    evaluation = Evaluation.read(project.evaluation)
    if evaluation.bundle != candidate.identity:
        raise PredictorError(
            "reports/evaluation.json is the report of another bundle than models/candidate: "
            "run `uv run dvc repro` to evaluate this one."
        )
    return candidate, evaluation


def _settled(project: Project, store: Registry, version: str | None) -> Champion | None:
    """Complete what was interrupted, and return the champion."""
    if version is not None:
        identity = store.identity_of(version)
        settle(project, version, identity, lambda: store.fetch(version, project.models))
    try:
        champion = release.champion(project.models)
    except NoChampionError:
        return None
    readme.show(project, champion)
    return champion


def _version(store: Registry, bundle: Bundle) -> str:
    version = store.version_of(bundle)
    if version is None:
        with heartbeat(f"registering the bundle in {store.shown}"):
            version = store.register(bundle)
    return version


def _rolled_back(project: Project, bundle: Bundle) -> Reign | None:
    pointer = release.pointer(project.models)
    deposed = pointer.deposed if pointer else {}
    return next(
        (
            reign
            for version, reign in deposed.items()
            if release.is_here(project.models, version, bundle.identity)
        ),
        None,
    )


def _record(project: Project, store: Registry, verdict: Verdict, evaluation: Evaluation) -> None:
    write_json(project.verdict, verdict.model_dump(mode="json"))
    reports = [path for path in project.reports.iterdir() if path != project.shown]
    store.record(verdict, evaluation.model, reports)
    logger.info("version %s of %s: %s\n%s", verdict.candidate, store.name, verdict.word, verdict)


def _published(project: Project, candidate: Candidate, verdict: Verdict) -> Champion:
    released = Release(
        name=candidate.bundle.contract.name,
        version=candidate.version,
        promoted=verdict.judged,
        evaluation=candidate.evaluation,
        verdict=verdict,
    )
    # A release is never written again: what cannot be shown must not become one.
    readme.render(project, Champion(candidate.bundle, released), project.example)
    return release.publish(project.models, candidate.bundle, released, _shown(project))


def _shown(project: Project) -> dict[str, Path]:
    curves = project.reports / "plots" / release.CURVES
    return {release.EXAMPLE: project.example, release.CURVES: curves}


def _crown(
    project: Project, store: Registry, champion: Champion, before: str | None, why: str
) -> None:
    version = champion.release.version
    store.crown(version, before)
    # A registry without a champion begins a history of its own.
    pointer = release.pointer(project.models) if before else None
    reign = Reign(version=version, since=release.now(), how="promoted", why=why)
    release.point(project.models, (*(pointer.reigns if pointer else ()), reign))
    readme.show(project, champion)
    logger.info("version %s is the champion now (before: %s)", version, before or "none")


def _say_refused(verdict: Verdict, rows: int) -> None:
    who = f"version {verdict.champion} still answers" if verdict.champion else "nobody answers yet"
    logger.info(
        "refused: version %s stays a challenger, and %s. Look at `uv run dvc metrics diff` and "
        "`uv run predictor ui`, change params.yaml or the data, and run the pipeline again.",
        verdict.candidate,
        who,
    )
    if rows < FEW:
        logger.info(
            "%s test rows make little sure: `prepare` in params.yaml says which are kept for it.",
            rows,
        )
