"""Lists of orders over HTTP: whose they are, what of an order each may see, filters, pages and files."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import BaseModel

from bench.shop.books import Books, open_books
from bench.shop.running import RunningShop
from handlers.payloads.order import OrderList
from handlers.payloads.order_lists import AdminOrderList, DeliveryOrderList, SellerPartList, Timeline
from handlers.streamed import download
from ivorycart.order_addresses import OrderAddresses
from ivorycart.order_lists import OrderLists
from ivorycart.vault import Vault, fresh_keys, keys_of
from models.identity import owner_of_user
from models.order import Order, Refund
from models.order_list import OrderFilter, Place
from tests.forked import ForkedShop, Forks, in_a_database
from tests.handlers.doors import bearer, send
from tests.orders import NOON, a_line, a_part, a_stored_order, moved, new_id, put
from tests.patience import PATIENCE
from tests.visitor import sign_in

LISTS = {
    "/api/orders/my-orders": "buyer",
    "/api/orders/seller-orders": "seller",
    "/api/orders/delivery-orders": "delivery",
    "/api/admin/orders": "admin",
}


ANSWERS: dict[str, type[BaseModel]] = {
    "my-orders": OrderList,
    "seller-orders": SellerPartList,
    "delivery-orders": DeliveryOrderList,
    "admin/orders": AdminOrderList,
    "timeline": Timeline,
}


@dataclass
class Cast:
    """People by their role: ids and headers; orders with something of each."""

    books: Books
    ids: dict[str, str]
    who: dict[str, dict[str, str]]
    url: str

    async def asks(self, role: str, path: str) -> Any:
        """Ask as somebody; return the answer's body."""
        answer = await send(self.url, "GET", path, **self.who[role])
        assert answer.status == 200, answer.body
        answered = next(model for end, model in ANSWERS.items() if path.partition("?")[0].endswith(end))
        answered.model_validate(answer.body)  # nothing is missing, and nothing is there that is not documented
        return answer.body

    def sold(self, *others: Any, **fields: Any) -> Order:
        """Build an order of the buyer's with something of the seller's."""
        return a_stored_order(
            a_part(self.ids["seller"], **fields.pop("part", {})), *others, buyer_id=self.ids["buyer"], **fields
        )


@pytest.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory, mongo_uri: str, forks: Forks) -> AsyncIterator[RunningShop]:
    """Run a shop of this file's own: what others' tests have ordered would be in its lists."""
    settings = in_a_database(mongo_uri, DEMO="true", LOGINS_PER_MINUTE="100000")
    running = await ForkedShop.of(forks, tmp_path_factory.mktemp("lists") / "data", settings).start()
    yield running
    await running.stop()


@pytest.fixture
async def cast(shop: RunningShop) -> AsyncIterator[Cast]:
    """Let the demo people meet, without the orders of the test before."""
    async with open_books(shop) as books:
        await books["orders"].delete_many({})
        ids, who = {}, {}
        for role in ("buyer", "seller", "delivery", "admin"):
            ids[role] = str((await books["users"].find_one({"email": f"{role}@demo.com"}))["_id"])
            who[role] = bearer(await sign_in(shop.url, f"{role}@demo.com"))
        yield Cast(books, ids, who, shop.url)
        await books["orders"].delete_many({})


async def test_each_sees_of_an_order_what_is_theirs(cast: Cast):
    """The buyer all, the seller their part and where it goes, delivery what is carried, an admin all."""
    ids, other = cast.ids, new_id()
    lines = (a_line(ids["seller"], "Tea", 2, 300), a_line(other, "Mug"))
    order = cast.sold(a_part(other), lines=lines)
    order = moved(order, ids["seller"], "shipped", owner_of_user(ids["seller"]), carrier="DHL", tracking_number="42")
    await put(cast.books.database, order, a_stored_order(a_part(other), buyer_id=new_id()))

    [mine] = (await cast.asks("buyer", "/api/orders/my-orders"))["items"]
    assert (mine["id"], mine["total_amount"], mine["address"]["line1"]) == (order.id, 1100, "1 Analytical Way")

    [sold] = (await cast.asks("seller", "/api/orders/seller-orders"))["items"]
    assert (sold["total_amount"], sold["status"], sold["address"]["city"]) == (600, "shipped", "London")
    assert [line["name"] for line in sold["product_list"]] == ["Tea"]
    assert sold["fulfilment"] == {
        "status": "shipped",
        "carrier": "DHL",
        "tracking_number": "42",
        "note": "",
        "claimed": False,
    }
    assert [step["status"] for step in sold["history"]] == ["placed", "shipped"]

    [carried] = (await cast.asks("delivery", "/api/orders/delivery-orders"))["items"]
    [part] = carried["parts"]
    assert (part["claimed_by"], part["tracking_number"], carried["address"]["name"]) == ("nobody", "42", "Ada")
    assert [sorted(line) for line in part["product_list"]] == [["name", "product_id", "quantity"]]

    everything = (await cast.asks("admin", "/api/admin/orders"))["items"]
    assert len(everything) == 2
    assert {each["email"] for each in everything} == {"ada@shop.test"}
    for secret in (order.order_key, ids["buyer"], "ada@shop.test", other, "sandbox"):
        assert secret not in str(sold)
        assert secret not in str(carried)
    assert "price" not in str(carried)


