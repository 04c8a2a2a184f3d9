"""What is written in one process is found in the other, and what is withdrawn is not."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from bson import ObjectId

from bench.shop.running import RunningShop
from tests.handlers.doors import bearer, send
from tests.patience import PATIENCE
from tests.system.conftest import Measured, OpenShop
from tests.visitor import sign_in


async def found(shop: RunningShop, words: str) -> list[str]:
    """Search; return ids."""
    answer = await send(shop.url, "GET", f"/api/products/?q={words}")
    assert answer.status == 200, answer.body
    return [each["id"] for each in answer.body["items"]]


async def becomes(shops: Sequence[RunningShop], words: str, expected: list[str]) -> float:
    """Wait until every process finds just this; return the seconds."""
    started = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        for shop in shops:
            while await found(shop, words) != expected:
                await asyncio.sleep(0.02)
    return time.monotonic() - started


async def test_both_processes_find_what_either_wrote(
    open_shop: OpenShop, one_database: dict[str, str], measured: Measured
) -> None:
    """Added, renamed, withdrawn, published again, deleted: each soon, on both."""
    shops = [await open_shop(name, **one_database, DEMO="true") for name in ("one", "two")]
    seller = bearer(await sign_in(shops[0].url, "seller@demo.com"))
    word = f"w{ObjectId()}"
    slowest = 0.0

    async def act(method: str, path: str, body: Any = None) -> Any:
        answer = await send(shops[0].url, method, f"/api/products/{path}", body, **seller)
        assert answer.status in {200, 201}, answer.body
        return answer.body

    added = await act("POST", "", {"name": f"Kettle {word}", "price": 500, "category": "kitchen", "stock": 3})
    slowest = max(slowest, await becomes(shops, word, [added["id"]]))
    await act("PUT", added["id"], {"name": f"Samovar {word}"})
    slowest = max(slowest, await becomes(shops, f"samovar+{word}", [added["id"]]))
    assert [await found(shop, f"kettle+{word}") for shop in shops] == [[], []]
    await act("POST", f"{added['id']}/unpublish")
    slowest = max(slowest, await becomes(shops, word, []))
    await act("POST", f"{added['id']}/publish")
    slowest = max(slowest, await becomes(shops, word, [added["id"]]))
    await act("DELETE", added["id"])
    slowest = max(slowest, await becomes(shops, word, []))
    measured("seconds until both processes found what one had written, at the most", slowest)
