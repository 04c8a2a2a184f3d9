"""Finding products over HTTP: filters, sorts, cursors, searches; and what is refused."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest

from tests.handlers.doors import bearer, send, serves_on
from tests.patience import PATIENCE
from tests.visitor import sign_in

ROWS = (
    ("Alpha", 300, 0, "a"),
    ("beta", 100, 5, "a"),
    ("Gamma", 200, 5, "b"),
    ("delta", 100, 0, "b"),
    ("Epsilon", 400, 1, "b"),
)


async def get(shop, query: str = "", path: str = "/api/products/", **headers: str) -> Any:
    """Ask for a list."""
    answer = await send(shop.url, "GET", f"{path}?{query}", **headers)
    assert answer.status == 200, answer.body
    return answer.body


async def every(shop, query: str, path: str = "/api/products/", limit: int = 3, **headers: str) -> list[dict[str, Any]]:
    """Read a list to its end."""
    items, after = [], ""
    while True:
        page = await get(shop, f"{query}&limit={limit}{after}", path, **headers)
        items += page["items"]
        if page["next"] is None:
            return items
        after = f"&after={quote(page['next'])}"


@pytest.fixture
async def seller(shop) -> dict[str, str]:
    """Sign in as the demo's seller."""
    return bearer(await sign_in(shop.url, "seller@demo.com"))


@pytest.fixture
async def shelf(shop, seller) -> AsyncIterator[str]:
    """Make a category of the test's own with a few products; they are deleted at the end."""
    name = f"t{uuid4().hex}"  # ids of one second are within two typos of each other
    ids = []
    rows = [
        ("Alpha", 300, 0, "a"),
        ("beta", 100, 5, "a"),
        ("Gamma", 200, 5, "b"),
        ("delta", 100, 0, "b"),
        ("Epsilon", 400, 1, "b"),
    ]
    for title, price, stock, below in rows:
        body = {"name": f"{title} {name}", "price": price, "stock": stock, "category": f"{name}/{below}"}
        answer = await send(shop.url, "POST", "/api/products/", body, **seller)
        assert answer.status == 201, answer.body
        ids.append(answer.body["id"])
    yield name
    for each in ids:
        await send(shop.url, "DELETE", f"/api/products/{each}", **seller)


async def until(shop, query: str, count: int) -> list[dict[str, Any]]:
    """Wait until a search finds so many: it may lag by a second."""
    end = time.monotonic() + PATIENCE
    while len((page := await get(shop, query))["items"]) != count and time.monotonic() < end:
        await asyncio.sleep(0.05)
    assert len(page["items"]) == count, page
    return page["items"]


def names(items: list[dict[str, Any]]) -> list[str]:
    """Return the first words of names."""
    return [each["name"].split()[0] for each in items]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "Epsilon delta Gamma beta Alpha"),
        ("sort=newest", "Epsilon delta Gamma beta Alpha"),
        ("sort=price", "beta delta Gamma Alpha Epsilon"),
        ("sort=-price", "Epsilon Alpha Gamma delta beta"),
        ("sort=name", "Alpha beta delta Epsilon Gamma"),
        ("sort=popular", "Epsilon delta Gamma beta Alpha"),
        ("in_stock=true", "Epsilon Gamma beta"),
        ("in_stock=false", "delta Alpha"),
        ("min_price=200&max_price=300", "Gamma Alpha"),
        ("min_price=100&max_price=100&in_stock=true&sort=name", "beta"),
        ("min_price=9&max_price=1", ""),
        ("min_price=400&max_price=9007199254740991", "Epsilon"),
        ("min_price=1000000000000000", ""),
    ],
)
async def test_lists_are_filtered_sorted_and_paged(shop, shelf, query, expected):
    """By the same words alone and with a search beside them."""
    assert names(await every(shop, f"category={shelf}&{query}", limit=2)) == expected.split()
    await until(shop, f"category={shelf}&q={shelf}", 5)
    order = query if "sort" in query else f"{query}&sort=newest"
    assert names(await every(shop, f"category={shelf}&q={shelf}&{order}", limit=2)) == expected.split()


