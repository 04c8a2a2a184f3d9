"""A courier's worklist on a phone: what is sent appears, whoever takes it has it, and the buyer hears of it."""

from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.desk import a_product, an_order, asked, at_desk, fits, hand, sent
from tests.browser.person import Person, registered, sign_in

pytestmark = pytest.mark.browser
MAP = "https://www.openstreetmap.org/search?query="
ADDRESS = "1%20Analytical%20Way%2C%20N1%20London%2C%20United%20Kingdom"
PHONE = {"width": 360, "height": 780}


def row(page: Page, order_id: str) -> Locator:
    """Find an order in the list."""
    return page.locator(f'.bring[data-order="{order_id}"]')


async def lists(page: Page, name: str) -> None:
    """Go to one of the lists at the bottom edge."""
    await page.get_by_role("navigation", name="Lists").get_by_role("link", name=name).click()


async def a_courier(url: str) -> Person:
    """Make somebody a courier."""
    person = await registered(url)
    async with hand(url, "admin") as admin:
        [user] = (await asked(admin, "GET", f"/api/admin/users?q={person.email}"))["items"]
        await asked(admin, "PUT", f"/api/admin/users/{user['id']}/role", role="delivery")
    return person


async def test_an_order_is_taken_and_handed_over_on_a_phone(shop: Any, window: OpenWindow) -> None:
    """It comes live, leaves another courier's list when it is taken, and the buyer is told that it has come."""
    product, buyer = await a_product(shop.url, "Reading Lamp"), await registered(shop.url)
    order_id = await an_order(shop.url, product, buyer)
    home = await window(shop.url, refusals=True)
    await sign_in(home, buyer)
    page = await at_desk(window, shop.url, "/delivery", "delivery", **PHONE)
    other = await at_desk(window, shop.url, "/delivery", await a_courier(shop.url), **PHONE)
    await expect(row(page, order_id)).to_have_count(0)

    await sent(shop.url, order_id)
    for each in (page, other):
        await expect(row(each, order_id)).to_contain_text("1 Analytical Way")
        await expect(row(each, order_id)).to_contain_text("New")
    await row(page, order_id).locator(".bring-open").click()
    sheet = page.get_by_role("dialog")
    where = sheet.get_by_role("link", name="Map")
    await expect(where).to_have_attribute("href", MAP + ADDRESS)
    await expect(where).to_have_attribute("rel", "noopener noreferrer")
    for words in ("Reading Lamp", "DHL JD014600", "Fragile: glass"):
        await expect(sheet).to_contain_text(words)
    await fits(page)

    await row(other, order_id).locator(".bring-open").click()
    await sheet.get_by_role("button", name="I bring it").click()
    await expect(sheet).to_have_count(0)
    await expect(row(page, order_id)).to_have_count(0)
    await expect(row(other, order_id)).to_have_count(0)
    await expect(other.locator(".brief-gone")).to_contain_text("not on your lists any more")
    await other.get_by_role("button", name="Back to the list").click()
    await expect(other.locator(".bring-news")).to_contain_text("Somebody else brings it: Ada, London")

    await lists(page, "Mine")
    await row(page, order_id).locator(".bring-act").click()
    await sheet.get_by_role("button", name="Not yet").click()
    await sheet.get_by_role("button", name="Delivered").click()
    await sheet.get_by_label("Where you left it").fill("With the porter")
    await fits(page)
    await sheet.get_by_role("button", name="Yes, delivered").click()
    await expect(sheet).to_have_count(0)
    await expect(row(page, order_id)).to_have_count(0)
    await lists(page, "Done")
    await expect(row(page, order_id)).to_contain_text("“With the porter”")
    await expect(row(page, order_id)).to_contain_text("Delivered")
    await expect(home.locator(".toast").filter(has_text="Your order was delivered")).to_be_visible()
    await fits(page)


async def test_what_is_pressed_without_a_connection_is_refused_clearly(shop: Any, window: OpenWindow) -> None:
    """Nothing is sent later behind one's back; once back, the list is as it is by then, and a press counts again."""
    product, buyer = await a_product(shop.url, "Desk Lamp"), await registered(shop.url)
    first, second = [await an_order(shop.url, product, buyer) for _ in range(2)]
    await sent(shop.url, first)
    page = await at_desk(window, shop.url, "/delivery", await a_courier(shop.url), refusals=True, **PHONE)
    take = row(page, first).locator(".bring-act")
    await expect(take).to_be_visible()
    await page.context.set_offline(True)
    await expect(page.locator(".bring-away")).to_contain_text("No connection")
    await take.click()
    await expect(page.locator(".toast[data-tone=error]")).to_contain_text("Nothing was sent, nothing has changed")
    await sent(shop.url, second)
    await page.context.set_offline(False)
    await expect(page.locator(".bring-away")).to_have_count(0)
    await expect(row(page, second)).to_contain_text("New")
    await take.click()
    await expect(row(page, first)).to_have_count(0)
    await lists(page, "Mine")
    await row(page, first).locator(".bring-open").click()
    await page.get_by_role("button", name="Leave it to others").click()
    await expect(page.locator(".note-title")).to_have_text("You bring nothing right now")
    await lists(page, "To take")
    await expect(row(page, first)).to_be_visible()
    async with hand(shop.url, "delivery") as courier:  # nothing stays on the way for tests that come later
        for order_id in (first, second):
            await asked(courier, "PUT", f"/api/orders/{order_id}/status", status="delivered")
    await expect(row(page, first)).to_have_count(0)
