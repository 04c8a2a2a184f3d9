"""Changes of an account that must happen whole: what a token allows, new passwords, the end of sessions."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.account import Account, Purpose, digest
from models.errors import Conflict
from models.feed import SessionEnded
from models.identity import owner_of_user
from models.letter import Letter
from models.waiter import WaitState
from mongo import documents
from mongo.driver import Database, Document, Driver, Session
from mongo.sessions import ending
from mongo.whole import whole

T = TypeVar("T")


class _Renewed(NamedTuple):
    """An account with its new password, and the sessions that are over by it."""

    account: Account
    ended: Sequence[SessionEnded]


class AccountChanges:
    """Makes changes in transactions; one that meets another one is tried again.

    ``ended`` hears of the ends of sessions before the change stream brings them.
    """

    def __init__(
        self, driver: Driver, database: Database, ended: Callable[[SessionEnded], None] = lambda _session: None
    ) -> None:
        self._ended = ended
        self._driver = driver
        self._database = database
        self._users = database["users"]
        self._tokens = database["account_tokens"]

    async def activate(self, token_id: str) -> Account | None:
        """Use an activation token: the account may sign in, with what was chosen when this token was asked for."""

        async def change(session: Session) -> Account | None:
            token = await self._use(session, token_id, "activation")
            if token is None:
                return None
            chosen = {
                name: {"$literal": value} for name, value in token["data"].items() if name in {"name", "password"}
            }
            # Only the first activation chooses: a second link must not change the password of an account in use.
            first = {"_id": token["user_id"], "activated_at": None, "deleted_at": None}
            await self._set(session, first, {**chosen, "activated_at": "$$NOW"})
            return await self._account(session, token["user_id"])

        return await self._whole(change)

    async def reset_password(self, token_id: str, hashed: str, letter: Callable[[Account], Letter]) -> Account | None:
        """Use a reset token: a new password, the end of all sessions, and a mail that says so."""

        async def change(session: Session) -> _Renewed | None:
            token = await self._use(session, token_id, "reset")
            if token is None:
                return None
            # Whoever reads the mails of an address may have it: that is what activation asks for, too.
            proven = {"$ifNull": ["$activated_at", "$$NOW"]}
            return await self._renew(session, token["user_id"], hashed, letter, {"activated_at": proven})

        return self._told(await self._whole(change))

    async def change_password(
        self, user_id: str, seen: str, hashed: str, letter: Callable[[Account], Letter], *, keep: str
    ) -> Account | None:
        """Set a new password, end all sessions but one, and queue a mail that says so.

        None where the password is not any more the one that was ``seen`` (its hash), or the session to keep is over:
        whoever reset the password meanwhile has the last word.
        """

        async def change(session: Session) -> _Renewed | None:
            kept: Document = {"_id": ObjectId(keep), "ended": None}
            if not await self._database["sessions"].find_one(kept, session=session):
                return None
            return await self._renew(session, ObjectId(user_id), hashed, letter, {}, keep=keep, seen=seen)

        return self._told(await self._whole(change))

    def _told(self, renewed: "_Renewed | None") -> Account | None:
        """Let this process know at once which sessions are over."""
        if renewed is None:
            return None
        for each in renewed.ended:
            self._ended(each)
        return renewed.account

    async def change_email(self, token_id: str, letter: Callable[[Account], Letter]) -> Account | None:
        """Use an email token: take the new address, and tell the old one. Conflict: somebody else has it."""

        async def change(session: Session) -> Account | None:
            token = await self._use(session, token_id, "email_change")
            before = await self._account(session, token["user_id"]) if token else None
            # Asked for with a password that is the account's no more: whoever reset it has the last word.
            if token is None or before is None or before.barred or token["data"]["seen"] != digest(before.password):
                return None
            new = {"email": {"$literal": token["data"]["email"]}, "changed_at": "$$NOW"}
            await self._set(session, {"_id": token["user_id"]}, new)
            lines: Document = {"owner": owner_of_user(str(token["user_id"])), "state": WaitState.WAITING.value}
            email = {"$set": {"email": token["data"]["email"]}}  # what was offered already has been mailed
            await self._database["waiting"].update_many(lines, email, session=session)
            await self._void_tokens(session, token["user_id"])  # they went to the old address
            await self._write(session, letter(before))
            return await self._account(session, token["user_id"])

        try:
            return await self._whole(change)
        except DuplicateKeyError as error:
            raise Conflict("this address has an account by now") from error

    async def _renew(
        self,
        session: Session,
        user_id: Any,
        hashed: str,
        letter: Callable[[Account], Letter],
        more: Document,
        *,
        keep: str | None = None,
        seen: str | None = None,
    ) -> "_Renewed | None":
        query: Document = {"_id": user_id, "deleted_at": None}
        if seen is not None:
            query["password"] = seen
        if not await self._set(session, query, {"password": {"$literal": hashed}, **more}):
            return None
        account = await self._account(session, user_id)
        if account is None:
            return None
        others: Document = {"user_id": user_id, "ended": None}
        if keep:
            others["_id"] = {"$ne": ObjectId(keep)}
        rows = await self._database["sessions"].find(others, {"_id": 1}, session=session).to_list(None)
        await self._database["sessions"].update_many(others, ending("password_changed"), session=session)
        await self._void_tokens(session, user_id)  # granted to whoever knew the old password, or read the mails then
        await self._write(session, letter(account))
        return _Renewed(account, [SessionEnded(str(row["_id"]), account.id, "password_changed") for row in rows])

    async def _use(self, session: Session, token_id: str, purpose: Purpose) -> Document | None:
        query: Document = {"_id": ObjectId(token_id), "purpose": purpose, "used_at": None}
        query["$expr"] = {"$gt": ["$expires_at", "$$NOW"]}
        change: list[Document] = [{"$set": {"used_at": "$$NOW"}}]
        row: Document | None = await self._tokens.find_one_and_update(query, change, session=session)
        return row

    async def _void_tokens(self, session: Session, user_id: Any) -> None:
        unused: Document = {"user_id": user_id, "used_at": None, "purpose": {"$in": ["reset", "email_change"]}}
        await self._tokens.update_many(unused, [{"$set": {"used_at": "$$NOW"}}], session=session)

    async def _set(self, session: Session, query: Document, fields: Document) -> bool:
        result = await self._users.update_one(query, [{"$set": fields}], session=session)
        return result.matched_count == 1

    async def _account(self, session: Session, user_id: Any) -> Account | None:
        row = await self._users.find_one({"_id": user_id}, session=session)
        return documents.account_of(row) if row else None

    async def _write(self, session: Session, letter: Letter) -> None:
        document = documents.letter_document(letter, None)
        key = document.pop("_id")
        fields: Document = {name: {"$literal": value} for name, value in document.items()}
        change: list[Document] = [{"$set": {**fields, "due": "$$NOW", "created_at": "$$NOW"}}]
        await self._database["emails"].update_one({"_id": key}, change, upsert=True, session=session)

    async def _whole(self, change: Callable[[Session], Awaitable[T]]) -> T:
        return await whole(self._driver, change)
