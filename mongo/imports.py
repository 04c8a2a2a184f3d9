"""Imports and their lines. Each write names the state that it was decided upon, and does nothing where that has passed.

A portion of the catalogue is one transaction together with the line up to which it goes: so it is done once, whoever
dies or is late.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal

from bson import ObjectId
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from models.errors import Conflict
from models.imports import FileFormat, Fresh, Import, ImportLine, Row, RowError, Settled, StockDue
from mongo.driver import DUPLICATE_KEY, Database, Document, Driver, Session
from mongo.import_documents import due_of, error_list, import_of, line_document, line_of, planned_fields, row_of
from mongo.import_portions import Rule, Written, portion
from mongo.whole import whole

KEPT_DAYS = 7
PORTION_SIZE = 512 * 1024  # bytes of lines that are worked on at once; a longer one is worked on alone
GIVE_UP_AFTER = 20  # failures of one portion
RACES = 5
_ZERO: Document = {"create": 0, "change": 0, "same": 0, "error": 0}
_DUE: Document = {"line": 1, "due": 1}
_TOUCH: Document = {"$currentDate": {"updated_at": True}}
_ONLY: dict[str, Document] = {"errors": {"action": "error"}, "changes": {"action": {"$in": ["change", "create"]}}}
_OTHER = "another import of yours is being worked on: wait for it, or cancel it"


class Imports:
    """Imports, as the database has them."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self._imports = database["imports"]
        self._lines = database["import_lines"]

    async def begin(self, *, seller_id: str, actor: str, file_format: FileFormat, dry_run: bool) -> Import:
        """Note that a file is coming in; Conflict where the seller has another one that is worked on."""
        number = ObjectId()
        row: Document = {
            "seller_id": ObjectId(seller_id),
            "actor": actor,
            "file_format": file_format,
            "dry_run": dry_run,
            "state": "receiving",
            "busy": True,
            "rows": 0,
            "done": 0,
            "cursor": 0,
            "failures": 0,
            "counts": {"$literal": _ZERO},
            "cancelling": False,
            "reason": None,
            "finished_at": None,
            "created_at": "$$NOW",
            "updated_at": "$$NOW",
            "expires_at": {"$dateAdd": {"startDate": "$$NOW", "unit": "day", "amount": KEPT_DAYS}},
        }
        try:
            await self._imports.update_one({"_id": number}, [{"$set": row}], upsert=True)
        except DuplicateKeyError as error:
            raise Conflict(_OTHER) from error
        return await self._known(number)

    async def stage(self, job: Import, rows: Sequence[Row]) -> bool:
        """Keep rows; False where it is not coming in any more. A SKU that came before makes its row an error."""
        change: Document = {"$inc": {"rows": len(rows)}, **_TOUCH}
        done = await self._imports.update_one({"_id": ObjectId(job.id), "state": "receiving"}, change)
        if done.matched_count and rows:
            await self._keep([line_document(job, row) for row in rows])
        return bool(done.matched_count)

    async def _keep(self, documents: Sequence[Document]) -> None:
        try:
            await self._lines.bulk_write([InsertOne(each) for each in documents], ordered=False)
        except BulkWriteError as error:
            faults = error.details["writeErrors"]
            if any(each["code"] != DUPLICATE_KEY for each in faults):
                raise
            await self._keep_repeated([documents[each["index"]] for each in faults])

    async def _keep_repeated(self, documents: Sequence[Document]) -> None:
        known: Document = {
            "import_id": documents[0]["import_id"],
            "key": {"$in": [each["key"] for each in documents], "$type": "string"},
        }
        first = {
            each["key"]: each["line"] for each in await self._lines.find(known, {"key": 1, "line": 1}).to_list(None)
        }
        for each in documents:
            each["errors"] = error_list([RowError("sku", f"stands on line {first[each.pop('key')]} already")])
        await self._lines.bulk_write([InsertOne(each) for each in documents], ordered=False)

    async def received(self, job: Import) -> Import | None:
        """Note that all rows are kept; None where it is not coming in any more."""
        state = "checking" if job.dry_run else "running"
        change: Document = {"$set": {"state": state}, **_TOUCH}
        done = await self._imports.update_one({"_id": ObjectId(job.id), "state": "receiving"}, change)
        return await self._known(ObjectId(job.id)) if done.matched_count else None

    async def fail(self, job: Import, reason: str) -> bool:
        """Give an import up that is still in the state in which it was read."""
        return await self._end({"_id": ObjectId(job.id), "state": job.state}, "failed", reason)

    async def get(self, import_id: str) -> Import | None:
        """Return an import."""
        row = await self._imports.find_one({"_id": ObjectId(import_id)})
        return import_of(row) if row else None

    async def page(self, seller_id: str | None, *, limit: int, after: str | None) -> Sequence[Import]:
        """Return a seller's imports, or all, newest first."""
        query: Document = {"seller_id": ObjectId(seller_id)} if seller_id else {}
        if after:
            query["_id"] = {"$lt": ObjectId(after)}
        rows = await self._imports.find(query).sort("_id", -1).limit(limit).to_list(None)
        return [import_of(row) for row in rows]

    async def lines(
        self, import_id: str, only: Literal["errors", "changes"] | None, *, limit: int, after: int
    ) -> Sequence[ImportLine]:
        """Return lines after a line, in order."""
        query: Document = {"import_id": ObjectId(import_id), "line": {"$gt": after}, **(_ONLY[only] if only else {})}
        rows = await self._lines.find(query, {"values": 0}).sort("line", 1).limit(limit).to_list(None)
        return [line_of(row) for row in rows]

    async def apply(self, job: Import) -> bool:
        """Have what was checked carried out; Conflict where the seller has another one that is worked on."""
        fresh: Document = {
            "state": "running",
            "busy": True,
            "cursor": 0,
            "done": 0,
            "counts": _ZERO,
            "finished_at": None,
        }
        try:
            done = await self._imports.update_one(
                {"_id": ObjectId(job.id), "state": "ready"}, {"$set": fresh, **_TOUCH}
            )
        except DuplicateKeyError as error:
            raise Conflict(_OTHER) from error
        return bool(done.matched_count)

    async def cancel(self, job: Import) -> bool:
        """Have it stop: at once, or, where it is carried out, after what has begun."""
        key = {"_id": ObjectId(job.id)}
        if await self._end({**key, "state": {"$in": ["receiving", "checking", "ready"]}}, "cancelled", None):
            return True
        change: Document = {"$set": {"cancelling": True}, **_TOUCH}
        return bool((await self._imports.update_one({**key, "state": "running"}, change)).matched_count)

    async def _end(self, query: Document, state: str, reason: str | None) -> bool:
        change: Document = {
            "$set": {"state": state, "reason": reason},
            "$unset": {"busy": 1},
            "$currentDate": {"updated_at": True, "finished_at": True},
        }
        return bool((await self._imports.update_one(query, change)).matched_count)

    async def due(self) -> Import | None:
        """Return the import that waits longest for a worker."""
        query: Document = {"busy": {"$eq": True}, "state": {"$in": ["checking", "running"]}}
        rows = await self._imports.find(query).sort("updated_at", 1).limit(1).to_list(None)
        return import_of(rows[0]) if rows else None

    async def put_off(self, job: Import) -> None:
        """Let others go first after a failure; after many of them, give it up."""
        key: Document = {"_id": ObjectId(job.id), "state": job.state, "cursor": job.cursor}
        await self._imports.update_one(key, {"$inc": {"failures": 1}, **_TOUCH})
        await self._end({**key, "failures": {"$gte": GIVE_UP_AFTER}}, "failed", "it could not be carried out")

    async def give_up_silent(self, seconds: int) -> None:
        """Fail those of which nothing was heard for so long while they came in."""
        since = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
        query: Document = {"busy": {"$eq": True}, "state": "receiving", "$expr": {"$lt": ["$updated_at", since]}}
        if await self._imports.find_one(query, {"_id": 1}):
            await self._end(query, "failed", "the file did not come in whole")

    async def check(self, job: Import, rule: Rule, fresh: Fresh, limit: int) -> bool:
        """Say of the next lines what they would do; return whether there were any."""
        rows = await self._next(job, limit, None)
        if not rows:
            return False
        planned = await portion(self._database, job, [row_of(row) for row in rows], rule, fresh, None)
        writes = [
            UpdateOne({"_id": row["_id"]}, {"$set": planned_fields(each.plan)})
            for row, each in zip(rows, planned, strict=True)
        ]
        await self._lines.bulk_write(writes, ordered=False)
        await self._advance(job, rows, planned, None)
        return True

    async def carry_out(self, job: Import, rule: Rule, fresh: Fresh, limit: int) -> bool:
        """Do what the next lines ask for, all in one transaction; return whether there were any."""

        async def apply(session: Session) -> bool:
            # First of all, so that of two workers one waits for nothing, and does nothing.
            guard: Document = {"_id": ObjectId(job.id), "state": "running", "cursor": job.cursor, "cancelling": False}
            if not (await self._imports.update_one(guard, _TOUCH, session=session)).matched_count:
                return True
            rows = await self._next(job, limit, session)
            if not rows:
                return False
            planned = await portion(self._database, job, [row_of(row) for row in rows], rule, fresh, session)
            await Written(self._database, job, planned).write(session)
            writes = [
                UpdateOne({"_id": row["_id"]}, {"$set": planned_fields(each.plan, each.level)})
                for row, each in zip(rows, planned, strict=True)
            ]
            await self._lines.bulk_write(writes, ordered=False, session=session)
            await self._advance(job, rows, planned, session)
            return True

        for _ in range(RACES):
            try:
                more: bool = await whole(self._driver, apply)
            except (BulkWriteError, DuplicateKeyError) as error:
                # Somebody else added a product of one of these SKUs since the snapshot: the next one has it.
                if isinstance(error, BulkWriteError) and any(
                    each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]
                ):
                    raise
            else:
                return more
        raise Conflict("products with these SKUs are being added by somebody else")

    async def _next(self, job: Import, limit: int, session: Session | None) -> list[Document]:
        """Return the next lines, as many as are not too long together."""
        query: Document = {"import_id": ObjectId(job.id), "line": {"$gt": job.cursor}}
        pipeline: list[Document] = [
            {"$match": query},
            {"$sort": {"line": 1}},
            {"$limit": limit},
            {"$project": {"line": 1, "size": {"$bsonSize": "$$ROOT"}}},
        ]
        sizes = await self._driver.aggregate(self._lines, pipeline, session=session)
        ends = accumulate(each["size"] for each in sizes)
        fitting = [each["line"] for each, end in zip(sizes, ends, strict=True) if end <= PORTION_SIZE]
        if not sizes:
            return []
        query["line"]["$lte"] = fitting[-1] if fitting else sizes[0]["line"]
        rows: list[Document] = await self._lines.find(query, session=session).sort("line", 1).to_list(None)
        return rows

    async def _advance(
        self, job: Import, rows: Sequence[Document], planned: Sequence[Any], session: Session | None
    ) -> None:
        counts = {name: sum(each.plan.action == name for each in planned) for name in _ZERO}
        change: Document = {
            "$set": {"cursor": rows[-1]["line"], "failures": 0},
            "$inc": {"done": len(rows), **{f"counts.{name}": count for name, count in counts.items()}},
            **_TOUCH,
        }
        guard: Document = {"_id": ObjectId(job.id), "state": job.state, "cursor": job.cursor}
        await self._imports.update_one(guard, change, session=session)

    async def stock_due(self, job: Import, limit: int) -> Sequence[StockDue]:
        """Return counts that the ledger has not done yet."""
        query: Document = {"import_id": ObjectId(job.id), "due": {"$type": "object"}}
        return [due_of(row) for row in await self._lines.find(query, _DUE).limit(limit).to_list(None)]

    async def counted(self, due: StockDue, cause: str) -> tuple[int, int, int] | int | None:
        """Return the movement that a count has made, else the level's version now; None without a product."""
        query: Document = {"product_id": ObjectId(due.product_id), "version": {"$gt": due.version}, "cause": cause}
        product = await self._database["products"].find_one({"_id": ObjectId(due.product_id)}, {"version": 1})
        # After the level: a movement up to that version is there, too.
        row = await self._database["inventory_logs"].find_one(query)
        if row:
            return row["old_stock"], row["new_stock"], row["version"]
        return int(product.get("version", 0)) if product else None

    async def settle(self, job: Import, settled: Sequence[Settled]) -> None:
        """Note what the ledger said, once for each line."""

        async def apply(session: Session) -> None:
            query: Document = {"_id": {"$in": [each.due.id for each in settled]}, "due": {"$type": "object"}}
            known = self._lines.find(query, {"action": 1, "changes": 1}, session=session)
            rows = {row["_id"]: row for row in await known.to_list(None)}
            moved = dict.fromkeys(_ZERO, 0)
            writes = []
            for each in settled:
                if each.due.id in rows:
                    row = rows[each.due.id]
                    after = _settled_fields(row, each)
                    moved[row["action"]] -= 1
                    moved[after["action"]] += 1
                    writes.append(UpdateOne({"_id": each.due.id}, {"$set": after, "$unset": {"due": 1}}))
            if writes:
                await self._lines.bulk_write(writes, ordered=False, session=session)
            change: Document = {"$inc": {f"counts.{name}": count for name, count in moved.items()}, **_TOUCH}
            await self._imports.update_one({"_id": ObjectId(job.id)}, change, session=session)

        await whole(self._driver, apply)

    async def finish(self, job: Import) -> bool:
        """Note that nothing is left to do; one that was to stop and had something left is cancelled."""
        short = {"$and": ["$cancelling", {"$lt": ["$done", "$rows"]}]}
        state: Any = "ready" if job.state == "checking" else {"$cond": [short, "cancelled", "done"]}
        fields: Document = {"state": state, "updated_at": "$$NOW", "finished_at": "$$NOW"}
        guard: Document = {"_id": ObjectId(job.id), "state": job.state, "cursor": job.cursor}
        done = await self._imports.update_one(guard, [{"$set": fields}, {"$unset": "busy"}])
        return bool(done.matched_count)

    async def _known(self, number: ObjectId) -> Import:
        row = await self._imports.find_one({"_id": number})
        if row is None:
            raise LookupError("an import went while it was written")
        return import_of(row)


def _settled_fields(row: Mapping[str, Any], settled: Settled) -> Document:
    changes = {name: pair for name, pair in row["changes"].items() if name != "stock"}
    if settled.error is not None:
        return {"action": "error", "changes": changes, "errors": error_list([RowError("stock", settled.error)])}
    if settled.change is not None:
        changes["stock"] = [*settled.change]
    return {"action": "change" if changes else "same", "changes": changes}
