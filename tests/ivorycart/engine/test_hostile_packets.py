"""Packets that no honest client sends: a few are forgiven, the rest closes."""

import pytest
from aiohttp import WSMsgType

from ivorycart.engine import (
    Refusal,
)
from tests.ivorycart.engine.running import RunningEngine, raw


async def test_64_kib_is_the_largest_message(engine: RunningEngine) -> None:
    """65,536 bytes pass; one more closes with 1009."""
    padding = 65_536 - len('427["echo",""]')
    async with raw(engine, max_msg_size=0) as client:
        await client.join()
        assert await client.ask("echo", "x" * padding) == "x" * padding
        await client.send(f'427["echo","{"x" * (padding + 1)}"]')
        assert await client.close_code() == 1009
    await engine.until(lambda: engine.left == ["transport close"])
    assert engine.sio.refusals == {Refusal.UNREADABLE: 1}


async def test_a_refused_message_leaves_the_close_code_readable(engine: RunningEngine) -> None:
    """Also after 8 MiB in flight the client reads 1009, not a reset connection."""
    async with raw(engine) as client:
        await client.join()
        await client.send("4" * 8_388_608)
        assert await client.close_code() == 1009


MALFORMED = [
    "", "4", "4x", "49", "42", "42[]", "42{}", "42[1]", "42[null]", "42[[]]", '42"x"', "42[", '42["echo",NaN]',
    '42["echo",1e999]', '42["echo",' + "[" * 50 + "]" * 50 + "]", "42" + "[" * 3000,
    "4" + "9" * 5000 + "[]", "42" + "1" * 17 + '["echo"]', "42²[]", "40", "40{}", "40[1]", '40"x"', "401{}", "41{}",
    "43", "43[]", "430[]", "431{}", '44{"message":"x"}', '42/admin,["echo"]', "41/admin,", "0{}", "2", "2probe",
    "3probe", "5", "6", "7", "b4AAA", "hello", "1x",
]  # fmt: skip


@pytest.mark.parametrize("packet", MALFORMED, ids=[p[:24] for p in MALFORMED])
async def test_five_malformed_packets_close_the_socket(engine: RunningEngine, packet: str) -> None:
    """Four are forgiven and change nothing; the fifth closes with 1002."""
    async with raw(engine) as client:
        await client.join()
        await client.send(*[packet] * 4)
        assert await client.ask("echo", "still here") == "still here"
        await client.send(packet)
        assert await client.close_code() == 1002
    await engine.until(lambda: engine.left == ["malformed"])
    assert engine.joined == [None]  # the connect handler ran once, whatever CONNECTs followed
    assert engine.sio.refusals == {Refusal.MALFORMED: 5}


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
async def test_reserved_events_and_binary_close_at_once(engine: RunningEngine, packet: str | bytes, code: int) -> None:
    """Forged lifecycle events and attachments are not forgiven once."""
    async with raw(engine) as client:
        await client.join()
        await (client.ws.send_bytes(packet) if isinstance(packet, bytes) else client.send(packet))
        assert await client.close_code() == code
    await engine.until(lambda: len(engine.left) == 1)
    assert len(engine.joined) == 1


async def test_text_that_is_not_utf8_closes(engine: RunningEngine) -> None:
    """A text frame with broken UTF-8 closes with 1007."""
    async with raw(engine) as client:
        await client.ws.send_frame(b'42["echo","\xff"]', WSMsgType.TEXT)
        assert await client.close_code() == 1007


async def test_another_namespace_is_refused_and_the_own_one_stays(engine: RunningEngine) -> None:
    """CONNECT_ERROR for /admin, as Socket.IO answers; / goes on."""
    async with raw(engine) as client:
        await client.join()
        await client.send('40/admin,{"token":"x"}')
        assert await client.text() == '44/admin,{"message":"Invalid namespace"}'
        assert await client.ask("echo", 1) == 1
    assert engine.joined == [None]


async def test_a_forged_ack_harms_nobody(engine: RunningEngine) -> None:
    """Ack 0 would destroy python-socketio's counter; unknown and repeated acks are ignored."""
    async with raw(engine) as client:
        await client.join()
        await client.send('425["ask",1]')
        assert await client.text() == '421["question",1]'
        await client.send("430[]", "4399[1]", "431[2]", "431[3]")
        assert await client.text() == "435[2]"
        await client.send('426["ask",2]')
        assert await client.text() == '422["question",2]'
        await client.send("432[3]")
        assert await client.text() == "436[3]"
