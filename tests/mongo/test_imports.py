"""Importing: each line is carried out once, whoever dies, is late, or works beside another."""

import asyncio
from typing import Any

import pytest
from bson import ObjectId
from structlog.testing import capture_logs

from bench.shop.ledger import running_ledger
from ivorycart.importing.receiving import Receiving
from ivorycart.importing.worker import SILENCE
from models.commands import Adjust, SetLine
from models.errors import Conflict, Invalid
from models.finding import Filters
from models.imports import Fresh, plan
from mongo import imports as module
from mongo.driver import Database, Driver
from mongo.finding import Lists
from mongo.imports import Imports
from mongo.products import Products
from tests.extent import extent
from tests.mongo.importing import (
    ACTOR,
    assert_sound,
    catalogue,
    chunks_of,
    importer,
    known,
    open_account,
    rows_of,
    send_in,
    work_off,
)
from tests.mongo.shop import ANNA, SELLER, add_product, both_drivers, failing
from tests.mongo.test_finding import Overheard, plan_of


@pytest.fixture(autouse=True)
async def account(database: Database) -> None:
    """Whoever sends files in has an account."""
    await open_account(database)


def counts(job: Any) -> tuple[int, int, int, int]:
    """Return creates, changes, same, errors."""
    return job.counts.create, job.counts.change, job.counts.same, job.counts.error


@both_drivers
async def test_a_file_that_is_imported_twice_doubles_nothing(driver: Driver, database: Database):
    """The second time finds all as the first one left it; nothing moves."""
    async with running_ledger(driver, database) as ledger:
        for expected in ((50, 0, 0, 0), (0, 0, 50, 0)):
            job = await send_in(driver, database, rows_of(50))
            await work_off(importer(driver, database, ledger, 20))
            job = await known(driver, database, job)
            assert (job.state, job.rows, job.done, counts(job)) == ("done", 50, 50, expected)
    assert await catalogue(database) == {f"S{n}": (f"Tea {n}", 100 + n, n % 7, int(n % 7 > 0)) for n in range(50)}
    assert await database["catalogue_changes"].count_documents({}) == 0
    await assert_sound(driver, database)


@both_drivers
async def test_what_an_import_makes_has_all_that_others_have(driver: Driver, database: Database):
    """Lists are found and sorted by it."""
    await send_in(driver, database, rows_of(1))
    async with running_ledger(driver, database) as ledger:
        await work_off(importer(driver, database, ledger))
    given = {"name": "Tea", "price": 5, "currency": "EUR", "category": "tea", "stock": 1, "sku": "other", "images": []}
    await Products(driver, database).add([{**given, "seller_id": str(SELLER)}], "seller")
    imported, added = await database["products"].find().sort("_id", 1).to_list(None)
    assert set(added) <= set(imported)
    assert imported["popularity"] == 0
    page = await Lists(driver, database).page(Filters(), "popular", limit=1, after=None)
    assert page.next
    ids = [each["_id"] for each in (imported, added)]
    found = await Lists(driver, database).sorted(list(map(str, ids)), Filters(), "popular", limit=1, after=page.next)
    assert len(found.listings) == 1


async def test_what_is_there_is_changed_where_a_row_says_so(driver: Driver, database: Database):
    """By the ledger where it is the stock; each with who, why, and what it was."""
    await add_product(database, 5, sku="S1", version=0, category="tea", discounts=[])
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Adjust(await id_of(database, "S1"), 6, None, "s", ""))
        job = await send_in(driver, database, [{"sku": "S1", "price_decimal": "7.50", "stock": 9, "tags": ["Green "]}])
        await work_off(importer(driver, database, ledger))
    row: Any = await database["products"].find_one({"sku": "S1"})
    assert (row["price"], row["price_now"], row["stock"], row["tags"]) == (750, 750, 9, ["green"])
    assert f"s:{SELLER}/c:tea" in row["shelves"]
    change: Any = await database["catalogue_changes"].find_one({})
    assert (change["kind"], change["actor"], change["reason"]) == ("imported", ACTOR, f"import {job.id}, line 1")
    assert change["changed"]["price"] == [500, 750]
    moved: Any = await database["inventory_logs"].find_one({"version": 2})
    assert (moved["old_stock"], moved["new_stock"], moved["actor"]) == (6, 9, ACTOR)
    assert (moved["reason"], moved["cause"]) == (f"import {job.id}, line 1", f"import:{job.id}:1")
    (line,) = await Imports(driver, database).lines(job.id, None, limit=9, after=0)
    assert (line.action, line.changes["stock"], line.changes["price"]) == ("change", (6, 9), (500, 750))


