"""What orders add to sales figures, as pipelines over all orders; rows come seller by seller, in the order of time.

They count what `models.sales` says: a test holds the two against each other.
"""

from datetime import datetime
from typing import Any

from models.sales import ALL, CANCELLED_STATUSES, OPEN_STATUSES, Fate
from mongo.driver import Document
from mongo.sales_documents import ORDER_FIELDS, readable

_NOT_SOLD = [*CANCELLED_STATUSES, *OPEN_STATUSES]


def not_all_sold() -> list[Document]:
    """Find orders of which a part is not sold."""
    query = {"$or": [{"status": {"$in": _NOT_SOLD}}, {"fulfilments.status": {"$in": _NOT_SOLD}}]}
    return [{"$match": {"$and": [query, readable()]}}, {"$project": ORDER_FIELDS}]


def _fate(status: Any) -> Document:
    """Return the fate that a status means."""
    branches = [
        {"case": {"$in": [status, list(statuses)]}, "then": fate.value}
        for statuses, fate in ((CANCELLED_STATUSES, Fate.CANCELLED), (OPEN_STATUSES, Fate.OPEN))
    ]
    return {"$switch": {"branches": branches, "default": Fate.SOLD.value}}


def _fate_of_part(seller: str) -> Document:
    """Return the fate of a seller's part: the whole order's status goes before the part's own."""
    own = {"$filter": {"input": {"$ifNull": ["$fulfilments", []]}, "cond": {"$eq": ["$$this.seller_id", seller]}}}
    status = {"$let": {"vars": {"own": {"$last": own}}, "in": {"$ifNull": ["$$own.status", "$status"]}}}
    return {"$cond": [{"$ne": [_fate("$status"), Fate.SOLD.value]}, _fate("$status"), _fate(status)]}


def by_seller(since: datetime) -> list[Document]:
    """Group orders by seller, currency, hour (from ``since`` on minute) and fate; for `ALL`, orders alone."""
    lines = {"$filter": {"input": "$product_list", "as": "line", "cond": {"$eq": ["$$line.seller_id", "$$seller"]}}}
    amount = {"$multiply": ["$$line.quantity", "$$line.price"]}
    part = {
        "seller": "$$seller",
        "fate": _fate_of_part("$$seller"),
        "units": {"$sum": {"$map": {"input": lines, "as": "line", "in": "$$line.quantity"}}},
        "revenue": {"$sum": {"$map": {"input": lines, "as": "line", "in": amount}}},
    }
    parts = {"$map": {"input": {"$setUnion": ["$product_list.seller_id"]}, "as": "seller", "in": part}}
    whole = {"$switch": {"branches": [_if_any(Fate.SOLD), _if_any(Fate.CANCELLED)], "default": Fate.OPEN.value}}
    unit = {"$cond": [{"$gte": ["$timestamp", since]}, "minute", "hour"]}
    return [
        {"$match": readable()},
        {"$project": {"at": {"$dateTrunc": {"date": "$timestamp", "unit": unit}}, "currency": 1, "parts": parts}},
        {"$set": {"parts": {"$concatArrays": ["$parts", [{"seller": ALL, "fate": whole, "units": 0, "revenue": 0}]]}}},
        {"$unwind": "$parts"},
        {"$match": {"parts.fate": {"$ne": Fate.OPEN.value}}},
        {
            "$group": {
                "_id": {"at": "$at", "seller": "$parts.seller", "currency": "$currency", "fate": "$parts.fate"},
                "orders": {"$sum": 1},
                "units": {"$sum": "$parts.units"},
                "revenue": {"$sum": "$parts.revenue"},
            }
        },
        {"$sort": {"_id.seller": 1, "_id.currency": 1, "_id.at": 1}},  # `ALL` is a text: it comes before all ids
    ]


def _if_any(fate: Fate) -> Document:
    return {"case": {"$in": [fate.value, "$parts.fate"]}, "then": fate.value}


def by_product() -> list[Document]:
    """Group what was sold by seller, currency and day, with a list of products."""
    key = {"day": {"$dateTrunc": {"date": "$timestamp", "unit": "day"}}, "seller": "$lines.seller_id"}
    whole = {name: f"$_id.{name}" for name in ("day", "seller", "currency")}
    return [
        {"$match": readable()},
        {"$project": {"lines": "$product_list", "timestamp": 1, "currency": 1, "status": 1, "fulfilments": 1}},
        {"$unwind": "$lines"},
        {
            "$match": {
                "lines": {"$type": "object"},
                "$expr": {"$eq": [_fate_of_part("$lines.seller_id"), Fate.SOLD.value]},
            }
        },
        {
            "$group": {
                "_id": {**key, "currency": "$currency", "product": "$lines.product_id"},
                "u": {"$sum": "$lines.quantity"},
                "r": {"$sum": {"$multiply": ["$lines.quantity", "$lines.price"]}},
            }
        },
        {"$group": {"_id": whole, "products": {"$push": {"id": "$_id.product", "u": "$u", "r": "$r"}}}},
        {"$sort": {"_id.seller": 1, "_id.currency": 1, "_id.day": 1}},
    ]
