"""Check ``orders``, what an order says of itself: where its history led, who has a part in it, which money it names.

The currency of an order that was not paid here is stated nowhere else: products may have got another one since.
"""

from mongo.audit.probe import Probe, array, differ, document, problem, report
from mongo.driver import Document


def statements() -> Probe:
    """Each order's history ends with its status, its parts are those of its sellers, its currency is what was paid."""
    last = {"$last": array("$history")}
    sellers = {"$map": {"input": array("$product_list"), "in": "$$this.seller_id"}}
    parts = {"$map": {"input": array("$fulfilments"), "in": "$$this.seller_id"}}
    shape: Document = {
        "status": "$status",
        "last": {"$ifNull": [{"$getField": {"field": "status", "input": last}}, None]},
        "steps": {"$size": array("$history")},
        "sellers": {"$setUnion": [sellers]},
        "parts": parts,
        "currency": "$currency",
        "paid": {"$cond": [{"$eq": [{"$type": "$payment"}, "object"]}, "$payment.currency", "$currency"]},
    }
    return Probe("orders", [{"$project": shape}, *report(*_problems())])


def _problems() -> list[Document]:
    here = document("orders")
    some = {"$gt": ["$steps", 0]}
    once_each = {
        "$and": [{"$setEquals": ["$sellers", "$parts"]}, {"$eq": [{"$size": "$sellers"}, {"$size": "$parts"}]}],
    }
    named = {"$and": [{"$eq": [{"$type": "$currency"}, "string"]}, {"$ne": ["$currency", ""]}]}
    return [
        problem(here, {"$not": [some]}, "has no history"),
        problem(here, {"$and": [some, differ("$last", "$status")]}, "is {status}, but its history ends with {last}"),
        problem(here, {"$not": [once_each]}, "has fulfilments that are not one for each seller of its lines"),
        problem(here, {"$not": [named]}, "has no currency"),
        problem(here, {"$and": [named, differ("$paid", "$currency")]}, "is in {currency}, but was paid in {paid}"),
    ]
