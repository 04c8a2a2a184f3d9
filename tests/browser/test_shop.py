"""The shop as shoppers meet it: real windows on a real server, side by side."""

import asyncio
import re
from typing import Any

import pytest
from bson import ObjectId
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser.desk import a_product, fits
from tests.browser.wire import ANSWERS, Wire

from .conftest import OpenWindow

pytestmark = pytest.mark.browser
WIDTHS = [360, 768, 1280, 1600]


async def product_with(page: Page, least: int, most: int) -> str:
    """Return the id of the first product of which between `least` and `most` can be had."""
    cards = page.locator(".card[data-product]")
    for index in range(await cards.count()):
        card = cards.nth(index)
        available = int(await card.locator(".badge").get_attribute("data-available") or 0)
        if least <= available <= most:
            return await card.get_attribute("data-product") or ""
    pytest.fail(f"no product with {least} to {most} pieces in the demo data")


async def found(url: str, stock: int) -> tuple[str, str]:
    """Put a new product on the shelves; return its id, and the address where it is found alone."""
    name = f"lamp{ObjectId()}"
    return await a_product(url, name, stock=stock), f"{url}/listing?q={name}"


def card(page: Page, product: str) -> Locator:
    """Find a product's card."""
    return page.locator(f'.card[data-product="{product}"]')


def available(page: Page, product: str) -> Locator:
    """Find a product's badge."""
    return card(page, product).locator(".badge")


async def left(page: Page, product: str) -> int:
    """Read from the badge how many can be had."""
    return int(await available(page, product).get_attribute("data-available") or 0)


async def add(page: Page, product: str, quantity: int = 1) -> None:
    """Put pieces of a product into the cart, and see them held."""
    button = card(page, product).locator(".stepper button").last
    for _ in range(quantity):
        await button.click()
    await expect(page.locator(f'.line[data-product="{product}"] .step-count')).to_have_text(str(quantity))
    await expect(page.locator("[data-busy]")).to_have_count(0)


async def empty(*pages: Page) -> None:
    """Give back what the test held."""
    for page in pages:
        await page.locator('.cart [aria-label="Empty the cart"]').click()
        await expect(page.locator(".cart-empty")).to_be_visible()


async def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until the focus is on an element of `selector`."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("(selector) => document.activeElement?.matches(selector)", selector):
            return
    pytest.fail(f"{selector} was not reached in {most} tabs")


async def test_two_windows_show_each_others_effects(shop: Any, window: OpenWindow) -> None:
    """What one shopper holds leaves the other's badge at once, and comes back when it is put back."""
    one, other = await window(f"{shop.url}/listing"), await window(f"{shop.url}/listing")
    product = await product_with(one, 8, 99)
    before = await left(other, product)
    await add(one, product, 2)
    await expect(available(other, product)).to_have_attribute("data-available", str(before - 2))
    await expect(card(other, product).locator('.key[data-kind="mine"]')).to_have_count(0)
    await empty(one)
    await expect(available(other, product)).to_have_attribute("data-available", str(before))


async def test_tabs_of_one_browser_share_a_cart(shop: Any, window: OpenWindow) -> None:
    """A second tab of the same browser shows the same cart, and follows what is done in the first."""
    first = await window(f"{shop.url}/listing")
    product = await product_with(first, 8, 99)
    await add(first, product)
    second = await first.context.new_page()
    await second.goto(f"{shop.url}/listing")
    line = second.locator(f'.line[data-product="{product}"] .step-count')
    await expect(line).to_have_text("1")
    await card(first, product).locator(".stepper button").last.click()
    await expect(line).to_have_text("2")
    await empty(first)


