"""`predictor serve`: the champion on a port of this machine."""

import logging

import uvicorn

from predictor import release
from predictor.errors import PredictorError
from predictor.ports import require_free
from predictor.project import Project
from predictor.release import Champion, NoChampionError
from predictor.serve.app import create_app

logger = logging.getLogger(__name__)


def serve(project: Project, host: str, port: int) -> None:
    """Answer until interrupted.

    Raises:
        PredictorError: the port is taken, or the champion's bundle is broken.
    """
    require_free(host, port)
    app = create_app(_champion(project))
    logger.info("http://%s:%s/docs", host, port)
    uvicorn.run(app, host=host, port=port, log_level="warning")


def _champion(project: Project) -> Champion | PredictorError:
    try:
        return release.champion(project.models)
    except NoChampionError as error:
        logger.warning("%s", error)
        return error
