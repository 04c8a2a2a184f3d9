"""The engine against real sockets: what honest clients get, and what hostile ones do not get away with."""

import asyncio
import json
import logging
import math
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import WSMsgType, web

from ivorycart.engine import (
    InnerNamesGoneError,
    Limits,
    Refusal,
    SocketServer,
    origin_policy,
    verify_inner_names,
)
from ivorycart.engine.lane import Lane
from ivorycart.engine.refusal import Forbidden, Malformed
from ivorycart.engine.wire import WireJSON, decode, engine_kind

UPGRADE = "/socket.io/?EIO=4&transport=websocket"
PATIENCE = 20  # seconds: an upper bound for what must happen, never a measurement


@dataclass
class Shop:
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


def build(**options: Any) -> Shop:
    """Return a server with the handlers of these tests, not yet listening."""
    options.setdefault("allow_origin", origin_policy(["https://shop.example"]))
    shop = Shop(sio := SocketServer(**options))
    refusal = {"ok": False, "error": {"code": "conflict", "message": "no", "details": {}}}
    sio.on("connect", partial(connect, shop))
    sio.on("disconnect", lambda _sid, reason: shop.left.append(reason))
    sio.on("echo", lambda _sid, data: data)
    sio.on("refuse", lambda _sid: refusal)
    sio.on("kick", sio.disconnect)
    handlers: tuple[Callable[..., Any], ...] = (slow, ask, crash, cut)
    for handler in handlers:
        sio.on(handler.__name__, partial(handler, shop))
    return shop


async def connect(shop: Shop, sid: str, environ: dict[str, Any], auth: Any) -> None:
    """Let in, refuse, fail or wait, as the client's auth object asks for; greet who has one."""
    shop.joined.append(auth)
    shop.environs.append(dict(environ))
    if auth == {"refuse": True}:
        await shop.sio.emit("secret", to=sid)
        raise socketio.exceptions.ConnectionRefusedError("not today", {"code": "forbidden"})
    if auth == {"crash": True}:
        raise LookupError("the connect handler's own fault")
    if auth == {"wait": True}:
        await shop.gate.wait()
    if auth:
        await shop.sio.emit("welcome", auth, to=sid)


async def slow(shop: Shop, _sid: str, number: int) -> dict[str, Any]:
    """Note the start, then wait for the gate."""
    shop.started.append(number)
    await shop.gate.wait()
    return {"ok": True, "number": number}


async def ask(shop: Shop, sid: str, number: int) -> Any:
    """Ask the client a question and answer with what it answers."""
    return await shop.sio.call("question", number, to=sid, timeout=PATIENCE)


async def crash(_shop: Shop, _sid: str) -> None:
    """Fail as a handler with a fault does."""
    raise LookupError("the handler's own fault")


async def cut(shop: Shop, sid: str) -> None:
    """Drop the caller's connection without a word."""
    connection = shop.sio._connection_of(sid)
    assert connection is not None
    connection.abort()


@asynccontextmanager
async def serving(**options: Any) -> AsyncIterator[Shop]:
    """Serve on a free port; at the end an honest client must still be served and no connection be left."""
    shop = build(**options)
    app = web.Application()
    shop.sio.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    shop.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield shop
        if not shop.sio.eio._is_draining:
            async with raw(shop) as honest:
                await honest.join()
                assert await honest.ask("echo", "fine") == "fine"
    finally:
        await runner.cleanup()
    assert not shop.sio.eio.sockets
    assert not shop.sio.environ
    assert not shop.sio.manager.rooms