async def test_clicks_in_two_tabs_at_once_all_count(shop: Any, window: OpenWindow) -> None:
    """No lost update: three more here and three more there are six more, in both tabs."""
    first = await window(f"{shop.url}/listing")
    product = await product_with(first, 8, 99)
    await add(first, product)
    second = await first.context.new_page()
    await second.goto(f"{shop.url}/listing")
    quantities = [tab.locator(f'.line[data-product="{product}"] .step-count') for tab in (first, second)]
    await expect(quantities[1]).to_have_text("1")
    more = [card(tab, product).locator(".stepper button").last for tab in (first, second)]
    for _ in range(3):
        await asyncio.gather(more[0].click(), more[1].click())
    for quantity in quantities:
        await expect(quantity).to_have_text("7")
    await empty(first)


async def test_what_is_pressed_before_the_page_is_live_counts(shop: Any, window: OpenWindow) -> None:
    """The first screen is there before the socket: a press is kept, and put on top of what the cart is."""
    page = await window(f"{shop.url}/listing")
    product = await product_with(page, 8, 99)
    await add(page, product)
    held: asyncio.Event = asyncio.Event()

    async def hold(route: Route) -> None:
        """Let the socket's library wait."""
        await held.wait()
        await route.continue_()

    await page.route(re.compile(r"/socket(\.js|\.io\.esm\.min\.js)$"), hold)
    await page.reload()
    await card(page, product).locator(".stepper button").last.click()
    await expect(page.locator(".connection")).to_have_attribute("data-state", "connecting")
    await expect(card(page, product).locator("[data-busy]")).to_have_count(1)
    held.set()
    await expect(page.locator(f'.line[data-product="{product}"] .step-count')).to_have_text("2")
    await empty(page)


async def test_the_countdown_runs(shop: Any, window: OpenWindow) -> None:
    """The hold is shown as minutes and seconds that go down."""
    page = await window(f"{shop.url}/listing")
    await add(page, await product_with(page, 8, 99))
    timer = page.locator(".hold-time")
    await expect(timer).to_have_text(re.compile(r"^\d+:[0-5]\d$"))
    shown = await timer.inner_text()
    await expect(timer).not_to_have_text(shown)
    assert seconds(await timer.inner_text()) < seconds(shown)
    await empty(page)


def seconds(clock_face: str) -> int:
    """Read m:ss."""
    minutes, rest = clock_face.split(":")
    return int(minutes) * 60 + int(rest)


async def test_a_shopper_hears_when_others_run_a_product_low(shop: Any, window: OpenWindow) -> None:
    """An alert comes to the window whose cart holds the product, not to the one that took the rest."""
    product, shelf = await found(shop.url, stock=6)
    holder, taker = await window(shelf), await window(shelf)
    await add(holder, product)
    await expect(available(taker, product)).to_have_attribute("data-available", str(await left(holder, product)))
    await add(taker, product, await left(taker, product) - 2)
    alert = holder.locator('.toast[data-tone="alert"]')
    await expect(alert).to_contain_text("left")
    await expect(available(holder, product)).to_have_attribute("data-state", "low")
    await expect(taker.locator('.toast[data-tone="alert"]')).to_have_count(0)
    await alert.get_by_role("button").click()
    await expect(alert).to_have_count(0)
    await empty(holder, taker)


async def test_the_last_piece_is_shown_as_held_with_its_release(shop: Any, window: OpenWindow) -> None:
    """Where everything is in carts, the badge says when the next piece may come free, and it cannot be added."""
    product, shelf = await found(shop.url, stock=2)
    holder, other = await window(shelf), await window(shelf)
    await add(holder, product, await left(holder, product))
    await expect(available(other, product)).to_have_attribute("data-state", "held")
    await expect(available(other, product)).to_have_text(re.compile(r"All held, next in \d+:[0-5]\d"))
    await expect(available(holder, product)).to_have_text("All in your cart")
    await expect(card(other, product).locator(".stepper")).to_have_count(0)
    await expect(card(other, product).get_by_role("button")).to_contain_text("Tell me when")
    await empty(holder)
    await expect(available(other, product)).to_have_attribute("data-state", "low")


