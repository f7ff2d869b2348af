"""`predictor remote`: keep every version of the data in a bucket, a container or a shared folder.

DVC finds the place in `.dvc/config`, which git keeps. Credentials stay in the environment, in the
files of the cloud's own tools, or in `.dvc/config.local`, which git ignores.
"""

import importlib
import importlib.util
import logging
import re
import tomllib
from collections.abc import Iterator

from dvc.config import Config, ConfigError
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.transfer import transfer

from predictor.adopt.transaction import transaction
from predictor.errors import PredictorError
from predictor.progress import heartbeat
from predictor.project import Project
from predictor.workspace.commands import next_step, run_dvc, run_uv
from predictor.workspace.place import Place

logger = logging.getLogger(__name__)

NAME = "storage"
FORMER = "storage-before"
GROUP = "train"
CHANGED = ("pyproject.toml", "uv.lock", ".dvc/config", ".dvc/config.local")
PROBE = "predictor-probe"

# Names, because the classes come from libraries of which one at most is installed.
FAULTS = {
    "{url}: there are no credentials for it: set them as docs/data.md says.": {
        *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        *("ProfileNotFound", "TokenRetrievalError", "SSOTokenLoadError"),
        *("UnauthorizedSSOTokenError", "DefaultCredentialsError", "ClientAuthenticationError"),
        *("AzureAuthError",),
    },
    "{url}: nothing answers at {endpoint}: check the address and the network.": {
        *("EndpointConnectionError", "ConnectTimeoutError", "ConnectionError"),
        *("ClientConnectorError", "ServiceRequestError"),
    },
    "{url}: there is no {bucket!r}: create it first, or mend the name.": {
        *("FileNotFoundError", "ResourceNotFoundError"),
    },
    "{url}: these credentials may not write there: ask for read and write access.": {
        *("PermissionError",),
    },
}


def connect(project: Project, place: Place) -> None:
    """Make `place` the default remote of DVC, and bring there what is versioned.

    Raises:
        PredictorError: a step failed; the project is as it was.
    """
    with transaction(project.root) as changes:
        for name in CHANGED:
            changes.keep(project.root / name)
        _require_library(project, place)
        former = _default(project)
        _configure(project, place)
        with heartbeat(f"asking {place.url}"):
            _require_writable(project, place)
        if former is not None and former["url"] != place.url:
            _move(project, former)
        run_dvc(project, "push")
    logger.info(
        "the data is in %s, and `uv run dvc pull` brings it back; CI needs credentials of its own: "
        "docs/data.md",
        place.url,
    )
    step = next_step(project, "Keep the data in a remote")
    print(step or "nothing has changed since the last commit")


def _require_library(project: Project, place: Place) -> None:
    """Add what DVC needs for the place to `pyproject.toml`, the lock and the environment."""
    library = place.library
    if library is None:
        return
    if not _is_declared(project, library):
        logger.info("adding %s to the project", library)
        run_uv(project, "add", "--group", GROUP, "--no-sync", library)
    if not _is_installed(library):
        # Windows replaces no program that runs, and this one is `predictor`.
        run_uv(project, "sync", "--inexact", "--no-install-project")
        importlib.invalidate_caches()
    if not _is_installed(library):
        raise PredictorError(
            f"{library} is not in the environment that runs this: run `uv add --group {GROUP} "
            f"{library}`, then this again with `uv run`."
        )


def _is_declared(project: Project, library: str) -> bool:
    content = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    declared = content.get("dependency-groups", {}).get(GROUP, [])
    return any(re.match(rf"{library}\b(?!-)", str(each)) for each in declared)


def _is_installed(library: str) -> bool:
    return importlib.util.find_spec(library.replace("-", "_")) is not None


def _default(project: Project) -> dict[str, str] | None:
    """Return the settings of the present default remote, with its private ones."""
    config = Config(str(project.root / ".dvc"))
    found: dict[str, str] | None = config["remote"].get(config["core"].get("remote"))
    return dict(found) if found else None


def _configure(project: Project, place: Place) -> None:
    config = Config(str(project.root / ".dvc"))
    try:
        with config.edit("repo") as shared:
            shared["remote"][NAME] = place.section
            shared["core"]["remote"] = NAME
        if place.private:
            with config.edit("local") as own:
                own["remote"].setdefault(NAME, {}).update(place.private)
    except ConfigError as error:
        raise PredictorError(
            f"These settings do not go with those of .dvc/config.local: mend it first ({error})."
        ) from error


def _require_writable(project: Project, place: Place) -> None:
    """Write and remove one small file, as a push would write many."""
    with Repo(str(project.root)) as repo:
        try:
            remote = repo.cloud.get_remote(NAME)
            files, path = remote.fs.fs, remote.fs.join(remote.path, PROBE)
            files.pipe_file(path, b"")
            files.rm_file(path)
        except Exception as error:  # of whatever class the cloud's library has
            raise PredictorError(explain(place, error)) from error


def explain(place: Place, error: BaseException) -> str:
    """Return what the error of a cloud's library means for the reader, in one sentence."""
    names = {known.__name__ for each in _causes(error) for known in type(each).__mro__}
    for sentence, classes in FAULTS.items():
        if names & classes:
            return sentence.format(url=place.url, bucket=place.bucket, endpoint=place.endpoint)
    said = str(error).strip().partition("\n")[0] or type(error).__name__
    return f"{place.url} cannot be used: {said}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _move(project: Project, former: dict[str, str]) -> None:
    """Bring every version that the former default remote holds to the new one."""
    with Repo(str(project.root), config={"remote": {FORMER: former}}) as repo:
        try:
            source = repo.cloud.get_remote_odb(FORMER)
            known = {HashInfo("md5", each) for each in source.all()}
            result = transfer(source, repo.cloud.get_remote_odb(NAME), known)
        except (DvcException, OSError) as error:
            raise PredictorError(f"{former['url']} does not give its data: {error}") from error
    if result.failed:
        raise PredictorError(f"{len(result.failed)} files of {former['url']} did not arrive.")
    logger.info("%s files came over from %s", len(result.transferred), former["url"])
