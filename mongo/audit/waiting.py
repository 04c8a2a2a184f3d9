"""Check ``waiting``: each line is counted and served in its order; each offer holds its one unit and was told once."""

from datetime import timedelta

from models.identity import owner_of_offer
from models.offering import BACK_IN_STOCK
from mongo.audit.probe import (
    ALWAYS,
    Deadlines,
    Probe,
    array,
    differ,
    document,
    number,
    problem,
    report,
    total,
    union,
    words,
)
from mongo.driver import Document

OFFER_SLACK = SERVED_SLACK = timedelta(minutes=1)
OPEN = ["waiting", "offered"]
STATES = [*OPEN, "taken", "lapsed", "left"]
_ONE: Document = {"$literal": 1}
_WAITS: Document = {"$cond": [{"$eq": ["$state", "waiting"]}, 1, 0]}
_WAS_OFFERED: Document = {"offered_at": {"$type": "date"}}
_KEY = f"{BACK_IN_STOCK}:"


def counts() -> Probe:
    """Each product says how many wait for it, and has given no more places than it says; each line has a product."""
    lines: list[Document] = [
        {
            "$group": {
                "_id": "$product_id",
                "places": {"$sum": 1},
                "rows": {"$sum": _WAITS},
                "last": {"$max": "$place"},
                "first": {"$min": "$_id"},
            }
        }
    ]
    fields = ("known", "waiting", "joined", "places", "rows")
    together = {field: total(f"${field}") for field in fields} | {
        "last": {"$max": "$last"},
        "first": {"$min": "$first"},
    }
    here, known = document("products"), {"$gt": ["$known", 0]}
    return Probe(
        "products",
        [
            {"$project": {"known": _ONE, "waiting": "$waiting", "joined": "$joined"}},
            union("waiting", lines),
            {"$group": {"_id": "$_id"} | together},
            *report(
                problem(
                    document("waiting", "$first"),
                    {"$not": [known]},
                    "is one of {places} places in the line of product {_id}, which does not exist",
                ),
                problem(
                    here,
                    {"$and": [known, {"$ne": ["$waiting", "$rows"]}]},
                    "says that {waiting} people wait for it, but {rows} do",
                ),
                problem(
                    here,
                    {"$and": [known, {"$gt": [{"$ifNull": ["$last", 0]}, "$joined"]}]},
                    "says that {joined} joined its line, but has given place {last}",
                ),
            ),
        ],
    )


def places(deadlines: Deadlines) -> Probe:
    """Each place is in order by itself. Its id is the product and the place, so that no place is there twice."""
    here = document("waiting")
    is_open = {"$in": ["$state", OPEN]}
    kept = [{"$eq": [{"$type": f"${field}"}, "date"]} for field in ("offered_at", "offer_expires_at")]
    offered = {"$in": ["$state", ["offered", "taken", "lapsed"]]}
    overdue = {"$lt": ["$offer_expires_at", deadlines.before(OFFER_SLACK)]}
    return Probe(
        "waiting",
        [
            {"$set": {"key": words("$product_id", ":", "$place")}},
            *report(
                problem(here, differ("$_id", "$key"), "is place {place} in the line of {product_id}: not its own key"),
                problem(here, {"$not": [{"$in": ["$state", STATES]}]}, "is in the unknown state {state}"),
                problem(here, differ("$open", is_open), "is {state}, but open says {open}"),
                problem(
                    here,
                    {"$and": [offered, {"$not": [{"$and": kept}]}]},
                    "is {state}, but was offered nothing",
                ),
                problem(
                    here, {"$and": [{"$eq": ["$state", "waiting"]}, {"$or": kept}]}, "waits, but was offered something"
                ),
                problem(
                    here,
                    {"$and": [{"$eq": ["$state", "offered"]}, kept[1], overdue]},
                    "was offered a unit until {offer_expires_at}, and still is",
                ),
            ),
        ],
    )


def repeats() -> Probe:
    """Nobody has two open places in one line."""
    together = {"_id": {"product": "$product_id", "owner": "$owner"}, "times": {"$sum": 1}, "last": {"$max": "$_id"}}
    again = problem(document("waiting", "$last"), ALWAYS, "is one of {times} open places of {_id.owner} in that line")
    return Probe(
        "waiting",
        [
            {"$match": {"state": {"$in": OPEN}}},
            {"$group": together},
            {"$match": {"times": {"$gt": 1}}},
            *report(again),
        ],
    )


