"""The admin's desk: figures that move by themselves, and acts that others see in the windows they have open."""

from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.desk import a_product, an_order, asked, at_desk, fits, hand
from tests.browser.person import Person, anonymous, fill, registered, sign_in
from tests.visitor import Visitor

pytestmark = pytest.mark.browser
SESSION = "localStorage.getItem('ivorycart.session')"
HELD = "Number(document.querySelector('[data-figure=held] .tile-value').textContent.replace(/\\D/g, ''))"
DESKS = ("Health", "Users", "Products", "Orders", "Mails", "Audit", "What was done", "Overview")


async def went(page: Page, desk: str) -> None:
    """Go to a page of the room, and see it there."""
    await page.get_by_role("navigation", name="Administration").get_by_role("link", name=desk, exact=True).click()
    await expect(page.get_by_role("heading", name=desk, level=1)).to_be_visible()
    await expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)


def row(page: Page, words: str) -> Locator:
    """Find a row of the table."""
    return page.locator("tbody tr").filter(has_text=words)


async def answered(page: Page, why: str, yes: str) -> None:
    """Say why in the dialog, and mean it."""
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=yes, exact=True).click()
    await expect(dialog).to_contain_text("Please fill this in.")
    await dialog.get_by_label("Why").fill(why)
    await dialog.get_by_role("button", name=yes, exact=True).click()
    await expect(dialog).to_have_count(0)


async def test_the_overview_moves_while_it_is_watched(shop: Any, window: OpenWindow) -> None:
    """A cart that fills is seen within seconds, with its line; each page of the desk fits a phone."""
    product = await a_product(shop.url, "Watched Lamp", max_per_cart=50)
    page = await at_desk(window, shop.url, "/admin", "admin", width=360, height=780, refusals=True)
    for desk in DESKS:
        await went(page, desk)
        await fits(page)
        if desk == "Health":
            mails = page.locator(".service").filter(has_text="Mail server")
            await expect(mails).to_have_attribute("data-missing", "")  # mails are kept: neither well nor broken
            await expect(mails).not_to_have_attribute("data-well", "")
    await page.set_viewport_size({"width": 1280, "height": 900})
    held = page.locator("[data-figure=held]")
    before = await page.evaluate(HELD)
    visitor = await Visitor(shop.url).connect()
    assert (await visitor.ask("cart:set", {"product_id": product, "quantity": 50}))["ok"]
    await page.wait_for_function(f"least => {HELD} >= least", arg=before + 25)  # holds of others may end meanwhile
    await held.click()
    await expect(held).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".chart-title").first).to_have_text("Units held within the last hour")
    await expect(held.locator(".trend-line")).to_be_visible()
    await expect(page.get_by_role("table", name="Each process").locator("tbody tr")).to_have_count(1)
    await page.get_by_role("button", name="7 days").click()
    await expect(page).to_have_url(f"{shop.url}/admin?period=7d")
    await expect(page.get_by_role("region", name="Sales")).to_contain_text("Revenue")
    await fits(page)
    await page.context.set_offline(True)
    await expect(page.locator(".verdict")).to_contain_text("Not connected: figures of")
    await page.context.set_offline(False)
    await expect(page.locator(".verdict")).not_to_contain_text("Not connected")
    await visitor.ask("cart:clear")
    await visitor.leave()


async def test_a_disabled_product_leaves_an_open_cart_at_once(shop: Any, window: OpenWindow) -> None:
    """The shopper reads it in their cart, which keeps the order back; enabled, it is theirs to order again."""
    product = await a_product(shop.url, "Doubtful Lamp")
    page = await window(f"{shop.url}/listing")
    session = await page.evaluate(SESSION)
    async with ClientSession(shop.url, headers={"X-Cart-Session": session}) as http:
        await asked(http, "PUT", f"/api/cart/items/{product}", quantity=1)
    line = page.locator(f'.line[data-product="{product}"]')
    await expect(line).to_be_visible()

    admin = await at_desk(window, shop.url, "/admin/products?q=doubtful", "admin", width=360, height=780)
    found = row(admin, "Doubtful Lamp")
    await expect(found.locator(".level")).to_contain_text("held 1")
    await found.get_by_role("button", name="Disable Doubtful Lamp").click()
    await fits(admin)
    await answered(admin, "The flex is not safe", "Disable")
    await expect(found).to_contain_text("Disabled")
    await expect(found).to_contain_text("The flex is not safe")
    await expect(line).to_contain_text("Not for sale any more.")
    await expect(page.locator(".cart .button-main")).to_have_attribute("aria-disabled", "true")

    await found.get_by_role("button", name="Enable Doubtful Lamp").click()
    await expect(found).to_contain_text("On show")
    await expect(line).not_to_contain_text("Not for sale any more.")
    await line.get_by_role("button").last.wait_for()
    async with ClientSession(shop.url, headers={"X-Cart-Session": session}) as http:
        await asked(http, "DELETE", "/api/cart")
    await expect(found.locator(".level")).to_contain_text("held 0")


