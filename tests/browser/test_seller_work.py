"""What sellers do with their products in the browser, and what shoppers see of it meanwhile."""

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.person import fill
from tests.handlers.doors import bearer, send
from tests.picture_files import BLUE, GREEN, png
from tests.visitor import PASSWORD, sign_in

pytestmark = pytest.mark.browser
SELLER = "seller@demo.com"


class Shelf:
    """What a seller has in a category of the test's own, past the browser."""

    def __init__(self, url: str, seller: dict[str, str]) -> None:
        """Keep who it is."""
        self.url, self._seller = url, seller
        self.category = f"t{uuid4().hex}"

    @property
    def listing(self) -> str:
        """Where shoppers see it."""
        return f"{self.url}/listing?category={self.category}"

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Do something as the seller; return the answer's body."""
        answer = await send(self.url, method, path, body, **self._seller, **headers)
        assert answer.status < 300, answer.body
        return answer.body

    async def add(self, name: str, **more: Any) -> str:
        """Put a product on show."""
        fields = {"name": name, "price": 1500, "category": self.category, "stock": 9, **more}
        return str((await self.ask("POST", "/api/products/", fields))["id"])


async def shelf_of(shop: Any) -> Shelf:
    """Open a shelf."""
    return Shelf(shop.url, bearer(await sign_in(shop.url, SELLER)))


async def at_work(page: Page) -> Page:
    """Sign in as the seller where the window is."""
    await fill(page, email=SELLER, password=PASSWORD)
    await expect(page.locator(".account-button")).to_be_visible()
    await expect(page.locator(".skeleton, main[aria-busy=true]")).to_have_count(0)
    return page


def file(name: str, content: bytes, kind: str = "image/png") -> FilePayload:
    """Return a file to choose."""
    return {"name": name, "mimeType": kind, "buffer": content}


def card(page: Page, product: str) -> Locator:
    """Find a product among those that a shopper sees."""
    return page.locator(f'.card[data-product="{product}"]')


