"""Lists of products: filtered, in an order that an index gives, and read on from where the last page ended.

Every list is a shelf (see `models.entry.shelves`), an equality at the front of one of four indexes; the page goes on
behind a key and an id, whose two cases (the same key and a later id, a later key) the server merges in order. Nothing
is read twice, whatever changes between two pages.

What an index cannot tell is looked at row by row, and bounded: at most ``MOST_SCANNED`` rows for a page, which may then
be short though more follows. A range of prices beside another order: few products of these prices are sorted in memory,
many lie close together in any order.
"""

from collections.abc import Sequence

from bson import ObjectId

from models.catalogue import Listing
from models.finding import Filters, Findable, Page, Position, Sort, places_of
from mongo import documents
from mongo.driver import Database, Document, Driver
from mongo.schema import NAMES

MOST_SCANNED = 2000
SCANNED_FIRST = 4  # times as many as are asked for
FEW = 1500
_AVAILABLE: Document = {"$subtract": ["$stock", {"$ifNull": ["$held", 0]}]}
_STATES: dict[str, Document] = {
    "low": {"$expr": {"$lte": [_AVAILABLE, {"$ifNull": ["$threshold", documents.FALLBACK_THRESHOLD]}]}},
    "out": {"$expr": {"$lte": [_AVAILABLE, 0]}},
}
_LOOKED_AT = ("stock", "held", "price_now", "threshold", "deleted_at")
_FOUND_BY = dict.fromkeys(
    ("name", "description", "tags", "category", "sku", "shelves", "price_now", "price", "seller_id"), 1
)
# What a list is sorted by before the id, and the direction of both.
_ORDERS: dict[str, tuple[str | None, int]] = {
    "price": ("price_now", 1),
    "-price": ("price_now", -1),
    "newest": (None, -1),
    "popular": ("popularity", -1),
    "name": ("name", 1),
}
_Order = list[tuple[str, int]]
_INDEXES = {
    "price_now": "by_price",
    None: "by_age",
    "popularity": "by_popularity",
    "name": "by_name",
}


class Lists:
    """Products as buyers browse them, and as those see them who manage them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._products = database["products"]

    async def page(self, filters: Filters, sort: Sort, *, limit: int, after: Position | None) -> Page:
        """Return a page; ``relevance`` is no order of the database's."""
        key, direction = _ORDERS[sort]
        if filters.is_priced and key != "price_now" and filters.shelf and await self._are_few(filters):
            return await self.sorted(await self._ids(filters), filters, sort, limit=limit, after=after)
        match = _behind(_first(filters, priced=key == "price_now"), key, direction, after, ordered=True)
        order = [(key, direction), ("_id", direction)] if key else [("_id", direction)]
        options: Document = {"hint": _hint(filters, key), **({"collation": NAMES} if key == "name" else {})}
        rest = _rest(filters, priced=key != "price_now")
        if rest:
            return await self._scanned(match, rest, key, order, limit, options)
        rows = await self._products.find(match, **options).sort(order).limit(limit + 1).to_list(None)
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
            self._products, [*first, {"$limit": SCANNED_FIRST * (limit + 1)}, *last], **options
        )
        if len(rows) > limit:
            return _page(rows, key, limit)
        fields = dict.fromkeys((*_LOOKED_AT, *((key,) if key else ())), 1)
        more: list[Document] = [{"$limit": MOST_SCANNED}, {"$project": fields}]
        rows = await self._driver.aggregate(self._products, [*first, *more, *last], **options)
        page = _page(await self._whole(rows), key, limit)
        if page.next is not None:
            return page
        ends = self._products.find(match, {key or "_id": 1}, **options).sort(order).skip(MOST_SCANNED - 1).limit(1)
        reached = await ends.to_list(None)
        return Page(page.listings, _position(reached[0], key) if reached else None)

    async def chosen(self, ids: Sequence[str], filters: Filters) -> list[Listing]:
        """Return those of some products that the filters let through, in the order of the ids."""
        rows = await self._products.find({"_id": {"$in": [ObjectId(each) for each in ids]}, **_all(filters)}).to_list(
            None
        )
        found = {str(row["_id"]): documents.listing_of(row) for row in rows}
        return [found[each] for each in ids if each in found]

    async def sorted(
        self, ids: Sequence[str], filters: Filters, sort: Sort, *, limit: int, after: Position | None
    ) -> Page:
        """Return a page of those of some products, at most a thousand, that the filters let through."""
        key, direction = _ORDERS[sort]
        chosen: Document = {**_all(filters), "_id": {"$in": [ObjectId(each) for each in ids]}}
        match = _behind(chosen, key, direction, after, ordered=False)
        order = [(key, direction), ("_id", direction)] if key else [("_id", direction)]
        options: Document = {"collation": NAMES} if key == "name" else {}
        find = self._products.find(match, **options, hint="_id_").sort(order).limit(limit + 1)
        return _page(await find.to_list(None), key, limit)

    async def findable(self, *, after: str | None, limit: int) -> list[Findable]:
        """Return products as the text index holds them, in the order of their ids, behind an id."""
        query: Document = {"_id": {"$gt": ObjectId(after)}} if after else {}
        rows = (
            await self._products.find(query, {**_FOUND_BY, "deleted_at": 1}).sort("_id", 1).limit(limit).to_list(None)
        )
        return [_findable(row) for row in rows]

    async def findable_of(self, ids: Sequence[str]) -> list[Findable]:
        """Return some products as the text index holds them; those that are deleted are not among them."""
        query: Document = {"_id": {"$in": [ObjectId(each) for each in ids]}, "deleted_at": None}
        return [_findable(row) for row in await self._products.find(query, _FOUND_BY).to_list(None)]

    async def _are_few(self, filters: Filters) -> bool:
        query, index = _first(filters, priced=True), _INDEXES["price_now"]
        return await self._products.count_documents(query, limit=FEW, hint=index) < FEW

    async def _ids(self, filters: Filters) -> list[str]:
        """Return the products of these prices, which are few."""
        query, index = _first(filters, priced=True), _INDEXES["price_now"]
        rows = await self._products.find(query, {"_id": 1}, hint=index).limit(FEW).to_list(None)
        return [str(row["_id"]) for row in rows]

    async def _whole(self, rows: Sequence[Document]) -> list[Document]:
        """Read rows whole, by their ids; with the keys by which they were found."""
        ids = [row["_id"] for row in rows]
        found = (
            {row["_id"]: row for row in await self._products.find({"_id": {"$in": ids}}).to_list(None)} if ids else {}
        )
        return [{**found[row["_id"]], **row} for row in rows if row["_id"] in found]


