"""Pictures on a real database, and the question whether it can serve."""

import os

import pytest
from bson import ObjectId

from mongo.driver import Database
from mongo.health import Pings
from mongo.images import Images
from tests.mongo.shop import both_drivers


@both_drivers
async def test_a_picture_comes_back_as_it_was_stored(database: Database):
    """Byte for byte, under an id of its own; an unknown id is none."""
    images, content = Images(database), os.urandom(100_000)
    first = await images.add(content, "image/png")
    second = await images.add(content, "image/svg+xml")
    assert first != second
    picture = await images.get(first)
    assert (picture.content, picture.content_type, type(picture.content)) == (content, "image/png", bytes)
    assert await images.get(str(ObjectId())) is None


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
