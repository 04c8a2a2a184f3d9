"""Shoppers who want the same: the last unit, what comes back from a cart, and what runs low in one."""

import re
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from playwright.async_api import Page, expect

from bench.shop.books import open_books
from tests.browser.buying import PUT, buys, enter, line, put, to_checkout
from tests.browser.conftest import OpenWindow
from tests.browser.desk import a_product, asked, hand
from tests.browser.person import registered, sign_in
from tests.browser.wire import ANSWERS, EVENTS, Wire
from tests.forked import ForkedShop, Forks
from tests.system.mailbox import Mailbox, PostOffice

pytestmark = pytest.mark.browser
HOLD = 8  # seconds


def more(page: Page, product: str) -> Any:
    """Find the button that takes one more, in the cart."""
    return line(page, product).locator(".stepper button").last


async def test_two_browsers_race_for_the_last_unit(shop: Any, window: OpenWindow) -> None:
    """One gets it, and orders it; the other is told so beside the line, and keeps what it holds."""
    async with open_books(shop) as books:
        product = await books.add_product(stock=3)
        price = (await books.product(product))["price"]
    pages = [await window(f"{shop.url}/order/cart") for _ in range(2)]
    for page in pages:
        assert await put(page, product) == 200
    for page in pages:
        await expect(line(page, product)).to_contain_text("Only 1 more left.")
    wires = [await Wire.of(page) for page in pages]
    for page in pages:
        await expect(line(page, product)).to_contain_text("Only 1 more left.")
    for wire in wires:  # each takes it before it hears of the other: on a busy machine no two clicks are at one moment
        wire.hold(ANSWERS, EVENTS)
    for page in pages:
        await more(page, product).click()
    for wire in wires:
        wire.release()
    counts = [line(page, product).locator(".step-count") for page in pages]
    for page in pages:
        await expect(line(page, product)).to_contain_text(re.compile("You hold the last of it|No more just now"))
    for page in pages:  # both have clicked, and are answered
        await expect(page.locator("[data-busy]")).to_have_count(0)
    had = [int(await count.inner_text()) for count in counts]
    assert sorted(had) == [1, 2]
    winner, loser = (pages[had.index(2)], pages[had.index(1)])
    await expect(line(loser, product).locator('[data-remark="short"]')).to_contain_text("others hold the rest")
    await expect(more(loser, product)).to_have_attribute("aria-disabled", "true")
    await to_checkout(winner)
    await enter(winner, await registered(shop.url))
    await buys(winner, f"{2 * price / 100:.2f}")
    await expect(line(loser, product).locator(".step-count")).to_have_text("1")
    await loser.get_by_role("button", name="Empty the cart").click()


async def test_what_did_not_fit_when_two_carts_became_one_is_said_until_it_is_changed(
    shop: Any, window: OpenWindow
) -> None:
    """With its reason, which is the most per cart here; after a reload, too."""
    product = await a_product(shop.url, "Rope", max_per_cart=10)
    person = await registered(shop.url)
    async with hand(shop.url, person.email, person.password) as http:
        await asked(http, "PUT", f"/api/cart/items/{product}", quantity=5)
    page = await window(f"{shop.url}/order/cart")
    assert await put(page, product, 8) == 200
    await expect(line(page, product)).to_be_visible()
    await sign_in(page, person)
    remark = line(page, product).locator('[data-remark="clipped"]')
    for _ in range(2):
        await expect(remark).to_have_text("You wanted 13. The most per cart is 10.")
        await page.reload()
    await line(page, product).get_by_role("button", name="One Rope less").click()
    await expect(line(page, product).locator(".step-count")).to_have_text("9")
    await expect(remark).to_have_count(0)
    await page.reload()
    await expect(line(page, product).locator(".step-count")).to_have_text("9")
    await expect(remark).to_have_count(0)
    await page.get_by_role("button", name="Empty the cart").click()
    await expect(page.locator(".cart-empty")).to_be_visible()


async def test_a_hold_ends_for_both_to_see(tmp_path: Path, forks: Forks, window: OpenWindow) -> None:
    """The cart explains what went and takes it again at a press; whoever else looks sees it come free."""
    shop = await ForkedShop.of(forks, tmp_path / "data", {"DEMO": "true", "HOLD_SECONDS": str(HOLD)}).start()
    async with open_books(shop) as books:
        product = await books.add_product(stock=2)
    holder, other = await window(f"{shop.url}/order/cart"), await window(f"{shop.url}/order/cart")
    assert await put(other, product) == 200
    assert await put(holder, product) == 200
    ring = holder.locator("main .ring")
    await expect(ring).to_have_attribute("data-soon", "")
    await expect(ring.locator(".hold-time")).to_have_text(re.compile(r"0:0[1-8]"))
    await expect(line(other, product)).to_contain_text("You hold the last of it")
    await other.evaluate(PUT, [product, 1])  # whoever comes back to their cart holds it on
    released = holder.locator(".released")
    await expect(released).to_contain_text("Your hold ended")
    await expect(released).to_contain_text("Tea")
    await expect(holder.locator(".cart-empty")).to_be_visible()
    await holder.reload()  # it is said until it was read
    await expect(released).to_contain_text("Tea")
    await released.get_by_role("button", name="Hold again").click()
    await expect(line(holder, product).locator(".step-count")).to_have_text("1")
    await expect(released).to_have_count(0)
    await to_checkout(holder)
    await expect(holder.locator(".strip .hold-time")).to_be_visible()
    await expect(holder.locator("main")).to_contain_text("Your hold ended")
    for page in (holder, other):
        await page.context.close()  # before the server goes, or the console would complain
    assert await shop.stop() == 0


async def test_a_holder_is_told_by_toast_and_by_mail_when_others_run_it_low(
    tmp_path: Path, forks: Forks, window: OpenWindow, mailbox: Mailbox, post_office: PostOffice
) -> None:
    """Without an account: the cart's page takes an address, the line says how many are left, and a mail comes."""
    settings = {"DEMO": "true", "SMTP_URL": post_office.url}
    shop = await ForkedShop.of(forks, tmp_path / "data", settings).start()
    async with open_books(shop) as books:
        product = await books.add_product(stock=8)
    holder, taker = await window(f"{shop.url}/order/cart"), await window(f"{shop.url}/order/cart")
    await put(holder, product)
    email = f"{ObjectId()}@example.org"
    await holder.get_by_text("Email me when something runs low").click()
    await holder.get_by_label("Email address").fill(email)
    await holder.get_by_role("button", name="Warn me").click()
    await expect(holder.locator(".warn-done")).to_contain_text(email)
    await put(taker, product, 4)
    await expect(holder.locator('.toast[data-tone="alert"]')).to_contain_text("only 3 left")
    await expect(line(holder, product)).to_contain_text("Only 3 more left.")
    await expect(taker.locator('.toast[data-tone="alert"]')).to_have_count(0)
    [mail] = await mailbox.receives(email)
    assert "3" in str(mail["Subject"]) + str(mail.get_body(("plain",)))
    for page in (holder, taker):
        await page.context.close()
    assert await shop.stop() == 0
