"""The stock board: the latest level of every product in memory, and what has changed lately.

Concurrency: all methods are plain and run on the event loop; the feed is the only writer.

Invariants: a level's version never goes back; each change moves ``cursor`` forward; ``since`` answers exactly the
products that changed at or after a cursor (all changes of one transaction share their time, and a frame may have split
them), or None where the memory does not reach that far, or where so much changed that a snapshot is cheaper. A cursor
that is a little ahead comes from a process that heard sooner: its client has missed nothing here, and versions keep
what it knows better (a write without a version may look older until this board is there, too). Of each
product only its last change is remembered, so that ten thousand clients who come back at once cost what has changed,
not how often; to answer one costs what it missed. ``revision`` moves with everything that changes what is shown, also
where the cursor stays: within one transaction.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile
from typing import NamedTuple

from ivorycart.clock import Clock
from ivorycart.stock.shelves import Shelves
from models.feed import CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

MEMORY = 100_000
MEMORY_OF_TEXT = 8 * 1024 * 1024  # characters of descriptions that are remembered with them
BEGINNING = Cursor("0" * 16)
SNAPSHOT_LIMIT = 1000
MISSED_LIMIT = SNAPSHOT_LIMIT
# Seconds of cluster time by which another process may have heard sooner: as long as one counts as ready. Beyond it, a
# cursor belongs to another history.
AHEAD = 10


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
    shelves: Shelves = field(default_factory=Shelves)
    clock: Clock = field(default_factory=Clock)
    """The time of the prices that are shown."""
    memory: int = MEMORY
    memory_of_text: int = MEMORY_OF_TEXT
    revision: int = 0
    _on_show: dict[str, None] = field(default_factory=dict)
    _floor: Cursor = BEGINNING
    _other: Cursor = BEGINNING  # up to here a cursor may be of the history before
    _changed: OrderedDict[str, Cursor] = field(default_factory=OrderedDict)
    _catalogue: OrderedDict[str, CatalogueChanged] = field(default_factory=OrderedDict)
    _missed: set[str] = field(default_factory=set)
    _text: int = 0  # characters of descriptions in it

    def start(self, snapshot: Snapshot) -> None:
        """Begin anew: what was remembered belongs to another history.

        Which products changed at the snapshot's own time is not known, and another process may have told a client half
        of them: so memory begins right after it.
        """
        self.products = {product.id: product for product, _ in snapshot.products}
        self.levels = {product.id: level for product, level in snapshot.products}
        self.shelves.start(snapshot.products)
        self.next_release = {}
        self._on_show = {product.id: None for product, _ in snapshot.products if product.for_sale}
        self.revision += MEMORY  # nothing that was made of the other history is of late
        self._other = max(self._other, self.cursor)
        self.cursor = self._floor = _after(snapshot.cursor)
        self._changed.clear()
        self._catalogue.clear()
        self._missed.clear()
        self._text = 0

    def look_up(self, product_id: str) -> Product | None:
        """Return what is known of a product; that one was asked for in vain is remembered until ``was_missed``."""
        product = self.products.get(product_id)
        if product is None:
            self._missed.add(product_id)
        return product

    def was_missed(self, product_id: str) -> bool:
        """Whether a product was looked up before it was known, and nobody has asked this since."""
        missed = product_id in self._missed
        self._missed.discard(product_id)
        return missed

    def apply_level(self, change: LevelChanged) -> bool:
        """Take in a change of a level; return whether browsers must hear of it.

        One that a catalogue entry was ahead of is remembered all the same: clients of other processes may lack it.
        """
        known = self.levels.get(change.product_id)
        self._advance(change.cursor)
        if known is None:
            return False
        self._remember(change.cursor, change.product_id)
        # Lines have no version: of them the change heard last is right, whatever an entry was ahead of.
        level = known._replace(
            waiting=known.waiting if change.waiting is None else change.waiting,
            joined=known.joined if change.joined is None else change.joined,
        )
        if change.version is None or change.version >= known.version:
            level = level._replace(
                stock=known.stock if change.stock is None else change.stock,
                held=known.held if change.held is None else change.held,
                version=known.version if change.version is None else change.version,
                arming=known.arming if change.arming is None else change.arming,
            )
            if (change.version, change.stock, change.held) != (None, None, None):  # else only the line has moved
                self.next_release.pop(change.product_id, None)
        elif level == known:
            return False
        self.levels[change.product_id] = level
        self._put_on_shelf(change.product_id)
        return self.is_shown(change.product_id)

    def apply_catalogue(self, change: CatalogueChanged) -> None:
        """Take in a change of a catalogue entry, with its level, which was read after the change.

        It may be newer than the feed; versions make that harmless. It may have the version that is known, if another
        program replaced the document. That something which was not on show is still not is no news for browsers.
        """
        self._advance(change.cursor)
        if self.is_news(change):
            self._text -= _length(self._catalogue.pop(change.product_id, None))
            self._catalogue[change.product_id] = change
            self._text += _length(change)
        self._remember(change.cursor, change.product_id)
        if change.listing is None:
            self.products.pop(change.product_id, None)
            self.levels.pop(change.product_id, None)
            self.next_release.pop(change.product_id, None)
            self._on_show.pop(change.product_id, None)
            self.shelves.drop(change.product_id)
            return
        self.products[change.product_id] = change.listing.product
        if change.listing.product.for_sale:
            self._on_show[change.product_id] = None
        else:
            self._on_show.pop(change.product_id, None)
        known = self.levels.get(change.product_id)
        if known is None or change.listing.level.version >= known.version:
            self.levels[change.product_id] = change.listing.level
            self.next_release.pop(change.product_id, None)
        self._put_on_shelf(change.product_id)

    def since(self, cursor: str, *, watch: Collection[str] | None = None) -> Missed | None:
        """Return what changed at or after a cursor, newest entry first, or None where only a snapshot can tell.

        Nothing has changed since a cursor that is ahead by up to ``AHEAD`` seconds.
        With ``watch``, only of these products, which is always told; otherwise of no more than a snapshot holds.
        """
        if max(self.cursor, self._other) < cursor <= _later(self.cursor, AHEAD):
            return Missed((), ())
        if not self._floor <= cursor <= self.cursor:
            return None
        if watch is not None:
            return self._missed_of(watch, cursor)
        recent = takewhile(lambda each: each[1] >= cursor, reversed(self._changed.items()))
        levels = tuple(product_id for product_id, _ in islice(recent, MISSED_LIMIT + 1))
        if len(levels) > MISSED_LIMIT:
            return None
        # An entry's change is a change of its product, too: there cannot be more of them.
        return Missed(levels, tuple(takewhile(lambda each: each.cursor >= cursor, reversed(self._catalogue.values()))))

    def _missed_of(self, watch: Iterable[str], cursor: str) -> Missed:
        levels = tuple(each for each in watch if self._changed.get(each, BEGINNING) >= cursor)
        entries = (self._catalogue[each] for each in levels if each in self._catalogue)
        newest_first = sorted((each for each in entries if each.cursor >= cursor), key=_time, reverse=True)
        return Missed(levels, tuple(newest_first))

    def shown(self, product_ids: Iterable[str]) -> list[Shown]:
        """Return those of the products that are on show, with their levels."""
        return [
            Shown(product_id, self.levels[product_id], self.next_release.get(product_id))
            for product_id in product_ids
            if self.is_shown(product_id)
        ]

    def snapshot_ids(self) -> Sequence[str]:
        """Return the products that a snapshot for nobody in particular contains."""
        return list(islice(self._on_show, SNAPSHOT_LIMIT))

    @property
    def fits_snapshot(self) -> bool:
        """Whether a snapshot for nobody in particular contains all that is on show."""
        return len(self._on_show) <= SNAPSHOT_LIMIT

    def is_news(self, change: CatalogueChanged) -> bool:
        """Whether browsers must hear of a change that was not taken in yet: what they never saw cannot be withdrawn."""
        return change.change != "withdrawn" or self.is_shown(change.product_id)

    def is_shown(self, product_id: str) -> bool:
        """Whether browsers may know of this product."""
        return product_id in self._on_show

    def all_held(self, product_ids: Iterable[str]) -> list[str]:
        """Return those products of which every unit is held, so that only a release can bring one back."""
        levels = ((product_id, self.levels.get(product_id)) for product_id in product_ids)
        return [each for each, level in levels if level and level.held and not level.available]

    def put_releases(self, releases: Mapping[str, datetime]) -> list[str]:
        """Note when the next hold on a product ends; return the products that are still all held.

        That counts as a change at the present time: whoever is away just now hears of it.
        """
        fresh = self.all_held(releases)
        self.next_release.update((each, releases[each]) for each in fresh)
        for product_id in fresh:
            self._remember(self.cursor, product_id)
        return fresh

    def forget_release(self, product_id: str) -> bool:
        """Forget when the next hold ends: one has changed without a movement. Return whether it was known."""
        return self.next_release.pop(product_id, None) is not None

    def overdue(self, now: datetime) -> list[str]:
        """Return the products of which a hold should have ended before now, and nothing was heard of it."""
        return [product_id for product_id, at in self.next_release.items() if at < now]

    def _put_on_shelf(self, product_id: str) -> None:
        self.shelves.put(self.products[product_id], self.levels[product_id])

    def _advance(self, cursor: Cursor) -> None:
        self.cursor = max(self.cursor, cursor)

    def _remember(self, cursor: Cursor, product_id: str) -> None:
        self.revision += 1
        self._changed[product_id] = cursor
        self._changed.move_to_end(product_id)
        while len(self._changed) > self.memory or self._text > self.memory_of_text:
            forgotten, at = self._changed.popitem(last=False)
            self._text -= _length(self._catalogue.pop(forgotten, None))
            # A transaction may be cut here: its time is no longer remembered whole, so the floor lies beyond it.
            self._floor = _after(at)


def _time(change: CatalogueChanged) -> Cursor:
    return change.cursor


def _length(change: CatalogueChanged | None) -> int:
    """Return how many characters of a description an entry keeps in memory: nearly all of what it takes."""
    return len(change.listing.description) if change and change.listing else 0


def _later(cursor: Cursor, seconds: int) -> Cursor:
    return Cursor(f"{int(cursor, 16) + (seconds << 32):016x}")


def _after(cursor: Cursor) -> Cursor:
    return Cursor(f"{int(cursor, 16) + 1:016x}")
