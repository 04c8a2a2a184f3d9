"""Importing in a real database: a seller, files of theirs, and workers that carry them out."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from bson import ObjectId

from ivorycart.importing.receiving import Receiving
from ivorycart.importing.worker import PORTION, Importer
from ivorycart.ledger import Ledger
from models.imports import Import
from mongo.audit import audit
from mongo.driver import Database, Driver
from mongo.imports import Imports
from mongo.users import Users
from tests.mongo.shop import SELLER, check_books

ACTOR = f"u:{SELLER}"


async def open_account(database: Database, seller_id: ObjectId = SELLER) -> None:
    """Give the seller an account."""
    given: Any = {"email": f"{seller_id}@shop.test", "name": "Sally", "role": "seller", "password": "hash"}
    await Users(database).add(**given, activated=True, user_id=str(seller_id))


def rows_of(count: int, **others: Any) -> list[dict[str, Any]]:
    """Make so many rows."""
    return [
        {"sku": f"S{n}", "name": f"Tea {n}", "price": 100 + n, "category": "tea", "stock": n % 7, **others}
        for n in range(count)
    ]


async def chunks_of(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """Yield a file in pieces."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def send_in(driver: Driver, database: Database, rows: Any, **options: Any) -> Import:
    """Take in rows, or a file as it is."""
    content = rows if isinstance(rows, bytes) else "".join(json.dumps(row) + "\n" for row in rows).encode()
    given: dict[str, Any] = {"seller_id": str(SELLER), "actor": ACTOR, "file_format": "jsonl", "dry_run": False}
    return await Receiving(Imports(driver, database)).receive(chunks_of(content), **given | options)


def importer(driver: Driver, database: Database, ledger: Ledger, portion: int = PORTION) -> Importer:
    """Make a worker."""
    given: dict[str, Any] = {"currency": "EUR", "threshold": 3, "max_per_cart": 99, "portion": portion}
    return Importer(book=Imports(driver, database), ledger=ledger, accounts=Users(database), **given)


async def work_off(worker: Importer) -> None:
    """Work until there is nothing left."""
    while await worker.step():
        pass


async def known(driver: Driver, database: Database, job: Import) -> Import:
    """Return an import as it is now."""
    found = await Imports(driver, database).get(job.id)
    assert found
    return found


async def catalogue(database: Database) -> Mapping[str, Any]:
    """Return what is sold by SKU, with its stock, and how often it was moved."""
    rows = await database["products"].find().to_list(None)
    assert len({(row["seller_id"], row.get("sku")) for row in rows}) == len(rows)
    return {row["sku"]: (row["name"], row["price"], row["stock"], row["version"]) for row in rows}


async def assert_sound(driver: Driver, database: Database) -> None:
    """Prove that all adds up."""
    await check_books(database)
    found = await audit(driver, database)
    assert found.ok, [finding for check in found.checks for finding in check.findings]
