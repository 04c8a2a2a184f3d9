"""What is to be done about an address after the answer was given, and the tokens that come of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.account import AccountRequest, Purpose
from mongo.driver import Database, Document


class AccountRequests:
    """The requests, oldest first, until they are done."""

    def __init__(self, database: Database) -> None:
        self._requests = database["account_requests"]
        self._tokens = database["account_tokens"]

    async def add(self, request: AccountRequest) -> None:
        """Note a request; every kind costs the same."""
        fields = {"kind": request.kind, "email": request.email, "data": dict(request.data)}
        quoted: Document = {name: {"$literal": value} for name, value in fields.items()}
        fresh: Document = {"_id": ObjectId(request.id), "kind": {"$exists": False}}
        await self._requests.update_one(fresh, [{"$set": {**quoted, "asked_at": "$$NOW"}}], upsert=True)

    async def waiting(self, limit: int, after: str | None = None) -> Sequence[AccountRequest]:
        """Return the oldest requests, or those that follow one of them."""
        query: Document = {"_id": {"$gt": ObjectId(after)}} if after else {}
        # Those of a version that did not note when they were asked for are as old as can be.
        asked: Document = {"$ifNull": ["$asked_at", datetime.fromtimestamp(0, UTC)]}
        fields: Document = {"kind": 1, "email": 1, "data": 1, "age": {"$subtract": ["$$NOW", asked]}}
        rows = await self._requests.find(query, fields).sort("_id", 1).limit(limit).to_list(None)
        return [
            AccountRequest(str(row["_id"]), row["kind"], row["email"], row["data"], row["age"] / 1000) for row in rows
        ]

    async def grant(
        self, request: AccountRequest, purpose: Purpose, user_id: str, seconds: int, data: Mapping[str, Any]
    ) -> None:
        """Make the token of a request good for so many seconds; again changes nothing."""
        fields: Document = {
            "purpose": purpose,
            "user_id": ObjectId(user_id),
            "data": {"$literal": dict(data)},
            "expires_at": {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}},
            "used_at": None,
        }
        fresh: Document = {"_id": ObjectId(request.id), "purpose": {"$exists": False}}
        with suppress(DuplicateKeyError):  # it was granted before
            await self._tokens.update_one(fresh, [{"$set": fields}], upsert=True)

    async def done(self, request: AccountRequest) -> None:
        """Forget a request."""
        await self._requests.delete_one({"_id": ObjectId(request.id)})
