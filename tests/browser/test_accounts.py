"""The pages of accounts, as somebody new to the shop goes through them, with real mails."""

import re
from collections.abc import AsyncIterator, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from bson import ObjectId
from playwright.async_api import Page, expect

from bench.shop.books import open_books
from bench.shop.running import RunningShop
from handlers.pages import PAGES
from tests.browser.conftest import OpenWindow
from tests.browser.desk import fits
from tests.browser.person import PASSWORD, Person, fill, registered, sign_in, sign_out
from tests.system.mailbox import Mailbox, PostOffice

pytestmark = pytest.mark.browser
NEW_PASSWORD = "quite other words"
OWN = [path for path in PAGES if path.startswith("/account") or path == "/inbox"]
DOORS = ["/login", "/register", "/activate", "/forgot-password", "/reset-password", "/confirm-email", "/account"]


@pytest.fixture(scope="module")
def mailbox() -> Mailbox:
    """Give an empty mailbox."""
    return Mailbox()


@pytest.fixture(scope="module")
def post_office(mailbox: Mailbox) -> Iterator[PostOffice]:
    """Run an SMTP server in front of the mailbox."""
    office = PostOffice(mailbox)
    office.start()
    yield office
    office.stop(no_assert=True)


@pytest.fixture(scope="module")
async def mailing_shop(tmp_path_factory: pytest.TempPathFactory, post_office: PostOffice) -> AsyncIterator[RunningShop]:
    """Run a shop whose accounts have to be activated."""
    running = await RunningShop(tmp_path_factory.mktemp("mails") / "data", {"SMTP_URL": post_office.url}).start()
    yield running
    assert await running.stop() == 0, running.log.read_text()[-3000:]


def link(mail: EmailMessage) -> str:
    """Return the link with a token in a mail."""
    body = mail.get_body(("plain",))
    assert body
    [found] = re.findall(r"https?://\S+#token=\S+", body.get_content())
    return str(found)


async def register(page: Page, person: Person) -> None:
    """Fill in the registration."""
    await fill(page, name=person.name, email=person.email, password=person.password)


async def heading(page: Page, text: str) -> None:
    """See what the page is about."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)


async def test_from_registering_to_signing_in_by_a_mail(
    mailing_shop: RunningShop, mailbox: Mailbox, window: OpenWindow
) -> None:
    """The mail's link needs a press; before it the password alone does not get one in. The cart comes along."""
    async with open_books(mailing_shop) as books:
        product = await books.add_product(stock=20)
    person = Person(f"{ObjectId()}@example.org")
    page = await window(f"{mailing_shop.url}/listing", refusals=True)
    for _ in range(2):
        await page.locator(f'.card[data-product="{product}"] .stepper button').last.click()
        await expect(page.locator("[data-busy]")).to_have_count(0)
    await page.locator(".sign-in").click()
    await expect(page.locator(".kept")).to_contain_text("2 things in your cart come with you.")
    await expect(page.locator(".kept")).to_contain_text("Held for you for 9:")
    await page.locator("main").get_by_role("link", name="Create an account").click()
    await register(page, person)
    await heading(page, "Look into your mail")
    [mail] = await mailbox.receives(person.email)

    await page.locator("main").get_by_role("link", name="Sign in").click()
    await fill(page, email=person.email, password=person.password)
    await expect(page.locator(".form-problem")).to_contain_text("wrong")
    await page.get_by_role("button", name="Not activated yet? Send another link").click()
    await expect(page.get_by_role("status").filter(has_text="a mail is on its way")).to_be_visible()
    await mailbox.receives(person.email, 2)

    await page.goto(link(mail))
    assert page.url == f"{mailing_shop.url}/activate"
    await page.get_by_role("button", name="Activate my account").click()
    await heading(page, "Your account is ready")
    await sign_in(page, person)
    await expect(page.locator(".toast")).to_contain_text(f"Welcome, {person.name}")
    await expect(page.get_by_role("button", name="Cart, 2 items")).to_be_visible()

    await page.goto("about:blank")
    await page.goto(link(mail))
    await page.get_by_role("button", name="Activate my account").click()
    await expect(page.locator(".form-problem")).to_contain_text("not good any more")


async def test_a_forgotten_password_is_replaced_by_a_mail(
    mailing_shop: RunningShop, mailbox: Mailbox, window: OpenWindow
) -> None:
    """From the page to the mail and back; a window that was signed in is not any more."""
    person = Person(f"{ObjectId()}@example.org")
    page = await window(f"{mailing_shop.url}/register", refusals=True)
    await register(page, person)
    [mail] = await mailbox.receives(person.email)
    await page.goto(link(mail))
    await page.get_by_role("button", name="Activate my account").click()
    await sign_in(page, person)

    other = await window(f"{mailing_shop.url}/login")
    await other.get_by_role("link", name="Forgotten your password?").click()
    await fill(other, email=person.email)
    await expect(other.get_by_role("status").filter(has_text="a mail is on its way")).to_be_visible()
    [_, mail] = await mailbox.receives(person.email, 2)

    await other.goto(link(mail))
    assert other.url == f"{mailing_shop.url}/reset-password"
    await fill(other, password=NEW_PASSWORD)
    await heading(other, "Your password is changed")
    await expect(page.locator(".toast").last).to_contain_text("The password was changed")
    await expect(page.locator(".account")).to_have_count(0)
    await sign_in(other, Person(person.email, person.name, NEW_PASSWORD))


