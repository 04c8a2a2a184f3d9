"""The shop's front: looking for something, finding the list again, and one product as it changes."""

import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from bson import ObjectId
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenWindow
from tests.handlers.doors import bearer, send
from tests.picture_files import BLUE, png
from tests.visitor import sign_in

pytestmark = pytest.mark.browser


class Stand:
    """A seller's products in a category of the test's own."""

    def __init__(self, shop: Any, seller: dict[str, str]) -> None:
        """Open it, empty."""
        self.url = shop.url
        self.category = f"t{ObjectId()}"
        self.ids: list[str] = []
        self._seller = seller

    @property
    def listing(self) -> str:
        """Where the category is listed."""
        return f"{self.url}/listing?category={self.category}"

    async def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Do something as the seller."""
        answer = await send(self.url, method, f"/api/products/{path}", body, **self._seller)
        assert answer.status == status, answer.body
        return answer.body

    async def add(self, name: str, **more: Any) -> str:
        """Put a product on show."""
        fields = {"name": name, "price": 1000, "category": self.category, "stock": 9, "description": "", **more}
        product = str((await self.ask("POST", "", fields, 201))["id"])
        self.ids.append(product)
        return product

    async def picture(self, product: str, **colour: Any) -> None:
        """Put a picture to a product."""
        form = FormData({"image": io.BytesIO(png((900, 900), **colour))}, default_to_multipart=True)
        path = f"{self.url}/api/products/{product}/images"
        async with ClientSession() as http, http.post(path, data=form, headers=self._seller) as answer:
            assert answer.status == 201


@pytest.fixture
async def stand(shop: Any) -> AsyncIterator[Stand]:
    """Open a stand; at the end it is cleared away."""
    stand = Stand(shop, bearer(await sign_in(shop.url, "seller@demo.com")))
    yield stand
    for product in stand.ids:
        await send(stand.url, "DELETE", f"/api/products/{product}", **stand._seller)


def card(page: Page, product: str) -> Locator:
    """Find a product's card."""
    return page.locator(f'.card[data-product="{product}"]')


def names(page: Page) -> Locator:
    """Find the names on the shelf."""
    return page.locator("#products .card-name")


async def test_what_is_looked_for_is_found_as_it_is_typed(stand: Stand, window: OpenWindow) -> None:
    """Words, categories, prices and sorts by the keyboard alone; the address says it, and each can be taken away."""
    word = f"w{ObjectId()}"
    below = f"{stand.category}/below"
    await stand.add(f"Red cup {word}", price=1500)
    await stand.add(f"Blue cup {word}", price=500, stock=0)
    await stand.add(f"Green bowl {word}", price=2500, category=below)
    page = await window(stand.url)
    await page.get_by_role("searchbox", name="Search the shop").fill(word[:-2])
    await page.keyboard.press("Enter")
    await expect(names(page)).to_have_count(3)
    await expect(page.locator(".shelf-count")).to_have_text("3 products")
    await expect(page).to_have_title(re.compile(word[:-2]))
    box = page.get_by_role("searchbox", name="Search products")
    await expect(box).to_have_value(word[:-2])
    await box.press("End")
    await box.press_sequentially(f"{word[-2:]} cup")
    await expect(names(page)).to_have_count(2)
    await expect(page).to_have_url(re.compile(rf"/listing\?q={word}\+cup$"))
    await expect(box).to_be_focused()

    await page.get_by_label("Sort by").focus()
    await page.keyboard.type("Price, low")
    await expect(names(page)).to_have_text([f"Blue cup {word}", f"Red cup {word}"])
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Filters")
    await sheet.get_by_label("In stock now").press("Space")
    await expect(names(page)).to_have_text([f"Red cup {word}"])
    await sheet.get_by_label("From").fill("20")
    await page.keyboard.press("Enter")
    await expect(page.locator(".note-title")).to_have_text("Nothing fits.")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Remove the filter From €20.00").press("Enter")
    await page.get_by_role("button", name="Remove the filter In stock").press("Enter")
    await expect(names(page)).to_have_count(2)

    await box.fill(word)
    category = page.get_by_role("link", name=re.compile(stand.category.capitalize()))
    await expect(category).to_contain_text("3")
    await category.press("Enter")
    await page.get_by_role("link", name="Below").press("Enter")
    await expect(names(page)).to_have_text([f"Green bowl {word}"])
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"“{word}”")
    await page.go_back()
    await expect(names(page)).to_have_count(3)
    await page.get_by_role("button", name="Clear all").press("Enter")
    await expect(page).to_have_url(re.compile(r"/listing\?sort=price$"))


