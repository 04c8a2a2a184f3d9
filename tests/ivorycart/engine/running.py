"""A running engine with simple handlers, and clients that may say anything."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp
import socketio
from aiohttp import WSMsgType, web

from ivorycart.engine import (
    SocketServer,
    origin_policy,
)
from tests.patience import PATIENCE

UPGRADE = "/socket.io/?EIO=4&transport=websocket"


@dataclass
class RunningEngine:
    """A running server, its address, and what its handlers have seen."""

    sio: SocketServer
    base: str = ""
    joined: list[Any] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    started: list[int] = field(default_factory=list)
    environs: list[dict[str, Any]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, whatever time that takes on this machine."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.005)


class Raw:
    """A websocket client that may send anything."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def text(self) -> str:
        """Return the next text frame."""
        message = await self.ws.receive(timeout=PATIENCE)
        assert message.type is WSMsgType.TEXT, message
        return str(message.data)

    async def send(self, *frames: str) -> None:
        """Send text frames."""
        for frame in frames:
            await self.ws.send_str(frame)

    async def join(self, auth: str = "") -> None:
        """Connect to the namespace /."""
        await self.send(f"40{auth}")
        assert (await self.text()).startswith('40{"sid":"')

    async def ask(self, event: str, *args: Any, ack: int = 7) -> Any:
        """Send an event and return its ack."""
        await self.send(f"42{ack}{json.dumps([event, *args], separators=(',', ':'))}")
        answer = await self.text()
        assert answer.startswith(f"43{ack}["), answer
        return json.loads(answer.removeprefix(f"43{ack}"))[0]

    async def close_code(self) -> int | None:
        """Read to the close frame and return its code; None when the connection ends without one."""
        while (message := await self.ws.receive(timeout=PATIENCE)).type in {WSMsgType.TEXT, WSMsgType.PING}:
            pass
        return int(message.data) if message.type is WSMsgType.CLOSE else None

    def read(self, *, on: bool) -> None:
        """Stop or go on taking what the server sends."""
        assert self.ws._conn is not None
        protocol = self.ws._conn.protocol
        assert protocol is not None
        (protocol.resume_reading if on else protocol.pause_reading)()


def build(**options: Any) -> RunningEngine:
    """Return a server with the handlers of these tests, not yet listening."""
    options.setdefault("allow_origin", origin_policy(["https://shop.example"]))
    engine = RunningEngine(sio := SocketServer(**options))
    refusal = {"ok": False, "error": {"code": "conflict", "message": "no", "details": {}}}
    sio.on("connect", partial(connect, engine))
    sio.on("disconnect", lambda _sid, reason: engine.left.append(reason))
    sio.on("echo", lambda _sid, data: data)
    sio.on("refuse", lambda _sid: refusal)
    sio.on("kick", sio.disconnect)
    handlers: tuple[Callable[..., Any], ...] = (slow, ask, crash, cut)
    for handler in handlers:
        sio.on(handler.__name__, partial(handler, engine))
    return engine


async def connect(engine: RunningEngine, sid: str, environ: dict[str, Any], auth: Any) -> None:
    """Let in, refuse, fail or wait, as the client's auth object asks for; greet who has one."""
    engine.joined.append(auth)
    engine.environs.append(dict(environ))
    if auth == {"refuse": True}:
        await engine.sio.emit("secret", to=sid)
        raise socketio.exceptions.ConnectionRefusedError("not today", {"code": "forbidden"})
    if auth == {"crash": True}:
        raise LookupError("the connect handler's own fault")
    if auth == {"wait": True}:
        await engine.gate.wait()
    if auth:
        await engine.sio.emit("welcome", auth, to=sid)


async def slow(engine: RunningEngine, _sid: str, number: int) -> dict[str, Any]:
    """Note the start, then wait for the gate."""
    engine.started.append(number)
    await engine.gate.wait()
    return {"ok": True, "number": number}


async def ask(engine: RunningEngine, sid: str, number: int) -> Any:
    """Ask the client a question and answer with what it answers."""
    return await engine.sio.call("question", number, to=sid, timeout=PATIENCE)


async def crash(_engine: RunningEngine, _sid: str) -> None:
    """Fail as a handler with a fault does."""
    raise LookupError("the handler's own fault")


async def cut(engine: RunningEngine, sid: str) -> None:
    """Drop the caller's connection without a word."""
    connection = engine.sio._connection_of(sid)
    assert connection is not None
    connection.abort()


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[RunningEngine]:
    """Serve on a free port; at the end an honest client must still be served and no connection be left."""
    engine = build(**options)
    app = web.Application()
    engine.sio.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    engine.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield engine
        if not engine.sio.eio._is_draining:
            async with raw(engine) as honest:
                await honest.join()
                assert await honest.ask("echo", "fine") == "fine"
    finally:
        await runner.cleanup()
    assert not engine.sio.eio.sockets
    assert not engine.sio.environ
    assert not engine.sio.manager.rooms


@asynccontextmanager
async def raw(engine: RunningEngine, **options: Any) -> AsyncIterator[Raw]:
    """Open a raw websocket and read Engine.IO's handshake."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(engine.base + UPGRADE, **options) as ws,
    ):
        client = Raw(ws)
        handshake = json.loads((await client.text()).removeprefix("0"))
        assert handshake["upgrades"] == []
        yield client


@asynccontextmanager
async def python_client(engine: RunningEngine) -> AsyncIterator[tuple[Any, list[str]]]:
    """Connect python-socketio's client; yields it and the names of the events it hears."""
    heard: list[str] = []
    client = socketio.AsyncClient(reconnection=False)

    async def question(number: int) -> int:
        return number + 1

    async def anything(event: str, *_args: Any) -> None:
        heard.append(event)

    client.on("question", question)
    client.on("*", anything)
    await client.connect(engine.base, auth={"session": "s"}, transports=["websocket"])
    try:
        await engine.until(lambda: heard == ["welcome"])
        yield client, heard
    finally:
        await client.disconnect()
