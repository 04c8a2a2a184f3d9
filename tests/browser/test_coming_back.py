"""What open windows do when the server was away, or when they slept: they come back by themselves, nothing is stale."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import unused_port
from bson import ObjectId
from playwright.async_api import Page, expect

from bench.pages.lively import bearer, call, ordered
from tests.browser.conftest import OpenWindow
from tests.forked import ForkedShop, Forks, in_a_database

pytestmark = pytest.mark.browser


@dataclass
class Pair:
    """Two servers of one shop: the windows' own, which is killed, and another by which life goes on."""

    ours: ForkedShop
    other: ForkedShop
    http: ClientSession

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask the other one."""
        return await call(self.http, method, path, body, **headers)

    async def product(self) -> dict[str, Any]:
        """Add a product of the demo's seller."""
        body = {
            "name": f"Tea {ObjectId()}",
            "description": "Loose.",
            "price": 700,
            "category": "pantry/tea",
            "stock": 20,
        }
        made: dict[str, Any] = await self.ask("POST", "/api/products/", body, **await bearer(self.http, "seller"))
        return made

    async def available(self, product: str) -> str:
        """Return how many of a product can be had."""
        return str((await self.ask("GET", f"/api/products/{product}"))["available"])


@pytest.fixture
async def pair(tmp_path: Path, mongo_uri: str, forks: Forks) -> AsyncIterator[Pair]:
    """Start both; ours keeps its port, so that windows find it again."""
    settings = in_a_database(mongo_uri, DEMO="true")
    ours = ForkedShop.of(forks, tmp_path / "ours" / "data", settings | {"PORT": str(unused_port())})
    other = ForkedShop.of(forks, tmp_path / "other" / "data", settings)
    await ours.start()
    await other.start()
    async with ClientSession(other.url) as http:
        yield Pair(ours, other, http)
    await ours.stop()
    await other.stop()


def badge(page: Page, product: str) -> Any:
    """Find the level of a product's card."""
    return page.locator(f'.card[data-product="{product}"] .badge')


async def state(page: Page, wanted: str) -> None:
    """See the connection in a state."""
    await expect(page.locator(".connection")).to_have_attribute("data-state", wanted)


async def test_after_the_server_was_killed_everything_comes_back_live(pair: Pair, window: OpenWindow) -> None:
    """A listing, a cart, a dashboard, and a room that was asked for meanwhile; another server went on selling."""
    product = await pair.product()
    own = product["id"]
    listing = await window(f"{pair.ours.url}/listing?q={product['name']}", refusals=True)
    await listing.locator(f'.card[data-product="{own}"] .stepper button').last.click()
    await expect(listing.locator(f'.line[data-product="{own}"]')).to_be_visible()
    cart = await listing.context.new_page()
    await cart.goto(f"{pair.ours.url}/order/cart")
    await expect(cart.locator(f'.line[data-product="{own}"]')).to_be_visible()
    newcomer = await listing.context.new_page()
    await newcomer.goto(pair.ours.url)
    seller = await window(f"{pair.ours.url}/login", refusals=True)
    await seller.locator('input[name="email"]').fill("seller@demo.com")
    await seller.locator('input[name="password"]').fill("demo123")
    await seller.locator('main button[type="submit"]').first.click()
    await expect(seller.locator(".account-button")).to_be_visible()
    await seller.goto(f"{pair.ours.url}/seller?period=7d")
    orders = seller.locator('[data-figure="Orders"] .figure-value')
    pages = (listing, cart, newcomer, seller)
    for page in pages:
        await state(page, "live")
    before = await orders.inner_text()

    await pair.ours.kill()
    for page in pages:
        await state(page, "reconnecting")
    for step in await listing.locator(f'[data-product="{own}"] .stepper button').all():
        await expect(step).to_have_attribute("aria-disabled", "true")  # pressing it would only fail
    await newcomer.get_by_role("link", name="Sign in", exact=True).first.click()
    await expect(newcomer.locator("main h1")).to_have_text("This page could not be loaded")
    assert await ordered(pair.http, await bearer(pair.http, "buyer"), [product])
    session = await listing.evaluate("localStorage.getItem('ivorycart.session')")
    who = {"X-Cart-Session": session}
    await pair.ask("PUT", f"/api/cart/items/{own}", {"quantity": 3}, **who)

    await pair.ours.start()
    for page in pages:
        await state(page, "live")
    await expect(badge(listing, own)).to_have_attribute("data-available", await pair.available(own))
    for page in (listing, cart):
        await expect(page.locator(f'.line[data-product="{own}"] .stepper')).to_contain_text("3")
    await expect(newcomer.locator('main input[name="email"]')).to_be_visible()
    await expect(orders).not_to_have_text(before)  # sales are rolled up after the orders
    told = await pair.ask("GET", "/api/seller/dashboard?period=7d", **await bearer(pair.http, "seller"))
    await expect(orders).to_have_text(f"{told['totals']['orders']:,}")
    await listing.locator(f'.line[data-product="{own}"] .stepper button').last.click()  # it is not only to be looked at
    await expect(cart.locator(f'.line[data-product="{own}"] .stepper')).to_contain_text("4")
    for page in pages:
        await page.close()  # before the server goes, or the consoles would complain


async def test_a_window_that_slept_while_the_server_forgot_is_right_again(pair: Pair, window: OpenWindow) -> None:
    """Frozen as browsers do with hidden tabs; meanwhile the server is another process, which knows nothing of it."""
    product = await pair.product()
    own = product["id"]
    listing = await window(f"{pair.ours.url}/listing?q={product['name']}", refusals=True)
    await expect(badge(listing, own)).to_have_attribute("data-available", "20")
    life = await listing.context.new_cdp_session(listing)
    await life.send("Page.setWebLifecycleState", {"state": "frozen"})
    await pair.ours.kill()
    seller = await bearer(pair.http, "seller")
    await pair.ask(
        "POST", f"/api/products/{own}/stock", {"change_type": "restock", "delta": 5, "reason": "found"}, **seller
    )
    await pair.ask("PUT", f"/api/products/{own}/price", {"price": 650}, **seller)
    await pair.ours.start()
    await life.send("Page.setWebLifecycleState", {"state": "active"})
    await state(listing, "live")
    await expect(badge(listing, own)).to_have_attribute("data-available", "25")
    await expect(listing.locator(f'.card[data-product="{own}"] .card-price')).to_contain_text("6.50")
    await listing.close()
