"""The champion as the service reads it: a pointer file, and one folder per version.

`models/champion.json` names a folder in `models/releases`, which is never written again. The
pointer is replaced in one step, so a reader sees the old champion or the new one.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime

from predictor.bundle import Bundle
from predictor.documents import Document
from predictor.errors import PredictorError
from predictor.evaluation import Evaluation
from predictor.files import replacing_folder, write_json, write_text
from predictor.gate import Verdict
from predictor.project import Project

RELEASE = "release.json"


class NoChampionError(PredictorError):
    """Nothing has been promoted in this project."""


class Pointer(Document):
    """`models/champion.json`."""

    version: str


class Release(Document):
    """`release.json`: which version of the registry a bundle is, and why it was promoted."""

    name: str
    version: str
    promoted: datetime
    evaluation: Evaluation
    verdict: Verdict


@dataclass(frozen=True)
class Champion:
    """The bundle that answers, and its release."""

    bundle: Bundle
    release: Release


def publish(
    project: Project, bundle: Bundle, version: str, evaluation: Evaluation, verdict: Verdict
) -> Release:
    """Copy the bundle to `models/releases/<version>` unless it is there; nobody serves it yet."""
    folder = project.releases / version
    if (folder / RELEASE).is_file() and Bundle.load(folder).identity == bundle.identity:
        return Release.read(folder / RELEASE)
    release = Release(
        name=bundle.contract.name,
        version=version,
        promoted=datetime.now(UTC).replace(microsecond=0),
        evaluation=evaluation,
        verdict=verdict,
    )
    with replacing_folder(folder) as fresh:
        shutil.copytree(bundle.folder, fresh, dirs_exist_ok=True)
        write_json(fresh / RELEASE, release.model_dump(mode="json"))
    return release


def point(project: Project, version: str) -> None:
    """Make a published version the champion of the service."""
    write_text(project.champion, Pointer(version=version).model_dump_json() + "\n")


def champion(project: Project) -> Champion:
    """Load the champion.

    Raises:
        NoChampionError: nothing was promoted yet.
        PredictorError: the pointer or the bundle is damaged.
    """
    if not project.champion.exists():
        raise NoChampionError(
            "No model has been promoted yet: run `uv run dvc repro`, then `uv run predictor "
            "promote`, and start the service again."
        )
    folder = project.releases / Pointer.read(project.champion).version
    return Champion(Bundle.load(folder), Release.read(folder / RELEASE))
