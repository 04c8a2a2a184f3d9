"""What somebody ordered: the list, one order, and what can be done with it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from bench.shop.order import order
from tests.accounts import Person as Caller
from tests.accounts import person as caller
from tests.browser.buying import heading, line
from tests.browser.conftest import OpenWindow
from tests.browser.desk import fits
from tests.browser.person import Person, fill, registered
from tests.buyers import buys, demo_person, new_product

pytestmark = pytest.mark.browser


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Keep what is open until the test is over."""
    async with AsyncExitStack() as stack:
        yield stack


async def a_buyer(shop: Any, stack: AsyncExitStack) -> tuple[Person, Caller]:
    """Make an account, and a way to act as it past the browser."""
    person = await registered(shop.url)
    buyer = await stack.enter_async_context(caller(shop.url))
    assert await buyer.login(person.email, person.password) == 200
    return person, buyer


async def buys_of_two(buyer: Caller, products: list[Any]) -> Any:
    """Order one of each in one order."""
    for product in products:
        assert (await buyer.ask("PUT", f"/api/cart/items/{product['id']}", {"quantity": 1}))[0] == 200
    total = sum(product["price"] for product in products)
    status, placed = await buyer.ask("POST", "/api/orders/", order(total, uuid4().hex))
    assert status == 201, placed
    return placed


async def test_orders_are_found_followed_cancelled_and_ordered_again(
    shop: Any, window: OpenWindow, stack: AsyncExitStack
) -> None:
    """One parcel of two is cancelled, the other comes and is received; an order shows up in the list, and is found."""
    person, buyer = await a_buyer(shop, stack)
    seller, admin = await demo_person(shop, stack, "seller"), await demo_person(shop, stack, "admin")
    vase, clock = await new_product(seller, name="Harbour Vase"), await new_product(admin, name="Harbour Clock")
    lone = await buys(buyer, vase)
    page = await window(f"{shop.url}/orders", width=390)
    await fill(page, email=person.email, password=person.password)
    cards = page.locator(".order-card")
    await expect(cards).to_have_count(1)
    both = await buys_of_two(buyer, [vase, clock])
    await expect(cards.first).to_have_attribute("data-order", both["id"])
    await fits(page)

    await page.get_by_label("Search").fill("clock")
    await expect(cards).to_have_count(1)
    await page.get_by_label("Which").select_option(label="Arrived")
    await expect(page.locator("main")).to_contain_text("None of your orders fits.")
    await page.get_by_label("Which").select_option(label="All orders")
    await cards.first.get_by_role("link").click()

    await heading(page, "Your order is placed")
    await page.get_by_role("button", name="Cancel this parcel… (Harbour Vase)").click()
    await page.get_by_role("button", name="Yes, cancel it").click()
    await expect(page.locator(".parcel", has_text="Harbour Vase")).to_contain_text("Cancelled")
    await expect(page.locator(".refunds")).to_contain_text("€25.00")
    path = f"/api/orders/{both['id']}/status"
    part = {"seller_id": clock["seller_id"], "reason": "by hand"}
    for status in ("shipped", "delivered"):
        assert (await admin.ask("PUT", path, {"status": status, **part}))[0] == 200
    await page.get_by_role("button", name="I have received it").click()
    await heading(page, "Your order is completed")
    await expect(page.locator(".timeline")).to_contain_text("Received, all done")
    await expect(page.locator(".timeline")).to_contain_text("€25.00 given back")

    await page.goto(f"{shop.url}/orders/{lone['id']}")
    await page.get_by_role("button", name="Order again").click()
    await heading(page, "Your cart")
    await expect(line(page, vase["id"]).locator(".step-count")).to_have_text("1")
    await page.goto(f"{shop.url}/orders/{lone['id']}")
    await page.get_by_role("button", name="Cancel the order…").click()
    await page.get_by_role("button", name="Yes, cancel it").click()
    await heading(page, "Your order is cancelled")
    await page.goto(f"{shop.url}/order/cart")
    await page.get_by_role("button", name="Empty the cart").click()
    await expect(page.locator(".cart-empty")).to_be_visible()


async def test_nobody_sees_an_order_of_somebody_else(shop: Any, window: OpenWindow, stack: AsyncExitStack) -> None:
    """By its address alone: it is as if there were none."""
    _, buyer = await a_buyer(shop, stack)
    other = await registered(shop.url)
    placed = await buys(buyer, await new_product(await demo_person(shop, stack, "seller")))
    page = await window(f"{shop.url}/orders/{placed['id']}", refusals=True)
    await fill(page, email=other.email, password=other.password)
    await heading(page, "There is no such order")
    await expect(page.locator("main")).not_to_contain_text("Lamp")
