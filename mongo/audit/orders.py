"""Check ``orders``: what was ordered left the stock once, what was cancelled came back once, and totals are right."""

from models.order import OrderStatus
from mongo.audit import statements
from mongo.audit.probe import ALWAYS, Expression, Probe, array, count, document, number, problem, report, total, union
from mongo.driver import Document

STATUSES = [status.value for status in OrderStatus]


def lines() -> Probe:
    """Each line has its one purchase, and returns of as many units as came back; no such movement is without a line.

    Lines and movements meet by order and product in one ``$group``: no index serves that join, and a group can spill.
    """
    ordered = {
        "order": {"$toString": "$_id"},
        "product": "$product_list.product_id",
        "line": {"$literal": 1},
        "quantity": "$product_list.quantity",
        "status": "$status",
        "expected": _came_back(),
    }
    moved = {
        "order": "$cause",
        "product": "$product_id",
        "type": "$change_type",
        "moved": {"$subtract": [number("$new_stock"), number("$old_stock")]},
        "movement": "$_id",
    }
    purchase, returned = ({"$eq": ["$type", name]} for name in ("purchase", "return"))
    together = {
        "_id": {"order": "$order", "product": "$product"},
        "lines": total("$line"),
        "quantity": total("$quantity"),
        "status": {"$max": "$status"},
        "expected": {"$max": "$expected"},
        "purchases": count(purchase),
        "purchased": total("$moved", purchase),
        "returns": count(returned),
        "returned": total("$moved", returned),
        "movement": {"$min": "$movement"},
    }
    movements: list[Document] = [
        {"$match": {"change_type": {"$in": ["purchase", "return"]}}},
        {"$project": {**moved, "_id": 0}},
    ]
    return Probe(
        "orders",
        [
            {"$unwind": "$product_list"},
            {"$project": {**ordered, "_id": 0}},
            union("inventory_logs", movements),
            {"$group": together},
            *report(*_line_problems()),
        ],
    )


def _came_back() -> Expression:
    """Return how many units of a line are on the shelf again, by the order.

    Orders that were cancelled before lines said so came back whole.
    """
    whole = {"$cond": [{"$eq": ["$status", "cancelled"]}, "$product_list.quantity", 0]}
    return {"$ifNull": ["$product_list.returned", whole]}


def _line_problems() -> list[Document]:
    here = document("orders", "$_id.order")
    one_line = {"$eq": ["$lines", 1]}
    return [
        problem(
            document("inventory_logs", "$movement"),
            {"$eq": ["$lines", 0]},
            "moves product {_id.product} for order {_id.order}, which has no such line",
        ),
        problem(here, {"$gt": ["$lines", 1]}, "has product {_id.product} in {lines} lines"),
        problem(
            here,
            {"$and": [one_line, {"$ne": ["$purchases", 1]}]},
            "has {purchases} purchase movements of product {_id.product}",
        ),
        _moved_as_ordered(here, {"$eq": ["$purchases", 1]}, "purchased", {"$multiply": [-1, "$quantity"]}),
        problem(
            here,
            {"$and": [one_line, {"$ne": ["$returned", "$expected"]}]},
            "is {status}, and of product {_id.product} {expected} units came back; by its movements {returned}",
        ),
    ]


def _moved_as_ordered(here: Document, moved: Document, change: str, expected: Expression) -> Document:
    return problem(
        here,
        {"$and": [{"$eq": ["$lines", 1]}, moved, {"$ne": [f"${change}", expected]}]},
        f"has {{quantity}} units of product {{_id.product}}, but its movement changes stock by {{{change}}}",
    )


def totals() -> Probe:
    """Each order has a status, lines of at least one unit, and a total: the sum of price times quantity, and shipping.

    What was given back is not more than that, and of no line more units came back than were sent.
    """
    here = document("orders")
    line = {
        "quantity": number("$$this.quantity"),
        "price": number("$$this.price"),
        "returned": number({"$ifNull": ["$$this.returned", 0]}),
    }
    read = {"$map": {"input": array("$product_list"), "in": line}}
    amounts = {"$map": {"input": "$lines", "in": {"$multiply": ["$$this.price", "$$this.quantity"]}}}
    least = {"$min": {"$map": {"input": "$lines", "in": {"$ifNull": ["$$this.quantity", 0]}}}}
    kept = {"$map": {"input": "$lines", "in": {"$subtract": ["$$this.quantity", "$$this.returned"]}}}
    has_lines = {"$gt": [{"$size": "$lines"}, 0]}
    return Probe(
        "orders",
        [
            {"$project": {"total_amount": "$total_amount", "status": "$status", "lines": read, **_beside_the_lines()}},
            {"$set": {"sum": {"$add": [{"$sum": amounts}, "$shipping"]}}},
            *report(
                problem(here, {"$not": [{"$in": ["$status", STATUSES]}]}, "has the unknown status {status}"),
                problem(here, {"$not": [has_lines]}, "has no lines"),
                problem(here, {"$and": [has_lines, {"$lt": [least, 1]}]}, "has a line of less than one unit"),
                problem(
                    here,
                    {"$ne": ["$total_amount", "$sum"]},
                    "has total {total_amount}, but its lines and shipping add up to {sum}",
                ),
                problem(
                    here,
                    {"$gt": ["$given_back", "$total_amount"]},
                    "has total {total_amount}, and {given_back} of it were to be given back",
                ),
                problem(here, {"$lt": [{"$min": kept}, 0]}, "has a line of which more units came back than were sent"),
            ),
        ],
    )


def _beside_the_lines() -> Document:
    refunds = {"$map": {"input": array("$refunds"), "in": number("$$this.amount")}}
    return {"shipping": number({"$ifNull": ["$shipping", 0]}), "given_back": {"$sum": refunds}}


def keys() -> Probe:
    """One order per owner and order key."""
    together = {
        "_id": {"owner": "$owner", "order_key": "$order_key"},
        "orders": {"$sum": 1},
        "first": {"$min": "$_id"},
        "last": {"$max": "$_id"},
    }
    return Probe(
        "orders",
        [
            {"$group": together},
            {"$match": {"orders": {"$gt": 1}}},
            *report(
                problem(
                    document("orders", "$last"),
                    ALWAYS,
                    "has the owner and order key of orders/{first}; {orders} orders share them",
                )
            ),
        ],
    )


def probes() -> list[Probe]:
    """Return the probes of this check."""
    return [lines(), totals(), keys(), statements.statements()]