async def test_a_couriers_lists_are_what_nobody_brings_what_they_bring_and_what_they_brought(cast: Cast):
    """Another courier's are in none of them."""
    seller, me, other = cast.ids["seller"], cast.ids["delivery"], new_id()
    free = cast.sold(part={"status": "shipped"})
    mine = cast.sold(part={"status": "shipped", "courier": me})
    theirs = cast.sold(part={"status": "shipped", "courier": other})
    done = cast.sold(part={"status": "delivered", "courier": me, "note": "at the door"})
    both = cast.sold(a_part(new_id(), "delivered", courier=me), part={"status": "shipped", "courier": me})
    await put(cast.books.database, free, mine, theirs, done, both, cast.sold())
    expected = {"available": {free.id}, "mine": {mine.id, both.id}, "done": {done.id, both.id}}
    for which, ids in expected.items():
        found = (await cast.asks("delivery", f"/api/orders/delivery-orders?which={which}"))["items"]
        assert {each["id"] for each in found} == ids
        assert all(len(each["parts"]) == 1 for each in found)
    [bringing] = [each for each in found if each["id"] == both.id]
    assert bringing["parts"][0]["seller_id"] != seller
    found = (await cast.asks("delivery", "/api/orders/delivery-orders?which=done&status=completed"))["items"]
    assert found == []


async def test_lists_are_filtered_and_read_page_by_page(cast: Cast):
    """By period, status and text, which is taken as it is; cursors go on, whatever is ordered meanwhile."""
    names = ("Café crème", "Tea (green)", "a.c")
    orders = [
        cast.sold(
            part={"status": ("placed", "shipped")[number % 2]},
            lines=(a_line(cast.ids["seller"], names[number % 3]),),
            timestamp=NOON + timedelta(hours=number // 4),
        )
        for number in range(24)
    ]
    await put(cast.books.database, *orders)
    for path, role in (("my-orders", "buyer"), ("seller-orders", "seller"), ("../admin/orders", "admin")):
        for query, fits in (
            ("", lambda _: True),
            ("&status=shipped", lambda number: number % 2),
            ("&status=placed,cancelled", lambda number: number % 2 == 0),
            ("&q=CAFE", lambda number: number % 3 == 0),
            ("&q=(gr", lambda number: number % 3 == 1),
            ("&q=.", lambda number: number % 3 == 2),
            ("&from=2026-01-01T14:00:00%2B01:00&to=2026-01-01T15:00:00Z", lambda number: 4 <= number < 12),
            (f"&q={orders[5].id}", lambda number: number == 5),
        ):
            found, after = [], ""
            while after is not None:
                page = await cast.asks(role, f"/api/orders/{path}?limit=5{query}{after}".replace("/orders/..", ""))
                found += [each["id"] for each in page["items"]]
                after = page["next"] and f"&after={page['next']}"
                await put(cast.books.database, cast.sold(timestamp=NOON + timedelta(days=1)))
            found = [each for each in found if each in {order.id for order in orders}]
            assert len(found) == len(set(found))
            assert set(found) == {order.id for number, order in enumerate(orders) if fits(number)}, (path, query)


async def test_a_page_has_twenty_orders_and_its_end_is_told(cast: Cast):
    """Not more than are left; an exact page is the last one."""
    await put(cast.books.database, *(cast.sold(timestamp=NOON + timedelta(hours=each)) for each in range(20)))
    page = await cast.asks("buyer", "/api/orders/my-orders")
    assert (len(page["items"]), page["next"]) == (20, None)


async def test_an_orders_id_goes_on_being_a_cursor_of_ones_own_orders(cast: Cast):
    """Clients of before use it; one that is not one's own leads to nothing."""
    orders = [cast.sold(timestamp=NOON + timedelta(hours=each)) for each in range(3)]
    foreign = a_stored_order(buyer_id=new_id())
    await put(cast.books.database, *orders, foreign)
    page = await cast.asks("buyer", f"/api/orders/my-orders?after={orders[1].id}")
    assert [each["id"] for each in page["items"]] == [orders[0].id]
    for other in (foreign.id, new_id()):
        assert await cast.asks("buyer", f"/api/orders/my-orders?after={other}") == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=lost", "/status"),
        ("status=placed,", "/status"),
        ("status=", "/status"),
        ("from=yesterday", "/from"),
        ("from=2026-01-01T00:00:00", "/from"),
        ("to=2026-02-30T00:00:00Z", "/to"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "/to"),
        ("q=%00", "/q"),
        (f"q={'x' * 201}", "/q"),
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("after=1", "/after"),
        (f"after=ffffffffffff-{'0' * 24}", "/after"),
        ("sort=price", "/sort"),
        ("which=all", "/which"),
        ("seller_id=me", "/seller_id"),
    ],
)
async def test_a_wrong_filter_is_refused_by_its_name(cast: Cast, query: str, pointer: str):
    """By every list, and by the files, which have no pages."""
    for path, role in LISTS.items():
        answer = await send(cast.url, "GET", f"{path}?{query}", **cast.who[role])
        assert answer.is_problem(422, "validation")
        assert [each["pointer"] for each in answer.body["errors"]] == [pointer]
        if role != "delivery":
            answer = await send(cast.url, "GET", f"{path}/export?{query}", **cast.who[role])
            assert answer.is_problem(422, "validation")