@asynccontextmanager
async def raw(shop: Shop, **options: Any) -> AsyncIterator[Raw]:
    """Open a raw websocket and read Engine.IO's handshake."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(shop.base + UPGRADE, autoping=True, **options) as ws,
    ):
        client = Raw(ws)
        handshake = json.loads((await client.text()).removeprefix("0"))
        assert handshake["upgrades"] == []
        yield client


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """Serve with the usual limits."""
    async with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def no_noise(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Any:
    """Nothing that a client does may end up as a warning or a traceback in the log."""
    caplog.set_level(logging.WARNING)
    yield
    if "logs_faults" not in request.fixturenames:
        assert [r.getMessage() for r in caplog.get_records("call") if r.name != "asyncio" or r.exc_info] == []


@pytest.fixture
def logs_faults() -> None:
    """Mark a test whose own handler fails: that is logged, and should be."""


# --- before the upgrade ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        ("GET", "?EIO=4&transport=polling", 400),
        ("GET", "?EIO=3&transport=websocket", 400),
        ("GET", "?EIO=4&EIO=3&transport=websocket", 400),
        ("GET", "?EIO=4&transport=carrier-pigeon", 400),
        ("GET", "?EIO=4&transport=websocket&sid=abc", 400),
        ("GET", "?EIO=4&transport=websocket", 400),
        ("GET", "?EIO=4", 400),
        ("GET", "?transport=websocket", 400),
        ("GET", "?%ff=%00&EIO=4", 400),
        ("GET", "", 400),
        ("POST", "?EIO=4&transport=polling", 405),
        ("OPTIONS", "?EIO=4&transport=polling", 405),
    ],
)
async def test_what_is_no_websocket_of_protocol_4_gets_a_problem(
    shop: Shop, method: str, query: str, status: int
) -> None:
    """Polling, old protocols, missing parameters and other methods are answered in one shape."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{shop.base}/socket.io/{query}") as response,
    ):
        assert response.status == status
        assert response.content_type == "application/problem+json"
        problem = json.loads(await response.text())
        assert problem["status"] == status
        assert {"type", "title", "detail", "code"} <= problem.keys()
        assert "Access-Control-Allow-Origin" not in response.headers
    assert shop.sio.refusals[Refusal.HANDSHAKE] == 1


@pytest.mark.parametrize(
    "query", ["EIO=3&transport=websocket", "EIO=4&transport=websocket&sid=abc", "EIO=4&transport=polling", "EIO=4"]
)
async def test_an_upgrade_with_other_parameters_is_refused(shop: Shop, query: str) -> None:
    """A well-formed websocket handshake does not excuse the query."""
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{shop.base}/socket.io/?{query}")
    assert refused.value.status == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://shop.example.evil.example", ""])
