"""While the database does not answer, reading is refused in the words of the protocol, and live again afterwards."""

from aiohttp import ClientSession

from bench.shop.running import RunningShop
from tests.standing_still import standing_still
from tests.visitor import Visitor


async def test_reading_while_the_database_stands_still_is_storage_unavailable(tmp_path):
    """HTTP answers 503 with its code, the ack has the same code, and both work again once the database does."""
    shop = await RunningShop(tmp_path / "data").start()
    try:
        visitor = await Visitor(shop.url).connect()
        headers = {"X-Cart-Session": visitor.session}
        async with ClientSession(headers=headers) as http:
            async with standing_still(shop.mongod_pid):
                async with http.get(f"{shop.url}/api/cart") as answer:
                    assert (answer.status, (await answer.json())["code"]) == (503, "storage_unavailable")
                refused = await visitor.ask("cart:get")
                assert refused["error"]["code"] == "storage_unavailable"
            async with http.get(f"{shop.url}/api/cart") as answer:
                assert answer.status == 200
        await visitor.leave()
    finally:
        await shop.stop()
