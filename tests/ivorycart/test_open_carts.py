"""Open carts follow the catalogue: those of connected owners, in portions, none lost when a round fails."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from ivorycart import open_carts as module
from ivorycart.connections import Connection, Connections
from ivorycart.open_carts import OpenCarts
from ivorycart.workers import WorkerState
from models.cart import Cart
from models.identity import OwnerId, owner_of_session
from tests.patience import PATIENCE


@dataclass
class Carts:
    """Every owner's cart has every product; it can be away."""

    away: bool = False
    asked: list[tuple[int, set[str]]] = field(default_factory=list)

    async def with_products(self, owners: Sequence[OwnerId], product_ids: Iterable[str]) -> Sequence[Cart]:
        """Find them."""
        if self.away:
            raise ConnectionError("the database is away")
        self.asked.append((len(owners), set(product_ids)))
        return [Cart(owner) for owner in owners]


@dataclass
class Stage:
    """Open carts with what is told of them."""

    carts: Carts = field(default_factory=Carts)
    connections: Connections = field(default_factory=Connections)
    told: list[OwnerId] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open = OpenCarts(self.carts, self.connections, self.tell, pause=0)

    async def tell(self, cart: Cart) -> None:
        """Note it."""
        self.told.append(cart.id)

    def connect(self, *sessions: str) -> list[OwnerId]:
        """Let sockets in."""
        for number, session in enumerate(sessions):
            self.connections.add(Connection(f"{session}{number}", session))
        return [owner_of_session(session) for session in sessions]

    async def runs(self, rounds: int) -> None:
        """Run until so many rounds have asked."""
        task = asyncio.create_task(self.open.run(WorkerState("open carts", has_rhythm=False)))
        async with asyncio.timeout(PATIENCE):
            while len(self.carts.asked) < rounds and not task.done():
                await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_connected_owners_get_their_carts_once():
    """Two sockets of one owner are one owner; two changes at a time are one round."""
    stage = Stage()
    (owner, _) = stage.connect("a", "a")
    for product_id in ("tea", "cup", "tea"):
        stage.open.mark(product_id)
    await stage.runs(1)
    assert (stage.told, stage.carts.asked) == ([owner], [(1, {"tea", "cup"})])


async def test_many_owners_and_products_are_asked_for_in_portions(monkeypatch: pytest.MonkeyPatch):
    """No query is without bound."""
    monkeypatch.setattr(module, "OWNERS_AT_ONCE", 2)
    monkeypatch.setattr(module, "PRODUCTS_AT_ONCE", 3)
    stage = Stage()
    owners = stage.connect("a", "b", "c")
    for number in range(4):
        stage.open.mark(str(number))
    await stage.runs(4)
    assert [asked for asked, _ in stage.carts.asked] == [2, 1, 2, 1]
    assert [sorted(products) for _, products in stage.carts.asked[::2]] == [["0", "1", "2"], ["3"]]
    assert sorted(stage.told) == sorted(owners * 2)


async def test_a_round_that_fails_is_done_again():
    """By the next run of the worker; with nobody connected nothing is asked."""
    stage = Stage()
    stage.connect("a")
    stage.carts.away = True
    stage.open.mark("tea")
    with pytest.raises(ConnectionError):
        await stage.runs(1)
    stage.carts.away = False
    await stage.runs(1)
    assert stage.carts.asked == [(1, {"tea"})]
