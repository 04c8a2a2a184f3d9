"""Group commit: what waits goes into one batch, in order, within bounds, and nothing is lost or doubled."""

import asyncio

import pytest

from ivorycart.ledger.ledger import MAX_COMMANDS, MAX_DOCUMENTS
from models.commands import PlaceOrder, SetLine, SetLines
from models.errors import InsufficientStock, StorageUnavailable
from models.faults import Transient
from models.identity import OwnerId
from models.outcomes import CartChanged, OrderPlaced
from tests.ivorycart.ledger.ledger_fakes import Clock, FakeStore, Running, running, until

ANNA = OwnerId("u:anna")


def owner(number: int) -> OwnerId:
    """Name one of many."""
    return OwnerId(f"u:{number}")


async def ask_while_busy(it: Running, *commands: SetLine) -> None:
    """Submit commands while the batch before them is on its way, so that they gather."""
    it.store.gate.clear()
    first = asyncio.create_task(it.ledger.submit(SetLine(OwnerId("u:first"), "tea", 1)))
    await until(lambda: it.store.open)
    rest = asyncio.gather(*map(it.ledger.submit, commands), return_exceptions=True)
    await until(lambda: it.ledger.waiting == len(commands))
    it.store.gate.set()
    await first
    await rest


async def test_a_lone_command_is_committed_at_once() -> None:
    """Nobody waits for company."""
    async with running(FakeStore()) as it:
        outcome = await it.ledger.submit(SetLine(ANNA, "tea", 2))
    assert outcome.cart.units == 2
    assert [len(batch) for batch in it.store.loaded] == [1]


async def test_commands_of_one_moment_share_a_commit() -> None:
    """Even the first ones."""
    async with running(FakeStore()) as it:
        await it.ask(*(SetLine(owner(each), "tea", 1) for each in range(20)))
    assert [len(batch) for batch in it.store.loaded] == [20]


async def test_while_one_batch_commits_the_next_one_gathers() -> None:
    """All that came meanwhile goes together."""
    async with running(FakeStore()) as it:
        await ask_while_busy(it, *(SetLine(owner(each), "tea", 1) for each in range(30)))
    assert [len(batch) for batch in it.store.loaded] == [1, 30]


async def test_commands_are_decided_in_the_order_in_which_they_came() -> None:
    """Each on what the ones before it left: the last quantity stays, the revisions count up."""
    async with running(FakeStore()) as it:
        outcomes = await it.ask(*(SetLine(ANNA, "tea", quantity) for quantity in (3, 1, 2)))
    assert [outcome.cart.units for outcome in outcomes] == [3, 1, 2]
    assert it.store.carts[ANNA].units == 2
    assert len(it.store.committed) == 1
    assert [each.version for each in it.store.committed[0].movements] == [1, 2, 3]


async def test_the_last_unit_goes_to_the_first_who_asked() -> None:
    """The others are refused, at no cost to anyone."""
    async with running(FakeStore(stock=1)) as it:
        outcomes = await it.ask(*(SetLine(owner(each), "tea", 1) for each in range(5)))
    assert isinstance(outcomes[0], CartChanged)
    assert all(isinstance(each, InsufficientStock) for each in outcomes[1:])
    assert it.store.levels["tea"].held == 1


async def test_a_batch_has_at_most_so_many_commands() -> None:
    """The rest makes the next one; nobody is left out."""
    async with running(FakeStore(stock=5000)) as it:
        outcomes = await it.ask(*(SetLine(owner(each), "tea", 1) for each in range(2 * MAX_COMMANDS + 5)))
    assert [len(batch) for batch in it.store.loaded] == [MAX_COMMANDS, MAX_COMMANDS, 5]
    assert all(isinstance(each, CartChanged) for each in outcomes)
    assert it.store.levels["tea"].held == len(outcomes)


async def test_a_batch_changes_about_so_many_documents() -> None:
    """It takes no more commands once it is full; what is put back keeps its order and is done once."""
    names = [f"p{each}" for each in range(100)]
    async with running(FakeStore(products=names, stock=500)) as it:
        commands = [SetLines(owner(each), tuple((name, 1) for name in names)) for each in range(30)]
        outcomes = await it.ask(*commands)
    assert all(isinstance(each, CartChanged) for each in outcomes)
    # A command adds at most itself, a cart, and for each of its 100 lines a movement and (once) a level.
    assert all(len(changes) < MAX_DOCUMENTS + 201 for changes in it.store.committed)
    assert len(it.store.committed) > 2
    done = [cart for changes in it.store.committed for cart in changes.carts]
    assert done == [command.cart_id for command in commands]
    assert {level.held for level in it.store.levels.values()} == {30}


