"""Every page there is: fits any window, says what it is, keeps its console quiet, and can be used by everybody."""

import json
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from bench.pages import chromium
from bench.pages.lively import Lively, bearer, call, enliven
from bench.shop.running import RunningShop
from tests.browser.conftest import OpenWindow
from tests.browser.desk import a_product, an_order
from tests.browser.person import registered
from tests.forked import ForkedShop, Forks, in_a_database

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
PLACES = (
    "import('./static/pages/places.js').then(({PLACES}) => console.log(JSON.stringify(PLACES.map(([path]) => path))))"
)
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
LOOK = """async () => {
  const changing = () => document.getAnimations().some((each) => each instanceof CSSTransition);
  do await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); while (changing());
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = (id) => ({ target, any }) => [id, target.join(" "), any[0]?.message].join(" | ");
  return grave.flatMap(({ id, nodes }) => nodes.slice(0, 4).map(told(id)));
}"""
# What is wider than the window, and whose fault it is: the innermost that sticks out. On a desk tables have room.
WIDE = """() => {
  const boxes = [...document.querySelectorAll(innerWidth < 1280 ? ".none" : ".table-box, .panel")];
  const box = boxes.find((each) => each.scrollWidth > each.clientWidth + 1);
  if (box) return `${box.className} ${box.ariaLabel ?? ""} is narrower than what is in it`;
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over <= 0) return "";
  const sticksOut = (each) => each.getBoundingClientRect().right > innerWidth + 1 && each instanceof HTMLElement;
  const out = [...document.querySelectorAll("body *")].filter(sticksOut);
  return `${over} px too wide: ${out.slice(-1).map((each) => `${each.localName}.${each.className}`)}`;
}"""
GO = "(path) => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')); }"
NOBODY = ("/login", "/register", "/activate", "/forgot-password", "/reset-password", "/confirm-email", "/order")
WIDTHS = (360, 768, 1280)
LONG = "Hottentottentrottelmutterbeutelrattenlattengitterkofferattentat" * 2


@dataclass
class Looking:
    """A window of one role, and what was found in it."""

    page: Page
    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    here: str = ""

    def heard(self, line: ConsoleMessage) -> None:
        """Note what the console complains of."""
        if line.type in {"error", "warning"}:
            self.found[self.here].append(f"console: {line.text}")


def role_of(path: str) -> str:
    """Return who goes to a page."""
    room = path.split("/")[1]
    if path in NOBODY:
        return ""
    return room if room in {"seller", "delivery", "admin"} else "buyer"


def test_the_list_is_the_apps_own() -> None:
    """None can be forgotten."""
    assert len(paths()) > 40
    assert {role_of(path) for path in paths()} == {"", "buyer", "seller", "delivery", "admin"}


def paths() -> list[str]:
    """Read every page's path from where the web app has them."""
    told = subprocess.run(["node", "-e", PLACES], cwd=ROOT, check=True, capture_output=True, text=True)
    found: list[str] = json.loads(told.stdout)
    return found


@pytest.fixture(scope="module")
async def lively_shop(
    tmp_path_factory: pytest.TempPathFactory, mongo_uri: str, forks: Forks
) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """Open a shop in which something is going on; yield its address, and what stands for the open parts of paths."""
    settings = in_a_database(mongo_uri, DEMO="true")
    running: RunningShop = ForkedShop.of(forks, tmp_path_factory.mktemp("pages") / "data", settings)
    await running.start()
    lively = await enliven(running.url)
    yield running.url, await ids(running.url, lively)
    await running.stop()


async def ids(url: str, lively: Lively) -> dict[str, str]:
    """Return an id for every path that has an open part."""
    async with ClientSession(url) as http:
        seller, admin = await bearer(http, "seller"), await bearer(http, "admin")
        own = (await call(http, "GET", "/api/products/my-products?limit=1", **seller))["items"][0]["id"]
        long = await long_words(url)
        user = (await call(http, "GET", "/api/admin/users?q=hottentotten", **admin))["items"][0]["id"]
        rows = f"sku,name,price,category,stock\nTRY-1,{LONG},500,home/kitchen,4\nTRY-2,,500,home/kitchen,4\n".encode()
        headers = {**seller, "Content-Type": "text/csv"}
        async with http.post("/api/products/import?dry_run=true", data=rows, headers=headers) as answer:
            assert answer.status == 202, await answer.text()
            job = (await answer.json())["id"]
    return {
        "/product/:id": lively.product,
        "/order/submitted/:id": lively.order,
        "/orders/:id": lively.order,
        "/seller/products/:id": long,
        "/seller/products/:id/stock": own,
        "/seller/import/:id": job,
        "/admin/users/:id": user,
    }


