"""Importing and exporting over HTTP, in a running shop: with real files, progress by socket, and hostile clients."""

import asyncio
import csv
import gzip
import io
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession

from bench.shop.books import open_books
from bench.shop.running import RunningShop
from tests.handlers.doors import Answer, bearer, send, serves_on
from tests.patience import PATIENCE
from tests.visitor import Visitor, sign_in

Connect = Callable[..., Awaitable[Visitor]]
IMPORT = "/api/products/import"
CSV = {"Content_Type": "text/csv"}


@pytest.fixture
async def seller(shop: RunningShop) -> dict[str, str]:
    """Sign in as a seller of one's own."""
    return bearer(await new_seller(shop))


async def new_seller(shop: RunningShop) -> str:
    """Make a seller; return their token."""
    email = f"{uuid4().hex}@example.org"
    body = {"email": email, "password": "long enough", "name": "Sally"}
    assert (await send(shop.url, "POST", "/api/auth/register", body)).status == 201
    found = await asked_until(
        lambda: send(shop.url, "POST", "/api/auth/login", {"email": email, "password": "long enough"}),
        lambda answer: answer.status == 200,
    )
    admin = bearer(await sign_in(shop.url, "admin@demo.com"))
    path = f"/api/admin/users/{found.body['user']['id']}/role"
    assert (await send(shop.url, "PUT", path, {"role": "seller"}, **admin)).status == 200
    again = await send(shop.url, "POST", "/api/auth/login", {"email": email, "password": "long enough"})
    return str(again.body["token"])


async def asked_until(ask: Callable[[], Awaitable[Answer]], enough: Callable[[Answer], bool]) -> Answer:
    """Ask again and again."""
    async with asyncio.timeout(PATIENCE):
        while not enough(answer := await ask()):
            await asyncio.sleep(0.05)
    return answer


async def over(shop: RunningShop, job: str, who: dict[str, str]) -> Any:
    """Wait until an import is over, or waits for its sender."""
    answer = await asked_until(
        lambda: send(shop.url, "GET", f"/api/products/imports/{job}", **who),
        lambda answer: answer.body["state"] not in {"receiving", "checking", "running"},
    )
    return answer.body


async def send_in(shop: RunningShop, who: dict[str, str], content: bytes, query: str = "", **headers: str) -> Any:
    """Send a file in; return its import when it is over."""
    answer = await send(shop.url, "POST", IMPORT + query, content, **who, **(CSV | headers))
    assert answer.status == 202, answer.body
    return await over(shop, answer.body["id"], who)


async def exported(shop: RunningShop, who: dict[str, str], query: str = "") -> tuple[Any, str]:
    """Export; return the headers and the file."""
    async with ClientSession() as http, http.get(f"{shop.url}/api/products/export{query}", headers=who) as answer:
        assert answer.status == 200
        return answer.headers, (await answer.read()).decode()


