"""Deciding ahead: while one batch is written the next one is decided on it, and nobody can tell but by the clock."""

import asyncio
from typing import Any

import pytest

from models.commands import CancelOrder, Command, SetLine
from models.errors import InsufficientStock, NotFound, Pending, StorageUnavailable
from models.faults import CommitUnknown, Rejected, Transient
from models.identity import OwnerId
from models.outcomes import CartChanged
from tests.ivorycart.ledger.ledger_fakes import Clock, FakeStore, Running, running, until
from tests.movers import AN_ADMIN

SIZE = 4


def lines(count: int, first: int = 0, quantity: int = 1) -> list[Command[Any]]:
    """Make commands of so many carts."""
    return [SetLine(OwnerId(f"u:{each}"), "tea", quantity) for each in range(first, first + count)]


async def submitted(it: Running, *commands: Command[Any]) -> "list[asyncio.Task[Any]]":
    """Submit in this order, without waiting for answers."""
    tasks = [asyncio.create_task(it.ledger.submit(command)) for command in commands]
    await asyncio.sleep(0)
    return tasks


async def answers(tasks: "list[asyncio.Task[Any]]") -> list[Any]:
    """Return outcomes and refusals."""
    return await asyncio.gather(*tasks, return_exceptions=True)


async def two_batches(it: Running, second: list[Command[Any]]) -> "list[asyncio.Task[Any]]":
    """Have one batch stopped where it is written, and a second one decided ahead; return all their callers."""
    it.store.write_gate.clear()
    tasks = await submitted(it, *lines(SIZE))
    await until(lambda: len(it.store.loaded) == 1)
    tasks += await submitted(it, *second)
    await until(lambda: it.store.prepared)
    return tasks


async def test_the_next_batch_is_decided_while_one_is_written() -> None:
    """It was read once, before the first one's commit, and committed as decided."""
    async with running(FakeStore(), max_commands=SIZE) as it:
        tasks = await two_batches(it, lines(SIZE, first=SIZE))
        assert it.store.commits == 0
        it.store.write_gate.set()
        outcomes = await answers(tasks)
    assert all(isinstance(each, CartChanged) for each in outcomes)
    assert [len(batch) for batch in it.store.loaded] == [SIZE, SIZE]
    assert it.figure("ahead_total") == 1
    assert it.figure("retries_total") == 0


async def test_it_is_decided_on_what_the_one_in_flight_will_leave() -> None:
    """The last units are gone already, and a cart goes on from its next revision."""
    async with running(FakeStore(stock=SIZE + 1), max_commands=SIZE) as it:
        again = SetLine(OwnerId("u:0"), "tea", 2)
        tasks = await two_batches(it, [again, *lines(SIZE - 1, first=SIZE)])
        it.store.write_gate.set()
        outcomes = await answers(tasks)
    assert outcomes[SIZE].cart.revision == 2
    assert all(isinstance(each, InsufficientStock) for each in outcomes[SIZE + 1 :])
    assert it.store.levels["tea"].available == 0


async def test_nothing_is_looked_at_ahead_while_little_waits() -> None:
    """It would make two batches of what can be one."""
    async with running(FakeStore(), max_commands=SIZE) as it:
        it.store.write_gate.clear()
        tasks = await submitted(it, *lines(SIZE))
        await until(lambda: len(it.store.loaded) == 1)
        tasks += await submitted(it, *lines(SIZE - 1, first=SIZE))
        it.store.write_gate.set()
        await answers(tasks)
    assert it.store.looked_ahead == []


async def test_batches_of_one_are_not_decided_ahead_and_end() -> None:
    """Half of one command is none: there is nothing to gather."""
    async with running(FakeStore(), max_commands=1) as it:
        outcomes = await answers(await submitted(it, *lines(3)))
    assert all(isinstance(each, CartChanged) for each in outcomes)
    assert (it.store.looked_ahead, it.store.commits) == ([], 3)


