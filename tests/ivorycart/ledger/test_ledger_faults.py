"""Faults: retried where that helps, isolated where it does not, and nobody is told "failed" about what happened."""

import asyncio
from typing import Any

import pytest

from ivorycart.ledger import ledger as ledger_module
from ivorycart.ledger.ledger import MAX_STALE
from models.commands import Command, SetLine
from models.errors import InsufficientStock, Internal, Pending, StorageUnavailable
from models.faults import CommitUnknown, Contended, Rejected, Stale, Transient
from models.identity import OwnerId
from models.outcomes import CartChanged
from models.stock import Level
from tests.ivorycart.ledger.ledger_fakes import Clock, FakeStore, Running, running, until

ANNA = OwnerId("u:anna")
PATIENT = 600.0  # a deadline that no test reaches


class Bomb(Command[Any]):
    """A command whose rule is broken."""


def lines(count: int) -> list[SetLine]:
    """Ask for one unit in each of so many carts."""
    return [SetLine(OwnerId(f"u:{each}"), "tea", 1) for each in range(count)]


@pytest.mark.parametrize("step", ["on_load", "on_write", "on_commit"])
async def test_a_conflict_is_decided_anew(step: str) -> None:
    """At whatever step it shows; callers notice nothing."""
    store = FakeStore()
    getattr(store, step).extend([Transient("write conflict")] * 3)
    async with running(store, deadline=PATIENT) as it:
        outcomes = await it.ask(*lines(5))
    assert all(isinstance(each, CartChanged) for each in outcomes)
    assert len(store.committed) == 1
    assert len(store.loaded) == 4
    assert it.figure("retries_total") == 3


async def test_a_batch_that_was_held_up_takes_along_what_came_meanwhile() -> None:
    """Fewer, fuller batches: where many processes want one product, that is what lets each of them through."""
    store = FakeStore()
    store.on_write.append(Contended("somebody else wrote it"))
    store.write_gate.clear()
    async with running(store, deadline=PATIENT) as it:
        first = asyncio.create_task(it.ask(*lines(3)))
        await until(lambda: len(store.loaded) == 1)
        second = asyncio.create_task(it.ask(SetLine(ANNA, "tea", 1)))
        await until(lambda: it.ledger.waiting == 1)
        store.write_gate.set()
        await asyncio.gather(first, second)
    assert [len(each) for each in store.loaded] == [3, 4]
    assert len(store.committed) == 1


async def test_halves_of_a_batch_take_nothing_along() -> None:
    """Or the one that the store rejects would never be found while others keep coming."""
    store = FakeStore()
    poison = SetLine(ANNA, "tea", 1)
    store.on_load.extend([None, Contended("somebody else wrote it")])
    store.rejects = lambda command: Rejected("never") if command is poison else None
    store.gate.clear()
    async with running(store, deadline=PATIENT) as it:
        asked = asyncio.create_task(it.ask(poison, *lines(3)))
        await until(lambda: store.open == 1)
        late = asyncio.create_task(it.ask(*[SetLine(OwnerId(f"u:late{each}"), "tea", 1) for each in range(4)]))
        await until(lambda: it.ledger.waiting == 4)
        store.gate.set()
        outcomes = await asked
        await late
    assert [type(each) for each in outcomes] == [Internal, *[CartChanged] * 3]
    assert [len(each) for each in store.loaded if poison in each] == [4, 2, 2, 1]


async def test_who_was_held_up_by_others_leaves_the_field_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """For about as long; by a database that was away for a moment nobody is owed anything."""
    pauses: list[float] = []
    monkeypatch.setattr(ledger_module.random, "uniform", lambda *_: pauses.append(1.0) or 0.0)
    store = FakeStore()
    async with running(store, deadline=PATIENT) as it:
        for fault, owed in ((Contended("first"), 1), (Stale("a guard"), 2), (Transient("no primary"), 2)):
            store.on_write.append(fault)
            await it.ask(*lines(2))
            await it.ask(SetLine(ANNA, "tea", 1))
            assert len(pauses) == owed


