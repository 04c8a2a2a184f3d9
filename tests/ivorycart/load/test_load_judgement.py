"""The load against shops that lie: what is broken is found, named, and told by the exit status.

Each shop is a small Socket.IO server that keeps IvoryCart's public protocol but for one lie.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import socketio
from aiohttp import web

ROOT = Path(__file__).parents[3]
PATIENCE = 90
STOCK = 1000


class Shop:
    """An honest shop with three products, all in memory; those who lie change one thing."""

    def __init__(self) -> None:
        self.server = socketio.AsyncServer(async_mode="aiohttp")
        self.levels = {letter * 24: {"version": 1, "stock": STOCK, "held": 0} for letter in ("a", "b", "c")}
        self.carts: dict[str, dict[str, int]] = {}
        self.clock = 1
        self.first = ""  # the first socket that came
        for name, handler in (
            ("connect", self._connect),
            ("cart:set", self._set),
            ("cart:clear", self._clear),
            ("order:place", self._order),
        ):
            self.server.on(name, handler)

    async def tell(self, product_id: str) -> None:
        """Tell everyone of a level."""
        await self.server.emit("stock", self.frame([product_id]))

    def sell(self, product_id: str, quantity: int) -> None:
        """Take units off the shelf."""
        self.levels[product_id]["stock"] -= quantity

    def frame(self, product_ids: Any) -> dict[str, Any]:
        """Show levels."""
        items = [{"id": each, **self.levels[each], "next_release": None} for each in product_ids]
        return {"cursor": f"{self.clock:016x}", "items": items}

    async def _connect(self, sid: str, _environ: Any, auth: Any = None) -> None:
        self.first = self.first or sid
        self.carts[sid] = {}
        welcome = {"session": sid, "cursor": f"{self.clock:016x}", "resumed": False, "hold_seconds": 600}
        await self.server.emit("welcome", welcome, to=sid)
        await self.server.emit("stock:snapshot", self.frame(self.levels), to=sid)

    async def _move(self, product_id: str, held: int) -> None:
        level = self.levels[product_id]
        level["held"] += held
        level["version"] += 1
        self.clock += 1
        await self.tell(product_id)

    async def _set(self, sid: str, payload: dict[str, Any]) -> Any:
        product_id, quantity = payload["product_id"], payload["quantity"]
        change = quantity - self.carts[sid].get(product_id, 0)
        self.carts[sid][product_id] = quantity
        if change:
            await self._move(product_id, change)
        return {"ok": True, "cart": self._cart(sid)}

    async def _clear(self, sid: str, *_nothing: Any) -> Any:
        for product_id in [each for each, quantity in self.carts[sid].items() if quantity]:
            await self._set(sid, {"product_id": product_id, "quantity": 0})
        return {"ok": True, "cart": self._cart(sid)}

    async def _order(self, sid: str, payload: dict[str, Any]) -> Any:
        lines = self._cart(sid)["lines"]
        self.carts[sid] = {}
        for line in lines:
            self.sell(line["product_id"], line["quantity"])
            await self._move(line["product_id"], -line["quantity"])
        return {"ok": True, "order": {"order_key": payload["order_key"], "product_list": lines}}

    def _cart(self, sid: str) -> dict[str, Any]:
        lines = [{"product_id": each, "quantity": quantity} for each, quantity in self.carts[sid].items() if quantity]
        return {"lines": lines, "total_amount": 100 * sum(line["quantity"] for line in lines)}


class Forgetful(Shop):
    """Never tells the first client of the first product's changes."""

    async def tell(self, product_id: str) -> None:
        """Leave one out."""
        skip = self.first if product_id.startswith("a") else None
        await self.server.emit("stock", self.frame([product_id]), skip_sid=skip)


class Backwards(Shop):
    """Tells the first client of the level before, after the new one."""

    async def tell(self, product_id: str) -> None:
        """Say the new, then the old."""
        await super().tell(product_id)
        frame = self.frame([product_id])
        frame["items"][0]["version"] -= 1
        await self.server.emit("stock", frame, to=self.first)


class Stammering(Shop):
    """Says everything twice."""

    async def tell(self, product_id: str) -> None:
        """Say it, and say it again."""
        await super().tell(product_id)
        await super().tell(product_id)


class Generous(Shop):
    """Sells what it has sold already: every unit goes to two buyers."""

    _sales = 0

    def sell(self, product_id: str, quantity: int) -> None:
        """Take every second unit off the shelf."""
        self._sales += 1
        super().sell(product_id, quantity * (self._sales % 2))


class Doomed(Shop):
    """Is closed after a few orders."""

    def __init__(self) -> None:
        super().__init__()
        self.closing = asyncio.Event()

    def sell(self, product_id: str, quantity: int) -> None:
        """Say when it is time to close."""
        super().sell(product_id, quantity)
        if self.levels[product_id]["stock"] < STOCK - 1:
            self.closing.set()