def file_of(*rows: dict[str, Any]) -> bytes:
    """Write a file as a spreadsheet does."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def tea(sku: str, **others: Any) -> dict[str, Any]:
    """Make a row."""
    return {"sku": sku, "name": f"Tea {sku}", "price": 500, "category": "kitchen/tea", "stock": 7, **others}


async def test_a_file_goes_the_whole_way(shop: RunningShop, visitor: Connect):
    """Said first, line by line; then done; open browsers hear of products and levels, the seller how far it is."""
    token = await new_seller(shop)
    who = bearer(token)
    desk, guest = await visitor(token=token), await visitor()
    content = file_of(tea("A"), tea("B", price=-1), tea("A"), tea("=C", description="=cmd()", tags="x|y"))
    job = await send_in(shop, who, content, "?dry_run=true")
    assert (job["state"], job["rows"], job["creates"], job["errors"]) == ("ready", 4, 2, 2)
    path = f"/api/products/imports/{job['id']}"
    assert (await send(shop.url, "GET", "/api/products/my-products", **who)).body["items"] == []
    lines = (await send(shop.url, "GET", f"{path}/lines?only=errors", **who)).body["items"]
    assert [(line["line"], line["sku"], line["errors"][0]["column"]) for line in lines] == [
        (3, "B", "price"),
        (4, "A", "sku"),
    ]
    page = (await send(shop.url, "GET", f"{path}/lines?limit=1&after=2", **who)).body
    assert (page["items"][0]["line"], page["next"]) == (3, "3")
    applied = await send(shop.url, "POST", f"{path}/apply", **who)
    assert (applied.status, applied.body["state"]) == (200, "running")
    job = await over(shop, job["id"], who)
    assert (job["state"], job["done"], job["creates"], job["errors"]) == ("done", 4, 2, 2)
    told = await desk.hear("import", lambda told: told["import"]["state"] == "done")
    assert told["import"] == job
    items = (await send(shop.url, "GET", "/api/products/my-products", **who)).body["items"]
    assert {(item["sku"], item["description"], item["available"]) for item in items} == {
        ("A", "", 7),
        ("=C", "=cmd()", 7),
    }
    ids = {item["sku"]: item["id"] for item in items}
    await guest.hear("product", lambda told: told["product"]["id"] == ids["A"] and told["change"] == "created")
    again = await send_in(shop, who, file_of({"sku": "A", "stock": 9}))
    assert (again["state"], again["changes"]) == ("done", 1)
    await guest.hear("stock", lambda frame: any((i["id"], i["stock"]) == (ids["A"], 9) for i in frame["items"]))
    assert not guest.all("import")
    listed = (await send(shop.url, "GET", "/api/products/imports?limit=1", **who)).body
    assert [each["id"] for each in listed["items"]] == [again["id"]]
    async with open_books(shop) as books:
        await books.check()


async def test_export_and_import_are_the_identity(shop: RunningShop):
    """Of a file that was exported nothing changes anything, and another shop gets the same products of it."""
    one, two = bearer(await new_seller(shop)), bearer(await new_seller(shop))
    rows = [
        tea("=A", name="'=1+1", description='a "quote"\r\nand a line; =x', tags="a\\|b|c", threshold=5, published="no"),
        tea("'B", name="\U0001f375 \u05ea\u05d4", description="-5", max_per_cart=1, currency="USD"),
    ]
    assert (await send_in(shop, one, file_of(*rows)))["creates"] == 2
    for kind, query in (("text/csv", ""), ("application/x-ndjson", "?format=jsonl")):
        headers, file = await exported(shop, one, query)
        assert headers["Content-Type"].split(";")[0] == kind
        assert headers["Content-Disposition"].startswith('attachment; filename="products-20')
        assert headers["Cache-Control"] == "no-store"
        job = await send_in(shop, one, file.encode(), Content_Type=kind)
        assert (job["same"], job["creates"], job["changes"], job["errors"]) == (2, 0, 0, 0)
    job = await send_in(shop, two, (await exported(shop, one))[1].encode())
    assert job["creates"] == 2

    def without_ids(text: str) -> list[dict[str, str]]:
        return sorted(({**row, "id": ""} for row in csv.DictReader(io.StringIO(text))), key=str)

    plain = [(await exported(shop, who, "?bom=false"))[1] for who in (one, two)]
    assert without_ids(plain[0]) == without_ids(plain[1])
    cells = [cell for row in csv.reader(io.StringIO(plain[0])) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"sku,colour\nA,red\n", {}, 422, "validation"),
        (b"sku\n\xff\n", {}, 422, "validation"),
        (b"sku\n", {}, 422, "validation"),
        (b"", {}, 422, "validation"),
        (b"sku\nA\n", {"Content_Type": "application/json"}, 415, "unsupported_type"),
        (gzip.compress(b"sku\nA\n", mtime=0), {"Content_Encoding": "gzip"}, 415, "unsupported_type"),
        (gzip.compress(b"sku\nA\n", mtime=0), {}, 422, "validation"),
    ],
)
async def test_hostile_files_are_refused_in_words(
    shop: RunningShop, seller: dict[str, str], content: bytes, headers: dict[str, str], status: int, code: str
):
    """And the next file is taken in."""
    async with serves_on(shop):
        answer = await send(shop.url, "POST", IMPORT, content, **seller, **(CSV | headers))
        assert answer.is_problem(status, code)
        assert (await send_in(shop, seller, file_of(tea("A"))))["creates"] == 1


async def test_a_file_has_an_end(shop: RunningShop, seller: dict[str, str]):
    """By its length as it is declared; by its rows: see the tests of receiving."""
    too_long = 64 * 1024 * 1024 + 1
    host = shop.url.removeprefix("http://")
    head = f"POST {IMPORT} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {seller['Authorization']}\r\n"
    head += f"Content-Type: text/csv\r\nConnection: close\r\nContent-Length: {too_long}\r\n\r\n"
    async with serves_on(shop):
        reader, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(head.encode())
        async with asyncio.timeout(PATIENCE):
            assert b" 413 " in await reader.readline()  # before any of it is sent
        writer.close()


async def test_one_who_leaves_in_the_middle_changes_nothing(shop: RunningShop, seller: dict[str, str]):
    """The import says so, and the next file is taken in."""
    host = shop.url.removeprefix("http://")
    head = f"POST {IMPORT} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {seller['Authorization']}\r\n"
    head += "Content-Type: text/csv\r\nContent-Length: 1000\r\n\r\nsku,name,price,category\nA,b,1,c\n"
    async with serves_on(shop):
        _, writer = await asyncio.open_connection(*host.split(":"))
        writer.write(head.encode())
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()
        answer = await asked_until(
            lambda: send(shop.url, "GET", "/api/products/imports", **seller),
            lambda answer: [each["state"] for each in answer.body["items"]] == ["failed"],
        )
        assert answer.body["items"][0]["reason"] == "the client left before its body was whole"
        assert (await send(shop.url, "GET", "/api/products/my-products", **seller)).body["items"] == []
        assert (await send_in(shop, seller, file_of(tea("A"))))["creates"] == 1


async def test_imports_are_their_sellers_own(shop: RunningShop, seller: dict[str, str]):
    """An admin sees all, and may send in for a seller; a seller may not for another."""
    job = await send_in(shop, seller, file_of(tea("A")), "?dry_run=true")
    other = bearer(await new_seller(shop))
    path = f"/api/products/imports/{job['id']}"
    for method, each in (
        ("GET", path),
        ("GET", f"{path}/lines"),
        ("POST", f"{path}/apply"),
        ("POST", f"{path}/cancel"),
    ):
        assert (await send(shop.url, method, each, **other)).is_problem(404, "not_found")
    whose = f"?seller_id={job['seller_id']}"
    assert (await send(shop.url, "POST", IMPORT + whose, b"sku\nA\n", **other, **CSV)).is_problem(404, "not_found")
    assert (await send(shop.url, "GET", f"/api/products/export{whose}", **other)).is_problem(404, "not_found")
    admin = bearer(await sign_in(shop.url, "admin@demo.com"))
    mine = await send_in(shop, admin, file_of(tea("B")), whose)
    assert (mine["seller_id"], mine["creates"]) == (job["seller_id"], 1)
    assert (await exported(shop, admin, whose + "&format=jsonl"))[1].count("\n") == 1
    assert (await exported(shop, admin, "?format=jsonl"))[1].count("\n") > 60
    cancelled = await send(shop.url, "POST", f"{path}/cancel", **seller)
    assert cancelled.body["state"] == "cancelled"
    for act in ("apply", "cancel"):
        assert (await send(shop.url, "POST", f"{path}/{act}", **seller)).is_problem(409, "conflict")