async def test_a_product_is_written_with_its_pictures_before_a_shoppers_eyes(shop: Any, window: OpenWindow) -> None:
    """What is typed outlasts a reload; pictures are put in order by the keyboard; what others change is offered."""
    shelf = await shelf_of(shop)
    shopper = await window(shelf.listing)
    page = await at_work(await window(f"{shop.url}/seller/products/new", refusals=True))
    name = f"Kettle {uuid4().hex}"
    for label, text in (("Name", name), ("Category", shelf.category), ("Price", "24.5")):
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_label("On the shelf now").fill("6")
    await page.reload()
    await expect(page.get_by_label("Name", exact=True)).to_have_value(name)
    await expect(page.get_by_text("What you had typed is back.")).to_be_visible()

    pictures = page.locator('input[name="pictures"]')
    await pictures.set_input_files(
        [
            file("green.png", png((300, 200), colour=GREEN)),
            file("blue.png", png((300, 200), colour=BLUE)),
            file("notes.txt", b"no picture", "text/plain"),
        ]
    )
    await expect(page.locator(".refused")).to_contain_text("notes.txt This is not a picture.")
    await page.get_by_label("Picture 1 in words").fill("A green kettle")
    await page.get_by_role("button", name="Add the product").click()

    await expect(page).to_have_url(re.compile(r"/seller/products/[0-9a-f]{24}$"))
    product = page.url.rsplit("/", 1)[1]
    await expect(page.locator(".shots .shot:not([data-busy])")).to_have_count(2)
    await expect(page.locator(".shot[data-busy]")).to_have_count(0)
    images = (await shelf.ask("GET", f"/api/products/{product}"))["images"]
    assert [each["alt"] for each in images] == ["A green kettle", ""]
    seen = card(shopper, product)
    await expect(seen).to_contain_text("24.50")
    await expect(seen.locator("img").first).to_have_attribute("src", images[0]["small"])

    await page.get_by_label("Picture 2 in words").fill("The same in blue")
    await page.get_by_label("Picture 2 in words").press("Tab")
    await page.get_by_role("button", name="Move Picture 2 earlier").press("Enter")
    await expect(seen.locator("img").first).to_have_attribute("src", images[1]["small"])
    await expect(page.get_by_role("button", name="Move Picture 1 earlier")).to_be_focused()
    await expect(page.get_by_label("Picture 1 in words")).to_have_value("The same in blue")
    await pictures.set_input_files([file("broken.png", b"\x89PNG\r\n\x1a\nno")])
    await expect(page.locator(".refused")).to_contain_text("broken.png")

    await page.get_by_label("Description").fill("Boils.")
    await shelf.ask("PUT", f"/api/products/{product}", {"name": f"{name} II"})
    await expect(page.get_by_text("This product was changed elsewhere")).to_be_visible()
    await page.get_by_role("button", name="Show it in this form").click()
    await expect(page.get_by_label("Name", exact=True)).to_have_value(f"{name} II")
    await page.get_by_label("Price", exact=True).fill("twelve")
    await page.get_by_label("Name", exact=True).fill("")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("#field-price-note")).to_contain_text("Type a price")
    await expect(page.locator("#field-name-note")).to_contain_text("Please fill this in.")
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await page.get_by_label("Name", exact=True).fill(f"{name} II")
    await page.get_by_label("Price", exact=True).fill("12")
    await shelf.ask("PUT", f"/api/products/{product}", {"description": "Whistles."})
    await page.get_by_role("button", name="Save", exact=True).click()
    question = page.get_by_role("dialog")
    await expect(question.locator(".clash-text")).to_have_text(["Whistles.", "Boils."])
    await question.get_by_role("button", name="Do not save yet").click()
    await expect(page.locator(".form-problem")).to_contain_text("Nothing is saved yet.")
    assert (await shelf.ask("GET", f"/api/products/{product}"))["description"] == "Whistles."
    await page.get_by_role("button", name="Save", exact=True).click()
    await question.get_by_role("button", name="Save what I typed").click()
    await expect(page.get_by_text("All is saved.")).to_be_visible()
    await expect(seen).to_contain_text("12.00")
    stored = await shelf.ask("GET", f"/api/products/{product}")
    assert (stored["description"], stored["price"], stored["stock"]) == ("Boils.", 1200, 6)
    assert [each["alt"] for each in stored["images"]] == ["The same in blue", "A green kettle"]

    await page.get_by_label("Percent", exact=True).fill("50")
    await page.get_by_label("To", exact=True).fill("2099-01-01T00:00")
    await page.get_by_role("button", name="Set the reduction").click()
    await expect(seen).to_contain_text("6.00")
    await expect(page.locator(".changes")).to_contain_text("€24.50")
    await page.get_by_role("button", name="Delete this product").click()
    await page.get_by_role("button", name="Take it out").click()
    await expect(page).to_have_url(re.compile("/seller/products$"))
    await expect(page.locator(f'[data-product="{product}"]')).to_have_count(0)


