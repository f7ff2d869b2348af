import pytest
from conftest import GOOD
from fastapi.testclient import TestClient

from predictor.release import Champion
from predictor.serve.app import create_app


@pytest.fixture
def client(champion: Champion) -> TestClient:
    return TestClient(create_app(champion))


def test_an_effect_is_the_answer_minus_the_answer_with_the_typical_value(
    client: TestClient, champion: Champion
) -> None:
    explained = client.post("/explain", json=GOOD).json()
    typical = champion.bundle.statistics.typical()
    answer = client.post("/predict", json=GOOD).json()["probability"]
    assert explained["answer"]["probability"] == answer
    for each in explained["contributions"]:
        other = client.post("/predict", json=GOOD | {each["column"]: typical[each["column"]]})
        assert each["without"] == pytest.approx(other.json()["probability"])
        assert each["effect"] == pytest.approx(answer - each["without"])
        assert each["value"] == GOOD[each["column"]]
        assert each["typical"] == typical[each["column"]]


def test_every_column_is_explained_and_the_largest_effect_comes_first(client: TestClient) -> None:
    contributions = client.post("/explain", json=GOOD).json()["contributions"]
    sizes = [abs(each["effect"]) for each in contributions]
    assert {each["column"] for each in contributions} == set(GOOD)
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0


def test_a_typical_row_is_moved_by_nothing(client: TestClient, champion: Champion) -> None:
    explained = client.post("/explain", json=champion.bundle.statistics.typical()).json()
    assert {each["effect"] for each in explained["contributions"]} == {0.0}
