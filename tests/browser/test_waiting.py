"""Waiting for what is out, as shoppers meet it: asking to be told, standing in line, and taking what is kept."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.async_api import Locator, Page, expect

from bench.shop.books import Books, open_books
from bench.shop.running import RunningShop
from tests.browser.conftest import OpenWindow
from tests.visitor import Visitor

pytestmark = pytest.mark.browser


class Scene(NamedTuple):
    """A shop with one piece of one product, which somebody holds."""

    shop: RunningShop
    books: Books
    holder: Visitor
    tea: str

    def card(self, page: Page) -> Locator:
        """Find the product's card."""
        return page.locator(f'.card[data-product="{self.tea}"]')

    async def joins(self, page: Page, email: str) -> None:
        """Ask to be told, not signed in."""
        await self.card(page).get_by_role("button", name="Tell me when").click()
        await self.card(page).get_by_label("Email address").fill(email)
        await self.card(page).get_by_role("button", name="Tell me", exact=True).click()
        await expect(self.card(page).locator('[data-line="waiting"]')).to_be_visible()

    async def run_out(self, place: int) -> None:
        """Let an offer end now, by the database's clock."""
        ended = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": 1}}
        row = f"{self.tea}:{place}"
        await self.books["waiting"].update_one({"_id": row}, [{"$set": {"offer_expires_at": ended}}])
        await self.books["carts"].update_one({"_id": f"o:{row}"}, [{"$set": {"expires_at": ended}}])


@asynccontextmanager
async def all_held(folder: Path) -> AsyncIterator[Scene]:
    """Open a shop whose only piece is held."""
    shop = await RunningShop(folder / "data", {"MAILS_PER_HOUR": "100000"}).start()
    async with open_books(shop) as books:
        tea = await books.add_product(1)
        holder = await Visitor(shop.url).connect()
        await holder.sees(tea, available=1)
        assert (await holder.ask("cart:set", {"product_id": tea, "quantity": 1}))["ok"]
        yield Scene(shop, books, holder, tea)
        await holder.leave()
    assert await shop.stop() == 0


async def test_whoever_asked_is_told_and_takes_what_is_kept(tmp_path: Path, window: OpenWindow) -> None:
    """In line, seen by others as one who waits, remembered over a reload; then one's own, with a countdown."""
    async with all_held(tmp_path) as scene:
        page, other = await window(f"{scene.shop.url}/listing"), await window(f"{scene.shop.url}/listing")
        badge = scene.card(other).locator(".badge")
        await expect(badge).to_have_text(re.compile(r"All held, next in \d+:[0-5]\d"))
        await scene.joins(page, "ann@example.org")
        await expect(scene.card(page)).to_contain_text("You are in line (1 waiting)")
        await expect(badge).to_have_text("All held, 1 waiting")
        await expect(scene.card(page).locator(".badge")).to_have_text(re.compile("next in"))
        await scene.joins(other, "bob@example.org")
        await page.reload()
        await expect(scene.card(page)).to_contain_text("You are in line (2 waiting)")
        await scene.holder.ask("cart:clear")
        offer = page.locator(".toast.offer")
        await expect(offer).to_contain_text(re.compile(r"is back.*One is kept for you: 1:[0-5]\d"))
        await expect(scene.card(page).locator('[data-line="offered"]')).to_be_visible()
        await expect(scene.card(page).locator(".badge")).to_have_text("One is kept for you, 1 waiting")
        await expect(scene.card(page).locator('.key[data-kind="mine"]')).to_have_count(1)
        await expect(other.locator(".toast.offer")).to_have_count(0)
        await offer.get_by_role("button", name="Take").click()
        await expect(page.locator(f'.line[data-product="{scene.tea}"] .step-count')).to_have_text("1")
        await expect(offer).to_have_count(0)
        for each in (page, other):
            await each.context.close()  # before the server goes, or the console would complain


async def test_what_is_left_or_runs_out_goes_to_the_next(tmp_path: Path, window: OpenWindow) -> None:
    """Leaving takes one press; who was too late is told, and can ask again."""
    async with all_held(tmp_path) as scene:
        first, second = await window(f"{scene.shop.url}/listing"), await window(f"{scene.shop.url}/listing")
        await scene.joins(first, "ann@example.org")
        await scene.card(first).get_by_role("button", name="Leave the line").click()
        await expect(scene.card(first).get_by_role("button", name="Tell me when")).to_be_visible()
        await scene.joins(first, "ann@example.org")
        await scene.joins(second, "bob@example.org")
        await scene.holder.ask("cart:clear")
        await expect(first.locator(".toast.offer")).to_be_visible()
        await scene.run_out(2)
        await expect(first.locator('.toast[data-tone="info"]')).to_contain_text("Your turn for")
        await expect(second.locator(".toast.offer")).to_be_visible()
        await expect(first.locator(".toast.offer")).to_have_count(0)
        await expect(scene.card(first).get_by_role("button", name="Tell me when")).to_be_visible()
        for each in (first, second):
            await each.context.close()


async def test_the_link_of_the_mail_leads_to_the_product(tmp_path: Path, window: OpenWindow) -> None:
    """It is a page that there is, the product's own, and a wrong address is refused in words."""
    async with all_held(tmp_path) as scene:
        page = await window(f"{scene.shop.url}/?product={scene.tea}", width=390)
        await expect(page).to_have_url(f"{scene.shop.url}/product/{scene.tea}")
        product = page.locator(f'.product[data-product="{scene.tea}"]')
        await product.get_by_role("button", name="Tell me when").click()
        await product.get_by_label("Email address").fill("nobody@nowhere")
        await product.get_by_role("button", name="Tell me", exact=True).click()
        await expect(product.get_by_role("alert")).to_contain_text("does not look like an email address")
        await page.context.close()