async def test_who_is_held_up_again_and_again_says_so() -> None:
    """From the third time on, and only of others' doing."""
    said: list[int] = []
    store = FakeStore()
    async with running(store, deadline=PATIENT) as it:
        it.ledger.on_held_up = lambda: said.append(len(store.loaded))
        store.on_write.extend([Transient("no primary")] * 5)
        await it.ask(SetLine(ANNA, "tea", 1))
        assert said == []
        store.loaded.clear()
        store.on_write.extend([Contended("somebody else wrote it")] * 4)
        await it.ask(SetLine(ANNA, "tea", 2))
    assert said == [3, 4]


async def test_who_hears_that_others_are_held_up_leaves_them_a_turn(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """After each commit, for as long as that is fresh; what was decided ahead is decided anew then."""
    pauses: list[float] = []
    monkeypatch.setattr(ledger_module.random, "uniform", lambda *_: pauses.append(1.0) or 0.0)
    async with running(FakeStore(), deadline=PATIENT) as it:
        await it.ask(SetLine(ANNA, "tea", 1))
        it.ledger.leave_a_turn()
        await it.ask(SetLine(ANNA, "tea", 2))
        await it.ask(SetLine(ANNA, "tea", 3))
        assert len(pauses) >= 1
        clock.forward(1)
        await it.ask(SetLine(ANNA, "tea", 4))
        before = len(pauses)
        await it.ask(SetLine(ANNA, "tea", 5))
        assert len(pauses) == before


@pytest.mark.parametrize(("later", "pauses"), [(0.0, True), (1.0, False)])
async def test_the_field_is_left_from_the_commit_on_and_not_from_the_next_batch(
    *, later: float, pauses: bool, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who comes when that time is over does not wait for anybody."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    monkeypatch.setattr(clock, "sleep", sleep, raising=False)
    store = FakeStore()
    store.advance = lambda: clock.forward(0.1)
    async with running(store, deadline=PATIENT) as it:
        it.ledger.leave_a_turn()
        await it.ask(SetLine(ANNA, "tea", 1))
        clock.forward(later)
        slept.clear()
        await it.ask(SetLine(ANNA, "tea", 2))
    assert (max(slept) > 0) is pauses


async def test_a_retry_decides_on_what_is_there_by_then() -> None:
    """What was available at first may be gone: then the answer is the refusal."""
    store = FakeStore(stock=1)
    store.on_write.append(Transient("somebody else bought it"))
    store.gate.clear()
    async with running(store, deadline=PATIENT) as it:
        asked = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))

        def sell_out() -> None:
            store.levels["tea"] = Level(0, 0, 1, 0)

        store.rejects = lambda _: sell_out() if store.written else None
        store.gate.set()
        with pytest.raises(InsufficientStock):
            await asked
    assert not store.carts


async def test_a_broken_rule_fails_alone() -> None:
    """Its neighbours in the batch go on, in the same commit."""
    async with running(FakeStore()) as it:
        before, bomb, after = await it.ask(SetLine(ANNA, "tea", 1), Bomb(), SetLine(OwnerId("u:ben"), "tea", 1))
    assert isinstance(bomb, Internal)
    assert isinstance(before, CartChanged)
    assert isinstance(after, CartChanged)
    assert len(it.store.committed) == 1


@pytest.mark.parametrize("poison", [0, 7, 12])
async def test_the_one_that_the_store_rejects_is_found_by_halving(poison: int) -> None:
    """The others are committed, each once."""
    store = FakeStore()
    commands = lines(13)
    store.rejects = lambda command: Rejected("validator") if command == commands[poison] else None
    async with running(store, deadline=PATIENT) as it:
        outcomes = await it.ask(*commands)
    assert [index for index, each in enumerate(outcomes) if isinstance(each, Internal)] == [poison]
    assert sum(isinstance(each, CartChanged) for each in outcomes) == 12
    assert store.levels["tea"] == Level(1000, 12, 12, 0)
    assert it.figure("splits_total") > 0


async def test_two_that_the_store_rejects_are_both_found() -> None:
    """Wherever they stand."""
    store = FakeStore()
    commands = lines(16)
    poison = {commands[2], commands[11]}
    store.rejects = lambda command: Rejected("validator") if command in poison else None
    async with running(store, deadline=PATIENT) as it:
        outcomes = await it.ask(*commands)
    assert [index for index, each in enumerate(outcomes) if isinstance(each, Internal)] == [2, 11]


