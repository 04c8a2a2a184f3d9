"""Backups restore what was there at a moment, whole, and anything less is refused."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from models.audit import AuditResult
from models.backup import BackupRefused, Pruned
from models.commands import Restock, SetLine
from mongo.backup.folder import BackupFolder, read_manifest
from mongo.backup.journal import journalled
from mongo.backup.moments import cursor_of, timestamp_of
from mongo.backup.operations import BackupOperations, listed
from mongo.backup.pruning import prune
from mongo.driver import Database, Driver
from mongo.opening import Place, UnusableDatabase, connected
from mongo.schema import META, SCHEMA
from tests.mongo.audited import traded
from tests.mongo.backups import content, create, elsewhere, follow, restore, shape
from tests.mongo.shop import add_product, both_drivers, buy, buyer, failing, order
from tests.patience import PATIENCE


@pytest.fixture
async def target(driver: Driver) -> AsyncIterator[Database]:
    """Give an empty database to restore into."""
    async with elsewhere(driver) as database:
        yield database


async def _audited(driver: Driver, database: Database, at: Any) -> AuditResult:
    return await BackupOperations(driver, database).audited(at)


@both_drivers
async def test_a_full_backup_restores_all_of_it(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Every document byte by byte, pictures' pieces, indexes and validators; but nobody is signed in, nothing runs."""
    await traded(driver, database)
    await database["images.chunks"].insert_one({"files_id": ObjectId(), "n": 0, "data": random.randbytes(300_000)})
    sign_in = {"user_id": ObjectId(), "family": "f", "token": "t"}
    await database["sessions"].insert_one(sign_in)
    made = await create(driver, database, tmp_path / "backups")
    assert made.state == "complete"
    done = await restore(driver, target, tmp_path / "backups")
    assert (done.at, done.documents, done.changes) == (made.at, made.documents, 0)
    assert await content(target) == await content(database)
    assert await shape(target) == await shape(database)
    for name in ("sessions", "leases"):
        assert await target[name].count_documents({}) == 0
    assert (await _audited(driver, target, done.at)).ok
    modes = {each.stat().st_mode & 0o777 for each in (tmp_path / "backups").rglob("*") if each.is_file()}
    assert modes == {0o600}