async def id_of(database: Database, sku: str) -> str:
    """Return a product's id."""
    row: Any = await database["products"].find_one({"sku": sku})
    return str(row["_id"])


async def test_a_dry_run_changes_nothing_and_says_what_it_would(driver: Driver, database: Database):
    """Until it is applied; what has changed meanwhile is looked at anew."""
    await add_product(database, 0, sku="S0", category="tea")
    before = await database["products"].find_one({})
    job = await send_in(driver, database, [*rows_of(3), {"sku": "S9"}], dry_run=True)
    async with running_ledger(driver, database) as ledger:
        worker = importer(driver, database, ledger)
        await work_off(worker)
        book, ready = Imports(driver, database), await known(driver, database, job)
        assert (ready.state, counts(ready)) == ("ready", (2, 1, 0, 1))
        assert await database["products"].find().to_list(None) == [before]
        lines = await book.lines(job.id, "changes", limit=9, after=0)
        assert [(each.line, each.action) for each in lines] == [(1, "change"), (2, "create"), (3, "create")]
        assert lines[0].changes == {"name": ("Tea", "Tea 0"), "price": (500, 100)}
        (wrong,) = await book.lines(job.id, "errors", limit=9, after=0)
        assert [each.column for each in wrong.errors] == ["name", "category", "price"]
        await add_product(database, 0, sku="S1", name="Tea 1", price=101, category="tea")
        assert await book.apply(job)
        assert not await book.apply(job)
        await work_off(worker)
    done = await known(driver, database, job)
    assert (done.state, counts(done)) == ("done", (1, 2, 0, 1))
    assert len(await catalogue(database)) == 3


async def test_another_sellers_products_are_never_touched(driver: Driver, database: Database):
    """Their SKUs are theirs."""
    other = await add_product(database, 0, sku="S0", seller_id=ObjectId())
    before = await database["products"].find_one({"_id": ObjectId(other)})
    await send_in(driver, database, rows_of(1))
    async with running_ledger(driver, database) as ledger:
        await work_off(importer(driver, database, ledger))
    assert await database["products"].find_one({"_id": ObjectId(other)}) == before
    assert await database["products"].count_documents({"sku": "S0"}) == 2


async def test_a_stock_below_what_carts_hold_is_an_error_of_its_line(driver: Driver, database: Database):
    """The rest of the line is done, and so are the other lines."""
    held, free = [await add_product(database, 0, sku=sku, category="tea") for sku in ("A", "B")]
    async with running_ledger(driver, database) as ledger:
        for each in (held, free):
            await ledger.submit(Adjust(each, 9, None, "s", ""))
        await ledger.submit(SetLine(ANNA, held, 5))
        book = Imports(driver, database)
        rows = [{"sku": sku, "stock": 4, "name": "New"} for sku in "AB"]
        job = await send_in(driver, database, rows, dry_run=True)
        await work_off(importer(driver, database, ledger))
        promised = [each.action for each in await book.lines(job.id, None, limit=9, after=0)]
        assert await book.apply(job)
        await work_off(importer(driver, database, ledger))
        wrong, right = await book.lines(job.id, None, limit=9, after=0)
        assert [wrong.action, right.action] == promised
        assert wrong.action == "error"
        assert "held in carts" in wrong.errors[0].detail
        assert wrong.changes == {"name": ("Tea", "New")}
        assert (right.action, right.changes["stock"]) == ("change", (9, 4))
        assert counts(await known(driver, database, job)) == (0, 1, 0, 1)
        assert {sku: row[:3] for sku, row in (await catalogue(database)).items()} == {
            "A": ("New", 500, 9),
            "B": ("New", 500, 4),
        }
        await assert_sound(driver, database)


