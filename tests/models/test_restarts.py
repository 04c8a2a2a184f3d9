"""What dies is started again: soon, then ever later."""

from models.restarts import RestartPace


def test_restarts_slow_down_to_a_cap_and_recover() -> None:
    """Back-off doubles up to 5 s, a quiet minute resets it, and hopelessness is told once per five deaths."""
    pace = RestartPace()
    assert [pace.died(now) for now in range(8)] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert [pace.is_hopeless(), pace.is_hopeless()] == [True, False]
    assert pace.died(1_000) == 0.1
    assert not pace.is_hopeless()