@asynccontextmanager
async def opened(shop: Shop) -> AsyncIterator[str]:
    """Open a shop; give its address."""
    app = web.Application()
    shop.server.attach(app)
    products = [{"id": each, "name": each[0], "available": STOCK, "max_per_cart": 10} for each in shop.levels]
    answers = {
        "/healthz": {"status": "ok"},
        "/api/shop": {"guest_checkout": True},
        "/api/cart/products": {"items": products, "next": None},
    }
    for path, answer in answers.items():
        app.router.add_get(path, _answering(answer))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await shop.server.shutdown()
    await runner.cleanup()


def _answering(answer: Any) -> Callable[[web.Request], Any]:
    async def handle(_request: web.Request) -> web.Response:
        return web.json_response(answer)

    return handle


async def load(url: str, *options: str) -> tuple[int, str, str]:
    """Run the command; return its exit status, what it printed, and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivorycart", "load", url, *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


FEW = ("--clients", "8", "--carts", "0.25", "--orders", "0.25", "--rate", "6", "--duration", "3", "--settle", "1")


async def judged(shop: Shop) -> tuple[int, Any]:
    """Put a shop under a small load; return the exit status and the report."""
    async with opened(shop) as url:
        status, out, err = await load(url, *FEW, "--json")
    assert out, err
    return status, json.loads(out)


async def test_an_honest_shop_passes() -> None:
    """Nothing is found, work was done, latency was measured."""
    status, report = await judged(Shop())
    assert (status, report["verdict"]) == (0, {"ok": True, "failures": []})
    assert report["orders"]["placed"] > 0
    assert report["carts"]["acks"] > 0
    assert report["latency_ms"]["from_ack"]["count"] > 0
    assert report["latency_ms"]["from_ack"]["p50"] <= report["latency_ms"]["from_send"]["p50"]
    assert report["checks"]["duplicated"] == 0
    assert report["clients"]["equal_in_the_end"] == 8


async def test_a_lost_update_is_found() -> None:
    """One client was not told of one product: the report names both."""
    status, report = await judged(Forgetful())
    assert status == 1
    assert report["verdict"]["failures"] == ["lost: 1 levels are missing at 1 clients"]
    (example,) = report["checks"]["examples"]
    assert (example["kind"], example["product"]) == ("lost", "a" * 24)
    assert example["known"] < example["heard"]


async def test_a_version_that_goes_back_is_found() -> None:
    """At the one client that heard it."""
    status, report = await judged(Backwards())
    assert status == 1
    assert report["checks"]["regressed"] > 0
    assert report["checks"]["regressed_clients"] == 1
    assert [line.split(":")[0] for line in report["verdict"]["failures"]] == ["regressed"]


async def test_a_unit_sold_twice_is_found() -> None:
    """Acknowledged orders are more than left the shelf."""
    status, report = await judged(Generous())
    assert status == 1
    assert report["oversell"]["units"] > 0
    assert {line.split(":")[0] for line in report["verdict"]["failures"]} == {"oversold"}


async def test_what_is_said_twice_is_counted_and_forgiven() -> None:
    """Duplicates are waste, and break no promise."""
    status, report = await judged(Stammering())
    assert status == 0
    assert report["checks"]["duplicated"] > 0
    assert report["checks"]["duplicated_clients"] > 0


async def test_a_shop_that_goes_is_told() -> None:
    """The report is made all the same, and says that nobody gets in any more; nothing is said of sales."""
    shop = Doomed()
    async with opened(shop) as url:
        running = asyncio.ensure_future(load(url, *FEW, "--json"))
        async with asyncio.timeout(PATIENCE):
            await shop.closing.wait()
    status, out, err = await running
    assert status == 1, err
    report = json.loads(out)
    assert report["verdict"]["failures"][0].startswith("lost: the server has gone")
    assert report["oversell"]["judged_by"] == "nothing"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("http://127.0.0.1:1",), "cannot be reached"),
        (("http://127.0.0.1:1", "--rate", "99"), "--rate must be"),
        (("http://127.0.0.1:1", "--buyer", "somebody"), "EMAIL:PASSWORD"),
        (("localhost:5000",), "URL must begin with"),
    ],
)
async def test_what_cannot_be_run_is_said_in_a_line(options: tuple[str, ...], complaint: str) -> None:
    """And the exit status is 2."""
    status, out, err = await load(*options)
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1


async def test_another_server_is_no_shop() -> None:
    """A server without /healthz is not put under load."""
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    status, _, err = await load(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()
    assert status == 2
    assert "does not answer as an IvoryCart does" in err
