"""Checking out in steps, in a shop with shipping and guests: left on one device and gone on with on another."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from bench.shop.books import open_books
from bench.shop.order import ADDRESS, CARD
from bench.shop.running import RunningShop
from tests.accounts import Person, person
from tests.buyers import demo_person, new_buyer, new_product
from tests.system.mailbox import Mailbox, PostOffice
from tests.visitor import Visitor

SHIPPING = 490
SETTINGS = {"DEMO": "true", "GUEST_CHECKOUT": "true", "SHIPPING": str(SHIPPING), "FREE_SHIPPING_FROM": "10000"}


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
async def shop(tmp_path_factory: pytest.TempPathFactory, post_office: PostOffice) -> AsyncIterator[RunningShop]:
    """Run a shop in which sending costs something below a sum, and guests may order."""
    settings = {**SETTINGS, "SMTP_URL": post_office.url}
    running = await RunningShop(tmp_path_factory.mktemp("checkout") / "data", settings).start()
    yield running
    async with open_books(running) as books:
        await books.check()
    assert await running.stop() == 0


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    """Keep what is open until the test is over."""
    async with AsyncExitStack() as stack:
        yield stack


async def put(buyer: Person, product: Any, quantity: int) -> None:
    """Put a product into somebody's cart."""
    status, cart = await buyer.ask("PUT", f"/api/cart/items/{product['id']}", {"quantity": quantity})
    assert status == 200, cart


async def look(buyer: Person) -> Any:
    """Return how far somebody's checkout is."""
    status, state = await buyer.ask("GET", "/api/checkout")
    assert status == 200, state
    return state


async def choose(buyer: Person, **chosen: Any) -> Any:
    """Choose something; return how far the checkout is."""
    status, state = await buyer.ask("PUT", "/api/checkout", chosen)
    assert status == 200, state
    return state


async def submit(buyer: Person, state: Any, **changes: Any) -> tuple[int, Any]:
    """Order what was shown."""
    body = {"order_key": state["order_key"], "payment": CARD, "expected_total": state["total_amount"]}
    return await buyer.ask("POST", "/api/checkout/order", body | changes)


async def test_a_checkout_is_left_and_gone_on_with_on_another_device(shop: RunningShop, stack: AsyncExitStack):
    """Address, then payment, then the summary; both devices order at once, and there is one order."""
    phone, laptop = await new_buyer(shop, stack), await stack.enter_async_context(person(shop.url, "laptop"))
    laptop.token = phone.token
    product = await new_product(await demo_person(shop, stack, "seller"))
    await put(phone, product, 2)
    state = await look(phone)
    assert (state["subtotal"], state["shipping"], state["total_amount"]) == (5000, SHIPPING, 5000 + SHIPPING)
    assert (state["ready"], state["problems"], state["address"], state["methods"]) == (False, [], None, ["sandbox"])
    assert state["expires_at"] > state["server_time"]
    await choose(phone, address=ADDRESS)
    state = await choose(laptop, method="sandbox")
    assert (state["ready"], state["address"]["line1"]) == (True, ADDRESS["line1"])
    assert await look(phone) | {"server_time": 0, "cart": 0} == state | {"server_time": 0, "cart": 0}
    (status, placed), (again, same) = await submit(phone, state), await submit(laptop, state)
    assert (status, again, same) == (201, 201, placed)
    assert (placed["shipping"], placed["total_amount"]) == (SHIPPING, 5000 + SHIPPING)
    assert placed["address"]["line1"] == ADDRESS["line1"]
    state = await look(phone)
    assert state["order_key"] != placed["order_key"]
    assert [each["code"] for each in state["problems"]] == ["empty"]


async def test_sending_is_free_above_a_sum_and_a_discount_is_shown(shop: RunningShop, stack: AsyncExitStack):
    """What is saved is told line by line; the sum after it decides."""
    buyer, seller = await new_buyer(shop, stack), await demo_person(shop, stack, "seller")
    product = await new_product(seller)
    await put(buyer, product, 4)
    assert (await look(buyer))["shipping"] == 0
    period = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z"}
    path = f"/api/products/{product['id']}/discounts"
    assert (await seller.ask("POST", path, {"kind": "percent", "value": 10, **period}))[0] == 201
    visitor = await Visitor(shop.url, {"token": buyer.token}).connect()
    await visitor.hear("stock:snapshot")
    state = await look(buyer)
    assert (state["subtotal"], state["discount"], state["shipping"]) == (10_000, 1000, SHIPPING)
    assert [(line["price"], line["discount"]) for line in state["lines"]] == [(2250, 1000)]
    await visitor.leave()


