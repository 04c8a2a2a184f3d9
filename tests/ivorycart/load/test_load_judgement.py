"""The load against shops that lie: what is broken is found, named, and told by the exit status.

Each shop keeps IvoryCart's public protocol but for one lie.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.ivorycart.load.shops import FEW, PATIENCE, STOCK, Shop, judged, load, opened


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


class Removing(Shop):
    """Removes a folder with the first sale."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def sell(self, product_id: str, quantity: int) -> None:
        """Sell, and remove it."""
        super().sell(product_id, quantity)
        if self._folder.exists():
            self._folder.rmdir()


class Late(Shop):
    """Sells something whenever somebody leaves, and lets who comes back wait for the levels."""

    SECONDS = 1.5

    def __init__(self) -> None:
        super().__init__()
        self._waiting: set[str] = set()
        self._later: set[asyncio.Task[None]] = set()
        self.server.on("disconnect", self._left)

    async def connect(self, sid: str, environ: Any, auth: Any = None) -> None:
        """Say welcome, and the rest later."""
        if not (auth or {}).get("session"):
            await super().connect(sid, environ, auth)
            return
        self.carts[sid] = {}
        self._waiting.add(sid)
        welcome = {"session": sid, "cursor": f"{self.clock:016x}", "resumed": False, "hold_seconds": 600}
        await self.server.emit("welcome", welcome, to=sid)
        task = asyncio.create_task(self._tell_late(sid))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def tell(self, product_id: str) -> None:
        """Leave out who waits."""
        await self.server.emit("stock", self.frame([product_id]), skip_sid=list(self._waiting))

    async def _tell_late(self, sid: str) -> None:
        await asyncio.sleep(self.SECONDS)
        self._waiting.discard(sid)
        await self.server.emit("stock:snapshot", self.frame(self.levels), to=sid)

    async def _left(self, _sid: str, *_reason: Any) -> None:
        await self._move("a" * 24, 0)


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


CUT = ("--clients", "8", "--carts", "0.25", "--orders", "0", "--rate", "6", "--settle", "5", "--duration", "7")


async def test_how_long_clients_were_behind_is_told() -> None:
    """From their reconnect until they knew what the others had heard meanwhile; and how that was measured."""
    async with opened(Late()) as url:
        status, out, err = await load(url, *CUT, "--reconnects", "0.5", "--reconnects-at", "1", "--json")
    assert status == 0, out + err
    report = json.loads(out)
    back = report["reconnects"]
    assert back["cut"] == back["back"] == back["equal_after_ms"]["count"]
    assert back["not_equal"] == 0
    assert back["equal_after_ms"]["max"] >= Late.SECONDS * 1000
    assert [note for note in report["notes"] if note.startswith("a client that was cut is equal again once it knows")]


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
        (("http://127.0.0.1:99999",), "its port must be a number up to 65535"),
        (("http://a..b",), "a..b: "),
        (("http://127.0.0.1:1", "--html", "/nonexistent/x.html"), "--html /nonexistent/x.html cannot be written"),
    ],
)
async def test_what_cannot_be_run_is_said_in_a_line(options: tuple[str, ...], complaint: str) -> None:
    """And the exit status is 2."""
    status, out, err = await load(*options)
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1


async def test_looking_whether_a_page_can_be_written_changes_nothing(tmp_path: Path) -> None:
    """What lies there stays as it is, and nothing is left where nothing was."""
    old, new = tmp_path / "old.html", tmp_path / "new.html"
    old.write_text("last week's")
    for page in (old, new):
        status, _, err = await load("http://127.0.0.1:1", "--html", str(page))
        assert (status, err.count("\n")) == (2, 1)
        assert "cannot be reached" in err
    assert old.read_text() == "last week's"
    assert not new.exists()


async def test_a_page_that_cannot_be_written_any_more_costs_nobody_the_report(tmp_path: Path) -> None:
    """The rest is told all the same, and the exit status does not say that the shop lost anything."""
    folder = tmp_path / "reports"
    folder.mkdir()
    shop = Removing(folder)
    async with opened(shop) as url:
        status, out, err = await load(url, *FEW, "--json", "--html", str(folder / "x.html"))
    assert status == 2, err
    assert json.loads(out)["verdict"]["ok"]
    assert f"--html {folder / 'x.html'} could not be written" in err
    assert "Traceback" not in err


async def test_another_server_is_no_shop() -> None:
    """A server without /healthz is not put under load."""
    runner = web.AppRunner(web.Application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    status, _, err = await load(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()
    assert status == 2
    assert "does not answer as an IvoryCart does" in err