def order() -> Probe:
    """Nobody waits who has a lower place than somebody who was offered something."""
    offered = {"$eq": [{"$type": "$offered_at"}, "date"]}
    together = {
        "_id": "$product_id",
        "waits": {"$min": {"$cond": [{"$eq": ["$state", "waiting"]}, "$place", None]}},
        "offered": {"$max": {"$cond": [offered, "$place", None]}},
    }
    both = {"$and": [{"$isNumber": "$waits"}, {"$isNumber": "$offered"}]}
    return Probe(
        "waiting",
        [
            {"$group": together},
            *report(
                problem(
                    words("waiting/", "$_id", ":", "$waits"),
                    {"$and": [both, {"$lt": ["$waits", "$offered"]}]},
                    "waits, though place {offered} of the same line was offered something",
                )
            ),
        ],
    )


def served(deadlines: Deadlines) -> Probe:
    """No product on show has units and people who wait for them, a minute after it last moved or its entry changed."""
    fields = {"product_id": "$$product", "version": "$$version"}
    its_last = {"$and": [{"$eq": [f"${name}", value]} for name, value in fields.items()]}
    last: Document = {
        "from": "inventory_logs",
        "let": {"product": "$_id", "version": "$version"},
        "pipeline": [{"$match": {"$expr": its_last}}, {"$project": {"timestamp": 1}}],
    }
    due = deadlines.before(SERVED_SLACK)
    lately = {"$or": [{"$gte": [{"$max": "$last.timestamp"}, due]}, {"$gte": ["$updated_at", due]}]}
    return Probe(
        "products",
        [
            {"$match": {"waiting": {"$gt": 0}, "published": {"$ne": False}, "disabled": {"$ne": True}}},
            {"$set": {"units": {"$subtract": [number("$stock"), {"$ifNull": [number("$held"), 0]}]}}},
            {"$match": {"units": {"$gt": 0}}},
            {"$lookup": {**last, "as": "last"}},
            *report(
                problem(
                    document("products"),
                    {"$not": [lately]},
                    "has {units} units that are offered to nobody, though {waiting} people wait for them",
                )
            ),
        ],
    )


def offers() -> Probe:
    """Each offer has its cart with one unit of its product, and each such cart its offer."""
    prefix = owner_of_offer("")
    carts: list[Document] = [
        {"$match": {"_id": {"$regex": f"^{prefix}"}}},
        {"$project": {"lines": array("$lines"), "expires_at": "$expires_at"}},
        {"$match": {"lines.0": {"$exists": True}}},
        {
            "$project": {
                "carts": _ONE,
                "lines": {"$size": "$lines"},
                "held": {"$first": "$lines.product_id"},
                "units": {"$sum": "$lines.quantity"},
                "until": "$expires_at",
            }
        },
    ]
    offered: Document = {"_id": words(prefix, "$_id"), "offers": _ONE, "product": "$product_id"}
    together = {"_id": "$_id", "offers": total("$offers"), "carts": total("$carts")} | {
        field: {"$max": f"${field}"} for field in ("product", "held", "lines", "units", "until", "offered_until")
    }
    both = [{"$gt": ["$offers", 0]}, {"$gt": ["$carts", 0]}]
    right = {"$and": [{"$eq": ["$lines", 1]}, {"$eq": ["$units", 1]}, {"$eq": ["$held", "$product"]}]}
    here = document("carts")
    row = words("waiting/", {"$substrBytes": ["$_id", len(prefix), -1]})
    return Probe(
        "waiting",
        [
            {"$match": {"state": "offered"}},
            {"$project": {**offered, "offered_until": "$offer_expires_at"}},
            union("carts", carts),
            {"$group": together},
            *report(
                problem(row, {"$eq": ["$carts", 0]}, "is offered a unit that no cart holds"),
                problem(here, {"$eq": ["$offers", 0]}, "holds what is offered to nobody"),
                problem(here, {"$and": [*both, {"$not": [right]}]}, "holds something else than the one unit offered"),
                problem(
                    here,
                    {"$and": [*both, differ("$until", "$offered_until")]},
                    "holds until {until} what is offered until {offered_until}",
                ),
            ),
        ],
    )


