"""What those do who work for the shop, past the browser; and how one of them opens their desk."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession
from bson import ObjectId
from playwright.async_api import Page, expect

from bench.shop.order import order
from tests.browser.conftest import OpenWindow
from tests.browser.person import Person, fill
from tests.visitor import PASSWORD, Visitor, sign_in


@asynccontextmanager
async def hand(url: str, who: str, password: str = PASSWORD) -> AsyncIterator[ClientSession]:
    """Sign somebody in who acts over HTTP; a word alone is a demo account's."""
    email = who if "@" in who else f"{who}@demo.com"
    headers = {"Authorization": f"Bearer {await sign_in(url, email, password)}"}
    async with ClientSession(url, headers=headers) as http:
        yield http


async def asked(http: ClientSession, method: str, path: str, **body: Any) -> Any:
    """Ask the server, which must agree."""
    async with http.request(method, path, json=body or None) as answer:
        assert answer.ok, await answer.text()
        return await answer.json()


async def a_product(url: str, name: str, **fields: Any) -> str:
    """Put a product of the demo seller's on the shelves."""
    async with hand(url, "seller") as seller:
        body = {"name": name, "price": 2500, "category": "lighting", "stock": 50} | fields
        return str((await asked(seller, "POST", "/api/products/", **body))["id"])


async def an_order(url: str, product: str, buyer: Person) -> str:
    """Order two of a product as somebody; return the order's id."""
    visitor = await Visitor(url, {"token": await sign_in(url, buyer.email, buyer.password)}).connect()
    try:
        ack = await visitor.ask("cart:set", {"product_id": product, "quantity": 2})
        placed = await visitor.ask("order:place", order(ack["cart"]["total_amount"], str(ObjectId())))
        assert placed["ok"], placed
        return str(placed["order"]["id"])
    finally:
        await visitor.leave()


async def sent(url: str, order_id: str) -> None:
    """Have the demo seller send their part of an order."""
    async with hand(url, "seller") as seller:
        body = {"status": "shipped", "carrier": "DHL", "tracking_number": "JD014600", "note": "Fragile: glass"}
        await asked(seller, "PUT", f"/api/orders/{order_id}/status", **body)


async def at_desk(window: OpenWindow, url: str, path: str, who: Person | str, **size: Any) -> Page:
    """Open a window at a page that asks who one is, and sign in there."""
    page = await window(url + path, **size)
    person = who if isinstance(who, Person) else Person(f"{who}@demo.com", password=PASSWORD)
    await fill(page, email=person.email, password=person.password)
    await expect(page.locator(".account-button")).to_be_visible()
    await expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)
    return page


async def fits(page: Page) -> None:
    """See that nothing sticks out of the window at its side, once it is laid out."""
    await page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
