"""Clients that others wrote: python-socketio's, the browser's, and a plain websocket that is spoken through by hand."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from tests.ivorycart.engine.running import UPGRADE, RunningEngine, python_client, raw
from tests.patience import PATIENCE


async def test_python_clients_connect_talk_and_leave(engine: RunningEngine) -> None:
    """Auth, events, acks both ways, rooms and disconnect, with python-socketio's own client."""
    async with python_client(engine) as (ann, heard_by_ann), python_client(engine) as (bob, heard_by_bob):
        assert await ann.call("echo", {"a": [1, None, "ü"]}, timeout=PATIENCE) == {"a": [1, None, "ü"]}
        assert await ann.call("ask", 41, timeout=PATIENCE) == 42
        await engine.sio.enter_room(ann.get_sid(), "cart:1")
        await engine.sio.emit("cart", {"revision": 2}, room="cart:1")
        await engine.sio.emit("stock", {"items": []})
        await engine.until(lambda: "stock" in heard_by_ann and "stock" in heard_by_bob)
        assert heard_by_ann == ["welcome", "cart", "stock"]
        assert heard_by_bob == ["welcome", "stock"]
        async with engine.sio.session(bob.get_sid()) as session:
            session["user"] = "bob"
        assert await engine.sio.get_session(bob.get_sid()) == {"user": "bob"}
    await engine.until(lambda: len(engine.left) == 2)
    # its goodbye is queued behind the closing of its transport: either may arrive first
    assert set(engine.left) <= {"client disconnect", "transport close"}


async def test_the_browsers_client_connects_comes_back_and_leaves(engine: RunningEngine) -> None:
    """The npm package: welcome, acks both ways, a cut and the reconnect, a kick that stays a kick."""
    node = shutil.which("node")
    assert node is not None, "these tests need Node"
    process = await asyncio.create_subprocess_exec(
        node, str(Path(__file__).with_name("socket_io_client.mjs")), engine.base, stdout=asyncio.subprocess.PIPE
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
    assert seen["refused"] == {"message": "not today", "data": {"code": "forbidden"}}
    assert seen["namespace"] == "Invalid namespace"
    assert seen["many"] == list(range(200))
    assert seen["no_ack"]["code"] == "conflict"
    assert seen["transport"] == "websocket"
    assert seen["after_binary"] == "transport close"


async def test_a_plain_websocket_speaks_engine_io(engine: RunningEngine) -> None:
    """The handshake's fields, the limits that it promises, and a sid of its own for each."""
    async with aiohttp.ClientSession() as session, session.ws_connect(engine.base + UPGRADE) as ws:
        handshake = json.loads((await ws.receive_str(timeout=PATIENCE)).removeprefix("0"))
        sid = handshake.pop("sid")
        assert handshake == {"upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 65536}
        await ws.send_str("40")
        assert json.loads((await ws.receive_str(timeout=PATIENCE)).removeprefix("40"))["sid"] != sid
        await ws.close(code=4000, message=b"bye")
        assert ws.close_code == 4000  # ours, as the server echoes it
    await engine.until(lambda: engine.left == ["transport close"])


async def test_a_plain_websocket_speaks_socket_io(engine: RunningEngine) -> None:
    """CONNECT with auth, events with and without ack, questions of the server, another namespace, goodbye."""
    async with raw(engine) as client:
        await client.send('40{"session":"s"}')
        assert (await client.text()).startswith('40{"sid":')
        assert await client.text() == '42["welcome",{"session":"s"}]'
        await client.send('40/admin,{"a":1}')
        assert await client.text() == '44/admin,{"message":"Invalid namespace"}'
        await client.send('42["echo",1]', '4212["echo",{"a":[null,"ü"]}]', '420["echo",0]')
        assert await client.text() == '4312[{"a":[null,"ü"]}]'
        assert await client.text() == "430[0]"
        await client.send('427["ask",41]')
        assert await client.text() == '421["question",41]'
        await client.send("431[42]")
        assert await client.text() == "437[42]"
        await client.send("41")
        assert await client.close_code() == 1000
    await engine.until(lambda: engine.left == ["client disconnect"])


async def test_python_clients_hear_why_they_are_refused(engine: RunningEngine) -> None:
    """At the door, in another namespace, and when they are sent away."""
    refused: list[Any] = []
    client = socketio.AsyncClient(reconnection=False)
    client.on("connect_error", refused.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(engine.base, auth={"refuse": True}, transports=["websocket"])
    assert refused == [{"message": "not today", "data": {"code": "forbidden"}}]
    await client.disconnect()
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(engine.base, namespaces=["/admin"], transports=["websocket"], wait_timeout=PATIENCE)
    await client.disconnect()
    async with python_client(engine) as (kicked, _):
        await kicked.emit("kick")
        await engine.until(lambda: not kicked.connected)
    assert engine.left == ["server disconnect"]
