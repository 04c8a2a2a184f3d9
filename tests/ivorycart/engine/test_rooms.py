"""Rooms: who is in which, and what it costs to leave."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivorycart.engine import Limits
from ivorycart.engine.connection import Connection
from ivorycart.engine.rooms import ROOT, Rooms, Standing

NAMES = ["stock:all", "cart:1", "seller:2"]


class House:
    """Rooms with connections that have no socket."""

    def __init__(self) -> None:
        self.rooms = Rooms()
        self.sockets: dict[str, Connection] = {}
        self.limits = Limits()
        self.sids = iter(range(1_000_000))
        self.rooms.set_server(SimpleNamespace(eio=self, packet_class=SimpleNamespace(json=None)))

    def generate_id(self) -> str:
        """Return the next id."""
        return f"sid-{next(self.sids)}"

    def enter(self) -> Connection:
        """Let a client in."""
        connection = Connection(self.generate_id(), self)  # type: ignore[arg-type]
        self.sockets[connection.sid] = connection
        self.rooms.admit(connection)
        connection.standing = Standing.CONNECTED
        return connection


STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "join", "leave", "disconnect", "close"]), st.integers(0, 9), st.integers(0, 2)),
    max_size=60,
)


@given(STEPS)
async def test_rooms_and_clients_agree_whatever_happens(steps: list[tuple[str, int, int]]) -> None:
    """After joining, leaving, closing and disconnecting in any order both say what a simple model says."""
    house, model = House(), dict[str, set[str]]()
    for step, who, where in steps:
        room, sids = NAMES[where], sorted(model)
        sid = sids[who % len(sids)] if sids else ""
        if step == "enter":
            model[str(house.enter().client)] = set()
        elif step == "close":
            await house.rooms.close_room(room, ROOT)
            for joined in model.values():
                joined.discard(room)
        elif step == "join" and sid:
            await house.rooms.enter_room(sid, ROOT, room)
            model[sid].add(room)
        elif step == "leave":
            await house.rooms.leave_room(sid, ROOT, room)
            model.get(sid, set()).discard(room)
        elif step == "disconnect" and sid:
            await house.rooms.disconnect(sid, ROOT)
            del model[sid]
    said = {sid: set(house.rooms.get_rooms(sid, ROOT)) - {sid} for sid in house.rooms.members}
    assert said == model
    assert set(house.rooms.rooms) == set().union(*model.values())  # no empty room is kept
    for name, members in house.rooms.rooms.items():
        assert {each.client for each in members} == {sid for sid, joined in model.items() if name in joined}
        assert {sid for sid, _ in house.rooms.get_participants(ROOT, name)} == {each.client for each in members}


class Unscannable(dict[Any, Any]):
    """A table that may be asked but not searched."""

    def _refuse(self, *_args: Any) -> Any:
        raise AssertionError("leaving must not search all rooms")

    __iter__ = items = values = keys = copy = _refuse


async def test_who_leaves_touches_its_own_rooms_only() -> None:
    """So that 8,000 who leave at once cost 8,000 times one."""
    house = House()
    house.rooms.rooms, house.rooms.members = Unscannable(), Unscannable()
    clients = [house.enter() for _ in range(2000)]
    for number, client in enumerate(clients):
        for name in ("stock:all", f"cart:{number}"):
            await house.rooms.enter_room(str(client.client), ROOT, name)
    for client in clients:
        house.rooms.dismiss(client)
    assert (len(house.rooms.rooms), len(house.rooms.members)) == (0, 0)


async def test_a_clients_own_room_is_its_own() -> None:
    """Nobody else enters it, and it cannot be closed; who is gone cannot enter anything."""
    house = House()
    ann, bob = (str(house.enter().client) for _ in range(2))
    await house.rooms.enter_room(ann, ROOT, ann)
    for refused in (house.rooms.enter_room(ann, ROOT, bob), house.rooms.close_room(bob, ROOT)):
        with pytest.raises(ValueError, match="sid room"):
            await refused
    await house.rooms.disconnect(bob, ROOT)
    with pytest.raises(ValueError, match="not connected"):
        await house.rooms.enter_room(bob, ROOT, "stock:all")
    assert house.rooms.get_rooms(ann, ROOT) == [ann]
