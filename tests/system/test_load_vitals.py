"""What the load says of the server's processes, on a real shop of several."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.root import ROOT
from bench.shop.running import RunningShop
from ivorycart.load.vitals import Vitals
from tests.patience import PATIENCE


class OfTwo(RunningShop):
    """A server with two workers, started by a relative path, as ``make run`` does: its workers' paths are absolute."""

    def command(self) -> tuple[str, ...]:
        """Name the program from where it is started."""
        up = ("..",) * (len(self.data_dir.parent.parts) - 1)
        return (sys.executable, "/".join((*up, *(ROOT / "server.py").parts[1:])))


@pytest.fixture
async def shop_of_two(tmp_path: Path) -> AsyncIterator[RunningShop]:
    """Run it."""
    shop = await OfTwo(tmp_path / "shop" / "data", {"WORKERS": "2"}).start()
    yield shop
    assert await shop.stop() == 0, shop.log.read_text()[-3000:]


def workers(vitals: Vitals, shop: RunningShop) -> set[int]:
    """Return the running processes of the server that are neither its parent nor its database."""
    assert shop.process
    rows = [each for each in vitals.as_rows(1.0) if not each["ended"] and each["name"].endswith("server.py")]
    return {each["pid"] for each in rows} - {shop.process.pid}


async def until_there_are(count: int, vitals: Vitals, shop: RunningShop, *, but: int = 0) -> set[int]:
    """Look until there are so many workers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            vitals.look()
            found = workers(vitals, shop)
            if len(found) == count and but not in found:
                return found
            await asyncio.sleep(0.1)


async def test_the_whole_family_is_watched(shop_of_two: RunningShop) -> None:
    """Parent, workers and database; a worker that was killed is said to have ended, its successor is taken in."""
    shop = shop_of_two
    assert shop.process
    vitals = Vitals("127.0.0.1", urlsplit(shop.url).port or 0)
    first = await until_there_are(2, vitals, shop)
    assert vitals.why_not == ""
    assert {shop.process.pid, shop.mongod_pid} < vitals.processes.keys()
    assert {each["name"] for each in vitals.as_rows(1.0) if each["pid"] == shop.mongod_pid} == {"mongod"}
    assert all(each["max_rss_mib"] > 1 for each in vitals.as_rows(1.0))

    killed = min(first)
    os.kill(killed, signal.SIGKILL)
    second = await until_there_are(2, vitals, shop, but=killed)
    assert second - first
    assert [each["ended"] for each in vitals.as_rows(1.0) if each["pid"] == killed] == [True]


async def test_a_single_process_is_watched_to_its_end() -> None:
    """And where nobody listens that is said."""
    vitals = Vitals("127.0.0.1", 1)
    vitals.look()
    assert (vitals.why_not, vitals.as_rows(1.0)) == ("no process of this user listens on port 1", [])

    listening = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", listening), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    vitals = Vitals("127.0.0.1", int(await process.stdout.readline()))
    vitals.look()
    process.kill()
    await process.wait()
    assert vitals.why_not == ""
    assert list(vitals.processes) == [process.pid]
    vitals.look()
    assert [each["ended"] for each in vitals.as_rows(1.0)] == [True]


def test_a_server_elsewhere_is_not_watched() -> None:
    """Only its own machine can tell."""
    vitals = Vitals("192.0.2.1", 443)  # an address for documents, RFC 5737
    vitals.look()
    assert vitals.why_not == "the server is on another machine"
