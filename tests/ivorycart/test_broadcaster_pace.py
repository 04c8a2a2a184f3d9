"""The broadcaster's pace: bounded rounds, and pauses that leave half of the process to everything else."""

import asyncio
from typing import Any

import pytest

from ivorycart.stock.broadcaster import ENTRY_LIMIT, LONGEST_PAUSE, pause_after
from tests.ivorycart.broadcaster_stage import Broken, Stage, sells, settle


@pytest.mark.parametrize(
    ("spent", "pause"), [(0.0, 0.05), (0.04, 0.05), (0.05, 0.05), (0.3, 0.3), (LONGEST_PAUSE, 1.0), (7.0, 1.0)]
)
def test_a_pause_is_as_long_as_what_it_follows_within_bounds(spent: float, pause: float):
    """A tick at least; a second at most, so that no badge is older than that."""
    assert pause_after(spent, 0.05) == pause


async def test_the_pause_follows_the_time_that_sending_took_and_not_what_the_database_took():
    """Waiting costs the process nothing."""
    stage = Stage(tick=0.05)

    def send_slowly(seconds: float) -> Any:
        original = stage.outlet.send

        async def send(event: str, payload: Any, *, to: str) -> None:
            stage.now += seconds
            await original(event, payload, to=to)

        return send

    def answer_slowly() -> None:
        stage.now += 100

    stage.releases.before_answer = answer_slowly
    async with stage.running():
        for seconds in (0.015625, 0.5, 5.0):
            stage.outlet.send = send_slowly(seconds)  # type: ignore[method-assign]
            stage.move("tea", held=10)
            await settle()
            del stage.outlet.send  # type: ignore[method-assign]
    assert len(stage.releases.asked) == 3
    assert stage.pauses == [0.05, 0.5, LONGEST_PAUSE]


async def test_what_does_not_fit_goes_with_the_next_frames_oldest_first_and_newest_of_each():
    """Each frame claims no more than the first change that waits, and the last one everything."""
    names = [f"p{number}" for number in range(7)]
    stage = Stage(products=names, frame_limit=3)
    times = {}
    for name in names:
        stage.move(name, held=1)
        times[name] = stage.board.cursor
    stage.move("p0", held=2)
    stage.move("p6", held=2)
    async with stage.running():
        pass
    frames = [frame for event, _, frame in stage.outlet.sent if event == "stock"]
    assert [list(frame["items"]) for frame in frames] == [names[0:3], names[3:6], names[6:]]
    assert [frame["cursor"] for frame in frames] == [times["p3"], times["p6"], stage.board.cursor]
    assert (frames[0]["items"]["p0"][0], frames[2]["items"]["p6"][0]) == (3, 3)
    assert len(stage.pauses) == 3


async def test_what_changes_on_and_on_does_not_push_others_back():
    """It keeps its place in the queue while it waits, and queues at the end once it has been sent."""
    stage = Stage(products=["a", "b", "c"], frame_limit=1)
    for number in range(4):
        for name in ("a", "b", "c") if not number else ("a",):
            stage.move(name, held=number + 1)
        await stage.broadcaster._send_round()
    assert [list(frame) for frame in stage.outlet.frames] == [["a"], ["b"], ["c"], ["a"]]


async def test_entries_are_bounded_too_and_only_the_latest_of_each_is_told():
    """A new price for everything does not stop the levels."""
    stage = Stage(products=[f"p{number}" for number in range(ENTRY_LIMIT + 2)])
    for _ in range(2):
        for number in range(ENTRY_LIMIT + 1):
            sells(stage, f"p{number}")
    stage.move(f"p{ENTRY_LIMIT + 1}", held=1)
    await stage.broadcaster._send_round()
    events = [event for event, _, _ in stage.outlet.sent]
    assert events == ["product"] * ENTRY_LIMIT + ["stock"]
    waiting = stage.broadcaster._entries.first
    assert waiting
    assert {frame["cursor"] for event, _, frame in stage.outlet.sent if event == "stock"} == {waiting}
    await stage.broadcaster._send_round()
    assert stage.outlet.sent[-1][0] == "product"
    assert stage.outlet.sent[-1][2]["cursor"] == stage.board.cursor
    assert len(stage.outlet.sent) == ENTRY_LIMIT + 2


async def test_a_failure_in_the_midst_of_many_loses_nothing_and_no_order():
    """What was taken up is first again."""
    names = [f"p{number}" for number in range(5)]
    stage = Stage(products=names, frame_limit=2)
    for name in names:
        stage.move(name, held=1)
    stage.outlet.failures = 1
    with pytest.raises(Broken):
        await stage.broadcaster._send_round()
    async with stage.running():
        pass
    assert [list(frame) for frame in stage.outlet.frames] == [names[:2], names[2:4], names[4:]]


async def test_nothing_of_the_old_history_is_sent_after_it_was_lost():
    """Not even what a round had taken up when it failed."""
    stage = Stage()
    stage.move("tea", held=1)
    stage.outlet.gate.clear()
    stage.outlet.failures = 1
    task = asyncio.create_task(stage.broadcaster.run())
    await settle()
    stage.move("cup", held=1)
    stage.broadcaster.mark_everything()
    stage.outlet.gate.set()
    with pytest.raises(Broken):
        await task
    async with stage.running():
        pass
    assert [event for event, _, _ in stage.outlet.sent] == ["stock:snapshot"]
