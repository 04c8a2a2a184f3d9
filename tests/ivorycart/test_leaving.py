"""Taking leave: serving on for a while, and until nothing is being answered."""

import asyncio
import socket

from ivorycart.leaving import Leaving
from ivorycart.listening import listen, take_waiting


async def test_it_is_quiet_when_the_last_request_is_answered() -> None:
    """Two are being answered: it is not quiet before both are."""
    leaving = Leaving()
    assert await leaving.quiet(0)
    leaving.came()
    leaving.came()
    leaving.answered()
    assert not await leaving.quiet(0)
    waiting = asyncio.create_task(leaving.quiet(60))
    await asyncio.sleep(0)
    leaving.answered()
    assert await waiting


async def test_somebody_who_hurries_ends_the_serving_on() -> None:
    """It has begun at once, and ends when it is hurried."""
    leaving, hurried = Leaving(), asyncio.Event()
    serving = asyncio.create_task(leaving.serve_on(300, hurried))
    await asyncio.sleep(0)
    assert leaving.begun
    hurried.set()
    async with asyncio.timeout(60):
        await serving


def test_what_waits_in_a_socket_is_taken_before_it_is_closed() -> None:
    """Connections that nobody has accepted are answered all the same; there may be none."""
    listener = listen("127.0.0.1", 0)
    assert take_waiting(listener) == []
    listener.listen(10)
    clients = [socket.create_connection(listener.getsockname()) for _ in range(3)]
    taken = take_waiting(listener)
    listener.close()
    assert {each.getpeername() for each in taken} == {each.getsockname() for each in clients}
    for each in taken:
        each.sendall(b"here")
    assert [each.recv(4) for each in clients] == [b"here"] * 3
    for each in (*taken, *clients):
        each.close()
