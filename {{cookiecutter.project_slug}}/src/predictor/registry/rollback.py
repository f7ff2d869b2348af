"""`predictor rollback`: back to the champion before, in less than a second.

Hence nothing here imports MLflow, pandas, NumPy or ONNX Runtime before the pointer has moved.
"""

import logging

from predictor import release
from predictor.errors import PredictorError
from predictor.integrity import require_whole
from predictor.project import Project
from predictor.registry import alias
from predictor.registry.lock import alone
from predictor.registry.recovery import settle
from predictor.release import RELEASE, Champion, Pointer, Reign, Release

logger = logging.getLogger(__name__)


def rollback(project: Project, why: str | None) -> None:
    """Make the champion before the present one the champion again; say so, with `why`.

    Doing it twice goes one further back.

    Raises:
        PredictorError: there is nobody to go back to, another change is at work, or the registry
            does not answer.
    """
    with alone(project.models):
        name = _name(project)
        _settle(project, name)
        pointer = _pointer(project)
        before, version = pointer.version, _previous(project, name, pointer)
        alias.move(project, name, before, version)
        reign = Reign(
            version=version,
            since=release.now(),
            how="rolled back",
            why=f"rolled back from version {before}{f': {why}' if why else ''}",
        )
        release.point(project.models, (*pointer.reigns, reign))
        logger.info("version %s is the champion again (before: %s)", version, before)
        _show(project, version)


def _show(project: Project, version: str) -> None:
    from predictor.report import readme

    readme.show(project, release.load(project.models, version))


def _settle(project: Project, name: str) -> None:
    version = alias.read(project, name)
    if version is None:
        raise PredictorError(
            f"The registry has no champion of {name}: run `uv run predictor promote` first."
        )
    identity = alias.identity(project, name, version)
    settle(project, version, identity, lambda: _fetch(project, name, version))


def _previous(project: Project, name: str, pointer: Pointer) -> str:
    """Return the version to go back to, once it is here and whole."""
    if len(pointer.succession) < 2:
        raise PredictorError(
            f"There is no champion before version {pointer.version} to go back to; "
            "`uv run predictor history` shows who reigned."
        )
    version = pointer.succession[-2]
    identity = alias.identity(project, name, version)
    if identity is None:
        raise PredictorError(f"The registry has no version {version} of {name} to go back to.")
    if not release.is_here(project.models, version, identity):
        _fetch(project, name, version)
    require_whole(release.folder_of(project.models, version))
    return version


def _fetch(project: Project, name: str, version: str) -> Champion:
    from predictor.registry.connection import connect

    return connect(project, name).fetch(version, project.models)


def _name(project: Project) -> str:
    folder = release.folder_of(project.models, _pointer(project).version)
    return Release.read(folder / RELEASE).name


def _pointer(project: Project) -> Pointer:
    pointer = release.pointer(project.models)
    if pointer is None:
        raise PredictorError(
            "No model has been promoted in this project yet, so there is nothing to roll back: "
            "run `uv run predictor pipeline`."
        )
    return pointer