async def test_a_document_at_odds_with_the_ledger_fails_alone() -> None:
    """Stale once is a conflict; stale again and again is a poison, and is split off like one."""
    store = FakeStore()
    commands = lines(4)
    store.rejects = lambda command: Stale("guard") if command == commands[3] else None
    async with running(store, deadline=PATIENT) as it:
        outcomes = await it.ask(*commands)
    assert [type(each) for each in outcomes] == [CartChanged] * 3 + [Internal]
    assert len([batch for batch in store.loaded if len(batch) == 4]) == MAX_STALE


async def test_a_guard_that_settles_is_no_poison() -> None:
    """One time less than too often; a conflict in between starts the count anew."""
    store = FakeStore()
    few = [Stale("guard")] * (MAX_STALE - 1)
    store.on_write.extend([*few, Transient("conflict"), *few])
    async with running(store, deadline=PATIENT) as it:
        (outcome,) = await it.ask(*lines(1))
    assert isinstance(outcome, CartChanged)
    assert it.figure("splits_total") == 0


async def test_a_commit_without_an_answer_is_repeated() -> None:
    """The same transaction, not a new one."""
    store = FakeStore()
    store.on_commit.extend([CommitUnknown("connection closed")] * 3)
    async with running(store, deadline=PATIENT) as it:
        outcomes = await it.ask(*lines(5))
    assert all(isinstance(each, CartChanged) for each in outcomes)
    assert (len(store.loaded), len(store.written), store.commits) == (1, 1, 4)
    assert it.figure("unknown_commits_total") == 3


async def test_a_commit_that_turns_out_not_to_have_happened_is_decided_anew() -> None:
    """The server said so in the end."""
    store = FakeStore()
    store.on_commit.extend([CommitUnknown("connection closed"), Transient("no such transaction")])
    async with running(store, deadline=PATIENT) as it:
        (outcome,) = await it.ask(*lines(1))
    assert isinstance(outcome, CartChanged)
    assert store.levels["tea"].held == 1


async def test_past_the_deadline_an_unknown_commit_is_pending(clock: Clock) -> None:
    """Never "failed"; nothing is published, and the ledger goes on."""
    store = FakeStore()
    store.advance = lambda: clock.forward(6)
    store.on_commit.extend([CommitUnknown("connection closed")] * 2)
    async with running(store, deadline=10) as it:
        (outcome,) = await it.ask(SetLine(ANNA, "tea", 1))
        assert isinstance(outcome, Pending)
        assert it.published == []
        store.advance = lambda: None
        assert isinstance((await it.ask(SetLine(ANNA, "tea", 2)))[0], CartChanged)


async def test_a_younger_caller_waits_on_while_an_older_one_hears_pending(clock: Clock) -> None:
    """Each has its own deadline; what was committed in the end is published whole: it happened."""
    store = FakeStore()
    store.gate.clear()
    it = Running(store, deadline=10)
    first = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))
    await asyncio.sleep(0)
    clock.forward(6)
    second = asyncio.create_task(it.ledger.submit(SetLine(OwnerId("u:ben"), "tea", 1)))
    await asyncio.sleep(0)
    store.on_commit.append(CommitUnknown("connection closed"))
    store.advance = lambda: clock.forward(5) if store.commits == 1 else None
    run = asyncio.create_task(it.ledger.run())
    store.gate.set()
    with pytest.raises(Pending):
        await first
    assert (await second).cart.units == 1
    it.ledger.close()
    await run
    assert [len(each) for each in it.published] == [2]


