"""Pictures, as the database has them."""

from typing import NamedTuple

from bson import Binary, ObjectId

from mongo.driver import Database


class Picture(NamedTuple):
    """A stored picture."""

    content: bytes
    content_type: str


class Images:
    """Pictures by id; they never change, so their id is their version."""

    def __init__(self, database: Database) -> None:
        self._images = database["images"]

    async def get(self, image_id: str) -> Picture | None:
        """Return a picture."""
        document = await self._images.find_one({"_id": ObjectId(image_id)})
        return Picture(bytes(document["content"]), document["content_type"]) if document else None

    async def add(self, content: bytes, content_type: str) -> str:
        """Store a picture; return its id."""
        image_id = ObjectId()
        await self._images.insert_one({"_id": image_id, "content": Binary(content), "content_type": content_type})
        return str(image_id)
