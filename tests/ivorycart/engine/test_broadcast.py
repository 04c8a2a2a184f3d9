"""Broadcasts: the same bytes to everyone, in one order for each socket, with time left for the others."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest

from ivorycart.engine import fanout
from ivorycart.engine.fanout import Fanout
from tests.ivorycart.engine.running import Raw, RunningEngine, raw
from tests.patience import PATIENCE


class Listener:
    """A connection that notes what it is given."""

    def __init__(self, *, is_clear: bool = True) -> None:
        self.is_clear = is_clear
        self.heard: list[bytes] = []
        self.asked_about: list[bool] = []

    def send(self, frame: bytes) -> None:
        """Take a frame."""
        self.heard.append(frame)

    write = send

    def write_unless_full(self, frame: bytes, *, conflated: bool = False) -> None:
        """Take a frame that needs a question."""
        self.asked_about.append(conflated)
        self.heard.append(frame)


@pytest.fixture
def slices_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop turn after every socket."""
    monkeypatch.setattr(fanout, "SLICE_SOCKETS", 1)


def ready() -> Fanout:
    """Return a fan-out for frames of any usual size."""
    made = Fanout()
    made.safe_size = 1000
    return made


async def crowd(stack: AsyncExitStack, engine: RunningEngine, number: int) -> list[Raw]:
    """Connect clients and put them into a room."""
    clients = [await stack.enter_async_context(raw(engine)) for _ in range(number)]
    for client in clients:
        await client.join()
    for sid in engine.sio.manager.members:
        await engine.sio.enter_room(sid, "all")
    return clients


def events(*names: Any) -> list[str]:
    """Return the text frames of events that carry only their names."""
    return [f'42["{name}"]' for name in names]


async def test_everyone_gets_the_very_same_bytes() -> None:
    """A frame is built once and never copied."""
    listeners, frame = [Listener() for _ in range(1000)], b"frame"
    await ready().send(dict.fromkeys(listeners), frame, "room")
    assert all(len(each.heard) == 1 and each.heard[0] is frame for each in listeners)


async def test_a_broadcast_lets_others_have_their_turn() -> None:
    """Between slices of 256 sockets, or of a mebibyte."""
    for size, number, turns in ((10, 1000, 3), (300_000, 30, 9)):
        made, finished, seen = ready(), False, 0

        async def watch() -> None:
            nonlocal seen
            while not finished:  # noqa: B023 - of this very round
                seen += 1
                await asyncio.sleep(0)

        watching = asyncio.create_task(watch())
        await made.send(dict.fromkeys(Listener() for _ in range(number)), b"x" * size, "room")
        finished = True
        await watching
        assert seen >= turns


async def test_who_is_not_clear_is_asked_about() -> None:
    """As is everyone for a frame of unusual size."""
    made, clear, lagging = ready(), Listener(), Listener(is_clear=False)
    await made.send({clear: None, lagging: None}, b"x" * 1000, "room", conflated=True)
    assert (clear.asked_about, lagging.asked_about) == ([], [True])
    await made.send({clear: None}, b"x" * 1001, "room")
    assert clear.asked_about == [False]


async def test_a_cancelled_broadcast_leaves_the_way_free(slices_of_one: None) -> None:
    """Who was not reached is left out; the next broadcast goes to all."""
    made, listeners = ready(), [Listener() for _ in range(3)]
    sending = asyncio.create_task(made.send(dict.fromkeys(listeners), b"first", "room"))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.wait([sending])
    await made.send(dict.fromkeys(listeners), b"second", "room")
    assert sorted(len(each.heard) for each in listeners) == [1, 1, 2]
    assert all(each.heard[-1] == b"second" for each in listeners)


