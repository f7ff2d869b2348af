import time

import pytest

from predictor.progress import heartbeat


def test_what_takes_long_shows_that_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with heartbeat("fitting", seconds=0.05):
        time.sleep(0.3)
    assert caplog.messages[0] == "fitting"
    assert len(caplog.messages) > 2
    shown = len(caplog.messages)
    time.sleep(0.15)
    assert len(caplog.messages) == shown
