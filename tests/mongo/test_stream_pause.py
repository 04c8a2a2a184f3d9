"""How long the change stream waits before it tries again."""

from mongo.stream import pause


def test_the_pause_between_two_tries_has_an_upper_end() -> None:
    """However long the database has been away."""
    assert pause(0) < pause(3) < pause(10_000) == 2.0
