"""The files of pictures, in GridFS: two for each upload, or one where somebody drew it (the demo's).

A picture has a record in ``images``, written before its files and removed after them, so what a death leaves behind,
chunks without a file included, is found by it. ``loose_since`` says since when no product shows it, as far as is
known, by the database's clock: set with the record, taken away once it hangs, set again by the sweep.

A picture may be hung up only while it has been loose for less than ``HANG_WITHIN``, and its files are removed only
after ``LOOSE_FOR``: between the two nothing can happen to it, so what is removed hangs nowhere.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bson import ObjectId
from gridfs.errors import NoFile

from models.picture import Prints, Size, Swept
from mongo.driver import Database, Document, bucket_of

BUCKET = "images"
FILES, CHUNKS = f"{BUCKET}.files", f"{BUCKET}.chunks"
HANG_WITHIN = 30 * 60_000  # milliseconds
LOOSE_FOR = 60 * 60_000
LARGE: Size = "large"
SMALL: Size = "small"
WEBP = "image/webp"


class Picture(NamedTuple):
    """A stored picture."""

    content: bytes
    content_type: str


def file_id(image_id: ObjectId | str, size: Size) -> str:
    """Return the id of a picture's file in one size."""
    return f"{image_id}/{size}"


class Images:
    """Pictures by id; they never change, so their id is their version. ``loose_for`` is in milliseconds."""

    def __init__(self, database: Database, *, loose_for: int = LOOSE_FOR) -> None:
        self._database = database
        self._images = database[BUCKET]
        self._bucket = bucket_of(database, BUCKET)
        self._loose_for = loose_for

    async def get(self, image_id: str, size: Size = LARGE) -> Picture | None:
        """Return a picture; the large one where it has no small one."""
        for each in dict.fromkeys((size, LARGE)):
            try:
                file = await self._bucket.open_download_stream(file_id(image_id, each))
                details: Any = file.metadata
                return Picture(bytes(await file.read()), details["content_type"])
            except NoFile:
                continue
        return None

    async def keep(self, prints: Prints) -> str:
        """Store a picture in both sizes, hung up nowhere yet; return its id."""
        image_id = await self._record()
        await self._write(image_id, LARGE, prints.large, WEBP)
        await self._write(image_id, SMALL, prints.small, WEBP)
        return str(image_id)

    async def add(self, content: bytes, content_type: str) -> str:
        """Store a picture in one size, for a product that is added at once; return its id."""
        image_id = await self._record()
        await self._write(image_id, LARGE, content, content_type)
        return str(image_id)

    async def sweep(self, after: str | None, limit: int) -> Swept:
        """Look at so many pictures after an id: mark those that no product shows, and remove the old ones."""
        old = {"$lt": ["$loose_since", {"$subtract": ["$$NOW", self._loose_for]}]}
        fields: Document = {"loose_since": 1, "old": {"$and": [{"$gt": ["$loose_since", None]}, old]}}
        query: Document = {"_id": {"$gt": ObjectId(after)}} if after else {}
        rows = await self._images.find(query, fields).sort("_id", 1).limit(limit).to_list(None)
        # Only now: what has been loose for so long can be hung up by nobody any more, so what hangs nowhere stays so.
        shown = await self._shown([row["_id"] for row in rows])
        hanging = [row["_id"] for row in rows if row["_id"] in shown and "loose_since" in row]
        loose = [row["_id"] for row in rows if row["_id"] not in shown and "loose_since" not in row]
        gone = [row["_id"] for row in rows if row["_id"] not in shown and row["old"]]
        if hanging:
            await self._images.update_many({"_id": {"$in": hanging}}, {"$unset": {"loose_since": 1}})
        if loose:
            await self._images.update_many({"_id": {"$in": loose}}, _MARKED_LOOSE)
        if gone:
            await self._remove(gone)
        return Swept(str(rows[-1]["_id"]) if len(rows) == limit else None, len(gone))

    async def _record(self) -> ObjectId:
        image_id = ObjectId()
        await self._images.update_one({"_id": image_id}, _MARKED_LOOSE, upsert=True)
        return image_id

    async def _write(self, image_id: ObjectId, size: Size, content: bytes, content_type: str) -> None:
        await write_file(self._bucket, image_id, size, content, content_type)

    async def _shown(self, ids: Sequence[ObjectId]) -> set[ObjectId]:
        query: Document = {"images._id": {"$in": list(ids)}}
        rows = await self._database["products"].find(query, {"images._id": 1}).to_list(None)
        return {image["_id"] for row in rows for image in row["images"] if "_id" in image}

    async def _remove(self, ids: Sequence[ObjectId]) -> None:
        """Remove files and, after them, what remembers them. Chunks go by their file's id, be the file there or not."""
        files = [file_id(image_id, size) for image_id in ids for size in (LARGE, SMALL)]
        await self._database[FILES].delete_many({"_id": {"$in": files}})
        await self._database[CHUNKS].delete_many({"files_id": {"$in": files}})
        await self._images.delete_many({"_id": {"$in": list(ids)}})


_MARKED_LOOSE: Sequence[Document] = [{"$set": {"loose_since": {"$ifNull": ["$loose_since", "$$NOW"]}}}]


async def write_file(bucket: Any, image_id: ObjectId, size: Size, content: bytes, content_type: str) -> None:
    """Store one file of a picture."""
    details = {"content_type": content_type}
    await bucket.upload_from_stream_with_id(file_id(image_id, size), size, content, metadata=details)
