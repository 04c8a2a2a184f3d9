"""The outbox and history of mails."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from models.identity import user_of_owner
from models.letter import Letter, Mail
from models.telling import OPTIONAL, unmailed
from mongo import documents
from mongo.driver import Database, Document
from mongo.schema import ABOUT_ACCOUNTS, CHOOSY, SHORT_LIVED

# Longer than the relay takes with any mail: only one that died lets a claim run out.
CLAIM_SECONDS = 120
TOO_LATE = "not sent: too late"
TURNED_OFF = "not sent: turned off by its receiver"
_OPTIONAL = frozenset(kind.name for kind in OPTIONAL)
DUE: Document = {"state": "pending", "$expr": {"$lte": ["$due", "$$NOW"]}}


class Emails:
    """The outbox. Dates are set by the database's clock; a claim is good for ``claim_seconds``."""

    def __init__(self, database: Database, *, claim_seconds: int = CLAIM_SECONDS) -> None:
        self._claim_seconds = claim_seconds
        self._emails = database["emails"]
        self._users = database["users"]

    async def add(self, letter: Letter) -> None:
        """Queue a mail; one with the same key stays as it is."""
        document = documents.letter_document(letter, None)
        key = document.pop("_id")
        change: list[Document] = [{"$set": {**_literal(document), "due": "$$NOW", "created_at": "$$NOW"}}]
        try:
            await self._emails.update_one({"_id": key, "state": {"$exists": False}}, change, upsert=True)
        except DuplicateKeyError:
            return

    async def claim(self, limit: int) -> Sequence[Mail]:
        """Take due mails, the urgent ones first, the oldest first: nobody else gets them until the claim runs out.

        Of those that their receivers do not want, it is noted that they will not be sent.
        """
        found = await self._due(limit)
        if not found:
            return []
        await self._drop_late([row["_id"] for row in found if row.get("until")])
        claim = ObjectId()
        later = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": self._claim_seconds}}
        change: list[Document] = [{"$set": {"claim": claim, "due": later, "tries": {"$add": ["$tries", 1]}}}]
        await self._emails.update_many({"_id": {"$in": [row["_id"] for row in found]}, **DUE}, change)
        rows = await self._emails.find({"_id": {"$in": [row["_id"] for row in found]}, "claim": claim}).to_list(None)
        mails = list(map(_mail, rows))
        unwanted = await self._unwanted(mails)
        for mail in unwanted:
            await self._finish(mail, state="unsent", error=TURNED_OFF)
        return [mail for mail in mails if mail not in unwanted]

    async def _due(self, limit: int) -> list[Document]:
        """Return due mails: those for which somebody waits, or which are soon too late, first; the oldest first."""
        rows: dict[Any, Document] = {}
        for query in ({**DUE, **ABOUT_ACCOUNTS}, {**DUE, **SHORT_LIVED}, DUE):
            if len(rows) < limit:
                found = self._emails.find(query, {"until": 1}).sort("due", 1).limit(limit)
                rows |= {row["_id"]: row for row in await found.to_list(None)}
        return list(rows.values())[:limit]

    async def _unwanted(self, mails: Sequence[Mail]) -> list[Mail]:
        """Return those that their receivers have turned off: whoever has the address, or else whom it is for."""
        optional = [mail for mail in mails if mail.kind in _OPTIONAL]
        if not optional:
            return []
        users = {mail.key: user_of_owner(mail.owner or "") for mail in optional}
        ids = [ObjectId(user) for user in users.values() if user and ObjectId.is_valid(user)]
        known: Document = {"$or": [{"email": {"$in": [mail.to for mail in optional]}}, {"_id": {"$in": ids}}], **CHOOSY}
        rows = await self._users.find(known, {"email": 1, "telling": 1}).to_list(None)
        off = {name: unmailed(documents.choices_of(row)) for row in rows for name in (row["email"], str(row["_id"]))}
        nothing: frozenset[str] = frozenset()
        return [mail for mail in optional if mail.kind in off.get(mail.to, off.get(users[mail.key] or "", nothing))]

    async def _drop_late(self, keys: list[str]) -> None:
        """Note of those mails that are not worth sending any more that they will not be."""
        if keys:
            late: Document = {"_id": {"$in": keys}, **DUE}
            late["$expr"] = {"$and": [DUE["$expr"], {"$lte": ["$until", "$$NOW"]}]}
            change: list[Document] = [{"$set": {"state": "unsent", "error": TOO_LATE}}, {"$unset": "claim"}]
            await self._emails.update_many(late, change)

    async def set_aside(self, limit: int, note: str) -> Sequence[Mail]:
        """Note of due mails, the oldest first, that they were not sent and will not be; return them.

        One that somebody takes up to send it at the same moment stays theirs.
        """
        rows = await self._emails.find(DUE).sort("due", 1).limit(limit).to_list(None)
        if rows:
            change: list[Document] = [{"$set": {"state": "unsent", "error": _text(note)}}, {"$unset": "claim"}]
            await self._emails.update_many({"_id": {"$in": [row["_id"] for row in rows]}, **DUE}, change)
        return list(map(_mail, rows))

    async def sent(self, mail: Mail) -> None:
        """Note that a mail was accepted by the server."""
        await self._finish(mail, state="sent", sent_at="$$NOW", error=None)

    async def dead(self, mail: Mail, error: str) -> None:
        """Give a mail up."""
        await self._finish(mail, state="dead", error=_text(error))

    async def retry(self, mail: Mail, error: str, pause: timedelta) -> None:
        """Have a mail tried again after a pause."""
        milliseconds = int(pause.total_seconds() * 1000)
        later = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": milliseconds}}
        await self._finish(mail, due=later, error=_text(error))

    async def give_back(self, mail: Mail) -> None:
        """Have a mail that was not tried taken up by whoever comes next."""
        await self._finish(mail, due="$$NOW", tries=mail.tries - 1)

    async def _finish(self, mail: Mail, **fields: Any) -> None:
        """Change a mail unless somebody else has taken it up since."""
        change: list[Document] = [{"$set": fields}, {"$unset": "claim"}]
        await self._emails.update_one({"_id": mail.key, "state": "pending", "tries": mail.tries}, change)


def _mail(row: Document) -> Mail:
    return Mail(row["_id"], row["kind"], row["to"], row["data"], row["tries"], row.get("owner"))


def _literal(document: Document) -> Document:
    return {field: {"$literal": value} for field, value in document.items()}


def _text(error: str) -> Document:
    """Quote a text that may hold anything, bytes of another server's alphabet (as lone surrogates) included."""
    return {"$literal": error.encode("utf-8", "replace").decode()}
