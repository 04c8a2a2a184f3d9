"""Check ``payments``: money is taken once, for an order that stands, in the right amount, and not left hanging."""

from datetime import timedelta

from models.payment import PaymentState
from mongo.audit.probe import (
    ALWAYS,
    Deadlines,
    Expression,
    Probe,
    array,
    differ,
    document,
    number,
    problem,
    report,
    total,
    union,
)
from mongo.driver import Document

# What is set aside at the provider is captured or voided within a minute, and given back as soon.
SETTLE_SLACK = timedelta(minutes=1)
STATES = [state.value for state in PaymentState]
# Those of an order; what was begun and became none is not.
OF_ORDERS = ["authorised", "captured", "refunded"]
# Those of which nothing was taken.
UNTOUCHED = ["intent", "abandoned", "declined", "authorised", "voided"]
# Orders whose goods are the buyer's, or on their way there.
STANDING = ["placed", "shipped", "delivered", "completed"]
_SHARED = ("provider", "provider_id", "amount", "currency")


def matching(deadlines: Deadlines) -> Probe:
    """Each order that says it was paid has its one payment, equal to what it says, and in the state that suits it.

    Each payment that was taken for an order has its order, and gives back what that says.
    """
    paid = {field: f"$payment.{field}" for field in (*_SHARED, "id")}
    expected = {"$cond": [{"$eq": [{"$type": "$payment"}, "object"]}, paid, None]}
    together = {
        "_id": "$_id",
        "orders": total("$order"),
        "total_amount": {"$max": "$total_amount"},
        # Null and missing count for nothing in $max, so this picks the one value that there is.
        "expected": {"$max": "$expected"},
        "payments": total("$one"),
        "payment": {"$max": "$payment"},
        "actual": {"$max": "$actual"},
        **{
            field: {"$max": f"${field}"}
            for field in ("status", "since", "state", "captured", "refunded", "asked_back", "asked_back_before")
        },
    }
    order = {
        "order": {"$literal": 1},
        "total_amount": "$total_amount",
        "expected": expected,
        "status": "$status",
        "since": {"$last": {"$map": {"input": array("$history"), "in": "$$this.at"}}},
        "asked_back": _asked_back(ALWAYS),
        "asked_back_before": _asked_back({"$lt": ["$$this.at", deadlines.before(SETTLE_SLACK)]}),
    }
    actual = {
        "_id": "$order_id",
        "one": {"$literal": 1},
        "payment": "$_id",
        "actual": {field: f"${field}" for field in _SHARED},
        "state": "$state",
        "captured": number("$captured"),
        "refunded": number("$refunded"),
    }
    return Probe(
        "orders",
        [
            {"$project": order},
            union("payments", [{"$match": {"order_id": {"$type": "objectId"}}}, {"$project": actual}]),
            {"$group": together},
            *report(*_matching_problems(), *_standing_problems(deadlines)),
        ],
    )


def _asked_back(when: Expression) -> Document:
    """Sum what is to be given back of an order, of those refunds for which a condition holds."""
    amount = {"$cond": [when, number("$$this.amount"), 0]}
    return {"$sum": {"$map": {"input": array("$refunds"), "in": amount}}}


def _matching_problems() -> list[Document]:
    order, payment = document("orders"), document("payments", "$payment")
    known = {"$gt": ["$orders", 0]}
    paid = {"$ne": ["$expected", None]}
    one = {"$eq": ["$payments", 1]}
    unequal = [
        problem(
            payment,
            {"$and": [known, paid, one, differ(f"$actual.{field}", f"$expected.{field}")]},
            f"has {field} {{actual.{field}}}; orders/{{_id}} says {{expected.{field}}}",
        )
        for field in _SHARED
    ]
    return [
        problem(payment, {"$not": [known]}, "is for order {_id}, which does not exist"),
        problem(payment, {"$and": [known, one, {"$not": [paid]}]}, "is for orders/{_id}, which was not paid so"),
        problem(order, {"$and": [known, paid, {"$eq": ["$payments", 0]}]}, "says it was paid, but has no payment"),
        problem(order, {"$and": [known, {"$gt": ["$payments", 1]}]}, "has {payments} payments"),
        problem(
            payment,
            {
                "$and": [
                    *(known, paid, one),
                    {"$gt": ["$expected.id", ""]},
                    {"$ne": ["$expected.id", {"$toString": "$payment"}]},
                ]
            },
            "is for orders/{_id}, which was paid by payments/{expected.id}",
        ),
        *unequal,
        problem(
            payment,
            {"$and": [known, one, differ("$actual.amount", "$total_amount")]},
            "has amount {actual.amount}; the total of orders/{_id} is {total_amount}",
        ),
    ]


