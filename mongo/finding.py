"""Lists of products: filtered, in an order that an index gives, and read on from where the last page ended.

Every list is a shelf (see `models.entry.shelves`), an equality at the front of one of four indexes; the page goes on
behind a key and an id, whose two cases (the same key and a later id, a later key) the server merges in order. Nothing
is read twice, whatever changes between two pages.

What an index cannot tell is looked at row by row, and bounded: at most ``MOST_SCANNED`` rows for a page, which may then
be short though more follows. A range of prices beside another order: few products of these prices are sorted in memory,
many lie close together in any order.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bson import ObjectId

from models.catalogue import Listing
from models.finding import Filters, Page, Position, Sort
from mongo import documents
from mongo import list_conditions as conditions
from mongo.driver import Database, Document, Driver, Session
from mongo.schema import NAMES
from mongo.stale_reads import StaleReads

MOST_SCANNED = 2000
SCANNED_FIRST = 4  # times as many as are asked for
FEW = 1500
_LOOKED_AT = ("stock", "held", "price_now", "threshold", "deleted_at")
# What a list is sorted by before the id, and the direction of both.
_ORDERS: dict[str, tuple[str | None, int]] = {
    "price": ("price_now", 1),
    "-price": ("price_now", -1),
    "newest": (None, -1),
    "popular": ("popularity", -1),
    "name": ("name", 1),
}
_Order = list[tuple[str, int]]
T = TypeVar("T")


class Lists:
    """Products as buyers browse them, and as those see them who manage them.

    Buyers' lists may be read of a secondary; whoever manages products sees at once what they have changed.
    """

    def __init__(self, driver: Driver, database: Database, reads: StaleReads | None = None) -> None:
        self._driver = driver
        self._reads = reads or StaleReads(driver, database)

    async def page(self, filters: Filters, sort: Sort, *, limit: int, after: Position | None) -> Page:
        """Return a page; ``relevance`` is no order of the database's."""
        return await self._run(filters, lambda asked: asked.page(filters, sort, limit=limit, after=after))

    async def chosen(self, ids: Sequence[str], filters: Filters) -> list[Listing]:
        """Return those of some products that the filters let through, in the order of the ids."""
        return await self._run(filters, lambda asked: asked.chosen(ids, filters))

    async def sorted(
        self, ids: Sequence[str], filters: Filters, sort: Sort, *, limit: int, after: Position | None
    ) -> Page:
        """Return a page of those of some products, at most a thousand, that the filters let through."""
        return await self._run(filters, lambda asked: asked.sorted(ids, filters, sort, limit=limit, after=after))

    async def _run(self, filters: Filters, read: "Callable[[_Asked], Awaitable[T]]") -> T:
        async def run(database: Database, session: Session | None) -> T:
            return await read(_Asked(self._driver, database, session))

        return await self._reads.run(run, may_be_stale=not filters.managing)


