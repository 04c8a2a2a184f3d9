"""What sellers see of their stock: what is running out, and what came and went, by whom and why."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Literal, NamedTuple, Protocol

from ivorycart.importing.exporting import BOM, csv_of
from ivorycart.stock.board import StockBoard
from ivorycart.stock.shelves import Shelf
from ivorycart.stock.slices import Slices
from models.actors import STOCK_WORK, Actor, Viewer, actor_of
from models.catalogue import Listing
from models.identity import names_owner, user_of_owner

PORTION = 500
COLUMNS = (
    *("timestamp", "product_id", "version", "change_type", "old_stock", "new_stock", "old_held", "new_held"),
    *("reason", "actor", "actor_kind", "actor_name", "cause"),
)
_LOOK_EVERY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementFilter:
    """Which movements are wanted: of one product, or of all of a seller's; ``before`` is not in the period."""

    product_id: str | None = None
    seller_id: str | None = None
    change_type: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    actor: str | None = None


MovementPage = tuple[Sequence[Mapping[str, Any]], int | str | None]
"""Movements, and where the next page begins; None at the end."""


class MovementBook(Protocol):
    """Where movements are read."""

    async def page(self, wanted: MovementFilter, *, limit: int, after: int | str | None) -> MovementPage:
        """Return movements, newest first: of a product before a version, or else of a seller after a cursor.

        Not too many rows are looked at: a page can be short, or empty, though more follows.
        """


class NameBook(Protocol):
    """Where names of accounts are read."""

    async def names(self, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of those accounts that there are."""


class Listings(Protocol):
    """Where entries are read."""

    async def these(self, product_ids: Sequence[str]) -> Sequence[Listing]:
        """Return those of the entries that are there, in their order."""


class Lowest(NamedTuple):
    """How few units a product has, and which it is: the key by which lists of what is low go on."""

    available: int
    product_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockWork:
    """Movements and low stock. Levels are the board's, so that nothing is searched for in the database."""

    movements: MovementBook
    names: NameBook
    listings: Listings
    board: StockBoard

    async def low(
        self, seller_id: str | None, state: Literal["low", "out"], *, limit: int, after: Lowest | None
    ) -> tuple[Sequence[Listing], Lowest | None]:
        """Return products that are running out, or are out, the lowest first; and where the next page begins."""
        slices, following = Slices(), []
        for shelf in self.board.shelves.these(seller_id):
            ordered = await self._ordered(shelf, slices, out_only=state == "out")
            start = bisect_right(ordered, after) if after else 0
            following.append(ordered[start : start + limit + 1])
        keys = [Lowest(*key) for key in islice(merge(*following), limit + 1)]
        page = keys[:limit]
        return await self.listings.these([key.product_id for key in page]), page[-1] if len(keys) > limit else None

    async def _ordered(self, shelf: Shelf, slices: Slices, *, out_only: bool) -> list[tuple[int, str]]:
        """Return what is running out on a shelf, the lowest first: put in order only where something moved since."""
        await slices.breathe()
        kept = shelf.ordered
        if out_only in kept:
            return kept[out_only]
        levels, found = self.board.levels, []
        for number, product_id in enumerate(tuple(shelf.running_out(out_only=out_only))):
            if level := levels.get(product_id):
                found.append((level.available, product_id))
            if number % _LOOK_EVERY == 0:
                await slices.breathe()
        found.sort()
        kept[out_only] = found
        return found

    async def known(self, raws: Iterable[tuple[str, bool]], viewer: Viewer) -> list[Actor]:
        """Tell actors, in their order; each comes with whether what they did is sellers' and admins' work alone."""
        told = list(raws)
        ids = {user_id for raw, _ in told if (user_id := user_of_owner(raw))}
        names = await self.names.names(ids) if ids else {}
        return [actor_of(raw, names, viewer, staff=staff) for raw, staff in told]

    async def history(
        self, wanted: MovementFilter, viewer: Viewer, *, limit: int, after: int | str | None
    ) -> MovementPage:
        """Return a page of movements, each with who it was, as far as whoever asks may know; where the next begins."""
        rows, following = await self.movements.page(wanted, limit=limit, after=after)
        actors = await self.known(((row["actor"], row["change_type"] in STOCK_WORK) for row in rows), viewer)
        return [_told(row, actor) for row, actor in zip(rows, actors, strict=True)], following

    async def as_csv(self, wanted: MovementFilter, viewer: Viewer) -> AsyncIterator[bytes]:
        """Yield all movements that are wanted as a file, newest first."""
        yield BOM + csv_of([dict(zip(COLUMNS, COLUMNS, strict=True))], COLUMNS)
        after: int | str | None = None
        while True:
            rows, after = await self.history(wanted, viewer, limit=PORTION, after=after)
            if rows:
                yield csv_of(map(_cells, rows), COLUMNS)
            if after is None:
                return


def _told(row: Mapping[str, Any], by: Actor) -> Mapping[str, Any]:
    """Add who it was to a movement; where that is not told, nothing else of it says so."""
    if not by.is_withheld:
        return {**row, "by": by}
    blank = {name: "" for name in ("cause", "reason") if names_owner(row[name])}
    return {**row, **blank, "actor": "", "by": by}


def _cells(row: Mapping[str, Any]) -> Mapping[str, Any]:
    by: Actor = row["by"]
    at = row["timestamp"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**row, "timestamp": at, "actor_kind": by.kind, "actor_name": by.name}
