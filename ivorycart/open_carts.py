"""Open carts whose products changed in the catalogue: their owners' sockets get them anew, priced as they are now.

Pattern: the feed marks products, one task works them off, the carts of connected owners only. Concurrency: ``mark`` is
plain and called on the event loop. Shutdown: cancel ``run``; a page that connects asks for its cart anyway. Should a
round fail, its products are marked again for the next run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Protocol

from ivorycart.connections import Connections
from ivorycart.workers import WorkerState
from models.cart import Cart
from models.identity import OwnerId

PAUSE = 0.2  # seconds between two rounds
OWNERS_AT_ONCE = 500
PRODUCTS_AT_ONCE = 500


class CartFinder(Protocol):
    """Where carts are found."""

    async def with_products(self, owners: Sequence[OwnerId], product_ids: Iterable[str]) -> Sequence[Cart]:
        """Return those of the owners' carts that have any of the products."""


class OpenCarts:
    """Sends carts again; ``tell`` sends one to its owner's sockets."""

    def __init__(
        self, carts: CartFinder, connections: Connections, tell: Callable[[Cart], Awaitable[None]], pause: float = PAUSE
    ) -> None:
        self._carts = carts
        self._connections = connections
        self._tell = tell
        self._pause = pause
        self._products: dict[str, None] = {}
        self._marked = asyncio.Event()

    def mark(self, product_id: str) -> None:
        """Have the open carts with a product sent again."""
        self._products[product_id] = None
        self._marked.set()

    async def run(self, state: WorkerState) -> None:
        """Send until cancelled."""
        while True:
            await self._marked.wait()
            self._marked.clear()
            await self._round()
            state.alive()
            await asyncio.sleep(self._pause)

    async def _round(self) -> None:
        products = list(islice(self._products, PRODUCTS_AT_ONCE))
        for product_id in products:
            del self._products[product_id]
        try:
            owners = list({connection.owner for connection in self._connections})
            for first in range(0, len(owners), OWNERS_AT_ONCE):
                for cart in await self._carts.with_products(owners[first : first + OWNERS_AT_ONCE], products):
                    await self._tell(cart)
        except BaseException:
            self._products |= dict.fromkeys(products)
            self._marked.set()
            raise
        if self._products:
            self._marked.set()
