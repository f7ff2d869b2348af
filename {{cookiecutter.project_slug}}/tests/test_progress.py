import time

import pytest

from predictor.progress import counted, heartbeat


def test_what_takes_long_shows_that_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with heartbeat("fitting", seconds=0.05):
        time.sleep(0.3)
    assert caplog.messages[0] == "fitting"
    assert len(caplog.messages) > 2
    shown = len(caplog.messages)
    time.sleep(0.15)
    assert len(caplog.messages) == shown


def test_batches_come_with_the_rows_before_them_and_say_how_far_they_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert list(counted(["ab", "cde"], total=5, seconds=0)) == [(0, "ab"), (2, "cde")]
    assert [message.split(",")[0] for message in caplog.messages] == [
        "  ... 2 of 5 rows",
        "  ... 5 of 5 rows",
    ]
    assert list(counted(["ab"], total=None, seconds=9)) == [(0, "ab")]
    assert len(caplog.messages) == 2
