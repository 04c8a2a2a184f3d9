"""Checks ``held`` and ``expiry``: what carts hold is what products say is held, and no longer than allowed.

A cart holds exactly while ``expires_at`` is set.
"""

from datetime import timedelta

from mongo.audit.probe import ALWAYS, Deadlines, Probe, array, document, number, problem, report, total, union
from mongo.driver import Document

# The sweeper releases within a second; a minute covers its takeover by another process.
EXPIRY_SLACK = timedelta(minutes=1)
HOLDING = {"expires_at": {"$ne": None}}


def claims() -> Probe:
    """``held`` of each product is the sum over the carts that hold it, and within its stock."""
    held_in_carts: list[Document] = [
        {"$match": HOLDING},
        {"$unwind": "$lines"},
        {
            "$group": {
                "_id": "$lines.product_id",
                "in_carts": {"$sum": "$lines.quantity"},
                "cart": {"$min": "$_id"},
            }
        },
    ]
    together = {
        "_id": "$_id",
        "known": total("$known"),
        "held": total("$held"),
        "stock": total("$stock"),
        "in_carts": total("$in_carts"),
        "cart": {"$min": "$cart"},
    }
    known = {"$gt": ["$known", 0]}
    here = document("products")
    return Probe(
        "products",
        [
            {"$project": {"known": {"$literal": 1}, "held": "$held", "stock": "$stock"}},
            union("carts", held_in_carts),
            {"$group": together},
            *report(
                problem(
                    document("carts", "$cart"),
                    {"$not": [known]},
                    "holds product {_id}, which does not exist",
                ),
                problem(
                    here,
                    {"$and": [known, {"$ne": ["$held", "$in_carts"]}]},
                    "has held {held}, but carts hold {in_carts}",
                ),
                problem(
                    here,
                    {"$or": [{"$lt": ["$held", 0]}, {"$gt": ["$held", "$stock"]}]},
                    "has held {held} of stock {stock}",
                ),
            ),
        ],
    )


def carts() -> Probe:
    """Each cart is in order by itself."""
    here = document("carts")
    products = {"$map": {"input": "$lines", "in": "$$this.product_id"}}
    quantities = {"$map": {"input": "$lines", "in": number("$$this.quantity")}}
    least = {"$min": {"$map": {"input": quantities, "in": {"$ifNull": ["$$this", 0]}}}}
    empty = {"$eq": [{"$size": "$lines"}, 0]}
    currency = {"$eq": [{"$type": "$currency"}, "string"]}
    clocked = {"$eq": [{"$type": "$expires_at"}, "date"]}
    unclocked = {"$eq": [{"$ifNull": ["$expires_at", None]}, None]}
    shape = {"lines": array("$lines"), "currency": "$currency", "expires_at": "$expires_at"}
    return Probe(
        "carts",
        [
            {"$project": shape},
            *report(
                problem(
                    here, {"$ne": [{"$size": {"$setUnion": [products]}}, {"$size": "$lines"}]}, "has a product twice"
                ),
                problem(here, {"$and": [{"$not": [empty]}, {"$lt": [least, 1]}]}, "has a line of less than one unit"),
                problem(here, {"$and": [empty, {"$not": [unclocked]}]}, "is empty, yet has an expiry"),
                problem(here, {"$not": [{"$or": [clocked, unclocked]}]}, "has an expiry that is no date"),
                problem(here, {"$and": [{"$not": [empty]}, {"$not": [currency]}]}, "has lines, but no currency"),
            ),
        ],
    )


def expiry(deadlines: Deadlines) -> Probe:
    """No cart is left past its expiry."""
    overdue = {"expires_at": {"$lt": deadlines.before(EXPIRY_SLACK)}}
    return Probe(
        "carts",
        [
            {"$match": overdue},
            *report(problem(document("carts"), ALWAYS, "expired at {expires_at} and still holds")),
        ],
    )


def probes() -> list[Probe]:
    """Return the probes of ``held``."""
    return [claims(), carts()]
