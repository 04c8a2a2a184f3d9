"""Shelves: of each seller how many units carts hold, and which products run low or are out, kept with every change.

So a seller's screen costs what runs low, not what the seller has. Concurrency: plain methods, called by the board.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from models.stock import Level, Product

State = Literal["ok", "low", "out"]


@dataclass(slots=True)
class Shelf:
    """One seller's: low is at or below the threshold, out is nothing at all; only what is for sale counts there."""

    held: int = 0
    currencies: dict[str, int] = field(default_factory=dict)
    """How many products there are in each currency."""
    low: dict[str, None] = field(default_factory=dict)
    out: dict[str, None] = field(default_factory=dict)


class _Known(NamedTuple):
    seller_id: str
    currency: str
    held: int
    state: State


def state_of(product: Product, level: Level) -> State:
    """Say whether a product runs low; one that is not for sale does not."""
    if not product.for_sale or level.available > product.threshold:
        return "ok"
    return "low" if level.available > 0 else "out"


class Shelves:
    """The shelves of all sellers."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._shelves: dict[str, Shelf] = {}

    def start(self, products: Iterable[tuple[Product, Level]]) -> None:
        """Begin anew."""
        self._known.clear()
        self._shelves.clear()
        for product, level in products:
            self.put(product, level)

    def put(self, product: Product, level: Level) -> None:
        """Take in a product as it is now."""
        known = self._known.get(product.id)
        fresh = _Known(product.seller_id, product.currency, level.held, state_of(product, level))
        if fresh == known:
            return
        self._known[product.id] = fresh
        if known and known._replace(held=fresh.held) == fresh:
            self._shelves[fresh.seller_id].held += fresh.held - known.held
            return
        if known:
            self._take_off(product.id, known)
        shelf = self._shelves.setdefault(fresh.seller_id, Shelf())
        shelf.held += fresh.held
        shelf.currencies[fresh.currency] = shelf.currencies.get(fresh.currency, 0) + 1
        if fresh.state != "ok":
            (shelf.low if fresh.state == "low" else shelf.out)[product.id] = None

    def drop(self, product_id: str) -> None:
        """Forget a product."""
        known = self._known.pop(product_id, None)
        if known:
            self._take_off(product_id, known)

    def _take_off(self, product_id: str, known: _Known) -> None:
        shelf = self._shelves[known.seller_id]
        shelf.held -= known.held
        shelf.currencies[known.currency] -= 1
        if not shelf.currencies[known.currency]:
            del shelf.currencies[known.currency]
        shelf.low.pop(product_id, None)
        shelf.out.pop(product_id, None)
        if not shelf.currencies:
            del self._shelves[known.seller_id]

    def of(self, seller_id: str) -> Shelf:
        """Return a seller's shelf as it is now; it is not to be changed."""
        return self._shelves.get(seller_id) or Shelf()

    def seller_of(self, product_id: str) -> str | None:
        """Return whose a product is."""
        known = self._known.get(product_id)
        return known.seller_id if known else None

    def state(self, product_id: str) -> State:
        """Say whether a product runs low."""
        known = self._known.get(product_id)
        return known.state if known else "ok"

    def sellers(self) -> Collection[str]:
        """Return who has a product."""
        return self._shelves.keys()
