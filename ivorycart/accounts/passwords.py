"""Password hashing: bcrypt in a bounded pool of threads, so that sign-ins cannot starve the event loop.

bcrypt reads 72 bytes and stops at a zero byte; the SHA-256 of the password in base64 is 44 characters without one, so
passwords of any length and script count whole. What looks the same is the same: text is taken in its compatibility
form (Unicode NFKC), since one keyboard sends an é as one character and another as two (NIST SP 800-63B).

The threads have the lowest priority that the system knows: two hundred sign-ins at once take what carts leave over.
"""

import asyncio
import base64
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar
from unicodedata import normalize

import bcrypt
from prometheus_client import CollectorRegistry, Counter

T = TypeVar("T")

DEFAULT_COST = 12
NO_PASSWORD = ""  # no password has this hash
LOWEST_PRIORITY = 19


def password_hashes(registry: CollectorRegistry) -> Counter:
    """Return where it is counted how often a password was hashed or checked."""
    return Counter(
        "ivorycart_password_hashes",
        "Passwords hashed or checked, each of which takes as long as the cost of a hash wants",
        registry=registry,
    )


class Passwords:
    """Hashes and checks passwords. Close it to end its threads."""

    def __init__(self, *, cost: int = DEFAULT_COST, threads: int = 2, hashes: Counter | None = None) -> None:
        self._cost = cost
        self._hashes = hashes or password_hashes(CollectorRegistry())
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password", initializer=_step_back)
        # Checked against where an account is unknown, so that an answer takes as long as for a known one.
        self._nobody = bcrypt.hashpw(b"nobody", bcrypt.gensalt(cost)).decode()

    async def hash(self, password: str) -> str:
        """Return a password's hash, salt and cost included."""
        return await self._run(lambda: bcrypt.hashpw(_digest(password), bcrypt.gensalt(self._cost)).decode())

    async def check(self, password: str, hashed: str | None) -> bool:
        """Whether a password is the hashed one; takes as long where there is none."""
        stored = (hashed or self._nobody).encode()
        try:
            matches = await self._run(lambda: self._check(password, stored))
        except ValueError:  # what another program stored is no hash: nobody has that password
            return False
        return matches and hashed is not None

    def _check(self, password: str, stored: bytes) -> bool:
        """Check in the time that a hash of the present cost takes, also where the stored one is cheaper.

        Each cost takes as long as all those below it together, so the rest is made up for by what lies between.
        """
        matches = bcrypt.checkpw(_digest(password), stored)
        for cost in range(_cost_of(stored), self._cost):
            bcrypt.hashpw(b"nobody", bcrypt.gensalt(cost))
        return matches

    def outdated(self, hashed: str) -> bool:
        """Whether a hash was made with another cost than is asked for now."""
        return not hashed.startswith(f"$2b${self._cost:02}$")

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        self._hashes.inc()
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _step_back() -> None:
    """Give the present thread the lowest priority; only Linux has one for each thread."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)


def _cost_of(hashed: bytes) -> int:
    """Return the cost in a hash such as ``$2b$12$…``."""
    return int(hashed.split(b"$")[2])


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(normalize("NFKC", password).encode()).digest())