def told() -> Probe:
    """Each offer was told to whom it is made, and what was told was offered."""
    shape = {"_id": words(_KEY, "$_id", ":", "$owner"), "row": "$_id", "rows": _ONE, "owner": "$owner"}
    notices: list[Document] = [
        {"$match": {"key": {"$regex": f"^{_KEY}"}}},
        {"$project": {"_id": "$key", "notices": _ONE, "notice": "$_id", "to": "$to"}},
    ]
    together = {
        "_id": "$_id",
        "rows": total("$rows"),
        "notices": total("$notices"),
        **{field: {"$max": f"${field}"} for field in ("row", "notice", "owner", "to")},
    }
    parts = {"$split": ["$_id", ":"]}
    there = {"from": "waiting", "localField": "of", "foreignField": "_id", "as": "of_row"}
    never = {"$eq": [{"$size": {"$filter": {"input": "$of_row", "cond": _is_date("$$this.offered_at")}}}, 0]}
    here = document("notifications", "$notice")
    return Probe(
        "waiting",
        [
            {"$match": _WAS_OFFERED},
            {"$project": shape},
            union("notifications", notices),
            {"$group": together},
            {"$match": {"$expr": {"$or": [{"$ne": ["$rows", "$notices"]}, {"$ne": ["$owner", "$to"]}]}}},
            {"$set": {"of": words({"$arrayElemAt": [parts, 1]}, ":", {"$arrayElemAt": [parts, 2]})}},
            {"$lookup": there},
            *report(
                problem(
                    document("waiting", "$row"),
                    {"$eq": ["$notices", 0]},
                    "was offered, but there is no notification {_id}",
                ),
                # That of somebody who signed in afterwards went to the session; the user has one of their own.
                problem(here, {"$and": [{"$eq": ["$rows", 0]}, never]}, "tells of an offer that was never made"),
                problem(
                    here,
                    {"$and": [{"$gt": ["$rows", 0]}, {"$gt": ["$notices", 0]}]},
                    "goes to {to}, but the offer was to {owner}",
                ),
            ),
        ],
    )


def mailed() -> Probe:
    """Each offer to somebody with an address was mailed to it, and each such mail is of an offer.

    Findings do not quote addresses.
    """
    wanted = {"$cond": [{"$gt": ["$email", ""]}, 1, 0]}
    shape = {"_id": words(_KEY, "$_id"), "row": "$_id", "rows": _ONE, "wanted": wanted, "email": "$email"}
    mails: list[Document] = [
        {"$match": {"_id": {"$regex": f"^{_KEY}"}}},
        {"$project": {"mails": _ONE, "to": "$to"}},
    ]
    together = {
        "_id": "$_id",
        **{field: total(f"${field}") for field in ("rows", "wanted", "mails")},
        **{field: {"$max": f"${field}"} for field in ("row", "email", "to")},
    }
    given = {"$and": [{"$gt": ["$email", ""]}, {"$gt": ["$to", ""]}]}
    return Probe(
        "waiting",
        [
            {"$match": _WAS_OFFERED},
            {"$project": shape},
            union("emails", mails),
            {"$group": together},
            *report(
                problem(
                    document("waiting", "$row"),
                    {"$and": [{"$gt": ["$wanted", 0]}, {"$eq": ["$mails", 0]}]},
                    "has an email address and was offered something, but there is no emails/{_id}",
                ),
                problem(document("emails"), {"$eq": ["$rows", 0]}, "is of an offer that was never made"),
                problem(
                    document("emails"),
                    {"$and": [given, differ("$email", "$to")]},
                    "goes to another address than waiting/{row} has",
                ),
            ),
        ],
    )


def _is_date(value: str) -> Document:
    return {"$eq": [{"$type": value}, "date"]}


def probes(deadlines: Deadlines) -> list[Probe]:
    """Return the probes of this check."""
    return [counts(), places(deadlines), repeats(), order(), served(deadlines), offers(), told(), mailed()]
