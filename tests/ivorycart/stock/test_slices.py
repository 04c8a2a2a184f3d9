"""Slices: long work lets others run, short work is not held up."""

import asyncio

from ivorycart.stock.slices import Slices


async def test_others_run_once_the_slice_is_used_up_and_not_before():
    """A hundred steps of a millisecond in slices of ten let others in ten times."""
    now, turns = 0.0, 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    slices = Slices(10, clock=lambda: now)
    for _ in range(100):
        now += 1
        await slices.breathe()
    assert turns == 10
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