async def test_broadcasts_single_events_and_acks_keep_their_order(engine: RunningEngine) -> None:
    """A handler that broadcasts, writes to its socket and answers is heard in just that order."""

    async def story(sid: str) -> str:
        await engine.sio.emit("one", room="all")
        await engine.sio.emit("two", to=sid)
        await engine.sio.broadcast("three", room="all", conflated=True)
        await engine.sio.broadcast("four")
        return "five"

    engine.sio.on("story", story)
    async with AsyncExitStack() as stack:
        teller, other = await crowd(stack, engine, 2)
        await teller.send('421["story"]')
        assert [await teller.text() for _ in range(5)] == [*events("one", "two", "three", "four"), '431["five"]']
        assert [await other.text() for _ in range(3)] == events("one", "three", "four")


async def test_nothing_overtakes_a_broadcast_under_way(engine: RunningEngine, slices_of_one: None) -> None:
    """What is written to a socket not reached yet comes after the broadcast, as if that had gone out at once."""
    async with AsyncExitStack() as stack:
        clients = await crowd(stack, engine, 4)
        sending = asyncio.create_task(engine.sio.emit("broadcast", room="all"))
        await asyncio.sleep(0)
        assert engine.sio.manager.fanout.under_way
        for sid in engine.sio.manager.members:
            await engine.sio.emit("single", to=sid)
        await engine.sio.disconnect(next(iter(engine.sio.manager.members)))
        await sending
        for place, client in enumerate(clients):
            assert [await client.text() for _ in range(2)] == events("broadcast", "single")
            if place == 0:
                assert await client.text() == "41"


async def test_broadcasts_at_once_are_heard_in_the_same_order_by_all(
    engine: RunningEngine, slices_of_one: None
) -> None:
    """One goes after the other."""
    async with AsyncExitStack() as stack:
        clients = await crowd(stack, engine, 4)
        await asyncio.gather(*(engine.sio.emit("n", number, room="all") for number in range(10)))
        for client in clients:
            assert [json.loads((await client.text())[2:])[1] for _ in range(10)] == list(range(10))


async def test_who_leaves_the_room_meanwhile_is_passed_by(engine: RunningEngine, slices_of_one: None) -> None:
    """Leaving the room or the server ends what a broadcast owes."""
    async with AsyncExitStack() as stack:
        clients = await crowd(stack, engine, 4)
        sending = asyncio.create_task(engine.sio.emit("broadcast", room="all"))
        await asyncio.sleep(0)
        first = next(iter(engine.sio.manager.members))  # the last to be reached
        await engine.sio.leave_room(first, "all")
        await sending
        await engine.sio.emit("after")
        assert [await client.text() for client in clients] == events("after", "broadcast", "broadcast", "broadcast")


async def test_who_is_being_asked_in_hears_broadcasts_after_the_answer(engine: RunningEngine) -> None:
    """Broadcasts to all are held back until CONNECT is answered."""
    async with raw(engine) as client:
        await client.send('40{"wait":true}')
        await engine.until(lambda: len(engine.joined) == 1)
        await engine.sio.emit("news")
        await engine.sio.broadcast("stock", conflated=True)
        engine.gate.set()
        assert (await client.text()).startswith('40{"sid":')
        assert [await client.text() for _ in range(3)] == [*events("news", "stock"), '42["welcome",{"wait":true}]']


async def test_a_sender_may_be_passed_by(engine: RunningEngine) -> None:
    """`skip_sid`, one or several, and several rooms, as python-socketio has them; nobody hears an event twice."""
    async with AsyncExitStack() as stack:
        clients = await crowd(stack, engine, 3)
        ann, bob, _ = engine.sio.manager.members
        await engine.sio.enter_room(bob, "more")
        await engine.sio.emit("a", room="all", skip_sid=ann)
        await engine.sio.emit("b", skip_sid=[ann, bob, "nobody"])
        await engine.sio.emit("c", to=["all", "more"])
        await engine.sio.emit("d", room="nowhere")
        await engine.sio.close_room("all")
        await engine.sio.emit("e", room="all")
        await engine.sio.emit("end")
        heard = [await drained(client) for client in clients]
    assert heard == [events("c"), events("a", "c"), events("a", "b", "c")]


async def drained(client: Raw) -> list[str]:
    """Return what a client hears up to `end`."""
    heard: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while (text := await client.text()) != '42["end"]':
            heard.append(text)
    return heard