async def test_a_worker_may_die_between_any_two_commands(driver: Driver, database: Database):
    """Whatever it had done by then, all adds up; the next one goes on, and no line is carried out twice."""
    rows = [{"sku": f"S{n}", "name": "New", "price": 5, "category": "tea", "stock": 7} for n in range(4)]
    deaths = 0
    async with running_ledger(driver, database) as ledger:
        while True:
            await database["products"].delete_many({})
            await database["inventory_logs"].delete_many({})
            for number in range(2):
                await ledger.submit(Adjust(await add_product(database, 0, sku=f"S{number}"), 1, None, "s", ""))
            job = await send_in(driver, database, rows)
            worker = importer(driver, database, ledger, 2)
            with capture_logs():
                async with failing(driver, "find update insert commitTransaction", {"skip": deaths}, errorCode=8000):
                    died = await dies(worker)
                while await dies(worker):  # one that is killed here is put off
                    pass
            done = await known(driver, database, job)
            assert (done.state, counts(done)) == ("done", (2, 2, 0, 0)), deaths
            assert await catalogue(database) == {
                **{f"S{n}": ("New", 5, 7, 2) for n in range(2)},
                **{f"S{n}": ("New", 5, 7, 1) for n in range(2, 4)},
            }
            await assert_sound(driver, database)
            if not died:
                break
            deaths += extent(2, 1)
    assert deaths > 20


async def dies(worker: Any) -> bool:
    """Whether the database's refusal ends some work."""
    try:
        await work_off(worker)
    except Exception:  # noqa: BLE001 - whatever it is that the refusal becomes
        return True
    return False


async def test_two_workers_at_once_carry_out_each_line_once(driver: Driver, database: Database):
    """A lease was lost; meanwhile what is counted is sold."""
    rows = [{"sku": f"S{n}", "name": "New", "price": 5, "category": "tea", "stock": 50} for n in range(60)]
    async with running_ledger(driver, database) as one, running_ledger(driver, database, "p2") as two:
        for number in range(30):
            await one.submit(Adjust(await add_product(database, 0, sku=f"S{number}"), 9, None, "s", ""))
        job = await send_in(driver, database, rows)
        ids = [await id_of(database, f"S{number}") for number in range(30)]
        workers = [importer(driver, database, ledger, 10) for ledger in (one, two)]
        busy = asyncio.create_task(jostle(two, ids))
        with capture_logs():
            await asyncio.gather(*(persist(worker) for worker in workers))
        await busy
        assert counts(await known(driver, database, job)) == (30, 30, 0, 0)
        await assert_sound(driver, database)
    causes = [row["cause"] async for row in database["inventory_logs"].find({"cause": {"$regex": "^import:"}})]
    assert sorted(causes) == sorted(f"import:{job.id}:{line}" for line in range(1, 61))
    assert all(row[2] == 50 for row in (await catalogue(database)).values())


async def persist(worker: Any) -> None:
    """Work on as a worker is made to: again after an error."""
    while await dies(worker):
        pass


async def jostle(ledger: Any, ids: list[str]) -> None:
    """Take things into a cart and out of it."""
    for _ in range(5):
        for quantity in (1, 0):
            await asyncio.gather(*(ledger.submit(SetLine(ANNA, each, quantity)) for each in ids))


async def test_a_count_that_was_done_is_not_done_again(driver: Driver, database: Database):
    """Though the worker died before it could note it, and something was sold since."""
    product_id = await add_product(database, 0, sku="S0")
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Adjust(product_id, 3, None, "s", ""))
        job = await send_in(driver, database, [{"sku": "S0", "stock": 10}])
        worker = importer(driver, database, ledger)
        await worker.step()  # the row; its count is due now
        book = Imports(driver, database)
        (due,) = await book.stock_due(job, 9)
        lost = await worker._count(job, [due])
        assert lost[0].change == (3, 10)
        await ledger.submit(Adjust(product_id, None, -4, "s", "sold elsewhere"))
        await work_off(worker)
    assert (await catalogue(database))["S0"][2] == 6
    assert counts(await known(driver, database, job)) == (0, 1, 0, 0)
    await assert_sound(driver, database)


async def test_the_same_sku_twice_is_an_error_of_the_second_line(driver: Driver, database: Database):
    """In one portion or in two."""
    rows = [*rows_of(600), *rows_of(1), *rows_of(1)]
    job = await send_in(driver, database, rows, dry_run=True)
    wrong = [row async for row in database["import_lines"].find({"errors": {"$ne": []}}).sort("line", 1)]
    assert [(row["line"], row["errors"][0]["detail"]) for row in wrong] == [
        (601, "stands on line 1 already"),
        (602, "stands on line 1 already"),
    ]
    assert job.rows == 602


