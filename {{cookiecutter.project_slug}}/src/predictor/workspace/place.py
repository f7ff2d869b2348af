"""An address for the data, as it is typed: a bucket, a container or a folder."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from predictor.errors import PredictorError
from predictor.project import Project

LIBRARIES = {"s3": "dvc-s3", "gs": "dvc-gs", "azure": "dvc-azure"}


@dataclass(frozen=True)
class Place:
    """Where the data goes; `options` and `private` are settings of DVC's remotes."""

    url: str
    scheme: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)

    @property
    def section(self) -> dict[str, str]:
        """What `.dvc/config` says of it."""
        return {"url": self.url, **self.options}

    @property
    def library(self) -> str | None:
        """What DVC needs beside itself to reach it."""
        return LIBRARIES.get(self.scheme)

    @property
    def bucket(self) -> str:
        """The first part of the address, which has to exist."""
        return urlsplit(self.url).netloc or self.url

    @property
    def endpoint(self) -> str:
        """The server behind it, for a sentence."""
        return self.options.get("endpointurl", f"the cloud of {self.scheme}://")


def place_of(
    project: Project,
    url: str,
    endpoint_url: str | None = None,
    profile: str | None = None,
    account: str | None = None,
) -> Place:
    """Read an address as it was typed.

    Raises:
        PredictorError: it holds a credential, or no place that can be used.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        _require_no_options(endpoint_url, profile, account)
        return Place(_folder(project, url))
    if scheme not in LIBRARIES:
        raise PredictorError(
            f"{scheme}:// is not offered: name s3://bucket/prefix, gs://bucket/prefix, "
            "azure://container/prefix or a folder."
        )
    if not _without_credentials(url).netloc:
        raise PredictorError(f"{url} names no bucket: write {scheme}://bucket/prefix.")
    _require_fitting(scheme, endpoint_url, profile, account)
    options = {"endpointurl": endpoint_url, "account_name": account}
    return Place(url.rstrip("/"), scheme, _given(options), _given({"profile": profile}))


def _given(options: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in options.items() if value is not None}


def _without_credentials(url: str) -> SplitResult:
    parts = urlsplit(url)
    # the address may hold a secret, so the sentence does not repeat it
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise PredictorError(
            "The address holds a user, a password or a token, and git would keep it: leave out "
            "everything before '@' and after '?', and set credentials as docs/data.md says."
        )
    return parts


def _require_no_options(*options: str | None) -> None:
    if any(options):
        raise PredictorError("A folder takes no options: they are for s3://, gs:// and azure://.")


def _require_fitting(
    scheme: str, endpoint_url: str | None, profile: str | None, account: str | None
) -> None:
    if endpoint_url is not None:
        if scheme == "azure" or not re.match(r"https?://\w", endpoint_url):
            raise PredictorError("--endpoint-url takes http(s)://host, for s3:// and gs:// alone.")
        _without_credentials(endpoint_url)
    if profile is not None and scheme != "s3":
        raise PredictorError("--profile names a profile of AWS, for s3:// alone.")
    if account is not None and scheme != "azure":
        raise PredictorError("--account names an Azure storage account, for azure:// alone.")


def _folder(project: Project, typed: str) -> str:
    folder = Path(typed).expanduser().resolve()
    if not folder.is_dir():
        raise PredictorError(f"There is no folder {typed!r}: create or mount it first.")
    if folder.is_relative_to(project.root.resolve()):
        raise PredictorError(f"{typed!r} lies in the project, where git sees it: name another.")
    return folder.as_posix()
