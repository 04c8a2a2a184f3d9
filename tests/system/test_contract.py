"""The API against its own document: whatever is sent, no answer that the document does not have, and no 5xx.

Schemathesis makes the requests, those that the document allows and those that it forbids.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bench.shop.books import Books
from bench.shop.order import order
from bench.shop.running import RunningShop
from tests.extent import extent
from tests.handlers.doors import send
from tests.handlers.whom_it_is_for import WHOM
from tests.system.conftest import OpenShop, ReadBooks
from tests.visitor import Visitor, sign_in

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# It would sign out whoever asks, and all that follows would be refused.
ENDS_THE_SESSION = ("/api/auth/logout",)
GENEROUS = dict.fromkeys(
    ("LOGINS_PER_MINUTE", "REGISTRATIONS_PER_MINUTE", "MAILS_PER_HOUR", "REQUESTS_PER_MINUTE"), "1000000"
)


def asked_by(document: Any, role: str) -> Any:
    """Leave the routes that this role is the least to be let in at; who is refused where is test_permissions's."""
    less = {"nobody": (), "seller": ("nobody",), "admin": ("nobody", "seller")}[role]
    for path, operations in document["paths"].items():
        for method in list(operations):
            whom = WHOM.get(f"{method.upper()} {path}", frozenset({"nobody"}))
            if role not in whom or any(each in whom for each in less):
                del operations[method]
    document["paths"] = {path: operations for path, operations in document["paths"].items() if operations}
    return document


def with_known_ids(document: Any, known: Mapping[str, list[str]]) -> Any:
    """Have ids in paths be those of things that are there: what is not there is only ever not found."""
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path" and parameter["name"] in known:
                    parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
    return document


async def schemathesis(document: Path, url: str, token: str | None, examples: int) -> tuple[int, str]:
    """Run it; return its status and what it printed."""
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", str(document), "--url", url, "--seed", "1"),
        *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
        *("-n", str(examples)),
        *("--warnings", "off", "--continue-on-failure"),
        *(each for path in ENDS_THE_SESSION for each in ("--exclude-path", path)),
        *(("-H", f"Authorization: Bearer {token}") if token else ()),
        cwd=document.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await run.communicate()
    return run.returncode or 0, output.decode()


async def things_of(shop: RunningShop, books: Books, token: str) -> dict[str, list[str]]:
    """Make one of each thing that a path may name, of the seller's where it is somebody's; return their ids."""
    seller = {"Authorization": f"Bearer {token}"}
    mine = (await send(shop.url, "GET", "/api/products/my-products?limit=50", **seller)).body["items"]
    products = [each["id"] for each in mine if each["available"] > 3][:2]
    begins, ends = (f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 1))
    discount = {"kind": "percent", "value": 5, "starts_at": begins, "ends_at": ends}
    for each in products:
        assert (await send(shop.url, "POST", f"/api/products/{each}/discounts", discount, **seller)).status == 201
    visitor = await Visitor(shop.url, {"token": token}).connect()
    cart = (await visitor.ask("cart:set", {"product_id": products[0], "quantity": 1}))["cart"]
    placed = await visitor.ask("order:place", order(cart["total_amount"], "one"))
    assert placed["ok"], placed
    await visitor.leave()
    async with ClientSession() as http:
        file = {"url": f"{shop.url}/api/products/import?dry_run=true", "data": b"sku,stock\nnothing,1\n"}
        async with http.post(**file, headers=seller | {"Content-Type": "text/csv"}) as answer:
            assert answer.status == 202, await answer.text()
    discounted = await books["products"].find({"discounts.0": {"$exists": True}}).to_list(None)
    return {
        "product_id": products,
        "user_id": [str(each["_id"]) for each in await books["users"].find({"role": "delivery"}).to_list(None)],
        "discount_id": [str(each["_id"]) for row in discounted for each in row["discounts"]],
        "image_id": [str(each["_id"]) for row in discounted for each in row["images"]],
        "import_id": [str(each["_id"]) for each in await books["imports"].find().to_list(None)],
        "mail_id": [str(each["_id"]) for each in await books["emails"].find().to_list(None)],
        "order_id": [placed["order"]["id"]],
    }


@pytest.mark.parametrize("role", ["nobody", "seller", "admin"])
async def test_every_answer_is_in_the_document(
    open_shop: OpenShop, books_of: ReadBooks, tmp_path: Path, role: str
) -> None:
    """Each route as the least who may use it; afterwards the books agree."""
    shop = await open_shop(DEMO="true", BCRYPT_COST="4", **GENEROUS)
    token = None if role == "nobody" else await sign_in(shop.url, f"{role}@demo.com")
    async with ClientSession() as http, http.get(f"{shop.url}/api/openapi.json") as answer:
        document = await answer.json()
    books = await books_of(shop)
    known = await things_of(shop, books, await sign_in(shop.url, "seller@demo.com"))
    assert all(known.values()), known
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(with_known_ids(asked_by(document, role), known)))
    status, output = await schemathesis(file, shop.url, token, examples=extent(2, 4))
    assert status == 0, output[-6000:]
    assert " 0 generated" not in output
    await books.check()
