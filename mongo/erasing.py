"""What is taken from the store of somebody whose account was deleted. Every write here may be done again.

What is counted stays: orders without address, mails and notifications as keys without content, sessions and audit
events without names. The ledger is not touched; it knows owners by their ids alone.
"""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId

from models.administration import Erasure
from models.identity import owner_of_user
from models.offering import BACK_IN_STOCK
from mongo.driver import Database, Document
from mongo.schema import ABOUT_ACCOUNTS
from mongo.sessions import ending
from mongo.user_directory import tombstone

BATCH = 200
WITHDRAWN = "withdrawn: the account was deleted"


def _each(field: str, blank: Document) -> Document:
    """Blank something in every entry of a list, where there is the list."""
    entries = {"$map": {"input": f"${field}", "in": {"$mergeObjects": ["$$this", blank]}}}
    return {"$cond": [{"$isArray": [f"${field}"]}, entries, "$$REMOVE"]}


# Addresses, and what somebody wrote: they may have said anything there.
_WITHOUT_WORDS: Document = {
    "email": None,
    "address": None,
    "history": _each("history", {"reason": ""}),
    "refunds": _each("refunds", {"reason": ""}),
    "fulfilments": _each("fulfilments", {"note": ""}),
}
_DUE: Document = {"erasing.due": {"$type": "date"}, "$expr": {"$lte": ["$erasing.due", "$$NOW"]}}