async def test_what_is_put_back_survives_a_retry() -> None:
    """A batch that was cut and then failed is not done twice, nor is its rest lost."""
    store = FakeStore(stock=1000)
    store.on_write.extend([Transient("conflict"), None, Transient("conflict"), None])
    async with running(store, max_documents=10) as it:
        outcomes = await it.ask(*(SetLine(owner(each), "tea", 1) for each in range(50)))
    assert all(isinstance(each, CartChanged) for each in outcomes)
    assert store.levels["tea"].held == 50
    assert [each.version for changes in store.committed for each in changes.movements] == list(range(1, 51))


async def test_each_caller_gets_its_own_answer() -> None:
    """An order its order, a line its cart, from one batch."""
    async with running(FakeStore()) as it:
        order = PlaceOrder(ANNA, "order", "key", "f", None, None, None, None, None)
        answers = await it.ask(SetLine(ANNA, "tea", 2), order, SetLine(owner(1), "tea", 1))
    assert [type(each) for each in answers] == [CartChanged, OrderPlaced, CartChanged]


async def test_what_took_effect_is_published_with_its_origin_and_its_carts() -> None:
    """Refused commands are not; a process knows its own by the origin."""
    async with running(FakeStore(stock=1)) as it:
        await it.ledger.submit(SetLine(ANNA, "tea", 1), origin="socket 7")
        await it.ask(SetLine(owner(1), "tea", 1))
    ((done,), nothing) = it.published
    assert (done.origin, done.command, set(done.carts)) == ("socket 7", SetLine(ANNA, "tea", 1), {ANNA})
    assert nothing == []


async def test_a_batch_of_refusals_is_committed_too() -> None:
    """Only then is what it was refused for certain to be on a majority."""
    async with running(FakeStore(stock=0)) as it:
        await it.ask(SetLine(ANNA, "tea", 1))
    assert it.store.commits == 1


async def test_closing_finishes_what_was_accepted_and_refuses_what_is_new() -> None:
    """And the run ends."""
    store = FakeStore(stock=5000)
    store.gate.clear()
    it = Running(store, max_commands=4)
    run = asyncio.create_task(it.ledger.run())
    accepted = [asyncio.create_task(it.ledger.submit(SetLine(owner(each), "tea", 1))) for each in range(10)]
    await asyncio.sleep(0)
    it.ledger.close()
    with pytest.raises(StorageUnavailable):
        await it.ledger.submit(SetLine(ANNA, "tea", 1))
    store.gate.set()
    await run
    assert all(isinstance(task.result(), CartChanged) for task in accepted)
    assert store.levels["tea"].held == 10


async def test_closing_an_idle_ledger_ends_it() -> None:
    """Nothing to wait for."""
    it = Running(FakeStore())
    run = asyncio.create_task(it.ledger.run())
    await asyncio.sleep(0)
    it.ledger.close()
    await run


async def test_a_closed_ledger_tells_how_many_it_gave_up(clock: Clock) -> None:
    """Those whose deadline passes after the close; who was given up before it, or was refused, is not among them."""
    store = FakeStore(stock=1)
    it = Running(store, deadline=10)
    run = asyncio.create_task(it.ledger.run())
    store.gate.clear()
    early = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))
    await until(lambda: store.open)
    clock.forward(11)
    with pytest.raises(StorageUnavailable):
        await early
    late = asyncio.create_task(it.ledger.submit(SetLine(owner(1), "tea", 1)))
    await asyncio.sleep(0)
    it.ledger.close()
    it.ledger.close()
    assert it.ledger.unfinished == 0
    clock.forward(11)
    with pytest.raises(StorageUnavailable):
        await late
    store.open_gates()
    await run
    assert it.ledger.unfinished == 1


async def test_a_refusal_is_finished_work() -> None:
    """Nobody need ask again."""
    store = FakeStore(stock=0)
    it = Running(store)
    run = asyncio.create_task(it.ledger.run())
    refused = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 1)))
    await asyncio.sleep(0)
    it.ledger.close()
    await run
    assert isinstance(refused.exception(), InsufficientStock)
    assert it.ledger.unfinished == 0


async def test_a_caller_who_left_does_not_take_the_command_back() -> None:
    """Its neighbours are answered, and the books are right."""
    async with running(FakeStore()) as it:
        it.store.gate.clear()
        leaving = asyncio.create_task(it.ledger.submit(SetLine(ANNA, "tea", 2)))
        staying = asyncio.create_task(it.ledger.submit(SetLine(owner(1), "tea", 1)))
        await until(lambda: it.store.open)
        leaving.cancel()
        it.store.gate.set()
        assert (await staying).cart.units == 1
        assert (await it.ledger.submit(SetLine(owner(2), "tea", 1))).cart.units == 1
    assert leaving.cancelled()
    assert it.store.levels["tea"].held == 4
