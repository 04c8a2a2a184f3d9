"""What owners have been told: listed, counted, marked as seen.

A kind that somebody has turned off is hidden from them wherever it is read. Nothing is lost: who turns it on again has
what was told meanwhile in their list.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bson import ObjectId

from models.identity import OwnerId
from models.notification import Notification, NotificationQuery
from models.offering import BACK_IN_STOCK, place_of_notice
from models.waiter import WaitState
from mongo import documents
from mongo.driver import Database, Document, Driver

MOST_UNSEEN = 100  # of one owner
# Both are named, so that one index serves lists of either and of both, in their order.
_SEEN: Mapping[bool | None, Document] = {
    None: {"$in": [False, True]},
    False: {"$in": [False]},
    True: {"$in": [True]},
}
_OF_USE: Document = {"$or": [{"until": None}, {"$expr": {"$gt": ["$until", "$$NOW"]}}]}
_NEWEST = [("at", -1), ("_id", -1)]


def _nothing(_owner: OwnerId) -> frozenset[str]:
    return frozenset()


class Notifications:
    """What owners have been told. ``muted`` says which kinds somebody has turned off."""

    def __init__(
        self, driver: Driver, database: Database, muted: Callable[[OwnerId], frozenset[str]] = _nothing
    ) -> None:
        self._driver = driver
        self._notifications = database["notifications"]
        self._waiting = database["waiting"]
        self._muted = muted

    async def owners_with_unseen(self) -> Iterable[OwnerId]:
        """Return everybody who has something unseen, be it of a kind that they have turned off."""
        # Not by `distinct`, whose one answer has room for some hundred thousand.
        unseen: list[Document] = [{"$match": {"seen": False, **_OF_USE}}, {"$group": {"_id": "$to"}}]
        return [OwnerId(row["_id"]) for row in await self._driver.aggregate(self._notifications, unseen)]

    async def unseen_of(self, owners: Sequence[OwnerId]) -> Mapping[OwnerId, Sequence[Notification]]:
        """Return what is to be repeated to these, oldest first (the last hundred of each); others may be missing.

        That is what they have not seen, but for what is of no use any more.
        """
        last: Document = {"$topN": {"n": MOST_UNSEEN, "sortBy": {"at": -1}, "output": "$$ROOT"}}
        pipeline: list[Document] = [
            {"$match": {"$or": self._unseen(owners), "$and": [_OF_USE]}},
            {"$group": {"_id": "$to", "rows": last}},
        ]
        found = await self._driver.aggregate(self._notifications, pipeline)
        still_open = await self._offered([row for each in found for row in each["rows"]])
        return {each["_id"]: _read(list(reversed(each["rows"])), still_open) for each in found}

    def _unseen(self, owners: Sequence[OwnerId]) -> list[Document]:
        """Return the alternatives: one for all who have turned nothing off, and one for each who has."""
        choosy = {owner: muted for owner in owners if (muted := self._muted(owner))}
        plain = [owner for owner in owners if owner not in choosy]
        unseen = [{"to": owner, "seen": False, "kind": _but(muted)} for owner, muted in choosy.items()]
        return [{"to": {"$in": plain}, "seen": False}, *unseen]

    async def page(self, owner: OwnerId, query: NotificationQuery) -> Sequence[Notification]:
        """Return a page of what an owner was told, newest first; none after an id that is not theirs."""
        conditions: list[Document] = [{"to": owner, "seen": _SEEN[query.seen], "kind": _but(self._muted(owner))}]
        if query.kind is not None:
            conditions.append({"kind": query.kind})
        if query.after:
            last = await self._notifications.find_one({"_id": ObjectId(query.after), "to": owner}, {"at": 1})
            if last is None:
                return []
            conditions += _before(last)
        found = self._notifications.find({"$and": conditions}).sort(_NEWEST).limit(query.limit)
        rows = await found.to_list(None)
        return _read(rows, await self._offered(rows))

    async def unread(self, owner: OwnerId) -> int:
        """Count what an owner has not seen, but for what is of no use any more."""
        unseen: Document = {"to": owner, "seen": False, "kind": _but(self._muted(owner)), **_OF_USE}
        return await self._notifications.count_documents(unseen)

    async def mark_seen(self, owner: OwnerId, ids: Iterable[str]) -> int:
        """Note that an owner has seen these; return how many are still unseen."""
        seen = {"_id": {"$in": [ObjectId(each) for each in ids]}, "to": owner}
        await self._notifications.update_many(seen, {"$set": {"seen": True}})
        return await self.unread(owner)

    async def mark_all_seen(self, owner: OwnerId) -> int:
        """Note that an owner has seen everything; return how many are unseen that came meanwhile."""
        await self._notifications.update_many({"to": owner, "seen": False}, {"$set": {"seen": True}})
        return await self.unread(owner)

    async def _offered(self, rows: Sequence[Document]) -> set[str]:
        """Return the keys of those that tell of an offer which still stands; the place says, no clock."""
        places = {row["key"]: place_of_notice(row["key"]) for row in rows if row["kind"] == BACK_IN_STOCK}
        if not places:
            return set()
        query: Document = {"_id": {"$in": list(places.values())}, "state": WaitState.OFFERED.value}
        standing = {row["_id"] for row in await self._waiting.find(query, {"_id": 1}).to_list(None)}
        return {key for key, place in places.items() if place in standing}


def _but(muted: frozenset[str]) -> Document:
    return {"$nin": sorted(muted)}


def _before(last: Document) -> list[Document]:
    """Return what holds of rows after one in the list; the first condition is what an index can begin at."""
    at = last["at"]
    return [{"at": {"$lte": at}}, {"$or": [{"at": {"$lt": at}}, {"_id": {"$lt": last["_id"]}}]}]


def _read(rows: Sequence[Document], still_open: set[str]) -> list[Notification]:
    return [documents.notification_of(row, still_open=row["key"] in still_open) for row in rows]