async def test_a_foreign_page_is_refused_before_the_upgrade(shop: Shop, origin: str) -> None:
    """A page of another site gets 403, even if it forges what a proxy would add."""
    headers = {"Origin": origin, "X-Forwarded-Host": "evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with raw(shop, headers=headers):
            pass
    assert refused.value.status == 403
    assert refused.value.headers is not None
    assert refused.value.headers["Content-Type"].startswith("application/problem+json")
    assert shop.sio.refusals[Refusal.ORIGIN] == 1


@pytest.mark.parametrize("origin", [None, "https://shop.example", "own"])
async def test_own_pages_and_clients_that_are_no_browsers_are_let_in(shop: Shop, origin: str | None) -> None:
    """The listed origin, the server's own host and no Origin at all are accepted."""
    headers = {} if origin is None else {"Origin": shop.base if origin == "own" else origin}
    async with raw(shop, headers=headers) as client:
        await client.join()


@pytest.mark.parametrize(
    ("origin", "host", "accepted"),
    [
        (None, "shop.local:5000", True),
        ("http://shop.local:5000", "shop.local:5000", True),
        ("https://SHOP.local:5000", "shop.local:5000", True),
        ("https://shop.local", "shop.local:443", True),
        ("http://shop.local", "shop.local:80", True),
        ("http://shop.local:5001", "shop.local:5000", False),
        ("http://shop.local", "shop.local:5000", False),
        ("http://[::1]:5000", "[::1]:5000", True),
        ("ftp://shop.local", "shop.local", False),
        ("http://", "", False),
        ("http://a@shop.local", "shop.local", False),
        ("null", "null", False),
        ("https://listed.example", "shop.local", True),
        ("http://listed.example", "shop.local", False),
        ("https://x.listed.example", "shop.local", False),
        ("https://listed.example, https://evil.example", "shop.local", False),
        ("http://shop.local:x", "shop.local:x", True),
    ],
)
def test_the_origin_policy_compares_whole_origins(origin: str | None, host: str, accepted: bool) -> None:  # noqa: FBT001
    """Only none, the same host and listed origins pass; `null` cannot be listed."""
    assert origin_policy(["https://Listed.example/", "null"])(origin, host) is accepted


# --- the websocket -----------------------------------------------------------------------------------------------


async def test_deflate_is_declined(shop: Shop) -> None:
    """A client that offers permessage-deflate, as browsers do, is served without it."""
    async with raw(shop, compress=15) as client:
        assert client.ws.compress == 0
        await client.join()


async def test_64_kib_is_the_largest_message(shop: Shop) -> None:
    """65,536 bytes pass; one more closes with 1009."""
    padding = 65_536 - len('427["echo",""]')
    async with raw(shop, max_msg_size=0) as client:
        await client.join()
        assert await client.ask("echo", "x" * padding) == "x" * padding
        await client.send(f'427["echo","{"x" * (padding + 1)}"]')
        assert await client.close_code() == 1009
    await shop.until(lambda: shop.left == ["transport close"])
    assert shop.sio.refusals == {Refusal.UNREADABLE: 1}


async def test_a_refused_message_leaves_the_close_code_readable(shop: Shop) -> None:
    """Also after 8 MiB in flight the client reads 1009, not a reset connection."""
    async with raw(shop) as client:
        await client.join()
        await client.send("4" * 8_388_608)
        assert await client.close_code() == 1009


async def test_a_heartbeat_keeps_who_answers_and_drops_who_does_not() -> None:
    """Engine.IO's ping is answered or the socket is closed; a pong in advance buys nothing."""
    async with serving(limits=Limits(ping_interval=0.05, ping_timeout=2)) as shop:
        async with raw(shop) as client:
            await client.join()
            await client.send("3", "3", "3")
            for _ in range(10):
                assert await client.text() == "2"
                await client.send("3")
            assert shop.left == []
            assert await client.close_code() == 1001
        await shop.until(lambda: shop.left == ["ping timeout"])


async def test_a_socket_without_connect_is_closed() -> None:
    """Who sends no CONNECT to / in time is closed, whatever else it sends; who does stays."""
    async with serving(limits=Limits(connect_timeout=2)) as shop, raw(shop) as settled:
        await settled.join()
        async with raw(shop) as silent, raw(shop) as elsewhere:
            await elsewhere.send("40/admin,", "3")
            assert await silent.close_code() == 1008
            assert await elsewhere.close_code() == 1008
        assert shop.sio.refusals == {Refusal.CONNECT_TIMEOUT: 2}
        assert await settled.ask("echo", 1) == 1


async def test_a_client_that_does_not_read_is_dropped() -> None:
    """Unsent bytes are bounded: the socket goes, and what was kept for it."""
    async with serving(limits=Limits(max_unsent=200_000)) as shop, raw(shop) as client:
        await client.join()
        client.read(on=False)
        async with asyncio.timeout(PATIENCE):
            while Refusal.UNSENT_OVERFLOW not in shop.sio.refusals:
                await shop.sio.emit("stock", "x" * 50_000)
        await shop.until(lambda: shop.left == ["unsent overflow"])
        client.read(on=True)


# --- malformed and forbidden packets -----------------------------------------------------------------------------

MALFORMED = [
    "", "4", "4x", "49", "42", "42[]", "42{}", "42[1]", "42[null]", "42[[]]", '42"x"', "42[", '42["echo",NaN]',
    '42["echo",1e999]', '42["echo","\\ud800"]', '42["echo",' + "[" * 50 + "]" * 50 + "]", "42" + "[" * 3000,
    "4" + "9" * 5000 + "[]", "42" + "1" * 17 + '["echo"]', "42²[]", "40", "40{}", "40[1]", '40"x"', "401{}", "41{}",
    "43", "43[]", "430[]", "431{}", '44{"message":"x"}', '42/admin,["echo"]', "41/admin,", "0{}", "2", "2probe",
    "3probe", "5", "6", "7", "b4AAA", "hello", "1x",
]  # fmt: skip


@pytest.mark.parametrize("packet", MALFORMED, ids=[p[:24] for p in MALFORMED])
async def test_five_malformed_packets_close_the_socket(shop: Shop, packet: str) -> None:
    """Four are forgiven and change nothing; the fifth closes with 1002."""
    async with raw(shop) as client:
        await client.join()
        await client.send(*[packet] * 4)
        assert await client.ask("echo", "still here") == "still here"
        await client.send(packet)
        assert await client.close_code() == 1002
    await shop.until(lambda: shop.left == ["malformed"])
    assert shop.joined == [None]  # the connect handler ran once, whatever CONNECTs followed
    assert shop.sio.refusals == {Refusal.MALFORMED: 5}


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        *(
            (f'42["{name}",{{}}]', 1008)
            for name in ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
        ),
        ('42/other,["connect"]', 1008),
        ('451-["echo",{"_placeholder":true,"num":0}]', 1003),
        ('45999999-["echo"]', 1003),
        ('450-["echo"]', 1003),
        ("461-1[]", 1003),
        (b"bytes", 1003),
        (b"", 1003),
    ],
)
async def test_reserved_events_and_binary_close_at_once(shop: Shop, packet: str | bytes, code: int) -> None:
    """Forged lifecycle events and attachments are not forgiven once."""
    async with raw(shop) as client:
        await client.join()
        await (client.ws.send_bytes(packet) if isinstance(packet, bytes) else client.send(packet))
        assert await client.close_code() == code
    await shop.until(lambda: len(shop.left) == 1)
    assert len(shop.joined) == 1


