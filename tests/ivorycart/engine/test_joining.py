"""Connect and leave: who is let in, what they see first, and who hears of their end."""

import pytest
from aiohttp import WSMsgType

from tests.ivorycart.engine.running import RunningEngine, raw
from tests.patience import PATIENCE


async def test_nothing_overtakes_the_answer_to_connect(engine: RunningEngine) -> None:
    """What the connect handler emits arrives after CONNECT."""
    async with raw(engine) as client:
        await client.send('40{"session":"s"}', '421["echo",1]')
        assert (await client.text()).startswith('40{"sid":')
        assert await client.text() == '42["welcome",{"session":"s"}]'
        assert await client.text() == "431[1]"


async def test_who_is_refused_sees_the_reason_and_nothing_else(engine: RunningEngine) -> None:
    """CONNECT_ERROR with the handler's data, then the end; nothing emitted meanwhile is shown."""
    async with raw(engine) as client:
        await client.send('40{"refuse":true}', '421["echo",1]')
        assert await client.text() == '44{"message":"not today","data":{"code":"forbidden"}}'
        assert (await client.ws.receive(timeout=PATIENCE)).type is WSMsgType.CLOSE
    assert engine.left == []


async def test_a_connect_handler_that_fails_refuses(
    engine: RunningEngine, logs_faults: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The client gets a CONNECT_ERROR without details, the log the traceback."""
    async with raw(engine) as client:
        await client.send('40{"crash":true}')
        assert await client.text() == '44{"message":"Connection failed"}'
        assert await client.close_code() == 1000
    assert "LookupError" in caplog.text


async def test_leaving_while_the_connect_handler_runs_is_told_once(engine: RunningEngine) -> None:
    """The disconnect handler runs after the connect handler, exactly once."""
    async with raw(engine) as client:
        await client.send('40{"wait":true}')
        await engine.until(lambda: len(engine.joined) == 1)
    await engine.until(lambda: not engine.sio.environ)
    assert engine.left == []
    engine.gate.set()
    await engine.until(lambda: engine.left == ["transport close"])
    await engine.until(lambda: not engine.sio.eio.sockets)


@pytest.mark.parametrize(("packet", "reason"), [("41", "client disconnect"), ("1", "client disconnect")])
async def test_a_client_may_say_goodbye(engine: RunningEngine, packet: str, reason: str) -> None:
    """DISCONNECT and Engine.IO's close end the connection with a normal close."""
    async with raw(engine) as client:
        await client.join()
        await client.send(packet)
        assert await client.close_code() == 1000
    await engine.until(lambda: engine.left == [reason])


async def test_a_kicked_client_is_told_and_gone(engine: RunningEngine) -> None:
    """`disconnect` sends DISCONNECT and closes the connection, so nobody stays who was sent away."""
    async with raw(engine) as client:
        await client.join()
        await client.send('42["kick"]')
        assert await client.text() == "41"
        assert await client.close_code() == 1000
    assert engine.left == ["server disconnect"]


async def test_the_connect_handler_sees_the_peer_and_headers_as_sent(engine: RunningEngine) -> None:
    """The peer's address is the connection's; forwarded headers are kept apart; the rest is dropped afterwards."""
    headers = {"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "198.51.100.1", "User-Agent": "test/1"}
    async with raw(engine, headers=headers) as client:
        await client.join()
        environ = engine.environs[0]
        assert environ["REMOTE_ADDR"] == "127.0.0.1"
        assert environ["HTTP_X_FORWARDED_FOR"] == "203.0.113.9"
        assert environ["HTTP_USER_AGENT"] == "test/1"
        assert list(engine.sio.environ.values()) == [{"REMOTE_ADDR": "127.0.0.1"}]