async def test_a_seller_has_one_import_under_way(driver: Driver, database: Database):
    """One that was cancelled or is over makes room; another seller's is none of theirs."""
    job = await send_in(driver, database, rows_of(2))
    with pytest.raises(Conflict, match="another import"):
        await send_in(driver, database, rows_of(2))
    await send_in(driver, database, rows_of(2), seller_id=str(ObjectId()))
    book = Imports(driver, database)
    assert await book.cancel(job)
    async with running_ledger(driver, database) as ledger:
        await work_off(importer(driver, database, ledger))
    assert (await known(driver, database, job)).state == "cancelled"
    assert not await book.cancel(job)
    await send_in(driver, database, rows_of(2))
    assert await catalogue(database) == {}


async def test_one_that_is_cancelled_under_way_stops_after_what_has_begun(driver: Driver, database: Database):
    """What was done stays done, with its counts."""
    await add_product(database, 0, sku="S1", version=0)
    job = await send_in(driver, database, rows_of(6))
    async with running_ledger(driver, database) as ledger:
        worker = importer(driver, database, ledger, 2)
        await worker.step()
        assert await Imports(driver, database).cancel(job)
        await work_off(worker)
        await assert_sound(driver, database)
    done = await known(driver, database, job)
    assert (done.state, done.done, counts(done)) == ("cancelled", 2, (1, 1, 0, 0))
    assert (await catalogue(database))["S1"][2] == 1


async def test_an_import_of_somebody_who_may_not_any_more_ends(driver: Driver, database: Database):
    """At the next portion."""
    job = await send_in(driver, database, rows_of(6))
    async with running_ledger(driver, database) as ledger:
        worker = importer(driver, database, ledger, 2)
        await worker.step()
        await database["users"].update_one({"_id": SELLER}, {"$set": {"role": "buyer"}})
        await work_off(worker)
    done = await known(driver, database, job)
    assert (done.state, done.done) == ("failed", 2)


async def test_what_does_not_come_in_whole_changes_nothing(driver: Driver, database: Database):
    """Broken off, unreadable, too long, or its process died."""

    async def broken() -> Any:
        yield b'{"sku": "A"}\n'
        raise ConnectionError

    book: Any = Imports(driver, database)
    given: Any = {"seller_id": str(SELLER), "actor": ACTOR, "file_format": "jsonl", "dry_run": False}
    for content, error in ((broken(), ConnectionError), (chunks_of(b""), Invalid), (chunks_of(b"\xff"), Invalid)):
        with pytest.raises(error):
            await Receiving(book).receive(content, **given)
    with pytest.raises(Invalid, match="at most 3 rows"):
        await Receiving(book, max_rows=3).receive(chunks_of(b'{"sku": "A"}\n' * 4), **given)
    await book.begin(**given)
    async with running_ledger(driver, database) as ledger:
        await work_off(importer(driver, database, ledger))
        await database["imports"].update_many(
            {"busy": True}, [{"$set": {"updated_at": {"$subtract": ["$$NOW", 10**6]}}}]
        )
        await work_off(importer(driver, database, ledger))
    assert {row.state for row in await book.page(str(SELLER), limit=9, after=None)} == {"failed"}
    await send_in(driver, database, rows_of(1))


@both_drivers
async def test_long_lines_are_worked_on_few_at_a_time(driver: Driver, database: Database):
    """So many bytes at once, whatever the number of rows; one that is longer alone, and none is left out."""
    rows = rows_of(12)
    for number in (3, 4, 5, 9):
        rows[number]["description"] = "x" * 9000
    job = await send_in(driver, database, rows, dry_run=True)
    book, seen = Imports(driver, database), list[list[int]]()

    def noted(row: Any, *others: Any) -> Any:
        seen[-1].append(row.line)
        return plan(row, *others)

    fresh = Fresh(str(SELLER), "EUR", 3, 99)
    for size, expected in ((20_000, [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12]]), (1, [[n] for n in range(1, 13)])):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(module, "PORTION_SIZE", size)
            await database["imports"].update_one({}, {"$set": {"cursor": 0}})
            seen.append([])
            while await book.check(await known(driver, database, job), noted, fresh, 5):
                seen.append([])
            assert (seen.pop(), seen) == ([], expected)
            seen.clear()


