"""Which pictures a product has: each change is one guarded write, and its seller's alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId

from models.catalogue import MAX_IMAGES, Image
from models.picture import Prints
from mongo.driver import Database
from mongo.gallery import GalleryWrites
from mongo.images import Images
from tests.mongo.shop import SELLER, add_product, both_drivers

MINE, ANOTHER = str(SELLER), str(ObjectId())


async def stored(database: Database) -> str:
    """Store a picture."""
    return await Images(database).keep(Prints(b"l", b"s"))


async def hang(database: Database, product_id: str, count: int) -> list[str]:
    """Hang up so many pictures."""
    ids = [await stored(database) for _ in range(count)]
    for number, image_id in enumerate(ids):
        assert await GalleryWrites(database).hang(product_id, MINE, image_id, str(number))
    return ids


def ids_of(images: Sequence[Image] | None) -> list[str | None]:
    """Return the ids, in their order."""
    assert images is not None
    return [each.id for each in images]


@both_drivers
async def test_pictures_hang_in_the_order_in_which_they_came(database: Database) -> None:
    """Each with both its addresses and its words, and when the product was changed."""
    product_id = await add_product(database)
    ids = await hang(database, product_id, 3)
    shown = await GalleryWrites(database).images(product_id, MINE)
    assert shown is not None
    assert [tuple(each) for each in shown] == [
        (each, f"/images/{each}", f"/images/{each}/small", str(number)) for number, each in enumerate(ids)
    ]
    product: Any = await database["products"].find_one({"_id": ObjectId(product_id)})
    assert product["updated_at"] is not None


@both_drivers
async def test_a_product_has_at_most_twelve(database: Database) -> None:
    """However many come at once."""
    product_id = await add_product(database)
    ids = [await stored(database) for _ in range(MAX_IMAGES + 4)]
    writes = GalleryWrites(database)

    async def one(image_id: str) -> Image | None:
        return await writes.hang(product_id, MINE, image_id, "")

    done = await asyncio.gather(*map(one, ids))
    assert sum(each is not None for each in done) == MAX_IMAGES
    assert len(ids_of(await writes.images(product_id, MINE))) == MAX_IMAGES


@both_drivers
async def test_words_are_changed_one_by_one(database: Database) -> None:
    """Those of the others stay."""
    product_id = await add_product(database)
    ids = await hang(database, product_id, 3)
    changed = await GalleryWrites(database).describe(product_id, MINE, ids[1], "Tea, <b>loose</b> 🍵")
    assert changed == Image(ids[1], f"/images/{ids[1]}", f"/images/{ids[1]}/small", "Tea, <b>loose</b> 🍵")
    shown = await GalleryWrites(database).images(product_id, MINE)
    assert [each.alt for each in shown or ()] == ["0", "Tea, <b>loose</b> 🍵", "2"]


@both_drivers
async def test_an_order_names_every_picture_once(database: Database) -> None:
    """Anything else changes nothing."""
    product_id, writes = await add_product(database), GalleryWrites(database)
    assert await writes.arrange(product_id, MINE, []) == ()
    ids = await hang(database, product_id, 3)
    assert ids_of(await writes.arrange(product_id, MINE, [ids[2], ids[0], ids[1]])) == [ids[2], ids[0], ids[1]]
    unfit = ([], ids[:2], [*ids, str(ObjectId())], [ids[0], ids[1], str(ObjectId())], [ids[0], *ids], [ids[0]] * 3)
    for each in unfit:
        assert await writes.arrange(product_id, MINE, each) is None
    assert ids_of(await writes.images(product_id, MINE)) == [ids[2], ids[0], ids[1]]
    assert [each.alt for each in await writes.images(product_id, MINE) or ()] == ["2", "0", "1"]


async def test_what_another_program_put_there_cannot_be_named(database: Database) -> None:
    """It has no id, so no order names all; one of ours can still be taken down."""
    product_id = await add_product(database, images=[{"url": "/elsewhere.png"}])
    writes, (mine,) = GalleryWrites(database), await hang(database, product_id, 1)
    shown = await writes.images(product_id, MINE)
    assert shown
    assert shown[0] == Image(None, "/elsewhere.png", "/elsewhere.png", "")
    assert await writes.arrange(product_id, MINE, [mine]) is None
    assert ids_of(await writes.take_down(product_id, MINE, mine)) == [None]


@both_drivers
async def test_a_picture_is_taken_down_once(database: Database) -> None:
    """The others move up."""
    product_id, writes = await add_product(database), GalleryWrites(database)
    ids = await hang(database, product_id, 3)
    assert ids_of(await writes.take_down(product_id, MINE, ids[0])) == ids[1:]
    assert await writes.take_down(product_id, MINE, ids[0]) is None


@pytest.mark.parametrize("kept", [True, False])
async def test_what_is_anothers_or_deleted_is_not_there(database: Database, *, kept: bool) -> None:
    """To no kind of change; an admin, who may all, finds what is not deleted."""
    product_id, writes = await add_product(database), GalleryWrites(database)
    ids = await hang(database, product_id, 2)
    if not kept:
        await database["products"].update_one({"_id": ObjectId(product_id)}, [{"$set": {"deleted_at": "$$NOW"}}])
    seller = ANOTHER if kept else MINE
    for product in (product_id, str(ObjectId())):
        assert await writes.images(product, seller) is None
        assert await writes.hang(product, seller, await stored(database), "") is None
        assert await writes.describe(product, seller, ids[0], "") is None
        assert await writes.arrange(product, seller, ids) is None
        assert await writes.take_down(product, seller, ids[0]) is None
    found = await writes.images(product_id, None)
    assert (ids_of(found) == ids) if kept else found is None
