"""When the next unit comes back: what was told is forgotten where a hold goes on, and asked for anew."""

import asyncio
from datetime import timedelta

from ivorycart.ledger.batch import Committed
from ivorycart.stock.releases import GRACE, Releases
from ivorycart.workers import WorkerState
from models.cart import Cart, Line
from models.commands import SetLine
from models.identity import OwnerId
from tests.ivorycart.broadcaster_stage import NOON, Stage, settle
from tests.patience import PATIENCE

LATER = NOON + timedelta(minutes=5)
ADA = OwnerId("s:ada")


async def told(stage: Stage, releases: Releases) -> None:
    """Let all tea be held until noon, everybody be told, and the hold go on."""
    assert releases.board is stage.board
    stage.releases.at = {"tea": NOON}
    stage.move("tea", held=10)
    await settle()
    stage.releases.at = {"tea": LATER}


async def test_a_hold_that_goes_on_is_told_anew():
    """Its product's last frame has the new end, though no level has moved."""
    stage = Stage()
    releases = Releases(stage.board, stage.broadcaster.mark)
    async with stage.running():
        await told(stage, releases)
        releases.forget(["tea", "cup"])
        await settle()
    assert stage.outlet.frames[-1] == {"tea": [2, LATER.isoformat()]}
    assert stage.releases.asked == [["tea"], ["tea"]]


async def test_a_cart_that_this_process_prolonged_is_heeded():
    """Others are not: their units moved."""
    stage = Stage()
    releases = Releases(stage.board, stage.broadcaster.mark)
    async with stage.running():
        await told(stage, releases)
        for extended in (False, True):
            cart = Cart(ADA, 3, (Line("tea", 2, 1),), "EUR", LATER, extended=extended)
            releases.committed([Committed(SetLine(ADA, "tea", 2), None, None, {ADA: cart})])
            await settle()
            assert len(stage.releases.asked) == 1 + extended


async def test_what_did_not_come_back_in_time_is_asked_for_again():
    """Whatever the reason was; a moment late is not too late."""
    stage = Stage()
    releases = Releases(stage.board, stage.broadcaster.mark)
    async with stage.running():
        await told(stage, releases)
        releases.look(NOON + GRACE)
        await settle()
        assert len(stage.releases.asked) == 1
        releases.look(NOON + GRACE + timedelta(seconds=1))
        await settle()
    assert stage.board.next_release == {"tea": LATER}


async def test_it_looks_until_it_is_cancelled():
    """Every second, by this process's clock."""
    stage, state = Stage(), WorkerState("releases", has_rhythm=True)
    async with stage.running():
        releases = Releases(stage.board, stage.broadcaster.mark)
        await told(stage, releases)
        run = asyncio.create_task(releases.run(state))
        async with asyncio.timeout(PATIENCE):
            while len(stage.releases.asked) < 2:
                await asyncio.sleep(0.01)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
