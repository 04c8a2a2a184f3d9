"""The text index follows the catalogue, through gaps and failures."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from ivorycart.finding.finding import Finding, Question
from ivorycart.finding.upkeep import PORTION, Upkeep
from ivorycart.workers import WorkerState, _keep_running
from models.errors import StorageUnavailable
from models.finding import Filters, Findable, places_of
from tests.patience import PATIENCE


def product(number: int, name: str) -> Findable:
    """Describe a product on show."""
    return Findable(
        id=f"{number:024x}",
        name=name,
        description="",
        tags=(),
        category="",
        sku="",
        places=places_of(("all",), "s"),
        price=1,
    )


@dataclass
class Book:
    """Products in memory; ``failures`` are how many readings fail first."""

    products: dict[str, Findable] = field(default_factory=dict)
    failures: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, number: int, name: str) -> str:
        """Add or rename a product; return its id."""
        row = product(number, name)
        self.products[row.id] = row
        return row.id

    async def findable(self, *, after: str | None, limit: int) -> Sequence[Findable]:
        """Read a portion."""
        await self._fail()
        await self.gate.wait()
        return [self.products[each] for each in sorted(self.products) if each > (after or "")][:limit]

    async def findable_of(self, ids: Sequence[str]) -> Sequence[Findable]:
        """Read some."""
        await self._fail()
        return [self.products[each] for each in ids if each in self.products]

    async def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no database")


@asynccontextmanager
async def running(book: Book) -> AsyncIterator[Upkeep]:
    """Keep an index as a server does."""
    upkeep = Upkeep(book, pause=0.01)
    task = asyncio.create_task(_keep_running(WorkerState("finding", has_rhythm=False), upkeep.run, (ConnectionError,)))
    yield upkeep
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await upkeep.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


def finds(upkeep: Upkeep, text: str) -> list[int]:
    """Search; return the numbers of what was found."""
    assert upkeep.index
    return [int(hit.id, 16) for hit in upkeep.index.search(text, Filters())]


async def test_all_portions_are_taken_in_and_changes_meanwhile_too():
    """What was named while the index was filled is read again afterwards."""
    book = Book()
    for number in range(1, 2 * PORTION + 2):
        book.add(number, f"tea n{number}")
    async with running(book) as upkeep:
        upkeep.changed(book.add(1, "renamed"))
        book.gate.set()
        await upkeep.filled.wait()
        assert len(finds(upkeep, "tea")) == 2 * PORTION
        upkeep.changed(book.add(1, "coffee"))
        await until(lambda: finds(upkeep, "coffee") == [1])
        del book.products[f"{1:024x}"]
        upkeep.changed(f"{1:024x}")
        await until(lambda: finds(upkeep, "coffee") == [])


async def test_thousands_that_change_at_once_are_all_taken_up():
    """As an import brings them."""
    book = Book()
    book.gate.set()
    async with running(book) as upkeep:
        await upkeep.filled.wait()
        for number in range(1, 3 * PORTION):
            upkeep.changed(book.add(number, "tea"))
        await until(lambda: upkeep.index is not None and upkeep.index.size == 3 * PORTION - 1)


async def test_after_a_gap_everything_is_read_anew_while_searches_go_on():
    """What was written unheard is found, what went unheard is not."""
    book = Book()
    book.gate.set()
    gone = book.add(1, "tea")
    async with running(book) as upkeep:
        await upkeep.filled.wait()
        del book.products[gone]
        book.add(2, "cocoa")
        book.gate.clear()
        upkeep.anew()
        await asyncio.sleep(0.05)
        assert finds(upkeep, "tea") == [1]
        book.gate.set()
        await until(lambda: finds(upkeep, "cocoa") == [2])
        assert finds(upkeep, "tea") == []


async def test_a_database_that_fails_delays_but_loses_nothing():
    """Both when the index is filled and when it follows."""
    book = Book(failures=1)
    book.gate.set()
    book.add(1, "tea")
    async with running(book) as upkeep:
        await until(upkeep.filled.is_set)
        book.failures = 1
        upkeep.changed(book.add(1, "coffee"))
        await until(lambda: finds(upkeep, "coffee") == [1])


async def test_until_the_index_is_filled_a_search_is_refused():
    """With the seconds after which to ask again; it waits a little first."""
    book = Book()
    book.add(1, "tea")
    async with running(book) as upkeep:
        finding = Finding(_NoLists(), upkeep, patience=0.01)
        with pytest.raises(StorageUnavailable) as refusal:
            await finding.page(Question(filters=Filters(), words="tea"))
        assert refusal.value.details["retry_after"] > 0
        waiting = asyncio.create_task(Finding(_NoLists(), upkeep, patience=20).categories())
        await asyncio.sleep(0.01)
        book.gate.set()
        assert await waiting == []
        finding.close()
        with pytest.raises(StorageUnavailable):
            await finding.categories()


class _NoLists:
    """Lists that nobody asks."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)