async def test_a_seller_may_not_ask_for_anothers_orders_and_an_admin_may(cast: Cast):
    """By the seller's id."""
    await put(cast.books.database, cast.sold())
    path = f"/api/orders/seller-orders?seller_id={cast.ids['seller']}"
    assert len((await cast.asks("admin", path))["items"]) == 1
    assert len((await cast.asks("seller", path))["items"]) == 1
    for each in ("seller-orders", "seller-orders/export"):
        answer = await send(cast.url, "GET", f"/api/orders/{each}?seller_id={new_id()}", **cast.who["seller"])
        assert answer.is_problem(403, "forbidden")


async def rows_of(cast: Cast, role: str, path: str) -> list[dict[str, str]]:
    """Return a file's rows."""
    async with ClientSession() as http, http.get(cast.url + path, headers=cast.who[role]) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert ".csv" in answer.headers["Content-Disposition"]
        body = await answer.read()
        assert b"\r\n" in body
        return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


async def test_orders_are_given_as_files_a_row_for_each_line(cast: Cast):
    """By the same filters; nothing in it is a formula, and nothing of others is in a seller's."""
    other = new_id()
    lines = (a_line(cast.ids["seller"], "=cmd()"), a_line(other, "Mug, “big”", 2))
    orders = [cast.sold(a_part(other), lines=lines, timestamp=NOON + timedelta(hours=each)) for each in range(250)]
    await put(cast.books.database, *orders)
    for path, role, expected in (
        ("/api/orders/my-orders/export", "buyer", 500),
        ("/api/orders/seller-orders/export", "seller", 250),
        ("/api/admin/orders/export", "admin", 500),
    ):
        rows = await rows_of(cast, role, path)
        assert len(rows) == expected
        assert {row["name"] for row in rows} == {"'=cmd()", "Mug, “big”"} - (
            {"Mug, “big”"} if role == "seller" else set()
        )
        times = [row["timestamp"] for row in rows]
        assert times == sorted(times, reverse=True)
        few = await rows_of(cast, role, f"{path}?q=cmd&to=2026-01-01T14:00:00Z")
        assert {row["order_id"] for row in few} == {order.id for order in orders[:2]}
        assert (other in str(rows)) == (role == "admin")
        assert ("1 Analytical Way" in str(rows)) == (role == "seller")
        assert ("ada@shop.test" in str(rows)) == (role == "admin")


