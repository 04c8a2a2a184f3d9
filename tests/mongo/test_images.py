"""Pictures on a real database, and the question whether it can serve."""

import os
from typing import Any

import pytest
from bson import Binary, ObjectId
from pymongo.errors import PyMongoError

from ivorycart.pictures.sweeping import PictureSweeper
from models.entry import EntryAct
from models.picture import Prints
from mongo.driver import Database, Driver
from mongo.gallery import GalleryWrites
from mongo.health import Pings
from mongo.images import CHUNKS, FILES, Images
from mongo.images_moving import move_to_gridfs
from tests.mongo.shop import add_product, both_drivers, failing

WEBP = "image/webp"
ACT = EntryAct(kind="pictures", actor="u:admin")
PRINTS = Prints(os.urandom(600_000), os.urandom(20_000))  # the large one takes three chunks
COMMANDS = "find insert update delete findAndModify getMore"


async def counted(database: Database) -> tuple[int, int, int]:
    """Count records, files and chunks."""
    names = ("images", FILES, CHUNKS)
    records, files, chunks = [await database[name].count_documents({}) for name in names]
    return records, files, chunks


async def walk(images: Images, limit: int = 200) -> int:
    """Let a sweep walk over all; return how many it removed."""
    swept = await images.sweep(None, limit)
    removed = swept.removed
    while swept.last:
        swept = await images.sweep(swept.last, limit)
        removed += swept.removed
    return removed


async def hung(driver: Driver, database: Database, product_id: str, alt: str = "") -> str:
    """Store a picture and hang it up."""
    image_id = await Images(database).keep(PRINTS)
    assert await GalleryWrites(driver, database).hang(product_id, ACT, image_id, alt)
    return image_id


@both_drivers
async def test_a_picture_comes_back_as_it_was_stored(database: Database) -> None:
    """Byte for byte, under an id of its own, in both sizes; an unknown id is none."""
    images = Images(database)
    first, second = await images.keep(PRINTS), await images.keep(Prints(b"l", b"s"))
    assert first != second
    picture = await images.get(first)
    assert picture
    assert (picture.content, picture.content_type, type(picture.content)) == (PRINTS.large, WEBP, bytes)
    assert await images.get(first, "small") == (PRINTS.small, WEBP)
    assert await images.get(second, "small") == (b"s", WEBP)
    assert await images.get(str(ObjectId())) is None
    assert await images.get(str(ObjectId()), "small") is None


@both_drivers
async def test_a_picture_of_one_size_is_shown_in_that_size(database: Database) -> None:
    """What the demo draws is sharp in any size, and keeps its own type."""
    images = Images(database)
    image_id = await images.add(b"<svg/>", "image/svg+xml")
    assert await images.get(image_id) == await images.get(image_id, "small") == (b"<svg/>", "image/svg+xml")


@both_drivers
async def test_what_was_stored_in_documents_of_its_own_moves_to_gridfs(database: Database) -> None:
    """Each picture is found by the same id as before, and products know theirs; what another put there is left."""
    content = os.urandom(700_000)
    old = [{"_id": ObjectId(), "content": Binary(content), "content_type": "image/svg+xml"} for _ in range(3)]
    await database["images"].insert_many(old)
    ids = [each["_id"] for each in old]
    foreign = [{"url": "https://elsewhere.test/1.png", "alt": "x"}, {"url": 5}]
    ours = [{"url": f"/images/{each}", "alt": "Tea"} for each in ids[:2]]
    product_id = await add_product(database, images=[*ours, *foreign])
    for _ in range(2):  # again is no matter
        await move_to_gridfs(database)
    for each in ids:
        assert await Images(database).get(str(each)) == (content, "image/svg+xml")
    assert await database["images"].find().sort("_id").to_list(None) == [{"_id": each} for each in ids]
    product: Any = await database["products"].find_one({"_id": ObjectId(product_id)})
    named = [{"_id": key, **image} for key, image in zip(ids, ours, strict=False)]
    assert product["images"] == [*named, *foreign]
    await walk(Images(database))
    assert await walk(Images(database, loose_for=-1000)) == 1  # the one that no product shows