async def long_words(url: str) -> str:
    """Have somebody with one very long word for a name buy a product with such a name; return the product's id."""
    person = await registered(url, name=LONG[:100])
    product = await a_product(url, LONG, sku=LONG[:64], category=f"{LONG[:60]}/{LONG[:60]}")
    await an_order(url, product, person)
    return product


@pytest.mark.parametrize("role", ["", "buyer", "seller", "delivery", "admin"])
async def test_every_page_fits_any_window_and_can_be_used_by_everybody(
    browser: Browser, lively_shop: tuple[str, dict[str, str]], role: str
) -> None:
    """No page scrolls sideways, each has one heading of the first order, and axe finds nothing grave, light or dark."""
    url, own = lively_shop
    how: dict[str, Any] = {"bypass_csp": True, "reduced_motion": "reduce"}  # axe is not ours: the policy keeps it out
    async with chromium.window(browser, url, role=role, **how) as context:
        page = await context.new_page()
        looking = Looking(page)
        page.on("console", looking.heard)
        page.on("pageerror", lambda error: looking.found[looking.here].append(f"error: {error}"))
        await page.add_init_script(AXE)
        await page.goto(url)
        await expect(page.locator(".connection")).to_have_attribute("data-state", "live")
        if role:
            await expect(page.locator(".account-button")).to_be_visible()
        for path in [path for path in paths() if role_of(path) == role]:
            await look(looking, path, path.replace(":id", own.get(path, ":id")))
    wrong = [f"{path}: {what}" for path, each in looking.found.items() for what in dict.fromkeys(each)]
    assert not wrong, "\n".join(wrong)


async def too_wide(page: Page) -> str:
    """Say what sticks out of the window and stays so: one that was just resized is laid out in steps."""
    for _ in range(20):
        if not (wide := str(await page.evaluate(WIDE))):
            return ""
        await page.wait_for_timeout(100)
    return wide


async def look(looking: Looking, path: str, address: str) -> None:
    """Go to a page, and note what is wrong with it."""
    page, found = looking.page, looking.found[path]
    looking.here = path
    await page.evaluate(GO, address)
    for width in WIDTHS:
        await page.set_viewport_size(ViewportSize(width=width, height=900))
        await expect(page.locator("main h1").first).to_be_visible()
        await expect(page.locator(".skeleton, .card-waiting, [aria-busy=true]")).to_have_count(0)
        if wide := await too_wide(page):
            found.append(f"at {width}: {wide}")
        if width != 768:
            scheme = "light" if width == 360 else "dark"
            await page.emulate_media(color_scheme=scheme)
            found += [f"at {width}, {scheme}: {each}" for each in await page.evaluate(LOOK)]
    if (headings := await page.locator("h1").count()) != 1:
        found.append(f"{headings} headings of the first order")
    if not found:
        del looking.found[path]


async def test_letters_of_twice_the_size_fit_a_phone(browser: Browser, lively_shop: tuple[str, dict[str, str]]) -> None:
    """Whoever has set their browser to 32 px scrolls down only, with something in the cart or nothing."""
    url, own = lively_shop
    wide: list[str] = []
    async with chromium.window(browser, url, role="buyer", width=360, reduced_motion="reduce") as context:
        page = await context.new_page()

        async def measure(path: str) -> None:
            await expect(page.locator("main h1").first).to_be_visible()
            await expect(page.locator(".skeleton, .card-waiting, [aria-busy=true]")).to_have_count(0)
            if told := await too_wide(page):
                wide.append(f"{path}: {told}")

        # The browser's own setting, in which media queries are counted, too: a style of the page would not reach them.
        settings = await context.new_cdp_session(page)
        await settings.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
        await page.goto(f"{url}/listing")
        assert await page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        await measure("/listing")
        sort = await page.get_by_label("Sort by").bounding_box()
        assert sort
        assert sort["width"] > 200, "one reads what it is sorted by"
        for path in (f"/product/{own['/product/:id']}", "/orders", "/order/address", "/order/cart"):
            await page.evaluate(GO, path)
            await measure(path)
        await page.get_by_role("button", name="Empty the cart").click()
        await expect(page.locator(".cart-empty")).to_be_visible()
        await measure("an empty cart")
    assert not wide, "\n".join(wide)


async def test_what_comes_along_with_a_page_is_what_it_reads(
    lively_shop: tuple[str, dict[str, str]], window: OpenWindow
) -> None:
    """Whatever was brought along is taken, to the letter: else it is read twice, and the first screen waits."""
    url, own = lively_shop
    for path in ("/", "/listing", f"/product/{own['/product/:id']}", "/order/cart"):
        page = await window(url + path)
        await expect(page.locator("script[data-path]")).to_have_count(0)
