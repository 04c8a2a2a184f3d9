"""What people are told in their browser, and the page on which they choose what that is."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import expect

from bench.shop.books import open_books
from models.identity import owner_of_user
from tests.browser.conftest import OpenWindow
from tests.browser.person import choose, registered, sign_in
from tests.patience import PATIENCE

pytestmark = pytest.mark.browser
MAILED = "Something in your cart is running out: by mail"


async def test_what_is_turned_off_stays_off_and_the_page_says_so(shop: Any, window: OpenWindow) -> None:
    """On the next visit, too; whoever follows a mail's link without being signed in is let in first."""
    person = await registered(shop.url)
    page = await window(f"{shop.url}/account/notifications")
    await expect(page.get_by_role("heading", name="Sign in: what we tell you")).to_be_visible()
    await page.goto(shop.url)
    await sign_in(page, person)
    await choose(page, "Your account")
    await page.get_by_role("navigation", name="Your account").get_by_role("link", name="What we tell you").click()
    box = page.get_by_label(MAILED)
    await expect(box).to_be_checked()
    async with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        await box.click()
    await expect(box).not_to_be_checked()
    await page.reload()
    await expect(page.get_by_label(MAILED)).not_to_be_checked()
    await expect(page.get_by_label("Something in your cart is running out: here")).to_be_checked()


async def test_news_of_any_kind_is_shown_and_dismissed_as_seen(shop: Any, window: OpenWindow) -> None:
    """By its line for people, and what it is about."""
    person = await registered(shop.url)
    page = await window(shop.url)
    await sign_in(page, person)
    async with open_books(shop) as books:
        user = await books["users"].find_one({"email": person.email})
        data = {"product_id": "a" * 24, "name": "Moon vase", "reason": "a fake"}
        row = {"key": person.email, "to": owner_of_user(str(user["_id"])), "kind": "product_disabled", "data": data}
        await books["notifications"].insert_one({**row, "at": datetime.now(UTC), "seen": False})
        toast = page.locator(".toast", has_text="taken off the shelves")
        await expect(toast).to_contain_text("Moon vase: a fake")
        await toast.get_by_role("button").click()
        async with asyncio.timeout(PATIENCE):
            while not (await books["notifications"].find_one({"key": person.email}))["seen"]:
                await asyncio.sleep(0.05)
