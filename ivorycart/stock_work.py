"""What sellers see of their stock: what is running out, and what came and went, by whom and why."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from ivorycart.importing.exporting import BOM, csv_of
from ivorycart.stock.board import StockBoard
from ivorycart.stock.slices import Slices
from models.actors import STOCK_WORK, Actor, Viewer, actor_of
from models.catalogue import Listing
from models.identity import user_of_owner

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


class MovementBook(Protocol):
    """Where movements are read."""

    async def of_product(self, wanted: MovementFilter, *, limit: int, after: int | None) -> Sequence[Mapping[str, Any]]:
        """Return movements of a product, newest first, before a version."""

    async def of_seller(self, wanted: MovementFilter, *, limit: int, after: str | None) -> Sequence[Mapping[str, Any]]:
        """Return what came and went of a seller's products, newest first, after a cursor; each row with its own."""


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
        found, slices = [], Slices()
        levels = self.board.levels
        for number, product in enumerate(tuple(self.board.products.values())):
            if number % _LOOK_EVERY == 0:
                await slices.breathe()
            level = levels.get(product.id)
            if level is None or (seller_id is not None and product.seller_id != seller_id):
                continue
            if level.available <= (product.threshold if state == "low" else 0):
                key = Lowest(level.available, product.id)
                if after is None or key > after:
                    found.append(key)
        page = sorted(found)[:limit]
        return await self.listings.these([key.product_id for key in page]), page[-1] if len(found) > limit else None

    async def known(self, raws: Iterable[tuple[str, bool]], viewer: Viewer) -> list[Actor]:
        """Tell actors, in their order; each comes with whether what they did is sellers' and admins' work alone."""
        told = list(raws)
        ids = {user_id for raw, _ in told if (user_id := user_of_owner(raw))}
        names = await self.names.names(ids) if ids else {}
        return [actor_of(raw, names, viewer, staff=staff) for raw, staff in told]

    async def with_actors(self, rows: Sequence[Mapping[str, Any]], viewer: Viewer) -> list[Mapping[str, Any]]:
        """Return movements, each with who it was."""
        actors = await self.known(((row["actor"], row["change_type"] in STOCK_WORK) for row in rows), viewer)
        return [{**row, "by": actor} for row, actor in zip(rows, actors, strict=True)]

    async def as_csv(self, wanted: MovementFilter, viewer: Viewer) -> AsyncIterator[bytes]:
        """Yield all movements that are wanted as a file, newest first."""
        yield BOM + csv_of([dict(zip(COLUMNS, COLUMNS, strict=True))], COLUMNS)
        after: Any = None
        while True:
            if wanted.product_id:
                rows = await self.movements.of_product(wanted, limit=PORTION, after=after)
            else:
                rows = await self.movements.of_seller(wanted, limit=PORTION, after=after)
            if rows:
                yield csv_of(map(_cells, await self.with_actors(rows, viewer)), COLUMNS)
                after = rows[-1]["version"] if wanted.product_id else rows[-1]["cursor"]
            if len(rows) < PORTION:
                return


def _cells(row: Mapping[str, Any]) -> Mapping[str, Any]:
    by: Actor = row["by"]
    at = row["timestamp"].isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {**row, "timestamp": at, "actor_kind": by.kind, "actor_name": by.name}
