"""Passwords: whole, in any script, and hashed where they stop nobody else."""

import asyncio
from collections.abc import Iterator
from typing import Any

import bcrypt
import pytest
from prometheus_client import CollectorRegistry

from ivorycart.accounts import passwords as module
from ivorycart.accounts.passwords import Passwords, password_hashes


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    """Hash at the lowest cost."""
    passwords = Passwords(cost=4)
    yield passwords
    passwords.close()


async def test_each_hash_is_counted():
    """Where an account is unknown, too: what costs time is seen."""
    registry = CollectorRegistry()
    passwords = Passwords(cost=4, hashes=password_hashes(registry))
    hashed = await passwords.hash("correct horse")
    await passwords.check("correct horse", hashed)
    await passwords.check("correct horse", None)
    passwords.outdated(hashed)
    passwords.close()
    assert registry.get_sample_value("ivorycart_password_hashes_total") == 3


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("correct horse", "correct hors"),
        ("a" * 72 + "b", "a" * 72 + "c"),
        ("a" * 73, "a" * 72),
        ("before\0after", "before\0other"),
        ("before\0", "before"),
        ("пароль密码🔑", "пароль密码🔒"),
        ("é" * 60, "é" * 59 + "e"),
        (" spaces ", "spaces"),
        ("Case", "case"),
    ],
)
async def test_every_character_counts(passwords: Passwords, right: str, wrong: str):
    """Beyond bcrypt's 72 bytes and past a zero byte, too."""
    hashed = await passwords.hash(right)
    assert await passwords.check(right, hashed)
    assert not await passwords.check(wrong, hashed)


async def test_the_same_password_has_another_hash_each_time(passwords: Passwords):
    """Salted, and at the cost that was asked for."""
    first, second = await passwords.hash("secret"), await passwords.hash("secret")
    assert first != second
    assert first.startswith("$2b$04$")


async def test_an_unknown_account_takes_the_same_work_and_is_never_right(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
):
    """Also for the word that the stand-in was made of; the cost is the same."""
    seen: list[bytes] = []
    checkpw = bcrypt.checkpw

    def spy(password: bytes, hashed: bytes) -> bool:
        seen.append(hashed)
        return checkpw(password, hashed)

    monkeypatch.setattr(module.bcrypt, "checkpw", spy)
    assert not await passwords.check("wrong", await passwords.hash("secret"))
    for word in ("nobody", "secret", ""):
        assert not await passwords.check(word, None)
    assert len(seen) == 4
    assert {each[:7] for each in seen} == {b"$2b$04$"}


@pytest.mark.parametrize("stored", ["", "plain text", "$2b$04$short", "md5:0"])
async def test_what_is_no_hash_is_nobodys_password(passwords: Passwords, stored: str):
    """Another program may have written it; signing in says no and does not break."""
    assert not await passwords.check("plain text", stored)


async def test_hashing_leaves_the_event_loop_free(passwords: Passwords, monkeypatch: pytest.MonkeyPatch):
    """While two threads hash, everything else goes on; no third hash begins."""
    loop, running, most, ticks = asyncio.get_running_loop(), 0, 0, 0
    gate = asyncio.Event()

    def slow(*_: Any) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
        running -= 1
        return b"hash"

    monkeypatch.setattr(module.bcrypt, "hashpw", slow)
    hashes = [asyncio.ensure_future(passwords.hash("x")) for _ in range(6)]
    while running < 2:
        await asyncio.sleep(0.001)
        ticks += 1
    assert not any(each.done() for each in hashes)
    gate.set()
    assert await asyncio.gather(*hashes) == ["hash"] * 6
    assert most == 2


async def test_what_looks_the_same_is_the_same_password(passwords: Passwords):
    """One keyboard sends an accented letter as one character, another as two."""
    hashed = await passwords.hash("caf\u00e9 \ufb01ne")
    assert await passwords.check("cafe\u0301 fine", hashed)


async def test_a_cheaper_hash_of_before_takes_the_time_of_one_of_now(monkeypatch: pytest.MonkeyPatch):
    """Else answers would tell for whom there is one: each cost takes as long as all below it together, and one more."""
    old, now = Passwords(cost=4), Passwords(cost=7)
    hashed = await old.hash("secret")
    work: list[int] = []

    def spy(real: Any) -> Any:
        def hash_it(password: bytes, salt: bytes) -> bytes:
            work.append(int(salt.split(b"$")[2]))
            return bytes(real(password, salt))

        return hash_it

    monkeypatch.setattr(bcrypt, "hashpw", spy(bcrypt.hashpw))
    for password, right in (("secret", True), ("wrong", False)):
        work.clear()
        assert await now.check(password, hashed) is right
        assert 2**4 + sum(2**cost for cost in work) == 2**7
    work.clear()
    assert not await now.check("wrong", await now.hash("secret"))
    assert work == [7]
    old.close()
    now.close()