async def test_a_timeline_is_for_those_who_have_to_do_with_the_order(cast: Cast):
    """Each hears what is theirs to hear; for others there is no such order."""
    ids, other = cast.ids, new_id()
    order = cast.sold(a_part(other))
    order = moved(order, ids["seller"], "shipped", owner_of_user(ids["seller"]))
    order = moved(order, ids["seller"], "delivered", owner_of_user(ids["delivery"]), courier=ids["delivery"])
    order = moved(order, other, "cancelled", owner_of_user(ids["admin"]), reason="out of stock")
    order = replace(order, refunds=(Refund(new_id(), 500, NOON + timedelta(hours=9), "settling", ""),))
    await put(cast.books.database, order)
    database = cast.books.database
    payment = {"provider": "sandbox", "provider_id": new_id(), "amount": 1000, "state": "captured", "captured": 1000}
    order_id = (await database["orders"].find_one())["_id"]
    await database["payments"].insert_one(payment | {"order_id": order_id, "updated_at": NOON + timedelta(minutes=1)})
    mail = {"to": "ada@shop.test", "state": "sent", "created_at": NOON}
    for kind in ("order_placed", "order_cancelled_seller"):
        await database["emails"].insert_one({"_id": f"{kind}:{order.id}", "kind": kind, **mail})
    await database["emails"].insert_one({"_id": f"order_placed:{new_id()}", "kind": "order_placed", **mail})
    path = f"/api/orders/{order.id}/timeline"
    told = {role: (await cast.asks(role, path))["items"] for role in cast.who}
    shown = {role: [each["status"] or each["mail"] or each["kind"] for each in told[role]] for role in told}
    assert shown == {
        "buyer": [
            *("placed", "order_placed", "payment_captured", "shipped", "delivered", "cancelled"),
            "refund_asked",
        ],
        "seller": ["placed", "shipped", "delivered"],
        "delivery": ["placed", "shipped", "delivered"],
        "admin": [
            *("placed", "order_placed", "order_cancelled_seller", "payment_captured", "shipped", "delivered"),
            *("cancelled", "refund_asked"),
        ],
    }
    by = [each["by"]["kind"] for each in told["buyer"] if each["by"]]
    assert by == ["buyer", "shop", "seller", "delivery", "shop", "shop"]
    assert "ada@shop.test" not in str(told)
    for role in ("buyer", "seller", "delivery"):
        assert not [each for user, each in ids.items() if user != role and each in str(drop_sellers(told[role]))]
    assert any(each["by"] and each["by"]["id"] == ids["delivery"] for each in told["admin"])
    await put(database, replace(order, fulfilments=(a_part(other),), lines=(a_line(other),), buyer_id=other))
    for role in ("buyer", "seller", "delivery"):
        answer = await send(cast.url, "GET", path, **cast.who[role])
        assert answer.is_problem(404, "not_found")
    for unknown in (new_id(), "me"):
        answer = await send(cast.url, "GET", f"/api/orders/{unknown}/timeline", **cast.who["admin"])
        assert answer.status == (422 if unknown == "me" else 404)


def drop_sellers(items: list[Any]) -> list[Any]:
    """Leave out whose part a step was of, which is no secret."""
    return [{name: value for name, value in each.items() if name != "seller_id"} for each in items]


class EndlessBook:
    """Orders without end, page by page."""

    def __init__(self) -> None:
        self.read = 0

    async def page(self, _wanted: OrderFilter, *, limit: int, after: Place | None) -> tuple[list[Order], Place | None]:
        """Return a page, and say that more follows."""
        assert after is None or after.id
        self.read += 1
        await asyncio.sleep(0)
        return [a_stored_order() for _ in range(limit)], Place(NOON, new_id())


async def test_who_leaves_in_the_middle_of_a_file_is_read_for_no_longer() -> None:
    """Nor does anything heap up for one who does not read."""
    book, done = EndlessBook(), asyncio.Event()
    lists = OrderLists(book, OrderAddresses(Vault(keys_of(fresh_keys()))))  # type: ignore[arg-type]
    shop = SimpleNamespace(storage_errors=(OSError,))

    async def handle(request: web.Request) -> web.StreamResponse:
        call: Any = SimpleNamespace(shop=shop, request=request)
        response = download(call, lists.as_csv(OrderFilter(view="all")), name="orders", file_format="csv")
        try:
            await response.prepare(request)
            await response.write_eof()
        finally:
            done.set()
        return response

    app = web.Application()
    app.router.add_get("/", handle)
    async with TestServer(app) as server, ClientSession() as http:
        answer = await http.get(server.make_url("/"))
        await answer.content.readany()
        async with asyncio.timeout(PATIENCE):  # until nobody reads any more, and so nothing is made
            while True:
                read = book.read
                await asyncio.sleep(0.2)
                if book.read == read:
                    break
        assert not done.is_set()
        answer.close()
        async with asyncio.timeout(PATIENCE):
            await done.wait()
        read = book.read
        await asyncio.sleep(0.1)
        assert book.read == read
