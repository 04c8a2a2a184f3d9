"""A store for the ledger's unit tests: it remembers what was committed, and fails as it is told to."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ivorycart.ledger import Ledger
from ivorycart.ledger import ledger as ledger_module
from ivorycart.ledger.batch import Committed
from ivorycart.ledger.metrics import LedgerMetrics
from models.commands import Command
from models.faults import Transient
from models.identity import OwnerId
from models.policy import Policy
from models.state import Changes, State
from models.stock import Level, Product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Trouble = Exception | None


class FakeStore:
    """Products and carts in memory. Faults are queued for each step and used up one by one.

    ``gate``, when closed, stops each load until it is opened, so that commands can gather; ``ahead_gate``,
    ``write_gate`` and ``commit_gate`` do so for what is loaded ahead, for writing and for committing. ``rejects`` names
    commands that the store will never take, as a validator would; ``advance`` is called at each commit, to let time
    pass, and ``meanwhile`` after it, to let others change something.
    """

    def __init__(self, stock: int = 1000, products: Iterable[str] = ("tea",)) -> None:
        self.products = {each: Product(each, each, 1, "EUR", "seller", 0, 500, for_sale=True) for each in products}
        self.levels = {each: Level(stock, 0, 0, 0) for each in self.products}
        self.carts: dict[OwnerId, Any] = {}
        self.gate, self.ahead_gate, self.write_gate, self.commit_gate = (asyncio.Event() for _ in range(4))
        self.open_gates()
        self.on_look_ahead: deque[Trouble] = deque()
        self.on_load: deque[Trouble] = deque()
        self.on_write: deque[Trouble] = deque()
        self.on_commit: deque[Trouble] = deque()
        self.rejects: Callable[[Command[Any]], Exception | None] = lambda _: None
        self.advance: Callable[[], None] = lambda: None
        self.meanwhile: Callable[[], None] = lambda: None
        self.loaded: list[list[Command[Any]]] = []
        self.looked_ahead: list[list[Command[Any]]] = []
        self.prepared: list[Changes] = []
        self.written: list[Changes] = []
        self.committed: list[Changes] = []
        self.commits = 0
        self.open = 0

    def open_gates(self) -> None:
        """Let everything through."""
        for gate in (self.gate, self.ahead_gate, self.write_gate, self.commit_gate):
            gate.set()

    def transaction(self, after: Changes | None = None) -> "FakeTransaction":
        """Return a new attempt."""
        self.open += 1
        return FakeTransaction(self, after)


class FakeTransaction:
    """One attempt; one that goes ahead finds out when it writes whether all is as it was foreseen."""

    def __init__(self, store: FakeStore, after: Changes | None) -> None:
        self._store = store
        self._after = after
        self._changes = Changes()
        self._foreseen: State | None = None

    async def load(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Read everything."""
        store, after = self._store, self._after
        await (store.ahead_gate if after else store.gate).wait()
        store.loaded.append(list(commands))
        if after:
            store.looked_ahead.append(list(commands))
        _fail(store.on_look_ahead if after else store.on_load)
        for command in commands:
            fault = store.rejects(command)
            if fault:
                raise fault
        levels = store.levels | (after.levels if after else {})
        carts = store.carts | (after.carts if after else {})
        if after:
            self._foreseen = State(NOON, policy, {}, dict(levels), dict(carts))
        return State(NOON, policy, dict(store.products), levels, carts)

    async def prepare(self, changes: Changes) -> None:
        """Note that there was time to prepare."""
        self._store.prepared.append(changes)

    async def write(self, changes: Changes) -> None:
        """Keep the changes for the commit."""
        await self._store.write_gate.wait()
        self._store.written.append(changes)
        _fail(self._store.on_write)
        foreseen = self._foreseen
        if foreseen and (foreseen.levels, foreseen.carts) != (self._store.levels, self._store.carts):
            raise Transient("not as foreseen")
        self._changes = changes

    async def commit(self) -> None:
        """Make the changes last."""
        store = self._store
        store.commits += 1
        store.advance()
        await store.commit_gate.wait()
        _fail(store.on_commit)
        store.levels.update(self._changes.levels)
        store.carts.update(self._changes.carts)
        store.committed.append(self._changes)
        store.meanwhile()

    async def abort(self) -> None:
        """Count attempts that were ended."""
        self._store.open -= 1


def _fail(faults: deque[Trouble]) -> None:
    fault = faults.popleft() if faults else None
    if fault is not None:
        raise fault


class Clock:
    """The event loop's time, which a test can push forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self._ahead = 0.0
        self._time = loop.time
        self._later: list[tuple[float, asyncio.Handle]] = []
        self.create_future = loop.create_future
        monkeypatch.setattr(ledger_module, "asyncio", self)  # for the ledger alone: the test's own time stays as it is

    def __getattr__(self, name: str) -> Any:
        """Be ``asyncio`` in everything else."""
        return getattr(asyncio, name)

    def get_running_loop(self) -> "Clock":
        """Stand in for the event loop."""
        return self

    def time(self) -> float:
        """Tell the loop's time, and what it was pushed forward."""
        return self._time() + self._ahead

    def call_at(self, when: float, callback: Callable[..., object], *arguments: object) -> asyncio.Handle:
        """Call something once time has been pushed forward so far."""
        handle = asyncio.Handle(callback, arguments, asyncio.get_running_loop())
        self._later.append((when, handle))
        return handle

    def forward(self, seconds: float) -> None:
        """Let time pass for the ledger."""
        self._ahead += seconds
        due = [handle for when, handle in self._later if when <= self.time() and not handle.cancelled()]
        self._later = [(when, handle) for when, handle in self._later if when > self.time()]
        for handle in due:
            handle._run()


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
        store.open_gates()
        it.ledger.close()
        await task
    assert store.open == 0, "each attempt is ended"
