"""Check ``telling``, the alerts: all who were to hear of a crossing were told once, and none is overdue.

Whose cart had the product at the time is not stored: that they were told is proved by the counts that the alert worker
leaves in the crossing, and that the seller was, whose key is known.
"""

from datetime import timedelta

from models.identity import owner_of_user
from mongo.audit.probe import (
    ALWAYS,
    Deadlines,
    Probe,
    differ,
    document,
    problem,
    report,
    starts,
    total,
    union,
    words,
)
from mongo.driver import Document

CROSSING_SLACK = timedelta(minutes=1)
LOW_STOCK = "low_stock:"


def sellers() -> Probe:
    """Each crossing that was told found its seller told: by itself, or by an earlier one of the same arming."""
    key = words(LOW_STOCK, "$product_id", ":", "$arming", f":seller:{owner_of_user('')}", "$seller_id")
    together = {
        "_id": "$key",
        "crossings": total("$one"),
        "crossing": {"$min": "$crossing"},
        "notified": total("$notified"),
    }
    untold = {"$and": [{"$gt": ["$crossings", 0]}, {"$eq": ["$notified", 0]}]}
    here = document("crossings", "$crossing")
    return Probe(
        "crossings",
        [
            {"$match": {"state": "done"}},
            {"$project": {"_id": 0, "key": key, "crossing": "$_id", "one": {"$literal": 1}}},
            union("notifications", [{"$project": {"key": "$key", "notified": {"$literal": 1}}}]),
            {"$group": together},
            *report(problem(here, untold, "was told, but there is no notification {_id} of the seller")),
        ],
    )


def crossings(deadlines: Deadlines) -> Probe:
    """Each crossing was told in time, to as many as it says, and mailed to as many as it says."""
    together = {
        "_id": "$_id",
        "crossings": total("$one"),
        "state": {"$max": "$state"},
        "told": {"$max": "$told"},
        "mailed": {"$max": "$mailed"},
        "key": {"$max": "$key"},
        "timestamp": {"$max": "$timestamp"},
        "notifications": total("$notifications"),
        "notification": {"$min": "$notification"},
        "mails": total("$mails"),
    }
    caused: Document = {"$match": {"crossing": {"$ne": None}}}
    told: list[Document] = [
        caused,
        {"$group": {"_id": "$crossing", "notifications": {"$sum": 1}, "notification": {"$min": "$_id"}}},
    ]
    mailed: list[Document] = [caused, {"$group": {"_id": "$crossing", "mails": {"$sum": 1}}}]
    shape = {"one": {"$literal": 1}, "key": words("$product_id", ":", "$version")} | {
        field: f"${field}" for field in ("state", "told", "mailed", "timestamp")
    }
    return Probe(
        "crossings",
        [
            {"$project": shape},
            union("notifications", told),
            union("emails", mailed),
            {"$group": together},
            *report(*_crossing_problems(deadlines)),
        ],
    )


def _crossing_problems(deadlines: Deadlines) -> list[Document]:
    here = document("crossings")
    known = {"$gt": ["$crossings", 0]}
    done = {"$and": [known, {"$eq": ["$state", "done"]}]}
    overdue = {"$lt": ["$timestamp", deadlines.before(CROSSING_SLACK)]}
    return [
        problem(
            document("notifications", "$notification"),
            {"$and": [{"$not": [known]}, {"$gt": ["$notifications", 0]}]},
            "tells of crossing {_id}, which does not exist",
        ),
        problem(
            here, {"$and": [known, differ("$_id", "$key")]}, "is the crossing {key} under a key that is not its own"
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
            {"$and": [done, differ("$told", "$notifications")]},
            "says that {told} were told, but has {notifications} notifications",
        ),
        # Crossings that were told before mails were counted say nothing of them.
        problem(
            here,
            {"$and": [done, {"$ne": [{"$ifNull": ["$mailed", "$mails"]}, "$mails"]}]},
            "says that {mailed} were told by mail, but has {mails} mails",
        ),
    ]


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
            {"$match": starts(LOW_STOCK)},
            {"$project": {"mail": {"$literal": 1}}},
            union("notifications", told),
            {"$group": together},
            *report(problem(document("emails"), untold, "is an alert without a notification")),
        ],
    )


def probes(deadlines: Deadlines) -> list[Probe]:
    """Return the probes of those who are told."""
    return [crossings(deadlines), sellers(), repeats(), alerts()]
