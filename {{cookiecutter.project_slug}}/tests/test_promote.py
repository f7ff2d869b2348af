import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import write_lock
from ruamel.yaml import YAML

from predictor import champions, promote, report, rules
from predictor.bundle import METADATA, Bundle
from predictor.champions import PROMOTED, ROLLED_BACK
from predictor.errors import PredictorError
from predictor.paths import CANDIDATE, CHAMPION, CHAMPIONS, LOCK, PARAMS, README, VERDICT
from predictor.registry import Registry
from predictor.rules import Finding


class Killed(BaseException):
    """Simulates a kill: no code of the project catches it."""


@contextmanager
def killed_at(owner: object, name: str, call: int) -> Iterator[None]:
    """Raise Killed in place of one call of a function: call number `call`, counted from 1."""
    original, calls = getattr(owner, name), 0

    def counting(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, counting)
        yield


def actions() -> list[tuple[str, str]]:
    return [(entry.version, entry.action) for entry in champions.entries()]


def serving() -> str:
    return Bundle.load(CHAMPION).version


def alias(registry: Registry) -> str:
    return str(registry.client.get_model_version_by_alias(registry.name, "champion").version)


@pytest.fixture
def registry(promoted: Path) -> Registry:
    found = Registry.connect(Bundle.load(CANDIDATE).metadata.problem.name)
    for version in found.versions()[:-2]:  # those of other tests
        found.client.delete_model_version(found.name, version)
    return found


def test_a_candidate_that_is_no_worse_becomes_the_champion_everywhere(registry: Registry) -> None:
    verdict = promote.promote()
    assert (verdict.promotes, verdict.judged_before) == (True, 1)
    assert actions() == [("1", PROMOTED), ("2", PROMOTED)]
    assert (serving(), alias(registry)) == ("2", "2")
    evaluation = report.read_evaluation(CHAMPION)
    assert f"**{evaluation.headline}**" in README.read_text()
    assert json.loads(VERDICT.read_text())["promotes"] is True


def test_promoting_twice_has_the_same_result_as_once(registry: Registry) -> None:
    promote.promote()
    before = CHAMPIONS.read_text(), README.read_text()
    assert promote.promote().promotes
    assert (CHAMPIONS.read_text(), README.read_text()) == before


def test_a_change_of_code_that_gives_the_same_model_is_promoted(registry: Registry) -> None:
    promote.promote()
    LOCK.write_text(LOCK.read_text().replace("md5: '1'", "md5: '2'"))
    version = promote.promote().version
    assert actions() == [("1", PROMOTED), ("2", PROMOTED), (version, PROMOTED)]
    assert (serving(), alias(registry)) == (version, version)


def test_a_refused_candidate_changes_nothing_but_the_verdict(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "RULES", (lambda _: Finding("no", False, "", ""),))
    before = CHAMPIONS.read_text(), README.read_text()
    assert not promote.promote().promotes
    assert (CHAMPIONS.read_text(), README.read_text(), serving()) == (*before, "1")


