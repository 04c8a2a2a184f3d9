"""One shop in several processes on one machine: one port, one database, and nobody notices which is which."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession

from bench.root import ROOT
from bench.shop.books import Books, open_books
from bench.shop.journal import Journal, load, nothing_lost, same_answers
from bench.shop.running import RunningShop
from tests.patience import PATIENCE
from tests.standing_still import stand_still
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.system.flock import Flock, gone
from tests.visitor import Visitor, sign_in

LEASED = {
    *("alerts", "clerk", "erasing", "expiry", "images", "imports", "informing", "mail", "offers", "sales", "settling"),
    *("auditing", "warnings"),
}


async def _hold(visitor: Visitor, product_id: str, quantity: int) -> None:
    answer = await visitor.ask("cart:set", {"product_id": product_id, "quantity": quantity})
    assert answer["ok"], answer


async def _owners(books: Books) -> dict[str, str]:
    """Wait until every leased worker has an owner whose lease lasts; return the owners."""
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = await books["leases"].find({"$expr": {"$gt": ["$until", "$$NOW"]}}).to_list(None)
            owners = {row["_id"]: row["owner"] for row in rows}
            if owners.keys() >= LEASED:
                return owners
            await asyncio.sleep(0.05)


async def _level(shop: RunningShop, product_id: str) -> Any:
    async with ClientSession() as http, http.get(f"{shop.url}/api/products/{product_id}") as answer:
        return await answer.json()


async def test_two_workers_are_one_shop(open_shop: OpenShop, meet: Meet, books_of: ReadBooks) -> None:
    """Both serve; what is done at one is seen at the other, counted in whole by either; a token is good at both."""
    shop = await open_shop(WORKERS="2", DEMO="true")
    flock, books = Flock(shop), await books_of(shop)
    assert await flock.who_answers() == {1, 2}
    assert await books["products"].count_documents({}) == 60
    product_id = await books.add_product(stock=10)
    ada, bob = await flock.meet_at(meet, 1), await flock.meet_at(meet, 2)
    await _hold(ada, product_id, 3)
    await bob.sees(product_id, available=7)
    await _hold(bob, product_id, 2)
    await ada.sees(product_id, available=5)
    tab = await flock.meet_at(meet, 2, session=ada.session)
    await _hold(tab, product_id, 1)
    await ada.hear("cart", lambda event: event["cart"]["lines"][0]["quantity"] == 1)
    for visitor in (ada, bob):
        refused = await visitor.ask("cart:set", {"product_id": product_id, "quantity": 50})
        assert refused["error"]["code"] == "insufficient_stock"

    for _ in range(4):  # whoever answers
        figures = await flock.figures()
        assert figures["ivorycart_ledger_refusals_total"] == {"1": 1, "2": 1}
        assert figures["ivorycart_process_up"] == {"1": 1, "2": 1}
        assert figures["ivorycart_ledger_batch_commands_sum"] == {"1": 2, "2": 3}
    token = await sign_in(shop.url)
    for _ in range(8):
        async with (
            ClientSession(headers={"Authorization": f"Bearer {token}"}) as http,
            http.get(f"{shop.url}/api/auth/profile") as answer,
        ):
            assert answer.status == 200
    log = shop.log.read_text()
    assert all(f"process={number}" in log for number in (1, 2))
    await books.check()


async def test_a_killed_worker_is_missed_by_nobody_for_long(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Its clients come back and see what is true, another process takes its place and another its leased work."""
    shop = await open_shop(WORKERS="2")
    flock, books = Flock(shop), await books_of(shop)
    ids = [await books.add_product() for _ in range(3)]
    ada, bob = await flock.meet_at(meet, 1), await flock.meet_at(meet, 2)
    await _hold(ada, ids[0], 1)
    await bob.sees(ids[0], available=99)
    killed = flock.pids[1]
    os.kill(killed, signal.SIGKILL)
    await ada.gone()
    await _hold(bob, ids[1], 5)
    back = await meet(shop, session=ada.session, since=ada.cursor)  # at either worker
    await back.hear_first("stock", "stock:snapshot", within=30)
    assert (await back.ask("cart:get"))["cart"]["lines"][0]["quantity"] == 1
    await back.sees(ids[1], available=95, within=30)
    for product_id in ids:
        seen = max((each.level(product_id) for each in (ada, back)), key=lambda level: level["version"] if level else 0)
        stored = await _level(shop, product_id)
        assert (seen["available"], seen["version"]) == (stored["available"], stored["version"])

    assert await flock.replaced(1, killed) != killed
    assert await flock.who_answers() == {1, 2}
    await (await flock.meet_at(meet, 1)).hear("stock:snapshot")
    assert (await flock.figures())["ivorycart_process_restarts_total"] == {"1": 1, "2": 0}
    await books.check()


