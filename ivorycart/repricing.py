"""When discounts begin and end: what lists are sorted by follows within a moment.

Pattern: a leased worker. What a buyer pays does not depend on it: carts and orders reckon with the database's clock. It
moves what is stored of a product's present price, and the change stream tells browsers and open carts. Every write is
guarded by what was read, so it may be killed at any line and run twice.
"""

from dataclasses import dataclass
from typing import Protocol

BATCH = 500
INTERVAL = 0.5


class PriceBook(Protocol):
    """Where prices of the moment are kept."""

    async def reprice(self, limit: int) -> bool:
        """Note what products cost whose discounts began or ended; return whether there may be more."""

    async def shelve(self, limit: int) -> bool:
        """Put products on their shelves that another program wrote without any; return whether there may be more."""


@dataclass(frozen=True, slots=True)
class Repricer:
    """Keeps stored prices of the moment right."""

    book: PriceBook

    async def step(self) -> bool:
        """Do one batch of each; return whether there may be more."""
        more = await self.book.reprice(BATCH)
        return await self.book.shelve(BATCH) or more
