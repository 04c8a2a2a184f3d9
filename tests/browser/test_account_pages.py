"""The account's own pages: the door, the address book, the password, the inbox, and a device whose clock is wrong."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from playwright.async_api import Page, Route, expect

from bench.shop.books import Books, open_books
from models.identity import owner_of_user
from tests.browser.conftest import OpenWindow
from tests.browser.person import PASSWORD, Person, anonymous, choose, elsewhere, fill, registered, sign_in
from tests.patience import PATIENCE
from tests.visitor import sign_in as token_of

pytestmark = pytest.mark.browser
NEW_PASSWORD = "quite other words"
HOUR = timedelta(hours=1)


async def go(page: Page, name: str) -> None:
    """Go to another page of the account."""
    await page.get_by_role("navigation", name="Your account").get_by_role("link", name=name).click()
    await expect(page.locator(".skeleton")).to_have_count(0)


async def tell(books: Books, person: Person, kind: str, **data: Any) -> str:
    """Tell somebody something, as the shop does; return its id."""
    user = await books["users"].find_one({"email": person.email})
    row = {"key": f"{kind}:{ObjectId()}", "to": owner_of_user(str(user["_id"])), "kind": kind, "data": data}
    return str((await books["notifications"].insert_one({**row, "at": datetime.now(UTC), "seen": False})).inserted_id)


async def test_signing_in_leads_where_one_wanted_to_go_and_never_out_of_the_shop(shop: Any, window: OpenWindow) -> None:
    """A page of ours behind ``then``, else the home page; in the demo one press leads to the room of a role."""
    person = await registered(shop.url)
    page = await window(shop.url, width=360)
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Shop", exact=True).click()
    await expect(page).to_have_url(f"{shop.url}/listing")
    await page.get_by_role("button", name="Menu").click()
    await page.locator("#main-menu").get_by_role("link", name="Sign in").click()
    await fill(page, email=person.email, password=person.password)
    await expect(page).to_have_url(f"{shop.url}/listing")
    await page.get_by_role("button", name=f"Account: {person.name}").click()
    for way in ("Shop", "Cart", "Your orders", "Inbox", "Your account"):
        await expect(page.locator("#account-menu").get_by_role("link", name=way)).to_be_visible()

    # Somebody who is signed in is led on at once, wherever the address says: so each is one look.
    for then, where in (
        ("/account/addresses", "/account/addresses"),
        ("/orders?status=placed", "/orders?status=placed"),
        ("//example.org/listing", "/"),
        ("https://example.org/listing", "/"),
        ("/\\example.org", "/"),
        ("/nowhere", "/"),
        ("/login", "/"),
    ):
        await page.goto(f"{shop.url}/login?then={then}")
        await expect(page).to_have_url(f"{shop.url}{where}")
    await choose(page, "Sign out")
    await expect(page.locator(".account")).to_have_count(0)
    await page.goto(f"{shop.url}/login")
    await page.get_by_role("button", name="Seller").click()
    await expect(page).to_have_url(f"{shop.url}/seller")
    await expect(page.locator(".account-name")).to_have_text("Ivory & Oak")


async def test_the_address_book_says_beside_each_field_what_its_country_wants(shop: Any, window: OpenWindow) -> None:
    """Added after a refusal, changed, preferred, taken out; and the profile takes a name and a phone number."""
    person = await registered(shop.url)
    page = await window(f"{shop.url}/account", refusals=True)
    await fill(page, email=person.email, password=person.password)
    await page.locator("main").get_by_label("Phone").fill("12")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#field-phone-note")).to_contain_text("such as +353 1 234 5678")
    await fill(page, name="Countess Lovelace", phone="+44 20 7946 0000")
    await expect(page.locator(".account-name")).to_have_text("Countess Lovelace")
    await expect(page.locator("#field-phone")).to_have_value("+442079460000")

    await go(page, "Addresses")
    await page.get_by_role("button", name="Add your first address").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Name")).to_have_value("Countess Lovelace")
    await expect(dialog.get_by_label("Country")).to_have_value("IE")
    await dialog.get_by_label("Street and number").fill("Keizersgracht 1")
    await dialog.get_by_label("Postal code").fill("nonsense")
    await dialog.get_by_label("Country").select_option("Netherlands")
    await dialog.get_by_label("Phone").fill("12")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator("#field-postal_code-note")).to_contain_text(
        "no postal code of Netherlands. They look like 1234 AB"
    )
    await expect(dialog.locator("#field-city-note")).to_have_text("An address in Netherlands needs this.")
    await expect(dialog.locator("#field-phone-note")).to_contain_text("such as +353 1 234 5678")
    await expect(dialog.locator("#field-postal_code")).to_be_focused()
    await dialog.get_by_label("Postal code").fill("1015cj")
    await dialog.get_by_label("Town").fill("Amsterdam")
    await dialog.get_by_label("Phone").fill("")
    await dialog.get_by_role("button", name="Save").click()
    first = page.locator(".address", has_text="Amsterdam")
    await expect(first).to_contain_text("1015 CJ Amsterdam")
    await expect(first).to_contain_text("Goods go here Bills go here", use_inner_text=True)

    await page.get_by_role("button", name="Add an address").click()
    await dialog.get_by_label("Street and number").fill("1 Quay Street")
    await dialog.get_by_label("Town").fill("Galway")
    await dialog.get_by_label("What you call it").fill("Office")
    await dialog.get_by_label("Bills go here").check()
    await dialog.get_by_role("button", name="Save").click()
    second = page.locator(".address", has_text="Quay Street")
    await expect(second).to_contain_text("Bills go here")
    await expect(first).not_to_contain_text("Bills go here")
    await page.get_by_role("button", name="Send goods here: Office").click()
    await expect(second).to_contain_text("Goods go here")
    await page.get_by_role("button", name="Edit Office").click()
    await dialog.get_by_label("What you call it").fill("Work")
    await dialog.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Remove Work").click()
    await page.get_by_role("button", name="Remove it").click()
    await expect(second).to_have_count(0)
    await expect(first).to_contain_text("Goods go here")
    await page.reload()
    await expect(page.locator(".address")).to_have_count(1)


async def test_a_changed_password_ends_other_devices_and_a_closed_account_is_told(
    shop: Any, window: OpenWindow
) -> None:
    """A wrong one is said beside its field, once, and ends nothing; this device stays; a new email is asked for."""
    person = await registered(shop.url)
    page = await window(f"{shop.url}/account/password", refusals=True)
    await fill(page, email=person.email, password=person.password)
    http, _ = await elsewhere(shop.url, person)
    other = await window(f"{shop.url}/account/sessions", refusals=True)
    await fill(other, email=person.email, password=person.password)  # after the rest: the list is read as it comes
    async with http:
        await page.get_by_label("Present password").fill("not this one")
        await page.get_by_label("New password").fill(NEW_PASSWORD)
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.locator("#field-current_password-note")).to_have_text("This is not your password.")
        await expect(page.locator("#field-current_password")).to_be_focused()
        await expect(other.locator(".device")).to_have_count(3)
        await page.get_by_label("Present password").fill(PASSWORD)
        await page.get_by_role("button", name="Change the password").click()
        await expect(page.locator(".toast").last).to_contain_text("Your password is changed.")
        await expect(page.locator("#field-current_password")).to_have_value("")
        async with http.get("/api/auth/profile") as answer:
            assert answer.status == 401
    await anonymous(other)
    await expect(other.locator(".toast").last).to_contain_text("The password was changed")
    await expect(other.get_by_role("heading", level=1)).to_have_text("Sign in: your devices")

    email = page.locator("section", has=page.get_by_role("heading", name="Change your email"))
    await email.get_by_label("New email").fill(f"{ObjectId()}@example.org")
    await email.get_by_label("Your password").fill(NEW_PASSWORD)
    await email.get_by_role("button", name="Send the link").click()
    await expect(email.get_by_role("status")).to_contain_text("Look into your mail")
    await go(page, "Devices")
    await expect(page.locator(".device")).to_have_count(1)

    async with open_books(shop) as books:
        user = await books["users"].find_one({"email": person.email})
    headers = {"Authorization": f"Bearer {await token_of(shop.url, 'admin@demo.com')}"}
    answer = await page.request.put(
        f"{shop.url}/api/admin/users/{user['_id']}/disable", data={"reason": "a test"}, headers=headers
    )
    assert answer.ok, await answer.text()
    await anonymous(page)
    await expect(page.locator(".toast").last).to_contain_text("This account is closed.")
    await fill(page, email=person.email, password=NEW_PASSWORD)
    await expect(page.locator(".form-problem")).to_have_text("This account is disabled.")


async def test_the_inbox_is_alive_and_agrees_over_tabs(shop: Any, window: OpenWindow) -> None:
    """What comes stands on top at once, leads to what it is about, and is read in every tab, toasts included."""
    person = await registered(shop.url)
    page = await window(shop.url)
    await sign_in(page, person)
    bell = page.locator(".bell")
    async with open_books(shop) as books:
        await tell(books, person, "order_shipped", order_id="b" * 24, carrier="Post")
        await expect(bell).to_have_accessible_name("Inbox, 1 unread")
        toast = page.locator(".toast", has_text="Your order is on its way")
        await expect(toast.get_by_role("link")).to_have_attribute("href", f"/orders/{'b' * 24}")

        tab = await page.context.new_page()
        await tab.goto(f"{shop.url}/inbox")
        rows = tab.locator(".news-row")
        await expect(rows).to_have_count(1)
        await expect(rows.first).to_contain_text(re.compile("New.*just now", re.DOTALL))
        await expect(tab.get_by_role("heading", level=2)).to_have_text("Today")
        await tell(books, person, "low_stock_seller", product_id="a" * 24, name="Moon vase", available=2, threshold=3)
        await expect(rows.first).to_contain_text("Your Moon vase: only 2 left")
        await expect(rows.first.get_by_role("link")).to_have_attribute("href", f"/seller/products/{'a' * 24}")
        await expect(tab.locator(".toast")).to_have_count(0)
        await expect(bell).to_have_accessible_name("Inbox, 2 unread")

        await tab.get_by_role("button", name="Mark as read: Your order is on its way").click()
        await expect(rows.last).not_to_have_attribute("data-unread", "")
        await expect(bell).to_have_accessible_name("Inbox, 1 unread")
        await expect(toast).to_have_count(0)
        await tab.get_by_role("button", name="Unread", exact=True).click()
        await expect(rows).to_have_count(1)
        await tab.get_by_label("About").select_option("Orders placed")
        await expect(tab.locator("main")).to_contain_text("Nothing of that kind")
        await tab.reload()
        await tab.get_by_role("button", name="Show everything").click()
        await expect(rows).to_have_count(2)
        await tab.get_by_role("button", name="Mark all as read").click()
        await expect(tab.locator(".news-row[data-unread]")).to_have_count(0)
        await expect(bell).to_have_accessible_name("Inbox")
        assert await books["notifications"].count_documents({"data.name": "Moon vase", "seen": False}) == 0


async def test_what_was_read_stays_read_whatever_answer_comes_late(shop: Any, window: OpenWindow) -> None:
    """A list that was asked for before and answers after it does not make it unread again."""
    person = await registered(shop.url)
    page = await window(shop.url)
    await sign_in(page, person)
    async with open_books(shop) as books:
        await tell(books, person, "order_shipped", order_id="b" * 24, carrier="Post")
        await expect(page.locator(".bell")).to_have_accessible_name("Inbox, 1 unread")
        await page.goto(f"{shop.url}/inbox")
        rows = page.locator(".news-row")
        await expect(rows).to_have_count(1)
        read_on_server, held, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def late(route: Route) -> None:
            answer = await route.fetch()
            held.set()
            await read_on_server.wait()
            await route.fulfill(response=answer)
            answered.set()

        await page.route("**/api/notifications?limit=20", late)
        await tell(books, person, "order_shipped", order_id="c" * 24, carrier="Post")
        async with asyncio.timeout(PATIENCE):
            await held.wait()
        async with page.expect_response("**/api/notifications/read"):
            await page.get_by_role("button", name="Mark as read: Your order is on its way").click()
        await expect(rows.last).not_to_have_attribute("data-unread", "")
        read_on_server.set()
        async with asyncio.timeout(PATIENCE):
            await answered.wait()
        await expect(rows).to_have_count(2)
        await expect(page.locator(".news-row[data-unread]")).to_have_count(1)
        await expect(rows.last).not_to_have_attribute("data-unread", "")


async def test_a_device_whose_clock_is_an_hour_off_shows_the_right_times(shop: Any, window: OpenWindow) -> None:
    """Holds, devices and news are told by the server's clock; the next token is fetched when it is due."""
    async with open_books(shop) as books:
        product = await books.add_product(stock=20)
    for off in (HOUR, -HOUR):
        person = await registered(shop.url)
        page = await window(f"{shop.url}/listing")
        await page.clock.install(time=datetime.now(UTC) + off)
        await page.reload()
        assert abs(await page.evaluate("Date.now()") / 1000 - datetime.now(UTC).timestamp()) > HOUR.total_seconds() - 60
        await expect(page.locator(".connection")).to_have_attribute("data-state", "live")
        await page.locator(f'.card[data-product="{product}"] .stepper button').last.click()
        await expect(page.locator(".hold-time")).to_contain_text(re.compile(r"9:\d\d|10:00"))
        await sign_in(page, person)
        asked: list[str] = []
        page.on("request", lambda request, seen=asked: seen.append(request.url) if "refresh" in request.url else None)
        await choose(page, "Your account")
        await go(page, "Devices")
        await expect(page.locator(".device-use")).to_contain_text("just now")
        async with open_books(shop) as books:
            await tell(books, person, "order_shipped", order_id="b" * 24)
        await page.locator(".bell").click()
        await expect(page.locator(".news-row")).to_contain_text("just now")
        await expect(page.get_by_role("heading", level=2)).to_have_text("Today")
        await page.clock.fast_forward("10:00")
        assert asked == []
        async with page.expect_response(lambda answer: answer.url.endswith("/api/auth/refresh") and answer.ok):
            await page.clock.fast_forward("04:00")
        await page.context.close()