async def test_text_that_is_not_utf8_closes(shop: Shop) -> None:
    """A text frame with broken UTF-8 closes with 1007."""
    async with raw(shop) as client:
        await client.ws.send_frame(b'42["echo","\xff"]', WSMsgType.TEXT)
        assert await client.close_code() == 1007


async def test_another_namespace_is_refused_and_the_own_one_stays(shop: Shop) -> None:
    """CONNECT_ERROR for /admin, as Socket.IO answers; / goes on."""
    async with raw(shop) as client:
        await client.join()
        await client.send('40/admin,{"token":"x"}')
        assert await client.text() == '44/admin,{"message":"Invalid namespace"}'
        assert await client.ask("echo", 1) == 1
    assert shop.joined == [None]


def test_the_wire_reads_what_clients_may_send() -> None:
    """The honest packets, field by field."""
    assert decode('0{"token":"x"}').data == {"token": "x"}
    assert decode("0/admin?a=b,{}").namespace == "/admin"
    packet = decode('212["cart:set",{"quantity":1}]')
    assert (packet.event, packet.id, packet.data[1]) == ("cart:set", 12, {"quantity": 1})
    assert (decode("31[1]").id, decode("31[1]").data) == (1, [1])
    assert [engine_kind(text) for text in ("1", "3", "42[]")] == ["1", "3", "4"]


def test_the_wire_knows_malformed_from_forbidden() -> None:
    """One is counted, the other closes."""
    with pytest.raises(Malformed):
        decode('2["echo",' + "[" * 40 + "]" * 40 + "]")
    with pytest.raises(Forbidden):
        decode('51-["echo"]')
    assert decode('2["echo",' + "[]," * 5000 + "1]").event == "echo"  # wide is not deep


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": [1, {"b": -math.inf}]}, (None, math.nan)])
def test_json_has_no_nan(value: Any) -> None:
    """What orjson would write as null is refused, both ways."""
    with pytest.raises(ValueError, match="NaN"):
        WireJSON.dumps(value)


