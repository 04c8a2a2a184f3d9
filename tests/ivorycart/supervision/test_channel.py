"""Questions and answers over a socket pair."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from ivorycart.supervision.channel import Channel, ChannelClosed
from tests.patience import PATIENCE

Pair = tuple[Channel, Channel, list[asyncio.Task[None]]]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Give two ends that hear each other. Each doubles what it is asked about, asking the other first if it is text."""
    ends: list[Channel] = []

    def answering(other: int) -> Any:
        async def answer(question: str, about: Any) -> Any:
            if question == "never":
                await asyncio.Event().wait()
            if question == "back":
                return await ends[other].ask("double", about, within=PATIENCE)
            return about * 2

        return answer

    sockets = socket.socketpair()
    ends += [Channel(sockets[0], answering(0)), Channel(sockets[1], answering(1))]
    runs = [asyncio.create_task(end.run(await end.open())) for end in ends]
    yield ends[0], ends[1], runs
    for run in runs:
        run.cancel()
    await asyncio.gather(*runs, return_exceptions=True)


async def test_many_questions_at_once_get_their_own_answers(pair: Pair) -> None:
    """Both ways, and although answering one takes a question back to whoever asked."""
    one, two, _ = pair
    asked = [end.ask("back", number, within=PATIENCE) for number in range(50) for end in (one, two)]
    assert await asyncio.gather(*asked) == [2 * number for number in range(50) for _ in range(2)]


async def test_an_answer_may_be_long(pair: Pair) -> None:
    """Longer than any buffer on the way."""
    text = "é" * 1_000_000
    assert await pair[0].ask("double", text, within=PATIENCE) == text * 2


async def test_a_question_without_an_answer_has_its_time(pair: Pair) -> None:
    """What cannot be answered is in the log of the side that should; other questions are answered as before."""
    one, two, _ = pair
    with pytest.raises(TimeoutError):
        await one.ask("never", within=0.05)
    with capture_logs() as logs, pytest.raises(TimeoutError):
        await two.ask("double", {}, within=0.2)
    assert [line["event"] for line in logs] == ["channel.no_answer"]
    assert await two.ask("double", 4, within=PATIENCE) == 8


async def test_the_end_of_one_side_is_the_end_of_the_other(pair: Pair) -> None:
    """What waits is told so, and whatever is asked later."""
    one, _, runs = pair
    waiting = asyncio.create_task(one.ask("never", within=PATIENCE))
    await asyncio.sleep(0)
    runs[1].cancel()
    with pytest.raises(ChannelClosed):
        await waiting
    await runs[0]
    with pytest.raises(ChannelClosed):
        await one.ask("double", 1, within=PATIENCE)