async def test_a_seller_narrows_a_category(shop, shelf, seller):
    """The list of a seller in a category is one of its own."""
    me = (await every(shop, f"category={shelf}"))[0]["seller_id"]
    assert len(await every(shop, f"category={shelf}&seller_id={me}")) == 5
    assert await every(shop, f"category={shelf}&seller_id={'0' * 24}") == []
    assert {each["seller_id"] for each in await every(shop, f"seller_id={me}", limit=100)} == {me}


async def test_searches_are_paged_by_relevance(shop, shelf):
    """The default with words, with the category beside it or without."""
    whole = await until(shop, f"q={shelf}", 5)
    assert await every(shop, f"q={shelf}", limit=2) == whole
    assert await every(shop, f"q={shelf}&sort=relevance", limit=2) == whole
    assert names(await every(shop, f"q=gam+{shelf}")) == []  # only the last word may be unfinished
    assert names(await every(shop, f"q={shelf}+gam")) == ["Gamma"]
    assert names(await every(shop, f"q={shelf}+gmama")) == ["Gamma"]
    assert names(await every(shop, f"q=%20{shelf}+ALPHA%20")) == ["Alpha"]


async def test_facets_are_told_where_they_are_asked_for(shop, shelf):
    """Categories and prices of all that was found, beyond the page."""
    await until(shop, f"q={shelf}", 5)
    facets = (await get(shop, f"q={shelf}&facets=true&limit=1"))["facets"]
    assert [(each["category"], each["count"], each["depth"]) for each in facets["categories"]] == [
        (shelf, 5, 0),
        (f"{shelf}/a", 2, 1),
        (f"{shelf}/b", 3, 1),
    ]
    assert (facets["min_price"], facets["max_price"]) == (100, 400)
    assert (await get(shop, f"category={shelf}/a&facets=true"))["facets"]["max_price"] == 300
    assert "facets" not in await get(shop, f"q={shelf}")


async def test_categories_follow_products_that_move(shop, shelf, seller):
    """Counts take in those below; a category without products is gone."""

    async def counted() -> dict[str, int]:
        items = (await get(shop, path="/api/products/categories"))["items"]
        return {each["category"]: each["count"] for each in items if each["category"].startswith(shelf)}

    async def becomes(expected: dict[str, int]) -> None:
        async with asyncio.timeout(PATIENCE):
            while await counted() != expected:
                await asyncio.sleep(0.05)

    await becomes({shelf: 5, f"{shelf}/a": 2, f"{shelf}/b": 3})
    for each in await every(shop, f"category={shelf}/a"):
        await send(shop.url, "PUT", f"/api/products/{each['id']}", {"category": f"{shelf}/c/d"}, **seller)
    await becomes({shelf: 5, f"{shelf}/b": 3, f"{shelf}/c": 2, f"{shelf}/c/d": 2})
    first = (await every(shop, f"category={shelf}/b"))[0]
    await send(shop.url, "POST", f"/api/products/{first['id']}/unpublish", **seller)
    await becomes({shelf: 4, f"{shelf}/b": 2, f"{shelf}/c": 2, f"{shelf}/c/d": 2})


async def test_a_discount_moves_a_product_in_a_price_sort(shop, shelf, seller):
    """As soon as it is written."""
    dearest = (await every(shop, f"category={shelf}&sort=-price"))[0]
    body = {"kind": "percent", "value": 90, "ends_at": "2999-01-01T00:00:00Z"}
    answer = await send(shop.url, "POST", f"/api/products/{dearest['id']}/discounts", body, **seller)
    assert answer.status == 201
    assert names(await every(shop, f"category={shelf}&sort=price"))[0] == "Epsilon"
    assert names(await every(shop, f"category={shelf}&max_price=40")) == ["Epsilon"]


