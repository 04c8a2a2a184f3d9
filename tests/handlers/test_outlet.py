"""What goes out to sockets: which events a slow one may miss, and how it is caught up."""

from types import SimpleNamespace

import pytest

from handlers.sockets import Outlet, Sockets


class Recorder:
    """Stands for the socket server: notes what is broadcast."""

    def __init__(self):
        self.sent = []
        self.on_drained = None

    def on(self, *_handler):
        """Take a handler."""

    async def broadcast(self, event, _payload, *, room, conflated):
        """Take an event."""
        self.sent.append((event, room, conflated))


@pytest.mark.parametrize(
    ("event", "may_be_missed"),
    [("stock", True), ("stock:snapshot", False), ("product", True), ("cart", False), ("alert", False)],
)
async def test_only_what_a_snapshot_makes_needless_may_be_left_out(event, may_be_missed):
    """To a room as to one socket that watches a few products; everything else is kept for who is slow."""
    outlet = Outlet(server := Recorder())
    await outlet.broadcast(event, {}, room="stock:all")
    await outlet.send(event, {}, to="sid")
    assert server.sent == [(event, "stock:all", may_be_missed), (event, "sid", may_be_missed)]


async def test_who_was_left_out_gets_a_snapshot():
    """Of what it watches, as soon as it can take it."""
    asked, server = [], Recorder()

    async def send_snapshot(sid):
        asked.append(sid)

    Sockets(server, SimpleNamespace(broadcaster=SimpleNamespace(send_snapshot=send_snapshot)), Outlet(server))
    await server.on_drained("sid")
    assert asked == ["sid"]