def test_without_a_champion_the_readme_says_why_the_candidate_was_refused(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(CHAMPION)
    CHAMPIONS.unlink()
    monkeypatch.setattr(rules, "RULES", (lambda _: Finding("no luck", False, "it rains", "wait"),))
    promote.promote()
    assert "- no luck: it rains. Try this: wait." in README.read_text()


def test_a_candidate_that_was_not_evaluated_is_refused(promoted: Path) -> None:
    metadata = json.loads((CANDIDATE / METADATA).read_text())
    (CANDIDATE / METADATA).write_text(json.dumps(metadata | {"train_rows": 1}))
    with pytest.raises(PredictorError, match="was not evaluated"):
        promote.promote()


def test_the_judged_candidate_is_promoted_even_if_replaced(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Bundle.load(CANDIDATE).identity

    def swapped(*_: object) -> str:
        shutil.rmtree(CANDIDATE)  # as if the pipeline ran in between
        shutil.copytree(CHAMPION, CANDIDATE)
        return "not compared"

    monkeypatch.setattr(promote, "compare_with_champion", swapped)
    promote.promote()
    assert Bundle.load(CHAMPION).identity == identity


def test_a_rollback_restores_the_previous_champion(registry: Registry) -> None:
    before = README.read_text()
    promote.promote()
    promote.rollback("wrong on holidays")
    assert actions() == [("1", PROMOTED), ("2", PROMOTED), ("2", ROLLED_BACK)]
    assert champions.entries()[-1].why == "wrong on holidays"
    assert (serving(), alias(registry), README.read_text()) == ("1", "1", before)


def test_a_rolled_back_model_is_not_promoted_by_a_rerun(registry: Registry) -> None:
    promote.promote()
    promote.rollback()
    failed = [finding.rule for finding in promote.promote().findings if not finding.holds]
    assert failed == ["not rolled back"]
    assert serving() == "1"


def test_the_first_champion_cannot_be_rolled_back(registry: Registry) -> None:
    with pytest.raises(PredictorError, match="no previous champion to roll back to"):
        promote.rollback()
    assert serving() == "1"


def test_a_rollback_to_another_schema_is_refused(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote.promote()
    monkeypatch.setattr("predictor.bundle.FEATURES", ["other"])
    with pytest.raises(PredictorError, match=r"another schema.py"):
        promote.rollback()
    assert actions()[-1] == ("2", PROMOTED)


STEPS: list[tuple[object, str, int]] = [
    *((promote, "write_text", call) for call in (1, 2)),
    *((owner, "write_text", 1) for owner in (champions, report)),
    *((Registry, name, 1) for name in ("register", "fetch", "set_champion")),
    *((Path, "rename", call) for call in (1, 2)),
]
IDS = [f"{getattr(owner, '__name__', owner)}.{name} {call}" for owner, name, call in STEPS]


@pytest.mark.parametrize(("owner", "name", "call"), STEPS, ids=IDS)
def test_a_killed_promotion_is_completed_by_the_next_one(
    registry: Registry, owner: object, name: str, call: int
) -> None:
    with killed_at(owner, name, call), pytest.raises(Killed):
        promote.promote()
    promote.promote()
    assert actions() == [("1", PROMOTED), ("2", PROMOTED)]
    assert (serving(), alias(registry)) == ("2", "2")
    assert report.read_evaluation(CHAMPION).bundle == Bundle.load(CHAMPION).identity


@pytest.mark.parametrize(
    ("owner", "name", "call"),
    [each for each in STEPS if each[1] != "register" and each != STEPS[0]],
)
def test_a_killed_rollback_goes_back_only_one_step(
    registry: Registry, owner: object, name: str, call: int
) -> None:
    promote.promote()
    with killed_at(owner, name, call):
        try:
            promote.rollback()
        except Killed:
            promote.rollback()
    assert actions() == [("1", PROMOTED), ("2", PROMOTED), ("2", ROLLED_BACK)]
    assert (serving(), alias(registry)) == ("1", "1")


def test_a_clone_restores_the_recorded_champion_without_a_new_entry(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote.promote()
    before = CHAMPIONS.read_text()
    shutil.rmtree(CHAMPION)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///clone.db")
    assert promote.promote().promotes
    assert (CHAMPIONS.read_text(), serving()) == (before, "1")


def test_the_recipe_depends_on_parameters_and_code_but_not_on_bytes_of_data(
    promoted: Path,
) -> None:
    before, text = promote.read_recipe(), LOCK.read_text()
    for name, changes in {"data/prepared": False, "prepare.py": True, "train.py": True}.items():
        LOCK.write_text(re.sub(rf"md5: '.'(, path: \S*{name})", r"md5: other\1", text))
        assert LOCK.read_text() != text
        assert (promote.read_recipe() != before) == changes
    params = YAML(typ="safe").load(PARAMS)
    params["train"]["seed"] += 1
    write_lock(params)
    assert promote.read_recipe() != before
