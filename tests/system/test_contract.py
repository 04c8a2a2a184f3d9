"""The API against its own document: whatever is sent, no answer that the document does not have, and no 5xx.

Schemathesis makes the requests, those that the document allows and those that it forbids.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.system.conftest import OpenShop, ReadBooks
from tests.visitor import sign_in

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
        *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing", "-n", str(examples)),
        *("--warnings", "off", "--continue-on-failure"),
        *(each for path in ENDS_THE_SESSION for each in ("--exclude-path", path)),
        *(("-H", f"Authorization: Bearer {token}") if token else ()),
        cwd=document.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await run.communicate()
    return run.returncode or 0, output.decode()


@pytest.mark.parametrize("role", ["nobody", "seller", "admin"])
async def test_every_answer_is_in_the_document(
    open_shop: OpenShop, books_of: ReadBooks, tmp_path: Path, role: str
) -> None:
    """As each kind of caller; afterwards the books agree."""
    shop = await open_shop(DEMO="true", BCRYPT_COST="4", **GENEROUS)
    token = None if role == "nobody" else await sign_in(shop.url, f"{role}@demo.com")
    async with ClientSession() as http:
        async with http.get(f"{shop.url}/api/openapi.json") as answer:
            document = await answer.json()
        seller = {"Authorization": f"Bearer {await sign_in(shop.url, 'seller@demo.com')}"}
        async with http.get(f"{shop.url}/api/products/my-products?limit=3", headers=seller) as answer:
            products = [each["id"] for each in (await answer.json())["items"]]
    books = await books_of(shop)
    users = [str(each["_id"]) for each in await books["users"].find({"role": "delivery"}).to_list(None)]
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(with_known_ids(document, {"product_id": products, "user_id": users})))
    status, output = await schemathesis(file, shop.url, token, examples=8)
    assert status == 0, output[-6000:]
    assert "0 generated" not in output
    await books.check()
