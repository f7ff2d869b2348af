"""Where the registry is, and with which secret it is asked."""

import base64
import os
import re
from urllib.parse import unquote, urlsplit, urlunsplit

from predictor.project import Project


def address(project: Project) -> str:
    """Return `MLFLOW_TRACKING_URI`, or the store inside the project."""
    return os.environ.get("MLFLOW_TRACKING_URI") or project.tracking_uri


def without_password(uri: str) -> str:
    """Return an address that may be printed."""
    return re.sub(r"//[^/@]*@", "//", uri, count=1)


def without_user(uri: str) -> tuple[str, dict[str, str]]:
    """Return the address without user and password, and the headers that carry them."""
    parts = urlsplit(uri)
    place = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    user = os.environ.get("MLFLOW_TRACKING_USERNAME")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    if parts.username:
        user, password = unquote(parts.username), unquote(parts.password or "")
    if user and password:
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        return place, {"Authorization": f"Basic {secret}"}
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    return place, {"Authorization": f"Bearer {token}"} if token else {}
