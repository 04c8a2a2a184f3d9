"""Events and their answers: order, bounds, acks and errors."""

import asyncio
import json
from typing import Any

import pytest

from ivorycart.engine import (
    Limits,
    Refusal,
)
from tests.ivorycart.engine.running import RunningEngine, raw, serving


async def test_events_start_in_order_and_a_few_at_once() -> None:
    """Two run, three wait in the order of arrival, the sixth closes the socket."""
    async with serving(limits=Limits(handlers_at_once=2, events_waiting=3)) as engine:
        async with raw(engine) as client:
            await client.join()
            await client.send(*(f'42{n}["slow",{n}]' for n in range(1, 6)))
            await engine.until(lambda: engine.started == [1, 2])
            engine.gate.set()
            answers = [await client.text() for _ in range(5)]
            assert engine.started == [1, 2, 3, 4, 5]
            assert sorted(answers) == [f'43{n}[{{"ok":true,"number":{n}}}]' for n in range(1, 6)]
            engine.gate.clear()
            await client.send(*(f'42{n}["slow",{n}]' for n in range(1, 7)))
            assert await client.close_code() == 1008
        assert engine.sio.refusals == {Refusal.EVENT_OVERFLOW: 1}
        assert engine.started == [1, 2, 3, 4, 5, 1, 2]
        engine.gate.set()


async def test_events_of_many_sockets_start_in_each_ones_order(engine: RunningEngine) -> None:
    """A burst is handled in its order although handlers overlap."""
    engine.gate.set()
    async with raw(engine) as client:
        await client.join()
        await client.send(*(f'42["slow",{n}]' for n in range(100)))
        await engine.until(lambda: len(engine.started) == 100)
    assert engine.started == list(range(100))


async def test_a_burst_of_quick_events_is_no_overflow(engine: RunningEngine) -> None:
    """Handlers get their turn while a burst is read: 1,000 in one piece are all answered, in order."""
    async with raw(engine) as client:
        await client.join()
        await client.send(*(f'42{n}["echo",{n}]' for n in range(1, 1001)))
        assert [await client.text() for _ in range(1000)] == [f"43{n}[{n}]" for n in range(1, 1001)]


async def test_an_idle_socket_has_no_task(engine: RunningEngine) -> None:
    """Neither the web server's nor one of its own: there is nothing that somebody could cancel or forget."""
    async with raw(engine) as client:
        await client.join()
        await engine.until(lambda: not serving_tasks())
        assert await client.ask("echo", 1) == 1


def serving_tasks() -> list[str]:
    """Return the tasks of the server's side that wait for this one socket."""
    names = ("RequestHandler.start", "_handle_request", "SocketServer", "EngineServer", "Connection")
    tasks = [repr(task.get_coro()) for task in asyncio.all_tasks()]
    return [task for task in tasks if any(name in task for name in names)]


async def test_an_event_that_nobody_knows_is_answered(engine: RunningEngine) -> None:
    """By ack where one is wanted, else as an `error` event."""
    error = {"code": "not_found", "message": "There is no such event.", "details": {}}
    async with raw(engine) as client:
        await client.join()
        for name in ("no-such-event", "*", ""):
            assert await client.ask(name, {}) == {"ok": False, "error": error}
        await client.send('42["no-such-event"]')
        assert json.loads((await client.text())[2:]) == ["error", error]


async def test_a_refusal_without_ack_becomes_an_error_event(engine: RunningEngine) -> None:
    """A handler returns the same refusal either way."""
    async with raw(engine) as client:
        await client.join()
        assert (await client.ask("refuse"))["error"]["code"] == "conflict"
        await client.send('42["refuse"]')
        assert await client.text() == '42["error",{"code":"conflict","message":"no","details":{}}]'


