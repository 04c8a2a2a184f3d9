"""What filters mean to the database: which part of them an index answers, and which has to be looked at row by row."""

from bson import ObjectId

from models.finding import Filters, Position
from mongo import documents
from mongo.driver import Document

_AVAILABLE: Document = {"$subtract": ["$stock", {"$ifNull": ["$held", 0]}]}
_STATES: dict[str, Document] = {
    "low": {"$expr": {"$lte": [_AVAILABLE, {"$ifNull": ["$threshold", documents.FALLBACK_THRESHOLD]}]}},
    "out": {"$expr": {"$lte": [_AVAILABLE, 0]}},
}
# By what a list is sorted before the id.
INDEXES = {
    "price_now": "by_price",
    None: "by_age",
    "popularity": "by_popularity",
    "name": "by_name",
}

NUMBERS = ("price_now", "popularity")


def hint(filters: Filters, key: str | None) -> str:
    """Return the index that a list goes by."""
    if filters.shelf:
        return INDEXES[key]
    return "seller_id_1__id_-1" if filters.seller_id else "_id_"


def first(filters: Filters, *, priced: bool) -> Document:
    """Return the conditions that an index answers."""
    if filters.shelf is None:
        return {"seller_id": ObjectId(filters.seller_id)} if filters.seller_id else {}
    return {"shelves": filters.shelf, **(_prices(filters) if priced else {})}


def rest(filters: Filters, *, priced: bool) -> Document:
    """Return the conditions that have to be looked at row by row."""
    found: list[Document] = [_prices(filters)] if priced and filters.is_priced else []
    if filters.in_stock is not None:
        found.append({"$expr": {"$gt" if filters.in_stock else "$lte": [_AVAILABLE, 0]}})
    if filters.shelf is None:
        found.append({"deleted_at": None})
    if filters.state in _STATES:
        found.append(_STATES[filters.state])
    return {"$and": found} if found else {}


def everything(filters: Filters) -> Document:
    """Return all conditions, for products that are found by their ids."""
    return {**first(filters, priced=True), **rest(filters, priced=filters.shelf is None)}


def behind(query: Document, key: str | None, direction: int, after: Position | None, *, ordered: bool) -> Document:
    """Return the condition for what comes after a place.

    Where the index gives the order, the two ways of coming after have bounds of their own in it. A product that has no
    such number yet, for another program wrote it, comes after none and before none.
    """
    if after is None:
        return {"$and": [query, {key: {"$gte": 0}}]} if key in NUMBERS else query
    beyond = "$gt" if direction > 0 else "$lt"
    later: Document = {"_id": {beyond: ObjectId(after.id)}}
    if key is None:
        return {"$and": [query, later]}
    ways: list[Document] = [{key: after.key, **later}, {key: {beyond: after.key}}]
    return {"$or": [{"$and": [query, way]} for way in ways]} if ordered else {"$and": [query, {"$or": ways}]}


def _prices(filters: Filters) -> Document:
    ends = {"$gte": filters.min_price, "$lte": filters.max_price}
    given = {end: value for end, value in ends.items() if value is not None}
    return {"price_now": given} if given else {}
