"""Whatever is killed, an acknowledged order stays, and the books are in order."""

import asyncio
import os
import random
import signal

from aiohttp import ClientSession

from bench.shop.books import Books, open_books
from bench.shop.journal import Journal, load, nothing_lost, same_answers
from bench.shop.running import RunningShop
from tests.extent import extent
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.visitor import Visitor, sign_in

KILLS = extent(short=3, whole=10)


async def _stocked(books: Books) -> list[str]:
    """Put a few products on the shelf, one of them scarce."""
    return [await books.add_product(stock=stock) for stock in (20, 300, 2000, 5000)]


async def test_power_cuts_lose_no_acknowledged_order(open_shop: OpenShop, measured: Measured) -> None:
    """Killed at random moments under load: a clean audit, all acks kept, and the same answer to the same key."""
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true")
    async with open_books(shop) as books:
        product_ids = await _stocked(books)
    token = await sign_in(shop.url, "admin@demo.com")
    journal = Journal()
    for _ in range(KILLS):
        known = set(journal.orders)
        async with load(shop, product_ids, token, journal):
            await journal.grows(20)
            await asyncio.sleep(random.uniform(0, 0.4))  # the moment is the point: anywhere in a batch
            await shop.kill()
        await shop.start()
        async with open_books(shop) as books:
            await nothing_lost(books, journal)
            await same_answers(shop, journal, journal.orders.keys() - known)
            await nothing_lost(books, journal)
        measured("orders acknowledged by this power cut", len(journal.orders))


async def test_a_killed_database_comes_back_and_lost_nothing(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Killed under load: the server stays, starts it again, goes on, and every screen is right again."""
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true")
    books = await books_of(shop)
    product_ids = await _stocked(books)
    journal, screen = Journal(), await meet(shop, watch=product_ids)
    async with load(shop, product_ids, await sign_in(shop.url, "admin@demo.com"), journal):
        for _ in range(2):
            await journal.grows(50)
            os.kill(shop.mongod_pid, signal.SIGKILL)
        await journal.grows(50)
    await nothing_lost(books, journal)
    await same_answers(shop, journal, set(journal.orders))
    await _shows_the_truth(screen, books, product_ids)
    assert screen.client.connected


async def _shows_the_truth(screen: Visitor, books: Books, product_ids: list[str]) -> None:
    for product_id in product_ids:
        product = await books.product(product_id)
        await screen.sees(product_id, **{name: product[name] for name in ("stock", "held", "version")})


async def test_an_unacknowledged_order_asked_for_again_is_placed_once(open_shop: OpenShop) -> None:
    """Requests whose answer the power cut took: repeated with their keys, each is one order."""
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true")
    async with open_books(shop) as books:
        product_ids = await _stocked(books)
    journal = Journal()
    async with load(shop, product_ids[2:], await sign_in(shop.url, "admin@demo.com"), journal):
        await journal.grows(20)
        await shop.kill()
    await _repeat_all(await shop.start(), journal)
    async with open_books(shop) as books:
        await nothing_lost(books, journal)
        assert await books["orders"].count_documents({}) == len(journal.asked) == len(journal.orders)


async def _repeat_all(shop: RunningShop, journal: Journal) -> None:
    async with ClientSession() as http:
        for key, body in journal.asked.items():
            async with http.post(f"{shop.url}/api/cart/order", json=body) as response:
                placed = await response.json()
            assert journal.orders.setdefault(key, placed) == placed
