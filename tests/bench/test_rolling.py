"""A rolling restart is judged rightly: what somebody noticed is a failure, and the page says so."""

from dataclasses import replace

import pytest

from bench.rolling import Phase, Rolled, told

GOOD = Phase(name="hosts", seconds=30.4, acked=1200, broken=0, refused={}, back=150, resumed=150, away=1.14)


def test_what_nobody_noticed_is_a_line_of_the_page():
    """With how many sockets came back, how many of those resumed, and how long they were away."""
    rolled = Rolled(100, [GOOD])
    assert rolled.failures == []
    assert "| hosts | 30 | 1,200 | 0 | 0 | 150 | 150 | 1.1 |" in told(rolled)
    assert "Not as it shall be" not in told(rolled)


@pytest.mark.parametrize("noticed", [{"resumed": 149}, {"broken": 1}, {"refused": {503: 2}}, {"acked": 0}])
def test_what_somebody_noticed_is_a_failure(noticed: dict[str, object]):
    """A socket that came back without what it missed is one, too."""
    rolled = Rolled(100, [GOOD, replace(GOOD, **noticed)])
    assert len(rolled.failures) == 1
    assert f"**Not as it shall be:** {rolled.failures[0]}." in told(rolled)


def test_what_is_wrong_in_the_end_is_a_failure():
    """Such as levels that sockets know wrongly."""
    assert Rolled(100, [GOOD], ["3 levels went back"]).failures == ["3 levels went back"]