async def test_a_wrong_number_of_arguments_never_reaches_the_handler(engine: RunningEngine) -> None:
    """Too few or too many answer `validation`."""
    async with raw(engine) as client:
        await client.join()
        assert (await client.ask("echo"))["error"]["code"] == "validation"
        assert (await client.ask("echo", 1, 2, 3))["error"]["code"] == "validation"


async def test_a_handler_that_fails_is_logged_and_answered(
    engine: RunningEngine, logs_faults: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The client hears `internal` and no details; the socket goes on."""
    async with raw(engine) as client:
        await client.join()
        assert (await client.ask("crash"))["error"]["code"] == "internal"
        assert await client.ask("echo", 1) == 1
    assert "LookupError" in caplog.text


async def test_the_applications_handler_for_unknown_events_gets_them_all(engine: RunningEngine) -> None:
    """One literally named `*` included: it is as unknown as any other, and counts like any other."""
    heard: list[tuple[str, Any]] = []

    def catch_all(name: str, _sid: str, *args: Any) -> dict[str, Any]:
        heard.append((name, args))
        return {"ok": False, "error": {"code": "rate_limited", "message": name, "details": {}}}

    engine.sio.on("*", catch_all)
    async with raw(engine) as client:
        await client.join()
        for name in ("hm", "*", ""):
            assert (await client.ask(name, 1))["error"]["message"] == name
        await client.send('42["*",1]')
        assert (await client.text()).startswith('42["error",{"code":"rate_limited"')
        assert await client.ask("echo", "known") == "known"
    assert heard == [("hm", (1,)), ("*", (1,)), ("", (1,)), ("*", (1,))]


async def test_a_handler_may_take_any_arguments(engine: RunningEngine) -> None:
    """Optional and variable ones; one that needs what no client can give is never called."""

    def needs_more(_sid: str, *, secret: str) -> str:
        return secret

    engine.sio.on("some", lambda _sid, first, second="two": [first, second])
    engine.sio.on("many", lambda _sid, *args: list(args))
    engine.sio.on("never", needs_more)
    async with raw(engine) as client:
        await client.join()
        assert await client.ask("some", 1) == [1, "two"]
        assert await client.ask("some", 1, 2) == [1, 2]
        assert await client.ask("many", 1, 2, 3) == [1, 2, 3]
        for event, args in (("some", ()), ("some", (1, 2, 3)), ("never", ())):
            assert (await client.ask(event, *args))["error"]["code"] == "validation"


async def test_an_answer_of_several_parts_is_several_arguments(engine: RunningEngine) -> None:
    """A tuple is spread, None is nothing, a list stays one; as python-socketio has it."""
    answers = {"pair": (1, 2), "nothing": None, "list": [1, 2]}
    for name, answer in answers.items():
        engine.sio.on(name, lambda _sid, answer=answer: answer)
    async with raw(engine) as client:
        await client.join()
        for number, name in enumerate(answers, 1):
            await client.send(f'42{number}["{name}"]')
        assert [await client.text() for _ in answers] == ["431[1,2]", "432[]", "433[[1,2]]"]


async def test_acks_of_clients_reach_their_own_callbacks(engine: RunningEngine, logs_faults: None) -> None:
    """Plain ones and coroutines, one for each client asked; a callback that fails harms nobody."""
    heard: list[Any] = []

    async def later(*args: Any) -> None:
        heard.append(args)

    def fails(*_args: Any) -> None:
        raise LookupError("the callback's own fault")

    async with raw(engine) as client:
        await client.join()
        (sid,) = engine.sio.manager.members
        for callback in (heard.append, later, fails):
            await engine.sio.emit("question", to=sid, callback=callback)
        await engine.sio.emit("question", room=None, callback=later)
        for number in range(1, 5):
            assert await client.text() == f'42{number}["question"]'
            await client.send(f"43{number}[{number}]", f"43{number}[99]")
        assert await client.ask("echo", 1) == 1
        await engine.until(lambda: len(heard) == 3)
        assert heard == [1, (2,), (4,)]
