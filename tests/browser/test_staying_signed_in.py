"""Staying signed in: over reloads, in all tabs of a browser, and no longer than the session lasts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from playwright.async_api import Page, Request, Route, expect

from bench.shop.books import open_books
from bench.shop.running import RunningShop
from mongo.driver import Driver
from tests.browser.conftest import OpenWindow
from tests.browser.person import anonymous, choose, elsewhere, fill, registered, sign_in, sign_out
from tests.forked import in_a_database
from tests.mongo.shop import failing
from tests.patience import PATIENCE

pytestmark = pytest.mark.browser
REFRESH = "/api/auth/refresh"
STORED = "[...Object.values(localStorage), ...Object.values(sessionStorage), document.cookie].join(' ')"
MINUTES = 60_000


async def connected(page: Page) -> None:
    """Wait until a page hears of what happens."""
    await expect(page.locator(".connection")).to_have_attribute("data-state", "live")


LATE_NEWS = """
    window.told = window.heard = 0;
    const tell = BroadcastChannel.prototype.postMessage;
    BroadcastChannel.prototype.postMessage = function (news) {
        window.told += 1;
        tell.call(this, news);
    };
    const listen = BroadcastChannel.prototype.addEventListener;
    BroadcastChannel.prototype.addEventListener = function (kind, listener) {
        listen.call(this, kind, (news) => setTimeout(() => {
            listener(news);
            window.heard += 1;
        }, %d));
    };
