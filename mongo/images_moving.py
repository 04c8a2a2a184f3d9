"""How pictures came into GridFS: before, each was a document of its own that had its content in it.

All of it may be done again, and begun again after a death at any line.
"""

from typing import Any

from bson import ObjectId

from mongo.driver import Database, Document, bucket_of
from mongo.images import BUCKET, CHUNKS, FILES, LARGE, file_id, write_file

_OURS = r"^/images/[0-9a-f]{24}$"


async def move_to_gridfs(database: Database) -> None:
    """Move the content of all pictures, and write their ids beside their addresses in products."""
    images = database[BUCKET]
    old: Document = {"content": {"$exists": True}}
    while row := await images.find_one(old):
        await _move(database, row)
    await _name_in_products(database)


async def _move(database: Database, row: Any) -> None:
    key: ObjectId = row["_id"]
    name = file_id(key, LARGE)
    if await database[FILES].find_one({"_id": name}) is None:
        await database[CHUNKS].delete_many({"files_id": name})  # of one who died while writing them
        await write_file(bucket_of(database, BUCKET), key, LARGE, bytes(row["content"]), row["content_type"])
    # It hangs somewhere, most likely. If not, the sweep finds that out.
    await database[BUCKET].update_one({"_id": key}, {"$unset": {"content": 1, "content_type": 1}})


async def _name_in_products(database: Database) -> None:
    text: Document = {"$cond": [{"$eq": [{"$type": "$$image.url"}, "string"]}, "$$image.url", ""]}
    ours: Document = {"$regexMatch": {"input": text, "regex": _OURS}}
    key: Document = {"$toObjectId": {"$last": {"$split": ["$$image.url", "/"]}}}
    named: Document = {"$cond": [ours, {"$mergeObjects": [{"_id": key}, "$$image"]}, "$$image"]}
    query: Document = {"images": {"$elemMatch": {"url": {"$regex": _OURS}, "_id": {"$exists": False}}}}
    change: list[Document] = [{"$set": {"images": {"$map": {"input": "$images", "as": "image", "in": named}}}}]
    await database["products"].update_many(query, change)
