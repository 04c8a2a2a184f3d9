"""Personal details on the accounts' documents: name, phone number, address book.

Phone numbers, names and lines of addresses come sealed and leave sealed: nothing here can read them. Every change is
one atomic update that touches what it is about and nothing else, so changes made at once do not undo each other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from models.addresses import AddressBook, AddressEntry
from models.profile import Profile
from mongo.documents import object_id
from mongo.driver import Database, Document

SEALED = ("name", "line1", "line2", "phone")  # of an address
_PROFILE: Document = dict.fromkeys(
    ("email", "name", "role", "phone", "created_at", "activated_at", "default_shipping", "default_billing"), 1
)
_BOOK: Document = dict.fromkeys(("addresses", "default_shipping", "default_billing"), 1)
_PERSONAL: Document = dict.fromkeys(("phone", "addresses"), 1)


class SealedProfiles:
    """The personal details of all accounts that were not deleted."""

    def __init__(self, database: Database) -> None:
        self._users = database["users"]

    async def get(self, user_id: str) -> Profile | None:
        """Return a profile, its phone number sealed."""
        row = await self._users.find_one(_living(user_id), _PROFILE)
        return _profile(row) if row else None

    async def update(self, user_id: str, *, name: str | None, phone: str | None) -> Profile | None:
        """Change a name, and a phone number (sealed; nothing removes it); None leaves as is. Return the profile."""
        wanted = {"name": name, "phone": phone}
        given = {field: value for field, value in wanted.items() if value is not None}
        if not given:
            return await self.get(user_id)
        row = await self._users.find_one_and_update(
            _living(user_id), {"$set": given}, _PROFILE, return_document=ReturnDocument.AFTER
        )
        return _profile(row) if row else None

    async def book(self, user_id: str) -> AddressBook | None:
        """Return an address book, entries sealed."""
        row = await self._users.find_one(_living(user_id), _BOOK)
        return _book(row) if row else None

    async def add(
        self, user_id: str, entry: AddressEntry, *, most: int, shipping: bool, billing: bool
    ) -> AddressBook | None:
        """Add an entry, as a default if wanted or if there is none yet; None where there are as many as may be."""
        key = ObjectId(entry.id)
        fields: Document = {
            "addresses": {"$concatArrays": [{"$ifNull": ["$addresses", []]}, [{"$literal": _document(entry)}]]},
            "default_shipping": key if shipping else {"$ifNull": ["$default_shipping", key]},
            "default_billing": key if billing else {"$ifNull": ["$default_billing", key]},
        }
        with_room = {**_living(user_id), f"addresses.{most - 1}": {"$exists": False}}
        return await self._changed(with_room, [{"$set": fields}])

    async def replace(self, user_id: str, entry: AddressEntry, *, shipping: bool, billing: bool) -> AddressBook | None:
        """Put an entry in the place of the one with its id, as a default if wanted; None where there is none."""
        key = ObjectId(entry.id)
        fields: Document = {"addresses.$": _document(entry)}
        if shipping:
            fields["default_shipping"] = key
        if billing:
            fields["default_billing"] = key
        return await self._changed({**_living(user_id), "addresses.id": key}, {"$set": fields})

    async def remove(self, user_id: str, address_id: str) -> AddressBook | None:
        """Take an entry out; where it was a default, the oldest one left is. None where there is none of that id."""
        key = ObjectId(address_id)
        left: Document = {"$filter": {"input": "$addresses", "cond": {"$ne": ["$$this.id", key]}}}
        oldest: Document = {"$ifNull": [{"$first": "$addresses.id"}, None]}
        moved = {
            name: {"$cond": [{"$eq": [f"${name}", key]}, oldest, f"${name}"]}
            for name in ("default_shipping", "default_billing")
        }
        query = {**_living(user_id), "addresses.id": key}
        return await self._changed(query, [{"$set": {"addresses": left}}, {"$set": moved}])

    async def not_sealed_by(self, key_id: str, *, after: str | None, limit: int) -> Sequence[str]:
        """Return ids of accounts, in their order, that have something sealed under another key."""
        otherwise: Document = {"$gt": "", "$not": {"$regex": f"^{key_id}:"}}
        entries = [{"addresses": {"$elemMatch": {field: otherwise}}} for field in SEALED]
        query: Document = {"$or": [{"phone": otherwise}, *entries]}
        if after:
            query["_id"] = {"$gt": ObjectId(after)}
        rows = await self._users.find(query, {"_id": 1}).sort("_id", 1).limit(limit).to_list(None)
        return [str(row["_id"]) for row in rows]

    async def reseal(self, user_id: str, change: Callable[[str], str]) -> bool:
        """Put what ``change`` makes of it in the place of each sealed text; return whether anything changed.

        What somebody writes meanwhile is not overwritten: a lost race begins anew with what they wrote.
        """
        while True:
            row = await self._users.find_one({"_id": ObjectId(user_id)}, _PERSONAL) or {}
            before = {field: row[field] for field in _PERSONAL if row.get(field)}
            after = _resealed(before, change)
            if after == before:
                return False
            result = await self._users.update_one({"_id": ObjectId(user_id), **before}, {"$set": after})
            if result.matched_count:
                return True

    async def _changed(self, query: Document, change: Document | list[Document]) -> AddressBook | None:
        row = await self._users.find_one_and_update(query, change, _BOOK, return_document=ReturnDocument.AFTER)
        return _book(row) if row else None


def _living(user_id: str) -> Document:
    return {"_id": ObjectId(user_id), "deleted_at": None}


def _resealed(before: Document, change: Callable[[str], str]) -> Document:
    after = dict(before)
    if "phone" in before:
        after["phone"] = change(before["phone"])
    if "addresses" in before:
        after["addresses"] = [
            {name: change(value) if name in SEALED and value else value for name, value in entry.items()}
            for entry in before["addresses"]
        ]
    return after


def _profile(row: Mapping[str, Any]) -> Profile:
    return Profile(
        id=str(row["_id"]),
        email=row["email"],
        name=row["name"],
        role=row["role"],
        phone=row.get("phone", ""),
        created_at=row.get("created_at"),
        activated_at=row.get("activated_at"),
        default_shipping=_id(row.get("default_shipping")),
        default_billing=_id(row.get("default_billing")),
    )


def _book(row: Mapping[str, Any]) -> AddressBook:
    return AddressBook(
        entries=tuple(_entry(each) for each in row.get("addresses", ())),
        default_shipping=_id(row.get("default_shipping")),
        default_billing=_id(row.get("default_billing")),
    )


def _id(key: ObjectId | None) -> str | None:
    return str(key) if key else None


def _document(entry: AddressEntry) -> Document:
    return {
        "id": object_id(entry.id),
        "label": entry.label,
        "name": entry.name,
        "line1": entry.line1,
        "line2": entry.line2,
        "city": entry.city,
        "region": entry.region,
        "postal_code": entry.postal_code,
        "country": entry.country,
        "phone": entry.phone,
    }


def _entry(row: Mapping[str, Any]) -> AddressEntry:
    return AddressEntry(**{**row, "id": str(row["id"])})
