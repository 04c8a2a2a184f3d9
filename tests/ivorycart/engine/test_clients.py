"""Clients that others wrote: python-socketio's and the browser's."""

import asyncio
import json
import shutil
from pathlib import Path

from tests.ivorycart.engine.running import PATIENCE, Shop, python_client


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
