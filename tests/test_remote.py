"""`predictor remote` against a real S3 endpoint: the data goes there and comes back."""

import hashlib
import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from baking import text_of
from conftest import copy_of_project, git, in_project
from moto.server import ThreadedMotoServer

pytestmark = pytest.mark.slow

BUCKET = "lake"
SECRET = "kept-out-of-git"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "KEPTOUTOFGIT",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
}
NOBODY = {
    **dict.fromkeys(CREDENTIALS, ""),
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": "no such file",
    "AWS_CONFIG_FILE": "no such file",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Return the address of an S3 server in memory that has one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    creation = urllib.request.Request(f"{address}/{BUCKET}", method="PUT")
    with urllib.request.urlopen(creation, timeout=60):
        pass
    yield address
    server.stop()


@pytest.fixture(scope="module")
def copy(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with an environment of its own, which gains a library here."""
    return copy_of_project(project, tmp_path_factory.mktemp("remote"))


def md5_of(out: Path) -> str:
    """Return what DVC calls the hash of a file, or of a folder: that of its sorted listing."""
    if out.is_file():
        return hashlib.md5(out.read_bytes()).hexdigest()
    files = sorted(path for path in out.rglob("*") if path.is_file())
    listing = [{"md5": md5_of(path), "relpath": path.relative_to(out).as_posix()} for path in files]
    listing.sort(key=lambda entry: entry["relpath"])
    return hashlib.md5(json.dumps(listing, sort_keys=True).encode()).hexdigest() + ".dir"


def locked(project: Path) -> dict[str, str]:
    """Return the hash of every output that only DVC keeps."""
    stages = yaml.safe_load(text_of(project / "dvc.lock"))["stages"].values()
    outs = {out["path"]: out["md5"] for stage in stages for out in stage.get("outs", [])}
    tracked = git(project, "ls-files").splitlines()
    return {
        path: md5
        for path, md5 in outs.items()
        if not any(name == path or name.startswith(f"{path}/") for name in tracked)
    }


def documents(project: Path) -> dict[str, bytes]:
    names = (".dvc/config", "pyproject.toml", "uv.lock")
    return {name: (project / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def command(endpoint: str) -> tuple[str, ...]:
    url = f"s3://{BUCKET}/flights"
    return ("uv", "run", "predictor", "remote", url, "--endpoint-url", endpoint)


@pytest.fixture(scope="module")
def pushed(copy: Path, command: tuple[str, ...]) -> Path:
    """Return the project after the command, with what it changed committed."""
    result = in_project(copy, *command, **CREDENTIALS)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "git add --all" in result.stdout
    git(copy, "add", "--all")
    git(copy, "commit", "--quiet", "--no-verify", "--message", "Keep the data in a remote")
    return copy


def test_data_that_went_to_s3_comes_back_with_the_same_hashes(pushed: Path) -> None:
    lost = locked(pushed)
    assert {"data/raw", "data/prepared", "models/candidate"} <= lost.keys()
    for path in (".dvc/cache", "data/raw", "data/prepared", "models/candidate"):
        shutil.rmtree(pushed / path)
    (pushed / "data" / "answers.parquet").unlink()
    pulled = in_project(pushed, "uv", "run", "dvc", "pull", **CREDENTIALS)
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    assert {path: md5_of(pushed / path) for path in lost} == lost
    status = in_project(pushed, "uv", "run", "dvc", "status", "--json", **CREDENTIALS)
    assert json.loads(status.stdout) == {}


def test_git_gets_the_address_and_the_library_and_no_credential(pushed: Path) -> None:
    changed = git(pushed, "show", "--name-only", "--format=").splitlines()
    assert changed == [".dvc/config", "pyproject.toml", "uv.lock"]
    history = git(pushed, "log", "--all", "--patch")
    assert f"url = s3://{BUCKET}/flights" in history
    assert '"dvc-s3' in history
    key, secret, _ = CREDENTIALS.values()
    assert [each for each in (key, secret) if each in history] == []
    assert git(pushed, "check-ignore", ".dvc/config.local").strip() == ".dvc/config.local"


def test_the_command_changes_nothing_the_second_time(
    pushed: Path, command: tuple[str, ...]
) -> None:
    again = in_project(pushed, *command, **CREDENTIALS)
    assert "nothing has changed since the last commit" in again.stdout, again.stderr
    assert git(pushed, "status", "--short") == ""


def test_the_step_of_ci_fetches_the_results_instead_of_making_them(
    pushed: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(pushed), str(clone))
    dvc = str(pushed / ".venv" / "bin" / "dvc")
    repro = in_project(clone, dvc, "repro", "--pull", **CREDENTIALS)
    assert repro.returncode == 0, repro.stdout + repro.stderr
    assert "Running stage" not in repro.stdout
    assert {path: md5_of(clone / path) for path in locked(pushed)} == locked(pushed)


@pytest.mark.parametrize(
    ("url", "to", "credentials", "sentence"),
    [
        ("s3://nowhere/flights", None, CREDENTIALS, "there is no 'nowhere': create it first"),
        (f"s3://{BUCKET}/flights", None, NOBODY, "there are no credentials for it"),
        (f"s3://{BUCKET}/flights", "http://127.0.0.1:9", CREDENTIALS, "nothing answers at http"),
    ],
    ids=["no bucket", "no credentials", "no endpoint"],
)
def test_what_does_not_work_is_one_sentence_and_changes_nothing(
    copy: Path,
    endpoint: str,
    url: str,
    to: str | None,
    credentials: dict[str, str],
    sentence: str,
) -> None:
    before = documents(copy)
    command = ("uv", "run", "predictor", "remote", url, "--endpoint-url", to or endpoint)
    result = in_project(copy, *command, **credentials)
    assert result.returncode == 1
    said = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(said) == 1, result.stderr
    assert sentence in said[0]
    assert "Traceback" not in result.stdout + result.stderr
    assert documents(copy) == before
