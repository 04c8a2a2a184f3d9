"""Stock work over HTTP: what is running out, and what came and went, by whom and why."""

import csv
import io
from typing import Any

import pytest
from aiohttp import ClientSession

from bench.shop.running import RunningShop
from tests.handlers.doors import bearer, fresh_session, send
from tests.handlers.test_imports import file_of, new_seller, send_in, tea
from tests.visitor import sign_in


async def test_a_history_says_who_and_why(shop: RunningShop):
    """A seller's own name and an admin's; of a buyer only that it was one."""
    who = bearer(await new_seller(shop))
    job = await send_in(shop, who, file_of(tea("A", stock=5)))
    (item,) = (await send(shop.url, "GET", "/api/products/my-products", **who)).body["items"]
    path = f"/api/products/{item['id']}"
    admin = bearer(await sign_in(shop.url, "admin@demo.com"))
    restock = {"change_type": "restock", "delta": 1, "reason": "=found one"}
    assert (await send(shop.url, "POST", f"{path}/stock", restock, **admin)).status == 200
    lines = [{"product_id": item["id"], "quantity": 1}]
    body = {"cart": lines, "socketId": fresh_session(), "order_key": fresh_session()}
    buyer = bearer(await sign_in(shop.url))
    assert (await send(shop.url, "POST", "/api/cart/order", body, **buyer)).status == 201
    assert (await send(shop.url, "PUT", f"{path}/price", {"price": 7, "reason": "sale"}, **who)).status == 200

    own = (await send(shop.url, "GET", f"{path}/inventory-logs", **who)).body["items"]
    told = {
        row["change_type"]: (row["by"]["kind"], row["by"]["name"]) for row in own if row["reason"] or row["version"] > 2
    }
    assert told["purchase"] == ("user", None)
    assert next(row for row in own if row["change_type"] == "purchase")["actor"] == ""
    assert [row["by"]["name"] for row in own if row["version"] == 1] == ["Sally"]
    assert [row["reason"] for row in own if row["version"] == 1] == [f"import {job['id']}, line 2"]
    assert next(row for row in own if row["version"] == 2)["by"]["name"]
    seen = (await send(shop.url, "GET", f"{path}/inventory-logs?change_type=purchase", **admin)).body["items"]
    assert [row["by"]["name"] for row in seen] != [None]
    assert seen[0]["actor"] == f"u:{seen[0]['by']['id']}"
    for each in (f"{path}/inventory-logs", "/api/seller/inventory-logs"):
        asked = f"{each}?actor={seen[0]['actor']}"
        assert (await send(shop.url, "GET", asked, **who)).is_problem(422, "validation")
        assert (await send(shop.url, "GET", f"{asked}&format=csv", **who)).is_problem(422, "validation")
    asked = f"{path}/inventory-logs?actor={seen[0]['actor']}"
    assert [row["version"] for row in (await send(shop.url, "GET", asked, **admin)).body["items"]] == [4, 3]
    asked = f"{path}/inventory-logs?actor={next(row for row in own if row['version'] == 1)['actor']}"
    assert [row["version"] for row in (await send(shop.url, "GET", asked, **who)).body["items"]] == [1]
    (change,) = (await send(shop.url, "GET", f"{path}/changes", **who)).body["items"]
    assert (change["reason"], change["by"]["name"]) == ("sale", "Sally")

    for query in ("?format=csv", ""):
        async with (
            ClientSession() as http,
            http.get(f"{shop.url}{path}/inventory-logs{query}", headers=who | {"Accept": "text/csv"}) as answer,
        ):
            assert answer.content_type == "text/csv"
            assert 'filename="movements-20' in answer.headers["Content-Disposition"]
            rows = list(csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"))))
        assert [int(row["version"]) for row in rows] == [row["version"] for row in own]
        assert next(row for row in rows if row["version"] == "2")["reason"] == "'=found one"
        assert seen[0]["by"]["id"] not in str(rows)
    whole = (await send(shop.url, "GET", "/api/seller/inventory-logs", **who)).body
    assert seen[0]["by"]["id"] not in str(own) + str(whole)
    all_of_them = (await send(shop.url, "GET", "/api/seller/inventory-logs?limit=2", **who)).body
    assert [row["change_type"] for row in all_of_them["items"]] == ["purchase", "restock"]
    rest = await send(shop.url, "GET", f"/api/seller/inventory-logs?after={all_of_them['next']}", **who)
    assert [row["version"] for row in rest.body["items"]] == [1]
    day = "from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z"
    assert (await send(shop.url, "GET", f"/api/seller/inventory-logs?{day}", **who)).body["items"] == []
    other = bearer(await new_seller(shop))
    for each in ("inventory-logs", "inventory-logs?format=csv", "changes"):
        assert (await send(shop.url, "GET", f"{path}/{each}", **other)).is_problem(404, "not_found")


async def test_a_products_history_is_read_page_by_page(shop: RunningShop):
    """The cursor of a page is the way to the next one; all kinds, or one."""
    who = bearer(await new_seller(shop))
    await send_in(shop, who, file_of(tea("A", stock=5)))
    (item,) = (await send(shop.url, "GET", "/api/products/my-products", **who)).body["items"]
    path = f"/api/products/{item['id']}"
    for number in range(6):
        body = {"change_type": ("restock", "adjustment")[number % 2], "delta": 1}
        assert (await send(shop.url, "POST", f"{path}/stock", body, **who)).status == 200
    for query, expected in (("", [7, 6, 5, 4, 3, 2, 1]), ("&change_type=adjustment", [7, 5, 3])):
        found, after = [], ""
        while after is not None:
            page = await send(shop.url, "GET", f"{path}/inventory-logs?limit=2{query}{after}", **who)
            assert page.status == 200, page.body
            found += [row["version"] for row in page.body["items"]]
            after = page.body["next"] and f"&after={page.body['next']}"
        assert found == expected


async def test_what_is_running_out_comes_lowest_first(shop: RunningShop):
    """Page by page."""
    who = bearer(await new_seller(shop))
    await send_in(shop, who, file_of(*(tea(f"S{n}", stock=n % 6) for n in range(18))))
    found: list[Any] = []
    after = ""
    while True:
        page = (await send(shop.url, "GET", f"/api/products/my-products?state=low&limit=5{after}", **who)).body
        found += page["items"]
        if not page["next"]:
            break
        after = f"&after={page['next']}"
    assert [item["available"] for item in found] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert len({item["id"] for item in found}) == 12
    out = (await send(shop.url, "GET", "/api/products/my-products?state=out", **who)).body["items"]
    assert [item["available"] for item in out] == [0] * 3


@pytest.mark.parametrize(
    "path",
    [
        "/api/products/my-products?state=low&after=" + "0" * 24,
        "/api/products/my-products?after=1:" + "0" * 24,
        "/api/products/my-products?state=low&after=x",
        "/api/seller/inventory-logs?after=zz",
        "/api/seller/inventory-logs?change_type=stolen",
        "/api/seller/inventory-logs?from=yesterday",
        "/api/seller/inventory-logs?format=xml",
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(shop: RunningShop, path: str):
    """Each by its field."""
    who = bearer(await sign_in(shop.url, "seller@demo.com"))
    assert (await send(shop.url, "GET", path, **who)).is_problem(422, "validation")


async def test_everybody_may_see_what_is_running_low(shop: RunningShop):
    """The lowest first, on show and to be had: what is out or hidden is no part of it."""
    who = bearer(await new_seller(shop))

    async def added(stock: int, **more: Any) -> str:
        fields = {"name": "Tea", "price": 300, "category": "tea", "stock": stock, **more}
        return str((await send(shop.url, "POST", "/api/products/", fields, **who)).body["id"])

    two, one = await added(2), await added(1)
    aside = [await added(0), await added(50), await added(1, published=False)]
    body = (await send(shop.url, "GET", "/api/products/running-low?limit=24")).body
    assert body["next"] is None
    levels = [item["available"] for item in body["items"]]
    assert (levels == sorted(levels), min(levels)) == (True, 1)
    found = [item["id"] for item in body["items"]]
    assert [each for each in found if each in {one, two, *aside}] == [one, two]
    assert len((await send(shop.url, "GET", "/api/products/running-low?limit=1")).body["items"]) == 1
    assert (await send(shop.url, "GET", "/api/products/running-low?limit=25")).is_problem(422, "validation")
    for product in (one, two, *aside):
        await send(shop.url, "DELETE", f"/api/products/{product}", **who)
