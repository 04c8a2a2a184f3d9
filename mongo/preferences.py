"""What accounts want to be told, kept in their documents: of each kind only what differs from what one gets unasked."""

from collections.abc import Mapping

from bson import ObjectId
from pymongo import ReturnDocument

from models.errors import NotFound
from models.feed import AccountChanged
from models.identity import OwnerId, owner_of_user
from models.telling import KINDS, Choices, muted
from mongo import documents
from mongo.driver import Database, Document
from mongo.schema import CHOOSY


class Preferences:
    """The choices of accounts. ``changed_at`` is what processes listen to that tell them things."""

    def __init__(self, database: Database) -> None:
        self._users = database["users"]

    async def choices(self, user_id: str) -> Choices:
        """Return what somebody has chosen; NotFound."""
        row = await self._users.find_one({"_id": ObjectId(user_id), "deleted_at": None}, {"telling": 1})
        if row is None:
            raise NotFound("there is no such account")
        return documents.choices_of(row)

    async def choose(self, user_id: str, choices: Choices) -> tuple[Choices, AccountChanged]:
        """Note choices, the others stay; return all of them, and what the account is from now on. NotFound."""
        changes: Document = {"$set": {}, "$unset": {}, "$currentDate": {"changed_at": True}}
        for name, choice in choices.items():
            if choice == KINDS[name].unless_chosen:
                changes["$unset"][f"telling.{name}"] = 1
            else:
                changes["$set"][f"telling.{name}"] = choice._asdict()
        row = await self._users.find_one_and_update(
            {"_id": ObjectId(user_id), "deleted_at": None},
            {verb: fields for verb, fields in changes.items() if fields},
            projection=documents.STANDING_FIELDS,
            return_document=ReturnDocument.AFTER,
        )
        if row is None:
            raise NotFound("there is no such account")
        return documents.choices_of(row), documents.standing_of(row)

    async def muted(self) -> Mapping[OwnerId, frozenset[str]]:
        """Return the kinds that are turned off in the shop, of everybody who has turned any off."""
        rows = await self._users.find(CHOOSY, {"telling": 1}).to_list(None)
        found = {owner_of_user(str(row["_id"])): muted(documents.choices_of(row)) for row in rows}
        return {owner: kinds for owner, kinds in found.items() if kinds}