def _standing_problems(deadlines: Deadlines) -> list[Document]:
    """Money is kept exactly as long as the order stands. What is only set aside is judged by ``amounts``."""
    payment = document("payments", "$payment")
    one = {"$and": [{"$gt": ["$orders", 0]}, {"$eq": ["$payments", 1]}]}
    long_since = {"$and": [one, {"$lt": ["$since", deadlines.before(SETTLE_SLACK)]}]}
    given_up = {"$in": ["$state", ["voided", "refunded"]]}
    all_kept = {"$and": [{"$gt": ["$captured", 0]}, {"$eq": ["$refunded", 0]}]}
    taken = {"$in": ["$state", ["captured", "refunded"]]}
    return [
        problem(
            payment,
            {"$and": [one, taken, {"$gt": ["$refunded", "$asked_back"]}]},
            "has given back {refunded}; orders/{_id} asks for {asked_back}",
        ),
        problem(
            payment,
            {"$and": [one, taken, {"$lt": ["$refunded", "$asked_back_before"]}]},
            "has given back {refunded}; orders/{_id} asked for {asked_back_before} more than a minute ago",
        ),
        problem(
            payment,
            {"$and": [one, {"$in": ["$status", STANDING]}, given_up]},
            "is {state}, but orders/{_id} is {status}",
        ),
        problem(
            payment,
            {"$and": [long_since, {"$eq": ["$status", "cancelled"]}, {"$lt": ["$refunded", "$captured"]}]},
            "has captured {captured} and refunded {refunded}; orders/{_id} is cancelled since {since}",
        ),
        problem(
            payment,
            {"$and": [long_since, {"$eq": ["$status", "refunded"]}, all_kept]},
            "has captured {captured} and refunded nothing; orders/{_id} is refunded since {since}",
        ),
    ]


def amounts(deadlines: Deadlines) -> Probe:
    """Each payment is in order by itself: refunded ≤ captured ≤ amount, as its state says, and settled in time."""
    here = document("payments")
    sums = {field: number(f"${field}") for field in ("refunded", "captured", "amount")}
    done = {"$sum": {"$map": {"input": array("$refunds"), "in": number("$$this.amount")}}}
    since = {"$ifNull": ["$abandoned_at", {"$ifNull": ["$taken_at", "$created_at"]}]}
    read = {"state": "$state", "since": since, "due": "$due", "order_id": "$order_id", "done": done, **sums}
    untouched = {"$in": ["$state", UNTOUCHED]}
    overdue = {"$lt": ["$since", deadlines.before(SETTLE_SLACK)]}
    return Probe(
        "payments",
        [
            {"$project": read},
            *report(
                problem(here, {"$in": [None, [f"${field}" for field in sums]]}, "has an amount that is no number"),
                problem(here, {"$not": [{"$in": ["$state", STATES]}]}, "is in the unknown state {state}"),
                problem(
                    here,
                    {"$gt": ["$captured", "$amount"]},
                    "has captured {captured} of amount {amount}",
                ),
                problem(
                    here,
                    {"$or": [{"$lt": ["$refunded", 0]}, {"$gt": ["$refunded", "$captured"]}]},
                    "has refunded {refunded} of captured {captured}",
                ),
                problem(
                    here,
                    {"$and": [{"$eq": ["$state", "captured"]}, {"$lt": ["$captured", "$amount"]}]},
                    "is captured, but only {captured} of amount {amount}",
                ),
                problem(
                    here,
                    {"$and": [untouched, {"$ne": ["$captured", 0]}]},
                    "is {state}, and yet has captured {captured}",
                ),
                problem(
                    here,
                    {"$and": [{"$eq": ["$state", "authorised"]}, overdue]},
                    "was authorised at {since} and is not settled",
                ),
                problem(
                    here,
                    {"$and": [{"$eq": ["$state", "abandoned"]}, overdue]},
                    "was given up at {since} and is not let go",
                ),
                problem(
                    here,
                    {
                        "$and": [
                            {"$eq": ["$state", "intent"]},
                            {"$lt": [{"$ifNull": ["$due", "$since"]}, deadlines.before(SETTLE_SLACK)]},
                        ]
                    },
                    "was begun, was to be given up at {due}, and is not",
                ),
                problem(
                    here,
                    {"$and": [{"$in": ["$state", OF_ORDERS]}, {"$ne": [{"$type": "$order_id"}, "objectId"]}]},
                    "is {state}, but for no order",
                ),
                problem(
                    here,
                    {"$and": [{"$gt": ["$done", 0]}, {"$ne": ["$done", "$refunded"]}]},
                    "has refunded {refunded}, but its refunds add up to {done}",
                ),
            ),
        ],
    )


def probes(deadlines: Deadlines) -> list[Probe]:
    """Return the probes of this check."""
    return [matching(deadlines), amounts(deadlines)]