async def test_prices_and_levels_change_in_the_table_while_a_shopper_looks(shop: Any, window: OpenWindow) -> None:
    """A press, a number, Enter; what cannot be is said beside its field, and what was typed stays."""
    shelf = await shelf_of(shop)
    word = f"Tumbler{uuid4().hex}"
    product = await shelf.add(f"{word} tall")
    shopper = await window(shelf.listing)
    page = await at_work(await window(f"{shop.url}/seller/products", width=390, refusals=True))
    await page.get_by_label("Find in your products").fill(word.lower())
    await expect(page).to_have_url(re.compile(f"q={word.lower()}"))
    row = page.locator(f'tr[data-product="{product}"]')
    await expect(row).to_be_visible()
    await expect(page.locator("tr[data-product]")).to_have_count(1)

    price = row.get_by_role("button", name="Price of")
    await price.click()
    field = row.get_by_label("New price of")
    await expect(field).to_be_focused()
    await field.fill("much")
    await field.press("Enter")
    await expect(row.locator(".field-problem")).to_contain_text("Type a price")
    await field.press("Escape")
    await expect(price).to_be_focused()
    await price.click()
    await field.fill("19.95")
    await field.press("Enter")
    await expect(price).to_contain_text("€19.95")
    await expect(card(shopper, product)).to_contain_text("19.95")

    level, badge = row.get_by_role("button", name="Stock of"), card(shopper, product).locator(".badge")
    await level.click()
    await row.get_by_label("How many came").fill("0")
    await row.get_by_label("How many came").press("Enter")
    await expect(row.locator(".field-problem")).to_contain_text("1 or more")
    await row.get_by_label("How many came").fill("7")
    await row.get_by_label("How many came").press("Enter")
    await expect(level).to_be_focused()
    await expect(level).to_contain_text("16")
    await expect(badge).to_have_attribute("data-available", "16")
    await card(shopper, product).locator(".stepper button").last.click()
    await expect(level).to_contain_text("1 held")
    await level.click()
    await row.get_by_role("button", name="Count", exact=True).click()
    await row.get_by_label("How many there are").fill("0")
    await row.get_by_role("button", name="Save the count").click()
    await expect(row.locator(".field-problem")).to_contain_text("held in carts")
    await row.get_by_label("How many there are").fill("3")
    await row.get_by_label("Why").fill("two were broken")
    await row.get_by_role("button", name="Save the count").click()
    await expect(badge).to_have_attribute("data-available", "2")
    await expect(row).to_contain_text("Low")
    last = (await shelf.ask("GET", f"/api/products/{product}/inventory-logs?limit=1"))["items"][0]
    assert (last["new_stock"], last["reason"]) == (3, "two were broken")

    await row.get_by_role("switch").click()
    await expect(row).to_contain_text("Hidden")
    await expect(page.get_by_role("status").filter(has_text="is off the shelf")).to_have_count(1)
    await page.get_by_role("button", name="On show", exact=True).click()
    await expect(page.get_by_text("None of the products is like that.")).to_be_visible()
    await page.get_by_role("button", name="Hidden", exact=True).click()
    await expect(row).to_be_visible()
    await expect(page).to_have_url(re.compile("state=hidden"))
    await shelf.ask("DELETE", f"/api/products/{product}")
    await shopper.get_by_role("button", name="Remove").first.click()


async def test_an_import_is_looked_over_before_it_is_done(shop: Any, window: OpenWindow) -> None:
    """Wrong lines come first, each change is shown before and after, and nothing is changed until it is applied."""
    shelf = await shelf_of(shop)
    sku, new = f"S{uuid4().hex}", f"N{uuid4().hex}"
    product = await shelf.add("Tray", sku=sku)
    page = await at_work(await window(f"{shop.url}/seller/import", refusals=True))
    files = page.locator('input[name="import"]')
    await files.set_input_files([file("list.xlsx", b"PK", "application/x")])
    await expect(page.locator(".form-problem")).to_contain_text("save as CSV")
    lines = [
        "sku,name,price,category,stock",
        f"{sku},Tray,17.50,,12",
        f"{new},Jug,990,{shelf.category},4",
        "X,,free,,few",
    ]
    await files.set_input_files([file("list.csv", "\n".join(lines).encode(), "application/vnd.ms-excel")])
    await expect(page).to_have_url(re.compile(r"/seller/import/[0-9a-f]{24}$"))
    await expect(page.locator('[data-state="ready"]')).to_be_visible()
    for figure, count in (("creates", 1), ("changes", 1), ("errors", 1)):
        await expect(page.locator(f'[data-figure="{figure}"] dd')).to_have_text(str(count))
    await expect(page.locator("tr[data-line]")).to_have_count(1)
    wrong = page.locator('tr[data-line="4"]')
    await expect(wrong.locator("code")).to_have_text(["X", "price", "stock", "name", "category"])
    await page.get_by_role("button", name="Changes (2)").click()
    change = page.locator('tr[data-line="2"]')
    await expect(change.locator(".turn-before").first).to_contain_text("15.00")
    await expect(change.locator(".turn-after").first).to_contain_text("17.50")
    await expect(change).to_contain_text("1750 or 17.50 is €17.50")
    await expect(page.get_by_text("far less than before")).to_have_count(0)
    assert (await shelf.ask("GET", f"/api/products/{product}"))["price"] == 1500

    await page.get_by_role("button", name="Do it: 2 products").click()
    await page.get_by_role("dialog").get_by_role("button", name="Do it", exact=True).click()
    await expect(page.locator('[data-state="done"]')).to_be_visible()
    changed = await shelf.ask("GET", f"/api/products/{product}")
    assert (changed["price"], changed["stock"]) == (1750, 12)
    found = (await shelf.ask("GET", f"/api/products/?category={shelf.category}"))["items"]
    assert {each["sku"] for each in found} == {sku, new}
    await page.get_by_role("link", name="Another import").click()
    await expect(page.locator(".import-former tbody tr").first).to_contain_text("Done")
    await files.set_input_files([file("list.csv", f"sku,price\n{sku},18".encode(), "text/csv")])
    await expect(page.locator('tr[data-line="2"] .field-problem')).to_contain_text("Far less than before")
    for each in found:
        await shelf.ask("DELETE", f"/api/products/{each['id']}")


