"""`predictor serve`: the champion on a port of this machine."""

import logging
import socket

import uvicorn

from predictor import release
from predictor.errors import PredictorError
from predictor.project import Project
from predictor.release import Champion, NoChampionError
from predictor.serve.app import create_app

logger = logging.getLogger(__name__)


def serve(project: Project, host: str, port: int) -> None:
    """Answer until interrupted.

    Raises:
        PredictorError: the port is taken, or the champion's bundle is broken.
    """
    _require_free(host, port)
    app = create_app(_champion(project))
    logger.info("http://%s:%s/docs", host, port)
    uvicorn.run(app, host=host, port=port, log_level="warning")


def _champion(project: Project) -> Champion | PredictorError:
    try:
        return release.champion(project)
    except NoChampionError as error:
        logger.warning("%s", error)
        return error


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PredictorError(
                f"Port {port} of {host} cannot be used ({error.strerror}): stop what listens "
                f"there, or choose another: `uv run predictor serve --port {port + 1}`."
            ) from error
