"""The limit of open files: raised as far as it goes; the last files are not for clients."""

import resource
from typing import Any

import pytest
from structlog.testing import capture_logs

from ivorycart.open_files import FEW, MOST, QUIET, Room, allow, for_clients, warn_if_few

ENDLESS = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "then"),
    [
        (256, 20_000, 20_000),
        (1024, ENDLESS, MOST),
        (20_000, 20_000, 20_000),
        (MOST + 1, ENDLESS, MOST + 1),
        (ENDLESS, ENDLESS, ENDLESS),
    ],
)
def test_the_soft_limit_becomes_the_hard_one(monkeypatch: Any, soft: int, hard: int, then: int) -> None:
    """A million where there is none; it is never lowered, and the hard one is left alone."""
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: limits.append(wanted))
    assert allow() == (MOST if then == ENDLESS else then)
    assert limits[-1] == (then, hard)


def test_a_limit_that_cannot_be_raised_does_not_stop_a_start(monkeypatch: Any) -> None:
    """Some systems give less than their hard limit says."""

    def refuse(*_: Any) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, ENDLESS))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert allow() == 256


def test_a_low_limit_is_warned_of_with_what_to_do() -> None:
    """In a line; nothing is said of one that will do."""
    with capture_logs() as logs:
        warn_if_few(FEW)
        assert not logs
        warn_if_few(1024)
    (line,) = logs
    assert (line["event"], line["log_level"], line["files"]) == ("files.few", "warning", 1024)
    assert all(fix in line["message"] for fix in ("ulimit -n", "LimitNOFILE=", "--ulimit nofile="))


def test_the_last_files_are_not_for_clients() -> None:
    """However low the limit, most are; who is turned away is counted in a line now and then."""
    time = [100.0]
    assert for_clients(20_000) == 19_872
    assert for_clients(200) == 150
    room = Room(200, lambda: time[0])
    with capture_logs() as logs:
        assert room.has(149)
        assert not any(room.has(number) for number in (150, 151, 199))
        assert [line["turned_away"] for line in logs] == [1]
        time[0] += QUIET
        assert not room.has(150)
        assert [line["turned_away"] for line in logs] == [1, 3]
        assert room.has(149)