async def test_what_has_changed_is_told_before_money_moves(shop: RunningShop, stack: AsyncExitStack):
    """Another price, a product that is gone: in the summary, and refused where it is ordered all the same."""
    buyer, seller = await new_buyer(shop, stack), await demo_person(shop, stack, "seller")
    product = await new_product(seller)
    await put(buyer, product, 1)
    shown = await choose(buyer, address=ADDRESS, method="sandbox")
    await seller.ask("PUT", f"/api/products/{product['id']}/price", {"price": 3000})
    status, refusal = await submit(buyer, shown)
    assert (status, refusal["code"], refusal["total_amount"]) == (409, "price_changed", 3000 + SHIPPING)
    async with open_books(shop) as books:
        assert await books["payments"].count_documents({"order_key": shown["order_key"]}) == 0
    state = await look(buyer)
    assert ([each["code"] for each in state["problems"]], state["ready"]) == (["price_changed"], False)
    assert (await choose(buyer))["ready"]
    await seller.ask("POST", f"/api/products/{product['id']}/unpublish", {})
    status, refusal = await submit(buyer, state)
    assert (status, refusal["code"]) == (409, "conflict")
    problems = (await look(buyer))["problems"]
    assert {"code": "not_for_sale", "product_id": product["id"]} in problems


async def test_a_guest_orders_and_comes_back_by_a_link(shop: RunningShop, stack: AsyncExitStack, mailbox: Mailbox):
    """With an address for mails; the link in the mail shows the order, and cancels it."""
    guest, seller = (
        await stack.enter_async_context(person(shop.url, "a guest")),
        await demo_person(shop, stack, "seller"),
    )
    _, session = await guest.ask("POST", "/api/session", {})
    guest.headers["X-Cart-Session"] = session["session"]
    product = await new_product(seller)
    await put(guest, product, 1)
    state = await choose(guest, address=ADDRESS, method="sandbox")
    status, refusal = await submit(guest, state)
    assert (status, refusal["errors"][0]["pointer"]) == (422, "/email")
    email = f"{uuid4().hex}@example.org"
    state = await choose(guest, email=email)
    status, placed = await submit(guest, state)
    assert (status, placed["buyer_id"]) == (201, None)
    found = re.search(r"/order#token=(\S+)", await text_mailed(mailbox, email))
    assert found
    token = found[1]
    assert await guest.ask("POST", "/api/orders/link", {"token": token}) == (200, placed)
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), f"{'0' * 24}{token[24:]}", "x", "é" * 40):
        assert (await guest.ask("POST", "/api/orders/link", {"token": wrong}))[1]["code"] == "invalid_token"
    status, cancelled = await guest.ask("POST", "/api/orders/link/cancel", {"token": token, "reason": "too late"})
    assert (status, cancelled["status"]) == (200, "cancelled")


async def text_mailed(mailbox: Mailbox, email: str) -> str:
    """Return what the first mail to an address says."""
    mail = (await mailbox.receives(email))[0].get_body(("plain",))
    assert mail
    return str(mail.get_content())


async def test_a_link_is_for_guests_alone(shop: RunningShop, stack: AsyncExitStack, mailbox: Mailbox):
    """Whoever has an account signs in: their mail has none."""
    buyer, seller = await new_buyer(shop, stack), await demo_person(shop, stack, "seller")
    _, profile = await buyer.ask("GET", "/api/auth/profile")
    await put(buyer, await new_product(seller), 1)
    _, placed = await submit(buyer, await choose(buyer, address=ADDRESS, method="sandbox"))
    text = await text_mailed(mailbox, profile["email"])
    assert placed["id"] in text
    assert "#token=" not in text


@pytest.mark.parametrize(
    "body",
    [
        {"method": "barter"},
        {"address": ADDRESS, "address_id": "0" * 24},
        {"address": {**ADDRESS, "country": "XX1"}},
        {"email": "not an address"},
        {"card": "4242424242424242"},
        {"total_amount": 1},
    ],
)
async def test_choices_that_cannot_be_are_refused(shop: RunningShop, stack: AsyncExitStack, body: dict[str, Any]):
    """Nothing of a card is ever kept."""
    buyer = await new_buyer(shop, stack)
    assert (await buyer.ask("PUT", "/api/checkout", body))[0] == 422
    assert (await buyer.ask("PUT", "/api/checkout", {"address_id": "0" * 24}))[0] == 404


async def test_a_checkout_that_goes_on_elsewhere_is_not_ordered(shop: RunningShop, stack: AsyncExitStack):
    """Its key is not the present one."""
    buyer = await new_buyer(shop, stack)
    state = await look(buyer)
    status, refusal = await submit(buyer, state | {"order_key": "another"})
    assert (status, refusal["code"]) == (409, "conflict")