async def test_moving_may_die_at_any_command(driver: Driver, database: Database) -> None:
    """And begins again."""
    deaths = 0
    while True:
        key, content = ObjectId(), os.urandom(600_000)
        await database["images"].insert_one({"_id": key, "content": Binary(content), "content_type": "image/png"})
        await add_product(database, images=[{"url": f"/images/{key}", "alt": "Tea"}])
        async with failing(driver, COMMANDS, {"skip": deaths}, errorCode=8000):
            died = await dies(move_to_gridfs(database))
        await move_to_gridfs(database)
        assert await Images(database).get(str(key)) == (content, "image/png")
        assert await database["products"].count_documents({"images._id": key}) == 1
        if not died:
            break
        deaths += 1
    assert deaths >= 6
    assert await counted(database) == (deaths + 1, deaths + 1, 3 * (deaths + 1))


async def dies(work: Any) -> bool:
    """Whether the database's refusal ends some work."""
    try:
        await work
    except PyMongoError:
        return True
    return False


@both_drivers
async def test_what_hangs_nowhere_for_an_hour_is_swept_away(driver: Driver, database: Database) -> None:
    """With its files and chunks; what hangs stays, however old, and what was stored just now."""
    product_id = await add_product(database)
    stays, goes, new = await hung(driver, database, product_id), await hung(driver, database, product_id), None
    assert await walk(Images(database, loose_for=-1000)) == 0
    assert await GalleryWrites(driver, database).take_down(product_id, ACT, goes) is not None
    assert await walk(Images(database)) == 0  # it is marked, and shown to whoever still has its address
    assert await Images(database).get(goes)
    assert await walk(Images(database)) == 0
    await database["images"].update_one(
        {"_id": ObjectId(goes)}, [{"$set": {"loose_since": {"$subtract": ["$$NOW", 3_600_001]}}}]
    )
    new = await Images(database).keep(PRINTS)
    assert await walk(Images(database)) == 1
    assert await Images(database).get(goes) is None
    assert await Images(database).get(stays) == (PRINTS.large, WEBP)
    assert await Images(database).get(new) == (PRINTS.large, WEBP)
    assert await counted(database) == (2, 4, 8)


async def test_a_product_that_is_gone_takes_its_pictures_along(driver: Driver, database: Database) -> None:
    """Whoever removed it, and however."""
    product_id = await add_product(database)
    for _ in range(3):
        await hung(driver, database, product_id)
    await database["products"].delete_one({"_id": ObjectId(product_id)})
    assert await walk(Images(database, loose_for=-1000)) == 0
    assert await walk(Images(database, loose_for=-1000)) == 3
    assert await counted(database) == (0, 0, 0)


async def test_a_picture_that_comes_back_is_not_loose_any_more(driver: Driver, database: Database) -> None:
    """An operator put back what a seller took down."""
    product_id = await add_product(database)
    image_id = await hung(driver, database, product_id)
    await GalleryWrites(driver, database).take_down(product_id, ACT, image_id)
    await walk(Images(database))
    assert await database["images"].count_documents({"loose_since": {"$exists": True}}) == 1
    back = {"images": [{"_id": ObjectId(image_id), "url": f"/images/{image_id}", "alt": ""}]}
    await database["products"].update_one({"_id": ObjectId(product_id)}, {"$set": back})
    assert await walk(Images(database, loose_for=-1000)) == 0
    assert await database["images"].count_documents({"loose_since": {"$exists": True}}) == 0


