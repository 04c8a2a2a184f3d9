"""Holds end: the units come back to everybody, the owner hears of it, and the cart can no longer be ordered."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

from bench.shop.order import order
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.system.npm_visitor import npm_visitor


def _since(moment: str) -> float:
    """Return how many seconds ago a time on the wire was."""
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


async def test_an_expired_hold_returns_to_every_client_and_cannot_be_ordered(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, measured: Measured
) -> None:
    """After `expires_at` all clients see the units again; the owner alone gets `cart:expired`."""
    shop = await open_shop(HOLD_SECONDS="2", GUEST_CHECKOUT="true")
    books = await books_of(shop)
    product_id = await books.add_product(stock=10)
    ada, bob = await meet(shop), await meet(shop)
    tab = await meet(shop, session=ada.session)
    async with npm_visitor(shop) as nina:
        cart = (await ada.ask("cart:set", {"product_id": product_id, "quantity": 4}))["cart"]
        everybody = (ada, tab, bob, nina)
        for each in everybody:
            await each.hear("stock", lambda frame: [item["available"] for item in frame["items"]] == [6])
        await asyncio.gather(*(each.sees(product_id, available=10, held=0) for each in everybody))
        measured("seconds from expires_at until every screen has it back", _since(cart["expires_at"]))
        assert _since(cart["expires_at"]) > 0
    for mine in (ada, tab):
        expired = await mine.hear("cart:expired")
        assert expired["released"] == [{"product_id": product_id, "quantity": 4}]
        assert expired["cart"]["lines"] == []
    refused = await ada.ask("order:place", order(cart["total_amount"], uuid4().hex))
    assert refused["error"]["code"] == "cart_expired"
    assert bob.all("cart:expired") == []
    (movement,) = await books.movements(product_id, change_type="expire")
    assert movement["timestamp"] >= datetime.fromisoformat(cart["expires_at"])
    assert await books["orders"].count_documents({}) == 0
    await books.check()


async def test_a_hold_does_not_begin_anew_with_each_change_of_the_cart(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Ten minutes count from the first line; a cart emptied and filled again has a new clock."""
    shop = await open_shop()
    product_id = await (await books_of(shop)).add_product(stock=10)
    ada = await meet(shop)
    first = (await ada.ask("cart:set", {"product_id": product_id, "quantity": 1}))["cart"]
    second = (await ada.ask("cart:set", {"product_id": product_id, "quantity": 2}))["cart"]
    assert second["expires_at"] == first["expires_at"]
    assert (await ada.ask("cart:clear"))["cart"]["expires_at"] is None
    third = (await ada.ask("cart:set", {"product_id": product_id, "quantity": 1}))["cart"]
    assert third["expires_at"] > first["expires_at"]
