"""Check ``telling``, the mails: each order has its one confirmation, to its address, and no mail waits too long.

What is mailed to somebody by name is told them in the shop, too.
"""

from datetime import timedelta

from mongo.audit import alerts, crossed
from mongo.audit.probe import ALWAYS, Deadlines, Probe, differ, document, problem, report, starts, total, union, words
from mongo.driver import Document

# A mail that is tried again gets a new `due`; one that is well past it was forgotten by the relay.
MAIL_SLACK = timedelta(minutes=5)
IN_APP_SLACK = timedelta(minutes=1)
MAIL_STATES = ["pending", "sent", "unsent", "dead", "unaddressed"]
PLACED = "order_placed:"


def confirmations() -> Probe:
    """Each order with an address has its mail, each such mail its order, and goes where that says.

    Findings do not quote addresses. Mails without one are left to ``blanked``.
    """
    wanted = {"$cond": [{"$gt": ["$email", ""]}, 1, 0]}
    together = {
        "_id": "$key",
        "orders": total("$order"),
        "wanted": total("$wanted"),
        "mails": total("$mail"),
        "order": {"$max": "$id"},
        "email": {"$max": "$email"},
        "to": {"$max": "$to"},
    }
    mails: list[Document] = [
        {"$match": starts(PLACED)},
        {"$project": {"_id": 0, "key": "$_id", "mail": {"$literal": 1}, "to": "$to"}},
    ]
    order = {"id": "$_id", "key": words(PLACED, "$_id"), "order": {"$literal": 1}, "wanted": wanted, "email": "$email"}
    both = [{"$gt": ["$orders", 0]}, {"$gt": ["$mails", 0]}]
    return Probe(
        "orders",
        [
            {"$project": {**order, "_id": 0}},
            union("emails", mails),
            {"$group": together},
            *report(
                problem(
                    document("orders", "$order"),
                    {"$and": [{"$gt": ["$wanted", 0]}, {"$eq": ["$mails", 0]}]},
                    "has an email address, but there is no emails/{_id}",
                ),
                problem(document("emails"), {"$eq": ["$orders", 0]}, "confirms an order that does not exist"),
                problem(
                    document("emails"),
                    {"$and": [*both, {"$ne": ["$to", ""]}, differ("$to", "$email")]},
                    "goes to another address than orders/{order} has",
                ),
            ),
        ],
    )


def blanked() -> Probe:
    """No confirmation lost its address, but where its buyer's account was deleted: its order loses its own later."""
    order_id = {"$convert": {"input": "$data.order_id", "to": "objectId", "onError": None, "onNull": None}}
    found = {"from": "orders", "localField": "order_id", "foreignField": "_id", "as": "order"}
    bought = {"from": "users", "localField": "order.buyer_id", "foreignField": "_id", "as": "buyer"}
    return Probe(
        "emails",
        [
            {"$match": starts(PLACED) | {"to": ""}},
            {"$project": {"order_id": order_id}},
            {"$lookup": found},
            {"$match": {"order.email": {"$gt": ""}}},
            {"$lookup": bought},
            {"$match": {"buyer.deleted_at": {"$not": {"$type": "date"}}}},
            *report(problem(document("emails"), ALWAYS, "has no address, though orders/{order_id} has one")),
        ],
    )


def mails(deadlines: Deadlines) -> Probe:
    """Each mail has a known state, the key of its order, somebody to go to, and is not overdue."""
    here = document("emails")
    placed = {"$eq": ["$kind", "order_placed"]}
    pending = {"$eq": ["$state", "pending"]}
    waiting = {"$in": ["$state", ["pending", "unaddressed"]]}
    overdue = {"$lt": ["$due", deadlines.before(MAIL_SLACK)]}
    shape = {"kind": "$kind", "order_id": "$data.order_id", "state": "$state", "due": "$due", "to": "$to"}
    return Probe(
        "emails",
        [
            {"$project": shape},
            *report(
                problem(here, {"$not": [{"$in": ["$state", MAIL_STATES]}]}, "is in the unknown state {state}"),
                problem(
                    here,
                    {"$and": [placed, {"$ne": ["$_id", words(PLACED, "$order_id")]}]},
                    "confirms order {order_id} under a key that is not its own",
                ),
                problem(here, {"$and": [waiting, overdue]}, "was due at {due} and is still {state}"),
                problem(here, {"$and": [pending, {"$eq": ["$to", ""]}]}, "is pending, but has no address"),
            ),
        ],
    )


def informed(deadlines: Deadlines) -> Probe:
    """Each mail that has an owner was told them in the shop, too, in time: one notification under its key."""
    waiting = {"$eq": ["$in_app", True]}
    together = {
        "_id": "$key",
        "mails": total("$mail"),
        "waiting": {"$max": "$waiting"},
        "at": {"$max": "$at"},
        "told": total("$told"),
    }
    told: list[Document] = [{"$project": {"_id": 0, "key": "$key", "told": {"$literal": 1}}}]
    mail = {"_id": 0, "key": "$_id", "mail": {"$literal": 1}, "waiting": waiting, "at": "$created_at"}
    here = document("emails")
    overdue = {"$and": ["$waiting", {"$lt": ["$at", deadlines.before(IN_APP_SLACK)]}]}
    untold = {"$and": [{"$not": ["$waiting"]}, {"$eq": ["$told", 0]}]}
    return Probe(
        "emails",
        [
            {"$match": {"owner": {"$type": "string"}}},
            {"$project": mail},
            union("notifications", told),
            {"$group": together},
            {"$match": {"mails": {"$gt": 0}}},
            *report(
                problem(here, overdue, "was to be told in the shop at {at}, and was not yet"),
                problem(here, untold, "is marked as told in the shop, but there is no notification"),
            ),
        ],
    )


def probes(deadlines: Deadlines) -> list[Probe]:
    """Return the probes of this check: of mails, of crossings, and of who was told of them."""
    return [
        confirmations(),
        blanked(),
        mails(deadlines),
        informed(deadlines),
        *crossed.probes(),
        *alerts.probes(deadlines),
    ]
