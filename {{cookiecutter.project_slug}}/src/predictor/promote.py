"""`predictor promote`: the candidate into the registry, past the gate, and into the README."""

import logging
import shutil

from predictor import registry, release
from predictor.bundle import Bundle
from predictor.errors import PredictorError
from predictor.evaluation import Evaluation
from predictor.files import replacing_folder, write_text
from predictor.gate import judge
from predictor.lock import alone
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.registry import Registry
from predictor.release import Champion
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
            released = release.publish(project, candidate, version, evaluation, verdict)
            _crown(project, store, Champion(candidate, released))
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


def _crown(project: Project, store: Registry, champion: Champion) -> None:
    before, version = store.champion(), champion.release.version
    # Everything that can fail comes before the crown.
    text = readme.render(project, champion)
    store.crown(version)
    release.point(project, version)
    if before != version or not project.shown.exists():
        _show(project)
    write_text(project.readme, text)
    if before == version:
        logger.info("version %s is the champion already", version)
    else:
        logger.info("version %s is the champion now (before: %s)", version, before or "none")


def _show(project: Project) -> None:
    with replacing_folder(project.shown) as folder:
        shutil.copyfile(project.example, folder / "example.json")
        shutil.copyfile(project.reports / "plots" / "curves.png", folder / "curves.png")
