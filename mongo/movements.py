"""The history of stock: movements of a product by version, and what came and went of all of a seller's by time.

Holds and their ends are the most of all movements and say nothing of what is on hand: they do not carry the seller, so
the index by seller costs them nothing.

The ledger writes these rows by the thousand each second, and every index would cost each of them: so kinds, actors and
a product's periods have none, and are looked for row by row, not too many rows for a page.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from bson import ObjectId

from models.errors import Invalid
from mongo import documents
from mongo.driver import Database, Document

MOST_SCANNED = 2000
PORTION = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Page = tuple[Sequence[Mapping[str, Any]], int | str | None]


class Wanted(Protocol):
    """Which movements are wanted."""

    @property
    def product_id(self) -> str | None: ...  # noqa: D102

    @property
    def seller_id(self) -> str | None: ...  # noqa: D102

    @property
    def change_type(self) -> str | None: ...  # noqa: D102

    @property
    def since(self) -> datetime | None: ...  # noqa: D102

    @property
    def before(self) -> datetime | None: ...  # noqa: D102

    @property
    def actor(self) -> str | None: ...  # noqa: D102


class Movements:
    """Movements, and the names of those who made them."""

    def __init__(self, database: Database) -> None:
        self._logs = database["inventory_logs"]
        self._users = database["users"]

    async def page(self, wanted: Wanted, *, limit: int, after: int | str | None) -> Page:
        """Return movements, newest first: of a product before a version, or else of a seller after a cursor.

        What no index tells is looked at row by row, at most ``MOST_SCANNED`` rows for a page.
        """
        find = self._of_product if wanted.product_id else self._of_seller
        portion = PORTION if _is_picky(wanted) else limit
        found: list[Document] = []
        for _ in range(0, MOST_SCANNED, portion):
            rows = await find(wanted, portion, after)
            for row in rows:
                if _fits(row, wanted):
                    found.append(row)
                    if len(found) == limit:
                        return _shown(found), row["cursor"]
            if len(rows) < portion:
                return _shown(found), None
            after = rows[-1]["cursor"]
        return _shown(found), after

    async def _of_product(self, wanted: Wanted, limit: int, before: int | str | None) -> list[Document]:
        query: Document = {"product_id": ObjectId(wanted.product_id)}
        if before is not None:
            query["version"] = {"$lt": before}
        rows = await self._logs.find(query).sort("version", -1).limit(limit).to_list(None)
        return [{**row, "cursor": row["version"]} for row in rows]

    async def _of_seller(self, wanted: Wanted, limit: int, after: int | str | None) -> list[Document]:
        # The type is named because the index has only those with a seller: without it, the server reads them all.
        mine: Document = {"seller_id": {"$eq": ObjectId(wanted.seller_id), "$type": "objectId"}}
        ends = {"$gte": wanted.since, "$lt": wanted.before}
        period = {name: at for name, at in ends.items() if at is not None}
        query = {**mine, **({"timestamp": period} if period else {})}
        if after is not None:
            at, number = _position(str(after))
            earlier = {**mine, "timestamp": {**period, "$lt": min(at, wanted.before or at)}}
            # of one moment can be as many as were written at once: those that were seen are not read again
            query = {"$or": [earlier, {**mine, "timestamp": {**period, "$eq": at}, "_id": {"$lt": number}}]}
        rows = await self._logs.find(query).sort([("timestamp", -1), ("_id", -1)]).limit(limit).to_list(None)
        return [{**row, "cursor": _cursor(row)} for row in rows]

    async def names(self, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of those accounts that there are."""
        ids = [ObjectId(each) for each in user_ids if ObjectId.is_valid(each)]
        rows = await self._users.find({"_id": {"$in": ids}}, {"name": 1}).to_list(None)
        return {str(row["_id"]): row["name"] for row in rows}


def _is_picky(wanted: Wanted) -> bool:
    """Whether rows are left out that an index does not tell from others."""
    by_row = wanted.change_type or wanted.actor is not None
    return bool(by_row or (wanted.product_id and (wanted.since or wanted.before)))


def _fits(row: Document, wanted: Wanted) -> bool:
    return (
        wanted.change_type in {None, row["change_type"]}
        and wanted.actor in {None, row["actor"]}
        and (wanted.since is None or row["timestamp"] >= wanted.since)
        and (wanted.before is None or row["timestamp"] < wanted.before)
    )


def _shown(rows: Iterable[Document]) -> list[Document]:
    found = [documents.movement_of(row) for row in rows]
    for row in found:
        del row["cursor"]
    return found


def _cursor(row: Mapping[str, Any]) -> str:
    return f"{round((row['timestamp'] - _EPOCH).total_seconds() * 1000):x}-{row['_id']}"


def _position(cursor: str) -> tuple[datetime, ObjectId]:
    at, _, number = cursor.partition("-")
    try:
        return datetime.fromtimestamp(int(at, 16) / 1000, UTC), ObjectId(number)
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid("the request is not valid", errors=[{"pointer": "/after", "detail": "is no cursor"}]) from error
