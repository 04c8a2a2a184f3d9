"""Accounts, as the database has them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.account import Account
from models.feed import AccountChanged
from models.roles import Role
from mongo import documents
from mongo.driver import Database


class Users:
    """The accounts. Emails come normalised: one spelling, one account."""

    def __init__(self, database: Database) -> None:
        self._users = database["users"]

    async def by_email(self, email: str) -> Account | None:
        """Return an account by its address."""
        return _account(await self._users.find_one({"email": email}))

    async def get(self, user_id: str) -> Account | None:
        """Return an account by its id."""
        return _account(await self._users.find_one({"_id": ObjectId(user_id)}))

    async def add(
        self, *, email: str, name: str, role: Role, password: str, activated: bool, user_id: str | None = None
    ) -> str | None:
        """Add an account with a hashed password; return its id, or None where the address has one already."""
        new = ObjectId(user_id)
        document = {
            "_id": new,
            "email": email,
            "name": name,
            "role": role,
            "password": password,
            "created_at": datetime.now(UTC),
            "activated_at": datetime.now(UTC) if activated else None,
        }
        try:
            await self._users.insert_one(document)
        except DuplicateKeyError:
            return None
        return str(new)

    async def rehash(self, user_id: str, before: str, after: str) -> None:
        """Store a password's newer hash, unless the password was changed meanwhile."""
        await self._users.update_one({"_id": ObjectId(user_id), "password": before}, {"$set": {"password": after}})

    async def changed_within(self, seconds: float) -> Sequence[AccountChanged]:
        """Return what was changed about what accounts may do in the last so many seconds."""
        since = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": int(seconds)}}
        query = {"changed_at": {"$type": "date"}, "$expr": {"$gte": ["$changed_at", since]}}
        rows = await self._users.find(query, documents.STANDING_FIELDS).to_list(None)
        return [documents.standing_of(row) for row in rows]


def _account(document: Mapping[str, Any] | None) -> Account | None:
    return documents.account_of(document) if document else None
