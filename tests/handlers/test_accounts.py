"""Hashing beside the event loop, tokens, limits that move with time."""

import asyncio
import threading

import bcrypt
import pytest

from ivorycart.accounts.passwords import Passwords
from ivorycart.accounts.tokens import Tokens
from ivorycart.throttle import BURST, PATIENCE, RATE, Throttle
from models.errors import NotAuthenticated

SECRET = "s" * 32
ADA = {"user_id": "a" * 24, "session_id": "c" * 24, "email": "ada@example.org", "name": "Ada", "role": "buyer"}


@pytest.fixture
def passwords():
    """Passwords at the lowest cost, on two threads."""
    made = Passwords(cost=4, threads=2)
    yield made
    made.close()


async def test_hashing_leaves_the_event_loop_free(passwords, monkeypatch):
    """While hashes are made others are served, and at most two are made at once."""
    go, running, most = threading.Event(), [], []

    def slow(_password, _salt):
        running.append(1)
        most.append(len(running))
        assert go.wait(30)
        running.pop()
        return b"hashed"

    monkeypatch.setattr(bcrypt, "hashpw", slow)
    hashing = [asyncio.create_task(passwords.hash("a password")) for _ in range(6)]
    turns = 0
    while len(most) < 2:  # both threads are busy and the loop still turns
        await asyncio.sleep(0.001)
        turns += 1
    assert turns
    assert not any(task.done() for task in hashing)
    go.set()
    assert await asyncio.gather(*hashing) == ["hashed"] * 6
    assert max(most) <= 2


async def test_an_unknown_account_costs_a_check_as_well(passwords, monkeypatch):
    """Time does not tell who has an account."""
    checked = []
    monkeypatch.setattr(bcrypt, "checkpw", lambda password, hashed: checked.append((password, hashed)) or True)
    assert await passwords.check("a password", None) is False
    [(_, hashed)] = checked
    assert hashed.startswith(b"$2b$04$")


@pytest.mark.parametrize("password", ["a" * 72 + "b", "a\x00b", "ü" * 128, ""])
async def test_every_character_counts(passwords, password):
    """Beyond bcrypt's 72 bytes and behind a zero byte, too."""
    hashed = await passwords.hash(password)
    assert await passwords.check(password, hashed)
    assert not await passwords.check(password + "c", hashed)
    assert not await passwords.check(password[:-1] + "c", hashed)


def test_a_short_secret_stops_the_start():
    """32 bytes at least."""
    with pytest.raises(ValueError, match="JWT_SECRET"):
        Tokens("s" * 31, seconds=60)


def test_a_token_names_whom_it_was_made_for():
    """And it is good for as long as it says."""
    tokens = Tokens(SECRET, seconds=60)
    user = tokens.read(tokens.issue(**ADA))
    assert (user.id, user.email, user.name, user.role) == ("a" * 24, "ada@example.org", "Ada", "buyer")
    with pytest.raises(NotAuthenticated):
        Tokens(SECRET, seconds=0).read(Tokens(SECRET, seconds=0).issue(**ADA))


@pytest.mark.parametrize("token", ["\udcff\udcfe.a.b", "é.a.b", "", ".", "..", "a" * 8000, "\x00"])
def test_what_is_no_token_is_refused_and_never_an_error(token):
    """A header may carry bytes that are no text."""
    with pytest.raises(NotAuthenticated):
        Tokens(SECRET, seconds=60).read(token)


def test_a_socket_has_a_burst_and_then_its_rate():
    """Sixty at once, then twenty a second."""
    throttle = Throttle()
    assert sum(throttle.allows(100.0) for _ in range(200)) == BURST
    assert sum(throttle.allows(101.0) for _ in range(200)) == RATE
    assert not throttle.allows(101.0)
    assert sum(throttle.allows(1000.0) for _ in range(200)) == BURST


def test_who_does_not_stop_has_to_go():
    """A hundred refusals; whoever pauses until half the burst is back begins anew."""
    throttle = Throttle()
    at_once = [throttle.allows(100.0) for _ in range(int(BURST) + PATIENCE - 1)]
    assert (at_once.count(False), throttle.exhausted) == (PATIENCE - 1, False)
    assert throttle.allows(100.0 + BURST / RATE)
    assert throttle.refused == 0
    for _ in range(int(BURST) + PATIENCE):
        throttle.allows(100.0 + BURST / RATE)
    assert throttle.exhausted


def test_a_steady_client_is_never_slowed_down():
    """Twenty a second, for an hour."""
    throttle = Throttle()
    assert all(throttle.allows(100.0 + number / RATE) for number in range(3600 * int(RATE)))
