"""Reading many things at once, of which each may fail or hang without the others.

Concurrency: a read that others wait for already is not begun a second time, and one that hangs is left alone until it
ends; so a database that answers slowly has at most one request of each kind to answer, however many people look.
Shutdown: ``close`` ends what is under way.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

PATIENCE = 2.0
REASON_LENGTH = 200

Part = dict[str, Any]
Read = Callable[[], Awaitable[Mapping[str, Any]]]


class RememberedRead:
    """A read whose result is good for some seconds; what it raises is not remembered."""

    def __init__(self, read: Read, seconds: float = 0.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._under_way: asyncio.Task[None] | None = None
        self._part: Part = {}
        self._until = float("-inf")

    async def part(self, patience: float) -> Part:
        """Return ``{ok: true, …}``, or ``{ok: false, reason}`` where it failed or takes longer than ``patience``."""
        if self._clock() < self._until:
            return self._part
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._take(), name="a part of the overview")
        under_way = self._under_way
        done, _ = await asyncio.wait({under_way}, timeout=patience)
        if not done or under_way.cancelled():
            return unread(f"no answer within {patience:g} s")
        return self._part

    async def _take(self) -> None:
        began = self._clock()
        try:
            self._part = {"ok": True, **await self._read()}
            self._until = began + self._seconds
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            self._part = unread(reason_of(error))
        finally:
            self._under_way = None

    async def close(self) -> None:
        """End the read that is under way."""
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.gather(self._under_way, return_exceptions=True)


class Parts:
    """Reads by name."""

    def __init__(self, reads: Mapping[str, RememberedRead], *, patience: float = PATIENCE) -> None:
        self._reads = reads
        self._patience = patience

    async def read(self, names: Iterable[str]) -> dict[str, Part]:
        """Return these parts, all read at once."""
        wanted = list(names)
        parts = await asyncio.gather(*(self._reads[name].part(self._patience) for name in wanted))
        return dict(zip(wanted, parts, strict=True))

    async def close(self) -> None:
        """End what is under way."""
        await asyncio.gather(*(each.close() for each in self._reads.values()))


def unread(reason: str) -> Part:
    """Return the part that says why it is none."""
    return {"ok": False, "reason": reason}


def reason_of(error: Exception) -> str:
    """Return in a line what went wrong; of several things at once the first."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:REASON_LENGTH]
