"""What operators are alerted by, read for the whole shop: each part by itself, so that one can fail alone."""

from collections.abc import Mapping
from typing import Protocol

from ivorycart.overview.parts import Part, Parts, RememberedRead
from ivorycart.overview.ports import Figures


class PromiseBook(Protocol):
    """Where it is read how well the promises are kept; times in seconds, by the database's clock."""

    async def payments(self) -> Figures:
        """Return the payments under way by state, and how many a person has to look at."""

    async def lateness(self) -> Figures:
        """Return how late the latest hold, mail and crossing is."""

    async def audit(self) -> Figures:
        """Return what the last audit found, and how old it is; nothing before the first."""


class RoomBook(Protocol):
    """Where it is read what room the database has left."""

    async def disk(self) -> Figures:
        """Return how much of its disk is used, and what there is; nothing where it does not say."""

    async def oplog(self) -> Figures:
        """Return how far back its oplog goes."""


class Promises:
    """Reads the parts."""

    def __init__(self, book: PromiseBook, room: RoomBook) -> None:
        self._reads = {
            "payments": book.payments,
            "lateness": book.lateness,
            "audit": book.audit,
            "disk": room.disk,
            "oplog": room.oplog,
        }
        self._parts = Parts({name: RememberedRead(read) for name, read in self._reads.items()})

    async def shop_wide(self) -> Mapping[str, Part]:
        """Return them."""
        return await self._parts.read(self._reads)

    async def close(self) -> None:
        """End what is being read."""
        await self._parts.close()
