"""Sellers at work over a running shop: what they do is seen at once, by browsers and in open carts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from bench.shop.books import open_books
from bench.shop.order import order
from bench.shop.running import RunningShop
from tests.accounts import Person, person
from tests.visitor import Visitor, buyer_token, sign_in

Connect = Callable[..., Awaitable[Visitor]]
UNKNOWN = "0" * 24


@dataclass
class Market:
    """People who deal with one product."""

    seller: Person
    other: Person
    buyer: Person
    admin: Person
    product: Any

    @property
    def path(self) -> str:
        """Where the product is."""
        return f"/api/products/{self.product['id']}"

    async def act(self, method: str, what: str = "", body: Any = None, status: int = 200) -> Any:
        """Have the seller do something to the product."""
        answer = await self.seller.ask(method, self.path + what, body)
        assert answer[0] == status, answer
        return answer[1]


def written(**changes: Any) -> dict[str, Any]:
    """Write a product."""
    product = {"name": "Lamp", "price": 2500, "category": "lighting/desk", "stock": 8, "sku": uuid4().hex}
    return product | changes


@pytest.fixture
async def market(shop: RunningShop) -> AsyncIterator[Market]:
    """Sign in two sellers, a buyer and the admin, and put a product on sale."""
    async with AsyncExitStack() as stack:
        people = [await stack.enter_async_context(person(shop.url, each)) for each in ("s", "o", "b", "a")]
        admin, email = people[3], f"{uuid4().hex}@example.org"
        admin.token = await sign_in(shop.url, "admin@demo.com")
        secret = "quiet harbour lamp"
        await people[1].ask("POST", "/api/auth/register", {"email": email, "password": secret, "name": "Otto"})
        _, found = await admin.ask("GET", f"/api/admin/users?q={email}")
        await admin.ask("PUT", f"/api/admin/users/{found['items'][0]['id']}/role", {"role": "seller"})
        assert await people[1].login(email, secret) == 200
        people[0].token = await sign_in(shop.url, "seller@demo.com")
        people[2].token = await sign_in(shop.url, "buyer@demo.com")
        status, product = await people[0].ask("POST", "/api/products/", written())
        assert status == 201, product
        yield Market(*people, product)
        await people[0].ask("DELETE", f"/api/products/{product['id']}")


def about(product_id: str, change: str) -> Callable[[Any], bool]:
    """Choose the news of a product."""
    return lambda news: news["product"]["id"] == product_id and news["change"] == change


async def test_a_product_is_added_with_what_it_needs_and_seen_at_once(market: Market, visitor: Connect):
    """What is not named is as usual in this shop."""
    browser = await visitor()
    _, product = await market.seller.ask(
        "POST", "/api/products/", written(tags=[" Brass ", "brass"], description="ü\n")
    )
    assert (product["price"], product["list_price"], product["currency"]) == (2500, None, "EUR")
    assert (product["stock"], product["available"], product["held"], product["version"]) == (8, 8, 0, 1)
    assert (product["threshold"], product["max_per_cart"], product["tags"]) == (3, 99, ["brass"])
    assert (product["published"], product["disabled"], product["images"], product["discounts"]) == (True, False, [], [])
    told = await browser.hear("product", about(product["id"], "created"))
    assert told["product"] == product
    await browser.sees(product["id"], available=8)
    assert (await market.buyer.ask("GET", f"/api/products/{product['id']}"))[1] == product


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "   "}, "/name"),
        ({"name": None}, "/name"),
        ({"price": -1}, "/price"),
        ({"price": 1.5}, "/price"),
        ({"price": 10**13}, "/price"),
        ({"category": "a//b"}, "/category"),
        ({"category": "a/b/c/d/e/f"}, "/category"),
        ({"stock": -1}, "/stock"),
        ({"stock": 2**31}, "/stock"),
        ({"currency": "euro"}, "/currency"),
        ({"sku": "\x00"}, "/sku"),
        ({"name": "\ud800"}, None),
        ({"tags": "red"}, "/tags"),
        ({"max_per_cart": 0}, "/max_per_cart"),
        ({"seller_id": UNKNOWN}, "/seller_id"),
        ({"disabled": False}, "/disabled"),
    ],
)
async def test_what_is_wrong_with_a_product_is_named(market: Market, changes: dict[str, Any], pointer: str | None):
    """By field, adding and changing alike."""
    for method, path, body in (("POST", "/api/products/", written(**changes)), ("PUT", market.path, changes)):
        status, problem = await market.seller.ask(method, path, body)
        assert (status, problem["code"]) in (
            {(422, "validation")} if pointer else {(422, "validation"), (400, "malformed")}
        )
        assert pointer is None or [each["pointer"] for each in problem["errors"]] == [pointer]


async def test_an_edit_changes_what_it_names(market: Market, visitor: Connect):
    """A price is set and a stock counted, each with its line; an edit of nothing is refused."""
    browser = await visitor()
    edited = await market.act("PUT", body={"name": "Desk lamp", "price": 2600, "stock": 5, "reason": "counted"})
    assert (edited["name"], edited["price"], edited["stock"], edited["category"]) == (
        *("Desk lamp", 2600, 5),
        "lighting/desk",
    )
    told = await browser.hear("product", about(edited["id"], "price_changed"))
    assert told["product"]["name"] == "Desk lamp"
    await browser.sees(edited["id"], stock=5)
    changes = await market.act("GET", "/changes")
    (change,) = changes["items"]
    assert {each["field"]: (each["before"], each["after"]) for each in change["changed"]} == {
        "name": ("Lamp", "Desk lamp"),
        "price": (2500, 2600),
    }
    assert (change["kind"], change["reason"]) == ("edited", "counted")
    movements = (await market.act("GET", "/inventory-logs"))["items"]
    assert [(each["change_type"], each["reason"]) for each in movements] == [
        ("adjustment", "counted"),
        ("restock", "opening stock"),
    ]
    for empty in ({}, {"reason": "just so"}):
        await market.act("PUT", body=empty, status=422)
    assert (await market.act("PUT", body={"sku": None}))["sku"] is None


async def test_a_stock_below_what_carts_hold_changes_nothing_of_the_edit(market: Market, visitor: Connect):
    """Nor is there a line of it."""
    buyer = await visitor()
    await buyer.ask("cart:set", {"product_id": market.product["id"], "quantity": 3})
    problem = await market.act("PUT", body={"name": "Desk lamp", "stock": 2}, status=409)
    assert (problem["code"], (await market.act("GET"))["name"]) == ("conflict", "Lamp")
    assert (await market.act("GET", "/changes"))["items"] == []
    await buyer.ask("cart:clear")


async def test_an_edit_that_is_refused_counts_no_stock(market: Market):
    """Whatever it is refused for: a category, a SKU, a price below a discount, whose it is."""
    _, other = await market.seller.ask("POST", "/api/products/", written())
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await market.act("POST", "/discounts", {"kind": "amount", "value": 500, "ends_at": ends}, status=201)
    for refused, status in (({"category": "a//b"}, 422), ({"sku": other["sku"]}, 409), ({"price": 499}, 409)):
        await market.act("PUT", body={"stock": 3, **refused}, status=status)
    assert (await market.other.ask("PUT", market.path, {"stock": 3}))[0] == 404
    left = await market.act("GET")
    assert (left["stock"], left["version"], left["category"]) == (8, 1, "lighting/desk")
    assert len((await market.act("GET", "/inventory-logs"))["items"]) == 1
    await market.seller.ask("DELETE", f"/api/products/{other['id']}")


async def test_a_price_change_reaches_open_carts_and_asks_who_orders(
    market: Market, shop: RunningShop, visitor: Connect
):
    """The cart shows it; an order at the old total is refused, one at the new goes through."""
    buyer = await visitor(token=await buyer_token(shop.url))
    put = await buyer.ask("cart:set", {"product_id": market.product["id"], "quantity": 2})
    await market.act("PUT", "/price", {"price": 3000, "reason": "copper"})

    def priced(told: Any) -> bool:
        lines = {line["product_id"]: line for line in told["cart"]["lines"]}
        return market.product["id"] in lines and lines[market.product["id"]]["price"] == 3000

    cart = (await buyer.hear("cart", priced))["cart"]
    assert cart["revision"] == put["cart"]["revision"]
    await orders_at(buyer, old=put["cart"]["total_amount"], new=6000, list_price=None)
    (change, *_) = (await market.act("GET", "/changes"))["items"]
    assert (change["kind"], change["reason"]) == ("priced", "copper")


async def orders_at(buyer: Visitor, *, old: int, new: int, list_price: int | None) -> None:
    """Order what is in the cart, two of one product: in vain at the old total, then at the new one."""
    refused = (await buyer.ask("order:place", order(old, uuid4().hex)))["error"]
    assert (refused["code"], refused["details"]["total_amount"]) == ("price_changed", new)
    placed = await buyer.ask("order:place", order(new, uuid4().hex))
    assert placed["ok"], placed
    (line,) = placed["order"]["product_list"]
    assert (line["price"], line["quantity"], line["list_price"]) == (new // 2, 2, list_price)
    assert placed["order"]["total_amount"] == placed["order"]["payment"]["amount"] == new


async def test_an_order_under_a_discount_pays_what_the_cart_shows(market: Market, shop: RunningShop, visitor: Connect):
    """At the list price it is refused; when the discount was taken away, so is the price it made."""
    buyer = await visitor(token=await buyer_token(shop.url))
    line, ends = {"product_id": market.product["id"], "quantity": 2}, datetime.now(UTC) + timedelta(hours=1)
    assert (await buyer.ask("cart:set", line))["cart"]["total_amount"] == 5000
    body = {"kind": "percent", "value": 20, "ends_at": ends.isoformat()}
    (discount,) = (await market.act("POST", "/discounts", body, status=201))["discounts"]
    shown = (await buyer.hear("cart", lambda told: told["cart"]["total_amount"] == 4000))["cart"]["lines"][0]
    assert (shown["price"], shown["list_price"]) == (2000, 2500)
    await orders_at(buyer, old=5000, new=4000, list_price=2500)
    assert (await buyer.ask("cart:set", line))["cart"]["total_amount"] == 4000
    await market.act("DELETE", f"/discounts/{discount['id']}")
    await orders_at(buyer, old=4000, new=5000, list_price=None)


async def test_what_is_disabled_stays_in_carts_and_cannot_be_ordered(
    market: Market, shop: RunningShop, visitor: Connect
):
    """What is held stays held, the line says so; enabled again, it can be ordered."""
    buyer, path = await visitor(token=await buyer_token(shop.url)), f"/api/admin/products/{market.product['id']}"
    assert (await buyer.ask("cart:set", {"product_id": market.product["id"], "quantity": 2}))["ok"]
    assert (await market.admin.ask("PUT", f"{path}/disable", {"reason": "not a real lamp"}))[0] == 200
    told = await buyer.hear("cart", lambda told: [line["for_sale"] for line in told["cart"]["lines"]] == [False])
    assert (told["cart"]["lines"][0]["name"], told["cart"]["lines"][0]["quantity"]) == ("Lamp", 2)
    assert (await market.act("GET"))["held"] == 2
    refused = (await buyer.ask("order:place", order(5000, uuid4().hex)))["error"]
    assert refused["code"] == "conflict"
    assert (await market.admin.ask("PUT", f"{path}/enable"))[0] == 200
    await buyer.hear("cart", lambda told: [line["for_sale"] for line in told["cart"]["lines"]] == [True])
    assert (await buyer.ask("order:place", order(5000, uuid4().hex)))["ok"]


async def test_drafts_are_no_news(market: Market, visitor: Connect):
    """Neither that one is written, nor that it is changed; browsers hear of it when it comes on show."""
    browser = await visitor()
    _, draft = await market.seller.ask("POST", "/api/products/", written(published=False))
    path = f"/api/products/{draft['id']}"
    assert (await market.seller.ask("PUT", path, {"name": "Better lamp"}))[0] == 200
    assert (await market.seller.ask("POST", f"{path}/publish"))[0] == 200
    await browser.hear("product", about(draft["id"], "published"))
    assert [each["change"] for each in browser.all("product") if each["product"]["id"] == draft["id"]] == ["published"]
    await market.seller.ask("DELETE", path)
    await browser.hear("product", about(draft["id"], "withdrawn"))


async def test_a_discount_shows_old_and_new_price_until_it_ends(market: Market, visitor: Connect):
    """In the listing, in browsers, in open carts; all by themselves when the period begins and ends."""
    browser, product_id = await visitor(), market.product["id"]
    await browser.ask("cart:set", {"product_id": product_id, "quantity": 2})
    soon = datetime.now(UTC) + timedelta(seconds=1)
    body = {
        "kind": "percent",
        "value": 20,
        "starts_at": soon.isoformat(),
        "ends_at": (soon + timedelta(seconds=3)).isoformat(),
    }
    coming = await market.act("POST", "/discounts", body, status=201)
    assert (coming["price"], coming["list_price"], len(coming["discounts"])) == (2500, None, 1)

    def costs(price: int, list_price: int | None) -> Callable[[Any], bool]:
        return lambda told: (
            told["product"]["id"] == product_id
            and ((told["product"]["price"], told["product"]["list_price"]) == (price, list_price))
        )

    def total(amount: int, list_price: int | None) -> Callable[[Any], bool]:
        return lambda told: (
            told["cart"]["total_amount"] == amount and told["cart"]["lines"][0]["list_price"] == list_price
        )

    await browser.hear("product", costs(2000, 2500))
    await browser.hear("cart", total(4000, 2500))
    browser.heard.clear()
    await browser.hear("product", costs(2500, None))
    await browser.hear("cart", total(5000, None))
    await browser.ask("cart:clear")


async def test_a_discount_of_now_is_taken_away_again(market: Market, visitor: Connect):
    """By its number."""
    browser = await visitor()
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    cheap = await market.act("POST", "/discounts", {"kind": "amount", "value": 500, "ends_at": ends}, status=201)
    assert (cheap["price"], cheap["list_price"]) == (2000, 2500)
    (discount,) = cheap["discounts"]
    assert (discount["kind"], discount["value"]) == ("amount", 500)
    await browser.hear("product", about(market.product["id"], "price_changed"))
    assert (await market.act("DELETE", f"/discounts/{discount['id']}"))["price"] == 2500
    await market.act("DELETE", f"/discounts/{discount['id']}", status=404)


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "percent", "value": 101, "ends_at": "2099-01-01T00:00:00Z"},
        {"kind": "percent", "value": 0, "ends_at": "2099-01-01T00:00:00Z"},
        {"kind": "amount", "value": 2501, "ends_at": "2099-01-01T00:00:00Z"},
        {"kind": "percent", "value": 10, "ends_at": "2001-01-01T00:00:00Z"},
        {"kind": "percent", "value": 10, "ends_at": "2099-01-01"},
        {"kind": "percent", "value": 10, "starts_at": "2099-01-02T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z"},
        {"kind": "half", "value": 10, "ends_at": "2099-01-01T00:00:00Z"},
    ],
    ids=str,
)
async def test_a_discount_out_of_measure_is_refused(market: Market, body: dict[str, Any]):
    """Nothing is changed."""
    assert (await market.act("POST", "/discounts", body, status=422))["code"] == "validation"
    assert (await market.act("GET"))["discounts"] == []


async def test_what_is_unpublished_is_gone_for_buyers_and_stays_for_its_seller(market: Market, visitor: Connect):
    """A line of it in a cart is shown as not for sale; published again it is back."""
    browser, product_id = await visitor(), market.product["id"]
    await browser.ask("cart:set", {"product_id": product_id, "quantity": 1})
    assert (await market.act("POST", "/unpublish"))["published"] is False
    await browser.hear("product", about(product_id, "withdrawn"))
    told = await browser.hear("cart", lambda told: [line["for_sale"] for line in told["cart"]["lines"]] == [False])
    assert told["cart"]["lines"][0]["quantity"] == 1
    refused = await browser.ask("cart:set", {"product_id": product_id, "quantity": 2})
    assert refused["error"]["code"] == "conflict"
    assert (await market.buyer.ask("GET", market.path))[0] == 404
    assert (await market.act("GET"))["id"] == product_id
    _, mine = await market.seller.ask("GET", "/api/products/my-products?state=hidden")
    assert product_id in [each["id"] for each in mine["items"]]
    await market.act("POST", "/publish")
    await browser.hear("product", about(product_id, "published"))
    await browser.ask("cart:clear")


async def test_what_an_admin_disables_is_told_to_its_seller_who_cannot_undo_it(
    market: Market, shop: RunningShop, visitor: Connect
):
    """By socket, with the reason; the audit trail has it."""
    seller = await visitor(token=market.seller.token)
    path = f"/api/admin/products/{market.product['id']}"
    status, disabled = await market.admin.ask("PUT", f"{path}/disable", {"reason": "not a real lamp"})
    assert (status, disabled["disabled"], disabled["disabled_reason"]) == (200, True, "not a real lamp")
    told = await seller.hear("notification", lambda told: told.get("product_id") == market.product["id"])
    assert (told["kind"], told["reason"], told["name"]) == ("product_disabled", "not a real lamp", "Lamp")
    assert (await market.act("POST", "/publish"))["disabled"] is True
    assert (await market.buyer.ask("GET", market.path))[0] == 404
    _, listed = await market.admin.ask("GET", "/api/admin/products?state=disabled")
    assert market.product["id"] in [each["id"] for each in listed["items"]]
    _, trail = await market.admin.ask("GET", "/api/admin/audit-events?kind=disable_product&limit=1")
    assert trail["items"][0]["detail"] == {"product_id": market.product["id"], "reason": "not a real lamp"}
    async with open_books(shop) as books:
        (mail,) = (
            await books["emails"]
            .find({"kind": "product_disabled", "data.product_id": market.product["id"]})
            .to_list(None)
        )
    assert (mail["to"], mail["data"]["reason"]) == ("seller@demo.com", "not a real lamp")
    status, enabled = await market.admin.ask("PUT", f"{path}/enable")
    assert (status, enabled["disabled"], enabled["disabled_reason"]) == (200, False, None)
    assert (await market.buyer.ask("GET", market.path))[0] == 200
    assert (await market.admin.ask("PUT", f"{path}/disable", {"reason": " "}))[0] == 422
    assert (await market.admin.ask("PUT", f"/api/admin/products/{UNKNOWN}/disable", {"reason": "x"}))[0] == 404


async def test_what_is_deleted_is_gone_for_all(market: Market, visitor: Connect):
    """Kept only where something refers to it."""
    browser, product_id = await visitor(), market.product["id"]
    await browser.ask("cart:set", {"product_id": product_id, "quantity": 1})
    assert await market.act("DELETE") == {"id": product_id, "kept": True}
    await browser.hear("product", about(product_id, "withdrawn"))
    for who in (market.seller, market.buyer, market.admin):
        assert (await who.ask("GET", market.path))[0] == 404
    await market.act("DELETE", status=404)
    _, mine = await market.seller.ask("GET", "/api/products/my-products?limit=100")
    assert product_id not in [each["id"] for each in mine["items"]]
    cleared = await browser.ask("cart:clear")
    assert cleared["cart"]["lines"] == []
    _, fresh = await market.seller.ask("POST", "/api/products/", written())
    status, gone = await market.seller.ask("DELETE", f"/api/products/{fresh['id']}")
    assert (status, gone) == (200, {"id": fresh["id"], "kept": False})


async def test_others_products_are_nobodys_business(market: Market):
    """Another seller finds none, a buyer is told that this is not theirs to do; an admin may."""
    acts: list[tuple[str, str, Any]] = [
        ("PUT", "", {"name": "Mine"}),
        ("PUT", "/price", {"price": 1}),
        ("POST", "/publish", None),
        ("POST", "/unpublish", None),
        ("POST", "/discounts", {"kind": "percent", "value": 1, "ends_at": "2099-01-01T00:00:00Z"}),
        ("DELETE", f"/discounts/{UNKNOWN}", None),
        ("GET", "/changes", None),
        ("DELETE", "", None),
    ]
    for method, what, body in acts:
        assert (await market.other.ask(method, market.path + what, body))[0] == 404, what
        assert (await market.buyer.ask(method, market.path + what, body))[0] == 403, what
    status, product = await market.admin.ask("PUT", market.path, {"name": "Bright lamp"})
    assert (status, product["name"]) == (200, "Bright lamp")


async def test_a_sku_that_is_taken_is_refused(market: Market):
    """One's own; another seller may use it."""
    again = written(sku=market.product["sku"])
    status, problem = await market.seller.ask("POST", "/api/products/", again)
    assert (status, problem["code"]) == (409, "conflict")
    status, product = await market.other.ask("POST", "/api/products/", again)
    assert status == 201
    assert (await market.other.ask("DELETE", f"/api/products/{product['id']}"))[0] == 200


async def test_ones_own_products_are_listed_page_by_page(market: Market):
    """Newest first, each once, by state."""
    added = []
    for number in range(4):
        _, product = await market.other.ask("POST", "/api/products/", written(stock=[0, 2, 5, 9][number], threshold=2))
        added.append(product["id"])
    pages, after = [], ""
    while True:
        _, page = await market.other.ask("GET", f"/api/products/my-products?limit=3{after}")
        pages.append([each["id"] for each in page["items"]])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert pages == [added[:0:-1], added[:1]]
    for state, expected in (("out", added[:1]), ("low", added[:2]), ("on_show", added[::-1]), ("hidden", [])):
        _, page = await market.other.ask("GET", f"/api/products/my-products?state={state}")
        assert [each["id"] for each in page["items"]] == expected, state
    await asyncio.gather(*(market.other.ask("DELETE", f"/api/products/{each}") for each in added))
