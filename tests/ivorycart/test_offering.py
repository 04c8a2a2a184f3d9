"""The worker of offers: woken by what is heard, sure by what is stored."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from ivorycart.offering import AT_ONCE, INTERVAL, UNDER_WAY, Offerer
from models.commands import OfferNext
from models.errors import StorageUnavailable
from models.outcomes import Offered
from models.stock import Level

BACK = Level(5, 3, 1, 0, 4, 4)
DONE = Offered((), more=False)
MORE = Offered((), more=True)


class Stage:
    """A book, a ledger and a clock at once: what is back, what is asked, what is answered."""

    def __init__(self, *back: str) -> None:
        self.now = 100.0
        self.stored = list(back)
        self.looked = 0
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {}
        self.under_way = self.most = 0
        fakes: Any = self
        self.offerer = Offerer(fakes, fakes, clock=lambda: self.now)

    async def back(self, _limit: int) -> Sequence[str]:
        """Return what is back."""
        self.looked += 1
        if isinstance(self.answers.get("book"), Exception):
            raise self.answers["book"]
        return self.stored

    async def submit(self, command: OfferNext) -> Offered:
        """Answer as it is told."""
        assert command.limit == AT_ONCE
        self.asked.append(command.product_id)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        answer = self.answers.get(command.product_id, DONE)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]


async def test_what_is_heard_is_offered_at_once_and_once():
    """Levels with nobody who waits, or nothing to offer, are no news."""
    stage = Stage()
    await stage.offerer.step()
    for level in (Level(5, 5, 1, 0, 4, 4), Level(5, 3, 1, 0, 0, 4)):
        stage.offerer.hear("cup", level)
    assert not stage.offerer.wake.is_set()
    stage.offerer.hear("tea", BACK)
    stage.offerer.hear("tea", BACK)
    assert stage.offerer.wake.is_set()
    assert not await stage.offerer.step()
    assert (stage.asked, stage.looked) == (["tea"], 1)


async def test_what_is_stored_is_found_without_having_been_heard():
    """Every second: a process may have died with what it had heard."""
    stage = Stage("tea")
    for wait in (0, INTERVAL / 2, INTERVAL / 2):
        stage.now += wait
        await stage.offerer.step()
    assert stage.asked == ["tea", "tea"]


async def test_a_long_line_is_served_in_portions():
    """And the worker comes back for the rest at once."""
    stage = Stage()
    stage.offerer.hear("tea", BACK)
    stage.answers["tea"] = MORE
    assert await stage.offerer.step()
    stage.answers["tea"] = DONE
    assert not await stage.offerer.step()
    assert stage.asked == ["tea", "tea"]


async def test_a_ledger_that_refuses_is_not_hurried():
    """What it refused is found again by the next look; the others are offered."""
    stage = Stage()
    await stage.offerer.step()
    stage.answers |= {"tea": StorageUnavailable("away"), "cup": MORE}
    for product_id in ("tea", "cup"):
        stage.offerer.hear(product_id, BACK)
    assert not await stage.offerer.step()
    assert stage.asked == ["tea", "cup"]


async def test_a_bug_is_the_workers_failure():
    """And while the book cannot be read, nothing that was heard is forgotten."""
    stage = Stage()
    stage.offerer.hear("tea", BACK)
    stage.answers["book"] = ConnectionError("away")
    with pytest.raises(ConnectionError):
        await stage.offerer.step()
    del stage.answers["book"]
    stage.answers["tea"] = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        await stage.offerer.step()
    assert stage.asked == ["tea"]


async def test_many_lines_are_served_a_few_at_a_time():
    """The ledger has buyers to serve, too."""
    stage = Stage(*(f"p{number}" for number in range(50)))
    assert not await stage.offerer.step()
    assert (len(stage.asked), stage.most) == (50, UNDER_WAY)


async def test_what_was_not_asked_of_a_ledger_that_refuses_is_asked_next_time():
    """It is known still, and comes before what was refused and is found again."""
    names = [f"p{number}" for number in range(3 * UNDER_WAY)]
    stage = Stage(*names)
    stage.answers["p1"] = StorageUnavailable("away")
    assert not await stage.offerer.step()
    assert stage.asked == names[:UNDER_WAY]
    del stage.answers["p1"]
    stage.now += INTERVAL
    assert not await stage.offerer.step()
    assert stage.asked == [*names[:UNDER_WAY], *names[UNDER_WAY:], *names[:UNDER_WAY]]
