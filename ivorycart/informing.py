"""Informing: what was put into the outbox for somebody is told them in the shop, too.

Pattern: a leased worker. An order writes one row, its mail; this makes the notification of it, under the same key, and
then takes the mark from the row. Killed between any two steps it does the portion again, and the unique key sees to it
that nobody is told twice. The change stream pushes the notifications to the sockets.
A portion at each round and no more: a burst of orders goes first, and its news comes a moment later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.notification import DueNotice

PORTION = 1000
INTERVAL = 0.25  # seconds


class DueBook(Protocol):
    """Where it is kept what is still to be told."""

    async def due(self, limit: int) -> Sequence[DueNotice]:
        """Return what is still to be told, the oldest first."""

    async def tell(self, due: Sequence[DueNotice]) -> None:
        """Write the notifications; those that are there already stay as they are."""

    async def done(self, due: Sequence[DueNotice]) -> None:
        """Note that these were told."""


@dataclass(frozen=True, slots=True)
class Informer:
    """Makes notifications of what is in the outbox."""

    book: DueBook
    portion: int = PORTION

    async def step(self) -> bool:
        """Tell a portion; the next one waits for its round."""
        due = await self.book.due(self.portion)
        if due:
            await self.book.tell(due)
            await self.book.done(due)
        return False
