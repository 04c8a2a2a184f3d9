"""The load's own Socket.IO client against servers that are not ours: the protocol is the same."""

import asyncio
import os
import shutil
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import socketio
from aiohttp import web

from ivorycart.load.assembling import Assembler
from ivorycart.load.client import ConnectRefused, SocketIOClient, websocket_url
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
NODE_SERVER = """
import { createServer } from "node:http";
import { Server } from "socket.io";
const http = createServer();
const io = new Server(http, { perMessageDeflate: { threshold: 100 }, pingInterval: 300, pingTimeout: 2000 });
io.use((socket, next) => next(socket.handshake.auth.stranger ? new Error("not you") : undefined));
io.on("connection", (socket) => {
  socket.emit("welcome", { auth: socket.handshake.auth, long: "ivory ".repeat(5000) });
  socket.on("echo", (payload, answer) => answer(payload));
  socket.on("kick", () => socket.disconnect());
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
"""


@asynccontextmanager
async def stock_server() -> AsyncIterator[str]:
    """Run python-socketio as it comes."""
    server = socketio.AsyncServer(async_mode="aiohttp", ping_interval=0.3, ping_timeout=2)

    async def connect(sid: str, _environ: Any, auth: Any) -> None:
        if auth and auth.get("stranger"):
            raise socketio.exceptions.ConnectionRefusedError("not you")
        await server.emit("welcome", {"auth": auth, "long": "ivory " * 5000}, to=sid)

    async def echo(_sid: str, payload: Any) -> Any:
        return payload

    async def kick(sid: str) -> None:
        await server.disconnect(sid)

    for name, handler in (("connect", connect), ("echo", echo), ("kick", kick)):
        server.on(name, handler)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await server.shutdown()
    await runner.cleanup()


@asynccontextmanager
async def node_server() -> AsyncIterator[str]:
    """Run Socket.IO on Node; skip where it is not installed."""
    modules = Path(os.environ.get("SOCKET_IO_MODULES", ROOT / "node_modules"))
    if not shutil.which("node") or not (modules / "socket.io").is_dir():
        pytest.skip("needs Node and the npm package socket.io")
    process = await asyncio.create_subprocess_exec(
        *("node", "--input-type=module", "-e", NODE_SERVER), cwd=modules.parent, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        port = int(await process.stdout.readline())
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    await process.wait()


@pytest.fixture(params=[stock_server, node_server], ids=["python-socketio", "node"])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Give the address of a server; each answers the same."""
    async with request.param() as address:
        yield address


class Ears:
    """Keeps what a client is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any, float]] = []
        self.frames: list[bytes] = []
        self.reasons: list[str] = []
        self._news = asyncio.Event()

    def event(self, _client: SocketIOClient, name: str, payload: Any, at: float) -> None:
        """Take an event."""
        self.events.append((name, payload, at))
        self._news.set()

    def frame(self, _client: SocketIOClient, text: bytes, _at: float) -> None:
        """Take an undecoded event."""
        self.frames.append(text)
        self._news.set()

    def closed(self, _client: SocketIOClient, reason: str) -> None:
        """Take the end."""
        self.reasons.append(reason)
        self._news.set()

    async def until(self, what: Any) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(PATIENCE):
            while not what():
                self._news.clear()
                await self._news.wait()


@pytest.mark.parametrize("deflate", [True, False], ids=["deflate", "plain"])
async def test_events_acks_and_pings(url: str, *, deflate: bool) -> None:
    """A client hears events, compressed or not, gets its acks in any order, and outlives many pings."""
    ears = Ears()
    client = await SocketIOClient.connect(
        url, {"session": "s"}, on_event=ears.event, on_close=ears.closed, offer_deflate=deflate
    )
    assert client.compressed is deflate
    await ears.until(lambda: ears.events)
    name, payload, at = ears.events[0]
    assert (name, payload) == ("welcome", {"auth": {"session": "s"}, "long": "ivory " * 5000})
    assert 0 <= time.monotonic() - at < 60
    said = [{"number": number, "text": "ü🛒" * 1000} for number in range(5)]
    assert await asyncio.gather(*(client.call("echo", each) for each in said)) == said
    await asyncio.sleep(3)  # several ping intervals, and longer than a server waits for a pong
    assert client.is_open
    assert await client.call("echo", "still here") == "still here"
    client.close()
    await ears.until(lambda: ears.reasons)
    assert ears.reasons == ["io client disconnect"]


