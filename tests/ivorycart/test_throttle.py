"""One socket's rate: a burst, then a steady flow, and an end to those who do not stop."""

from ivorycart.throttle import BURST, PATIENCE, RATE, Throttle


def test_a_burst_is_allowed_and_then_the_steady_rate():
    """Sixty at once, then twenty a second."""
    throttle = Throttle()
    assert sum(throttle.allows(1000.0) for _ in range(200)) == BURST
    assert sum(throttle.allows(1001.0) for _ in range(200)) == RATE


def test_a_pause_gives_no_more_than_one_burst():
    """An hour of silence is no licence."""
    throttle = Throttle()
    assert sum(throttle.allows(3600.0 * hour) for hour in (1, 2) for _ in range(200)) == 2 * BURST


def test_who_keeps_to_the_rate_is_never_refused():
    """For as long as they like."""
    throttle = Throttle()
    assert all(throttle.allows(100 + number / RATE) for number in range(2000))
    assert throttle.refused == 0


def test_who_does_not_stop_is_to_go():
    """Two hundred events a second: the patience is used up within a second."""
    throttle = Throttle()
    for number in range(200):
        throttle.allows(10 + number / 200)
    assert throttle.exhausted
    assert throttle.refused >= PATIENCE


def test_who_calms_down_is_forgiven():
    """A burst now and then adds up to nothing."""
    throttle = Throttle()
    for minute in range(10):
        for _ in range(100):
            throttle.allows(60.0 * minute)
    assert not throttle.exhausted


def test_a_smaller_burst_is_kept_from_the_start():
    """The limits given are the limits."""
    throttle = Throttle(rate=1, burst=5)
    assert sum(throttle.allows(50.0) for _ in range(20)) == 5
