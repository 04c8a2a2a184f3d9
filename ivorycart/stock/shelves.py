"""Shelves: of each seller how many units carts hold, and which products run low or are out, kept with every change.

So a seller's screen, or a list of what runs low, costs what runs low, not what the seller has. Concurrency: plain
methods, called by the board.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, NamedTuple

from models.stock import Level, Product

State = Literal["ok", "low", "out"]


@dataclass(slots=True)
class Shelf:
    """One seller's: low is at or below the threshold, out is nothing at all; what is not for sale stands apart."""

    held: int = 0
    currencies: dict[str, int] = field(default_factory=dict)
    """How many products there are in each currency."""
    low: dict[str, None] = field(default_factory=dict)
    out: dict[str, None] = field(default_factory=dict)
    in_carts: dict[str, None] = field(default_factory=dict)
    """What carts hold units of, for sale or not."""
    hidden_low: dict[str, None] = field(default_factory=dict)
    hidden_out: dict[str, None] = field(default_factory=dict)
    ordered: dict[bool, list[tuple[int, str]]] = field(default_factory=dict, compare=False)
    """Whoever puts what is running out in order (available units, product id; True: what is out alone) may keep it
    here; it is another dictionary once something of it moved."""

    def running_out(self, *, out_only: bool) -> Iterator[str]:
        """Yield what runs low, on show or not; with ``out_only`` what is out."""
        yield from chain(self.out, self.hidden_out)
        if not out_only:
            yield from chain(self.low, self.hidden_low)


class _Known(NamedTuple):
    seller_id: str
    currency: str
    held: int
    state: State
    for_sale: bool


def state_of(product: Product, level: Level) -> State:
    """Say whether a product runs low; one that is not for sale does not."""
    return _level_state(product, level) if product.for_sale else "ok"


def _level_state(product: Product, level: Level) -> State:
    if level.available > product.threshold:
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
        state = _level_state(product, level)
        fresh = _Known(product.seller_id, product.currency, level.held, state, product.for_sale)
        if state != "ok" and product.seller_id in self._shelves:
            self._shelves[product.seller_id].ordered = {}
        if fresh == known:
            return
        self._known[product.id] = fresh
        if known and known._replace(held=fresh.held) == fresh:
            shelf = self._shelves[fresh.seller_id]
            shelf.held += fresh.held - known.held
            _note_held(shelf, product.id, fresh.held)
            return
        if known:
            self._take_off(product.id, known)
        shelf = self._shelves.setdefault(fresh.seller_id, Shelf())
        shelf.held += fresh.held
        _note_held(shelf, product.id, fresh.held)
        shelf.currencies[fresh.currency] = shelf.currencies.get(fresh.currency, 0) + 1
        if fresh.state != "ok":
            _list_of(shelf, fresh)[product.id] = None

    def drop(self, product_id: str) -> None:
        """Forget a product."""
        known = self._known.pop(product_id, None)
        if known:
            self._take_off(product_id, known)

    def _take_off(self, product_id: str, known: _Known) -> None:
        shelf = self._shelves[known.seller_id]
        shelf.held -= known.held
        _note_held(shelf, product_id, 0)
        shelf.currencies[known.currency] -= 1
        if not shelf.currencies[known.currency]:
            del shelf.currencies[known.currency]
        if known.state != "ok":
            del _list_of(shelf, known)[product_id]
            shelf.ordered = {}
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
        return known.state if known and known.for_sale else "ok"

    def these(self, seller_id: str | None) -> Sequence[Shelf]:
        """Return a seller's shelf, or everybody's; they are not to be changed."""
        return tuple(self._shelves.values()) if seller_id is None else (self.of(seller_id),)

    def sellers(self) -> Collection[str]:
        """Return who has a product."""
        return self._shelves.keys()


def _note_held(shelf: Shelf, product_id: str, held: int) -> None:
    if held > 0:
        shelf.in_carts[product_id] = None
    else:
        shelf.in_carts.pop(product_id, None)


def _list_of(shelf: Shelf, known: _Known) -> dict[str, None]:
    if known.for_sale:
        return shelf.low if known.state == "low" else shelf.out
    return shelf.hidden_low if known.state == "low" else shelf.hidden_out
