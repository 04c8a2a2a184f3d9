"""An order's life over HTTP: through every role's hands, seen at once by its buyer, and refused where it must be."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import pytest

from bench.shop.running import RunningShop
from tests.accounts import Person
from tests.buyers import Cast, buys, cast_of, new_buyer
from tests.visitor import Visitor

Connect = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def people(shop: RunningShop) -> AsyncIterator[Cast]:
    """Bring everybody together whom an order meets."""
    async with AsyncExitStack() as stack:
        yield await cast_of(shop, stack)


async def move(who: Person, placed: Any, status: str, **more: Any) -> tuple[int, Any]:
    """Ask for an order to be moved on."""
    return await who.ask("PUT", f"/api/orders/{placed['id']}/status", {"status": status, **more})


async def act(who: Person, placed: Any, what: str, **body: Any) -> tuple[int, Any]:
    """Do something with an order."""
    return await who.ask("POST", f"/api/orders/{placed['id']}/{what}", body)


async def test_an_order_goes_through_all_hands_and_its_buyer_sees_each_step(people: Cast, visitor: Connect):
    """Sent, claimed, handed over, received; live, and in its history."""
    tab = await visitor(token=people.buyer.token)
    placed = await buys(people.buyer, people.product, 2)
    status, sent = await move(people.seller, placed, "shipped", carrier="Post", tracking_number="RR 42")
    assert (status, sent["status"]) == (200, "shipped")
    told = await tab.hear("order", lambda news: news["order"]["status"] == "shipped")
    assert told["order"]["fulfilments"][0]["tracking_number"] == "RR 42"
    status, claimed = await act(people.courier, placed, "claim")
    assert (status, claimed["parts"][0]["claimed_by"]) == (200, "me")
    assert not {"total_amount", "payment", "buyer_id"} & set(claimed)
    status, _ = await move(people.courier, placed, "delivered", note="with the neighbour")
    assert status == 200
    told = await tab.hear("order", lambda news: news["order"]["status"] == "delivered")
    assert told["order"]["fulfilments"][0]["note"] == "with the neighbour"
    status, done = await move(people.buyer, placed, "completed")
    assert (status, done["status"]) == (200, "completed")
    assert [step["status"] for step in done["history"]] == ["placed", "shipped", "shipped", "delivered", "completed"]
    assert (await people.buyer.ask("GET", f"/api/orders/{placed['id']}"))[1] == done


async def test_what_is_refused_names_what_is_allowed(people: Cast, shop: RunningShop):
    """409 for those whose order it is; for everybody else there is no such order."""
    placed = await buys(people.buyer, people.product)
    for who, wish, allowed in (
        (people.buyer, "shipped", ["cancelled"]),
        (people.seller, "delivered", ["shipped"]),
        (people.admin, "refunded", ["shipped", "delivered", "completed", "cancelled"]),
    ):
        status, refusal = await move(who, placed, wish, reason="why")
        assert (status, refusal["code"], refusal["status"], refusal["order_status"]) == (409, "conflict", 409, "placed")
        assert refusal["allowed"] == allowed
    async with AsyncExitStack() as stack:
        stranger = await new_buyer(shop, stack, "Sam")
        for answer in (
            await move(stranger, placed, "cancelled"),
            await act(stranger, placed, "cancel"),
            await act(people.courier, placed, "claim"),
            await move(people.buyer, {"id": "0" * 24}, "cancelled"),
        ):
            assert (answer[0], answer[1]["code"]) == (404, "not_found")


async def test_a_buyer_cancels_before_it_is_sent_and_not_after(people: Cast, visitor: Connect):
    """The goods are back on the badge at once; asked for again it is cancelled already."""
    window = await visitor()
    placed = await buys(people.buyer, people.product, 3)
    await window.sees(people.product["id"], stock=5)
    status, cancelled = await act(people.buyer, placed, "cancel", reason="found it cheaper")
    assert (status, cancelled["status"]) == (200, "cancelled")
    assert [(each["amount"], each["reason"]) for each in cancelled["refunds"]] == [(7500, "found it cheaper")]
    await window.sees(people.product["id"], stock=8)
    assert await act(people.buyer, placed, "cancel") == (200, cancelled)
    second = await buys(people.buyer, people.product)
    await move(people.seller, second, "shipped")
    status, refusal = await act(people.buyer, second, "cancel")
    assert (status, refusal["allowed"]) == (409, [])


async def test_a_seller_gives_back_what_came_back_in_parts(people: Cast):
    """Units with their money; a repeated key gives back once; more than was sold is refused."""
    placed = await buys(people.buyer, people.product, 3)
    await move(people.seller, placed, "shipped")
    one = {"units": [{"product_id": people.product["id"], "quantity": 1}], "refund_id": uuid4().hex[:24]}
    status, given = await act(people.seller, placed, "refund", **one, reason="scratched")
    assert (status, [each["amount"] for each in given["refunds"]]) == (200, [2500])
    assert await act(people.seller, placed, "refund", **one) == (200, given)
    assert await people.stock() == 6
    too_many = [{"product_id": people.product["id"], "quantity": 3}]
    status, refusal = await act(people.seller, placed, "refund", units=too_many)
    assert (status, refusal["errors"][0]["pointer"]) == (422, "/units")
    twice = [{"product_id": people.product["id"], "quantity": 1}] * 2
    assert (await act(people.seller, placed, "refund", units=twice))[0] == 422
    status, given = await act(people.seller, placed, "refund", reason="the rest", restock=False)
    assert (status, given["status"]) == (200, "refunded")
    assert (await people.stock(), sum(each["amount"] for each in given["refunds"])) == (6, 7500)
    assert [line["returned"] for line in given["product_list"]] == [1]


async def test_an_admin_overrides_with_a_reason(people: Cast):
    """Without one it is refused."""
    placed = await buys(people.buyer, people.product)
    status, refusal = await move(people.admin, placed, "delivered")
    assert (status, refusal["errors"][0]["pointer"]) == (422, "/reason")
    status, moved = await move(people.admin, placed, "delivered", reason="handed over in the shop")
    assert (status, moved["status"]) == (200, "delivered")
    assert moved["history"][-1]["reason"] == "handed over in the shop"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "lost"},
        {"status": "shipped", "role": "admin"},
        {"status": "shipped", "seller_id": "me"},
        {"status": "shipped", "tracking_number": "1\r\n2"},
        {"status": "shipped", "note": "x" * 501},
        {"status": ["shipped"]},
    ],
)
async def test_what_cannot_be_read_is_refused(people: Cast, body: dict[str, Any]):
    """Whatever state the order is in."""
    assert (await people.seller.ask("PUT", f"/api/orders/{'0' * 24}/status", body))[0] == 422
