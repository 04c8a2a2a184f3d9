"""Check ``telling``: each thing that must be told has exactly one row, and no row waits beyond its deadline."""

from datetime import timedelta

from mongo.audit.probe import ALWAYS, Deadlines, Probe, differ, document, problem, report, total, union, words
from mongo.driver import Document

# A mail that is tried again gets a new `due`; one that is well past it was forgotten by the relay.
MAIL_SLACK = timedelta(minutes=5)
CROSSING_SLACK = timedelta(minutes=1)
MAIL_STATES = ["pending", "sent", "unsent", "dead"]
PLACED = "order_placed:"
LOW_STOCK = "low_stock:"


def confirmations() -> Probe:
    """Each order with an address has its mail, each such mail its order."""
    wanted = {"$cond": [{"$gt": ["$email", ""]}, 1, 0]}
    together = {
        "_id": "$key",
        "orders": total("$order"),
        "wanted": total("$wanted"),
        "mails": total("$mail"),
        "order": {"$max": "$id"},
    }
    mails: list[Document] = [
        {"$match": _starts(PLACED)},
        {"$project": {"_id": 0, "key": "$_id", "mail": {"$literal": 1}}},
    ]
    by_key = words(PLACED, "$_id")
    return Probe(
        "orders",
        [
            {"$project": {"_id": 0, "id": "$_id", "key": by_key, "order": {"$literal": 1}, "wanted": wanted}},
            union("emails", mails),
            {"$group": together},
            *report(
                problem(
                    document("orders", "$order"),
                    {"$and": [{"$gt": ["$wanted", 0]}, {"$eq": ["$mails", 0]}]},
                    "has an email address, but there is no emails/{_id}",
                ),
                problem(document("emails"), {"$eq": ["$orders", 0]}, "confirms an order that does not exist"),
            ),
        ],
    )


def mails(deadlines: Deadlines) -> Probe:
    """Each mail has a known state, the key of its order, and is not overdue."""
    here = document("emails")
    placed = {"$eq": ["$kind", "order_placed"]}
    overdue = {"$lt": ["$due", deadlines.before(MAIL_SLACK)]}
    return Probe(
        "emails",
        [
            {"$project": {"kind": "$kind", "order_id": "$data.order_id", "state": "$state", "due": "$due"}},
            *report(
                problem(here, {"$not": [{"$in": ["$state", MAIL_STATES]}]}, "is in the unknown state {state}"),
                problem(
                    here,
                    {"$and": [placed, {"$ne": ["$_id", words(PLACED, "$order_id")]}]},
                    "confirms order {order_id} under a key that is not its own",
                ),
                problem(
                    here,
                    {"$and": [{"$eq": ["$state", "pending"]}, overdue]},
                    "was due at {due} and is still pending",
                ),
            ),
        ],
    )


def crossings(deadlines: Deadlines) -> Probe:
    """Each crossing was told in time, to as many as it says."""
    here = document("crossings")
    together = {
        "_id": "$_id",
        "crossings": total("$one"),
        "state": {"$max": "$state"},
        "told": {"$max": "$told"},
        "timestamp": {"$max": "$timestamp"},
        "notifications": total("$notifications"),
        "notification": {"$min": "$notification"},
    }
    told: list[Document] = [
        {"$match": {"crossing": {"$ne": None}}},
        {"$group": {"_id": "$crossing", "notifications": {"$sum": 1}, "notification": {"$min": "$_id"}}},
    ]
    known = {"$gt": ["$crossings", 0]}
    overdue = {"$lt": ["$timestamp", deadlines.before(CROSSING_SLACK)]}
    return Probe(
        "crossings",
        [
            {"$project": {"one": {"$literal": 1}, "state": "$state", "told": "$told", "timestamp": "$timestamp"}},
            union("notifications", told),
            {"$group": together},
            *report(
                problem(
                    document("notifications", "$notification"),
                    {"$not": [known]},
                    "tells of crossing {_id}, which does not exist",
                ),
                problem(
                    here,
                    {"$and": [known, {"$not": [{"$in": ["$state", ["due", "done"]]}]}]},
                    "is in the unknown state {state}",
                ),
                problem(
                    here,
                    {"$and": [{"$eq": ["$state", "due"]}, overdue]},
                    "is due since {timestamp} and has not been told",
                ),
                problem(
                    here,
                    {"$and": [{"$eq": ["$state", "done"]}, differ("$told", "$notifications")]},
                    "says that {told} were told, but has {notifications} notifications",
                ),
            ),
        ],
    )


def repeats() -> Probe:
    """No notification is there twice."""
    together = {"_id": "$key", "times": {"$sum": 1}, "first": {"$min": "$_id"}, "last": {"$max": "$_id"}}
    again = problem(
        document("notifications", "$last"),
        ALWAYS,
        "has the key of notifications/{first}; {times} notifications share it",
    )
    return Probe("notifications", [{"$group": together}, {"$match": {"times": {"$gt": 1}}}, *report(again)])


def alerts() -> Probe:
    """Each alert mail has its notification, which is written before it and under the same key."""
    told = [{"$project": {"_id": "$key", "notified": {"$literal": 1}}}]
    together = {"_id": "$_id", "mails": total("$mail"), "notified": total("$notified")}
    untold = {"$and": [{"$gt": ["$mails", 0]}, {"$eq": ["$notified", 0]}]}
    return Probe(
        "emails",
        [
            {"$match": _starts(LOW_STOCK)},
            {"$project": {"mail": {"$literal": 1}}},
            union("notifications", told),
            {"$group": together},
            *report(problem(document("emails"), untold, "is an alert without a notification")),
        ],
    )


def _starts(prefix: str) -> Document:
    return {"_id": {"$regex": f"^{prefix}"}}


def probes(deadlines: Deadlines) -> list[Probe]:
    """Return the probes of this check."""
    return [confirmations(), mails(deadlines), crossings(deadlines), repeats(), alerts()]