async def test_a_sweeper_goes_over_all_by_batches_and_begins_anew(database: Database) -> None:
    """Wherever it is: what became loose behind it is found the next time."""
    ids = [await Images(database).keep(Prints(b"l", b"s")) for _ in range(7)]
    assert await walk(Images(database), limit=3) == 0
    assert await walk(Images(database, loose_for=-1000), limit=3) == 7
    assert await Images(database).get(ids[0]) is None
    sweeper = PictureSweeper(Images(database, loose_for=-1000))
    for _ in range(3):
        image_id = await Images(database).keep(Prints(b"l", b"s"))
        assert await sweeper.step() is False
        assert await Images(database).get(image_id) is None


@both_drivers
async def test_an_upload_may_die_at_any_command(driver: Driver, database: Database) -> None:
    """Then the product has the picture whole or not at all, and the sweep leaves nothing of what nobody sees."""
    product_id, deaths = await add_product(database), 0
    while True:
        async with failing(driver, COMMANDS, {"skip": deaths}, errorCode=8000):
            died = await dies(hung(driver, database, product_id))
        shown = await GalleryWrites(driver, database).images(product_id, None)
        assert shown is not None
        for image in shown:
            assert await Images(database).get(image.id or "") == (PRINTS.large, WEBP)
            assert await Images(database).get(image.id or "", "small") == (PRINTS.small, WEBP)
            assert await walk(Images(database, loose_for=-1000)) in {0, 1}
            await GalleryWrites(driver, database).take_down(product_id, ACT, image.id or "")
        for _ in range(2):
            await walk(Images(database, loose_for=-1000))
        assert await counted(database) == (0, 0, 0)
        if not died:
            break
        deaths += 1
    assert deaths >= 7


@both_drivers
async def test_a_sweep_may_die_at_any_command(driver: Driver, database: Database) -> None:
    """What hangs is whole, and the next walk finds what the dead one left: a chunk without its file, say."""
    product_id, deaths = await add_product(database), 0
    stays = await hung(driver, database, product_id)
    while True:
        await Images(database).keep(PRINTS)
        goes = await hung(driver, database, product_id)
        await GalleryWrites(driver, database).take_down(product_id, ACT, goes)
        async with failing(driver, COMMANDS, {"skip": deaths}, errorCode=8000):
            died = await dies(walk(Images(database, loose_for=-1000)))
        assert await Images(database).get(stays) == (PRINTS.large, WEBP)
        for _ in range(2):
            await walk(Images(database, loose_for=-1000))
        assert await counted(database) == (1, 2, 4)
        if not died:
            break
        deaths += 1
    assert deaths >= 5


async def test_what_may_be_swept_cannot_be_hung_up(driver: Driver, database: Database) -> None:
    """An upload that slept for half an hour between its files and its product comes too late, by the database's clock.

    So there is never a product whose picture is being removed.
    """
    product_id = await add_product(database)
    image_id = await Images(database).keep(PRINTS)
    assert await GalleryWrites(driver, database, hang_within=-1).hang(product_id, ACT, image_id, "") is None
    await walk(Images(database, loose_for=-1000))
    assert await GalleryWrites(driver, database).hang(product_id, ACT, image_id, "") is None
    assert await GalleryWrites(driver, database).images(product_id, None) == ()


async def test_the_sweep_finds_by_indexes_what_is_shown(database: Database) -> None:
    """It never reads all products."""
    plan = await database.command(
        "explain", {"find": "products", "filter": {"images._id": {"$in": [ObjectId(), ObjectId()]}}}
    )
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])


@both_drivers
async def test_a_primary_that_answers_can_serve(database: Database):
    """It says nothing; that is the answer."""
    await Pings(database).ping()


async def test_without_a_primary_nobody_can_serve():
    """A secondary that answers is not enough."""

    class Secondary:
        async def command(self, _name: str) -> dict[str, bool]:
            return {"isWritablePrimary": False}

    with pytest.raises(ConnectionError, match="primary"):
        await Pings(Secondary()).ping()  # type: ignore[arg-type]