async def test_where_no_activation_is_needed_registering_signs_in(shop: Any, window: OpenWindow) -> None:
    """One form, and one is where one wanted to go."""
    page = await window(f"{shop.url}/login?then=/listing")
    await page.locator("main").get_by_role("link", name="Create an account").click()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await register(page, Person(f"{ObjectId()}@example.org"))
    await expect(page.locator(".account-name")).to_have_text("Ada Lovelace")
    await expect(page.locator(".badge").first).to_be_visible()


async def test_an_address_that_has_an_account_is_not_given_away(shop: Any, window: OpenWindow) -> None:
    """Whoever registers it is led to signing in, and hears nothing about it."""
    person = await registered(shop.url)
    page = await window(f"{shop.url}/register", refusals=True)
    await register(page, Person(person.email, "Mallory", "another password"))
    await heading(page, "Sign in")
    await expect(page.locator(".account")).to_have_count(0)


async def test_what_is_wrong_stands_beside_its_field(shop: Any, window: OpenWindow) -> None:
    """What the browser sees itself, what the server refuses, and the focus where there is something to mend."""
    page = await window(f"{shop.url}/register", refusals=True)
    await fill(page, name="", email="", password="short")
    await expect(page.locator("#field-name-note")).to_have_text("Please fill this in.")
    await expect(page.locator("#field-password-note")).to_have_text("Use at least 8 characters.")
    await expect(page.locator("#field-name")).to_be_focused()
    await fill(page, name="Ada", email="nonsense", password=PASSWORD)
    await expect(page.locator("#field-email-note")).to_contain_text("does not look like an email address")
    await expect(page.locator("#field-email")).to_be_focused()
    await fill(page, email=f"{ObjectId()}@example.org", password="password1")
    await expect(page.locator("#field-password-note")).to_contain_text("tried first")
    await page.get_by_role("button", name="Show the password").click()
    await expect(page.locator("#field-password")).to_have_attribute("type", "text")


async def test_a_wrong_password_is_told_without_saying_what_was_wrong(shop: Any, window: OpenWindow) -> None:
    """A known and an unknown address look the same."""
    person = await registered(shop.url)
    page = await window(f"{shop.url}/login", refusals=True)
    for email in (person.email, f"{ObjectId()}@example.org"):
        await fill(page, email=email, password="not this one")
        await expect(page.locator(".form-problem")).to_have_text("The email or the password is wrong.")
        await expect(page.locator(".form-problem")).to_be_focused()
        await fill(page, password="")
        await expect(page.locator(".form-problem")).to_have_count(0)


async def test_the_keyboard_alone_signs_in_and_out(shop: Any, window: OpenWindow) -> None:
    """The page that came is announced, the fields follow, and the menu opens and closes."""
    person = await registered(shop.url)
    page = await window(shop.url)
    await page.locator(".sign-in").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.type(person.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type(person.password)
    await page.keyboard.press("Enter")
    button = page.locator(".account-button")
    await expect(button).to_be_visible()
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#account-menu")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#account-menu")).to_be_hidden()
    await page.keyboard.press("Enter")
    for _ in ("orders", "inbox", "account", "as the device", "light", "dark", "sign out"):
        await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".sign-in")).to_be_visible()


async def test_back_and_forward_lead_through_the_rooms(shop: Any, window: OpenWindow) -> None:
    """Nothing is loaded anew, and the address bar is right."""
    page = await window(f"{shop.url}/listing")
    await page.locator(".sign-in").click()
    await heading(page, "Sign in")
    assert page.url == f"{shop.url}/login?then=%2Flisting"
    assert await page.title() == "Sign in · IvoryCart"
    await page.go_back()
    await expect(page.locator(".badge").first).to_be_visible()
    await page.go_forward()
    await heading(page, "Sign in")


async def test_nothing_sticks_out_of_the_pages(shop: Any, window: OpenWindow) -> None:
    """No sideways scrolling, no control smaller than 44 pixels, signed in or not; on a phone and on a wide screen."""
    page = await window(f"{shop.url}/login")
    await sign_in(page, await registered(shop.url))
    for path in (*OWN, None, *DOORS):
        if path is None:
            await sign_out(page)
            await expect(page.locator(".sign-in")).to_be_visible()
            continue
        await page.goto(f"{shop.url}{path}")
        await everything_fits(page)


async def everything_fits(page: Page) -> None:
    """Look at a page in both widths."""
    for width in (360, 1600):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        await expect(page.locator("main h1")).to_be_visible()
        await expect(page.locator(".skeleton, [aria-busy=true]")).to_have_count(0)
        await fits(page)
        small = await page.evaluate(
            """() => [...document.querySelectorAll('button, .desk-links a, .sign-in, input, .way, .tile, select')]
                .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 43.5)
                .map((element) => element.outerHTML.slice(0, 120))"""
        )
        assert small == [], page.url
