"""`predictor promote`: the candidate into the registry, past the gate, and into the README."""

import logging

from predictor import registry, release
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.evaluation import Evaluation
from predictor.gate import Verdict, judge
from predictor.lock import alone
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.registry import Registry
from predictor.release import Champion, Reign, Release
from predictor.report import readme

logger = logging.getLogger(__name__)


def promote(project: Project) -> bool:
    """Register the candidate and make it the champion if the gate lets it; say why or why not.

    Running it again changes nothing.

    Raises:
        PredictorError: there is no evaluated candidate, the README has no place for the results,
            another promotion is at work, or the registry does not answer.
    """
    with alone(project.models, "promote"):
        candidate, evaluation = _examined_candidate(project)
        readme.require_markers(project)
        store = registry.connect(project, candidate.contract.name)
        version = store.version_of(candidate)
        if version is None:
            with heartbeat(f"registering the bundle in {store.shown}"):
                version = store.register(candidate, project.reports, evaluation.model)
        verdict = judge(evaluation)
        logger.info("version %s of %s\n%s", version, store.name, verdict)
        if verdict.promotes:
            _crown(project, store, _published(project, candidate, version, evaluation, verdict))
        else:
            _say_refused(store, version)
        return verdict.promotes


def _examined_candidate(project: Project) -> tuple[Bundle, Evaluation]:
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


def _say_refused(store: Registry, version: str) -> None:
    champion = store.champion()
    who = f"version {champion} still answers" if champion else "there is no champion yet"
    logger.info(
        "refused: version %s stays a challenger, and %s. Look at `uv run dvc metrics diff` and "
        "`uv run predictor ui`, change params.yaml or the data, and run the pipeline again.",
        version,
        who,
    )


def _published(
    project: Project, candidate: Bundle, version: str, evaluation: Evaluation, verdict: Verdict
) -> Champion:
    released = Release(
        name=candidate.contract.name,
        version=version,
        promoted=release.now(),
        evaluation=evaluation,
        verdict=verdict,
    )
    # A release is never written again: what cannot be shown must not become one.
    readme.render(project, Champion(candidate, released), project.example)
    curves = project.reports / "plots" / release.CURVES
    shown = {release.EXAMPLE: project.example, release.CURVES: curves}
    return release.publish(project.models, candidate, released, shown)


def _crown(project: Project, store: Registry, champion: Champion) -> None:
    before, version = store.champion(), champion.release.version
    why = "; ".join(finding.sentence for finding in champion.release.verdict.findings)
    store.crown(version)
    reign = Reign(version=version, since=release.now(), how="promoted", why=why)
    release.point(project.models, reign)
    readme.show(project, champion)
    if before == version:
        logger.info("version %s is the champion already", version)
    else:
        logger.info("version %s is the champion now (before: %s)", version, before or "none")
