"""Payments as they are stored: begun and taken by the ledger, looked after by the settler.

Who changes a row says which state it was in, so two who do the same at once do it once. ``open`` rows are those of
which something is still to be done. ``asked`` counts what the ledger asked for later (refunds): a row is closed only by
who has seen the last of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from bson import ObjectId
from pymongo import ReturnDocument, UpdateMany, UpdateOne
from pymongo.read_concern import ReadConcern

from models.identity import OwnerId
from models.order import OrderStatus
from models.payment import Booked, Intent, Open, PaymentState, PutOff, RefundDone, RefundDue
from mongo import documents
from mongo.driver import Database, Document, Driver

log = structlog.get_logger(__name__)

# After so long an intent that became no order is given up: soon enough to be settled within the minute after which the
# audit names it (the settler's bounds), and later than its request may still make an order of it (checkout's).
PATIENCE = timedelta(seconds=35)
DUE: Document = {"open": True, "$expr": {"$lte": ["$due", "$$NOW"]}}
INTENT_FIELDS: Document = dict.fromkeys(
    (
        *("owner", "order_key", "attempt", "fingerprint", "provider", "provider_id", "amount", "currency", "state"),
        "order_id",
    ),
    1,
)
_OPEN_FIELDS: Document = dict.fromkeys(
    (
        *("owner", "order_key", "provider", "provider_id", "amount", "currency", "state", "captured", "refunded"),
        *("refunds", "asked", "tries"),
    ),
    1,
)
_BOOKED_FIELDS: Document = dict.fromkeys(("provider_id", "state", "captured", "refunded", "open", "created_at"), 1)
KEPT_DAYS = 30
_OVER = ("open", "due", "tries", "flagged", "error")
_NOTHING_LEFT: Document = {"$unset": dict.fromkeys(_OVER, "")}


def intent_document(intent: Intent, at: datetime) -> Document:
    """Write a payment that is begun."""
    return {
        "_id": ObjectId(intent.id),
        "owner": intent.owner,
        "order_key": intent.order_key,
        "attempt": intent.attempt,
        "fingerprint": intent.fingerprint,
        "provider": intent.provider,
        "amount": intent.amount,
        "currency": intent.currency,
        "state": intent.state.value,
        "captured": 0,
        "refunded": 0,
        "open": True,
        "due": at + PATIENCE,
        "created_at": at,
    }


def taking(intent: Intent, at: datetime) -> Document:
    """Return the statement that makes a payment its order's, if it is still the intent that was read."""
    fields = {
        "state": intent.state.value,
        "provider_id": intent.provider_id,
        "order_id": documents.object_id(intent.order_id),
        "due": at,
        "taken_at": at,
    }
    return {"q": {"_id": ObjectId(intent.id), "state": PaymentState.INTENT.value}, "u": {"$set": fields}}


def owing(order_id: str, at: datetime) -> Document:
    """Return the statement that has an order's payment looked at, because more is asked of it."""
    change: Document = {"$set": {"open": True, "due": at}, "$inc": {"asked": 1}}
    return {"q": {"order_id": of_type("objectId", ObjectId(order_id))}, "u": change}


def of_type(name: str, value: object) -> Document:
    """Match a value of a field whose index has only values of one type; without its name the server reads all rows."""
    return {"$eq": value, "$type": name}


def intent_of(row: Document) -> Intent:
    """Read a payment as the ledger sees it. Those of before there were intents have no attempts to share a key with."""
    return Intent(
        id=str(row["_id"]),
        owner=row["owner"],
        order_key=row["order_key"],
        attempt=row.get("attempt", 0),
        fingerprint=row.get("fingerprint", ""),
        provider=row["provider"],
        amount=row["amount"],
        currency=row["currency"],
        state=PaymentState(row["state"]),
        provider_id=row.get("provider_id"),
        order_id=documents.id_of(row.get("order_id")),
    )


