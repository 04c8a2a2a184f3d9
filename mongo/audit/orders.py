"""Check ``orders``: what was ordered left the stock once, what was cancelled came back once, and totals are right."""

from models.order import OrderStatus
from mongo.audit import statements
from mongo.audit.probe import ALWAYS, Expression, Probe, array, count, document, number, problem, report, total, union
from mongo.driver import Document

STATUSES = [status.value for status in OrderStatus]


def lines() -> Probe:
    """Each line has its one purchase, a cancelled one its one return, and no such movement is without a line.

    Lines and movements meet by order and product in one ``$group``: no index serves that join, and a group can spill.
    """
    ordered = {
        "order": {"$toString": "$_id"},
        "product": "$product_list.product_id",
        "line": {"$literal": 1},
        "quantity": "$product_list.quantity",
        "status": "$status",
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


def _line_problems() -> list[Document]:
    here = document("orders", "$_id.order")
    one_line = {"$eq": ["$lines", 1]}
    # Goods of a refunded order may have come back or not; of any other order, exactly when it was cancelled.
    expected_returns: Document = {
        "$switch": {
            "branches": [
                {"case": {"$eq": ["$status", "cancelled"]}, "then": [1]},
                {"case": {"$eq": ["$status", "refunded"]}, "then": [0, 1]},
            ],
            "default": [0],
        }
    }
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
            {"$and": [one_line, {"$not": [{"$in": ["$returns", expected_returns]}]}]},
            "is {status} and has {returns} return movements of product {_id.product}",
        ),
        _moved_as_ordered(here, {"$eq": ["$returns", 1]}, "returned", "$quantity"),
    ]


def _moved_as_ordered(here: Document, moved: Document, change: str, expected: Expression) -> Document:
    return problem(
        here,
        {"$and": [{"$eq": ["$lines", 1]}, moved, {"$ne": [f"${change}", expected]}]},
        f"has {{quantity}} units of product {{_id.product}}, but its movement changes stock by {{{change}}}",
    )


def totals() -> Probe:
    """Each order has a status, lines of at least one unit, and a total that is the sum of price times quantity."""
    here = document("orders")
    line = {"quantity": number("$$this.quantity"), "price": number("$$this.price")}
    read = {"$map": {"input": array("$product_list"), "in": line}}
    amounts = {"$map": {"input": "$lines", "in": {"$multiply": ["$$this.price", "$$this.quantity"]}}}
    least = {"$min": {"$map": {"input": "$lines", "in": {"$ifNull": ["$$this.quantity", 0]}}}}
    has_lines = {"$gt": [{"$size": "$lines"}, 0]}
    return Probe(
        "orders",
        [
            {"$project": {"total_amount": "$total_amount", "status": "$status", "lines": read}},
            {"$set": {"sum": {"$sum": amounts}}},
            *report(
                problem(here, {"$not": [{"$in": ["$status", STATUSES]}]}, "has the unknown status {status}"),
                problem(here, {"$not": [has_lines]}, "has no lines"),
                problem(here, {"$and": [has_lines, {"$lt": [least, 1]}]}, "has a line of less than one unit"),
                problem(
                    here,
                    {"$ne": ["$total_amount", "$sum"]},
                    "has total {total_amount}, but its lines add up to {sum}",
                ),
            ),
        ],
    )


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