async def test_those_who_manage_find_what_is_hidden_too(shop, shelf, seller):
    """Sellers their own, admins all; buyers neither."""
    (hidden,) = [each for each in await every(shop, f"category={shelf}") if each["name"].startswith("Gamma")]
    await send(shop.url, "POST", f"/api/products/{hidden['id']}/unpublish", **seller)
    admin = bearer(await sign_in(shop.url, "admin@demo.com"))
    for path, who in (("/api/products/my-products", seller), ("/api/admin/products", admin)):
        async with asyncio.timeout(PATIENCE):
            while not await every(shop, f"q={shelf}&state=hidden", path, **who):
                await asyncio.sleep(0.05)
        assert len(await every(shop, f"q={shelf}", path, limit=2, **who)) == 5
        assert names(await every(shop, f"q={shelf}&state=hidden", path, **who)) == ["Gamma"]
        assert hidden["id"] in [each["id"] for each in await every(shop, "state=hidden", path, **who)]
        assert names(await every(shop, "", path, limit=100, **who))[:5] == [
            "Epsilon",
            "delta",
            "Gamma",
            "beta",
            "Alpha",
        ]
    assert names(await until(shop, f"q={shelf}", 4)).count("Gamma") == 0


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("sort=relevance", "/sort"),
        ("sort=cheap", "/sort"),
        ("in_stock=1", "/in_stock"),
        ("in_stock=True", "/in_stock"),
        ("facets=yes", "/facets"),
        ("min_price=-1", "/min_price"),
        ("min_price=1.5", "/min_price"),
        ("max_price=99999999999999999999", "/max_price"),
        ("seller_id=me", "/seller_id"),
        ("q=%00", "/q"),
        ("q=a%0ab", "/q"),
        ("q=" + "x" * 5000, "/q"),
        ("q=" + "+".join(f"w{n}" for n in range(30)), "/q"),
        ("limit=101", "/limit"),
        ("after=", "/after"),
        ("after=W10", "/after"),
        ("after=" + "f" * 24, "/after"),
        ("after=" + "A" * 3000, "/after"),
        ("category=", "/category"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused(shop, query, pointer):
    """With a pointer to what is wrong with it."""
    answer = await send(shop.url, "GET", f"/api/products/?{query}")
    assert answer.is_problem(422, "validation")
    assert pointer in [each["pointer"] for each in answer.body["errors"]]


async def test_a_cursor_belongs_to_its_question(shop):
    """Of another sort or filter, or changed by hand, it is refused."""
    cursor = (await get(shop, "limit=2&sort=price"))["next"]
    assert (await send(shop.url, "GET", f"/api/products/?limit=5&sort=price&after={cursor}")).status == 200
    for query in (
        f"sort=-price&after={cursor}",
        f"sort=price&min_price=1&after={cursor}",
        f"sort=price&after={'B' + cursor[1:]}",
    ):
        assert (await send(shop.url, "GET", f"/api/products/?{query}")).is_problem(422, "validation")


HOSTILE = (
    *("*", "AND", "OR NOT", '"', '"a', "name:lamp", "lamp~2", "[a TO z]", "(((", "\\", "/.*/", "(a+)+$", "{$ne: 1}"),
    *("$where", "' OR 1=1", "<script>", "../../etc", "%", "=cmd()", "\u202egnp", "a\u0301" * 90, "İ", "ß" * 200),
    *("😀" * 50, "茶" * 20, "👨\u200d👩\u200d👧", "\u200d"),
)


async def test_hostile_searches_are_plain_words(shop):
    """Each is answered, none fails, and signs find nothing."""
    async with serves_on(shop):
        for text in HOSTILE:
            for sort in ("", "&sort=price"):
                answer = await send(shop.url, "GET", "/api/products/?" + urlencode({"q": text}) + sort)
                assert answer.status == 200 or answer.is_problem(422, "validation"), text
                if not any(each.isalnum() for each in text):
                    assert answer.body["items"] == [], text
        long = await send(shop.url, "GET", "/api/products/?q=" + "x" * 10_000)
        assert long.status in {400, 414, 422}