def test_json_is_text() -> None:
    """python-socketio joins strings; null and floats are fine; bytes are not JSON."""
    assert WireJSON.dumps({"a": [None, 1.5, "é"]}, separators=(",", ":")) == '{"a":[null,1.5,"é"]}'
    with pytest.raises(TypeError):
        WireJSON.dumps(b"bytes")


# --- connect and leave -------------------------------------------------------------------------------------------


async def test_nothing_overtakes_the_answer_to_connect(shop: Shop) -> None:
    """What the connect handler emits arrives after CONNECT."""
    async with raw(shop) as client:
        await client.send('40{"session":"s"}', '421["echo",1]')
        assert (await client.text()).startswith('40{"sid":')
        assert await client.text() == '42["welcome",{"session":"s"}]'
        assert await client.text() == "431[1]"


async def test_who_is_refused_sees_the_reason_and_nothing_else(shop: Shop) -> None:
    """CONNECT_ERROR with the handler's data, then the end; nothing emitted meanwhile is shown."""
    async with raw(shop) as client:
        await client.send('40{"refuse":true}', '421["echo",1]')
        assert await client.text() == '44{"message":"not today","data":{"code":"forbidden"}}'
        assert (await client.ws.receive(timeout=PATIENCE)).type is WSMsgType.CLOSE
    assert shop.left == []


