"""The text index follows the catalogue: filled at the start, kept by the feed, filled anew after a gap in it.

Pattern: one task. It reads all products in portions and puts them into a new index in a thread, while the server is
open already; then it takes up what the feed named meanwhile. Products are read again rather than taken from the feed,
so that the order of things does not matter: what is in the index was in the database after the change that was heard
of. What is written is found within ``PAUSE`` seconds and a little.
Concurrency: ``changed`` and ``anew`` are plain and called on the event loop; the task alone writes. Shutdown: cancel
``run``; then ``close`` ends the threads. Should a round fail, its products are marked again for the next run.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar

from ivorycart.finding.text_index import TextIndex
from ivorycart.workers import WorkerState
from models.finding import Findable

PAUSE = 0.25  # seconds between two commits: each costs some milliseconds and a new segment
MOST_AT_ONCE = 5000  # products that wait for each other's commit
PORTION = 250  # products at a time: some milliseconds of the interpreter, which the event loop shares
BREATH = 0.005  # seconds that others get between two portions

T = TypeVar("T")


class FindableBook(Protocol):
    """Where products are read for the index."""

    async def findable(self, *, after: str | None, limit: int) -> Sequence[Findable]:
        """Return products in the order of their ids, behind an id."""

    async def findable_of(self, ids: Sequence[str]) -> Sequence[Findable]:
        """Return some products; those that are deleted are not among them."""


class Upkeep:
    """Keeps an index; ``index`` is None until it is filled for the first time."""

    def __init__(self, book: FindableBook, pause: float = PAUSE) -> None:
        self.index: TextIndex | None = None
        self.filled = asyncio.Event()
        self._book = book
        self._pause = pause
        self._marked: dict[str, None] = {}
        self._news = asyncio.Event()
        self._stale = True
        self._thread = ThreadPoolExecutor(1, "index")

    def changed(self, product_id: str) -> None:
        """Have a product read again."""
        self._marked[product_id] = None
        self._news.set()

    def anew(self) -> None:
        """Have everything read again; until then what is known is found."""
        self._stale = True
        self._news.set()

    async def run(self, state: WorkerState) -> None:
        """Follow until cancelled."""
        while True:
            if self._stale:
                await self._fill()
            await self._news.wait()
            self._news.clear()
            if self._marked and self.index:
                await self._catch_up(self.index)
            state.alive()
            await asyncio.sleep(self._pause)

    async def close(self) -> None:
        """End the threads, once ``run`` has ended."""
        if self.index:
            await self._aside(self.index.close)
            self.index = None
        self._thread.shutdown(wait=False)

    async def _fill(self) -> None:
        """Read all products into a new index, and put it in the old one's place."""
        self._stale = False
        fresh = await self._aside(TextIndex)
        try:
            after = None
            while rows := await self._book.findable(after=after, limit=PORTION):
                await self._aside(partial(fresh.add, rows))
                after = rows[-1].id
                await asyncio.sleep(BREATH)
            await self._aside(fresh.commit)
        except BaseException:
            self._stale = True
            # Not to be waited for: this may be a cancellation, and the thread goes on to the end of its work.
            self._thread.submit(fresh.close)
            raise
        old, self.index = self.index, fresh
        self.filled.set()
        if old:
            await self._aside(old.close)

    async def _catch_up(self, index: TextIndex) -> None:
        """Read what is marked, in portions, and let it be found together: an import marks thousands at once."""
        taken: dict[str, None] = {}
        try:
            while self._marked and len(taken) < MOST_AT_ONCE:
                ids = list(islice(self._marked, PORTION))
                taken |= dict.fromkeys(ids)
                for each in ids:
                    del self._marked[each]
                rows = await self._book.findable_of(ids)
                gone = set(ids) - {row.id for row in rows}
                await self._aside(partial(_write, index, rows, sorted(gone)))
                await asyncio.sleep(BREATH)
            await self._aside(index.commit)
        except BaseException:
            self._marked |= taken
            self._news.set()
            raise
        if self._marked:
            self._news.set()

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _write(index: TextIndex, rows: Sequence[Findable], gone: Sequence[str]) -> None:
    index.put(rows)
    index.drop(gone)