"""


async def another_tab(page: Page) -> Page:
    """Open a second tab of the same browser."""
    tab = await page.context.new_page()
    await tab.goto(page.url)
    return tab


def refreshes(page: Page) -> list[Request]:
    """Return a list that fills with what a browser asks for a new token."""
    seen: list[Request] = []
    page.context.on("request", lambda request: seen.append(request) if request.url.endswith(REFRESH) else None)
    return seen


async def signed_in(*pages: Page) -> None:
    """See windows that somebody is signed in at."""
    for page in pages:
        await expect(page.locator(".account-name")).to_have_text("Ada Lovelace")
        await connected(page)


async def test_a_visitor_is_not_asked_who_they_are(shop: Any, window: OpenWindow) -> None:
    """A browser that never was signed in does not ask to stay so."""
    page = await window(shop.url)
    asked = refreshes(page)
    await page.reload()
    await anonymous(page)
    assert asked == []


async def test_a_reload_keeps_the_sign_in_and_no_script_can_read_what_keeps_it(shop: Any, window: OpenWindow) -> None:
    """The token is in memory, what gets the next one is in a cookie out of reach."""
    page = await window(shop.url)
    await sign_in(page, await registered(shop.url))
    await page.reload()
    await signed_in(page)
    stored = await page.evaluate(STORED)
    assert "eyJ" not in stored
    assert "ivorycart_refresh" not in stored
    [cookie] = [each for each in await page.context.cookies(f"{shop.url}/api/auth") if "refresh" in each["name"]]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")


async def test_signing_in_signs_in_every_tab_and_joins_the_carts(shop: Any, window: OpenWindow) -> None:
    """The other tab's socket hears of it, too: what either adds is in the account's cart."""
    async with open_books(shop) as books:
        product = await books.add_product(stock=20)
    first = await window(f"{shop.url}/listing")
    second = await another_tab(first)
    add = f'.card[data-product="{product}"] .stepper button'
    count = f'.line[data-product="{product}"] .step-count'
    await first.locator(add).last.click()
    await expect(second.locator(count)).to_have_text("1")
    await sign_in(first, await registered(shop.url))
    await signed_in(first, second)
    await first.get_by_role("link", name="Shop").first.click()
    await expect(first.locator(count)).to_have_text("1")
    await second.locator(add).last.click()
    await expect(first.locator(count)).to_have_text("2")
    await first.locator('.cart [aria-label="Empty the cart"]').click()
    await expect(second.locator(".cart-empty")).to_be_visible()


async def test_tabs_that_ask_at_once_keep_the_session(shop: Any, window: OpenWindow) -> None:
    """Each refresh token is good once: tabs that used the same one would be signed out."""
    first = await window(shop.url)
    await sign_in(first, await registered(shop.url))
    tabs = [first, await another_tab(first), await another_tab(first)]
    await signed_in(*tabs)
    for _ in range(3):
        await asyncio.gather(*(tab.reload() for tab in tabs))
        await signed_in(*tabs)


async def heard_each_other(told: int, *tabs: Page) -> None:
    """Wait until two tabs have told so much since they were loaded, and heard it all but the first: that was alone."""
    async with asyncio.timeout(PATIENCE):
        while [sum([await tab.evaluate(f"window.{what}") for tab in tabs]) for what in ("told", "heard")] != [
            told,
            told - 1,
        ]:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("late_by", [0, 400])
async def test_a_token_is_renewed_before_it_runs_out_by_one_tab_for_all(
    shop: Any, window: OpenWindow, late_by: int
) -> None:
    """After most of its fifteen minutes one tab asks, and tells the other, be the news slower than the lock."""
    first = await window(shop.url)
    await first.context.clock.install()
    await first.context.add_init_script(LATE_NEWS % late_by)
    await first.reload()
    await connected(first)  # a page that is left while it connects has its browser complain
    await sign_in(first, await registered(shop.url))
    second = await another_tab(first)
    await signed_in(first, second)
    asked = refreshes(first)
    await first.clock.fast_forward(10 * MINUTES)
    assert asked == []
    await heard_each_other(2, first, second)
    await first.clock.fast_forward(4 * MINUTES)
    await heard_each_other(3, first, second)  # the next minute passes after it
    await second.clock.fast_forward(MINUTES)
    await signed_in(first, second)
    await choose(second, "Your account")
    await second.get_by_role("navigation", name="Your account").get_by_role("link", name="Devices").click()
    await expect(second.locator(".device")).to_have_count(1)
    assert len(asked) == 1


async def test_a_reload_that_cuts_a_refresh_off_does_not_end_the_session(
    tmp_path: Path, mongo_uri: str, driver: Driver, window: OpenWindow
) -> None:
    """The server takes the token of the request that nobody waits for any more; the next waits for its cookie."""
    name = f"shop_{ObjectId()}"
    settings = in_a_database(mongo_uri, name, ACTIVATION_REQUIRED="false")
    shop = await RunningShop(tmp_path / "data", settings).start()
    page = await window(f"{shop.url}/login")
    await sign_in(page, await registered(shop.url))
    slow: dict[str, Any] = {"blockConnection": True, "blockTimeMS": 500, "namespace": f"{name}.sessions"}
    async with failing(driver, "findAndModify", {"times": 1}, **slow):
        async with page.expect_request(f"**{REFRESH}"):
            await page.reload(wait_until="commit")
        await page.reload()
        await signed_in(page)
    await page.reload()
    await signed_in(page)
    await page.context.close()  # before the server goes, or the console would complain
    assert await shop.stop() == 0
    await driver.client.drop_database(name)


async def test_a_new_token_whose_answer_is_cut_off_is_asked_for_again(shop: Any, window: OpenWindow) -> None:
    """Some seconds later; nobody is signed out, and nothing fails."""
    page = await window(shop.url)
    await page.context.clock.install()
    await page.reload()
    await connected(page)
    await sign_in(page, await registered(shop.url))
    await signed_in(page)
    asked = refreshes(page)

    async def torn(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.body())[:20])

    await page.route(f"**{REFRESH}", torn, times=1)
    async with page.context.expect_event("requestfinished", lambda request: request.url.endswith(REFRESH)):
        await page.clock.fast_forward(14 * MINUTES)
    async with asyncio.timeout(PATIENCE):
        while len(asked) < 2:  # the page may still be reading
            await page.clock.run_for(1_000)
    await signed_in(page)
    await choose(page, "Your account")
    await page.get_by_role("navigation", name="Your account").get_by_role("link", name="Devices").click()
    await expect(page.locator(".device")).to_have_count(1)


async def test_signing_out_in_one_tab_signs_out_the_others(shop: Any, window: OpenWindow) -> None:
    """And for good: a reload does not bring it back, and asks for nothing."""
    first = await window(shop.url)
    await sign_in(first, await registered(shop.url))
    second = await another_tab(first)
    await signed_in(first, second)
    asked = refreshes(first)
    await sign_out(first)
    await anonymous(first, second)
    await expect(second.locator(".toast").last).to_contain_text("You are signed out")
    await second.reload()
    await anonymous(second)
    assert asked == []


async def test_a_session_ended_elsewhere_turns_the_page_anonymous(shop: Any, window: OpenWindow) -> None:
    """Within the second, with a word about it, and without a failed request."""
    page = await window(shop.url)
    person = await registered(shop.url)
    await sign_in(page, person)
    http, sessions = await elsewhere(shop.url, person)
    async with http:
        [here] = [each["id"] for each in sessions["items"] if not each["current"]]
        async with http.delete(f"/api/auth/sessions/{here}") as answer:
            assert answer.status == 200
        await anonymous(page)
        await expect(page.locator(".toast").last).to_contain_text("You are signed out")


async def test_signing_out_everywhere_ends_the_sessions_of_other_devices(shop: Any, window: OpenWindow) -> None:
    """Two browsers of one person: both are anonymous."""
    person = await registered(shop.url)
    here, there = await window(shop.url), await window(shop.url)
    await sign_in(here, person)
    await sign_in(there, person)
    await choose(here, "Sign out everywhere")
    await anonymous(here, there)
    await expect(there.locator(".toast").last).to_contain_text("on all devices")


async def test_devices_are_listed_and_can_be_signed_out(shop: Any, window: OpenWindow) -> None:
    """This one is marked; another one leaves the list and can do nothing more."""
    person = await registered(shop.url)
    page = await window(f"{shop.url}/account/sessions")
    await fill(page, email=person.email, password=person.password)
    await signed_in(page)
    http, _ = await elsewhere(shop.url, person)
    async with http:
        await page.reload()
        await expect(page.locator(".device")).to_have_count(2)
        await expect(page.locator(".device[data-current]")).to_contain_text("Chrome on Linux")
        await page.get_by_role("button", name="Sign out Another device").click()
        await expect(page.locator(".device")).to_have_count(1)
        async with http.get("/api/auth/profile") as answer:
            assert answer.status == 401
    for one in (await elsewhere(shop.url, person), await elsewhere(shop.url, person)):
        await one[0].close()
    await page.reload()
    await expect(page.locator(".device")).to_have_count(3)
    await page.get_by_role("button", name="Sign out all others").click()
    await expect(page.locator(".device")).to_have_count(1)
    await signed_in(page)


async def test_a_sign_out_that_nobody_answers_is_not_claimed(shop: Any, window: OpenWindow) -> None:
    """The cookie would still be good: whoever leaves must know."""
    page = await window(shop.url, refusals=True)
    await sign_in(page, await registered(shop.url))
    await page.route("**/api/auth/logout", lambda route: route.abort())
    await sign_out(page)
    await expect(page.locator('.toast[data-tone="error"]')).to_contain_text("still signed in")
    await signed_in(page)
