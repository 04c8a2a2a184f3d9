"""Full disks: of the database, and of the log. A small tmpfs each, which needs root."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout

from bench.faults.row import Broken, Outcome
from bench.faults.stage import OFTEN, PATIENCE, audit, grown
from bench.shop.books import open_books
from bench.shop.journal import Journal, load, nothing_lost, same_answers
from bench.shop.running import RunningShop

MEBIBYTE = 1024 * 1024
DATABASE_DISK, LOG_DISK = 700, 4  # MiB; WiredTiger makes two or three journal files of 100 MiB
_PAUSE = 0.01


def possible() -> bool:
    """Whether disks can be made here."""
    return os.geteuid() == 0


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """Have a disk of this size in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)), check=True)
    try:
        yield folder
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no room on a disk."""
    ballast = disk / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for size in (MEBIBYTE, 4096, 1):
                _fill(file.fileno(), bytes(size))
        yield
    finally:
        ballast.unlink()


def _fill(descriptor: int, block: bytes) -> None:
    while True:
        try:
            if os.write(descriptor, block) < len(block):
                return
        except OSError:
            return


async def database_disk_full(folder: Path, times: int) -> Outcome:
    """Fill the disk under the database, while orders come in; then make room again."""
    outcome = Outcome(held="503, nothing acknowledged that is not there; it went on by itself, audit clean")
    with small_disk(folder / "disk", DATABASE_DISK) as disk:
        async with _shop(disk / "data", folder) as shop:
            known, product_ids = Journal(), await _stocked(shop)
            for _ in range(times):
                journal = Journal()
                async with load(shop, product_ids, "", journal, lasting=True, pause=_PAUSE):
                    await grown(journal, 20)
                    with filled(disk):
                        await _refused(shop, journal)
                    room = time.monotonic()
                    await grown(journal, 20)
                    outcome.recovery.append(journal.resumed_after(room) or 0.0)
                known.add(journal)
                await _agree(shop, known, journal)
                outcome.times += 1
            if await shop.stop() != 0:
                raise Broken("the server did not end well")
            await shop.start()
            await _agree(shop, known, journal)
    return outcome


async def log_disk_full(folder: Path, times: int) -> Outcome:
    """Fill the disk that the server's log is on: orders go on, or are refused; the process lives."""
    outcome = Outcome(held="the process lived and kept all that it acknowledged; clean restart, audit clean")
    with small_disk(folder / "disk", LOG_DISK) as disk:
        async with _shop(folder / "data", disk) as shop:
            known, product_ids = Journal(), await _stocked(shop)
            for _ in range(times):
                journal = Journal()
                async with load(shop, product_ids, "", journal, lasting=True, pause=_PAUSE):
                    await grown(journal, 20)
                    with filled(disk):
                        full = time.monotonic()
                        await _asked_amiss(shop)
                        await grown(journal, 20)
                        outcome.recovery.append(journal.resumed_after(full) or 0.0)
                        if shop.process is None or shop.process.returncode is not None:
                            raise Broken("the server died")
                known.add(journal)
                await _agree(shop, known, journal)
                outcome.times += 1
            with filled(disk):
                if await shop.stop() != 0:
                    raise Broken("the server did not end well with a full disk")
            await shop.start()
            await _agree(shop, known, journal)
    return outcome


class _Elsewhere(RunningShop):
    """A shop whose log is on a disk of its own."""

    logs: Path

    @property
    def log(self) -> Path:
        """Where its log goes."""
        return self.logs / "server.log"


@asynccontextmanager
async def _shop(data: Path, logs: Path) -> AsyncIterator[RunningShop]:
    shop = _Elsewhere(data, {**OFTEN, "GUEST_CHECKOUT": "true", "LOG_LEVEL": "debug"})
    shop.logs = logs
    await shop.start()
    try:
        yield shop
    finally:
        if shop.process and shop.process.returncode is None:
            await shop.stop()


async def _stocked(shop: RunningShop) -> list[str]:
    async with open_books(shop) as books:
        return [await books.add_product(stock=stock) for stock in (100_000, 1_000_000)]


async def _refused(shop: RunningShop, journal: Journal) -> None:
    """Wait until orders are refused by 503, and no more are acknowledged."""
    until, told = time.monotonic() + PATIENCE, journal.refused[503]
    while journal.refused[503] < told + 5:
        if time.monotonic() > until:
            raise Broken(f"on a full disk nobody was told 503 within {PATIENCE:g} s; statuses: {dict(journal.refused)}")
        await asyncio.sleep(0.1)
    async with ClientSession(timeout=ClientTimeout(total=30)) as http, http.get(f"{shop.url}/healthz") as answer:
        if answer.status != 200:
            raise Broken(f"the process is not well: /healthz answers {answer.status}")


async def _asked_amiss(shop: RunningShop) -> None:
    """Ask for what is worth a line in the log."""
    async with ClientSession(timeout=ClientTimeout(total=30)) as http:
        for path in ("/api/nothing", "/%ff", "/api/cart/order"):
            async with http.post(shop.url + path, data=b"{", headers={"Content-Type": "application/json"}) as answer:
                await answer.read()
                if answer.status >= 500:
                    raise Broken(f"with a full log disk {path} answers {answer.status}")


async def _agree(shop: RunningShop, known: Journal, journal: Journal) -> None:
    """Raise Broken unless the audit is clean and the journal of acks agrees with the database."""
    await audit(shop)
    async with open_books(shop) as books:
        try:
            await nothing_lost(books, known)
        except AssertionError as error:
            raise Broken(f"the journal of acks and the database differ: {error}") from error
    await same_answers(shop, journal, set(journal.orders))
