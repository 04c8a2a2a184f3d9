"""Buying, all the way: from the cart over address, payment and summary to the order and what becomes of it."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from playwright.async_api import Page, Request, Route, expect

from bench.shop.books import open_books
from tests.accounts import Person as Caller
from tests.accounts import token_in
from tests.browser.buying import (
    DECLINED,
    buys,
    enter,
    heading,
    line,
    pay,
    put,
    submitted,
    to_checkout,
    to_payment,
    to_summary,
)
from tests.browser.conftest import OpenWindow
from tests.browser.desk import fits
from tests.browser.person import PASSWORD, fill, registered
from tests.buyers import demo_person, new_product
from tests.forked import ForkedShop, Forks
from tests.gateway.running import RunningGateway
from tests.system.mailbox import Mailbox, PostOffice

pytestmark = pytest.mark.browser
ORDER = "**/api/checkout/order"
# What the page uses of Stripe's script. The payer, who is asked by their bank, is the test.
STRIPE = """window.Stripe = (key) => ({
    elements: () => ({create: () => ({mount: (box) => { box.textContent = key; }, destroy() {}, on() {}})}),
    createPaymentMethod: async () => ({paymentMethod: {id: window.method, card: {brand: "visa", last4: "4242"}}}),
    handleNextAction: async ({clientSecret}) => { await window.askPayer(clientSecret); return {}; },
});"""


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Keep what is open until the test is over."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def seller(shop: Any, stack: AsyncExitStack) -> Caller:
    """Sign in whoever sells."""
    return await demo_person(shop, stack, "seller")


def reads(page: Page, path: str) -> list[Request]:
    """Note each time the page reads from a path, from now on."""
    seen: list[Request] = []

    def note(asked: Request) -> None:
        if asked.method == "GET" and asked.url.endswith(path):
            seen.append(asked)

    page.on("request", note)
    return seen


async def test_a_buyer_goes_from_the_cart_to_the_timeline(
    shop: Any, window: OpenWindow, seller: Caller, stack: AsyncExitStack
) -> None:
    """A new account on the way keeps the cart; a declined card and a new price are told; then each step is followed."""
    lamp = await new_product(seller, name="Quayside Lamp")
    page = await window(f"{shop.url}/order/cart", refusals=True)
    asked = reads(page, "/api/checkout")
    assert await put(page, lamp["id"], 2) == 200
    await expect(line(page, lamp["id"]).locator(".line-total")).to_have_text("€50.00")
    await to_checkout(page)
    await expect(page.get_by_role("heading", name="Sign in to order")).to_be_visible()
    await page.locator("main").get_by_role("link", name="Create an account").click()
    await fill(page, name="Ada Lovelace", email=f"{ObjectId()}@example.org", password=PASSWORD)
    await heading(page, "Where to?")
    await to_payment(page)
    await to_summary(page, DECLINED)
    await expect(page.locator("main")).to_contain_text("1 Quay Street")
    await pay(page, "50.00")
    await expect(page.get_by_role("alert")).to_contain_text("The payment was declined")
    await expect(page.locator(".strip .hold-time")).to_be_visible()
    await to_summary(page)

    async def dearer(route: Route) -> None:
        await seller.ask("PUT", f"/api/products/{lamp['id']}/price", {"price": 2600})
        await route.continue_()

    await page.route(ORDER, dearer, times=1)
    await pay(page, "50.00")
    await expect(page.get_by_role("alert")).to_contain_text("It was €50.00; it is €52.00 now")
    await pay(page, "52.00")
    order = await submitted(page)
    await expect(page.locator(".next-steps")).not_to_contain_text("mail")  # this shop has no mail server
    assert len(asked) < 30, "the checkout is read when something changed, not over and over"
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.go_back()  # to a step of a checkout that is over
    await heading(page, "You have ordered")
    await expect(page.locator(".page-lead")).to_contain_text(order[-8:].upper())
    await expect(page.locator(".steps, .cart-empty")).to_have_count(0)
    await page.get_by_role("link", name="See your order").click()
    await submitted(page)
    await page.reload()
    assert await submitted(page) == order
    await expect(page.locator(".order-line")).to_contain_text("Quayside Lamp")
    await expect(page.locator(".order-line a")).to_have_attribute("href", f"/product/{lamp['id']}")

    await page.get_by_role("link", name="Follow your order").click()
    await heading(page, "Your order is placed")
    timeline = page.locator(".timeline")
    await expect(timeline).to_contain_text("€52.00 paid")
    sent = {"status": "shipped", "carrier": "Quay Post", "tracking_number": "QP-1"}
    assert (await seller.ask("PUT", f"/api/orders/{order}/status", sent))[0] == 200
    await heading(page, "Your order is on its way")
    await expect(page.locator(".unseen", has_text="Your order is on its way")).to_have_count(1)
    await expect(page.locator(".toast")).to_have_count(0)  # the page itself says it
    await expect(timeline).to_contain_text("Sent")
    courier = await demo_person(shop, stack, "delivery")
    for act in ("claim", "release", "claim"):
        assert (await courier.ask("POST", f"/api/orders/{order}/{act}", {}))[0] == 200
    await page.reload()
    await expect(timeline.get_by_text("A courier has it")).to_have_count(2)
    await expect(timeline.get_by_text("Sent", exact=True)).to_have_count(1)
    await expect(timeline).not_to_contain_text(re.compile("claimed|released|mail"))
    await expect(page.locator(".parcel")).to_contain_text("Quay Post QP-1")
    await expect(page.get_by_role("button", name="Cancel the order…")).to_have_count(0)
    await page.get_by_role("link", name="All your orders").click()
    await expect(page.locator(f'.order-card[data-order="{order}"]')).to_contain_text("On its way")

    await page.goto(f"{shop.url}/order/summary")
    await heading(page, "You have ordered")


async def test_a_reload_while_paying_orders_once(shop: Any, window: OpenWindow) -> None:
    """An outage, a lost answer, a reload: asked again with the same key, and told that it is being asked."""
    async with open_books(shop) as books:
        product = await books.add_product(stock=20)
        price = (await books.product(product))["price"]
        person = await registered(shop.url)
        page = await window(f"{shop.url}/order/cart", refusals=True)
        keys: list[str] = []

        async def troubled(route: Route) -> None:
            """Say that nothing can be saved, then take the order and lose the answer; after that let all through."""
            keys.append(json.loads(route.request.post_data or "{}")["order_key"])
            if len(keys) == 1:
                body = json.dumps({"code": "storage_unavailable", "detail": "", "status": 503})
                await route.fulfill(status=503, content_type="application/problem+json", body=body)
            elif len(keys) == 2:
                await route.fetch()
                await page.evaluate("setTimeout(() => location.reload())")
            else:
                await route.continue_()

        await page.route(ORDER, troubled)
        await put(page, product)
        await to_checkout(page)
        await enter(page, person)
        await to_payment(page)
        await to_summary(page)
        await pay(page, f"{price / 100:.2f}")
        await expect(page.locator(".under-way")).to_contain_text("Checking your order")
        order = await submitted(page)
        assert len(set(keys)) == 1
        assert len(keys) >= 3
        found = await books["orders"].find({"product_list.product_id": ObjectId(product)}).to_list(None)
        assert [str(each["_id"]) for each in found] == [order]


async def test_a_guest_orders_and_comes_back_by_the_mailed_link(
    tmp_path: Path, forks: Forks, window: OpenWindow, mailbox: Mailbox, post_office: PostOffice
) -> None:
    """No account is asked for; the tab remembers the order, the mail leads to it and cancels it."""
    settings = {"DEMO": "true", "GUEST_CHECKOUT": "true", "SHIPPING": "490", "FREE_SHIPPING_FROM": "100000"}
    shop = await ForkedShop.of(forks, tmp_path / "data", settings | {"SMTP_URL": post_office.url}).start()
    async with open_books(shop) as books:
        product = await books.add_product(stock=5)
        price = (await books.product(product))["price"]
    page = await window(f"{shop.url}/order/cart", width=390)
    await put(page, product, 2)
    await expect(page.locator(".totals")).to_contain_text("more, and shipping is free")
    await to_checkout(page)
    email = f"{ObjectId()}@example.org"
    await page.get_by_label("Email").fill(email)
    assert await buys(page, f"{(2 * price + 490) / 100:.2f}")
    await page.reload()
    await submitted(page)
    await expect(page.locator(".next-steps")).to_contain_text("A mail confirms your order")
    await fits(page)
    [mail] = await mailbox.receives(email)
    await page.goto(f"{shop.url}/order#token={token_in(mail, 'order')}")
    await heading(page, "Your order is placed")
    await expect(page.locator(".address")).to_contain_text("1 Quay Street")
    await page.get_by_role("button", name="Cancel this order…").click()
    await page.get_by_role("button", name="Yes, cancel it").click()
    await heading(page, "Your order is cancelled")
    await page.context.close()  # before the server goes, or the console would complain
    assert await shop.stop() == 0


async def test_a_card_is_entered_at_stripe_and_confirmed_at_the_bank(
    tmp_path: Path, forks: Forks, window: OpenWindow, gateway: RunningGateway
) -> None:
    """Its script comes at the payment and not before; where the bank has a question, its answer is waited for."""
    settings = {"DEMO": "true", "STRIPE_PUBLISHABLE_KEY": "pk_test_ours", **gateway.settings}
    shop = await ForkedShop.of(forks, tmp_path / "data", settings).start()
    async with open_books(shop) as books:
        product = await books.add_product(stock=5)
        price = (await books.product(product))["price"]
    page = await window(f"{shop.url}/order/cart")
    fetched: list[str] = []
    await page.context.route("https://js.stripe.com/**", lambda route: _as_stripe(route, fetched))
    asked: list[str] = []

    async def ask_payer(secret: str) -> None:
        asked.append(secret)
        await gateway.payer(secret.partition("_secret_")[0])

    await page.expose_function("askPayer", ask_payer)
    await put(page, product)
    await to_checkout(page)
    await enter(page, await registered(shop.url))
    await to_payment_at_stripe(page, fetched)
    await page.evaluate("window.method = 'pm_card_chargeDeclined'")
    await page.get_by_role("button", name="On to the summary").click()
    await expect(page.locator("main")).to_contain_text("visa ending in 4242")
    await page.evaluate("window.method = 'pm_card_threeDSecure2Required'")
    await page.get_by_role("link", name="Change the payment").click()
    await page.get_by_role("button", name="On to the summary").click()
    await pay(page, f"{price / 100:.2f}")
    await submitted(page)
    assert len(asked) == 1
    assert len(fetched) == 1
    charges = await gateway.charges()
    assert [each["amount"] for each in charges] == [price]
    markup = "() => { try { trustedTypes.defaultPolicy.createHTML('<b>'); return true; } catch { return false; } }"
    assert not await page.evaluate(markup)
    await page.context.close()
    assert await shop.stop() == 0


async def to_payment_at_stripe(page: Page, fetched: list[str]) -> None:
    """Give an address; see Stripe's field."""
    assert fetched == []
    await to_payment(page)
    await page.get_by_role("radio", name="Card Visa").check()
    await expect(page.locator(".stripe-box")).to_have_text("pk_test_ours")


async def _as_stripe(route: Route, fetched: list[str]) -> None:
    fetched.append(route.request.url)
    await route.fulfill(content_type="text/javascript", body=STRIPE)
