"""Delivery's live worklist: who watches hears of what moves, as long as they may, and of everything after a gap."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from handlers import order_list_shapes
from handlers.payloads import order_lists as payloads
from handlers.payloads.order_lists import DeliveryOrderEvent
from ivorycart.connections import Connection, Connections, User
from ivorycart.delivering import Delivering
from ivorycart.order_addresses import OrderAddresses
from ivorycart.order_lists import OrderLists
from ivorycart.vault import Vault, fresh_keys, keys_of
from ivorycart.workers import WorkerState
from models.errors import NotAuthenticated
from models.order import Order
from models.order_list import OrderFilter, Place
from models.order_views import listed_for_courier
from tests.orders import NOON, a_part, a_stored_order, new_id
from tests.patience import PATIENCE

ANN = User("a" * 24, "ann@shop.test", "Ann", "delivery", float("inf"))
BEN = replace(ANN, id="b" * 24)
ADDRESSES = OrderAddresses(Vault(keys_of(fresh_keys())))


class Stage:
    """The worklist over orders in memory, and an outlet that keeps what is sent, or fails once."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.connections = Connections()
        self.heard: asyncio.Queue[tuple[str, str, Any]] = asyncio.Queue()
        self.deaf = False
        fakes: Any = self
        self.delivering = Delivering(
            OrderLists(fakes, ADDRESSES), self.connections, fakes, order_list_shapes, lambda: NOON, pause=0.01
        )

    async def page(self, wanted: OrderFilter, *, limit: int, after: Place | None) -> tuple[list[Order], Place | None]:
        """Find orders."""
        assert after is None
        found = [order for order in self.orders if listed_for_courier(order, wanted.user_id, wanted.view)]
        return found[:limit], None

    async def count(self, wanted: OrderFilter) -> int:
        """Count orders."""
        return sum(bool(listed_for_courier(order, wanted.user_id, wanted.view)) for order in self.orders)

    async def send(self, event: str, payload: Any, *, to: str) -> None:
        """Keep what is sent."""
        if self.deaf:
            self.deaf = False
            raise OSError("nobody listens")
        told: type[BaseModel] = {"delivery:order": DeliveryOrderEvent, "delivery:snapshot": payloads.Worklist}[event]
        told.model_validate(payload)  # as it is documented
        self.heard.put_nowait((to, event, payload))

    async def watch(self, sid: str, user: User | None = ANN) -> Any:
        """Let a socket connect and watch."""
        connection = Connection(sid, sid, user)
        self.connections.add(connection)
        found = await self.delivering.watch(connection)
        payloads.Worklist.model_validate(found)
        return found

    async def next(self) -> tuple[str, str, Any]:
        """Return what is heard next."""
        async with asyncio.timeout(PATIENCE):
            return await self.heard.get()

    def move(self, order: Order) -> None:
        """Tell of an order, as it is stored."""
        self.delivering.order_moved(replace(order, address=ADDRESSES.sealed(order.address)))


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Run it."""
    stage = Stage()
    async with running(stage):
        yield stage


@asynccontextmanager
async def running(stage: Stage) -> AsyncIterator[None]:
    """Run the worklist until the end."""
    run = asyncio.create_task(stage.delivering.run(WorkerState("w", has_rhythm=False)))
    yield
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


def on_its_way(courier: str | None = None) -> Order:
    """Build an order with a part that is on its way."""
    return a_stored_order(a_part(new_id(), "shipped", courier=courier))


async def test_who_begins_to_watch_gets_what_there_is_to_bring(stage: Stage):
    """Their own apart; at most a hundred of each, and how many there are."""
    stage.orders = [*(on_its_way() for _ in range(120)), on_its_way(ANN.id), on_its_way(BEN.id)]
    found = await stage.watch("1")
    assert (len(found["available"]), found["available_count"]) == (100, 120)
    assert [each["id"] for each in found["mine"]] == [stage.orders[-2].id]
    assert (found["mine_count"], found["as_of"]) == (1, "2026-01-01T12:00:00.000Z")


async def test_each_watcher_hears_of_an_order_as_they_see_it(stage: Stage):
    """Claimed by oneself, with its address, which is stored sealed; or by somebody, and then without it."""
    await stage.watch("1", ANN)
    await stage.watch("2", BEN)
    order = on_its_way(ANN.id)
    stage.move(order)
    told = {sid: payload["order"] for sid, event, payload in [await stage.next(), await stage.next()]}
    assert {sid: each["parts"][0]["claimed_by"] for sid, each in told.items()} == {"1": "me", "2": "somebody"}
    assert told["1"]["address"]["line1"] == "1 Analytical Way"
    assert told["2"]["address"] is None


async def test_of_an_order_that_is_nobodys_any_more_only_that_is_told(stage: Stage):
    """Without parts and address: handed over by another, or given back."""
    await stage.watch("1")
    part = a_part(new_id(), "delivered", courier=BEN.id)
    order = a_stored_order(part)
    stage.move(order)
    expected = {"id": order.id, "timestamp": "2026-01-01T12:00:00.000Z", "address": None, "parts": []}
    assert await stage.next() == ("1", "delivery:order", {"order": expected})


async def test_what_never_was_on_its_way_is_not_told(stage: Stage):
    """It is the next one that is."""
    await stage.watch("1")
    stage.move(a_stored_order())
    order = on_its_way()
    stage.move(order)
    assert (await stage.next())[2]["order"]["id"] == order.id
    assert stage.heard.empty()


@pytest.mark.parametrize("why", ["role", "token", "signed out", "gone"])
async def test_who_may_not_watch_any_more_hears_nothing_more(stage: Stage, why: str):
    """Neither of orders nor, after a gap, of all of them."""
    await stage.watch("1", ANN)
    await stage.watch("2", BEN)
    match why:
        case "role":
            stage.connections.change("1", user=replace(ANN, role="buyer"))
        case "token":
            stage.connections.change("1", user=replace(ANN, expires_at=0.0))
        case "signed out":
            stage.connections.change("1", user=None)
        case _:
            stage.connections.remove("1")
    stage.move(on_its_way())
    assert (await stage.next())[:2] == ("2", "delivery:order")
    stage.delivering.everything_moved()
    assert (await stage.next())[:2] == ("2", "delivery:snapshot")
    assert stage.heard.empty()
    assert len(stage.delivering) == 1


async def test_after_a_gap_all_who_watch_get_their_snapshot(stage: Stage):
    """As of now, in the place of what was waiting to be told."""
    await stage.watch("1", ANN)
    stage.orders = [on_its_way(), on_its_way(ANN.id)]
    stage.move(on_its_way())
    stage.delivering.everything_moved()
    sid, event, found = await stage.next()
    assert (sid, event) == ("1", "delivery:snapshot")
    assert (found["available_count"], found["mine_count"]) == (1, 1)
    assert stage.heard.empty()


async def test_what_could_not_be_told_is_told_by_the_next_run():
    """An order, and a snapshot."""
    for move in (lambda stage: stage.move(on_its_way()), lambda stage: stage.delivering.everything_moved()):
        stage = Stage()
        await stage.watch("1")
        stage.deaf = True
        move(stage)
        with pytest.raises(OSError, match="nobody"):
            await stage.delivering.run(WorkerState("w", has_rhythm=False))
        async with running(stage):
            assert (await stage.next())[1].startswith("delivery:")


async def test_nobody_who_is_not_signed_in_watches(stage: Stage):
    """Though the door would have let them in."""
    with pytest.raises(NotAuthenticated):
        await stage.watch("1", None)
