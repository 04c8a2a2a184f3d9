"""Sessions: who is signed in on which device, by the digests of their refresh tokens."""

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from models.account import Account, Lasting, LoginSession, Visitor
from models.feed import SessionEnded
from mongo.driver import Database, Document, Driver, Session
from mongo.whole import whole

_LIVE: Document = {"ended": None, "$expr": {"$gt": ["$expires_at", "$$NOW"]}}


class Sessions:
    """The sessions. Dates are of the database's clock; a session that is over is kept until it would have expired."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._sessions = database["sessions"]
        self._users = database["users"]

    async def begin(self, account: Account, family: str, token: str, visitor: Visitor, lasting: Lasting) -> str | None:
        """Add a session with the digests of its family's secret and of its first token; return its id.

        None where the account is not as it was read any more: its password was changed, or it was closed.
        """
        session_id, user_id = ObjectId(), ObjectId(account.id)
        as_read: Document = {"_id": user_id, "password": account.password, "disabled_at": None, "deleted_at": None}
        fields: Document = {
            "user_id": user_id,
            "family": family,
            "token": token,
            "address": {"$literal": visitor.address},
            "device": {"$literal": visitor.device},
            "created_at": "$$NOW",
            "last_used_at": "$$NOW",
            "expires_at": _expiry("$$NOW", lasting),
            "ended": None,
        }

        async def change(session: Session) -> str | None:
            # Written, so that a reset at the same moment meets this: either it ends the session, or there is none.
            known = await self._users.update_one(as_read, [{"$set": {"last_login_at": "$$NOW"}}], session=session)
            if not known.matched_count:
                return None
            await self._sessions.update_one({"_id": session_id}, [{"$set": fields}], upsert=True, session=session)
            return str(session_id)

        return await whole(self._driver, change)

    async def rotate(
        self, family: str, token: str, following: str, visitor: Visitor, lasting: Lasting
    ) -> LoginSession | None:
        """Take the next token in place of the present one; None where that is not the present one of a live session."""
        change: list[Document] = [
            {
                "$set": {
                    "token": following,
                    "last_used_at": "$$NOW",
                    "address": {"$literal": visitor.address},
                    "expires_at": _expiry("$created_at", lasting),
                }
            }
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


def _expiry(created_at: str, lasting: Lasting) -> Document:
    """Return the end of a session that is used now."""
    at_most: Document = {"$dateAdd": {"startDate": created_at, "unit": "day", "amount": lasting.days}}
    unused: Document = {"$dateAdd": {"startDate": "$$NOW", "unit": "day", "amount": lasting.idle_days}}
    return {"$min": [at_most, unused]}


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
