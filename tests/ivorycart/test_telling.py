"""Telling: carts to their owner's other sockets, alerts, orders, and what was not seen."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ivorycart.connections import Connection, Connections, User
from ivorycart.ledger.batch import Committed
from ivorycart.telling import Telling
from ivorycart.workers import WorkerState
from models.cart import Cart, Line, Released
from models.commands import MergeCarts, SetLine
from models.identity import OwnerId, owner_of_session, owner_of_user
from models.notification import Notification
from models.waiter import Waiter, WaitState
from tests.patience import PATIENCE

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA = owner_of_session("ada")
BOB = owner_of_session("bob")
FULL = Cart(ADA, 2, (Line("tea", 2, 1),), "EUR", NOON)
USER = User("a" * 24, "ada@shop.test", "Ada", "buyer", float("inf"))


@dataclass
class Ears:
    """Outlet, shapes and book in one: keeps what was sent, and what is unseen."""

    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    stored: list[Notification] = field(default_factory=list)

    async def send(self, event: str, payload: Any, *, to: str) -> None:
        """Keep an event."""
        self.sent.append((event, to, payload))

    def cart(self, cart: Cart, _connection: Connection) -> Mapping[str, Any]:
        """Show a cart."""
        return {"revision": cart.revision}

    def expired(self, cart: Cart, _connection: Connection) -> Mapping[str, Any]:
        """Show an expiry."""
        return {"released": cart.expired}

    def order(self, order: Any) -> Mapping[str, Any]:
        """Show an order."""
        return {"id": order}

    def notification(self, notification: Notification) -> Mapping[str, Any]:
        """Show a notification."""
        return {"id": notification.id}

    def alert(self, notification: Notification) -> Mapping[str, Any]:
        """Show an alert."""
        return {"id": notification.id}

    def offer(self, notification: Notification) -> Mapping[str, Any]:
        """Show an offer."""
        return {"id": notification.id}

    def waiter(self, waiter: Waiter) -> Mapping[str, Any]:
        """Show a place in a line."""
        return {"state": waiter.state}

    def offer_expired(self, waiter: Waiter) -> Mapping[str, Any]:
        """Show an offer that has run out."""
        return {"product_id": waiter.product_id}

    async def owners_with_unseen(self) -> Iterable[OwnerId]:
        """Say who."""
        return [each.to for each in self.stored if not each.seen]

    async def unseen_of(self, owners: Sequence[OwnerId]) -> Mapping[OwnerId, Sequence[Notification]]:
        """Say what."""
        return {owner: [each for each in self.stored if each.to == owner] for owner in owners}


class Stage:
    """A telling with two tabs of Ada's and one of Bob's."""

    def __init__(self) -> None:
        self.ears = Ears()
        self.connections = Connections()
        for sid, session in (("a1", "ada"), ("a2", "ada"), ("b1", "bob")):
            self.connections.add(Connection(sid, session))
        fakes: Any = self.ears
        self.telling = Telling(self.connections, fakes, fakes, fakes, opened=lambda order: order)

    def commit(self, cart: Cart, origin: str | None = None) -> None:
        """Let the ledger say that a cart was committed."""
        self.telling.committed([Committed(SetLine(cart.id, "tea", 1), None, origin, {cart.id: cart})])

    async def deliver(self) -> None:
        """Send all that is queued."""
        run = asyncio.create_task(self.telling.run(WorkerState("telling", has_rhythm=False)))
        while not self.telling._carts.empty():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    @property
    def events(self) -> list[tuple[str, str]]:
        """What was sent to whom."""
        return [(event, to) for event, to, _ in self.ears.sent]


def told(key: str = "n1", to: OwnerId = ADA, kind: str = "low_stock") -> Notification:
    """Build a notification."""
    return Notification(key, to, kind, {}, NOON)


async def test_the_other_tabs_hear_of_a_cart_and_the_one_that_changed_it_does_not():
    """It has its ack."""
    stage = Stage()
    stage.commit(FULL, origin="a1")
    await stage.deliver()
    assert stage.events == [("cart", "a2")]


async def test_a_change_over_http_reaches_all_tabs():
    """It has no socket of its own."""
    stage = Stage()
    stage.commit(FULL)
    await stage.deliver()
    assert sorted(stage.events) == [("cart", "a1"), ("cart", "a2")]


async def test_a_change_that_nobody_else_looks_at_is_not_even_queued():
    """Most carts have one tab."""
    stage = Stage()
    stage.commit(replace(FULL, id=BOB), origin="b1")
    stage.commit(replace(FULL, id=owner_of_session("nobody")))
    assert stage.telling._carts.empty()


async def test_a_tab_that_left_before_its_turn_disturbs_nobody():
    """The others get theirs."""
    stage = Stage()
    stage.commit(FULL)
    stage.connections.remove("a1")
    await stage.deliver()
    assert stage.events == [("cart", "a2")]


async def test_a_merge_tells_the_owners_of_both_carts():
    """The anonymous cart's other tab sees it empty, the user's other device sees it fuller."""
    stage = Stage()
    stage.connections.add(Connection("phone", "other", USER))
    user = owner_of_user(USER.id)
    carts = {ADA: Cart(ADA, 3), user: replace(FULL, id=user)}
    stage.connections.change("a1", user=USER)
    stage.telling.committed([Committed(MergeCarts(ADA, user), None, "a1", carts)])
    await stage.deliver()
    assert stage.events == [("cart", "a2"), ("cart", "phone")]


async def test_an_expiry_is_told_as_such_to_all_tabs_once():
    """With what it took; the next change is an ordinary cart again."""
    stage = Stage()
    released = (Released("tea", 2),)
    stage.commit(Cart(ADA, 3, expired=released))
    stage.commit(FULL)
    await stage.deliver()
    assert [event for event, _ in stage.events] == ["cart:expired"] * 2 + ["cart"] * 2
    assert stage.ears.sent[0][2] == {"released": released}


async def test_carts_arrive_in_the_order_of_their_commits():
    """A tab that shows the last one it heard shows the truth."""
    stage = Stage()
    for revision in range(5):
        stage.commit(replace(FULL, revision=revision), origin="a1")
    await stage.deliver()
    assert [payload["cart"]["revision"] for _, _, payload in stage.ears.sent] == [0, 1, 2, 3, 4]


async def test_a_low_stock_notice_is_an_alert_and_others_are_notifications():
    """Each to all sockets of its owner and to nobody else."""
    stage = Stage()
    await stage.telling.notification(told())
    await stage.telling.notification(told("n2", BOB, "news"))
    assert sorted(stage.events) == [("alert", "a1"), ("alert", "a2"), ("notification", "b1")]


async def test_an_order_goes_to_its_buyers_sockets():
    """All of them: the status was changed by somebody else."""

    class Placed:
        owner = ADA

    stage = Stage()
    await stage.telling.order(Placed())  # type: ignore[arg-type]
    assert sorted(stage.events) == [("order", "a1"), ("order", "a2")]


async def test_after_a_gap_open_sockets_are_reminded_of_what_is_unseen():
    """And nobody else's."""
    stage = Stage()
    stage.ears.stored = [told()]
    await stage.telling.open()
    stage.telling.repeat_to_all()
    run = asyncio.create_task(stage.telling.reminding.run(WorkerState("reminding", has_rhythm=False)))
    async with asyncio.timeout(PATIENCE):
        while len(stage.events) < 2:
            await asyncio.sleep(0.01)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert sorted(stage.events) == [("notification", "a1"), ("notification", "a2")]


