"""Backups of a replica set of three with the account of a deployment, while its primary dies."""

import asyncio
import signal
from pathlib import Path

import pytest

from bench.cluster import running_cluster
from bench.cluster.parts import HOSTS, PARTS
from bench.cluster.plan import Options
from bench.cluster.shop import shop_of
from bench.faults.stage import SETTINGS
from bench.shop.books import Books, open_books
from bench.shop.journal import Journal, load, nothing_lost
from bench.shop.running import RunningShop
from mongo.embedded import EmbeddedMongo
from mongo.stream import cursor_of
from tests.patience import PATIENCE
from tests.system.commands import ivorycart, start_ivorycart


@pytest.mark.long
async def test_a_set_is_backed_up_through_an_election_and_restored_up_to_a_moment(tmp_path: Path) -> None:
    """Elsewhere as it was at a moment between; in its own place as it was at the end. All with the rights of a shop."""
    folder, journal = str(tmp_path / "backups"), Journal()
    async with running_cluster(tmp_path / "cluster", Options(settings=SETTINGS)) as cluster:
        shop = RunningShop(tmp_path / "operator" / "data", cluster.plan.app_settings(HOSTS[0]), cluster.url)
        shop.data_dir.mkdir(parents=True)
        async with open_books(shop_of(cluster)) as books:
            products = [await books.add_product(stock=100_000) for _ in range(3)]
            async with load(shop, products, "", journal, lasting=True, pause=0.2):
                await journal.grows(20)
                await done(shop, "create", folder)
                following = await start_ivorycart(shop, "backup", "follow", folder, **shop.settings)
                await journal.grows(20)
                primary = await cluster.primary()
                await cluster.kill(primary)
                await journal.grows(20, within=PATIENCE)
                acked = set(journal.orders)
                moment = await now(books)
                asked = set(journal.asked)
                await journal.grows(20)
            await cluster.start(primary)
            await cluster.ready(*PARTS)
            await asyncio.gather(*map(cluster.stop, HOSTS))
            assert following.returncode is None, "it ended with the primary"
            following.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                _, complaints = await following.communicate()
            assert following.returncode == 0, complaints.decode()
            await done(shop, "follow", folder, "--once")
            await as_it_was_at_the_moment(tmp_path / "other" / "data", folder, moment, acked, asked)
            await done(shop, "restore", folder, "--replace")
            await asyncio.gather(*map(cluster.start, HOSTS))
            async with asyncio.timeout(PATIENCE):  # what was due meanwhile is worked off
                while (await ivorycart(shop, "audit", **shop.settings))[0]:
                    await asyncio.sleep(0.5)
            await nothing_lost(books, journal)


async def now(books: Books) -> str:
    """Return the database's moment, as commands have it: all that was acknowledged is not later."""
    return str(cursor_of((await books.driver.client.admin.command("hello"))["operationTime"]))


async def done(shop: RunningShop, *arguments: str) -> None:
    """Run a command on backups; it must say that it did what was asked."""
    status, said, complaints = await ivorycart(shop, "backup", *arguments, **shop.settings)
    assert status == 0, said + complaints


async def as_it_was_at_the_moment(data_dir: Path, folder: str, moment: str, acked: set[str], asked: set[str]) -> None:
    """Restore up to a moment into an embedded database, which the command audits: what was acked before it is there."""
    other = RunningShop(data_dir)
    data_dir.parent.mkdir()
    await done(other, "restore", folder, "--until", moment)
    embedded = EmbeddedMongo(data_dir=data_dir)
    await embedded.start()
    try:
        async with open_books(other) as books:
            keys = {row["order_key"] for row in await books["orders"].find().to_list(None)}
    finally:
        await embedded.stop()
    assert acked <= keys <= asked
