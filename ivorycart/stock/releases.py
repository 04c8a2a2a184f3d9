"""When the next unit comes back, where every unit is held: forgotten where a hold goes on, and asked for anew.

A hold can get another end without any movement: a cart is prolonged, or an offer's unit goes into a cart. Whoever hears
of that says so here (``forget``, plain, never waits). Besides, what was to end and did not is asked for again.
Shutdown: cancel ``run``.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ivorycart.ledger.batch import Committed
from ivorycart.stock.board import StockBoard
from ivorycart.workers import WorkerState
from models.cart import Cart

INTERVAL = 1.0  # seconds
GRACE = timedelta(seconds=2)  # the sweeper needs a moment


def prolonged(cart: Cart) -> list[str]:
    """Return the products of a cart whose hold was prolonged; of any other cart none."""
    return [line.product_id for line in cart.lines] if cart.extended else []


@dataclass(frozen=True, slots=True)
class Releases:
    """Has ``mark`` called for products whose next release is not what it was: it is learned anew with their frame."""

    board: StockBoard
    mark: Callable[[str], None]

    def forget(self, product_ids: Iterable[str]) -> None:
        """Forget when the next unit of these comes back."""
        for product_id in product_ids:
            if self.board.forget_release(product_id):
                self.mark(product_id)

    def committed(self, done: Iterable[Committed]) -> None:
        """Heed the carts that this process prolonged."""
        for each in done:
            for cart in each.carts.values():
                self.forget(prolonged(cart))

    def look(self, now: datetime) -> None:
        """Have asked again what should have come back by now."""
        self.forget(self.board.overdue(now - GRACE))

    async def run(self, state: WorkerState) -> None:
        """Look every second until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            self.look(self.board.clock.now())
            state.alive()
