"""The system's Chromium, and a window of it that is signed in or has a cart, with nothing in its cache."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, async_playwright

ARGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
PASSWORD = "demo123"  # noqa: S105 - of the demo's accounts
PATIENCE_MS = 60_000


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start it, and end it."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None:
        raise SystemExit("this needs Chromium on the PATH: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=binary, args=ARGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def window(
    browser: Browser, url: str, *, role: str = "", session: str = "", width: int = 1280, height: int = 900, **more: Any
) -> AsyncIterator[BrowserContext]:
    """Open a browser's profile: of a demo account by its role, or of whoever has the cart of a session."""
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="en-IE", **more)
    context.set_default_timeout(PATIENCE_MS)
    kept: dict[str, str] = {"ivorycart.session": session} if session else {}
    if role:
        # By the API and not by the form: nothing of the pages is fetched before the page that is looked at.
        body = {"email": f"{role}@demo.com", "password": PASSWORD}
        answer = await context.request.post(f"{url}/api/auth/login", data=body)
        if not answer.ok:
            raise RuntimeError(f"signing in as {role} was answered {answer.status}")
        kept["ivorycart.signed_in"] = "1"
    await context.add_init_script(remember(kept))
    try:
        yield context
    finally:
        await context.close()


def remember(kept: Mapping[str, str]) -> str:
    """Return a script that notes things where the web app notes them."""
    return "".join(
        f"localStorage.getItem({name!r}) ?? localStorage.setItem({name!r}, {value!r});" for name, value in kept.items()
    )
