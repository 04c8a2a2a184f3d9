"""People in a demo shop: they do what people do."""

from pathlib import Path

import pytest
from aiohttp import ClientSession

from bench import lively
from bench.pages.lively import bearer, call
from bench.shop.books import open_books
from tests.forked import ForkedShop, Forks, in_a_database


async def test_people_hold_and_order(
    tmp_path: Path, mongo_uri: str, forks: Forks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they do is seen in the shop, whose books agree."""
    monkeypatch.setattr(lively, "PAUSES", (0.02, 0.1))
    shop = await ForkedShop.of(forks, tmp_path / "data", in_a_database(mongo_uri, DEMO="true")).start()
    async with ClientSession(shop.url) as http, open_books(shop) as books:
        await lively.live(shop.url, 3, 3.0)
        assert (await call(http, "GET", "/api/orders/my-orders", **await bearer(http, "buyer")))["items"]
        assert await books["inventory_logs"].count_documents({"change_type": "hold"})
        await books.check()
    assert await shop.stop() == 0