async def test_leased_work_is_done_once_and_taken_over(open_shop: OpenShop, meet: Meet, books_of: ReadBooks) -> None:
    """Whoever runs it is killed: holds still end, once each."""
    shop = await open_shop(WORKERS="2", HOLD_SECONDS="4")
    flock, books = Flock(shop), await books_of(shop)
    ids = [await books.add_product(stock=10) for _ in range(3)]
    owner = (await _owners(books))["expiry"]
    holder = flock.numbers[owner]
    ada = await flock.meet_at(meet, 3 - holder)
    for product_id in ids:
        await _hold(ada, product_id, 2)
    os.kill(flock.pids[holder], signal.SIGKILL)
    expired = await ada.hear("cart:expired", within=PATIENCE)
    assert sorted(line["product_id"] for line in expired["released"]) == ids
    for product_id in ids:
        await ada.sees(product_id, available=10, held=0)
        assert len(await books.movements(product_id, change_type="expire")) == 1
    assert len(ada.all("cart:expired")) == 1
    assert owner not in (await _owners(books)).values()
    await books.check()


async def test_a_stop_under_load_keeps_every_promise_of_every_worker(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """SIGTERM: `goodbye` for every socket, exit status 0, no process left, and every acked order is there."""
    shop = await open_shop(WORKERS="2", DEMO="true", GUEST_CHECKOUT="true")
    flock = Flock(shop)
    async with open_books(shop) as books:
        product_ids = [await books.add_product(stock=2000) for _ in range(3)]
    visitors = [await flock.meet_at(meet, number) for number in (1, 2)]
    processes = flock.parent.children(recursive=True)
    assert len(processes) == 3
    assert await _run(shop.data_dir.parent, "-m", "ivorycart", "audit") == (0, "")
    journal = Journal()
    async with load(shop, product_ids, await sign_in(shop.url, "admin@demo.com"), journal):
        await journal.grows(100)
        figures = await flock.figures()
        assert all(figures["ivorycart_ledger_batch_commands_count"].values())
        status = await shop.stop()
    assert status == 0, shop.log.read_text()[-3000:]
    await gone(*processes)
    for each in visitors:
        await each.gone()
        assert each.all("goodbye")
    assert "Traceback" not in shop.log.read_text()

    await shop.start()
    async with open_books(shop) as books:
        await nothing_lost(books, journal)
        await same_answers(shop, journal, set(journal.orders))


async def test_nothing_is_left_behind_by_a_parent_that_was_killed(open_shop: OpenShop, meet: Meet) -> None:
    """Its workers tell their clients and end by themselves, and no database stays."""
    shop = await open_shop(WORKERS="2")
    ada = await meet(shop)
    processes = Flock(shop).parent.children(recursive=True)
    assert len(processes) == 3
    await shop.kill()
    await gone(*processes)
    await ada.gone()
    assert ada.all("goodbye")
    assert "Traceback" not in shop.log.read_text()


async def test_a_second_interrupt_hurries(open_shop: OpenShop) -> None:
    """A worker that hangs is not waited for any longer; the status says that not all was finished."""
    shop = await open_shop(WORKERS="2")
    flock = Flock(shop)
    processes = flock.parent.children(recursive=True)
    well, hanging = psutil.Process(flock.pids[1]), flock.pids[2]
    await stand_still(hanging)
    assert shop.process
    shop.process.send_signal(signal.SIGINT)
    await gone(well)
    assert shop.process.returncode is None
    assert await shop.end(signal.SIGINT) == 1
    await gone(*processes)


async def test_workers_share_their_port_with_nobody(open_shop: OpenShop, tmp_path: Path) -> None:
    """A second server on it is refused, however many workers it has; so it is on an address of version 6."""
    shop = await open_shop(WORKERS="2", HOST="::1")
    assert shop.url.startswith("http://[::1]:")
    assert await Flock(shop).who_answers() == {1, 2}
    port = shop.url.rpartition(":")[2]
    for workers in ("1", "2"):
        status, (line,) = await _fails_to_start(tmp_path, HOST="::1", PORT=port, WORKERS=workers)
        assert status == 1
        assert "PORT" in line
        assert port in line


async def test_workers_that_cannot_start_say_why_in_one_line(tmp_path: Path) -> None:
    """Once, for all of them, and the database that was started for them is stopped again."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jwt_secret").touch()
    status, lines = await _fails_to_start(tmp_path, "--workers", "2", PORT="0", LOG_LEVEL="error")
    assert status == 1
    assert [line for line in lines if line.startswith("ivorycart: ")] == [lines[-1]]
    assert "jwt_secret is empty" in lines[-1]
    assert not any("Traceback" in line for line in lines)
    assert RunningShop(tmp_path / "data").mongod_pid == 0


@pytest.mark.parametrize("arguments", [("--workers", "65"), ("--workers=none",)])
async def test_a_number_of_workers_that_cannot_be_is_said_in_one_line(tmp_path: Path, arguments: tuple[str]) -> None:
    """As for every other setting."""
    status, (line,) = await _fails_to_start(tmp_path, *arguments)
    assert status == 1
    assert line.startswith("ivorycart: WORKERS: ")


async def _run(folder: Path, *command: str, **settings: str) -> tuple[int | None, str]:
    """Run a program to its end; return its exit status and what it complained of."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATA_DIR": str(folder / "data"), **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        _, err = await process.communicate()
    return process.returncode, err.decode()


async def _fails_to_start(folder: Path, *arguments: str, **settings: str) -> tuple[int | None, list[str]]:
    status, err = await _run(folder, str(ROOT / "server.py"), *arguments, **settings)
    return status, err.splitlines()