async def test_the_way_back_finds_the_list_as_it_was(stand: Stand, window: OpenWindow) -> None:
    """As long as it was, as far down, and not read anew; what changed meanwhile has changed on it."""
    for number in range(60):
        await stand.add(f"Number {number:02}", stock=2 if number == 7 else 9)
    page = await window(stand.listing, width=390)
    await expect(page.locator(".shelf-count")).to_have_text("60 products")
    await expect(names(page)).to_have_count(24)
    await page.locator(".foot").scroll_into_view_if_needed()
    await expect(names(page)).not_to_have_count(24)
    await page.locator(".foot").scroll_into_view_if_needed()
    await expect(names(page)).to_have_count(60)
    assert await names(page).all_inner_texts() == [f"Number {number:02}" for number in range(59, -1, -1)]
    seventh = card(page, stand.ids[7])
    await seventh.scroll_into_view_if_needed()
    await expect(seventh.locator(".badge")).to_have_text("2 left")
    await page.wait_for_function("history.state?.y > 3000")
    before, there = await seventh.bounding_box(), await page.evaluate("scrollY")
    lists: list[str] = []
    page.on("request", lambda request: lists.append(request.url) if "after=" in request.url else None)
    await seventh.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1, name="Number 07")).to_be_focused()
    await expect(page).to_have_title("Number 07 · IvoryCart")
    await stand.ask("PUT", f"{stand.ids[7]}/price", {"price": 777})
    await expect(page.locator(".product-amount")).to_contain_text("7.77")
    await page.go_back()
    await expect(names(page)).to_have_count(60)
    await expect(seventh).to_be_in_viewport()
    await expect(seventh).to_contain_text("7.77")
    await page.wait_for_function("(there) => Math.abs(scrollY - there) <= 2", arg=there)
    after = await seventh.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] == pytest.approx(before["y"], abs=2)
    await expect(seventh.get_by_role("link")).to_be_focused()
    for _ in range(2):
        await page.reload()
        await expect(seventh).to_be_in_viewport()
        await expect(page.locator(".categories .chip").first).to_be_visible()  # it stands above, and comes later
        await page.wait_for_function("(there) => Math.abs(scrollY - there) <= 2", arg=there)
        assert await page.evaluate("history.state.y") == pytest.approx(there, abs=2)
    assert lists == []


async def test_prices_and_what_is_for_sale_change_under_the_shoppers_eyes(stand: Stand, window: OpenWindow) -> None:
    """On the product's page and on its card, without a move: a discount with its end, a withdrawal, what is new."""
    lamp = await stand.add("Lamp", price=2500, stock=20, max_per_cart=2)
    listing = await window(stand.listing)
    page = await window(
        f"{stand.url}/product/{lamp}", width=360, refusals=True
    )  # at last it asks for what there is not
    await expect(page).to_have_title("Lamp · IvoryCart")
    product = page.locator(".product")
    on_card = card(listing, lamp)
    ends = datetime.now(UTC) + timedelta(seconds=8)
    discount = {
        "kind": "percent",
        "value": 20,
        "ends_at": ends.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    await stand.ask("POST", f"{lamp}/discounts", discount, 201)
    saving = product.locator(".saving")
    await expect(saving).to_contain_text(re.compile(r"You save €5.00 \(20%\).*ends in 0:0\d", re.DOTALL))
    for place in (product.locator(".product-amount"), on_card):
        await expect(place.locator("s")).to_contain_text("25.00")
        await expect(place).to_contain_text("20.00")
    await expect(product.locator(".product-amount")).to_have_text(re.compile(r"^\s*€25.00\s*$"))
    await expect(saving).to_have_count(0)

    await product.get_by_role("button", name="Add to cart: Lamp").click()
    await product.get_by_role("button", name="One Lamp more").click()
    await expect(product.locator(".cap")).to_have_text(re.compile("the most per cart: 2"))
    await expect(on_card.locator(".badge")).to_have_text("18 in stock")
    await stand.ask("POST", f"{lamp}/stock", {"change_type": "adjustment", "quantity": 4})
    for badge in (product.locator(".badge"), on_card.locator(".badge")):
        await expect(badge).to_have_text("2 left, 2 in carts")

    await stand.ask("POST", f"{lamp}/unpublish")
    for place in (product, on_card):
        await expect(place).to_contain_text("Not for sale any more.")
        await expect(place.locator(".stepper")).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Lamp")
    await stand.ask("POST", f"{lamp}/publish")
    for place in (product, on_card):
        await expect(place.locator(".stepper")).to_be_visible()

    await stand.add("Second lamp")
    news = listing.get_by_role("button", name="1 new product, show")
    await expect(news).to_be_visible()
    await expect(names(listing)).to_have_text(["Lamp"])
    await news.click()
    await expect(names(listing)).to_have_text(["Second lamp", "Lamp"])
    await expect(news).to_have_count(0)
    await page.goto(f"{stand.url}/product/{'a' * 24}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This product is not in the shop")


async def test_a_products_pictures_are_looked_through_by_the_keyboard(stand: Stand, window: OpenWindow) -> None:
    """The large size in the middle, the small ones below it; one without a picture has the house's drawing."""
    teapot = await stand.add("Teapot", tags=["porcelain"])
    page = await window(f"{stand.url}/product/{teapot}")
    large = page.locator(".gallery-main img")
    await expect(large).to_have_attribute("src", re.compile("^/static/pictures/teapot"))
    await stand.picture(teapot)
    await stand.picture(teapot, colour=BLUE)
    thumbs = page.locator(".thumb")
    await expect(thumbs).to_have_count(2)
    await expect(large).to_have_attribute("srcset", re.compile(r"^/images/\w+/small 400w, /images/\w+ 1600w$"))
    first = await large.get_attribute("src")
    await thumbs.first.focus()
    await page.keyboard.press("ArrowRight")
    await expect(thumbs.nth(1)).to_be_focused()
    await expect(thumbs.nth(1)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".gallery-count")).to_contain_text("2 / 2")
    assert await large.get_attribute("src") != first
    await page.get_by_role("button", name="The next picture").click()
    await expect(large).to_have_attribute("src", first or "")
    await page.get_by_role("link", name="porcelain").click()
    await expect(page).to_have_url(f"{stand.url}/listing?q=porcelain")
    await expect(card(page, teapot)).to_be_visible()
