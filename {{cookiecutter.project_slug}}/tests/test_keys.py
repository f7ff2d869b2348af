from hashlib import sha256

import pytest
from conftest import GOOD
from fastapi.testclient import TestClient

from predictor.errors import PredictorError
from predictor.release import Champion
from predictor.serve.app import create_app
from predictor.serve.settings import Settings

OLD, NEW = "old-key", "new-key"
HASHED = f"sha256:{sha256(NEW.encode()).hexdigest()}"


@pytest.fixture
def client(champion: Champion) -> TestClient:
    settings = Settings.from_environment({"PREDICTOR_API_KEYS": f" {OLD} , {HASHED},"})
    return TestClient(create_app(champion, settings))


@pytest.mark.parametrize(
    "headers",
    [{"X-API-Key": OLD}, {"X-API-Key": NEW}, {"Authorization": f"Bearer {NEW}"}],
    ids=["one key", "another, stored as a hash", "bearer"],
)
def test_each_of_several_keys_opens(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/predict", json=GOOD, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-API-Key": "other"}, {"X-API-Key": HASHED}],
    ids=["none", "wrong", "the hash"],
)
def test_without_a_key_nothing_is_answered(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/predict", "/predict/batch", "/explain"):
        response = client.post(path, json=GOOD, headers=headers)
        assert (response.status_code, response.json()["title"]) == (401, "Unauthorized")
        assert response.headers["www-authenticate"] == "ApiKey, Bearer"
    assert client.get("/model", headers=headers).status_code == 401
    assert client.get("/metrics", headers=headers).status_code == 401
    assert client.get("/health/ready", headers=headers).status_code == 200


def test_a_wrong_variable_is_named_with_the_nearest_right_one() -> None:
    with pytest.raises(PredictorError, match=r"'api_key' \(did you mean 'api_keys'\?\)"):
        Settings.from_environment({"PREDICTOR_API_KEY": "secret"})  # pragma: allowlist secret
    with pytest.raises(PredictorError, match="cors_origins"):
        Settings.from_environment({"PREDICTOR_CORS_ORIGINS": "*"})
