"""What a seller sees and does: figures that move, orders that arrive, and parcels that leave."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, expect

from bench.shop.books import open_books
from bench.shop.order import order
from tests.browser.conftest import OpenWindow
from tests.browser.person import fill
from tests.patience import PATIENCE
from tests.visitor import sign_in

pytestmark = pytest.mark.browser
SELLER = "studio.nord@demo.com"
COUNT_NOTES = """() => {
  window.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...args) { window.notes += 1; return start.apply(this, args); };
}"""
WORN = """() => [...document.styleSheets].filter((sheet) => !sheet.disabled)
  .map(({href, ownerNode}) => ownerNode.dataset.room ?? href?.match(/.rooms.(\\w+)\\.css$/)?.[1]).filter(Boolean)"""
WEARS = f"(room) => JSON.stringify(({WORN})()) === JSON.stringify([room])"
DRAWN = "canvas => canvas.toDataURL()"


@dataclass
class Stall:
    """A seller's side of the shop, and its customers, past the browser."""

    http: ClientSession
    seller: dict[str, str]

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Ask the server; refusals fail the test."""
        async with self.http.request(method, path, json=body, headers=headers or self.seller) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def sells(self, name: str, price: int, stock: int, category: str) -> str:
        """Put a product on the shelf; return its id."""
        body = {"name": name, "price": price, "stock": stock, "category": category}
        return str((await self.ask("POST", "/api/products/", body))["id"])

    async def holds(self, product: str, quantity: int) -> dict[str, str]:
        """Let somebody put some into a cart; return who."""
        session = {"X-Cart-Session": (await self.ask("POST", "/api/session", {}))["session"]}
        await self.ask("PUT", f"/api/cart/items/{product}", {"quantity": quantity}, **session)
        return session

    async def buys(self, product: str, quantity: int = 1) -> str:
        """Let the demo buyer order some; return the order's id."""
        buyer = {"Authorization": f"Bearer {await sign_in(str(self.http._base_url))}"}
        await self.ask("DELETE", "/api/cart", **buyer)
        cart = await self.ask("PUT", f"/api/cart/items/{product}", {"quantity": quantity}, **buyer)
        total = cart.get("cart", cart)["total_amount"]
        return str((await self.ask("POST", "/api/orders/", order(total, uuid4().hex), **buyer))["id"])

    async def dashboard(self, period: str = "24h") -> Any:
        """Return what the server says of the sales."""
        return await self.ask("GET", f"/api/seller/dashboard?period={period}")


@pytest.fixture
async def stall(shop: Any) -> AsyncIterator[Stall]:
    """Open a stall of one of the demo sellers."""
    async with ClientSession(shop.url) as http:
        yield Stall(http, {"Authorization": f"Bearer {await sign_in(shop.url, SELLER)}"})


async def at_work(window: OpenWindow, url: str, path: str, email: str = SELLER, **how: Any) -> Page:
    """Open a window of the sellers' room, and sign in."""
    page = await window(f"{url}{path}", **how)
    await fill(page, email=email, password="demo123")
    await expect(page.locator(".account-button")).to_be_visible()
    return page


def euros(minor: int) -> str:
    """Write money as an Irish reader does."""
    return f"€{minor / 100:,.2f}"


async def shows(page: Page, told: Any) -> None:
    """Expect figures, charts (by the tables behind them), departments and best sellers to be what the server says."""
    for name, value in (
        ("Revenue", euros(told["totals"]["revenue"])),
        ("Orders", f"{told['totals']['orders']:,}"),
        ("Units", f"{told['totals']['units']:,}"),
        ("Average order", euros(told["totals"]["average_order"])),
    ):
        await expect(page.locator(f'[data-figure="{name}"] .figure-value')).to_have_text(value)
    for title, cells in (
        ("Revenue by", [euros(point["revenue"]) for point in told["series"]]),
        ("Orders by", [str(point["orders"]) for point in told["series"]]),
    ):
        chart = page.locator(".chart").filter(has=page.locator("figcaption", has_text=title)).first
        await expect(chart.locator("td")).to_have_text(cells)
        await expect(chart.locator("canvas")).to_be_visible()
    shares = page.locator(".shares tbody tr")
    await expect(shares.locator("td:last-child")).to_have_text(
        [euros(each["revenue"]) for each in told["by_category"]["items"]]
    )
    best = told["top_products"]["by_revenue"][:8]
    await expect(page.locator(".rank-name")).to_have_text([each["name"] for each in best])


