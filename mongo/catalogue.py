"""Writing the catalogue: each act upon an entry is one transaction, with its line in ``catalogue_changes``.

Levels are the ledger's: what is written here leaves them alone, and two who write one product at once, here or there,
meet in the server, which lets one of them try again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from models.alert import Told
from models.catalogue import Listing
from models.entry import Entry, EntryAct, EntryChange, delete
from models.errors import Conflict, NotFound
from models.stock import ChangeType
from mongo import documents
from mongo.audit_trail import event_document
from mongo.driver import Database, Document, Driver, Session
from mongo.health import Pings
from mongo.schema import FILLED
from mongo.shelving import readable, shelve
from mongo.whole import whole_or_refused

Rule = Callable[[Entry, datetime], Entry]

_SKU_TAKEN = "you have another product with this SKU"


class Catalogue:
    """The catalogue, for those who change it."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._products = database["products"]
        self._changes = database["catalogue_changes"]
        self._unreadable: set[Any] = set()

    async def change(
        self, product_id: str, act: EntryAct, rule: Rule, told: Callable[[Entry, str], Told] | None = None
    ) -> Listing:
        """Do what a rule says, by the database's clock; return the entry as it is then.

        ``told`` makes of the changed entry and the change's id what is to be written with it. Raise NotFound where the
        product is not there or another seller's, Conflict where the seller has that SKU already, and what the rule
        raises. What changes nothing leaves no line.
        """

        async def apply(session: Session) -> Document:
            document = await self._present(product_id, act, session)
            before = documents.entry_of(document)
            after = rule(before, document["now"])
            if after == before:
                return document
            number = await self._write(document, before, after, act, session)
            await self._tell(told(after, number) if told else Told(), document["now"], session)
            return {**document, **_fields(after), "updated_at": document["now"]}

        return documents.listing_of(await self._whole(apply))

    async def check(self, product_id: str, act: EntryAct, rule: Rule) -> None:
        """Raise what ``change`` would raise now; write nothing."""
        document = await self._present(product_id, act, None)
        sku = rule(documents.entry_of(document), document["now"]).sku
        # The type is named because the index has only those that have one.
        others: Document = {"sku": {"$eq": sku, "$type": "string"}, "seller_id": document["seller_id"]}
        others["_id"] = {"$ne": document["_id"]}
        if sku is not None and await self._products.find_one(others, {"_id": 1}):
            raise Conflict(_SKU_TAKEN)

    async def delete(self, product_id: str, act: EntryAct) -> bool:
        """Take a product out of the catalogue; return whether it was kept, out of sight, for what refers to it.

        One of which nothing is known but that units came in goes with those movements: no order, cart, alert or place
        in a line can refer to it.
        """

        async def apply(session: Session) -> bool:
            document = await self._present(product_id, act, session)
            mine: Document = {"product_id": document["_id"]}
            logs = self._database["inventory_logs"]
            others = {**mine, "change_type": {"$ne": ChangeType.RESTOCK.value}}
            # Where carts hold nothing, no movement tells of them.
            carts, in_carts = self._database["carts"], {"lines.product_id": document["_id"], **FILLED}
            kept = (
                bool(document.get("joined"))
                or await logs.find_one(others, {"_id": 1}, session=session) is not None
                or await carts.find_one(in_carts, {"_id": 1}, session=session) is not None
            )
            before = documents.entry_of(document)
            await self._write(document, before, delete(before, document["now"]), act, session)
            if not kept:
                await self._products.delete_one({"_id": document["_id"]}, session=session)
                await logs.delete_many(mine, session=session)
            return kept

        kept: bool = await self._whole(apply)
        return kept

    async def changes(self, product_id: str, *, limit: int, after: str | None) -> Sequence[EntryChange]:
        """Return what was done to an entry, newest first, before an id."""
        query: Document = {"product_id": ObjectId(product_id)}
        if after:
            query["_id"] = {"$lt": ObjectId(after)}
        rows = await self._changes.find(query).sort("_id", -1).limit(limit).to_list(None)
        return [_change_of(row) for row in rows]

    async def reprice(self, limit: int) -> bool:
        """Note what products cost whose discounts began or ended; return whether there may be more."""
        now = await Pings(self._database).now()
        due: Document = {"price_changes_at": {"$lte": now, "$type": "date"}}
        rows = self._products.find(due).sort("price_changes_at", 1)
        found = await readable(rows, limit, lambda row: _price_fields(row, now), self._unreadable)
        # One that was changed meanwhile was priced by whoever changed it.
        same = ("_id", "price", "discounts", "price_changes_at")
        writes = [UpdateOne({name: row.get(name) for name in same}, {"$set": fields}) for row, fields in found]
        if writes:
            await self._products.bulk_write(writes, ordered=False)
        return len(writes) == limit

    async def shelve(self, limit: int) -> bool:
        """Put products on their shelves that another program wrote without any; return whether there may be more."""
        return await shelve(self._database, limit, self._unreadable)

    async def _present(self, product_id: str, act: EntryAct, session: Session | None) -> Document:
        every = {"_id": ObjectId(product_id)}
        pipeline: list[Document] = [{"$match": every}, {"$set": {"now": "$$NOW"}}]
        rows = await self._driver.aggregate(self._products, pipeline, session=session)
        if not rows or rows[0].get("deleted_at") or act.seller_id not in {None, str(rows[0]["seller_id"])}:
            raise NotFound("there is no such product, or it is not yours", product_id=product_id)
        return rows[0]

    async def _write(self, document: Document, before: Entry, after: Entry, act: EntryAct, session: Session) -> str:
        changed = changes_between(before, after)
        change = update_of(document, before, after)
        await self._products.update_one({"_id": document["_id"]}, change, session=session)
        row = line_of(document, act, changed, document["now"])
        await self._changes.insert_one(row, session=session)
        return str(row["_id"])

    async def _tell(self, told: Told, now: datetime, session: Session) -> None:
        if told.notice:
            row: Document = {"at": now, "seen": False, "data": dict(told.notice.data)}
            row |= {"key": told.notice.key, "to": told.notice.to, "kind": told.notice.kind}
            await self._database["notifications"].insert_one(row, session=session)
            if told.notice.letter:
                letter = documents.letter_document(told.notice.letter, now)
                await self._database["emails"].insert_one(letter, session=session)
        if told.event:
            await self._database["audit_events"].insert_one(event_document(told.event), session=session)

    async def _whole(self, apply: Callable[[Session], Any]) -> Any:
        try:
            return await whole_or_refused(self._driver, apply)
        except DuplicateKeyError as error:
            raise Conflict(_SKU_TAKEN) from error


