"""A real Chromium for the browser tests, and windows that notice every complaint of their console."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize, async_playwright, expect

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # an upper bound for slow machines; everything waits for its condition, not for time
REFUSED = ("Failed to load resource", "WebSocket connection to")  # how lines begin that say that something was refused

OpenWindow = Callable[..., Awaitable[Page]]

HASTE = "WebSocket is closed before the connection is established"


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start the system's Chromium once for all tests."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None:
        pytest.fail("the browser tests need Chromium on the PATH: apt-get install chromium")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=binary, args=ARGS)
        yield chromium
        await chromium.close()


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[OpenWindow]:
    """Open windows, each a shopper of its own; the test fails if any of their consoles complained."""
    contexts = []
    complaints: list[str] = []

    async def open_window(url: str, *, width: int = 1280, height: int = 900, refusals: bool = False) -> Page:
        """Open a window; with ``refusals`` the browser may note those: wrong passwords, or a break of the network."""

        def complained(line: ConsoleMessage) -> None:
            if HASTE in line.text:  # it was signed in or out, or left, while it was connecting
                return
            if line.type in {"error", "warning"} and not (refusals and line.text.startswith(REFUSED)):
                complaints.append(line.text)

        size: ViewportSize = {"width": width, "height": height}
        context = await browser.new_context(viewport=size, locale="en-IE", reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = await context.new_page()
        page.on("console", complained)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url)
        await expect(page.locator(".connection")).to_have_attribute("data-state", "live")
        await expect(page.locator("main h1")).to_be_visible()
        await expect(page.locator(".skeleton, .card-waiting, [aria-busy=true]")).to_have_count(0)
        return page

    yield open_window
    for context in contexts:
        await context.close()
    assert complaints == []
