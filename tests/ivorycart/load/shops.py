"""Small shops for the load: Socket.IO servers, all in memory, that keep IvoryCart's public protocol."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import socketio
from aiohttp import web

ROOT = Path(__file__).parents[3]
PATIENCE = 90
STOCK = 1000


class Shop:
    """An honest shop with three products, all in memory; those who lie change one thing."""

    guests = True  # may order

    def __init__(self) -> None:
        self.server = socketio.AsyncServer(async_mode="aiohttp")
        self.levels = {letter * 24: {"version": 1, "stock": STOCK, "held": 0} for letter in ("a", "b", "c")}
        self.carts: dict[str, dict[str, int]] = {}
        self.clock = 1
        self.first = ""  # the first socket that came
        for name, handler in (
            ("connect", self.connect),
            ("cart:set", self.set_line),
            ("cart:clear", self.clear),
            ("order:place", self.order),
        ):
            self.server.on(name, handler)

    def routes(self) -> list[web.RouteDef]:
        """Return what it answers by HTTP beside what every shop does."""
        return []

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

    async def connect(self, sid: str, _environ: Any, auth: Any = None) -> None:
        """Let a socket in."""
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

    async def set_line(self, sid: str, payload: dict[str, Any]) -> Any:
        """Put units into a cart, or back."""
        product_id, quantity = payload["product_id"], payload["quantity"]
        change = quantity - self.carts[sid].get(product_id, 0)
        self.carts[sid][product_id] = quantity
        if change:
            await self._move(product_id, change)
        return {"ok": True, "cart": self._cart(sid)}

    async def clear(self, sid: str, *_nothing: Any) -> Any:
        """Empty a cart."""
        for product_id in [each for each, quantity in self.carts[sid].items() if quantity]:
            await self.set_line(sid, {"product_id": product_id, "quantity": 0})
        return {"ok": True, "cart": self._cart(sid)}

    async def order(self, sid: str, payload: dict[str, Any]) -> Any:
        """Sell what a cart contains."""
        lines = self._cart(sid)["lines"]
        self.carts[sid] = {}
        for line in lines:
            self.sell(line["product_id"], line["quantity"])
            await self._move(line["product_id"], -line["quantity"])
        return {"ok": True, "order": {"order_key": payload["order_key"], "product_list": lines}}

    def _cart(self, sid: str) -> dict[str, Any]:
        lines = [{"product_id": each, "quantity": quantity} for each, quantity in self.carts[sid].items() if quantity]
        return {"lines": lines, "total_amount": 100 * sum(line["quantity"] for line in lines)}


@asynccontextmanager
async def opened(shop: Shop) -> AsyncIterator[str]:
    """Open a shop; give its address."""
    app = web.Application()
    shop.server.attach(app)
    products = [{"id": each, "name": each[0], "available": STOCK, "max_per_cart": 10} for each in shop.levels]
    answers = {
        "/healthz": {"status": "ok"},
        "/api/shop": {"guest_checkout": shop.guests},
        "/api/cart/products": {"items": products, "next": None},
    }
    for path, answer in answers.items():
        app.router.add_get(path, _answering(answer))
    app.router.add_routes(shop.routes())
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


async def begin(url: str, *options: str) -> asyncio.subprocess.Process:
    """Begin the command, at the head of a process group of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivorycart", "load", url, *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def end(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    """Wait for its end; return its exit status, what it printed, and what it complained of."""
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def load(url: str, *options: str) -> tuple[int, str, str]:
    """Run the command; return its exit status, what it printed, and what it complained of."""
    return await end(await begin(url, *options))


FEW = ("--clients", "8", "--carts", "0.25", "--orders", "0.25", "--rate", "6", "--duration", "3", "--settle", "1")


async def judged(shop: Shop) -> tuple[int, Any]:
    """Put a shop under a small load; return the exit status and the report."""
    async with opened(shop) as url:
        status, out, err = await load(url, *FEW, "--json")
    assert out, err
    return status, json.loads(out)
