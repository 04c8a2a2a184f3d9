"""A socket that does not get in leaves nothing behind."""

import asyncio
from types import SimpleNamespace

import pytest

from handlers import sockets as module
from handlers.sockets import Sockets
from ivorycart.connections import Connections


class Recorder:
    """Stands for the socket server: keeps the handlers."""

    def __init__(self):
        self.handlers = {}
        self.on_drained = None

    def on(self, event, handler):
        """Take a handler."""
        self.handlers[event] = handler


@pytest.mark.parametrize("failure", [KeyError("an unreadable document"), asyncio.CancelledError()])
async def test_a_socket_whose_arrival_fails_is_forgotten(failure, monkeypatch):
    """The engine tells of the leaving only of those who were in."""

    class Broken:
        def __init__(self, *_arguments):
            """Take what an arrival takes."""

        async def tell(self, _since):
            """Fail."""
            raise failure

    monkeypatch.setattr(module, "Arrival", Broken)
    reminding = SimpleNamespace(forget=lambda _sid: None, remind=lambda _connection: None)
    bringing = SimpleNamespace(note=lambda _connection: None, forget=lambda _sid: None)
    shop = SimpleNamespace(connections=Connections(), telling=SimpleNamespace(reminding=reminding), bringing=bringing)
    doors = Sockets(server := Recorder(), shop, None)
    with pytest.raises(type(failure)):
        await server.handlers["connect"]("sid", {"REMOTE_ADDR": "127.0.0.1"}, None)
    assert len(shop.connections) == 0
    assert doors._throttles == {}
