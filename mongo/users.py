"""Accounts, as the database has them."""

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from mongo.driver import Database


class Users:
    """The accounts. Emails come normalised: one spelling, one account."""

    def __init__(self, database: Database) -> None:
        self._users = database["users"]

    async def by_email(self, email: str) -> Mapping[str, Any] | None:
        """Return an account as ``{id, email, name, role, password, created_at}``."""
        return _shown(await self._users.find_one({"email": email}))

    async def get(self, user_id: str) -> Mapping[str, Any] | None:
        """Return an account by its id."""
        return _shown(await self._users.find_one({"_id": ObjectId(user_id)}))

    async def add(self, *, email: str, name: str, role: str, password: str) -> str | None:
        """Add an account with a hashed password; return its id, or None where the email has one already."""
        user_id = ObjectId()
        try:
            await self._users.insert_one(
                {
                    "_id": user_id,
                    "email": email,
                    "name": name,
                    "role": role,
                    "password": password,
                    "created_at": user_id.generation_time,
                }
            )
        except DuplicateKeyError:
            return None
        return str(user_id)


def _shown(document: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return {**document, "id": str(document["_id"])} if document else None