async def test_raw_frames(url: str) -> None:
    """With the raw hook events come as the text of their frame, and acks still work."""
    ears = Ears()
    client = await SocketIOClient.connect(url, on_event=ears.event, on_frame=ears.frame)
    await ears.until(lambda: ears.frames)
    assert ears.frames[0].startswith(b'42["welcome",{')
    assert await client.call("echo", 1) == 1
    assert ears.events == []
    client.close()


async def test_ends_are_told_once_and_with_their_reason(url: str) -> None:
    """Being sent away, a cut line and a refusal are told apart; who waits for an ack hears of the end."""
    ears = Ears()
    sent_away = await SocketIOClient.connect(url, on_close=ears.closed)
    sent_away.emit("kick")
    await ears.until(lambda: ears.reasons)
    cut = await SocketIOClient.connect(url, on_close=ears.closed)
    waiting = asyncio.ensure_future(cut.call("no such event"))
    await asyncio.sleep(0)
    cut.cut()
    with pytest.raises(ConnectionError):
        await waiting
    with pytest.raises(ConnectionError):
        await cut.call("echo", 1)
    await ears.until(lambda: len(ears.reasons) == 2)
    assert ears.reasons == ["io server disconnect", "transport close"]
    with pytest.raises(ConnectRefused, match="not you"):
        await SocketIOClient.connect(url, {"stranger": True})
    with pytest.raises(ConnectionError, match=r"404|hung up"):
        await SocketIOClient.connect(f"{url}/elsewhere")


async def test_a_stalled_client_hears_all_once_it_reads_again(url: str) -> None:
    """What was sent meanwhile is not lost."""
    client = await SocketIOClient.connect(url)
    client.stall()
    answer = asyncio.ensure_future(client.call("echo", "later"))
    await asyncio.sleep(0.2)
    assert not answer.done()
    client.resume()
    assert await answer == "later"
    client.close()


async def test_nobody_there() -> None:
    """Where nobody listens connecting fails at once."""
    with pytest.raises(ConnectionRefusedError):
        await SocketIOClient.connect("http://127.0.0.1:1")


def test_addresses() -> None:
    """The websocket's address follows from the shop's, with its path."""
    assert websocket_url("http://a:5000") == "ws://a:5000/socket.io/?EIO=4&transport=websocket"
    assert websocket_url("https://a/shop/") == "wss://a/shop/socket.io/?EIO=4&transport=websocket"


@pytest.mark.parametrize("agreed", ["permessage-deflate", "permessage-deflate; server_no_context_takeover"])
def test_messages_in_parts_and_compressed(agreed: str) -> None:
    """Parts become one message; later messages may refer to earlier ones, or each starts afresh."""
    assembler = Assembler(10_000, agreed)
    deflate = zlib.compressobj(wbits=-15)
    for text in (b"ivory " * 100, b"cart " * 100, b"ivory " * 100):
        if "no_context" in agreed:
            deflate = zlib.compressobj(wbits=-15)
        data = (deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH))[:-4]
        assert assembler.add(data[:3], final=False, compressed=True) is None
        assert assembler.add(data[3:], final=True, compressed=False) == text
    assert assembler.add(b"plain", final=True, compressed=False) == b"plain"


def test_messages_that_cannot_be_read() -> None:
    """Compression that was not agreed on, garbage, and more than the limit."""
    bomb = zlib.compressobj(wbits=-15)
    data = bomb.compress(b"0" * 100_000) + bomb.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(ValueError, match="without having agreed"):
        Assembler(1000).add(data, final=True, compressed=True)
    with pytest.raises(ValueError, match="more than 1000"):
        Assembler(1000, "permessage-deflate").add(data, final=True, compressed=True)
    with pytest.raises(ValueError, match="cannot be read"):
        Assembler(1000, "permessage-deflate").add(b"\xff" * 9, final=True, compressed=True)
    with pytest.raises(ValueError, match="more than 1000"):
        Assembler(1000).add(b"0" * 1001, final=False, compressed=False)
