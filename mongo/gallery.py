"""Which pictures a product has: entries of its ``images``, in their order.

Each act is one guarded write, in a transaction with its line in ``catalogue_changes``.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from models.catalogue import MAX_IMAGES, Image
from models.entry import EntryAct
from mongo import documents
from mongo.catalogue import line_of
from mongo.driver import Database, Document, Driver, Session
from mongo.images import BUCKET, HANG_WITHIN
from mongo.whole import whole_or_refused

_SEEN: Document = dict.fromkeys(("images", "seller_id", "updated_at"), 1)
_NO_IMAGES: Document = {"images.0": {"$exists": False}}


class GalleryWrites:
    """Hangs up, describes, arranges and takes down.

    ``seller_id``, of the act or beside it, is whose product it has to be; None for anybody's. ``hang_within`` is in
    milliseconds: see mongo/images.py.
    """

    def __init__(self, driver: Driver, database: Database, *, hang_within: int = HANG_WITHIN) -> None:
        self._driver = driver
        self._products = database["products"]
        self._changes = database["catalogue_changes"]
        self._files = database[BUCKET]
        self._hang_within = timedelta(milliseconds=hang_within)

    async def images(self, product_id: str, seller_id: str | None) -> Sequence[Image] | None:
        """Return a product's pictures; None where there is no such product."""
        document = await self._products.find_one(_theirs(product_id, seller_id), _SEEN)
        return documents.images_of(document) if document else None

    async def hang(self, product_id: str, act: EntryAct, image_id: str, alt: str) -> Image | None:
        """Add a stored picture as the last one; None if the product, a free place or the files are not there."""
        key = ObjectId(image_id)
        record: Any = await self._files.find_one({"_id": key, "loose_since": {"$type": "date"}})
        if record is None:
            return None
        in_time: Document = {"$expr": {"$lt": ["$$NOW", record["loose_since"] + self._hang_within]}}
        free: Document = {f"images.{MAX_IMAGES - 1}": {"$exists": False}}
        added = [{"$literal": documents.image_document(key, alt)}]
        images: Document = {"$concatArrays": [{"$ifNull": ["$images", []]}, added]}
        document = await self._change(product_id, act, {**free, **in_time}, [{"$set": {"images": images}}])
        if document is None:
            return None
        # The sweep would do it as well, an hour later.
        await self._files.update_one({"_id": key}, {"$unset": {"loose_since": 1}})
        return _among(document, image_id)

    async def describe(self, product_id: str, act: EntryAct, image_id: str, alt: str) -> Image | None:
        """Change a picture's alternative text; None where there is no such picture."""
        change: Document = {"$set": {"images.$.alt": alt}}
        document = await self._change(product_id, act, {"images._id": ObjectId(image_id)}, change)
        return _among(document, image_id) if document else None

    async def arrange(self, product_id: str, act: EntryAct, order: Sequence[str]) -> Sequence[Image] | None:
        """Bring a product's pictures into an order; None unless it names each of them once."""
        keys = [ObjectId(each) for each in order]
        if len(set(keys)) != len(keys):
            return None
        # An entry that has no id cannot be named, so it makes the sizes differ.
        exactly: Document = {"images": {"$size": len(keys)}, "images._id": {"$all": keys}} if keys else _NO_IMAGES
        place = {"$filter": {"input": "$images", "as": "each", "cond": {"$eq": ["$$each._id", "$$key"]}}}
        arranged = {"$map": {"input": keys, "as": "key", "in": {"$first": place}}}
        document = await self._change(product_id, act, exactly, [{"$set": {"images": arranged}}])
        return documents.images_of(document) if document else None

    async def take_down(self, product_id: str, act: EntryAct, image_id: str) -> Sequence[Image] | None:
        """Remove a picture from its product; return those left; None where there is no such picture."""
        key = ObjectId(image_id)
        change: Document = {"$pull": {"images": {"_id": key}}}
        document = await self._change(product_id, act, {"images._id": key}, change)
        return documents.images_of(document) if document else None

    async def clear(self, product_id: str, act: EntryAct) -> Sequence[Image] | None:
        """Remove all pictures of a product; None where there is no such product."""
        document = await self._change(product_id, act, {}, {"$set": {"images": []}})
        return documents.images_of(document) if document else None

    async def _change(
        self, product_id: str, act: EntryAct, guard: Document, change: Document | list[Document]
    ) -> Document | None:
        query: Document = {**_theirs(product_id, act.seller_id), **guard}
        dated: Document | list[Document] = (
            {**change, "$currentDate": {"updated_at": True}}
            if isinstance(change, dict)
            else [*change, {"$set": {"updated_at": "$$NOW"}}]
        )

        async def apply(session: Session) -> Document | None:
            before = await self._products.find_one(query, _SEEN, session=session)
            if before is None:
                return None
            after: Any = await self._products.find_one_and_update(
                query, dated, projection=_SEEN, return_document=ReturnDocument.AFTER, session=session
            )
            if after is None:
                return None
            pair = [before.get("images") or [], after["images"]]
            if pair[0] != pair[1]:
                line = line_of(after, act, {"images": pair}, after["updated_at"])
                await self._changes.insert_one(line, session=session)
            return dict(after)

        return await whole_or_refused(self._driver, apply)


def _theirs(product_id: str, seller_id: str | None) -> Document:
    query: Document = {"_id": ObjectId(product_id), "deleted_at": None}
    return query if seller_id is None else {**query, "seller_id": ObjectId(seller_id)}


def _among(document: Document, image_id: str) -> Image:
    return next(each for each in documents.images_of(document) if each.id == image_id)