def _hint(filters: Filters, key: str | None) -> str:
    if filters.shelf:
        return _INDEXES[key]
    return "seller_id_1__id_-1" if filters.seller_id else "_id_"


def _first(filters: Filters, *, priced: bool) -> Document:
    """Return the conditions that an index answers."""
    if filters.shelf is None:
        return {"seller_id": ObjectId(filters.seller_id)} if filters.seller_id else {}
    return {"shelves": filters.shelf, **(_prices(filters) if priced else {})}


def _rest(filters: Filters, *, priced: bool) -> Document:
    """Return the conditions that have to be looked at row by row."""
    conditions: list[Document] = [_prices(filters)] if priced and filters.is_priced else []
    if filters.in_stock is not None:
        conditions.append({"$expr": {"$gt" if filters.in_stock else "$lte": [_AVAILABLE, 0]}})
    if filters.shelf is None:
        conditions.append({"deleted_at": None})
    if filters.state in _STATES:
        conditions.append(_STATES[filters.state])
    return {"$and": conditions} if conditions else {}


def _all(filters: Filters) -> Document:
    return {**_first(filters, priced=True), **_rest(filters, priced=filters.shelf is None)}


def _prices(filters: Filters) -> Document:
    ends = {"$gte": filters.min_price, "$lte": filters.max_price}
    given = {end: value for end, value in ends.items() if value is not None}
    return {"price_now": given} if given else {}


def _behind(query: Document, key: str | None, direction: int, after: Position | None, *, ordered: bool) -> Document:
    """Return the condition for what comes after a place.

    Where the index gives the order, the two ways of coming after have bounds of their own in it.
    """
    if after is None:
        return query
    beyond = "$gt" if direction > 0 else "$lt"
    later: Document = {"_id": {beyond: ObjectId(after.id)}}
    if key is None:
        return {"$and": [query, later]}
    ways: list[Document] = [{key: after.key, **later}, {key: {beyond: after.key}}]
    return {"$or": [{"$and": [query, way]} for way in ways]} if ordered else {"$and": [query, {"$or": ways}]}


def _page(rows: Sequence[Document], key: str | None, limit: int) -> Page:
    shown = rows[:limit]
    listings = [documents.listing_of(row) for row in shown]
    return Page(listings, _position(shown[-1], key) if len(rows) > limit else None)


def _position(row: Document, key: str | None) -> Position:
    return Position(row[key] if key else None, str(row["_id"]))


def _findable(row: Document) -> Findable:
    return Findable(
        id=str(row["_id"]),
        name=row["name"],
        description=row.get("description") or "",
        tags=tuple(row.get("tags") or ()),
        category=row.get("category") or "",
        sku=row.get("sku") or "",
        places=() if row.get("deleted_at") else places_of(row.get("shelves") or (), str(row["seller_id"])),
        price=row["price_now"] if "price_now" in row else row["price"],
    )