class Payments:
    """The payments, for whoever carries them out."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        # What a transaction wrote counts here once a majority has it: no money moves for an order that may be undone.
        self._payments = database.get_collection("payments", read_concern=ReadConcern("majority"))

    async def due(self, limit: int) -> Sequence[Open]:
        """Return what is to be looked at now, the longest due first, with what the orders say."""
        pipeline: list[Document] = [
            {"$match": DUE},
            {"$sort": {"due": 1}},
            {"$limit": limit},
            {"$lookup": {"from": "orders", "localField": "order_id", "foreignField": "_id", "as": "order"}},
            {
                "$project": {
                    **_OPEN_FIELDS,
                    "status": {"$first": "$order.status"},
                    "wanted": {"$first": "$order.refunds"},
                }
            },
        ]
        return list(_readable(await self._driver.aggregate(self._payments, pipeline)))

    async def abandon(self, payment_id: str, *, unheard: bool = False) -> bool | None:
        """Give an intent up: no order is made of it any more. Return None where it is not one, nor given up already.

        ``unheard``: whoever wanted to pay will not hear of it from who gives it up. What is returned says so of whoever
        gave it up first.
        """
        given_up = [PaymentState.INTENT.value, PaymentState.ABANDONED.value]
        query: Document = {"_id": ObjectId(payment_id), "state": {"$in": given_up}}
        change, after = _giving_up(unheard=unheard), ReturnDocument.AFTER
        row = await self._payments.find_one_and_update(query, change, return_document=after)
        return bool(row["unheard"]) if row else None

    async def abandon_all(self, owner: OwnerId, order_key: str, fingerprint: str) -> None:
        """Give up all intents of a request; the settler lets go of what was set aside for them."""
        key: Document = {"owner": owner, "order_key": order_key, "attempt": {"$type": "int"}}
        query = {**key, "fingerprint": fingerprint, "state": PaymentState.INTENT.value}
        await self._payments.update_many(query, _giving_up(unheard=False))

    async def wait_for_payer(self, payment_id: str, patience: timedelta) -> None:
        """Give an intent more time, because the payer has to confirm it first."""
        later = _in(patience)
        query: Document = {"_id": ObjectId(payment_id), "state": PaymentState.INTENT.value}
        await self._payments.update_one(query, [{"$set": {"due": later}}])

    async def captured(self, payments: Sequence[Open]) -> None:
        """Note what was taken; a row of which more is asked stays open."""
        state: Document = {"state": PaymentState.CAPTURED.value, "captured": "$amount"}
        state |= {"captured_at": "$$NOW", "updated_at": "$$NOW"}
        ids = [ObjectId(each.id) for each in payments]
        authorised: Document = {"_id": {"$in": ids}, "state": PaymentState.AUTHORISED.value}
        plain = UpdateMany({**authorised, "asked": None}, [{"$set": state}, {"$unset": list(_OVER)}])
        # In this order, as what the first has changed is not authorised any more.
        asked = UpdateMany(authorised, [{"$set": {**state, "due": "$$NOW"}}])
        if ids:
            await self._payments.bulk_write([plain, asked])

    async def voided(self, payments: Sequence[Open]) -> None:
        """Note what was let go: whatever was asked of it, there is nothing to be given back.

        What never was an order's is forgotten after a while.
        """
        later: Document = {"$dateAdd": {"startDate": "$$NOW", "unit": "day", "amount": KEPT_DAYS}}
        until: Document = {"$cond": [{"$eq": [{"$type": "$order_id"}, "objectId"]}, "$$REMOVE", later]}
        change: list[Document] = [
            {"$set": {"state": PaymentState.VOIDED.value, "updated_at": "$$NOW", "expires_at": until}},
            {"$unset": list(_OVER)},
        ]
        states = [PaymentState.AUTHORISED.value, PaymentState.ABANDONED.value]
        ids = [ObjectId(each.id) for each in payments]
        if ids:
            await self._payments.update_many({"_id": {"$in": ids}, "state": {"$in": states}}, change)

    async def refunded(self, payment: Open, refund: RefundDone) -> None:
        """Note what was given back; once all that was taken was, the payment is ``refunded``."""
        row = {"_id": ObjectId(refund.id), "amount": refund.amount, "provider_id": refund.provider_id, "at": "$$NOW"}
        together = {"$add": ["$refunded", refund.amount]}
        states = [PaymentState.CAPTURED.value, PaymentState.REFUNDED.value]
        query: Document = {"_id": ObjectId(payment.id), "state": {"$in": states}, "refunds._id": {"$ne": row["_id"]}}
        change: list[Document] = [
            {
                "$set": {
                    "refunds": {"$concatArrays": [{"$ifNull": ["$refunds", []]}, [row]]},
                    "refunded": together,
                    "state": {"$cond": [{"$gte": [together, "$captured"]}, PaymentState.REFUNDED.value, "$state"]},
                    "updated_at": "$$NOW",
                }
            }
        ]
        await self._payments.update_one(query, change)

    async def close(self, payment: Open) -> None:
        """Note that nothing is left to be done, unless more was asked since it was read."""
        asked = payment.asked or None
        await self._payments.update_one({"_id": ObjectId(payment.id), "asked": asked}, _NOTHING_LEFT)

    async def put_off(self, failed: Sequence[PutOff]) -> None:
        """Note what could not be done, and when it is due again by the database's clock; its state stays."""
        writes = [
            UpdateOne({"_id": ObjectId(each.payment.id), "state": each.payment.state.value}, _putting_off(each))
            for each in failed
        ]
        if writes:
            await self._payments.bulk_write(writes)

    async def booked(self, ids: Iterable[str]) -> Mapping[str, Booked]:
        """Return what is known of payments, by their id; ids that are none name nothing."""
        wanted = [ObjectId(each) for each in ids if ObjectId.is_valid(each)]
        rows = await self._payments.find({"_id": {"$in": wanted}}, _BOOKED_FIELDS).to_list(None)
        return {str(row["_id"]): _booked(row) for row in rows}

    async def taken_since(self, provider: str, since: datetime) -> Sequence[Booked]:
        """Return the payments of a provider that were begun since a moment and taken."""
        query: Document = {"_id": {"$gte": ObjectId.from_datetime(since)}, "provider": provider, "captured": {"$gt": 0}}
        return [_booked(row) async for row in self._payments.find(query, _BOOKED_FIELDS)]


