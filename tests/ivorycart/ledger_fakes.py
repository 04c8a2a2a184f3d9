"""A store for the ledger's unit tests: it remembers what was committed, and fails as it is told to."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry

from ivorycart.ledger import Committed, Ledger
from ivorycart.ledger_metrics import LedgerMetrics
from models.commands import Command
from models.identity import OwnerId
from models.policy import Policy
from models.state import Changes, State
from models.stock import Level, Product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Trouble = Exception | None


class FakeStore:
    """Products and carts in memory. Faults are queued for each step and used up one by one.

    ``gate``, when closed, stops each load until it is opened, so that commands can gather. ``rejects`` names commands
    that the store will never take, as a validator would; ``advance`` is called at each commit, to let time pass.
    """

    def __init__(self, stock: int = 1000, products: Iterable[str] = ("tea",)) -> None:
        self.products = {each: Product(each, each, 1, "EUR", "seller", 0, 500, for_sale=True) for each in products}
        self.levels = {each: Level(stock, 0, 0, 0) for each in self.products}
        self.carts: dict[OwnerId, Any] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.on_load: deque[Trouble] = deque()
        self.on_write: deque[Trouble] = deque()
        self.on_commit: deque[Trouble] = deque()
        self.rejects: Callable[[Command[Any]], Exception | None] = lambda _: None
        self.advance: Callable[[], None] = lambda: None
        self.loaded: list[list[Command[Any]]] = []
        self.written: list[Changes] = []
        self.committed: list[Changes] = []
        self.commits = 0
        self.open = 0

    def transaction(self) -> "FakeTransaction":
        """Return a new attempt."""
        self.open += 1
        return FakeTransaction(self)


class FakeTransaction:
    """One attempt."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._changes = Changes()

    async def load(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Read everything."""
        await self._store.gate.wait()
        self._store.loaded.append(list(commands))
        _fail(self._store.on_load)
        for command in commands:
            fault = self._store.rejects(command)
            if fault:
                raise fault
        store = self._store
        return State(NOON, policy, dict(store.products), dict(store.levels), dict(store.carts))

    async def write(self, changes: Changes) -> None:
        """Keep the changes for the commit."""
        self._store.written.append(changes)
        _fail(self._store.on_write)
        self._changes = changes

    async def commit(self) -> None:
        """Make the changes last."""
        store = self._store
        store.commits += 1
        store.advance()
        _fail(store.on_commit)
        store.levels.update(self._changes.levels)
        store.carts.update(self._changes.carts)
        store.committed.append(self._changes)

    async def abort(self) -> None:
        """Count attempts that were ended."""
        self._store.open -= 1


def _fail(faults: deque[Trouble]) -> None:
    fault = faults.popleft() if faults else None
    if fault is not None:
        raise fault


async def until(happened: Callable[[], object]) -> None:
    """Let the others run until something has happened."""
    while not happened():
        await asyncio.sleep(0)


class Running:
    """A ledger that runs, with what it published."""

    def __init__(self, store: FakeStore, **options: Any) -> None:
        self.published: list[list[Committed]] = []
        self.registry = CollectorRegistry()
        self.store = store
        options.setdefault("on_commit", lambda done: self.published.append(list(done)))
        self.ledger = Ledger(store, Policy(), metrics=LedgerMetrics(self.registry), **options)

    def figure(self, name: str) -> float:
        """Read one of the ledger's counters."""
        return self.registry.get_sample_value(f"ivorycart_ledger_{name}") or 0.0

    async def ask(self, *commands: Command[Any]) -> list[Any]:
        """Submit commands together; return outcomes and refusals in their order."""
        return await asyncio.gather(*map(self.ledger.submit, commands), return_exceptions=True)


@asynccontextmanager
async def running(store: FakeStore, **options: Any) -> AsyncIterator[Running]:
    """Run a ledger over a store; close and drain it at the end."""
    it = Running(store, **options)
    task = asyncio.create_task(it.ledger.run())
    try:
        yield it
    finally:
        store.gate.set()
        it.ledger.close()
        await task
    assert store.open == 0, "each attempt is ended"
