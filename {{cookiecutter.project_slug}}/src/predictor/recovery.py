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
    is_here = release.is_here(project.models, version, identity)
    if not is_here:
        logger.info("fetching version %s, the champion of the registry", version)
        fetch()
    if before and before.version == version and is_here:
        return
    release.point(project.models, (*_reigns(before, version), _completed(before, version)))
    logger.info("version %s is the champion of the registry, and of this project again", version)


def _reigns(before: Pointer | None, version: str) -> tuple[Reign, ...]:
    # The same number for another bundle: that history is of another registry.
    return before.reigns if before and before.version != version else ()


def _completed(before: Pointer | None, version: str) -> Reign:
    returns = before is not None and version in before.succession
    return Reign(
        version=version,
        since=release.now(),
        how="rolled back" if returns else "promoted",
        why=WHY,
    )