@both_drivers
async def test_the_journal_restores_any_moment(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Up to a cursor between two orders there is the first alone, whole; without one there are both."""
    product_id = await add_product(database, stock=0)
    await create(driver, database, tmp_path)
    cursors = []
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Restock(product_id, 10, "seller", "delivery"))
        for number in (1, 2):
            await buy(ledger, buyer(number), product_id, quantity=3, key=str(number))
            cursors.append(await follow(driver, database, tmp_path))
    first = await restore(driver, target, tmp_path, until=cursors[0])
    assert first.at == cursors[0]
    assert [row["order_key"] async for row in target["orders"].find()] == ["1"]
    product: Any = await target["products"].find_one()
    assert (product["stock"], product["version"]) == (7, 3)
    assert (await _audited(driver, target, first.at)).ok

    await restore(driver, target, tmp_path, replace=True)
    assert await content(target) == await content(database)
    with pytest.raises(BackupRefused, match="ends at"):
        await restore(driver, target, tmp_path, until="f" * 16, replace=True)
    with pytest.raises(BackupRefused, match="oldest backup"):
        await restore(driver, target, tmp_path, until="0" * 15 + "1", replace=True)
    assert await target["orders"].count_documents({}) == 2  # what was refused has touched nothing


async def test_no_moment_shows_half_a_transaction(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Restored up to the cursor of any single change, the books are in order."""
    product_id = await add_product(database, stock=0)
    await create(driver, database, tmp_path)
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Restock(product_id, 100, "seller", "delivery"))
        for turn in range(3):
            await asyncio.gather(*(ledger.submit(SetLine(buyer(each), product_id, 2)) for each in range(5)))
            orders = (order(buyer(each), key=f"{turn}:{each}") for each in range(5))
            await asyncio.gather(*map(ledger.submit, orders))
    await follow(driver, database, tmp_path)
    folder = BackupFolder(tmp_path)
    manifest = read_manifest(folder.full()[0])
    assert manifest
    portions = journalled(folder, manifest["history"], timestamp_of(manifest["at"]), None)
    moments = sorted({cursor_of(change["t"]) for changes, _ in portions for change in changes})
    assert len(moments) >= 4
    for moment in (moments[len(moments) // 2], moments[-2]):
        done = await restore(driver, target, tmp_path, until=moment, replace=True)
        result = await _audited(driver, target, done.at)
        assert result.ok, result.findings


async def test_a_copy_of_several_moments_is_of_the_last_one(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Where the server has forgotten the moment, the copy goes on at a later one, and restoring makes them agree."""
    ids: list[Any] = [*(f"{number:05}" for number in range(1500)), *range(1500), *(ObjectId() for _ in range(500))]
    # its validator wants times: these are only to be many
    await database.command({"collMod": "webhook_events", "validator": {}})
    await database["webhook_events"].insert_many([{"_id": each, "at": None, "n": 0} for each in ids])  # three replies
    await database["webhook_events"].delete_many({"_id": {"$in": random.sample(ids, 50)}})
    running = True

    async def write() -> None:
        events = database["webhook_events"]
        while running:
            await events.update_many({"_id": {"$in": random.sample(ids, 40)}}, {"$inc": {"n": 1}, "$push": {"l": 1}})
            await events.delete_one({"_id": random.choice(ids)})
            await events.insert_one({"_id": ObjectId(), "at": None})

    writing = asyncio.create_task(write())
    space = f"{database.name}.webhook_events"
    async with failing(driver, "getMore", {"times": 2}, errorCode=239, namespace=space):
        made = await asyncio.wait_for(create(driver, database, tmp_path), PATIENCE)
    running = False
    await writing
    assert _one(tmp_path, "full-*/changes").stat().st_size > 0
    await follow(driver, database, tmp_path)
    done = await restore(driver, target, tmp_path)
    assert done.at > (made.at or "")
    assert await content(target) == await content(database)


async def test_random_changes_are_replayed_exactly(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Nested fields, arrays that grow, shrink and are cut, names of digits, replaced and deleted documents."""
    things, dice = database["things"], random.Random(7)
    await things.insert_many([{"_id": each, "l": [1, 2, 3], "s": {"a": 1, "7": {"x": 0}}} for each in range(20)])
    await create(driver, database, tmp_path)
    changes: list[Any] = [
        {"$push": {"l": {"$each": [{"q": 1}, 5]}}},
        {"$push": {"l": {"$each": [], "$slice": 2}}},
        {"$pop": {"l": -1}},
        {"$set": {"l.0": {"deep": [1, {"y": 2}]}, "s.b.c": 5}},
        {"$set": {"s.7.x": 3, "n": [[1], [2, 3]]}},
        {"$unset": {"s.b": 1}},
        {"$set": {"l.9": "far"}},
        {"$set": {"l": [], "s": {"9": {"8": 1}}}},
        [{"$set": {"s": {"$mergeObjects": ["$s", {"0": {"1": ["$_id"]}}]}}}],
        [{"$set": {"l": {"$slice": [{"$concatArrays": ["$l", [7]]}, 3]}, "t.u": "$$NOW"}}],
        {"$rename": {"n": "m"}},
    ]
    for _ in range(300):
        await things.update_one({"_id": dice.randrange(20)}, dice.choice(changes))
        if dice.random() < 0.05:
            await things.delete_one({"_id": dice.randrange(20)})
            await things.replace_one({"_id": dice.randrange(20)}, {"l": [0], "s": {}}, upsert=True)
    await follow(driver, database, tmp_path)
    await restore(driver, target, tmp_path)
    assert (await content(target))["things"] == (await content(database))["things"]


async def test_what_is_damaged_is_refused_and_named(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """One flipped bit in a copy, a journal or a manifest, a file cut short or gone: nothing is written then."""
    await traded(driver, database)
    made = await create(driver, database, tmp_path)
    await add_product(database)
    await follow(driver, database, tmp_path)
    for name in ("products.blocks", "manifest.json"):
        file = tmp_path / made.name / name
        await _refused(driver, target, tmp_path, file, _flipped(file.read_bytes()))
        await _refused(driver, target, tmp_path, file, file.read_bytes()[:-40])
    journal = _one(tmp_path, "journal/*.changes")
    await _refused(driver, target, tmp_path, journal, _flipped(journal.read_bytes()))
    assert await target.list_collection_names() == []
    assert not listed(tmp_path, thorough=True).problems
    (tmp_path / made.name / "orders.blocks").unlink()
    assert listed(tmp_path, thorough=True).full[0].state == "damaged"


def _one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@contextmanager
def _changed(file: Path, content: bytes) -> Iterator[None]:
    whole = file.read_bytes()
    file.write_bytes(content)
    yield
    file.write_bytes(whole)


async def _refused(driver: Driver, target: Database, folder: Path, file: Path, content: bytes) -> None:
    with _changed(file, content):
        found = listed(folder, thorough=True)
        assert found.problems or found.full[0].state == "damaged"
        with pytest.raises(BackupRefused, match=r"damaged"):
            await restore(driver, target, folder)


async def test_a_torn_journal_counts_up_to_the_tear(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Whoever wrote it was killed in the middle of a block: following goes on before it, and nothing is missing."""
    await add_product(database)
    await create(driver, database, tmp_path)
    await add_product(database)
    before = await follow(driver, database, tmp_path)
    file = _one(tmp_path, "journal/*.changes")
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])
    assert "killed" in listed(tmp_path).problems[0]
    assert (await restore(driver, target, tmp_path)).at == before
    await add_product(database)
    await follow(driver, database, tmp_path)
    assert listed(tmp_path).problems == []
    await restore(driver, target, tmp_path, replace=True)
    assert await content(target) == await content(database)


async def test_restoring_wants_an_empty_database_and_a_known_schema(
    driver: Driver, database: Database, tmp_path: Path
) -> None:
    """Unless told, and never under a running server; one that did not end is opened by no shop."""
    await create(driver, database, tmp_path)
    with pytest.raises(BackupRefused, match="not empty"):
        await restore(driver, database, tmp_path)
    await database["processes"].update_one({"_id": "p"}, [{"$set": {"at": "$$NOW"}}], upsert=True)
    with pytest.raises(BackupRefused, match="stop it first"):
        await restore(driver, database, tmp_path, replace=True)
    await database["processes"].delete_many({})
    await database[META].update_one(SCHEMA, {"$inc": {"version": 1}})
    newer = await create(driver, database, tmp_path)
    with pytest.raises(BackupRefused, match="newer version"):
        await restore(driver, database, tmp_path, replace=True, backup=newer.name)
    await database[META].update_one(SCHEMA, {"$inc": {"version": -1}})


async def test_a_restore_that_was_cut_short_is_seen(
    driver: Driver, database: Database, mongo_uri: str, tmp_path: Path
) -> None:
    """The shop does not open what is half there; restoring again makes it whole."""
    await traded(driver, database)
    await create(driver, database, tmp_path)
    async with elsewhere(driver) as target:
        space = f"{target.name}.orders"
        async with failing(driver, "insert", {"times": 5}, errorCode=8000, namespace=space):
            with pytest.raises(Exception, match="fail"):
                await restore(driver, target, tmp_path)
        place = Place(uri=mongo_uri, name=target.name, driver="motor", data_dir=tmp_path)
        with pytest.raises(UnusableDatabase, match="half restored"):
            async with connected(place, mongo_uri):
                pass
        await restore(driver, target, tmp_path, replace=True)
        async with connected(place, mongo_uri):
            assert await content(target) == await content(database)


async def test_a_restored_database_is_another_history(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Its changes are not added to the journal of the one before: that wants a full backup first."""
    await create(driver, database, tmp_path)
    await restore(driver, target, tmp_path)
    with pytest.raises(BackupRefused, match="full backup"):
        await follow(driver, target, tmp_path)
    await create(driver, target, tmp_path)
    await add_product(target)
    await follow(driver, target, tmp_path)
    await restore(driver, target, tmp_path, replace=True)
    assert await target["products"].count_documents({}) == 1


@both_drivers
async def test_old_backups_go_and_what_stays_restores_to_its_last_change(
    driver: Driver, database: Database, target: Database, tmp_path: Path
) -> None:
    """Older and unfinished ones go, with the journal before them; from the oldest that stays everything is there."""
    product_id = await add_product(database, stock=0)
    made = []
    async with running_ledger(driver, database) as ledger:
        await ledger.submit(Restock(product_id, 10, "seller", "delivery"))
        for number in range(3):
            made.append(await create(driver, database, tmp_path))
            await buy(ledger, buyer(number), product_id, quantity=1, key=str(number))
            await follow(driver, database, tmp_path)
    folder = BackupFolder(tmp_path)
    folder.begin("full-0000-cut-off")
    files = folder.journal_files()
    with pytest.raises(BackupRefused, match="there are 3 complete backups, fewer than 4"):
        prune(tmp_path, 4)
    assert (len(folder.full()), folder.journal_files()) == (4, files)
    gone = prune(tmp_path, 2)
    assert gone.full == ["full-0000-cut-off", made[0].name]
    assert [each.name for each in listed(tmp_path, thorough=True).full] == [each.name for each in made[1:]]
    assert folder.journal_files() == files[-2:]
    assert gone.journal_files == len(files) - 2
    done = await restore(driver, target, tmp_path, backup=made[1].name)
    assert [row["order_key"] async for row in target["orders"].find().sort("order_key", 1)] == ["0", "1", "2"]
    assert (await _audited(driver, target, done.at)).ok
    assert prune(tmp_path, 2) == Pruned([], 0)


@both_drivers
async def test_the_journal_that_is_being_written_stays(driver: Driver, database: Database, tmp_path: Path) -> None:
    """A full backup may be newer than all of it: whoever follows goes on in the same file."""
    await add_product(database, stock=10)
    await create(driver, database, tmp_path)
    await add_product(database, stock=10)
    await follow(driver, database, tmp_path)
    await add_product(database, stock=10)
    await create(driver, database, tmp_path)
    assert prune(tmp_path, 1).journal_files == 0
    assert len(BackupFolder(tmp_path).journal_files()) == 1
