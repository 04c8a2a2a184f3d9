"""Which pictures a product has: each change is one guarded write, and its seller's alone."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import PyMongoError

from models.catalogue import MAX_IMAGES, Image
from models.entry import EntryAct
from models.errors import StorageUnavailable
from models.picture import Prints
from mongo.catalogue import Catalogue
from mongo.driver import Database, Driver
from mongo.gallery import GalleryWrites
from mongo.images import Images
from tests.mongo.shop import SELLER, add_product, both_drivers, failing

MINE, ANOTHER = str(SELLER), str(ObjectId())
ACT = EntryAct(kind="pictures", actor="u:seller", reason="spring", seller_id=MINE)


async def stored(database: Database) -> str:
    """Store a picture."""
    return await Images(database).keep(Prints(b"l", b"s"))


async def hang(driver: Driver, database: Database, product_id: str, count: int) -> list[str]:
    """Hang up so many pictures."""
    ids = [await stored(database) for _ in range(count)]
    for number, image_id in enumerate(ids):
        assert await GalleryWrites(driver, database).hang(product_id, ACT, image_id, str(number))
    return ids


def ids_of(images: Sequence[Image] | None) -> list[str | None]:
    """Return the ids, in their order."""
    assert images is not None
    return [each.id for each in images]


@both_drivers
async def test_pictures_hang_in_the_order_in_which_they_came(driver: Driver, database: Database) -> None:
    """Each with both its addresses and its words, and when the product was changed."""
    product_id = await add_product(database)
    ids = await hang(driver, database, product_id, 3)
    shown = await GalleryWrites(driver, database).images(product_id, MINE)
    assert shown is not None
    assert [tuple(each) for each in shown] == [
        (each, f"/images/{each}", f"/images/{each}/small", str(number)) for number, each in enumerate(ids)
    ]
    product: Any = await database["products"].find_one({"_id": ObjectId(product_id)})
    assert product["updated_at"] is not None


@both_drivers
async def test_a_product_has_at_most_twelve(driver: Driver, database: Database) -> None:
    """However many come at once."""
    product_id = await add_product(database)
    ids = [await stored(database) for _ in range(MAX_IMAGES + 4)]
    writes = GalleryWrites(driver, database)

    async def one(image_id: str) -> Image | None:
        while True:
            with suppress(StorageUnavailable):  # met others so often that it was given up: nothing was done
                return await writes.hang(product_id, ACT, image_id, "")

    done = await asyncio.gather(*map(one, ids))
    assert sum(each is not None for each in done) == MAX_IMAGES
    assert len(ids_of(await writes.images(product_id, MINE))) == MAX_IMAGES


@both_drivers
async def test_words_are_changed_one_by_one(driver: Driver, database: Database) -> None:
    """Those of the others stay."""
    product_id = await add_product(database)
    ids = await hang(driver, database, product_id, 3)
    changed = await GalleryWrites(driver, database).describe(product_id, ACT, ids[1], "Tea, <b>loose</b> 🍵")
    assert changed == Image(ids[1], f"/images/{ids[1]}", f"/images/{ids[1]}/small", "Tea, <b>loose</b> 🍵")
    shown = await GalleryWrites(driver, database).images(product_id, MINE)
    assert [each.alt for each in shown or ()] == ["0", "Tea, <b>loose</b> 🍵", "2"]


@both_drivers
async def test_an_order_names_every_picture_once(driver: Driver, database: Database) -> None:
    """Anything else changes nothing."""
    product_id, writes = await add_product(database), GalleryWrites(driver, database)
    assert await writes.arrange(product_id, ACT, []) == ()
    ids = await hang(driver, database, product_id, 3)
    assert ids_of(await writes.arrange(product_id, ACT, [ids[2], ids[0], ids[1]])) == [ids[2], ids[0], ids[1]]
    unfit = ([], ids[:2], [*ids, str(ObjectId())], [ids[0], ids[1], str(ObjectId())], [ids[0], *ids], [ids[0]] * 3)
    for each in unfit:
        assert await writes.arrange(product_id, ACT, each) is None
    assert ids_of(await writes.images(product_id, MINE)) == [ids[2], ids[0], ids[1]]
    assert [each.alt for each in await writes.images(product_id, MINE) or ()] == ["2", "0", "1"]


async def test_what_another_program_put_there_cannot_be_named(driver: Driver, database: Database) -> None:
    """It has no id, so no order names all; one of ours can still be taken down."""
    product_id = await add_product(database, images=[{"url": "/elsewhere.png"}])
    writes, (mine,) = GalleryWrites(driver, database), await hang(driver, database, product_id, 1)
    shown = await writes.images(product_id, MINE)
    assert shown
    assert shown[0] == Image(None, "/elsewhere.png", "/elsewhere.png", "")
    assert await writes.arrange(product_id, ACT, [mine]) is None
    assert ids_of(await writes.take_down(product_id, ACT, mine)) == [None]


@both_drivers
async def test_a_picture_is_taken_down_once(driver: Driver, database: Database) -> None:
    """The others move up."""
    product_id, writes = await add_product(database), GalleryWrites(driver, database)
    ids = await hang(driver, database, product_id, 3)
    assert ids_of(await writes.take_down(product_id, ACT, ids[0])) == ids[1:]
    assert await writes.take_down(product_id, ACT, ids[0]) is None


@pytest.mark.parametrize("kept", [True, False])
async def test_what_is_anothers_or_deleted_is_not_there(driver: Driver, database: Database, *, kept: bool) -> None:
    """To no kind of change; an admin, who may all, finds what is not deleted."""
    product_id, writes = await add_product(database), GalleryWrites(driver, database)
    ids = await hang(driver, database, product_id, 2)
    if not kept:
        await database["products"].update_one({"_id": ObjectId(product_id)}, [{"$set": {"deleted_at": "$$NOW"}}])
    seller = ANOTHER if kept else MINE
    act = replace(ACT, seller_id=seller)
    for product in (product_id, str(ObjectId())):
        assert await writes.images(product, seller) is None
        assert await writes.hang(product, act, await stored(database), "") is None
        assert await writes.describe(product, act, ids[0], "") is None
        assert await writes.arrange(product, act, ids) is None
        assert await writes.take_down(product, act, ids[0]) is None
        assert await writes.clear(product, act) is None
    found = await writes.images(product_id, None)
    assert (ids_of(found) == ids) if kept else found is None


async def _lines(driver: Driver, database: Database, product_id: str) -> list[Any]:
    """Return what pictures a product had and has, by each act upon them, the first one first."""
    changes = await Catalogue(driver, database).changes(product_id, limit=20, after=None)
    assert {(each.kind, each.actor, each.reason) for each in changes} <= {(ACT.kind, ACT.actor, ACT.reason)}
    shown = [change.changed["images"] for change in reversed(changes)]
    return [[[str(each.get("_id")) + each["alt"] for each in side] for side in pair] for pair in shown]


@both_drivers
async def test_each_act_leaves_a_line(driver: Driver, database: Database) -> None:
    """With what was there and what is; one that changes nothing, or is refused, leaves none."""
    product_id, writes = await add_product(database), GalleryWrites(driver, database)
    one, two = await hang(driver, database, product_id, 2)
    await writes.describe(product_id, ACT, one, "tea")
    await writes.describe(product_id, ACT, one, "tea")
    await writes.arrange(product_id, ACT, [two, one])
    await writes.arrange(product_id, ACT, [two])
    await writes.take_down(product_id, ACT, two)
    await writes.take_down(product_id, ACT, two)
    assert await writes.clear(product_id, ACT) == ()
    assert await writes.clear(product_id, ACT) == ()
    assert await _lines(driver, database, product_id) == [
        [[], [f"{one}0"]],
        [[f"{one}0"], [f"{one}0", f"{two}1"]],
        [[f"{one}0", f"{two}1"], [f"{one}tea", f"{two}1"]],
        [[f"{one}tea", f"{two}1"], [f"{two}1", f"{one}tea"]],
        [[f"{two}1", f"{one}tea"], [f"{one}tea"]],
        [[f"{one}tea"], []],
    ]


@both_drivers
async def test_an_act_and_its_line_are_written_together_or_not_at_all(driver: Driver, database: Database) -> None:
    """Also where the line cannot be written, or the act meets another."""
    product_id, writes = await add_product(database), GalleryWrites(driver, database)
    (one,) = await hang(driver, database, product_id, 1)
    async with failing(driver, "insert", {"times": 1}, errorCode=2):
        with pytest.raises(PyMongoError):
            await writes.clear(product_id, ACT)
    assert ids_of(await writes.images(product_id, MINE)) == [one]
    transient = {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}
    async with failing(driver, "insert", {"times": 2}, **transient):
        await writes.clear(product_id, ACT)
    assert len(await _lines(driver, database, product_id)) == 2


async def test_a_picture_can_be_hung_up_where_another_program_wrote_none(driver: Driver, database: Database) -> None:
    """Nothing in place of a list is no picture."""
    product_id = await add_product(database, images=None)
    assert await GalleryWrites(driver, database).images(product_id, MINE) == ()
    assert len(await hang(driver, database, product_id, 2)) == 2
