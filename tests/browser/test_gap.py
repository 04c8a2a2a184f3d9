"""What a window does when the server cannot tell what it missed: it asks anew, and stays right."""

from pathlib import Path

import pytest
from bson import ObjectId
from playwright.async_api import expect

from bench.shop.books import open_books
from bench.shop.running import RunningShop
from mongo.driver import Driver
from tests.browser.conftest import OpenWindow
from tests.forked import in_a_database
from tests.mongo.shop import failing

pytestmark = pytest.mark.browser
HISTORY_LOST = 286


async def test_after_a_lost_history_a_window_shows_levels_and_entries_of_the_gap(
    tmp_path: Path, mongo_uri: str, driver: Driver, window: OpenWindow
) -> None:
    """No delta tells of them, and a level may even have gone back, as after a restore: the window asks anew."""
    name = f"shop_{ObjectId()}"
    shop = await RunningShop(tmp_path / "data", in_a_database(mongo_uri, name)).start()
    async with open_books(shop) as books:
        product = await books.add_product(stock=20)
        page = await window(f"{shop.url}/listing")
        card = page.locator(f'.card[data-product="{product}"]')
        await books.change_product(product, {"$inc": {"stock": -1, "version": 1}})
        await expect(card.locator(".badge")).to_have_attribute("data-available", "19")
        stream = f"{name}.$cmd.aggregate"
        async with failing(driver, "getMore", "alwaysOn", errorCode=HISTORY_LOST, namespace=stream):
            await books.change_product(product, {"$set": {"name": "Renamed meanwhile", "stock": 15, "version": 1}})
            await expect(card.locator(".card-name")).to_have_text("Renamed meanwhile")
            await expect(card.locator(".badge")).to_have_attribute("data-available", "15")
        await books.change_product(product, {"$inc": {"stock": -1, "version": 1}})
        await expect(card.locator(".badge")).to_have_attribute("data-available", "14")
        await page.context.close()  # before the server goes, or the console would complain
        await driver.client.drop_database(name)
    await shop.stop()
