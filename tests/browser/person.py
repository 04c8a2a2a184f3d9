"""What a person does in a window about their account."""

from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession
from bson import ObjectId
from playwright.async_api import Page, expect

PASSWORD = "several words in a row"


@dataclass(frozen=True)
class Person:
    """Somebody with an account."""

    email: str
    name: str = "Ada Lovelace"
    password: str = PASSWORD


async def registered(url: str, name: str = "Ada Lovelace") -> Person:
    """Make an account of one's own, past the browser."""
    person = Person(f"{ObjectId()}@example.org", name)
    body = {"email": person.email, "name": person.name, "password": person.password}
    async with ClientSession() as http, http.post(f"{url}/api/auth/register", json=body) as answer:
        assert answer.status == 201, await answer.text()
    return person


async def fill(page: Page, **fields: str) -> None:
    """Fill in a form and send it."""
    for name, value in fields.items():
        await page.locator(f'input[name="{name}"]').fill(value)
    await page.locator('main button[type="submit"]').first.click()


async def sign_in(page: Page, person: Person) -> None:
    """Sign in by the page, from wherever the window is."""
    await page.get_by_role("link", name="Sign in", exact=True).first.click()
    await fill(page, email=person.email, password=person.password)
    await expect(page.locator(".account-button")).to_be_visible()


async def choose(page: Page, item: str) -> None:
    """Choose from the account's menu."""
    await page.locator(".account-button").click()
    await page.locator("#account-menu").get_by_text(item, exact=True).click()


async def sign_out(page: Page) -> None:
    """Sign out by the account's menu."""
    await choose(page, "Sign out")


async def anonymous(*pages: Page) -> None:
    """See windows that nobody is signed in at."""
    for page in pages:
        await expect(page.locator(".account")).to_have_count(0)
        await expect(page.locator(".sign-in")).to_be_visible()
        await expect(page.locator(".connection")).to_have_attribute("data-state", "live")


async def elsewhere(url: str, person: Person) -> tuple[ClientSession, dict[str, Any]]:
    """Sign in on another device; whoever asks closes it."""
    http = ClientSession(url, headers={"User-Agent": "Another device"})
    async with http.post("/api/auth/login", json={"email": person.email, "password": person.password}) as answer:
        assert answer.status == 200, await answer.text()
        body = await answer.json()
    http.headers["Authorization"] = f"Bearer {body['token']}"
    async with http.get("/api/auth/sessions") as answer:
        return http, await answer.json()