@pytest.mark.parametrize("stuck", ["gate", "write_gate"])
async def test_a_database_that_hangs_keeps_nobody_beyond_the_deadline(stuck: str, clock: Clock) -> None:
    """Neither those whose batch hangs nor those behind it; what they were told was not done is not done later."""
    store = FakeStore()
    gate = getattr(store, stuck)
    gate.clear()
    async with running(store, deadline=10) as it:
        first = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))
        await until(lambda: store.open)
        clock.forward(3)
        behind = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 5)))
        await asyncio.sleep(0)
        clock.forward(8)
        with pytest.raises(StorageUnavailable):
            await first
        assert not behind.done()
        clock.forward(3)
        with pytest.raises(StorageUnavailable):
            await behind
        later = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 2)))
        gate.set()
        assert (await later).cart.units == 2
    assert store.commits == 1
    assert [len(each) for each in it.published] == [1]


async def test_a_commit_that_hangs_is_pending_at_the_deadline_and_told_once_it_is_certain(clock: Clock) -> None:
    """It happened in the end: nobody was told "failed", and it is published."""
    store = FakeStore()
    store.commit_gate.clear()
    async with running(store, deadline=10) as it:
        asked = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))
        await until(lambda: store.commits)
        clock.forward(11)
        with pytest.raises(Pending):
            await asked
        store.commit_gate.set()
        await until(lambda: it.published)
    assert store.carts[ANNA].units == 1


async def test_a_commit_that_did_not_happen_is_not_pending(clock: Clock) -> None:
    """Its next try hangs before its commit: then nothing was done, and that is what is said."""
    store = FakeStore()
    store.on_commit.append(Transient("write conflict"))
    store.advance = store.gate.clear
    async with running(store, deadline=10) as it:
        asked = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))
        await until(lambda: store.commits and store.open)
        clock.forward(11)
        with pytest.raises(StorageUnavailable):
            await asked
        store.gate.set()
    assert store.committed == []


async def test_retries_end_at_the_deadline(clock: Clock) -> None:
    """A database that stays away is "unavailable": no commit was ever sent."""
    store = FakeStore()
    store.on_load.extend([Transient("no primary")] * 1000)
    async with running(store, deadline=10) as it:
        asked = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))
        await until(lambda: len(store.loaded) > 1)
        clock.forward(11)
        with pytest.raises(StorageUnavailable):
            await asked
        store.on_load.clear()
    assert store.commits == 0


@pytest.mark.parametrize("step", ["on_load", "on_write", "on_commit"])
async def test_a_crash_inside_the_store_is_pending_and_the_ledger_goes_on(step: str) -> None:
    """Nobody here knows whether it happened."""
    store = FakeStore()
    getattr(store, step).append(RuntimeError("a bug"))
    async with running(store) as it:
        outcomes = await it.ask(*lines(3))
        assert all(isinstance(each, Pending) for each in outcomes)
        assert it.published == []
        assert isinstance((await it.ask(SetLine(ANNA, "tea", 1)))[0], CartChanged)


async def test_a_listener_that_fails_harms_nobody() -> None:
    """Callers have their answers, and the next batch is committed."""

    def broken(_: object) -> None:
        raise RuntimeError("a bug")

    async with running(FakeStore(), on_commit=broken) as it:
        assert isinstance((await it.ask(SetLine(ANNA, "tea", 1)))[0], CartChanged)
        assert isinstance((await it.ask(SetLine(ANNA, "tea", 2)))[0], CartChanged)


async def test_a_ledger_that_is_torn_down_leaves_no_caller_waiting() -> None:
    """Those under way hear "pending", those in the queue that nothing was done, newcomers the same."""
    store = FakeStore()
    store.gate.clear()
    it = Running(store, max_commands=1)
    run = asyncio.create_task(it.ledger.run())
    callers = [asyncio.create_task(it.ledger.submit(command)) for command in lines(2)]
    await until(lambda: store.open)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(each) for each in answers] == [Pending, StorageUnavailable]
    with pytest.raises(StorageUnavailable):
        await it.ledger.submit(SetLine(ANNA, "tea", 1))


async def test_a_thousand_retries_do_not_break_the_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two to the power of a thousand is no pause."""
    monkeypatch.setattr(ledger_module, "MAX_BACKOFF", 0.0)
    store = FakeStore()
    store.on_load.extend([Transient("no primary")] * 1100)
    async with running(store, deadline=PATIENT) as it:
        assert isinstance((await it.ask(SetLine(ANNA, "tea", 1)))[0], CartChanged)
