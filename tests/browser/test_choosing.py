"""The page on which people choose what they are told, and the way there from a mail."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenWindow
from tests.browser.person import choose, registered, sign_in

pytestmark = pytest.mark.browser
MAILED = "Something in your cart is running out: by mail"


async def test_what_is_turned_off_stays_off_and_the_page_says_so(shop: Any, window: OpenWindow) -> None:
    """On the next visit, too; whoever follows a mail's link without being signed in is let in first."""
    person = await registered(shop.url)
    page = await window(f"{shop.url}/account/notifications")
    await expect(page.get_by_role("heading", name="Sign in to choose what we tell you")).to_be_visible()
    await page.goto(shop.url)
    await sign_in(page, person)
    await choose(page, "What we tell you")
    box = page.get_by_label(MAILED)
    await expect(box).to_be_checked()
    async with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        await box.click()
    await expect(box).not_to_be_checked()
    await page.reload()
    await expect(page.get_by_label(MAILED)).not_to_be_checked()
    await expect(page.get_by_label("Something in your cart is running out: here")).to_be_checked()
