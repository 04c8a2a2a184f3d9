"""A first visit has its scripts within the page; the next finds them in the browser's cache."""

from typing import Any

import pytest
from playwright.async_api import Page, Request, expect

from handlers.built import KEPT_COOKIE
from tests.browser.conftest import OpenWindow

pytestmark = pytest.mark.browser
WITHIN = "[...document.scripts].filter(({src, type}) => !src && type === 'module').length"
CAME = """Object.fromEntries(performance.getEntriesByType('resource')
    .map(({name, transferSize}) => [name.split('/').at(-1), transferSize]))"""


async def walk(page: Page) -> None:
    """Go through rooms that were not there yet, and back."""
    await page.get_by_role("link", name="Sign in", exact=True).first.click()
    await expect(page.locator('main input[name="email"]')).to_be_visible()
    await page.go_back()
    await expect(page.locator(".card[data-product]").first).to_be_visible()
    await page.locator(".brand").click()
    await expect(page.locator(".strip .card[data-product]").first).to_be_visible()


async def test_the_next_visit_is_answered_from_the_browsers_cache(shop: Any, window: OpenWindow) -> None:
    """Rooms that come later work with what came within the page, and with files; nothing is fetched twice."""
    page = await window(f"{shop.url}/listing")
    assert await page.evaluate(WITHIN) == 1
    asked: list[str] = []
    page.on("request", lambda request: asked.append(_name(request)))
    await walk(page)
    cookies: dict[str, str] = {}
    while KEPT_COOKIE not in cookies:
        cookies = {each.get("name", ""): each.get("value", "") for each in await page.context.cookies()}
        await page.wait_for_timeout(100)
    assert {"app.js", "app.css", "shop.js", "shop.css"} <= set(asked)

    await page.goto(f"{shop.url}/listing")
    await expect(page.locator(".connection")).to_have_attribute("data-state", "live")
    assert await page.evaluate(WITHIN) == 0
    came = await page.evaluate(CAME)
    assert {came[name] for name in ("app.js", "app.css", "shop.js", "shop.css")} == {0}
    await walk(page)


def _name(request: Request) -> str:
    return request.url.rsplit("/", 1)[-1]