async def test_a_connect_handler_that_fails_refuses(
    shop: Shop, logs_faults: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets a CONNECT_ERROR without details, the log the traceback."""
    async with raw(shop) as client:
        await client.send('40{"crash":true}')
        assert await client.text() == '44{"message":"Connection failed"}'
        assert await client.close_code() == 1000
    assert "LookupError" in caplog.text


async def test_leaving_while_the_connect_handler_runs_is_told_once(shop: Shop) -> None:
    """The disconnect handler runs after the connect handler, exactly once."""
    async with raw(shop) as client:
        await client.send('40{"wait":true}')
        await shop.until(lambda: len(shop.joined) == 1)
    await shop.until(lambda: not shop.sio.environ)
    assert shop.left == []
    shop.gate.set()
    await shop.until(lambda: shop.left == ["transport close"])
    await shop.until(lambda: not shop.sio.eio.sockets)


@pytest.mark.parametrize(("packet", "reason"), [("41", "client disconnect"), ("1", "client disconnect")])
async def test_a_client_may_say_goodbye(shop: Shop, packet: str, reason: str) -> None:
    """DISCONNECT and Engine.IO's close end the connection with a normal close."""
    async with raw(shop) as client:
        await client.join()
        await client.send(packet)
        assert await client.close_code() == 1000
    await shop.until(lambda: shop.left == [reason])


async def test_a_kicked_client_is_told_and_gone(shop: Shop) -> None:
    """`disconnect` sends DISCONNECT and closes the connection, so nobody stays who was sent away."""
    async with raw(shop) as client:
        await client.join()
        await client.send('42["kick"]')
        assert await client.text() == "41"
        assert await client.close_code() == 1000
    assert shop.left == ["server disconnect"]


async def test_the_connect_handler_sees_the_peer_and_headers_as_sent(shop: Shop) -> None:
    """The peer's address is the connection's; forwarded headers are kept apart; the rest is dropped afterwards."""
    headers = {"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "198.51.100.1", "User-Agent": "test/1"}
    async with raw(shop, headers=headers) as client:
        await client.join()
        environ = shop.environs[0]
        assert environ["REMOTE_ADDR"] == "127.0.0.1"
        assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.9"
        assert environ["HTTP_USER_AGENT"] == "test/1"
        assert list(shop.sio.environ.values()) == [{"REMOTE_ADDR": "127.0.0.1"}]


# --- events ------------------------------------------------------------------------------------------------------


async def test_events_start_in_order_and_a_few_at_once() -> None:
    """Two run, three wait in the order of arrival, the sixth closes the socket."""
    async with serving(limits=Limits(handlers_at_once=2, events_waiting=3)) as shop:
        async with raw(shop) as client:
            await client.join()
            await client.send(*(f'42{n}["slow",{n}]' for n in range(1, 6)))
            await shop.until(lambda: shop.started == [1, 2])
            shop.gate.set()
            answers = [await client.text() for _ in range(5)]
            assert shop.started == [1, 2, 3, 4, 5]
            assert sorted(answers) == [f'43{n}[{{"ok":true,"number":{n}}}]' for n in range(1, 6)]
            shop.gate.clear()
            await client.send(*(f'42{n}["slow",{n}]' for n in range(1, 7)))
            assert await client.close_code() == 1008
        assert shop.sio.refusals == {Refusal.EVENT_OVERFLOW: 1}
        assert shop.started == [1, 2, 3, 4, 5, 1, 2]
        shop.gate.set()


async def test_events_of_many_sockets_start_in_each_ones_order(shop: Shop) -> None:
    """A burst is handled in its order although handlers overlap."""
    shop.gate.set()
    async with raw(shop) as client:
        await client.join()
        await client.send(*(f'42["slow",{n}]' for n in range(100)))
        await shop.until(lambda: len(shop.started) == 100)
    assert shop.started == list(range(100))


async def test_a_job_that_must_be_alone_waits_for_the_others() -> None:
    """Nothing runs beside it, and nothing overtakes it."""
    gate, seen = asyncio.Event(), list[str]()
    lane = Lane(width=4, depth=4, failed=lambda error: seen.append(repr(error)))

    async def note(name: str) -> None:
        seen.append(name)
        await gate.wait()
        seen.append(name.upper())

    for name, alone in (("a", False), ("b", True), ("c", False)):
        assert lane.submit(partial(note, name), alone=alone)
    await asyncio.sleep(0)
    assert seen == ["a"]
    gate.set()
    while lane.is_busy:
        await asyncio.sleep(0)
    await lane.settle(PATIENCE)
    assert seen == ["a", "A", "b", "B", "c", "C"]


async def test_a_burst_of_quick_events_is_no_overflow(shop: Shop) -> None:
    """Handlers get their turn while a burst is read: 1,000 in one piece are all answered, in order."""
    async with raw(shop) as client:
        await client.join()
        await client.send(*(f'42{n}["echo",{n}]' for n in range(1, 1001)))
        assert [await client.text() for _ in range(1000)] == [f"43{n}[{n}]" for n in range(1, 1001)]


async def test_an_idle_socket_has_no_task(shop: Shop) -> None:
    """Neither the web server's nor one of its own: there is nothing that somebody could cancel or forget."""
    async with raw(shop) as client:
        await client.join()
        await shop.until(lambda: not serving_tasks())
        assert await client.ask("echo", 1) == 1


def serving_tasks() -> list[str]:
    """Return the tasks of the server's side that wait for this one socket."""
    names = ("RequestHandler.start", "_handle_request", "SocketServer", "EngineServer", "Connection")
    tasks = [repr(task.get_coro()) for task in asyncio.all_tasks()]
    return [task for task in tasks if any(name in task for name in names)]


async def test_an_event_that_nobody_knows_is_answered(shop: Shop) -> None:
    """By ack where one is wanted, else as an `error` event."""
    error = {"code": "not_found", "message": "There is no such event.", "details": {}}
    async with raw(shop) as client:
        await client.join()
        for name in ("no-such-event", "*", ""):
            assert await client.ask(name, {}) == {"ok": False, "error": error}
        await client.send('42["no-such-event"]')
        assert json.loads((await client.text())[2:]) == ["error", error]


async def test_the_application_words_the_answer_to_unknown_events() -> None:
    """`on_unknown` hears the name and whether an ack is wanted."""
    heard: list[tuple[str, bool]] = []

    def on_unknown(event: str, wants_ack: bool) -> dict[str, Any]:  # noqa: FBT001
        heard.append((event, wants_ack))
        return {"code": "not_found", "message": event, "details": {}}

    async with serving(on_unknown=on_unknown) as shop, raw(shop) as client:
        await client.join()
        assert (await client.ask("hm"))["error"]["message"] == "hm"
        await client.send('42["hm"]')
        await client.text()
    assert heard == [("hm", True), ("hm", False)]


async def test_a_refusal_without_ack_becomes_an_error_event(shop: Shop) -> None:
    """A handler returns the same refusal either way."""
    async with raw(shop) as client:
        await client.join()
        assert (await client.ask("refuse"))["error"]["code"] == "conflict"
        await client.send('42["refuse"]')
        assert await client.text() == '42["error",{"code":"conflict","message":"no","details":{}}]'


async def test_a_wrong_number_of_arguments_never_reaches_the_handler(shop: Shop) -> None:
    """Too few or too many answer `validation`."""
    async with raw(shop) as client:
        await client.join()
        assert (await client.ask("echo"))["error"]["code"] == "validation"
        assert (await client.ask("echo", 1, 2, 3))["error"]["code"] == "validation"


async def test_a_handler_that_fails_is_logged_and_answered(
    shop: Shop, logs_faults: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The client hears `internal` and no details; the socket goes on."""
    async with raw(shop) as client:
        await client.join()
        assert (await client.ask("crash"))["error"]["code"] == "internal"
        assert await client.ask("echo", 1) == 1
    assert "LookupError" in caplog.text


async def test_a_forged_ack_harms_nobody(shop: Shop) -> None:
    """Ack 0 would destroy python-socketio's counter; unknown and repeated acks are ignored."""
    async with raw(shop) as client:
        await client.join()
        await client.send('425["ask",1]')
        assert await client.text() == '421["question",1]'
        await client.send("430[]", "4399[1]", "431[2]", "431[3]")
        assert await client.text() == "435[2]"
        await client.send('426["ask",2]')
        assert await client.text() == '422["question",2]'
        await client.send("432[3]")
        assert await client.text() == "436[3]"


# --- shutdown ----------------------------------------------------------------------------------------------------


async def test_shutdown_ends_every_socket_with_its_reason() -> None:
    """Clients are told that the server goes away; new ones get 503 with a problem."""
    async with serving() as shop, raw(shop) as first, raw(shop) as second:
        await first.join()
        reason = "deploying " + "ü" * 100
        ending = asyncio.create_task(shop.sio.shutdown(reason))
        assert [await first.close_code(), await second.close_code()] == [1001, 1001]
        await ending
        assert shop.left == [reason]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with raw(shop):
                pass
        assert refused.value.status == 503


async def test_shutdown_does_not_wait_for_the_deaf_nor_for_stuck_handlers() -> None:
    """Past the bound connections are dropped and handlers cancelled."""
    async with serving(limits=Limits(close_timeout=0.2)) as shop:
        async with raw(shop) as deaf, raw(shop) as busy:
            await deaf.join()
            await busy.join()
            deaf.read(on=False)
            await busy.send('421["slow",1]')
            await shop.until(lambda: shop.started == [1])
            async with asyncio.timeout(PATIENCE):
                await shop.sio.shutdown(within=0.1)
            deaf.read(on=True)
        await shop.until(lambda: not shop.sio.eio.sockets)
        assert len(shop.left) == 2


# --- honest clients ----------------------------------------------------------------------------------------------


async def test_python_clients_connect_talk_and_leave(shop: Shop) -> None:
    """Auth, events, acks both ways, rooms and disconnect, with python-socketio's own client."""
    async with python_client(shop) as (ann, heard_by_ann), python_client(shop) as (bob, heard_by_bob):
        assert await ann.call("echo", {"a": [1, None, "ü"]}, timeout=PATIENCE) == {"a": [1, None, "ü"]}
        assert await ann.call("ask", 41, timeout=PATIENCE) == 42
        await shop.sio.enter_room(ann.get_sid(), "cart:1")
        await shop.sio.emit("cart", {"revision": 2}, room="cart:1")
        await shop.sio.emit("stock", {"items": []})
        await shop.until(lambda: "stock" in heard_by_ann and "stock" in heard_by_bob)
        assert heard_by_ann == ["welcome", "cart", "stock"]
        assert heard_by_bob == ["welcome", "stock"]
        async with shop.sio.session(bob.get_sid()) as session:
            session["user"] = "bob"
        assert await shop.sio.get_session(bob.get_sid()) == {"user": "bob"}
    await shop.until(lambda: len(shop.left) == 2)
    # its goodbye is queued behind the closing of its transport: either may arrive first
    assert set(shop.left) <= {"client disconnect", "transport close"}


@asynccontextmanager
async def python_client(shop: Shop) -> AsyncIterator[tuple[Any, list[str]]]:
    """Connect python-socketio's client; yields it and the names of the events it hears."""
    heard: list[str] = []
    client = socketio.AsyncClient(reconnection=False)

    async def question(number: int) -> int:
        return number + 1

    async def anything(event: str, *_args: Any) -> None:
        heard.append(event)

    client.on("question", question)
    client.on("*", anything)
    await client.connect(shop.base, auth={"session": "s"}, transports=["websocket"])
    try:
        await shop.until(lambda: heard == ["welcome"])
        yield client, heard
    finally:
        await client.disconnect()


async def test_the_browsers_client_connects_comes_back_and_leaves(shop: Shop) -> None:
    """The npm package: welcome, acks both ways, a cut and the reconnect, a kick that stays a kick."""
    node = shutil.which("node")
    assert node is not None, "these tests need Node"
    process = await asyncio.create_subprocess_exec(
        node, str(Path(__file__).with_name("socket_io_client.mjs")), shop.base, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0
    seen = json.loads(out)
    assert seen["welcome"] == {"session": "s-1"}
    assert seen["echo"] == {"emoji": "🛒", "list": [1, 2.5, None]}
    assert seen["asked"] == 42
    assert seen["unknown"]["error"]["code"] == "not_found"
    assert seen["echo_again"] == "still here"
    assert seen["connects"] == 3
    assert seen["disconnects"][0] in {"transport close", "transport error"}
    assert seen["disconnects"][1:] == ["io server disconnect", "io client disconnect"]
    assert seen["active_after_kick"] is False


# --- the libraries underneath ------------------------------------------------------------------------------------


def test_the_pinned_libraries_have_every_inner_name() -> None:
    """What the engine stands on is there."""
    verify_inner_names()


def test_a_missing_inner_name_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what is gone, on classes and in constructors."""
    monkeypatch.delattr(socketio.AsyncManager, "trigger_callback")
    monkeypatch.setattr(socketio.base_server.BaseServer, "__init__", lambda _self: None)
    with pytest.raises(InnerNamesGoneError, match=r"trigger_callback.*sets no environ"):
        build()


def test_only_the_root_namespace_can_have_handlers() -> None:
    """A handler that nobody could reach is a mistake of the application."""
    sio = build().sio
    with pytest.raises(ValueError, match="namespace"):
        sio.on("echo", print, namespace="/admin")
    with pytest.raises(NotImplementedError):
        sio.register_namespace(socketio.AsyncNamespace("/"))


def test_the_limits_are_those_of_the_protocol() -> None:
    """Defaults that clients may rely on."""
    limits = Limits()
    assert (limits.ping_interval, limits.ping_timeout, limits.connect_timeout) == (25, 20, 5)
    assert (limits.max_message, limits.max_unsent, limits.malformed_packets) == (65_536, 1_048_576, 5)
    assert (limits.handlers_at_once, limits.events_waiting) == (16, 128)


def test_sids_do_not_repeat() -> None:
    """Session ids carry 96 random bits each."""
    sio = build().sio
    sids = {sio.eio.generate_id() for _ in range(1000)}
    assert len({sid[:16] for sid in sids}) == 1000
