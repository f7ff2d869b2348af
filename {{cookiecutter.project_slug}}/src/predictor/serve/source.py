"""Which champion the service answers with, and where it keeps what it is told."""

from pathlib import Path

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.release import POINTER
from predictor.serve.mirror import Mirror
from predictor.serve.settings import Settings

REGISTRY = "models:"


def chosen(wish: str | None, settings: Settings) -> tuple[Path | Mirror, Settings]:
    """Return the source that is wished for, else that of the environment, else this project.

    Labels are kept in the project, if there is one, unless the environment names a place.

    Raises:
        PredictorError: the source is no folder with a champion, and no model of a registry.
    """
    source = wish or settings.source
    if source is None:
        project = Project.locate()
        return project.models, settings.storing_in(project.feedback)
    if source.startswith(REGISTRY):
        cache = settings.cache or Project.locate().models / "mirror"
        return Mirror.of(source, cache), settings
    folder = Path(source)
    if not (folder / POINTER).is_file():
        raise PredictorError(
            f"There is no {POINTER} in {str(folder)!r}: name the models folder of a project in "
            "which something was promoted."
        )
    return folder, settings
