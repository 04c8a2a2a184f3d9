"""What a shopper sees when something leaves: the account, or a product that is already in the cart."""

from typing import Any

import pytest
from aiohttp import ClientSession
from bson import ObjectId
from playwright.async_api import Page, expect

from bench.shop.books import open_books
from tests.browser.buying import buys, line, put, to_checkout
from tests.browser.buying import enter as enter_step
from tests.browser.conftest import OpenWindow
from tests.browser.person import anonymous, registered, sign_out
from tests.browser.person import sign_in as enter
from tests.visitor import sign_in

pytestmark = pytest.mark.browser
SESSION = "localStorage.getItem('ivorycart.session')"


async def take(page: Page, product: str) -> None:
    """Put one piece into the cart, and see it held."""
    await page.locator(f'.card[data-product="{product}"] .stepper button').last.click()
    await expect(line(page, product)).to_be_visible()
    await expect(page.locator("[data-busy]")).to_have_count(0)


async def test_signing_out_leads_back_to_the_anonymous_cart(shop: Any, window: OpenWindow) -> None:
    """The token is dropped, the browser keeps its own session and cart; the account's comes back with it, as one."""
    async with open_books(shop) as books:
        product = await books.add_product(stock=20)
    person = await registered(shop.url)
    page = await window(f"{shop.url}/order/cart")
    session = await page.evaluate(SESSION)
    await enter(page, person)
    await page.goto(f"{shop.url}/listing")
    await take(page, product)

    await sign_out(page)
    await anonymous(page)
    await page.locator(".cart-button").click()
    await expect(page.locator(".sheet .cart-empty")).to_be_visible()
    await page.keyboard.press("Escape")
    assert await page.evaluate(SESSION) == session

    await page.goto(f"{shop.url}/order/cart")
    await put(page, product)
    await expect(line(page, product).locator(".step-count")).to_have_text("1")
    await enter(page, person)
    await expect(page.locator(".account-name")).to_be_visible()
    await page.goto(f"{shop.url}/order/cart")
    await expect(line(page, product).locator(".step-count")).to_have_text("2")
    await page.get_by_role("button", name="Empty the cart").click()
    await expect(page.locator(".cart-empty")).to_be_visible()


async def test_signing_out_leaves_nothing_of_the_order_on_the_page(shop: Any, window: OpenWindow) -> None:
    """Who comes next at this screen does not read what the last one bought."""
    async with open_books(shop) as books:
        product = await books.add_product(stock=20)
        price = (await books.product(product))["price"]
    page = await window(f"{shop.url}/order/cart", refusals=True)  # what it asks just then may be refused
    await put(page, product)
    await to_checkout(page)
    await enter_step(page, await registered(shop.url))
    await buys(page, f"{price / 100:.2f}")
    await sign_out(page)
    await anonymous(page)
    await expect(page.locator(".order-line, .address")).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")


async def test_a_product_that_is_gone_can_be_taken_out_of_the_cart(shop: Any, window: OpenWindow) -> None:
    """Its line says so, has no stepper and keeps the order back until it is removed."""
    async with open_books(shop) as books:
        product = await books.add_product(stock=20)
        page = await window(f"{shop.url}/listing")
        await take(page, product)
        await books["products"].delete_one({"_id": ObjectId(product)})
        await expect(page.locator(f'.card[data-product="{product}"]')).to_contain_text("Not for sale any more.")
        await page.reload()
        gone = line(page, product)
        await expect(gone).to_contain_text("No longer available")
        await expect(gone.locator(".stepper, .line-total")).to_have_count(0)
        await expect(page.locator(".cart .button-main")).to_have_attribute("aria-disabled", "true")
        await gone.get_by_role("button", name="Remove").click()
        await expect(page.locator(".cart-empty")).to_be_visible()
        await books["inventory_logs"].delete_many({"product_id": ObjectId(product)})


async def test_an_open_cart_follows_what_the_seller_does(shop: Any, window: OpenWindow) -> None:
    """A discount shows the old price beside the new; what is taken off the shelves keeps the order back, uncounted."""
    async with open_books(shop) as books, ClientSession() as http:
        tea = await books.add_product(stock=20)
        price = (await books.product(tea))["price"]
        headers = {"Authorization": f"Bearer {await sign_in(shop.url, 'seller@demo.com')}"}
        lamp = {"name": "Lamp", "price": 2500, "category": "lighting", "stock": 20}
        async with http.post(f"{shop.url}/api/products/", json=lamp, headers=headers) as answer:
            product = (await answer.json())["id"]
        page = await window(f"{shop.url}/listing")
        await take(page, product)
        path = f"{shop.url}/api/products/{product}"
        discount = {"kind": "percent", "value": 20, "ends_at": "2099-01-01T00:00:00Z"}
        async with http.post(f"{path}/discounts", json=discount, headers=headers) as answer:
            assert answer.status == 201
        for place in (line(page, product), page.locator(f'.card[data-product="{product}"]')):
            await expect(place.locator("s")).to_contain_text("25.00")
            await expect(place).to_contain_text("20.00")
        async with http.post(f"{path}/unpublish", headers=headers) as answer:
            assert answer.status == 200
        gone = line(page, product)
        await expect(gone).to_contain_text("Not for sale any more.")
        await expect(gone.locator(".figures")).to_contain_text("1")
        await expect(gone.locator("img")).to_be_visible()
        await expect(page.locator(".cart .button-main")).to_have_attribute("aria-disabled", "true")
        await expect(page.locator(".cart .totals, .cart .hold-time")).to_have_count(0)  # nothing is left to order
        await take(page, tea)
        await expect(page.locator(".cart-count")).to_have_text("1 item")
        await expect(page.locator(".cart .total strong")).to_have_text(f"€{price / 100:.2f}")
        await expect(page.locator(".cart .hold")).to_contain_text("remove what is not for sale")
        session = await page.evaluate("localStorage.getItem('ivorycart.session')")
        async with http.get(f"{shop.url}/api/checkout", headers={"X-Cart-Session": session}) as answer:
            assert (await answer.json())["total_amount"] == price
        await gone.get_by_text("Remove", exact=True).click()
        await expect(page.locator(".cart .button-main")).to_have_attribute("aria-disabled", "false")
        await page.get_by_role("button", name="Empty the cart").click()
        await expect(page.locator(".cart-empty")).to_be_visible()
        await books["products"].delete_one({"_id": ObjectId(product)})
        await books["inventory_logs"].delete_many({"product_id": ObjectId(product)})
