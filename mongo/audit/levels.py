"""Check ``levels``: stock, held and version of each product are what its movements add up to.

A product begins at nothing: its first stock is a movement, too. So sums start from zero.
"""

from mongo.audit.probe import Expression, Probe, differ, document, number, problem, report, total, union
from mongo.driver import Document

NOTHING: Document = {"version": 0, "stock": 0, "held": 0}
TYPES = ("hold", "release", "expire", "purchase", "restock", "return", "adjustment")
_STOCK: Document = {"$subtract": [number("$new_stock"), number("$old_stock")]}
_HELD: Document = {"$subtract": [number("$new_held"), number("$old_held")]}


def chain() -> Probe:
    """Each movement goes on where the one before it ended, and does what its type says."""
    before = {"version": "$version", "stock": "$new_stock", "held": "$new_held"}
    window = {
        "partitionBy": "$product_id",
        "sortBy": {"version": 1},
        "output": {"previous": {"$shift": {"output": before, "by": -1, "default": NOTHING}}},
    }
    steps = {"stock": _STOCK, "held": _HELD}
    # The server refuses to partition by a list; as the product of nothing, such a row is found by the sums.
    partitionable = {"product_id": {"$not": {"$type": "array"}}}
    return Probe(
        "inventory_logs",
        [{"$match": partitionable}, {"$setWindowFields": window}, {"$set": steps}, *report(*_chain_problems())],
    )


def _chain_problems() -> list[Document]:
    here = document("inventory_logs")
    next_version = {"$add": [number("$previous.version"), 1]}
    moved_between = {
        "$or": [differ("$old_stock", "$previous.stock"), differ("$old_held", "$previous.held")],
    }
    return [
        problem(
            here,
            differ("$version", next_version),
            "version {version} follows version {previous.version} of product {product_id}",
        ),
        problem(
            here,
            moved_between,
            "starts from stock {old_stock}, held {old_held}; the one before left {previous.stock}, {previous.held}",
        ),
        problem(here, {"$not": [{"$in": ["$change_type", TYPES]}]}, "is of the unknown type {change_type}"),
        problem(
            here,
            {"$not": [_fits()]},
            "is a {change_type} from stock {old_stock}, held {old_held} to stock {new_stock}, held {new_held}",
        ),
    ]


def _fits() -> Document:
    """Whether both levels move as the change type says; what an unknown type says is not known."""
    up = {"$and": [{"$gt": ["$stock", 0]}, {"$eq": ["$held", 0]}]}
    claimed = {"$and": [{"$gt": ["$held", 0]}, {"$eq": ["$stock", 0]}]}
    freed = {"$and": [{"$lt": ["$held", 0]}, {"$eq": ["$stock", 0]}]}
    sold = {"$and": [{"$lt": ["$stock", 0]}, {"$in": ["$held", [0, "$stock"]]}]}
    counted = {"$and": [{"$ne": ["$stock", 0]}, {"$eq": ["$held", 0]}]}
    rules: list[Expression] = [claimed, freed, freed, sold, up, up, counted]
    branches = [
        {"case": {"$eq": ["$change_type", name]}, "then": rule} for name, rule in zip(TYPES, rules, strict=True)
    ]
    within = {"$and": [{"$gte": ["$new_held", 0]}, {"$lte": ["$new_held", "$new_stock"]}]}
    # Null sorts below all numbers, so a level that is no number must be ruled out first.
    numbers = {"$and": [{"$isNumber": "$stock"}, {"$isNumber": "$held"}]}
    return {"$and": [numbers, within, {"$switch": {"branches": branches, "default": True}}]}


def sums() -> Probe:
    """Each product has the level that its movements add up to, and each movement has a product."""
    moved = {
        "_id": "$product_id",
        "movements": {"$sum": 1},
        "first": {"$min": "$_id"},
        "stock_sum": {"$sum": _STOCK},
        "held_sum": {"$sum": _HELD},
    }
    level = {"known": {"$literal": 1}, "stock": "$stock", "held": "$held", "version": "$version"}
    together = {"_id": "$_id", "first": {"$min": "$first"}} | {
        field: total(f"${field}")
        for field in ("known", "movements", "stock", "stock_sum", "held", "held_sum", "version")
    }
    return Probe(
        "products",
        [
            {"$project": level},
            union("inventory_logs", [{"$group": moved}]),
            {"$group": together},
            *report(*_sum_problems()),
        ],
    )


def _sum_problems() -> list[Document]:
    here = document("products")
    known = {"$gt": ["$known", 0]}
    unequal = [
        problem(
            here,
            {"$and": [known, {"$ne": [f"${field}", f"${field}_sum"]}]},
            f"has {field} {{{field}}}, but its {{movements}} movements add up to {{{field}_sum}}",
        )
        for field in ("stock", "held")
    ]
    return [
        problem(
            document("inventory_logs", "$first"),
            {"$not": [known]},
            "is one of {movements} movements of product {_id}, which does not exist",
        ),
        *unequal,
        problem(
            here,
            {"$and": [known, {"$ne": ["$version", "$movements"]}]},
            "is at version {version} after {movements} movements",
        ),
    ]


def probes() -> list[Probe]:
    """Return the probes of this check."""
    return [chain(), sums()]