async def test_a_file_that_comes_in_slowly_is_not_given_up(driver: Driver, database: Database):
    """What has come is noted by time as well; where it was given up all the same, its sender hears so."""
    book = Imports(driver, database)
    given: Any = {"seller_id": str(SELLER), "actor": ACTOR, "file_format": "jsonl", "dry_run": False}

    async def slow() -> Any:
        for number in range(4):
            yield b'{"sku": "A%d",' % number
            await database["imports"].update_many(
                {}, [{"$set": {"updated_at": {"$subtract": ["$updated_at", 60_000]}}}]
            )
            yield b' "name": "Tea", "price": 1, "category": "tea"}\n'
            await book.give_up_silent(SILENCE)

    assert (await Receiving(book, stored_every=0).receive(slow(), **given)).rows == 4
    await database["imports"].delete_many({})
    with pytest.raises(Conflict, match="did not come in whole"):
        await Receiving(book).receive(slow(), **given)


async def test_one_that_cannot_be_carried_out_holds_up_nobody(driver: Driver, database: Database):
    """And is given up after a while."""
    await send_in(driver, database, rows_of(2), seller_id=str(ObjectId()))
    async with running_ledger(driver, database) as ledger:
        worker: Any = importer(driver, database, ledger)
        stuck = await worker.book.due()
        job = await send_in(driver, database, rows_of(2))

        class Broken(Imports):
            async def check(self, *_: Any) -> bool:
                """Fail."""
                raise RuntimeError("a bug")

        await database["imports"].update_one({"_id": ObjectId(stuck.id)}, {"$set": {"state": "checking"}})
        worker.book = Broken(driver, database)
        while await worker.book.due():
            await dies(worker)
    assert (await known(driver, database, job)).state == "done"
    assert (await known(driver, database, stuck)).state == "failed"


async def test_imports_are_found_without_reading_others(mongo_uri: str, database: Database):
    """Each question of workers and of people, as it is really asked, has its index, which gives its order."""
    listener = Overheard(("imports", "import_lines"))
    driver = Driver(mongo_uri, "motor", event_listeners=[listener])
    heard = driver.client[database.name]
    book = Imports(driver, heard)
    for _ in range(3):
        other = await send_in(driver, database, rows_of(40), seller_id=str(ObjectId()), dry_run=True)
        await book.check(other, plan, Fresh(str(SELLER), "EUR", 3, 99), 500)
    job = await send_in(driver, database, rows_of(40))
    lines = database["import_lines"]
    mine = {"import_id": ObjectId(job.id)}
    due = {"product_id": ObjectId(), "count": 1, "version": 1}
    await lines.update_one({**mine, "line": 5}, {"$set": {"due": due, "action": "error"}})
    await lines.update_many({**mine, "line": {"$in": [7, 30]}}, {"$set": {"action": "change"}})
    await lines.update_one({**mine, "line": 9}, {"$set": {"action": "create"}})
    asked: list[tuple[Any, int]] = [
        (book.due, 4),
        (lambda: book.give_up_silent(0), 4),
        (lambda: book.page(str(SELLER), limit=9, after=None), 1),
        (lambda: book.page(None, limit=2, after=str(ObjectId())), 2),
        (lambda: book.lines(job.id, None, limit=10, after=20), 10),
        (lambda: book.lines(job.id, "errors", limit=10, after=0), 1),
        (lambda: book.lines(job.id, "changes", limit=10, after=0), 3),
        (lambda: book.lines(job.id, "changes", limit=10, after=8), 2),
        (lambda: book.stock_due(job, 10), 1),
        (lambda: book.check(job, plan, Fresh(str(SELLER), "EUR", 3, 99), 10), 10),
    ]
    for number, (ask, most) in enumerate(asked):
        listener.commands.clear()
        await ask()
        questions = [each for each in listener.commands if "update" not in each]
        assert questions, number
        for question in questions:
            found, stats = await plan_of(database, question)
            assert not found & {"COLLSCAN", "SORT"}, (question, found)
            assert stats["totalDocsExamined"] <= most, (question, stats)
    await driver.close()