async def test_what_was_waiting_already_is_looked_at_from_half_a_batch_on() -> None:
    """So a steady load keeps both busy."""
    async with running(FakeStore(), max_commands=SIZE) as it:
        it.store.gate.clear()
        tasks = await submitted(it, *lines(SIZE))
        await until(lambda: it.store.open)
        tasks += await submitted(it, *lines(SIZE // 2, first=SIZE))
        it.store.gate.set()
        await answers(tasks)
    assert [len(batch) for batch in it.store.looked_ahead] == [SIZE // 2]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        ("on_write", Transient("conflict")),
        ("on_write", Rejected("no")),
        ("on_commit", Transient("conflict")),
        ("on_commit", CommitUnknown("lost")),
    ],
)
async def test_where_the_one_in_flight_fails_the_next_is_decided_anew(step: str, fault: Exception) -> None:
    """What it was decided on did not come about; a commit that is only unknown for a while harms nothing."""
    store = FakeStore()
    async with running(store, max_commands=SIZE) as it:
        tasks = await two_batches(it, lines(SIZE, first=SIZE))
        getattr(store, step).append(fault)
        store.write_gate.set()
        outcomes = await answers(tasks)
    assert all(isinstance(each, CartChanged) for each in outcomes)
    assert store.levels["tea"].held == 2 * SIZE
    assert [each.cart.revision for each in outcomes] == [1] * 2 * SIZE


async def test_a_commit_unknown_to_the_end_takes_nothing_with_it(clock: Clock) -> None:
    """Its callers hear pending; the batch behind it is decided on what is there."""
    store = FakeStore()
    async with running(store, max_commands=SIZE, deadline=10) as it:
        store.write_gate.clear()
        first = await submitted(it, *lines(SIZE))
        await until(lambda: len(store.loaded) == 1)
        clock.forward(5)
        second = await submitted(it, *lines(SIZE, first=SIZE))
        await until(lambda: store.prepared)
        store.advance = lambda: clock.forward(6) if store.commits == 1 else None
        store.on_commit.append(CommitUnknown("lost"))
        store.write_gate.set()
        assert all(isinstance(each, Pending) for each in await answers(first))
        assert all(isinstance(each, CartChanged) for each in await answers(second))
    assert store.levels["tea"].held == SIZE


async def test_what_waited_too_long_is_not_committed_as_it_was_foreseen(clock: Clock) -> None:
    """The commit before took its time: it is pending, and those behind it hear that nothing was done."""
    store = FakeStore()
    async with running(store, max_commands=SIZE, deadline=10) as it:
        tasks = await two_batches(it, lines(SIZE, first=SIZE))
        store.advance = lambda: clock.forward(11)
        store.write_gate.set()
        outcomes = await answers(tasks)
    assert [type(each) for each in outcomes] == [Pending] * SIZE + [StorageUnavailable] * SIZE
    assert (store.levels["tea"].held, [len(each) for each in it.published]) == (SIZE, [SIZE])


async def test_what_another_process_changed_meanwhile_is_seen() -> None:
    """The batch is decided anew, and for a while nothing is decided ahead."""
    store = FakeStore(stock=10)
    async with running(store, max_commands=SIZE) as it:
        tasks = await two_batches(it, lines(SIZE, first=SIZE))

        def sell_elsewhere() -> None:
            store.meanwhile = lambda: None
            store.levels["tea"] = store.levels["tea"]._replace(stock=6)

        store.meanwhile = sell_elsewhere
        store.write_gate.set()
        outcomes = await answers(tasks)
        assert it.figure("retries_total") == 1
        await answers(await two_batches_plainly(it))
    assert [isinstance(each, CartChanged) for each in outcomes] == [True] * 6 + [False] * 2
    assert len(store.looked_ahead) == 1


async def two_batches_plainly(it: Running) -> "list[asyncio.Task[Any]]":
    """Submit enough for looking ahead."""
    return await submitted(it, *lines(3 * SIZE, first=100))


@pytest.mark.parametrize("fault", [Transient("no primary"), Rejected("unreadable"), RuntimeError("a bug")])
async def test_what_cannot_be_read_ahead_is_read_in_its_turn(fault: Exception) -> None:
    """Looking ahead is only ever a help."""
    store = FakeStore()
    store.on_look_ahead.append(fault)
    async with running(store, max_commands=SIZE) as it:
        store.write_gate.clear()
        tasks = await submitted(it, *lines(SIZE))
        await until(lambda: len(store.loaded) == 1)
        tasks += await submitted(it, *lines(SIZE, first=SIZE))
        await until(lambda: store.looked_ahead)
        store.write_gate.set()
        outcomes = await answers(tasks)
    assert all(isinstance(each, CartChanged) for each in outcomes)


async def test_what_reads_orders_by_their_id_waits_for_its_turn() -> None:
    """An order is written without a guard that could be checked later."""
    async with running(FakeStore(), max_commands=SIZE) as it:
        it.store.write_gate.clear()
        tasks = await submitted(it, *lines(SIZE))
        await until(lambda: len(it.store.loaded) == 1)
        cancel = CancelOrder("0" * 24, AN_ADMIN, "changed my mind")
        tasks += await submitted(it, *lines(SIZE - 1, first=SIZE), cancel)
        it.store.write_gate.set()
        outcomes = await answers(tasks)
    assert isinstance(outcomes[-1], NotFound)
    assert it.store.looked_ahead == []


async def test_a_poisonous_command_decided_ahead_fails_alone() -> None:
    """The store refuses the batch; it is halved as ever."""
    store = FakeStore()
    async with running(store, max_commands=SIZE) as it:
        tasks = await two_batches(it, lines(SIZE, first=SIZE))
        poison = OwnerId(f"u:{SIZE + 1}")
        store.rejects = lambda command: Rejected("no") if getattr(command, "cart_id", None) == poison else None
        store.on_write.extend([None, Rejected("no")])
        store.write_gate.set()
        outcomes = await answers(tasks)
    assert [isinstance(each, CartChanged) for each in outcomes].count(False) == 1
    assert store.levels["tea"].held == 2 * SIZE - 1


async def test_what_no_longer_fits_goes_back_in_order() -> None:
    """The bound on documents counts for what is decided ahead as well."""
    store = FakeStore()
    async with running(store, max_commands=SIZE, max_documents=6) as it:
        tasks = await two_batches(it, lines(SIZE, first=SIZE))
        store.write_gate.set()
        outcomes = await answers(tasks)
    assert all(isinstance(each, CartChanged) for each in outcomes)
    order = [cart for changes in store.committed for cart in changes.carts]
    assert order == [f"u:{each}" for each in range(2 * SIZE)]


async def test_a_ledger_that_is_torn_down_gives_everyone_an_answer() -> None:
    """Those in flight hear pending, those decided ahead and behind that nothing was done."""
    store = FakeStore()
    it = Running(store, max_commands=SIZE)
    run = asyncio.create_task(it.ledger.run())
    tasks = await two_batches(it, lines(SIZE, first=SIZE))
    tasks += await submitted(it, *lines(1, first=50))
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    outcomes = await answers(tasks)
    assert [type(each) for each in outcomes] == [Pending] * SIZE + [StorageUnavailable] * (SIZE + 1)
    assert store.open == 0


async def test_closing_finishes_what_was_decided_ahead() -> None:
    """It was accepted."""
    async with running(FakeStore(), max_commands=SIZE) as it:
        tasks = await two_batches(it, lines(SIZE, first=SIZE))
        it.ledger.close()
        it.store.write_gate.set()
        outcomes = await answers(tasks)
    assert all(isinstance(each, CartChanged) for each in outcomes)
