"""Check ``telling``, the crossings: each is that of a movement, and a movement that sold a product out has its own.

A product is low by the threshold of the moment; movements do not state it, and sellers may change it. So a crossing
that is missing together with all that came of it is found where it left nothing available, which is low under any
threshold, or (see ``alerts.sellers``) where it was the first of its arming and later ones are there. Any other is not.
"""

from mongo.audit.probe import Probe, differ, document, number, problem, report, total, union
from mongo.driver import Document

# What a movement leaves available, and how much it takes from that. Of no number if a level is none.
_LEFT: Document = {"$subtract": [number("$new_stock"), number("$new_held")]}
_TAKES: Document = {"$subtract": [{"$subtract": [number("$old_stock"), number("$old_held")]}, _LEFT]}


def _decreases(*conditions: Document) -> list[Document]:
    key = {"product": "$product_id", "version": "$version"}
    return [
        {"$project": {"key": key, "movement": "$_id", "moved": {"$literal": 1}, "left": _LEFT, "takes": _TAKES}},
        {"$match": {"takes": {"$gt": 0}}},
        *conditions,
    ]


_CROSSED = {"_id": {"product": "$key.product", "version": "$key.version"}}


def sold_out() -> Probe:
    """Each movement that took the last unit has its crossing."""
    key = {"product": "$product_id", "version": "$version"}
    together = _CROSSED | {
        "moved": total("$moved"),
        "movement": {"$min": "$movement"},
        "crossings": total("$crossing"),
    }
    product = {"from": "products", "localField": "_id.product", "foreignField": "_id", "as": "product"}
    # Another program may have written a threshold below nothing: such a product is never low.
    low = {"$gte": [{"$ifNull": [{"$first": "$product.threshold"}, 0]}, 0]}
    return Probe(
        "inventory_logs",
        [
            *_decreases({"$match": {"left": {"$lte": 0}}}),
            union("crossings", [{"$project": {"key": key, "crossing": {"$literal": 1}}}]),
            {"$group": together},
            {"$match": {"moved": {"$gt": 0}, "crossings": 0}},
            {"$lookup": product},
            *report(
                problem(
                    document("inventory_logs", "$movement"),
                    low,
                    "left nothing available, but there is no crossings/{_id.product}:{_id.version}",
                )
            ),
        ],
    )


def described() -> Probe:
    """Each crossing is of a movement that took units, and left as many as it says, not above the threshold it names."""
    crossing = {
        "key": {"product": "$product_id", "version": "$version"},
        "crossing": "$_id",
        "crossings": {"$literal": 1},
        "available": number("$available"),
        "threshold": number("$threshold"),
    }
    together = _CROSSED | {
        "crossings": total("$crossings"),
        "crossing": {"$min": "$crossing"},
        "available": {"$max": "$available"},
        "threshold": {"$max": "$threshold"},
        "moved": total("$moved"),
        "left": {"$max": "$left"},
    }
    here = document("crossings", "$crossing")
    moved = {"$gt": ["$moved", 0]}
    return Probe(
        "crossings",
        [
            {"$project": crossing},
            union("inventory_logs", _decreases()),
            {"$group": together},
            {"$match": {"crossings": {"$gt": 0}}},
            *report(
                problem(here, {"$not": [moved]}, "is of no movement that takes units of product {_id.product}"),
                problem(
                    here,
                    {"$and": [moved, differ("$available", "$left")]},
                    "says that {available} were left; its movement left {left}",
                ),
                problem(
                    here,
                    {"$not": [{"$gte": ["$threshold", "$available"]}]},
                    "has {available} left, above its threshold {threshold}",
                ),
            ),
        ],
    )


def probes() -> list[Probe]:
    """Return the probes of crossings."""
    return [sold_out(), described()]
