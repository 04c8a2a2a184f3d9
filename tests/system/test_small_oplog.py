"""The database forgets what a process still had to hear: its log of changes (the oplog) is too small for the pause."""

import asyncio
import shlex
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bson import Timestamp

from bench.shop.books import Books
from bench.shop.ledger import running_ledger
from models.commands import SetLine
from mongo.embedded import EmbeddedMongo
from mongo.embedded.binary import find_mongod
from tests.mongo.shop import buyer
from tests.patience import PATIENCE
from tests.standing_still import standing_still
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.system.watcher import all_equal, watchers

OPLOG_MB = 1
PRODUCTS, WATCHERS = 5, 8
FILLER = {"text": "x" * 100_000}


@pytest.fixture
async def forgetful_uri(tmp_path: Path) -> AsyncIterator[str]:
    """Start a database that remembers about a megabyte of changes.

    It forgets up to its last checkpoint and no further, and makes one a minute unless it is told otherwise, which goes
    by the command line alone.
    """
    program = tmp_path / "mongod"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(find_mongod(None)))} "$@" --syncdelay 1\n')
    program.chmod(0o700)
    mongo = EmbeddedMongo(data_dir=tmp_path / "database", binary=program, oplog_mb=OPLOG_MB)
    yield await mongo.start()
    await mongo.stop()


async def end_of_oplog(books: Books, end: int) -> Timestamp:
    """Return the time of the oplog's first entry (1) or of its last (-1)."""
    row: Any = await books.driver.client["local"]["oplog.rs"].find_one(sort=[("$natural", end)])
    return row["ts"]


async def forget(books: Books) -> None:
    """Write until the database has forgotten all that has happened so far."""
    last = await end_of_oplog(books, -1)
    async with asyncio.timeout(PATIENCE):
        while await end_of_oplog(books, 1) <= last:
            await books["filler"].insert_many([dict(FILLER) for _ in range(10)])
            await asyncio.sleep(0.1)
    await books["filler"].drop()


@pytest.mark.long
async def test_who_stood_still_for_longer_than_the_database_remembers_begins_anew(
    open_shop: OpenShop,
    one_database: dict[str, str],
    forgetful_uri: str,
    meet: Meet,
    books_of: ReadBooks,
    measured: Measured,
) -> None:
    """Everybody gets a snapshot and equals the database, those who had left as well; and all goes on from there."""
    shop = await open_shop(**one_database | {"MONGODB_URI": forgetful_uri})
    books = await books_of(shop)
    products = [await books.add_product() for _ in range(PRODUCTS)]
    crowd, left = await watchers(shop, WATCHERS), await meet(shop)
    for each in (*crowd, left):
        await each.sees(products[-1], available=100)
    await left.leave()
    assert shop.process
    async with running_ledger(books.driver, books.database, "elsewhere") as ledger:
        await ledger.submit(SetLine(buyer(0), products[0], 1))
        for each in crowd:
            await each.sees(products[0], available=99)
        snapshots = [len(each.all("stock:snapshot")) for each in crowd]
        async with standing_still(shop.process.pid):
            for number, product_id in enumerate(products[1:], start=1):
                await ledger.submit(SetLine(buyer(number), product_id, number))
            await forget(books)
            again = time.monotonic()
        await all_equal(crowd, books)
        measured("seconds until all equalled the database", time.monotonic() - again)
        assert [len(each.all("stock:snapshot")) for each in crowd] == [count + 1 for count in snapshots]
        assert all(each.all("stock:snapshot")[-1]["gap"] for each in crowd)
        assert not [each.went_back for each in crowd if each.went_back]
        assert shop.log.read_text().count("feed.history_lost") == 1
        back = await meet(shop, session=left.session, since=left.cursor)
        assert back.all("welcome")[0]["resumed"] is False
        await back.sees(products[-1], available=100 - (PRODUCTS - 1))
        await ledger.submit(SetLine(buyer(0), products[-1], 1))
        for each in (*crowd, back):
            await each.sees(products[-1], available=99 - (PRODUCTS - 1))
    await books.check()
