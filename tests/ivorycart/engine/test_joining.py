"""Connect and leave: who is let in, what they see first, and who hears of their end."""

import pytest
from aiohttp import WSMsgType

from tests.ivorycart.engine.running import PATIENCE, Shop, raw


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
