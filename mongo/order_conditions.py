"""What a list of orders means to the database: what an index answers, and what has to be looked at row by row."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

from bson import ObjectId

from models.folding import folded
from models.order import OrderStatus
from models.order_list import EVERY_STATUS, OrderFilter, Place
from mongo import documents
from mongo.driver import Document

NEWEST, OLDEST = ([("timestamp", way), ("_id", way)] for way in (-1, 1))
BY_ID = [("_id", -1)]
LOOKED_AT: Document = dict.fromkeys(
    (
        *("timestamp", "status", "buyer_id", "email", "product_list.name", "product_list.seller_id"),
        *("fulfilments.seller_id", "fulfilments.status", "fulfilments.courier"),
    ),
    1,
)
"""What is read of an order to see whether it is wanted."""
Fits = Callable[[Document], bool]

EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
"""Before all dates: where this is asked for, orders of another program that have none are not in a list."""
_SHIPPED = OrderStatus.SHIPPED.value


def of_seller(seller_id: str, statuses: Sequence[OrderStatus] = EVERY_STATUS) -> Document:
    """Return the condition that a seller's part of an order has one of these statuses, as an index answers it.

    Each status is named because the index has them before the time: so it gives the order of time by merging.
    """
    part = {"seller_id": ObjectId(seller_id), "status": {"$in": [each.value for each in statuses or EVERY_STATUS]}}
    return {"fulfilments": {"$elemMatch": part}}


def indexed(wanted: OrderFilter) -> Document:
    """Return the conditions that an index answers."""
    period = {"$gte": wanted.since or EARLIEST, **({"$lt": wanted.before} if wanted.before else {})}
    return {**_whose(wanted), "timestamp": period}


def _whose(wanted: OrderFilter) -> Document:
    match wanted.view:
        case "buyer":  # the type is named because the index has only orders with a buyer
            return {"buyer_id": {"$eq": ObjectId(wanted.user_id), "$type": "objectId"}}
        case "seller":
            return of_seller(wanted.user_id, wanted.statuses)
        case "all":
            return {"status": {"$in": [each.value for each in wanted.statuses or EVERY_STATUS]}}
        case "available":
            return {"on_the_way": documents.UNCLAIMED}
        case "mine":
            return {"on_the_way": wanted.user_id}
    return {"fulfilments.courier": ObjectId(wanted.user_id)}


def questions(wanted: OrderFilter, after: Place | None) -> list[tuple[Document, list[tuple[str, int]]]]:
    """Return conditions for what comes after a place, each with its order: the rest of its moment, and what is beyond.

    One question for both would have no bounds in the index.
    """
    query, order = indexed(wanted), OLDEST if wanted.oldest_first else NEWEST
    if after is None:
        return [(query, order)]
    at = after.at
    bound = {"$gt": at} if wanted.oldest_first else {"$lt": min(at, wanted.before or at)}
    beyond = {**query, "timestamp": {**query["timestamp"], **bound}}
    within = (wanted.since or at) <= at and (wanted.before is None or at < wanted.before)
    here = {**query, "timestamp": at, "_id": {"$gt" if wanted.oldest_first else "$lt": ObjectId(after.id)}}
    return [(here, order[1:]), (beyond, order)] if within else [(beyond, order)]


def by_id(wanted: OrderFilter) -> Document:
    """Return the condition that an id begins as is wanted."""
    first, last = (ObjectId(wanted.beginning.ljust(24, digit)) for digit in "0f")
    return {**indexed(wanted), "_id": {"$gte": first, "$lte": last}}


def row_by_row(wanted: OrderFilter, buyers: Collection[ObjectId] = ()) -> Fits | None:
    """Return what no index answers, None where there is nothing left; ``buyers`` are people whom the text names."""
    asked: list[Fits] = []
    if wanted.statuses and wanted.view not in {"seller", "all"}:
        statuses = {each.value for each in wanted.statuses}
        asked.append(lambda row: bool(statuses & _statuses(row, wanted)))
    elif wanted.view == "done":
        asked.append(lambda row: bool(_statuses(row, wanted)))
    if wanted.text and not wanted.beginning:
        text = folded(wanted.text.strip())
        asked.append(lambda row: _has(row, wanted, text) or row.get("buyer_id") in buyers)
    return (lambda row: all(each(row) for each in asked)) if asked else None


def _statuses(row: Document, wanted: OrderFilter) -> set[str]:
    return {row["status"]} if wanted.view == "buyer" else {part["status"] for part in _parts(row, wanted)}


def _parts(row: Document, wanted: OrderFilter) -> Iterable[Document]:
    """Yield the parts of an order that a list shows."""
    for part in row["fulfilments"]:
        courier, is_on_its_way = part.get("courier"), part["status"] == _SHIPPED
        match wanted.view:
            case "seller":
                shown = str(part["seller_id"]) == wanted.user_id
            case "available":
                shown = is_on_its_way and courier is None
            case "mine":
                shown = is_on_its_way and str(courier) == wanted.user_id
            case "done":
                shown = not is_on_its_way and str(courier) == wanted.user_id
            case _:
                shown = True
        if shown:
            yield part


def _has(row: Document, wanted: OrderFilter, text: str) -> bool:
    """Whether an order's id, or to admins its buyer's address, begins like a text, or the name of a product has it."""
    if str(row["_id"]).startswith(text):
        return True
    if wanted.view == "all" and folded(row.get("email") or "").startswith(text):
        return True
    lines = row["product_list"]
    if wanted.view not in {"buyer", "all"}:
        sellers = {part["seller_id"] for part in _parts(row, wanted)}
        lines = [line for line in lines if line["seller_id"] in sellers]
    return any(text in folded(line["name"]) for line in lines)
