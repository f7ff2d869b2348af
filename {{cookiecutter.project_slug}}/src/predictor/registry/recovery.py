"""Completing a change of champion that was interrupted half way.

The registry's alias is the truth, and `champion.json` follows it.
"""

import logging
from collections.abc import Callable

from predictor import release
from predictor.project import Project
from predictor.release import Champion, Pointer, Reign

logger = logging.getLogger(__name__)

WHY = "@champion was there already: an interrupted promotion or rollback was completed"


def settle(
    project: Project, version: str | None, identity: str | None, fetch: Callable[[], Champion]
) -> None:
    """Make the pointer follow the alias, which is at `version`, the bundle `identity`.

    `fetch` publishes that version here if it is missing. The README is left to the caller.
    """
    if version is None:
        return
    before = release.pointer(project.models)
    if not release.is_here(project.models, version, identity):
        if release.is_here(project.models, version, None):
            before = None  # the same number for another bundle: a history of another registry
        logger.info("fetching version %s, the champion of the registry", version)
        fetch()
    if before and before.version == version:
        return
    reigns = before.reigns if before else ()
    release.point(project.models, (*reigns, _completed(before, version)))
    logger.info("version %s is the champion of the registry, and of this project again", version)


def _completed(before: Pointer | None, version: str) -> Reign:
    returns = before is not None and version in before.succession
    return Reign(
        version=version,
        since=release.now(),
        how="rolled back" if returns else "promoted",
        why=WHY,
    )