async def test_after_a_gap_open_sockets_hear_their_carts_again():
    """Another process may have changed them, and nobody said so."""

    class Book:
        async def get(self, owner: OwnerId) -> Cart:
            return replace(FULL, id=owner)

    stage = Stage()
    stage.telling.carts = Book()
    stage.telling.repeat_to_all()
    await stage.deliver()
    assert sorted(stage.events) == [("cart", "a1"), ("cart", "a2"), ("cart", "b1")]


async def test_a_repetition_that_failed_is_tried_again_by_the_next_run():
    """A database that was away for a moment makes nobody miss anything."""

    class Book:
        failures = 1

        async def get(self, owner: OwnerId) -> Cart:
            if self.failures:
                self.failures -= 1
                raise ConnectionError("the database is away")
            return replace(FULL, id=owner)

    stage = Stage()
    stage.telling.carts = Book()
    stage.telling.repeat_to_all()
    with pytest.raises(ConnectionError):
        await stage.telling.run(WorkerState("telling", has_rhythm=False))
    await stage.deliver()
    assert sorted(stage.events) == [("cart", "a1"), ("cart", "a2"), ("cart", "b1")]


async def test_an_offer_is_told_by_its_own_event_and_repeated_while_it_is_open():
    """Once it has run out it is a notification like others: they may want to know what they missed.

    What is stored says so: a clock of this process that is wrong makes no difference.
    """
    stage = Stage()
    for number, year in enumerate((9999, 2026), start=1):
        data = {"expires_at": f"{year}-01-01T12:02:00.000Z"}
        offer = replace(told(f"n{number}", kind="back_in_stock"), data=data, open=year == 2026)
        stage.ears.stored.append(offer)
        await stage.telling.notification(offer)
    assert sorted(stage.events) == [("offer", "a1")] * 2 + [("offer", "a2")] * 2
    stage.ears.sent.clear()
    connection = stage.connections.get("a1")
    assert connection
    for each in stage.ears.stored:
        await stage.telling._remind(connection, each)
    assert [(event, payload["id"]) for event, _, payload in stage.ears.sent] == [
        ("notification", "n1"),
        ("offer", "n2"),
    ]


async def test_what_becomes_of_a_place_is_told_to_its_owner():
    """That an offer has run out is an event of its own besides."""
    stage = Stage()
    waiter = Waiter("tea", 1, ADA, None, NOON, WaitState.TAKEN, NOON, NOON, NOON)
    await stage.telling.waiter(waiter)
    assert {event for event, _ in stage.events} == {"waiting"}
    await stage.telling.waiter(replace(waiter, state=WaitState.LAPSED))
    assert [event for event, _ in stage.events].count("offer:expired") == 2
    assert {to for _, to in stage.events} == {"a1", "a2"}
