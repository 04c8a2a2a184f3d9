"""What another program, tab or process writes reaches every screen that it concerns."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bson import ObjectId

from bench.shop.order import order
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.visitor import Visitor, sign_in


async def test_stock_written_straight_to_the_database_reaches_everybody(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """With the version that a movement would have, and by a program that knows of no versions."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product()
    everybody = [await meet(shop) for _ in range(3)]
    await books.change_product(product_id, {"$inc": {"stock": -10, "version": 1}})
    for each in everybody:
        await each.sees(product_id, available=90, version=2)
    await books.change_product(product_id, {"$set": {"stock": 7}})
    for each in everybody:
        await each.sees(product_id, available=7, version=2)
    await (await meet(shop)).sees(product_id, stock=7)
    ada = everybody[0]
    refused = await ada.ask("cart:set", {"product_id": product_id, "quantity": 8})
    assert (refused["error"]["code"], refused["error"]["details"]["available"]) == ("insufficient_stock", 7)


async def test_the_catalogue_changed_straight_in_the_database_is_told_as_product_events(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """A product is created, priced anew, withdrawn, published again and deleted; a withdrawn one shows only its id."""
    shop = await open_shop()
    books = await books_of(shop)
    ada = await meet(shop)
    product_id = await books.add_product(stock=5)
    steps: list[tuple[str, dict[str, Any]]] = [
        ("price_changed", {"$set": {"price": 900}}),
        ("updated", {"$set": {"description": "Rolled leaves."}}),
        ("withdrawn", {"$set": {"published": False}}),
        ("published", {"$set": {"published": True}}),
    ]
    await _hears(ada, "created", 1, product_id)
    for number, (kind, change) in enumerate(steps, start=2):
        await books.change_product(product_id, change)
        await _hears(ada, kind, number, product_id)
    await books["products"].delete_one({"_id": ObjectId(product_id)})
    await _hears(ada, "withdrawn", 6, product_id)
    shown = [event["product"] for event in ada.all("product")]
    assert [each.get("price") for each in shown] == [500, 900, 900, None, 900, None]
    assert [set(each) for each in (shown[3], shown[5])] == [{"id"}, {"id"}]
    gone = await ada.ask("cart:set", {"product_id": product_id, "quantity": 1})
    assert gone["error"]["code"] == "not_found"


async def _hears(visitor: Visitor, kind: str, number: int, product_id: str) -> None:
    """Wait until the newest product event is the one expected, so many having come."""
    await visitor.hear("product", lambda event: event["change"] == kind and len(visitor.all("product")) == number)
    assert {event["product"]["id"] for event in visitor.all("product")} == {product_id}


async def test_a_withdrawn_product_cannot_be_ordered_from_a_cart(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Its hold stays until it ends, but nobody can order it or hold more; its level is shown no longer."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product()
    ada = await meet(shop)
    await ada.ask("cart:set", {"product_id": product_id, "quantity": 1})
    await books.change_product(product_id, {"$set": {"disabled": True}})
    await ada.hear("product", lambda event: event["change"] == "withdrawn")
    more = await ada.ask("cart:set", {"product_id": product_id, "quantity": 2})
    assert more["error"]["code"] == "conflict"
    assert (await ada.ask("stock:watch", {"product_ids": [product_id]}))["items"] == []
    await books.check()


async def test_stock_watch_narrows_what_a_socket_hears_and_null_widens_it(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """B watches one product of two, by event or on connecting, and hears of that one only."""
    shop = await open_shop()
    books = await books_of(shop)
    seen, unseen = await books.add_product(), await books.add_product()
    ada, bob, eve = await meet(shop), await meet(shop), await meet(shop, watch=[seen])
    answer = await bob.ask("stock:watch", {"product_ids": [seen]})
    assert [item["id"] for item in answer["items"]] == [seen]
    bob.heard.clear()
    for product_id in (unseen, seen):  # in this order: what is heard last was written last
        await ada.ask("cart:set", {"product_id": product_id, "quantity": 1})
        await ada.sees(product_id, available=99)
        await books.change_product(product_id, {"$set": {"price": 1}})
    for each in (bob, eve):
        await each.sees(seen, available=99)
        await each.hear("product", lambda event: event["product"]["id"] == seen)
        assert each.level(unseen) is None
        assert {event["product"]["id"] for event in each.all("product")} == {seen}
    answer = await bob.ask("stock:watch", {"product_ids": None})
    assert {item["id"]: item["available"] for item in answer["items"]} == {seen: 99, unseen: 99}
    await ada.ask("cart:clear")
    await bob.sees(unseen, available=100)


async def test_a_cart_changes_in_the_owner_s_other_tabs_on_every_process_and_nowhere_else(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """The tab that made the change has its ack; the others, here and on the other process, get `cart`."""
    one, two = await open_shop("one", **one_database), await open_shop("two", **one_database)
    product_id = await (await books_of(one)).add_product()
    tab, stranger = await meet(one), await meet(one)
    here, there = await meet(one, session=tab.session), await meet(two, session=tab.session)
    tabs = [tab, here, there]
    for quantity, acting in enumerate((tab, there, here), start=1):
        ack = await acting.ask("cart:set", {"product_id": product_id, "quantity": quantity})
        revision = ack["cart"]["revision"]
        others = [each for each in tabs if each is not acting]
        heard = await asyncio.gather(*(each.hear("cart", _at(revision)) for each in others))
        assert [event["cart"]["lines"][0]["quantity"] for event in heard] == [quantity, quantity]
        assert not any(map(_at(revision), acting.all("cart")))
    assert [len(each.all("cart")) for each in tabs] == [2, 2, 2]
    assert stranger.all("cart") == []


def _at(revision: int) -> Callable[[Any], bool]:
    """Choose a cart by its revision."""
    return lambda event: bool(event["cart"]["revision"] == revision)


async def test_a_user_s_cart_follows_to_another_device_on_another_process(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """A signs in on two processes with different sessions: one cart, changed here, told there; the order as well."""
    settings = {**one_database, "DEMO": "true"}
    one, two = await open_shop("one", **settings), await open_shop("two", **settings)
    product_id = await (await books_of(one)).add_product()
    token = await sign_in(one.url)
    laptop, phone = await meet(one, token=token), await meet(two, token=token)
    await laptop.ask("cart:set", {"product_id": product_id, "quantity": 2})
    told = await phone.hear("cart")
    assert [line["quantity"] for line in told["cart"]["lines"]] == [2]
    assert (await phone.ask("cart:get"))["cart"]["lines"] == told["cart"]["lines"]
    assert (await laptop.ask("order:place", order(1000, uuid4().hex)))["ok"]
    await phone.hear("cart", lambda event: event["cart"]["lines"] == [])
    await phone.sees(product_id, stock=98, held=0)