async def test_no_click_is_lost_between_a_stock_change_and_the_answer_it_came_of(shop: Any, window: OpenWindow) -> None:
    """Of two pieces one is taken, and its stock change comes before its answer: the other may still be taken."""
    product, shelf = await found(shop.url, stock=2)
    page = await window(shelf)
    wire = await Wire.of(page)
    await expect(page.locator(".cart-empty")).to_be_visible()
    more = card(page, product).locator(".stepper button").last
    wire.hold(ANSWERS)
    await more.click()
    await expect(available(page, product)).to_have_attribute("data-available", "1")
    await expect(card(page, product).locator(".step-count")).to_have_text("1")
    await more.click()
    await expect(card(page, product).locator(".step-count")).to_have_text("2")
    await expect(more).to_have_attribute("aria-disabled", "true")
    wire.release()
    await expect(page.locator(f'.line[data-product="{product}"] .step-count')).to_have_text("2")
    await expect(page.locator("[data-busy]")).to_have_count(0)
    await expect(available(page, product)).to_have_text("All in your cart")
    await expect(page.locator('.toast[data-tone="error"], [data-remark]')).to_have_count(0)
    await empty(page)


async def test_a_break_of_the_network_is_shown_and_mended(shop: Any, window: OpenWindow) -> None:
    """The connection's state is in sight; what happened during the break is there after it."""
    # what the page happens to ask for during the break fails, and the browser notes that
    page, other = await window(f"{shop.url}/listing", refusals=True), await window(f"{shop.url}/listing")
    product = await product_with(page, 8, 99)
    before = await left(page, product)
    await page.context.set_offline(True)
    await expect(page.locator(".connection")).to_have_text("Offline")
    await add(other, product)
    await page.context.set_offline(False)
    await expect(page.locator(".connection")).to_have_text("Live")
    await expect(available(page, product)).to_have_attribute("data-available", str(before - 1))
    await empty(other)


async def test_the_keyboard_alone_leads_from_the_grid_to_the_checkout(shop: Any, window: OpenWindow) -> None:
    """Skip link, add, to the cart, on to the checkout: no pointer needed, and the focus is never lost."""
    page = await window(f"{shop.url}/listing")
    product = await product_with(page, 8, 99)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the products")).to_be_focused()
    await page.keyboard.press("Enter")
    await tab_to(page, f'.card[data-product="{product}"] .stepper button', most=400)
    await page.keyboard.press("Enter")
    await expect(page.locator(f'.line[data-product="{product}"]')).to_be_visible()
    await expect(card(page, product).locator(".stepper button").last).to_be_focused()
    await tab_to(page, ".card-mine", most=1)
    await page.keyboard.press("Enter")
    await tab_to(page, ".button-main")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Where to?")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()


@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_sticks_out_and_everything_can_be_touched(shop: Any, window: OpenWindow, width: int) -> None:
    """From a small phone to a wide screen: no sideways scrolling, no control smaller than 44 pixels."""
    page = await window(f"{shop.url}/listing", width=width)
    await expect(page.locator(".cart-bar")).to_have_count(0)
    product = await product_with(page, 8, 99)
    await card(page, product).locator(".stepper button").last.click()
    if width < 1024:  # the cart is not beside the shelf, and its bar comes with the first piece
        bar = page.locator(".cart-bar-button")
        await expect(bar).to_contain_text("1 item")
        await bar.click()
    await expect(page.locator(".line")).to_have_count(1)
    await fits(page)
    small = await page.evaluate(
        """() => [...document.querySelectorAll('button, summary, .card-mine, .brand')]
            .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 43.5)
            .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert small == []
    await empty(page)


@pytest.mark.parametrize("injected", ["<script>window.broken = 1</script>", "<img src=x onerror='window.broken = 1'>"])
async def test_the_policy_stops_what_is_injected(shop: Any, browser: Browser, injected: str) -> None:
    """Even markup that got into the page would not run: strings cannot become markup at all."""
    page = await browser.new_page()
    await page.goto(shop.url)
    refused = await page.evaluate(
        "(markup) => { try { document.body.innerHTML += markup; return false; } catch { return true; } }", injected
    )
    assert refused
    assert await page.evaluate("window.broken") is None
    await page.context.close()
