"""The stock board: the latest level of every product in memory, and what has changed lately.

Concurrency: all methods are plain and run on the event loop; the feed is the only writer.

Invariants: a level's version never goes back; each change moves ``cursor`` forward; ``since`` answers exactly the
products that changed at or after a cursor (all changes of one transaction share their time, and a frame may have split
them), or None where the memory does not reach that far. Of each product only its last change is remembered, so that
ten thousand clients who come back at once cost what has changed, not how often.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import NamedTuple

from models.feed import CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

MEMORY = 100_000
BEGINNING = Cursor("0" * 16)
SNAPSHOT_LIMIT = 1000


class Shown(NamedTuple):
    """A product's level as browsers get it; ``next_release`` is known only where everything is held."""

    product_id: str
    level: Level
    next_release: datetime | None


@dataclass(frozen=True, slots=True)
class Missed:
    """What a client missed: levels, and catalogue changes by product."""

    levels: tuple[str, ...]
    catalogue: tuple[CatalogueChanged, ...]


@dataclass(slots=True)
class StockBoard:
    """Levels and the little that carts need to know of products."""

    cursor: Cursor = BEGINNING
    products: dict[str, Product] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    next_release: dict[str, datetime] = field(default_factory=dict)
    memory: int = MEMORY
    _floor: Cursor = BEGINNING
    _changed: OrderedDict[str, Cursor] = field(default_factory=OrderedDict)
    _catalogue: OrderedDict[str, CatalogueChanged] = field(default_factory=OrderedDict)

    def start(self, snapshot: Snapshot) -> None:
        """Begin anew: what was remembered belongs to another history.

        Which products changed at the snapshot's own time is not known, and another process may have told a client half
        of them: so memory begins right after it.
        """
        self.products = {product.id: product for product, _ in snapshot.products}
        self.levels = {product.id: level for product, level in snapshot.products}
        self.next_release = {}
        self.cursor = self._floor = _after(snapshot.cursor)
        self._changed.clear()
        self._catalogue.clear()

    def apply_level(self, change: LevelChanged) -> bool:
        """Take in a change of a level; return whether browsers must hear of it.

        One that a catalogue entry was ahead of is remembered all the same: clients of other processes may lack it.
        """
        known = self.levels.get(change.product_id)
        self._advance(change.cursor)
        if known is None:
            return False
        self._remember(change.cursor, change.product_id)
        if change.version is not None and change.version < known.version:
            return False
        self.levels[change.product_id] = Level(
            known.stock if change.stock is None else change.stock,
            known.held if change.held is None else change.held,
            known.version if change.version is None else change.version,
            known.arming if change.arming is None else change.arming,
        )
        self.next_release.pop(change.product_id, None)
        return self.is_shown(change.product_id)

    def apply_catalogue(self, change: CatalogueChanged) -> None:
        """Take in a change of a catalogue entry, with its level, which was read after the change.

        It may be newer than the feed; versions make that harmless. It may have the version that is known, if another
        program replaced the document.
        """
        self._advance(change.cursor)
        self._catalogue[change.product_id] = change
        self._catalogue.move_to_end(change.product_id)
        self._remember(change.cursor, change.product_id)
        if change.listing is None:
            self.products.pop(change.product_id, None)
            self.levels.pop(change.product_id, None)
            self.next_release.pop(change.product_id, None)
            return
        self.products[change.product_id] = change.listing.product
        known = self.levels.get(change.product_id)
        if known is None or change.listing.level.version >= known.version:
            self.levels[change.product_id] = change.listing.level
            self.next_release.pop(change.product_id, None)

    def since(self, cursor: str) -> Missed | None:
        """Return what changed at or after a cursor, or None where only a snapshot can tell."""
        if not self._floor <= cursor <= self.cursor:
            return None
        levels = takewhile(lambda each: each[1] >= cursor, reversed(self._changed.items()))
        catalogue = takewhile(lambda each: each.cursor >= cursor, reversed(self._catalogue.values()))
        return Missed(tuple(product_id for product_id, _ in levels), tuple(catalogue))

    def shown(self, product_ids: Iterable[str]) -> list[Shown]:
        """Return those of the products that are on show, with their levels."""
        return [
            Shown(product_id, self.levels[product_id], self.next_release.get(product_id))
            for product_id in product_ids
            if self.is_shown(product_id)
        ]

    def snapshot_ids(self) -> Sequence[str]:
        """Return the products that a snapshot for nobody in particular contains."""
        ids = []
        for product_id in self.levels:
            if self.is_shown(product_id):
                ids.append(product_id)
                if len(ids) == SNAPSHOT_LIMIT:
                    break
        return ids

    def is_shown(self, product_id: str) -> bool:
        """Whether browsers may know of this product."""
        product = self.products.get(product_id)
        return product is not None and product.for_sale and product_id in self.levels

    def all_held(self, product_ids: Iterable[str]) -> list[str]:
        """Return those products of which every unit is held, so that only a release can bring one back."""
        levels = ((product_id, self.levels.get(product_id)) for product_id in product_ids)
        return [each for each, level in levels if level and level.held and not level.available]

    def put_releases(self, releases: Mapping[str, datetime]) -> list[str]:
        """Note when the next hold on a product ends; return the products that are still all held."""
        fresh = self.all_held(releases)
        self.next_release.update((each, releases[each]) for each in fresh)
        return fresh

    def _advance(self, cursor: Cursor) -> None:
        self.cursor = max(self.cursor, cursor)

    def _remember(self, cursor: Cursor, product_id: str) -> None:
        self._changed[product_id] = cursor
        self._changed.move_to_end(product_id)
        while len(self._changed) > self.memory:
            forgotten, at = self._changed.popitem(last=False)
            self._catalogue.pop(forgotten, None)
            # A transaction may be cut here: its time is no longer remembered whole, so the floor lies beyond it.
            self._floor = _after(at)


def _after(cursor: Cursor) -> Cursor:
    return Cursor(f"{int(cursor, 16) + 1:016x}")