async def test_a_seller_sees_an_order_arrive_and_ships_it(shop: Any, stall: Stall, window: OpenWindow) -> None:
    """It enters at the top with a sound, all figures follow; then it is packed, sent, and half of it refunded."""
    product = await stall.sells("Night Ferry Print", 4200, 12, "art/prints")
    page = await at_work(window, shop.url, "/seller")
    await shows(page, before := await stall.dashboard())
    bars = page.locator(".chart canvas").nth(1)
    drawn = await bars.evaluate(DRAWN)
    sound = page.get_by_role("button", name="Sound when an order arrives")
    await expect(sound).to_have_attribute("aria-pressed", "false")
    await page.evaluate(COUNT_NOTES)
    await sound.click()
    await expect(sound).to_have_attribute("aria-pressed", "true")
    await page.wait_for_function("window.notes === 2")  # it is heard at once what it will be like

    number = await stall.buys(product, 2)
    first = page.locator(".arrival").first
    await expect(first).to_have_attribute("data-order", number)
    await expect(first).to_have_attribute("data-arrived", "")
    await expect(first).to_contain_text("2 \N{MULTIPLICATION SIGN} Night Ferry Print")
    await expect(first).to_contain_text("€84.00")
    await page.wait_for_function("window.notes === 4")
    told = await stall.dashboard()
    assert told["totals"]["orders"] == before["totals"]["orders"] + 1
    await shows(page, told)
    async with asyncio.timeout(PATIENCE):
        while await bars.evaluate(DRAWN) == drawn:
            await asyncio.sleep(0.05)
    await expect(page.locator(".shares")).to_contain_text("Art")
    await page.reload()
    await expect(sound).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".arrival[data-arrived]")).to_have_count(0)
    for period in ("7 days", "30 days", "90 days"):
        await page.get_by_role("button", name=period).click()
        await shows(page, await stall.dashboard(period.replace(" days", "d")))

    await page.get_by_role("link", name="Orders to ship").click()
    part = page.locator(f'.part[data-order="{number}"]')
    await expect(part).to_contain_text("1 Analytical Way")
    await part.get_by_role("button", name="Ship order").click()
    await page.get_by_label("Carrier").fill("Slow Boat")
    await page.get_by_label("Tracking number").fill("SB-1843")
    await page.get_by_role("button", name="It is on its way").click()
    await expect(page.locator(".toast", has_text="is on its way")).to_be_visible()
    await expect(part).to_have_count(0)
    await page.get_by_role("button", name="Shipped").click()
    await expect(part).to_contain_text("Slow Boat, SB-1843")

    await page.evaluate("window.print = () => {}")  # else the slip is gone again before anybody looks
    await part.get_by_role("button", name="Print the packing slip").click()
    await page.emulate_media(media="print")
    await expect(page.locator(".slip")).to_contain_text("Night Ferry Print")
    await expect(page.locator(".head, .part, .page-head, .ways").locator("visible=true")).to_have_count(0)
    await page.emulate_media(media="screen")
    await expect(page.locator(".slip")).to_be_hidden()

    await part.get_by_role("button", name="Refund order").click()
    await page.get_by_role("button", name="Some units").click()
    await page.get_by_role("button", name="Give it back").click()
    await expect(page.locator(".form-problem")).to_contain_text("how many came back")
    await page.get_by_label("Units of Night Ferry Print, of 2").fill("1")
    await page.get_by_label("Why").fill("A corner was bent.")
    await page.get_by_role("button", name="Give it back").click()
    await expect(part).to_contain_text("€42.00 given back")
    await expect(part).to_contain_text("1 unit came back")
    [found] = (await stall.ask("GET", f"/api/orders/seller-orders?q={number}"))["items"]
    assert (found["status"], [each["amount"] for each in found["refunds"]]) == ("shipped", [4200])

    await page.get_by_label("Find").fill("no such thing")
    await expect(page.locator(".note-title")).to_have_text("Nothing found")
    await page.get_by_role("button", name="All", exact=True).click()
    await page.get_by_label("Find").fill("ferry print")
    await expect(part).to_be_visible()
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Export as CSV").click()
    text = (await (await saved.value).path()).read_text()
    assert number in text
    assert len(text.splitlines()) == 2


