"""Two processes share the work: what one was doing when it died, the other takes up, and nothing is done twice."""

import asyncio
import time

from bench.shop.books import Books
from bench.shop.running import RunningShop
from tests.patience import PATIENCE
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.system.mailbox import Mailbox, PostOffice

WORKERS = {
    *("alerts", "clerk", "erasing", "expiry", "images", "imports", "informing", "mail", "offers", "sales", "settling"),
    *("auditing", "warnings"),
}
BOB = "bob@example.com"


async def _holds_all_leases(books: Books) -> str:
    """Wait until one process runs every worker; return its id."""
    async with asyncio.timeout(PATIENCE):
        while True:
            leases = {worker: owner for worker, owner in (await books.leases()).items() if worker in WORKERS}
            if leases.keys() == WORKERS and len(set(leases.values())) == 1:
                return next(iter(leases.values()))
            await asyncio.sleep(0.05)


async def _pair(open_shop: OpenShop, books_of: ReadBooks, **settings: str) -> tuple[RunningShop, RunningShop, Books]:
    """Run two processes of which the first holds all leases."""
    one = await open_shop("one", **settings)
    books = await books_of(one)
    first = await _holds_all_leases(books)
    two = await open_shop("two", **settings)
    assert await _holds_all_leases(books) == first
    return one, two, books


async def test_holds_end_though_the_process_that_ends_them_was_killed(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks, measured: Measured
) -> None:
    """The other process takes the lease once it has run out; each hold is released once, its owner told."""
    one, two, books = await _pair(open_shop, books_of, **one_database, HOLD_SECONDS="3", GUEST_CHECKOUT="true")
    ids = [await books.add_product(stock=10) for _ in range(5)]
    ada = await meet(two)
    for product_id in ids:
        await ada.ask("cart:set", {"product_id": product_id, "quantity": 2})
    await one.kill()
    killed = time.monotonic()
    expired = await ada.hear("cart:expired")
    measured("seconds from the kill until the holds ended (a lease lasts 3)", time.monotonic() - killed)
    assert sorted(line["product_id"] for line in expired["released"]) == ids
    for product_id in ids:
        await ada.sees(product_id, available=10, held=0)
        assert len(await books.movements(product_id, change_type="expire")) == 1
    assert len(ada.all("cart:expired")) == 1
    await books.check()


async def test_an_alert_outlives_the_process_that_should_have_told_it(
    open_shop: OpenShop,
    one_database: dict[str, str],
    meet: Meet,
    books_of: ReadBooks,
    post_office: PostOffice,
    mailbox: Mailbox,
) -> None:
    """A crossing as the worker's process dies: all concerned are told by the other one, by socket and mail, once."""
    settings = {**one_database, "SMTP_URL": post_office.url}
    one, two, books = await _pair(open_shop, books_of, **settings)
    ids = [await books.add_product(stock=6) for _ in range(4)]
    ada, bob = await meet(two), await meet(two)
    await bob.ask("cart:email", {"email": BOB})
    for product_id in ids:
        await bob.ask("cart:set", {"product_id": product_id, "quantity": 1})
    crossings = [ada.ask("cart:set", {"product_id": product_id, "quantity": 2}) for product_id in ids]
    assert all(answer["ok"] for answer in await asyncio.gather(*crossings))
    await one.kill()
    for product_id in ids:
        await bob.hear("alert", lambda alert, wanted=product_id: alert["product_id"] == wanted)
    assert sorted(alert["product_id"] for alert in bob.all("alert")) == ids
    told = await books["notifications"].distinct("data.product_id", {"kind": "low_stock"})
    assert sorted(told) == ids
    async with asyncio.timeout(PATIENCE):  # a mail is written after its alert
        while await books["emails"].count_documents({"to": BOB}) < len(ids):
            await asyncio.sleep(0.05)
    assert await books["emails"].count_documents({"to": BOB}) == len(ids)
    # A mail that the dead process had claimed waits for its claim to end; those not claimed come now.
    assert ada.all("alert") == []
    await ada.ask("cart:clear")
    await ada.ask("cart:set", {"product_id": ids[0], "quantity": 3})
    await mailbox.receives(BOB)
    assert len({message["Message-ID"] for message in mailbox.messages}) == len(mailbox.messages)
    await books.check()


async def test_a_process_that_stops_in_good_order_hands_its_work_over_at_once(
    open_shop: OpenShop, one_database: dict[str, str], books_of: ReadBooks
) -> None:
    """Its leases are given back, not left to run out."""
    one, _, books = await _pair(open_shop, books_of, **one_database)
    first = await _holds_all_leases(books)
    assert await one.stop() == 0
    assert first not in (await books.leases()).values()
    assert await _holds_all_leases(books) != first
