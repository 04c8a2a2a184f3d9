"""Sessions: who is signed in on which device, by the digests of their refresh tokens."""

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from models.account import LoginSession, Visitor
from models.feed import SessionEnded
from mongo.driver import Database, Document

_LIVE: Document = {"ended": None, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}


class Sessions:
    """The sessions. Dates are of the database's clock; a session that is over is kept until it would have expired."""

    def __init__(self, database: Database) -> None:
        self._sessions = database["sessions"]

    async def begin(self, user_id: str, family: str, token: str, visitor: Visitor, days: int) -> str:
        """Add a session with the digests of its family's secret and of its first token; return its id."""
        session_id = ObjectId()
        fields: Document = {
            "user_id": ObjectId(user_id),
            "family": family,
            "token": token,
            "address": {"$literal": visitor.address},
            "device": {"$literal": visitor.device},
            "created_at": "$$NOW",
            "last_used_at": "$$NOW",
            "expires_at": {"$dateAdd": {"startDate": "$$NOW", "unit": "day", "amount": days}},
            "ended": None,
        }
        await self._sessions.update_one({"_id": session_id}, [{"$set": fields}], upsert=True)
        return str(session_id)

    async def rotate(self, family: str, token: str, following: str, visitor: Visitor) -> LoginSession | None:
        """Take the next token in place of the present one; None where that is not the present one of a live session."""
        change: list[Document] = [
            {"$set": {"token": following, "last_used_at": "$$NOW", "address": {"$literal": visitor.address}}}
        ]
        query: Document = {"family": family, "token": token, **_LIVE}
        row = await self._sessions.find_one_and_update(query, change, return_document=ReturnDocument.AFTER)
        return _session(row) if row else None

    async def of_family(self, family: str) -> LoginSession | None:
        """Return the live session of a family, whichever token it is at."""
        row = await self._sessions.find_one({"family": family, **_LIVE})
        return _session(row) if row else None

    async def of_user(self, user_id: str) -> Sequence[LoginSession]:
        """Return the live sessions of a user, the last used first."""
        found = self._sessions.find({"user_id": ObjectId(user_id), **_LIVE}).sort("last_used_at", -1).limit(200)
        return [_session(row) for row in await found.to_list(None)]

    async def end(self, user_id: str, reason: str, *, only: str | None = None, keep: str | None = None) -> int:
        """End the sessions of a user, or one of them, or all but one; return how many there were."""
        query: Document = {"user_id": ObjectId(user_id), "ended": None}
        if only or keep:
            query["_id"] = ObjectId(only) if only else {"$ne": ObjectId(keep)}
        result = await self._sessions.update_many(query, ending(reason))
        return result.modified_count

    async def ended_within(self, seconds: float) -> Sequence[SessionEnded]:
        """Return the sessions that ended in the last so many seconds."""
        since = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": int(seconds)}}
        query: Document = {"ended.at": {"$type": "date"}, "$expr": {"$gte": ["$ended.at", since]}}
        rows = await self._sessions.find(query, {"ended": 1}).to_list(None)
        return [ended_of(row["_id"], row["ended"]) for row in rows]


def ending(reason: str) -> list[Document]:
    """Return the change that ends sessions; it names the user, for those who follow the change stream."""
    return [{"$set": {"ended": {"at": "$$NOW", "reason": {"$literal": reason}, "user_id": "$user_id"}}}]


def ended_of(session_id: Any, ended: Mapping[str, Any]) -> SessionEnded:
    """Read that a session has ended."""
    return SessionEnded(str(session_id), str(ended["user_id"]), ended["reason"])


def _session(row: Mapping[str, Any]) -> LoginSession:
    return LoginSession(
        id=str(row["_id"]),
        user_id=str(row["user_id"]),
        visitor=Visitor(row["address"], row["device"]),
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
    )
