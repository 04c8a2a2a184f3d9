"""The production topology on one machine: it comes up, survives the loss of parts, and leaves nothing behind."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from bench.cluster import Cluster, running_cluster
from bench.cluster.__main__ import parser, run
from bench.cluster.network import possible
from bench.cluster.parts import MEMBERS, PARTS
from bench.cluster.plan import DATABASE, OPERATOR, SHOP, Options
from bench.cluster.shop import shop_of
from bench.faults import on_cluster
from bench.faults.row import Outcome
from bench.faults.stage import SETTINGS, Stage, silence
from bench.shop.books import Books, open_books
from bench.shop.journal import Journal, load, nothing_lost, same_answers
from tests.patience import PATIENCE
from tests.system.conftest import Measured
from tests.visitor import Visitor

needs_root = pytest.mark.skipif(not possible(), reason="network namespaces need root")
GUESTS = Options(settings=SETTINGS)


@pytest.fixture(scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """Run one for all tests here; in the end nothing of it is left."""
    async with running_cluster(tmp_path_factory.mktemp("cluster"), GUESTS) as cluster:
        families = [each for part in PARTS for each in cluster.processes.family(part)]
        yield cluster
        wired = cluster.network
    assert not [each for each in families if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]
    assert not wired or left_of(cluster.plan.tag) == []


def left_of(tag: str) -> list[str]:
    """Return the names of namespaces and network devices of a cluster."""
    namespaces = [each.name for each in Path("/run/netns").iterdir()]
    return [name for name in (*namespaces, *psutil.net_if_addrs()) if tag in name]


@pytest.fixture
async def books(cluster: Cluster) -> AsyncIterator[Books]:
    """Open its database."""
    async with open_books(shop_of(cluster)) as books:
        yield books


@pytest.fixture(scope="module")
def known() -> Journal:
    """Keep what all tests here were acknowledged: they share a database."""
    return Journal()


async def test_it_is_open_behind_nginx(cluster: Cluster, books: Books, known: Journal) -> None:
    """Every part is ready; by way of nginx a socket hears of an order that HTTP placed, whichever host has which."""
    states = await cluster.status()
    assert [each.part for each in states if each.why_not] == []
    assert sorted(each.role for each in states if each.part in MEMBERS) == ["primary", "secondary", "secondary"]
    product_id, journal = await books.add_product(stock=1000), Journal()
    visitor = await Visitor(cluster.url, {"watch": [product_id]}).connect()
    async with load(shop_of(cluster), [product_id], "", journal, pause=0.3):
        await journal.grows(5)
    await all_is_there(books, known, journal)
    stored = await books.product(product_id)
    await visitor.sees(product_id, stock=stored["stock"], version=stored["version"])
    await visitor.leave()


async def test_it_says_how_long_it_took_to_be_ready(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    """Where all of it runs already, too; with its address and every part."""
    await run(parser().parse_args(["--folder", str(cluster.folder), "up"]))
    said = capsys.readouterr().out
    assert re.match(rf"IvoryCart is open: {re.escape(cluster.url)}  \(ready after \d+ s\)\n", said)
    assert all(re.search(rf"^{part} +\d+ ", said, re.MULTILINE) for part in PARTS)


async def test_its_shop_has_the_rights_of_a_deployment(cluster: Cluster) -> None:
    """What is shown with it is shown with those: it sees how the set is; it reads no oplog and makes no user."""
    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(cluster.plan.uri(SHOP))
    async with client:
        assert len((await client.admin.command("replSetGetStatus"))["members"]) == len(MEMBERS)
        for attempt in (
            client.local.command("find", "oplog.rs", limit=1),
            client[DATABASE].command("createUser", "more", pwd="x", roles=["readWrite"]),
        ):
            with pytest.raises(OperationFailure, match="not authorized"):
                await attempt


async def test_nginx_lets_in_websockets_alone_and_keeps_the_figures(cluster: Cluster) -> None:
    """Polling is refused, /metrics is not there, and a forged address of the client does not come through."""
    async with ClientSession() as http:
        async with http.get(f"{cluster.url}/socket.io/?EIO=4&transport=polling") as answer:
            assert answer.status == 400
        async with http.get(f"{cluster.url}/metrics") as answer:
            assert answer.status == 404
        async with http.get(f"{cluster.url}/healthz", headers={"X-Forwarded-Host": "evil.example"}) as answer:
            assert answer.status == 200  # a host that the shop does not know would be 421


async def test_a_killed_primary_costs_seconds_and_no_order(
    cluster: Cluster, books: Books, known: Journal, measured: Measured
) -> None:
    """Writes resume with another primary; a killed worker beside it is replaced. All acks are kept."""
    product_ids = [await books.add_product(stock=100_000) for _ in range(3)]
    journal = Journal()
    async with load(shop_of(cluster), product_ids, "", journal, lasting=True, pause=0.3):
        await journal.grows(20)
        primary = await cluster.primary()
        await cluster.kill(primary)
        await cluster.kill("app1.1")
        killed = time.monotonic()
        await journal.grows(20, within=PATIENCE)
        measured("seconds until writes resumed", silence(journal, killed))
    assert await cluster.primary() != primary
    await cluster.start(primary)
    await cluster.ready(*PARTS)
    await all_is_there(books, known, journal)
    await same_answers(shop_of(cluster), journal, set(journal.orders))


@pytest.fixture
async def stage(cluster: Cluster, books: Books, known: Journal) -> Stage:
    """Return what the rows of the fault suite are run on."""
    return Stage(cluster, books, [await books.add_product(stock=100_000) for _ in range(3)], known)


@pytest.mark.long
@pytest.mark.parametrize("row", [on_cluster.primary_stopped, on_cluster.host_killed])
async def test_a_primary_that_stands_still_or_a_host_that_dies_costs_no_order(
    stage: Stage, row: Callable[[Stage, int], Awaitable[Outcome]], measured: Measured
) -> None:
    """The rows of the fault suite, once each: they raise where an ack is lost or doubled, or nobody goes on."""
    outcome = await row(stage, 1)
    assert outcome.times == len(outcome.recovery) == 1
    measured("seconds until writes resumed", outcome.recovery[0])


@pytest.mark.long
async def test_holds_end_by_the_database_s_clock_whatever_the_hosts_clocks_say(
    stage: Stage, measured: Measured
) -> None:
    """One host is five minutes ahead, the other behind: no hold ends early, and each is released once."""
    outcome = await on_cluster.wrong_clocks(stage, 20)
    assert len(outcome.recovery) == outcome.times == 20, outcome.failures
    assert min(outcome.recovery) >= 0
    measured("seconds by which a hold was late at the most", max(outcome.recovery))


@pytest.mark.long
@needs_root
async def test_a_cut_off_primary_acknowledges_nothing(cluster: Cluster, books: Books, known: Journal) -> None:
    """With an app host on its side it is a minority: no write is acknowledged there; the majority goes on."""
    product_ids = [await books.add_product(stock=100_000) for _ in range(3)]
    minority, majority = Journal(), Journal()
    primary = await cluster.primary()
    others = [each for each in MEMBERS if each != primary]
    for each in (primary, "app1"):
        cluster.cut(each, [*others, "app2", "nginx"])
    try:
        with pytest.raises(PyMongoError):
            await _write_at(cluster, primary)
        async with load(shop_of(cluster, "app1"), product_ids, "", minority, lasting=True, pause=0.3):
            async with load(shop_of(cluster), product_ids, "", majority, lasting=True, pause=0.3):
                await majority.grows(50, within=PATIENCE)
            assert minority.acks == 0
            cluster.heal()
            await minority.grows(10, within=PATIENCE)
    finally:
        cluster.heal()
    await cluster.ready(*PARTS)
    await all_is_there(books, known, minority, majority)


async def all_is_there(books: Books, known: Journal, *journals: Journal) -> None:
    """Assert that the books are in order and have all that was acknowledged in this and earlier tests."""
    for each in journals:
        known.add(each)
    await nothing_lost(books, known)


async def _write_at(cluster: Cluster, member: str) -> None:
    """Write to this very member, to be acknowledged by the majority within a second."""
    client: AsyncMongoClient[dict[str, str]] = AsyncMongoClient(
        cluster.plan.uri(OPERATOR, member), wtimeoutms=1000, serverSelectionTimeoutMS=3000, retryWrites=False
    )
    try:
        await client["elsewhere"]["writes"].insert_one({"by": "whoever is cut off"})
    finally:
        await asyncio.shield(client.close())


@pytest.mark.long
async def test_up_mends_what_is_half_dead(cluster: Cluster) -> None:
    """What still runs stays as it is; what was killed is started."""
    stayed = cluster.processes.find("mongo1")
    for part in ("mongo3", "nginx", "mail"):
        await cluster.kill(part)
    assert {each.part for each in await cluster.status() if each.pid is None} == {"mongo3", "nginx", "mail"}
    await cluster.up()
    assert [each.part for each in await cluster.status() if each.why_not] == []
    assert cluster.processes.find("mongo1") == stayed