def line_of(product: Mapping[str, Any], act: EntryAct, changed: Mapping[str, list[Any]], at: datetime) -> Document:
    """Write who did what to a product, as a line of ``catalogue_changes``."""
    return {
        "_id": ObjectId(),
        "product_id": product["_id"],
        "seller_id": product["seller_id"],
        "at": at,
        "kind": act.kind,
        "actor": act.actor,
        "reason": act.reason,
        "changed": changed,
    }


def _fields(entry: Entry) -> Document:
    return {**documents.entry_fields(entry), "sku": entry.sku}


def changes_between(before: Entry, after: Entry) -> dict[str, list[Any]]:
    """Return what changes, as it is told: each field with what it was and what it is."""
    old, new = _fields(before), _fields(after)
    return {name: [old[name], value] for name, value in new.items() if old[name] != value}


def update_of(document: Mapping[str, Any], before: Entry, after: Entry) -> Document:
    """Return how a product, read with the time as ``now``, is written: what changes, and what follows from it."""
    now, level = document["now"], documents.level_of(document)
    values = {name: value for name, (_, value) in changes_between(before, after).items()}
    gone = {"sku": 1} if values.get("sku", "") is None else {}  # only text is in the index
    kept = {name: value for name, value in values.items() if name not in gone}
    kept |= documents.derived_fields(after, now) | {"updated_at": now}
    if before.threshold >= level.available > after.threshold:
        kept["arming"] = level.arming + 1  # it is no longer low, so the next time it is will be told
    return {"$set": kept, "$unset": gone} if gone else {"$set": kept}


def _price_fields(row: Mapping[str, Any], now: datetime) -> Document:
    fields = documents.derived_fields(documents.entry_of(row), now)
    return {name: fields[name] for name in ("price_now", "price_changes_at")}


def _change_of(row: Mapping[str, Any]) -> EntryChange:
    return EntryChange(
        id=str(row["_id"]),
        product_id=str(row["product_id"]),
        at=row["at"],
        kind=row["kind"],
        actor=row["actor"],
        reason=row["reason"],
        changed={name: (old, new) for name, (old, new) in row["changed"].items()},
    )
