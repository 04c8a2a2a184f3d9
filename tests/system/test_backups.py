"""Backups by an operator's commands, of a shop that is busy, into another one."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from prometheus_client.parser import text_string_to_metric_families as families

from bench.shop.books import open_books
from bench.shop.journal import Journal, load
from bench.shop.running import RunningShop
from mongo.driver import Driver
from tests.mongo.shop import failing
from tests.patience import PATIENCE
from tests.system.commands import ivorycart, start_ivorycart
from tests.system.conftest import Meet, OpenShop
from tests.visitor import sign_in


async def test_a_busy_shop_is_backed_up_and_restored_elsewhere(open_shop: OpenShop, meet: Meet, tmp_path: Path) -> None:
    """A copy and a journal beside it; on another database server every order acked before their end is there.

    A client of the first shop that comes to the restored one is given a snapshot: what it knows may be ahead of it.
    """
    folder = str(tmp_path / "backups")
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true")
    async with open_books(shop) as books:
        product_ids = [await books.add_product(stock=2000) for _ in range(3)]
    ada = await meet(shop)
    journal = Journal()
    token = await sign_in(shop.url, "admin@demo.com")
    async with load(shop, product_ids, token, journal):
        await journal.grows(30)
        assert (await ivorycart(shop, "backup", "create", folder))[0] == 0
        await journal.grows(30)
        acked = dict(journal.orders)
        textfile, began = tmp_path / "backup.prom", time.time()
        status, said, _ = await ivorycart(shop, "backup", "follow", folder, "--once", "--textfile", str(textfile))
        assert status == 0
        told = {sample.name: sample.value for each in families(textfile.read_text()) for sample in each.samples}
        assert told["ivorycart_backup_through_timestamp_seconds"] > began - PATIENCE
        assert told["ivorycart_backup_changes_total"] >= 30
        assert "changes written" in said
        await journal.grows(10)
    cursor = ada.cursor
    other = RunningShop(tmp_path / "other" / "data", shop.settings)
    other.data_dir.parent.mkdir()
    status, out, err = await ivorycart(shop, "backup", "restore", folder, DATA_DIR=str(other.data_dir))
    assert (status, "Everything that must hold, holds." in out) == (0, True), out + err
    assert acked.keys() <= journal.orders.keys()
    for name in ("jwt_secret", "encryption_keys"):  # what is kept beside backups, as the manual says
        (other.data_dir / name).write_text((shop.data_dir / name).read_text())
    other = await open_shop("other", **shop.settings)
    back = await meet(other, since=cursor)
    assert (await back.hear("welcome"))["resumed"] is False
    snapshot = await back.hear("stock:snapshot")
    async with open_books(other) as books:
        rows = {row["order_key"]: row for row in await books["orders"].find().to_list(None)}
        assert acked.keys() <= rows.keys() <= journal.asked.keys()
        for item in snapshot["items"]:
            assert (await books.product(item["id"]))["version"] >= item["version"]
        async with asyncio.timeout(PATIENCE):  # what was due meanwhile is worked off
            while (await ivorycart(other, "audit"))[0]:
                await asyncio.sleep(0.5)
    status, out, _ = await ivorycart(shop, "backup", "verify", folder)
    assert (status, out.count("complete")) == (0, 1)
    assert (await ivorycart(shop, "backup", "prune", folder, "--keep", "1"))[:2] == (
        0,
        "0 files of the journal deleted\n",
    )
    status, _, err = await ivorycart(shop, "backup", "prune", folder, "--keep", "2")
    assert (status, len(err.splitlines())) == (1, 1)


async def test_what_was_killed_is_seen_to_be_incomplete(
    open_shop: OpenShop, one_database: dict[str, str], driver: Driver, tmp_path: Path
) -> None:
    """A copy that was cut off is listed as such and restored by nobody; the next one is whole."""
    shop = await open_shop(**one_database)
    folder = tmp_path / "backups"
    space = f"{one_database['MONGODB_DATABASE']}.products"
    hang: dict[str, Any] = {"blockConnection": True, "blockTimeMS": 3000, "namespace": space}
    async with failing(driver, "find", "alwaysOn", appName="ivorycart-backup", **hang):
        process = await start_ivorycart(shop, "backup", "create", str(folder), **one_database)
        async with asyncio.timeout(PATIENCE):
            while not _begun(folder):
                await asyncio.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    status, out, err = await ivorycart(shop, "backup", "list", str(folder))
    assert "incomplete" in out
    fresh = {**one_database, "MONGODB_DATABASE": f"other_{ObjectId()}"}
    status, _, err = await ivorycart(shop, "backup", "restore", str(folder), **fresh)
    assert (status, len(err.splitlines())) == (1, 1)
    assert "no complete backup" in err
    assert (await ivorycart(shop, "backup", "create", str(folder), **one_database))[0] == 0
    status, out, err = await ivorycart(shop, "backup", "restore", str(folder), **fresh)
    assert status == 0, out + err
    await driver.client.drop_database(fresh["MONGODB_DATABASE"])


def _begun(folder: Path) -> bool:
    return any(folder.glob("full-*/*.blocks"))


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-22T10:00:00", "6b02812d"])
async def test_a_moment_that_is_none_is_refused(open_shop: OpenShop, tmp_path: Path, moment: str) -> None:
    """In words, and before anything is looked at."""
    shop = RunningShop(tmp_path / "nobody" / "data")
    shop.data_dir.parent.mkdir()
    status, _, err = await ivorycart(shop, "backup", "restore", str(tmp_path), "--until", moment)
    assert status == 2
    assert "must" in err
    assert not shop.data_dir.exists()