async def test_the_picture_of_stock_agrees_with_the_log(shop: Any, window: OpenWindow) -> None:
    """Behind the chart stands what the log says, movement by movement, and what moves now is added."""
    shelf = await shelf_of(shop)
    product = await shelf.add("Lantern", stock=20)
    stock, log = f"/api/products/{product}/stock", f"/api/products/{product}/inventory-logs?limit=100"
    await shelf.ask("POST", stock, {"change_type": "restock", "delta": 5, "reason": "the van"})
    await shelf.ask("POST", stock, {"change_type": "adjustment", "quantity": 18})
    page = await at_work(await window(f"{shop.url}/seller/products/{product}/stock?span=all"))
    await expect(page.locator("main h1")).to_have_text("Lantern")
    await page.locator(".chart summary").click()

    async def agrees(on_hand: int) -> None:
        """Read both, and compare: each moment once, with the level after it, and at the end what is there now."""
        await expect(page.locator('[data-figure="stock"]')).to_have_text(str(on_hand))
        rows = (await shelf.ask("GET", log))["items"]
        by_moment = {row["timestamp"]: (row["new_stock"], row["new_held"]) for row in reversed(rows)}
        wanted = [[stock, stock - held, held] for stock, held in by_moment.values()]
        shown = page.locator(".chart-table tbody tr")
        await expect(shown).to_have_count(len(wanted) + 1)
        figures = [[int(cell) for cell in await row.locator("td").all_inner_texts()] for row in await shown.all()]
        assert figures == [*wanted, wanted[-1]]
        await expect(page.locator(".stock-log tbody tr")).to_have_count(len(rows))

    await agrees(18)
    await page.get_by_label("How many came").fill("4")
    await page.get_by_role("button", name="Add them").click()
    await agrees(22)
    await shelf.ask("POST", stock, {"change_type": "restock", "delta": 8})
    await agrees(30)
    await page.get_by_label("What", exact=True).select_option("adjustment")
    await expect(page.locator(".stock-log tbody tr")).to_have_count(1)
    async with page.expect_download() as kept:
        await page.locator(".stock-log").get_by_role("button", name="CSV").click()
    text = (await (await kept.value).path()).read_text()
    assert [line.split(",")[3].strip('"') for line in text.splitlines()[1:]] == ["adjustment"]

    await page.get_by_role("link", name="Stock history").click()
    await expect(page.locator("tbody tr").first).to_contain_text("Lantern")
    await shelf.ask("POST", stock, {"change_type": "restock", "delta": 1, "reason": "found one"})
    await expect(page.locator("tbody tr").first).to_contain_text("found one")
    await shelf.ask("DELETE", f"/api/products/{product}")
