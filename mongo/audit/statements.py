"""Check ``orders``, what an order says of itself: where its history led, who has a part in it, which money it names.

The currency of an order that was not paid here is stated nowhere else: products may have got another one since.
"""

from mongo.audit.probe import Probe, array, differ, document, problem, report
from mongo.driver import Document

COUNT = ("placed", "shipped", "delivered", "completed", "refunded")
"""Statuses of parts, in the order in which they decide the status of the whole (`models.order_life.status_of`)."""


def statements() -> Probe:
    """Each order's status follows from its parts, each of which is where its history ends; sellers, currency are right.

    What happened to a part is in the order's history with its seller; what has no seller happened to all of them.
    """
    sellers = {"$map": {"input": array("$product_list"), "in": "$$this.seller_id"}}
    parts = {"$map": {"input": array("$fulfilments"), "in": "$$this.seller_id"}}
    shape: Document = {
        "status": "$status",
        "follows": _follows({"$map": {"input": array("$fulfilments"), "in": "$$this.status"}}),
        "astray": {"$first": {"$filter": {"input": _ends(), "cond": differ("$$this.status", "$$this.last")}}},
        "steps": {"$size": array("$history")},
        "sellers": {"$setUnion": [sellers]},
        "parts": parts,
        "currency": "$currency",
        "paid": {"$cond": [{"$eq": [{"$type": "$payment"}, "object"]}, "$payment.currency", "$currency"]},
    }
    return Probe("orders", [{"$project": shape}, *report(*_problems())])


def _follows(statuses: Document) -> Document:
    """Derive an order's status: the least advanced of its parts; what ended otherwise counts only by itself."""
    branches = [{"case": {"$in": [status, "$$all"]}, "then": status} for status in COUNT]
    return {"$let": {"vars": {"all": statuses}, "in": {"$switch": {"branches": branches, "default": "cancelled"}}}}


def _ends() -> Document:
    """List the parts, each with its status and with the one that its history ends with."""
    own = {"$in": [{"$ifNull": ["$$change.seller_id", None]}, [None, "$$part.seller_id"]]}
    last = {"$last": {"$filter": {"input": array("$history"), "as": "change", "cond": own}}}
    end = {
        "seller": "$$part.seller_id",
        "status": "$$part.status",
        "last": {"$getField": {"field": "status", "input": last}},
    }
    return {"$map": {"input": array("$fulfilments"), "as": "part", "in": end}}


def _problems() -> list[Document]:
    here = document("orders")
    some = {"$gt": ["$steps", 0]}
    astray = {"$ne": [{"$type": "$astray"}, "missing"]}
    astray_words = "is {astray.status} for seller {astray.seller}, but its history ends with {astray.last}"
    once_each = {
        "$and": [{"$setEquals": ["$sellers", "$parts"]}, {"$eq": [{"$size": "$sellers"}, {"$size": "$parts"}]}],
    }
    named = {"$and": [{"$eq": [{"$type": "$currency"}, "string"]}, {"$ne": ["$currency", ""]}]}
    return [
        problem(here, {"$not": [some]}, "has no history"),
        problem(here, differ("$follows", "$status"), "is {status}, but its parts make it {follows}"),
        problem(here, {"$and": [some, astray]}, astray_words),
        problem(here, {"$not": [once_each]}, "has fulfilments that are not one for each seller of its lines"),
        problem(here, {"$not": [named]}, "has no currency"),
        problem(here, {"$and": [named, differ("$paid", "$currency")]}, "is in {currency}, but was paid in {paid}"),
    ]