async def test_after_a_break_a_sellers_screen_is_as_the_shop_is(shop: Any, stall: Stall, window: OpenWindow) -> None:
    """It says that it is not connected, and comes back with what was ordered meanwhile, on both pages."""
    product = await stall.sells("Breakwater Lamp", 9900, 30, "home/lamps")
    page = await at_work(window, shop.url, "/seller?period=7d", refusals=True)
    parcels = await at_work(window, shop.url, "/seller/orders", width=360, refusals=True)
    await shows(page, await stall.dashboard("7d"))
    await expect(page.locator(".moment")).to_have_count(0)  # the page's head says that all is live
    for each in (page, parcels):
        await each.context.set_offline(True)
        await expect(each.locator(".connection")).not_to_have_attribute("data-state", "live")
    await expect(page.locator(".moment")).to_contain_text("Not connected: figures of")
    numbers = [await stall.buys(product) for _ in range(2)]
    for each in (page, parcels):
        await each.context.set_offline(False)
        await expect(each.locator(".connection")).to_have_attribute("data-state", "live")
    await expect(page.locator(".arrival").nth(0)).to_have_attribute("data-order", numbers[1])
    await expect(page.locator(".arrival").nth(1)).to_have_attribute("data-order", numbers[0])
    await shows(page, await stall.dashboard("7d"))
    await expect(page.locator(".moment")).to_have_count(0)
    for number in numbers:
        await expect(parcels.locator(f'.part[data-order="{number}"]')).to_be_visible()
    await stall.ask("PUT", f"/api/orders/{numbers[0]}/status", {"status": "shipped"})
    await expect(parcels.locator(f'.part[data-order="{numbers[0]}"]')).to_have_count(0)
    await expect(page.locator(f'.arrival[data-order="{numbers[0]}"] .tag')).to_have_text("On its way")


async def test_a_seller_sees_what_carts_hold_and_what_runs_out(shop: Any, stall: Stall, window: OpenWindow) -> None:
    """Demand at risk, with how soon it comes back; what is out leads to its stock; an admin sees the same."""
    product = await stall.sells("Harbour Bell", 1500, 3, "art")
    page = await at_work(window, shop.url, "/seller", width=360)
    demand = page.locator(".panel", has=page.locator("#demand"))
    risky = demand.locator(f'[data-product="{product}"]')
    scarce = page.locator(".panel", has=page.locator("#scarce")).locator(f'[data-product="{product}"]')
    await expect(scarce).to_contain_text("Only 3 left")
    session = await stall.holds(product, 3)
    await expect(risky).to_contain_text("3 units in carts · none left")
    await expect(risky).to_contain_text("wanted and scarce")
    await expect(scarce).to_contain_text("All held")
    soon = {"$set": {"expires_at": {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": 240}}}}
    async with open_books(shop) as books:
        await books["carts"].update_one({"lines.product_id": (await books.product(product))["_id"]}, [soon])
    await expect(risky).to_contain_text("3 within five")

    admin = await at_work(window, shop.url, "/seller", email="admin@demo.com")
    await expect(admin.locator(".note-title")).to_have_text("Whose figures?")
    await admin.get_by_label("Seller").select_option(label=f"Studio Nord ({SELLER})")
    await shows(admin, await stall.dashboard())
    await expect(admin.locator(".lines").locator(f'[data-product="{product}"]').first).to_contain_text("3 within five")
    ways = admin.get_by_role("navigation", name="Selling")
    await ways.get_by_role("link", name="Products").click()
    await admin.locator(f'[data-product="{product}"] .own-name').get_by_text("Harbour Bell").click()
    await expect(admin.get_by_label("Name", exact=True)).to_have_value("Harbour Bell")
    await ways.get_by_role("link", name="Stock history").click()
    await expect(admin.locator(".moves tbody tr").first).to_contain_text("Harbour Bell")
    await ways.get_by_role("link", name="Dashboard").click()
    await shows(admin, await stall.dashboard())
    await stall.ask("DELETE", "/api/cart", **session)
    for each in (page, admin):
        await expect(
            each.locator(".panel", has=each.locator("#demand")).locator(f'[data-product="{product}"]')
        ).to_have_count(0)
    await scarce.get_by_role("link", name="Restock Harbour Bell").click()
    await expect(page).to_have_url(f"{shop.url}/seller/products/{product}/stock")
    # The sheets of rooms that were left dress no other room, and not the cart, which is in all of them.
    await page.wait_for_function(WEARS, arg="seller")
    await page.get_by_role("banner").get_by_role("link", name="IvoryCart").click()
    await expect(page.locator(".hero")).to_be_visible()
    await page.wait_for_function(WEARS, arg="shop")
    await page.go_back()
    await expect(page.locator("#stock-work")).to_be_visible()
    await page.wait_for_function(WEARS, arg="seller")
    mine = (await stall.ask("GET", f"/api/products/{product}"))["seller_id"]
    listed = (await stall.ask("GET", "/api/products/?limit=100"))["items"]
    others = next(each["id"] for each in listed if each["seller_id"] != mine)
    for path in ("", "/stock"):
        await page.goto(f"{shop.url}/seller/products/{others}{path}")
        await expect(page.locator(".note-title")).to_have_text("There is no such product.")
    await stall.ask("DELETE", f"/api/products/{product}")
