"""What is kept of an order beside itself: its payment, and the mails about it."""

from collections.abc import Iterator
from typing import Any

from bson import ObjectId

from models.order_timeline import Captured, Returned, Sent, Traces
from mongo.driver import Database, Document
from mongo.payments import of_type

# The kinds of mails that are about one order; their keys are `<kind>:<order>`, and maybe more behind another colon.
KINDS = (
    "order_placed",
    "order_shipped",
    "order_delivered",
    "order_cancelled",
    "order_cancelled_seller",
    "order_refunded",
)
MOST_MAILS = 200
_MAIL: Document = dict.fromkeys(("kind", "state", "created_at"), 1)
_PAYMENT: Document = dict.fromkeys(("state", "captured", "captured_at", "updated_at", "refunded", "refunds"), 1)


class OrderTraces:
    """Reads them."""

    def __init__(self, database: Database) -> None:
        self._payments = database["payments"]
        self._emails = database["emails"]

    async def of(self, order_id: str) -> Traces:
        """Return what there is."""
        payment = await self._payments.find_one({"order_id": of_type("objectId", ObjectId(order_id))}, _PAYMENT)
        # Where the id is followed by a colon there is more, and a semicolon is what comes after one.
        keys = [{"_id": {"$gte": f"{kind}:{order_id}", "$lt": f"{kind}:{order_id};"}} for kind in KINDS]
        mails = await self._emails.find({"$or": keys}, _MAIL).limit(MOST_MAILS).to_list(None)
        return Traces(
            captured=_captured(payment or {}),
            returned=tuple(_returned(payment or {})),
            mails=tuple(Sent(row["kind"], row["created_at"], row["state"]) for row in mails if row.get("created_at")),
        )


def _captured(payment: Document) -> Captured | None:
    """Return when a payment was captured; of one that was written before that was noted, while nothing came after."""
    amount = payment.get("captured", 0)
    at: Any = payment.get("captured_at")
    if at is None and payment.get("state") == "captured" and not payment.get("refunded"):
        at = payment.get("updated_at")
    return Captured(at, amount) if amount and at else None


def _returned(payment: Document) -> Iterator[Returned]:
    for each in payment.get("refunds") or ():
        if each.get("at"):
            yield Returned(str(each["_id"]), each["at"], each["amount"])
