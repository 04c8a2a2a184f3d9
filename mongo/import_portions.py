"""A portion of an import: what its rows find in the catalogue, and what they write there."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import UpdateOne

from models.entry import Entry
from models.imports import Fresh, Import, Plan, Row, cause_of
from models.stock import ChangeType, Level, Movement
from mongo import documents
from mongo.catalogue import changes_between, update_of
from mongo.driver import Database, Document, Session

Rule = Callable[[Row, tuple[Entry, Level] | None, Fresh, str], Plan]


class Planned(NamedTuple):
    """A row with what it does, and the product that it found."""

    row: Row
    plan: Plan
    found: Document | None

    @property
    def level(self) -> Level | None:
        """The level that was found."""
        return documents.level_of(self.found) if self.found else None


async def portion(
    database: Database, job: Import, rows: Sequence[Row], rule: Rule, fresh: Fresh, session: Session | None
) -> list[Planned]:
    """Find the products of rows, all at once, and say what each row does."""
    skus = [row.sku for row in rows if row.sku is not None]
    # The type is named because the index has only those that have one: without it, the server reads them all.
    query: Document = {
        "seller_id": ObjectId(job.seller_id),
        "sku": {"$in": skus, "$type": "string"},
        "deleted_at": None,
    }
    found = {row["sku"]: row for row in await database["products"].find(query, session=session).to_list(None)}
    planned = []
    for row in rows:
        product = found.get(row.sku)
        pair = (documents.entry_of(product), documents.level_of(product)) if product else None
        planned.append(Planned(row, rule(row, pair, fresh, str(ObjectId())), product))
    return planned


class Written:
    """What a portion writes: new products with their opening movements, changed ones with their line of history."""

    def __init__(self, database: Database, job: Import, planned: Sequence[Planned]) -> None:
        self._database = database
        self._job = job
        self._planned = planned

    async def write(self, session: Session) -> None:
        """Write all of it."""
        row = await self._database["meta"].find_one({"_id": "schema"}, {"now": "$$NOW"}, session=session)
        if row is None:
            raise LookupError("the database was not migrated")
        now: datetime = row["now"]
        fresh = [self._product(each, now) for each in self._planned if each.plan.action == "create"]
        openings = [self._opening(each, now) for each in self._planned if each.plan.opening]
        changes = [change for each in self._planned if (change := self._change(each, now))]
        rows: list[tuple[str, list[Any]]] = [("products", fresh), ("inventory_logs", openings)]
        rows.append(("catalogue_changes", [line for _, line in changes]))
        for name, some in rows:
            if some:
                await self._database[name].insert_many(some, session=session)
        if changes:
            await self._database["products"].bulk_write([write for write, _ in changes], ordered=False, session=session)

    def _product(self, planned: Planned, now: datetime) -> Document:
        plan = planned.plan
        if plan.entry is None:
            raise LookupError("a product is made of an entry")
        return {
            "_id": ObjectId(plan.entry.id),
            "seller_id": ObjectId(plan.entry.seller_id),
            **documents.entry_fields(plan.entry),
            **documents.derived_fields(plan.entry, now),
            "popularity": 0,
            "stock": plan.opening,
            "held": 0,
            "version": 1 if plan.opening else 0,
            "arming": 0,
            "images": [],
            "created_at": now,
            "updated_at": now,
        }

    def _opening(self, planned: Planned, now: datetime) -> Document:
        entry, stock = planned.plan.entry, planned.plan.opening
        movement = Movement(
            entry.id if entry else "",
            1,
            ChangeType.RESTOCK,
            0,
            stock,
            0,
            0,
            self._reason(planned),
            self._job.actor,
            cause_of(self._job.id, planned.row.line),
            now,
            self._job.seller_id,
        )
        return documents.movement_document(movement)

    def _change(self, planned: Planned, now: datetime) -> tuple[UpdateOne, Document] | None:
        """Return what changes of an entry; counts of stock are the ledger's."""
        before, after = planned.found, planned.plan.entry
        if before is None or after is None:
            return None
        entry = documents.entry_of(before)
        told = changes_between(entry, after)
        if not told:
            return None
        line: Document = {
            "_id": ObjectId(),
            "product_id": before["_id"],
            "seller_id": before["seller_id"],
            "at": now,
            "kind": "imported",
            "actor": self._job.actor,
            "reason": self._reason(planned),
            "changed": told,
        }
        return UpdateOne({"_id": before["_id"]}, update_of({**before, "now": now}, entry, after)), line

    def _reason(self, planned: Planned) -> str:
        return f"import {self._job.id}, line {planned.row.line}"
