"""Where the time goes: py-spy's top of a broadcasting and of an ordering server.

    python -m bench.profile [--clients 2000] [--seconds 15] [--write PATH]

py-spy sees Python's functions, and counts what C code does (the socket's send, the event loop) to the function that
called it. The ordering server has threads that wait in C, which look as if they worked: there, only samples of the
thread that held the interpreter's lock count.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop

from bench import page, report
from bench.extent import FULL
from bench.machine import TooFewFiles, allow_files, processor, today
from bench.measure import peers
from bench.measure.crowds import load_process
from bench.measure.shops import PRICE, open_shop
from bench.processes import Failed
from bench.root import ROOT
from bench.stacks import Spent, spent
from ivorycart.logs import configure_logs

PART = "profiles"
HEADS = ("function", "alone", "with what it calls")
RATE = 250  # samples per second
MOST = 25
BUYERS, AT_ONCE = FULL.buyers, FULL.buyers_at_once
ENDLESS = 1_000_000


async def broadcasting(clients: int, seconds: int) -> list[Spent]:
    """Profile the engine while it broadcasts to a crowd as fast as that can be asked of it steadily."""
    server = await peers.start(peers.OURS)
    try:
        async with load_process() as load:
            url = f"http://127.0.0.1:{server.hello['port']}"
            await load.ask("connect", url=url, count=clients, at_once=FULL.connects_at_once)
            interval = FULL.interval(peers.OURS, clients)
            async with _meanwhile(server.ask("broadcast", first=0, count=ENDLESS, interval=interval)):
                return await _record(server.pid, seconds)
    finally:
        await server.stop()


async def ordering(seconds: int) -> list[Spent]:
    """Profile the shop while buyers order one hot product: cart, order, cart, order."""
    async with open_shop() as shop:
        [product_id] = await shop.add_products(1, ENDLESS)
        await shop.load.ask("enter", url=shop.url, count=BUYERS, tokens=shop.tokens(BUYERS))
        options: dict[str, Any] = {"product_id": product_id, "price": PRICE, "at_once": AT_ONCE}
        await shop.load.ask("order", rounds=1, key="warm-up", **options)
        async with _meanwhile(shop.load.ask("order", rounds=ENDLESS, key="profiled", **options)):
            return await _record(shop.server.pid, seconds, "--gil")


@asynccontextmanager
async def _meanwhile(work: Awaitable[Any]) -> AsyncIterator[None]:
    """Have something done that ends with this block."""
    task = asyncio.ensure_future(work)
    try:
        yield
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _record(pid: int, seconds: int, *options: str) -> list[Spent]:
    """Watch a process; raise Failed where py-spy may not (it needs the right to trace)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stacks"
        program = Path(sys.executable).with_name("py-spy")
        process = await asyncio.create_subprocess_exec(
            *(str(program), "record", "--pid", str(pid), "--duration", str(seconds), "--rate", str(RATE)),
            *("--format", "raw", "--function", *options, "--output", str(path)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, complaint = await process.communicate()
        if process.returncode or not path.exists():
            raise Failed(f"py-spy: {complaint.decode(errors='replace').strip()[-500:]}")
        return spent(path.read_text().splitlines(), ROOT, MOST)


def rows(functions: list[Spent]) -> list[tuple[str, ...]]:
    """Return the rows of a table."""
    return [(f"`{each.function}`", f"{each.alone:.1%}", f"{each.with_calls:.1%}") for each in functions]


async def profiles(clients: int, seconds: int) -> dict[str, list[Spent]]:
    """Profile both servers."""
    return {
        f"A broadcasting server ({clients:,} clients)": await broadcasting(clients, seconds),
        f"An ordering server ({BUYERS} buyers, one hot product)": await ordering(seconds),
    }


def main() -> int:
    """Profile, and print the tables; return the exit status: 1 where it cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=2000, help="sockets that hear the broadcasts")
    parser.add_argument("--seconds", type=int, default=15, help="how long each server is watched")
    parser.add_argument("--write", type=Path, metavar="PATH", help="write its part of this page anew")
    given = parser.parse_args()
    configure_logs("warning", as_json=False)
    try:
        allow_files(max(given.clients, BUYERS))
        if given.write:
            page.check(given.write, PART)
        told = uvloop.run(profiles(given.clients, given.seconds))
    except (Failed, TooFewFiles, page.BrokenPage, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    text = "\n".join(f"### {title}\n\n{report.markdown_table(HEADS, rows(spent))}" for title, spent in told.items())
    text += f"\nSampled {RATE} times a second for {given.seconds} s. {processor()}; {today()}.\n"
    print(text)
    if given.write:
        page.write(given.write, PART, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
