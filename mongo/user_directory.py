"""The accounts as an admin sees them: found, and changed whole, with a line in the audit trail."""

from collections.abc import Callable, Sequence
from typing import Any

from bson import ObjectId

from models.account import Account, AuditEvent
from models.administration import DELETED_NAME, AccountState, Act, UserQuery, deleted_email
from models.errors import NotFound
from models.identity import OBJECT_ID
from mongo import documents
from mongo.audit_trail import event_document
from mongo.driver import Database, Document, Driver, Session
from mongo.schema import ADMINS, ALIKE, META
from mongo.sessions import ending
from mongo.whole import whole

LAST_CHARACTER = "\uffff"  # sorts after all others where words are compared (CLDR)
_DATE: Document = {"$type": "date"}
# The types are named because the indexes have only such accounts.
_STATES: dict[AccountState, Document] = {
    "active": {"activated_at": _DATE, "disabled_at": None, "deleted_at": None},
    "waiting": {"activated_at": {"$type": "null"}, "disabled_at": None, "deleted_at": None},
    "disabled": {"disabled_at": _DATE, "deleted_at": None},
    "deleted": {"deleted_at": _DATE},
}
# All that stays of a deleted account: what orders, the ledger and the audit trail refer to. Whatever else an account
# may have by now, or comes to have, is somebody's own.
_KEPT = ("_id", "role", "created_at", "activated_at", "disabled_at", "deleted_at", "changed_at")


class UserDirectory:
    """Finds accounts, and carries out what an admin does to them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._users = database["users"]

    async def page(self, query: UserQuery) -> Sequence[Account]:
        """Return a page of accounts, newest first."""
        collation = ALIKE if query.search else None
        found = self._users.find(_conditions(query), collation=collation).sort("_id", -1).limit(query.limit)
        return [documents.account_of(row) for row in await found.to_list(None)]

    async def change(self, user_id: str, act: Act, judge: Callable[[Account, int], AuditEvent | None]) -> Account:
        """Do what an act does, or nothing; return the account as it is then. NotFound, or what ``judge`` raises.

        ``judge`` gets the account and, where the act takes an admin, the number of other active ones. It may be asked
        more than once, and its last answer is noted. Of two who would take the last two admins at once, the second is
        judged anew after the first.
        """

        async def change(session: Session) -> Account:
            before = await self._account(session, user_id)
            event = judge(before, await self._other_admins(session, before, act))
            if event is None:
                return before
            await self._write(session, before, act)
            await self._database["audit_events"].insert_one(event_document(event), session=session)
            return await self._account(session, user_id)

        return await whole(self._driver, change)

    async def _account(self, session: Session, user_id: str) -> Account:
        row = await self._users.find_one({"_id": ObjectId(user_id)}, session=session)
        if row is None:
            raise NotFound("there is no such account")
        return documents.account_of(row)

    async def _other_admins(self, session: Session, account: Account, act: Act) -> int:
        if not act.takes_admin(account):
            return 0  # nobody asks
        # All who take an admin write this document, so they go one after another. Otherwise each would only read of the
        # others, which transactions allow: two admins could demote each other at once.
        await self._database[META].update_one(ADMINS, {"$inc": {"taken": 1}}, session=session)
        others: Document = {"role": "admin", **_STATES["active"], "_id": {"$ne": ObjectId(account.id)}}
        return await self._users.count_documents(others, session=session)

    async def _write(self, session: Session, before: Account, act: Act) -> None:
        expected = {"_id": ObjectId(before.id), "role": before.role, "deleted_at": None}
        chosen = await self._chosen(session, before) if act.kind == "activate" else {}
        await self._users.update_one(expected, [{"$set": _fields(act) | chosen}], session=session)
        if act.kind == "delete":
            await self._entomb(session, before)
        if act.ending:
            theirs = {"user_id": ObjectId(before.id), "ended": None}
            await self._database["sessions"].update_many(theirs, ending(act.ending), session=session)

    async def _chosen(self, session: Session, waiting: Account) -> Document:
        """Return the password that the account was registered with, where it was registered once.

        Of several registrations nobody knows whose is whose: then its owner has to ask for a link.
        """
        theirs: Document = {"user_id": ObjectId(waiting.id), "purpose": "activation", "used_at": None}
        tokens = await self._database["account_tokens"].find(theirs, session=session).limit(2).to_list(None)
        if len(tokens) != 1 or "password" not in tokens[0]["data"]:
            return {}
        return {"password": {"$literal": tokens[0]["data"]["password"]}}

    async def _entomb(self, session: Session, before: Account) -> None:
        """Leave a nameless account; the addresses stay beside it until all that was sent there is found."""
        user_id = ObjectId(before.id)
        mentioned: list[Document] = [
            {"$match": {"user_id": user_id, "email": {"$type": "string"}}},
            {"$group": {"_id": "$email"}},
        ]
        rows = await self._driver.aggregate(self._database["audit_events"], mentioned, session=session)
        emails = sorted({before.email, *(row["_id"] for row in rows)})
        erasing: Document = {"emails": {"$literal": emails}, "due": "$$NOW"}
        await self._users.update_one(
            {"_id": user_id}, [{"$set": {"erasing": erasing}}, *tombstone("erasing")], session=session
        )


def tombstone(*more: str) -> list[Document]:
    """Return the change that takes all from an account but what stays of a deleted one, and ``more``."""
    kept = [*_KEPT, *more]
    fields = {"$filter": {"input": {"$objectToArray": "$$ROOT"}, "cond": {"$in": ["$$this.k", kept]}}}
    before, after = deleted_email(" ").split()
    email = {"$concat": [before, {"$toString": "$_id"}, after]}
    return [
        {"$replaceWith": {"$arrayToObject": fields}},
        {"$set": {"email": email, "name": DELETED_NAME, "password": ""}},
    ]


def _fields(act: Act) -> Document:
    """Return what an act sets; ``changed_at`` is what processes listen to that have let the account in."""
    if act.kind == "activate":
        return {"activated_at": "$$NOW"}
    set_by: dict[str, Document] = {
        "change_role": {"role": act.role},
        "disable": {"disabled_at": "$$NOW"},
        "enable": {"disabled_at": None},
        "delete": {"deleted_at": "$$NOW"},
    }
    return {**set_by[act.kind], "changed_at": "$$NOW"}


def _conditions(query: UserQuery) -> Document:
    conditions: list[Document] = []
    if query.role:
        conditions.append({"role": query.role})
    if query.state:
        conditions.append(_STATES[query.state])
    if query.after:
        conditions.append({"_id": {"$lt": ObjectId(query.after)}})
    if query.search:
        conditions.append(_matching(query.search))
    return {"$and": conditions} if conditions else {}


def _matching(search: str) -> Document:
    if OBJECT_ID.fullmatch(search):
        return {"_id": ObjectId(search)}
    beginning: dict[str, Any] = {"$gte": search, "$lt": search + LAST_CHARACTER}
    return {"$or": [{"email": beginning}, {"name": beginning}]}
