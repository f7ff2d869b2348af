"""The champion as the service reads it: a pointer file, and one folder per version.

`models/champion.json` names a folder in `models/releases`, which is never written again, and says
who reigned before. It is replaced in one step, so a reader sees the old champion or the new one.
Only the models folder is needed, so a container without the project can read it too.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from predictor.documents import Document
from predictor.errors import PredictorError
from predictor.evaluation.report import Evaluation
from predictor.files import replacing_folder, write_json
from predictor.gate.verdict import Verdict
from predictor.integrity import identity_of

if TYPE_CHECKING:  # loading a model takes ONNX Runtime, which a rollback does not wait for
    from predictor.bundle import Bundle

POINTER, RELEASES = "champion.json", "releases"
RELEASE, EXAMPLE, CURVES = "release.json", "example.json", "curves.png"
RELEASE_FILES = (RELEASE, EXAMPLE, CURVES)  # beside the bundle


class NoChampionError(PredictorError):
    """Nothing has been promoted in this project."""


class Reign(Document):
    """From when on a version was the champion, and why in one sentence."""

    version: str
    since: datetime
    how: Literal["promoted", "rolled back"]
    why: str


class Pointer(Document):
    """`models/champion.json`: the champion, and every reign up to its own, the oldest first."""

    version: str
    reigns: tuple[Reign, ...] = ()

    @property
    def succession(self) -> list[str]:
        """The champion and those it can go back to, the oldest first.

        A promotion is added on top; a rollback takes away what stood above its version.
        """
        return _replayed(self.reigns)[0]

    @property
    def deposed(self) -> dict[str, Reign]:
        """The versions that were rolled back, each with the reign that followed it."""
        return _replayed(self.reigns)[1]


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

    bundle: "Bundle"
    release: Release

    @property
    def example(self) -> Path:
        """The row of the test set that the README asks about."""
        return self.bundle.folder / EXAMPLE

    @property
    def curves(self) -> Path:
        """The picture of its exam."""
        return self.bundle.folder / CURVES


def publish(
    models: Path, bundle: "Bundle", release: Release, shown: Mapping[str, Path]
) -> Champion:
    """Copy the bundle to `releases/<version>` unless it is there; nobody serves it yet.

    `shown` names the files of what the README shows, `EXAMPLE` and `CURVES`.
    """
    folder = folder_of(models, release.version)
    if is_here(models, release.version, bundle.identity):
        return load(models, release.version)
    with replacing_folder(folder) as fresh:
        shutil.copytree(bundle.folder, fresh, dirs_exist_ok=True)
        for name, path in shown.items():
            shutil.copyfile(path, fresh / name)
        write_json(fresh / RELEASE, release.model_dump(mode="json"))
    return load(models, release.version)


def point(models: Path, reigns: tuple[Reign, ...]) -> None:
    """Make the last of these reigns the present one: the service answers with its version."""
    after = Pointer(version=reigns[-1].version, reigns=reigns)
    write_json(models / POINTER, after.model_dump(mode="json"))


def pointer(models: Path) -> Pointer | None:
    """Read `champion.json`, if there is one.

    Raises:
        PredictorError: it is damaged.
    """
    path = models / POINTER
    return Pointer.read(path) if path.exists() else None


def champion(models: Path) -> Champion:
    """Load the champion.

    Raises:
        NoChampionError: nothing was promoted yet.
        PredictorError: the pointer or the bundle is damaged.
    """
    found = pointer(models)
    if found is None:
        raise NoChampionError(
            "No model has been promoted yet: run `uv run predictor pipeline`. If its gate refuses "
            "the model, reports/verdict.json says why."
        )
    return load(models, found.version)


def load(models: Path, version: str) -> Champion:
    """Load a published version, champion or not.

    Raises:
        PredictorError: the release or its bundle is missing or damaged.
    """
    from predictor.bundle import Bundle

    folder = folder_of(models, version)
    try:
        return Champion(Bundle.load(folder), Release.read(folder / RELEASE))
    except PredictorError as error:
        raise PredictorError(
            f"{error} Delete that folder and run `uv run predictor promote`, which fetches "
            "the champion from the registry."
        ) from error


def is_here(models: Path, version: str, identity: str | None) -> bool:
    """Say whether a version is published, and is the very bundle if `identity` is known.

    Another store counts its versions from 1 too.
    """
    folder = folder_of(models, version)
    if not (folder / RELEASE).is_file():
        return False
    return identity in (None, identity_of(folder))


def pack(models: Path, target: Path) -> None:
    """Copy the champion and its pointer, without older versions; `target` is replaced.

    Raises:
        NoChampionError: nothing was promoted yet.
        PredictorError: the pointer or the bundle is damaged.
    """
    version = champion(models).release.version
    with replacing_folder(target) as fresh:
        shutil.copytree(folder_of(models, version), folder_of(fresh, version))
        shutil.copyfile(models / POINTER, fresh / POINTER)


def folder_of(models: Path, version: str) -> Path:
    """Return where a version is published."""
    return models / RELEASES / version


def now() -> datetime:
    """Return the time of a reign or a release, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _replayed(reigns: tuple[Reign, ...]) -> tuple[list[str], dict[str, Reign]]:
    succession: list[str] = []
    deposed: dict[str, Reign] = {}
    for reign in reigns:
        if reign.how == "rolled back" and reign.version in succession:
            at = succession.index(reign.version) + 1
            deposed |= dict.fromkeys(succession[at:], reign)
            del succession[at:]
        elif reign.version not in succession[-1:]:
            succession.append(reign.version)
    return succession, deposed