class Erasing:
    """The accounts that are being erased, and what is left of them; dates are of the database's clock.

    ``grace`` is how many seconds after its deletion an account is gone through once more.
    """

    def __init__(self, database: Database, *, grace: int) -> None:
        self._database = database
        self._users = database["users"]
        self._end: Document = {"$dateAdd": {"startDate": "$deleted_at", "unit": "second", "amount": grace}}

    async def due(self, limit: int) -> Sequence[Erasure]:
        """Return accounts to be gone through, those that wait longest first."""
        fields: Document = {"erasing": 1, "deleted_at": 1, "last": {"$lte": [self._end, "$$NOW"]}}
        rows = await self._users.find(_DUE, fields).sort("erasing.due", 1).limit(limit).to_list(None)
        return [
            Erasure(str(row["_id"]), tuple(row["erasing"]["emails"]), row["deleted_at"], row["last"]) for row in rows
        ]

    async def orders(self, erasure: Erasure) -> bool:
        """Take addresses and words from orders, and their mails; return whether there may be more."""
        named: Document = {"$or": [{"email": {"$ne": None}}, {"address": {"$ne": None}}]}
        # The type is named because the index has only orders with a buyer: without it, the server reads them all.
        query: Document = {"buyer_id": {"$eq": ObjectId(erasure.user_id), "$type": "objectId"}, **named}
        rows = await self._database["orders"].find(query, {"_id": 1}).limit(BATCH).to_list(None)
        ids = [row["_id"] for row in rows]
        if ids:  # mails first: without an address an order is not found again
            await self._blank_mails({"_id": {"$in": [f"order_placed:{each}" for each in ids]}})
            await self._database["orders"].update_many({"_id": {"$in": ids}}, [{"$set": _WITHOUT_WORDS}])
        return len(ids) == BATCH

    async def notifications(self, erasure: Erasure) -> bool:
        """Take the content from notifications and from their mails.

        Their keys stay: they keep things from being told again, and the audit counts them.
        """
        collection = self._database["notifications"]
        found = collection.find({"to": owner_of_user(erasure.user_id)}, {"key": 1})
        while rows := await found.to_list(BATCH):
            await self._blank_mails({"_id": {"$in": [row["key"] for row in rows]}})
            ids = [row["_id"] for row in rows]
            await collection.update_many({"_id": {"$in": ids}}, {"$set": {"data": {}, "seen": True}})
        return False

    async def mails(self, erasure: Erasure) -> bool:
        """Take address and content from mails about the account, and withdraw those that were not sent yet."""
        for sent in await self._sent_to(erasure, "to", "created_at"):
            await self._blank_mails({**sent, **ABOUT_ACCOUNTS})
        return False

    async def sessions(self, erasure: Erasure) -> bool:
        """Forget where sessions were; one that began while the account was being deleted ends."""
        collection, theirs = self._database["sessions"], {"user_id": ObjectId(erasure.user_id)}
        await collection.update_many({**theirs, "ended": None}, ending("account_deleted"))
        await collection.update_many(theirs, {"$set": {"address": "", "device": ""}})
        return False

    async def requests(self, erasure: Erasure) -> bool:
        """Forget what was asked for by mail, and the tokens that came of it; and what was chosen at a checkout.

        Requests that name but an address are not theirs alone, and are worked off in a moment.
        """
        await self._database["checkouts"].delete_one({"_id": owner_of_user(erasure.user_id)})
        await self._database["account_requests"].delete_many({"data.user_id": erasure.user_id})
        await self._database["account_tokens"].delete_many({"user_id": ObjectId(erasure.user_id)})
        return False

    async def products(self, erasure: Erasure) -> bool:
        """Withdraw products; return whether there may be more."""
        query: Document = {"seller_id": ObjectId(erasure.user_id), "published": {"$ne": False}}
        collection = self._database["products"]
        rows = await collection.find(query, {"_id": 1}).limit(BATCH).to_list(None)
        if rows:
            ids = [row["_id"] for row in rows]
            await collection.update_many({"_id": {"$in": ids}}, {"$set": {"published": False, "shelves": []}})
        return len(rows) == BATCH

    async def trail(self, erasure: Erasure) -> bool:
        """Take the addresses from audit events about the account, and from those that name no account."""
        events, nameless = self._database["audit_events"], {"$set": {"email": None}}
        await events.update_many({"user_id": ObjectId(erasure.user_id), "email": {"$ne": None}}, nameless)
        for sent in await self._sent_to(erasure, "email", "at"):
            await events.update_many({**sent, "user_id": None}, nameless)
        return False

    async def lines(self, erasure: Erasure) -> Sequence[str]:
        """Return the products in whose lines they are."""
        theirs = {"owner": owner_of_user(erasure.user_id), "open": True}
        found: list[ObjectId] = await self._database["waiting"].distinct("product_id", theirs)
        return list(map(str, found))

    async def places(self, erasure: Erasure) -> bool:
        """Take addresses from places in lines and from the mails of offers; return whether there may be more."""
        collection, theirs = self._database["waiting"], {"owner": owner_of_user(erasure.user_id)}
        rows = await collection.find({**theirs, "email": {"$ne": None}}, {"_id": 1}).limit(BATCH).to_list(None)
        if rows:  # mails first: without an address a place is not found again
            ids = [row["_id"] for row in rows]
            await self._blank_mails({"_id": {"$in": [f"{BACK_IN_STOCK}:{each}" for each in ids]}})
            await collection.update_many({"_id": {"$in": ids}}, {"$set": {"email": None}})
        return len(rows) == BATCH

    async def finish(self, erasure: Erasure) -> None:
        """Leave a nameless account; unless this was the last round, have it gone through again after the grace."""
        query: Document = {"_id": ObjectId(erasure.user_id), "deleted_at": {"$type": "date"}}
        if erasure.last:
            await self._users.update_one(query, tombstone())
        else:
            query["erasing.due"] = {"$type": "date"}  # somebody else may have been quicker
            await self._users.update_one(query, [{"$set": {"erasing.due": self._end}}, *tombstone("erasing")])

    async def put_off(self, erasure: Erasure, seconds: int) -> None:
        """Have an account gone through again after so many seconds."""
        later = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
        query: Document = {"_id": ObjectId(erasure.user_id), "erasing.due": {"$type": "date"}}
        await self._users.update_one(query, [{"$set": {"erasing.due": later}}])

    async def _sent_to(self, erasure: Erasure, address: str, date: str) -> Sequence[Document]:
        """Return the conditions for what went to their addresses: up to the deletion, where one is another's now."""
        known: Document = {"email": {"$in": list(erasure.emails)}}
        taken = [row["email"] for row in await self._users.find(known, {"email": 1}).to_list(None)]
        free = [each for each in erasure.emails if each not in taken]
        before: Any = {address: {"$in": taken, "$type": "string"}, date: {"$lte": erasure.deleted_at}}
        return [{address: {"$in": free, "$type": "string"}}, before]

    async def _blank_mails(self, query: Document) -> None:
        """Take address and content from mails; an order's id stays, by which the audit knows what was confirmed."""
        about = {"$cond": [{"$eq": ["$kind", "order_placed"]}, {"order_id": "$data.order_id"}, {}]}
        pending = {"$in": ["$state", ["pending", "unaddressed"]]}
        fields: Document = {
            "to": "",
            "data": about,
            "error": {"$cond": [pending, WITHDRAWN, None]},  # what a mail server said may name the address
            "state": {"$cond": [pending, "unsent", "$state"]},
        }
        await self._database["emails"].update_many(query, [{"$set": fields}, {"$unset": "claim"}])