def _giving_up(*, unheard: bool) -> list[Document]:
    was_intent: Document = {"$eq": ["$state", PaymentState.INTENT.value]}
    fields: Document = {
        "unheard": {"$cond": [was_intent, unheard, {"$ifNull": ["$unheard", False]}]},
        "abandoned_at": {"$ifNull": ["$abandoned_at", "$$NOW"]},
        "state": PaymentState.ABANDONED.value,
        "due": "$$NOW",
    }
    return [{"$set": fields}]


def _putting_off(each: PutOff) -> list[Document]:
    fields: Document = {
        "tries": each.payment.tries + 1,
        "due": _in(each.pause),
        "flagged": each.flagged,
        "error": {"$literal": each.reason},
        "updated_at": "$$NOW",
    }
    return [{"$set": fields}]


def _in(pause: timedelta) -> Document:
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(pause.total_seconds() * 1000)}}


def _booked(row: Document) -> Booked:
    state = PaymentState(row["state"])
    is_open = bool(row.get("open"))
    return Booked(
        str(row["_id"]), row.get("provider_id"), state, row["captured"], row["refunded"], is_open, row["created_at"]
    )


def _readable(rows: Sequence[Document]) -> Iterator[Open]:
    """Read what can be read: a row that another program broke holds up no other; the audit names it."""
    for row in rows:
        try:
            yield _open(row)
        except (KeyError, TypeError, ValueError) as error:
            log.error("payment.unreadable", payment=str(row["_id"]), reason=repr(error))  # noqa: TRY400 - no bug of ours


def _open(row: Document) -> Open:
    return Open(
        id=str(row["_id"]),
        owner=row["owner"],
        order_key=row["order_key"],
        provider=str(row.get("provider")),  # the one field that no validator vouches for
        provider_id=row.get("provider_id"),
        amount=row["amount"],
        currency=row["currency"],
        state=PaymentState(row["state"]),
        captured=row["captured"],
        refunded=row["refunded"],
        done=tuple(
            RefundDone(str(each["_id"]), each["amount"], each["provider_id"]) for each in row.get("refunds", ())
        ),
        wanted=tuple(RefundDue(str(each["id"]), each["amount"]) for each in row.get("wanted") or ()),
        stands=row.get("status") not in {None, OrderStatus.CANCELLED.value},  # without an order nobody pays
        asked=row.get("asked", 0),
        tries=row.get("tries", 0),
    )
