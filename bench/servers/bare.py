"""The limit: `send()` of the same bytes in a loop over accepted websockets, and nothing else.

It answers the handshake and the two packets by which a Socket.IO client enters, so that the same clients can come; then
it writes to raw non-blocking sockets. No pings, no buffers, no reading of what they say, but for the end.
"""

import base64
import contextlib
import hashlib
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson

from bench.control import say
from bench.payload import EVENT, stock_event
from bench.servers.serving import BACKLOG

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
KEY = re.compile(rb"^sec-websocket-key:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
OPEN = b'0{"sid":"bare","upgrades":[],"pingInterval":3600000,"pingTimeout":3600000,"maxPayload":65536}'
ENTERED = b'40{"sid":"bare"}'


def frame(text: bytes) -> bytes:
    """Return a text frame of a server: FIN, unmasked."""
    length = len(text)
    assert length < 65_536
    return (b"\x81" + bytes([length]) if length < 126 else b"\x81\x7e" + length.to_bytes(2, "big")) + text


def welcome(request: bytes) -> bytes:
    """Return the answer to a handshake, and Engine.IO's first packet."""
    key = KEY.search(request)
    assert key, "not a websocket handshake"
    accept = base64.b64encode(hashlib.sha1(key[1] + GUID, usedforsecurity=False).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + frame(OPEN)


class Bare:
    """The sockets, and the loop that serves them; one thread."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
        self.listener.setblocking(False)  # noqa: FBT003 - the name says it
        self.clients: dict[socket.socket, int] = {}  # how often it was heard: the handshake, then the CONNECT
        self.selector = selectors.DefaultSelector()
        self.ending = False

    def run(self) -> None:
        """Serve until the input ends."""
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self.selector.register(sys.stdin, selectors.EVENT_READ, self._obey)
        while not self.ending:
            for key, _ in self.selector.select():
                act: Callable[[Any], None] = key.data
                act(key.fileobj)

    def _accept(self, _listener: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                client, _ = self.listener.accept()
                client.setblocking(False)  # noqa: FBT003 - the name says it
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.clients[client] = 0
                self.selector.register(client, selectors.EVENT_READ, self._read)

    def _read(self, client: socket.socket) -> None:
        try:
            data = client.recv(4096)
        except ConnectionError:
            data = b""
        if not data:
            self.selector.unregister(client)
            del self.clients[client]
            client.close()
            return
        heard = self.clients[client]
        self.clients[client] = heard + 1
        if heard == 0:
            client.send(welcome(data))
        elif heard == 1:
            client.send(frame(ENTERED))

    def _obey(self, _stdin: Any) -> None:
        line = sys.stdin.readline()
        if not line:
            self.ending = True
            return
        told = orjson.loads(line)
        say({"unsent": self._broadcast(told["first"], told["count"], told["interval"])})

    def _broadcast(self, first: int, count: int, interval: float) -> int:
        """Send at a steady rate; return how many sends a full buffer refused."""
        unsent, due = 0, time.monotonic()
        for number in range(first, first + count):
            time.sleep(max(0.0, due - time.monotonic()))
            sent = frame(b"42" + orjson.dumps([EVENT, stock_event(number, time.monotonic())]))
            for client in self.clients:
                try:
                    client.send(sent)
                except BlockingIOError:
                    unsent += 1
            due += interval
        return unsent


if __name__ == "__main__":
    bare = Bare()
    say({"port": bare.listener.getsockname()[1]})
    bare.run()
