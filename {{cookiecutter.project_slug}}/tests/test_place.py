from pathlib import Path

import pytest

from predictor.errors import PredictorError
from predictor.project import Project
from predictor.workspace.place import Place, place_of


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("s3://lake/rows/",), Place("s3://lake/rows", "s3")),
        (
            ("s3://lake/rows", "https://minio.example.com:9000", "me"),
            Place(
                "s3://lake/rows",
                "s3",
                {"endpointurl": "https://minio.example.com:9000"},
                {"profile": "me"},
            ),
        ),
        (("gs://lake",), Place("gs://lake", "gs")),
        (
            ("azure://box/rows", None, None, "stored"),
            Place("azure://box/rows", "azure", {"account_name": "stored"}),
        ),
    ],
    ids=["s3", "s3-compatible", "gs", "azure"],
)
def test_an_address_becomes_settings_of_dvc(
    project: Project, arguments: tuple[str | None, ...], place: Place
) -> None:
    assert place_of(project, *arguments) == place  # type: ignore[arg-type]


def test_a_folder_is_named_from_its_root(project: Project, tmp_path: Path) -> None:
    shared = tmp_path.parent / "shared"
    shared.mkdir(exist_ok=True)
    assert place_of(project, f"{tmp_path}/../shared") == Place(shared.resolve().as_posix())


@pytest.mark.parametrize(
    "arguments",
    [
        ("s3://me:hunter2@lake/rows",),  # pragma: allowlist secret
        ("s3://hunter2@lake/rows",),
        ("azure://box/rows?sig=hunter2",),
        ("gs://lake/rows#hunter2",),
        ("s3://lake/rows", "https://me:hunter2@minio.example.com"),  # pragma: allowlist secret
    ],
    ids=["user and password", "user", "token", "fragment", "endpoint"],
)
def test_a_credential_is_refused_and_not_repeated(
    project: Project, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(PredictorError, match=r"a user, a password or a token") as refused:
        place_of(project, *arguments)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ftp://lake/rows",), "ftp:// is not offered: name s3://"),
        (("s3:///rows",), "names no bucket: write s3://bucket/prefix"),
        (("s3://lake", "minio:9000"), r"--endpoint-url takes http\(s\)://host"),
        (("azure://box", "https://minio.example.com"), "for s3:// and gs:// alone"),
        (("gs://lake", None, "me"), "--profile names a profile of AWS"),
        (("s3://lake", None, None, "stored"), "--account names an Azure storage account"),
        (("no such folder",), "There is no folder 'no such folder': create or mount it first"),
        ((".", "https://minio.example.com"), "A folder takes no options"),
    ],
    ids=lambda value: None if isinstance(value, str) else value[0],
)
def test_an_unusable_address_is_one_sentence(
    project: Project, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(PredictorError, match=sentence):
        place_of(project, *arguments)


def test_a_folder_of_the_project_is_refused(project: Project) -> None:
    with pytest.raises(PredictorError, match="lies in the project"):
        place_of(project, str(project.raw))
