"""Whether the files of a bundle are those that were written: asked without loading the model."""

import hashlib
import json
from pathlib import Path

from predictor.errors import PredictorError

METADATA = "metadata.json"  # vouches for every other file of a bundle


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def identity_of(folder: Path) -> str:
    """Return the identity of the bundle in a folder without loading it."""
    return sha256_of(folder / METADATA)[:12]


def require_whole(folder: Path) -> None:
    """Do nothing if every file of the bundle in a folder is as it was written.

    Raises:
        PredictorError: one is missing or changed.
    """
    try:
        promised = json.loads((folder / METADATA).read_text(encoding="utf-8"))["checksums"]
        damaged = [name for name in promised if sha256_of(folder / name) != promised[name]]
    except (OSError, ValueError, KeyError) as error:
        raise PredictorError(f"The bundle {folder} is broken: {error}.") from error
    if damaged:
        raise PredictorError(
            f"The bundle {folder} is broken: {', '.join(damaged)} changed after it was written."
        )