class _Asked:
    """The products of one member, for one answer."""

    def __init__(self, driver: Driver, database: Database, session: Session | None) -> None:
        self._driver = driver
        self._products = database["products"]
        self._session = session

    async def page(self, filters: Filters, sort: Sort, *, limit: int, after: Position | None) -> Page:
        """Return a page; ``relevance`` is no order of the database's."""
        key, direction = _ORDERS[sort]
        if filters.is_priced and key != "price_now" and filters.shelf:
            ids = await self._ids(filters)
            if len(ids) < FEW:
                return await self.sorted(ids, filters, sort, limit=limit, after=after)
        list_of = conditions.first(filters, priced=key == "price_now")
        match = conditions.behind(list_of, key, direction, after, ordered=True)
        order = [(key, direction), ("_id", direction)] if key else [("_id", direction)]
        options: Document = {"hint": conditions.hint(filters, key), **({"collation": NAMES} if key == "name" else {})}
        rest = conditions.rest(filters, priced=key != "price_now")
        if rest:
            return await self._scanned(match, rest, key, order, limit, options)
        rows = (
            await self._products.find(match, session=self._session, **options)
            .sort(order)
            .limit(limit + 1)
            .to_list(None)
        )
        return _page(rows, key, limit)

    async def _scanned(
        self, match: Document, rest: Document, key: str | None, order: _Order, limit: int, options: Document
    ) -> Page:
        """Return a page of what has to be looked at row by row, not too many rows of it.

        The server reads all rows of a bounded part before it looks at the first: so a small part comes first, and most
        often does.
        """
        first: list[Document] = [{"$match": match}, {"$sort": dict(order)}]
        last: list[Document] = [{"$match": rest}, {"$limit": limit + 1}]
        rows = await self._driver.aggregate(
            self._products, [*first, {"$limit": SCANNED_FIRST * (limit + 1)}, *last], session=self._session, **options
        )
        if len(rows) > limit:
            return _page(rows, key, limit)
        fields = dict.fromkeys((*_LOOKED_AT, *((key,) if key else ())), 1)
        # What was found and where reading ended are told by one reading: between two, products come and go.
        parts: Document = {"found": last, "reached": [{"$skip": MOST_SCANNED - 1}, {"$limit": 1}]}
        more: list[Document] = [{"$limit": MOST_SCANNED}, {"$project": fields}, {"$facet": parts}]
        (told,) = await self._driver.aggregate(self._products, [*first, *more], session=self._session, **options)
        shown, reached = told["found"][:limit], told["reached"]
        if len(told["found"]) > limit:
            reached = shown[-1:]
        listings = [documents.listing_of(row) for row in await self._whole(shown)]
        return Page(listings, _position(reached[0], key) if reached else None)

    async def chosen(self, ids: Sequence[str], filters: Filters) -> list[Listing]:
        """Return those of some products that the filters let through, in the order of the ids."""
        query = {"_id": {"$in": [ObjectId(each) for each in ids]}, **conditions.everything(filters)}
        rows = await self._products.find(query, session=self._session).to_list(None)
        found = {str(row["_id"]): documents.listing_of(row) for row in rows}
        return [found[each] for each in ids if each in found]

    async def sorted(
        self, ids: Sequence[str], filters: Filters, sort: Sort, *, limit: int, after: Position | None
    ) -> Page:
        """Return a page of those of some products, at most a thousand, that the filters let through."""
        key, direction = _ORDERS[sort]
        chosen: Document = {**conditions.everything(filters), "_id": {"$in": [ObjectId(each) for each in ids]}}
        match = conditions.behind(chosen, key, direction, after, ordered=False)
        order = [(key, direction), ("_id", direction)] if key else [("_id", direction)]
        options: Document = {"collation": NAMES} if key == "name" else {}
        find = self._products.find(match, session=self._session, **options, hint="_id_").sort(order).limit(limit + 1)
        return _page(await find.to_list(None), key, limit)

    async def _ids(self, filters: Filters) -> list[str]:
        """Return the products of these prices; all of them, where there are fewer than ``FEW``."""
        query, index = conditions.first(filters, priced=True), conditions.INDEXES["price_now"]
        rows = await self._products.find(query, {"_id": 1}, hint=index, session=self._session).limit(FEW).to_list(None)
        return [str(row["_id"]) for row in rows]

    async def _whole(self, rows: Sequence[Document]) -> list[Document]:
        """Read rows whole, by their ids; with the keys by which they were found."""
        ids = [row["_id"] for row in rows]
        found = (
            {
                row["_id"]: row
                for row in await self._products.find({"_id": {"$in": ids}}, session=self._session).to_list(None)
            }
            if ids
            else {}
        )
        return [{**found[row["_id"]], **row} for row in rows if row["_id"] in found]


def _page(rows: Sequence[Document], key: str | None, limit: int) -> Page:
    shown = rows[:limit]
    listings = [documents.listing_of(row) for row in shown]
    return Page(listings, _position(shown[-1], key) if len(rows) > limit else None)


def _position(row: Document, key: str | None) -> Position:
    return Position(row[key] if key else None, str(row["_id"]))