async def test_what_becomes_of_an_account_is_seen_in_its_open_window(shop: Any, window: OpenWindow) -> None:
    """A role opens its room at once, a disabled account is out at once; and all of it stands in the record."""
    person: Person = await registered(shop.url)
    page = await window(shop.url, refusals=True)
    await sign_in(page, person)
    ways = page.get_by_role("navigation", name="Main")
    await expect(ways.get_by_role("link", name="Selling")).to_have_count(0)

    admin = await at_desk(window, shop.url, f"/admin/users?q={person.email}", "admin")
    await row(admin, person.email).get_by_role("link", name=person.name).click()
    await expect(admin.get_by_role("region", name="Signed in on")).to_contain_text("Chrome on Linux")
    await admin.get_by_label("Role").select_option("seller")
    await admin.get_by_role("button", name="Change the role").click()
    await expect(admin.locator(".toast").filter(has_text="is now: seller")).to_be_visible()
    await expect(ways.get_by_role("link", name="Selling")).to_be_visible()

    await admin.get_by_role("button", name="Disable…").click()
    await answered(admin, "Sold what was not theirs", "Disable")
    await expect(admin.locator(".user .tag").first).to_have_text("Disabled")
    await expect(admin.get_by_role("region", name="Signed in on")).to_contain_text("Nowhere")
    await anonymous(page)
    await page.goto(f"{shop.url}/login")
    await fill(page, email=person.email, password=person.password)
    await expect(page.locator(".form-problem")).to_be_visible()
    await admin.get_by_role("button", name="Enable the account").click()
    await expect(admin.locator(".user .tag").first).to_have_text("Active")
    await page.locator('main button[type="submit"]').first.click()
    await expect(page.locator(".account-button")).to_be_visible()

    await admin.get_by_role("link", name="What was done").last.click()
    for words in ("Change role", "Enable", "reason: Sold what was not theirs"):
        await expect(row(admin, words).first).to_be_visible()
    async with hand(shop.url, "admin") as boss:
        [own] = (await asked(boss, "GET", "/api/admin/users?q=admin@demo.com"))["items"]
    await admin.goto(f"{shop.url}/admin/users/{own['id']}")
    await expect(admin.locator("main")).to_contain_text("This is your own account")
    await expect(admin.get_by_role("button", name="Disable…")).to_have_count(0)


async def test_orders_mails_and_the_audit_are_in_the_admins_hands(shop: Any, window: OpenWindow) -> None:
    """An order is moved on and refunded, its mail goes out again, and the audit finds nothing after all that."""
    buyer = await registered(shop.url)
    product = await a_product(shop.url, "Returned Lamp")
    order_id = await an_order(shop.url, product, buyer)
    number = order_id[-8:].upper()
    page = await at_desk(window, shop.url, f"/admin/orders?q={order_id}", "admin")
    await page.get_by_role("button", name=number).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Returned Lamp")
    await dialog.get_by_role("button", name="Move it on").click()
    await dialog.get_by_label("Why").fill("Brought by hand")
    await dialog.get_by_label("To", exact=True).select_option("delivered")
    await dialog.get_by_role("button", name="Move it on").last.click()
    await expect(dialog.locator(".order-facts")).to_contain_text("Delivered")
    await expect(dialog.get_by_role("region", name="What happened")).to_contain_text("“Brought by hand”")
    await dialog.get_by_role("button", name="Give money back").click()
    await dialog.get_by_label("Why").fill("The shade was torn")
    await dialog.get_by_label("The goods are back").check()
    await dialog.get_by_role("button", name="Give it back").click()
    await expect(dialog.locator(".order-facts")).to_contain_text("Refunded")
    await dialog.get_by_role("button", name="Close").click()
    await expect(row(page, number)).to_contain_text("Refunded")
    async with page.expect_download() as file:
        await page.get_by_role("button", name="Keep as CSV").click()
    assert (await file.value).suggested_filename == "orders.csv"

    await went(page, "Mails")
    await page.get_by_label("To", exact=True).fill(buyer.email)
    mail = row(page, "Order placed")
    await expect(mail).to_have_count(1)
    async with page.expect_response(lambda answer: answer.url.endswith("/resend")) as again:
        await mail.get_by_role("button", name="Send again").click()
    told = await (await again.value).json()
    assert told["state"] == "pending", told  # the page may say already that this shop has no mail server

    await went(page, "Audit")
    await page.get_by_role("button", name="Run it now").click()
    await expect(page.locator(".audit-verdict")).to_contain_text("Everything that must hold, holds")
    await expect(page.locator(".check[data-check=orders]")).to_contain_text("Holds")
