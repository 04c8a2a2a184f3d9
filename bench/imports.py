"""Importing and exporting a large file over HTTP: how many rows a second, and how much memory each phase takes.

    python -m bench.imports [--rows 100000] [--length 300] [--write PATH]

The file is sent for a dry run, which is applied; it is sent again, when nothing may change; and all is exported. The
shop has the first core, its database and the client the second. Memory is the server's, sampled while a phase goes on.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import ClientSession, ClientTimeout
from bson import ObjectId
from rich.console import Console

from bench import page, report
from bench.machine import mongod, processor, today
from bench.processes import Watched
from bench.shop.pinned import pinned_shop
from ivorycart.accounts.tokens import Tokens
from ivorycart.logs import configure_logs
from mongo.opening import Place, open_store
from mongo.users import Users

PART = "imports"
SECRET = "signs the token of a benchmark's seller"  # noqa: S105 - of a database that lives for minutes
EMAIL = "seller@example.com"
DATABASE = "ivorycart"
IMPORT, EXPORT = "/api/products/import", "/api/products/export"
HEADS = ("phase", "rows", "seconds", "rows/s", "highest memory, MiB", "above the start, MiB")
SAMPLED_EVERY = 0.05  # seconds
ASKED_EVERY = 0.2  # seconds
AT_ONCE = 100  # rows that are sent at a time


class Wrong(Exception):  # noqa: N818 - it says what is the matter
    """An import did something else than it should."""


@dataclass(slots=True)
class Phases:
    """What each phase took, in its order."""

    server: Watched
    rows: int
    start: int = 0
    told: list[tuple[str, ...]] = field(default_factory=list)

    async def measure(self, name: str, work: Awaitable[Any]) -> Any:
        """Await something; note how long it took, and the most memory that the server had meanwhile."""
        highest = [self.server.memory()]

        async def sample() -> None:
            while True:
                highest[0] = max(highest[0], self.server.memory())
                await asyncio.sleep(SAMPLED_EVERY)

        began = time.monotonic()
        sampling = asyncio.create_task(sample())
        try:
            done = await work
        finally:
            sampling.cancel()
            with suppress(asyncio.CancelledError):
                await sampling
        took = time.monotonic() - began
        above = (highest[0] - self.start) / 2**20
        figures = (f"{took:.1f}", f"{self.rows / took:,.0f}", f"{highest[0] / 2**20:.0f}", f"{above:+.0f}")
        self.told.append((name, f"{self.rows:,}", *figures))
        return done


async def measured(rows: int, length: int) -> list[tuple[str, ...]]:
    """Run a shop, and import and export a file in it."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        seller_id = str(ObjectId())
        async with open_store(Place(uri=None, name=DATABASE, driver="motor", data_dir=data_dir)) as store:
            given: Any = {"name": "Sally", "role": "seller", "password": "none", "activated": True}
            await Users(store.database).add(email=EMAIL, user_id=seller_id, **given)
        async with pinned_shop(data_dir, SECRET) as (shop, server):
            token = Tokens(SECRET, seconds=36_000).issue(
                user_id=seller_id, session_id=str(ObjectId()), email=EMAIL, name="Sally", role="seller"
            )
            headers = {"Authorization": f"Bearer {token}"}
            async with ClientSession(shop.url, headers=headers, timeout=ClientTimeout(total=None)) as http:
                return await _all_phases(http, server, rows, length)


async def _all_phases(http: ClientSession, server: Watched, rows: int, length: int) -> list[tuple[str, ...]]:
    phases = Phases(server, rows)
    await _over(http, (await _send(http, 50, length, "?dry_run=true"))["id"])  # what is loaded once is loaded
    await server.quiet(within=10)
    phases.start = server.memory()
    job = await phases.measure("sent in, for a dry run", _send(http, rows, length, "?dry_run=true"))
    await phases.measure("dry run", _over(http, job["id"], creates=rows))
    await _post(http, f"/api/products/imports/{job['id']}/apply")
    await phases.measure("applied", _over(http, job["id"], creates=rows))
    job = await phases.measure("sent in again", _send(http, rows, length))
    await phases.measure("applied again: all is as it was", _over(http, job["id"], same=rows))
    for file_format in ("csv", "jsonl"):
        await phases.measure(f"exported, {file_format}", _export(http, rows, file_format))
    return phases.told


async def file_of(rows: int, length: int) -> AsyncIterator[bytes]:
    """Yield a file of products with descriptions of that many characters."""
    yield b"sku,name,description,price,category,tags,stock\n"
    words = ("made by hand and carefully packed " * (length // 34 + 1))[:length]
    for first in range(0, rows, AT_ONCE):
        some = range(first, min(rows, first + AT_ONCE))
        yield "".join(f"S{n},Tea {n},{words},{n % 9999},pantry/tea,green|new,{n % 50}\n" for n in some).encode()


async def _send(http: ClientSession, rows: int, length: int, query: str = "") -> Mapping[str, Any]:
    headers = {"Content-Type": "text/csv"}
    return await _post(http, IMPORT + query, data=file_of(rows, length), headers=headers)


async def _post(http: ClientSession, path: str, **options: Any) -> Mapping[str, Any]:
    async with http.post(path, **options) as answer:
        body: Mapping[str, Any] = await answer.json()
        if answer.status not in {200, 202}:
            raise Wrong(f"{path} answered {answer.status}: {body}")
        return body


async def _over(http: ClientSession, import_id: str, **expected: int) -> None:
    while True:
        async with http.get(f"/api/products/imports/{import_id}") as answer:
            job = await answer.json()
        if job["state"] not in {"checking", "running"}:
            break
        await asyncio.sleep(ASKED_EVERY)
    if job["state"] not in {"ready", "done"} or any(job[name] != count for name, count in expected.items()):
        raise Wrong(f"expected {expected}, but: {job}")


async def _export(http: ClientSession, rows: int, file_format: str) -> None:
    lines = 0
    async with http.get(EXPORT, params={"format": file_format}) as answer:
        async for chunk in answer.content.iter_any():
            lines += chunk.count(b"\n")
    if lines != rows + (file_format == "csv"):
        raise Wrong(f"{lines} lines were exported of {rows} products")


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument(
        "--length", type=int, default=300, help="characters of a description; a file has at most 64 MiB"
    )
    given = page.arguments(parser, PART)
    configure_logs("warning", as_json=False)
    rows = uvloop.run(measured(given.rows, given.length))
    Console(width=140).print(report.table(f"{given.rows:,} rows", HEADS, rows, numbers_from=1))
    how = (
        f"{given.rows:,} rows with descriptions of {given.length:,} characters. "
        f"{processor()}, MongoDB {mongod()}; {today()}."
    )
    print(how)
    if given.write:
        page.write(given.write, PART, f"{report.markdown_table(HEADS, rows)}\n\n{how}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
