"""Which pictures a product has: entries of its ``images``, in their order. Each change is one guarded write."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from models.catalogue import MAX_IMAGES, Image
from mongo import documents
from mongo.driver import Database, Document
from mongo.images import BUCKET, HANG_WITHIN

_ONLY_IMAGES: Document = {"images": 1}


class GalleryWrites:
    """Hangs up, describes, arranges and takes down. ``seller_id`` is whose product it has to be; None for anybody's.

    ``hang_within`` is in milliseconds: see mongo/images.py.
    """

    def __init__(self, database: Database, *, hang_within: int = HANG_WITHIN) -> None:
        self._products = database["products"]
        self._files = database[BUCKET]
        self._hang_within = timedelta(milliseconds=hang_within)

    async def images(self, product_id: str, seller_id: str | None) -> Sequence[Image] | None:
        """Return a product's pictures; None where there is no such product."""
        document = await self._products.find_one(_theirs(product_id, seller_id), _ONLY_IMAGES)
        return documents.images_of(document) if document else None

    async def hang(self, product_id: str, seller_id: str | None, image_id: str, alt: str) -> Image | None:
        """Add a stored picture as the last one; None if the product, a free place or the files are not there."""
        key = ObjectId(image_id)
        record: Any = await self._files.find_one({"_id": key, "loose_since": {"$type": "date"}})
        if record is None:
            return None
        in_time: Document = {"$expr": {"$lt": ["$$NOW", record["loose_since"] + self._hang_within]}}
        free: Document = {f"images.{MAX_IMAGES - 1}": {"$exists": False}}
        change: Document = {"$push": {"images": documents.image_document(key, alt)}}
        document = await self._change(product_id, seller_id, {**free, **in_time}, change)
        if document is None:
            return None
        # The sweep would do it as well, an hour later.
        await self._files.update_one({"_id": key}, {"$unset": {"loose_since": 1}})
        return _among(document, image_id)

    async def describe(self, product_id: str, seller_id: str | None, image_id: str, alt: str) -> Image | None:
        """Change a picture's alternative text; None where there is no such picture."""
        change: Document = {"$set": {"images.$.alt": alt}}
        document = await self._change(product_id, seller_id, {"images._id": ObjectId(image_id)}, change)
        return _among(document, image_id) if document else None

    async def arrange(self, product_id: str, seller_id: str | None, order: Sequence[str]) -> Sequence[Image] | None:
        """Bring a product's pictures into an order; None unless it names each of them once."""
        keys = [ObjectId(each) for each in order]
        if len(set(keys)) != len(keys):
            return None
        # An entry that has no id cannot be named, so it makes the sizes differ.
        exactly: Document = {"images": {"$size": len(keys)}, "images._id": {"$all": keys}} if keys else _NO_IMAGES
        place = {"$filter": {"input": "$images", "as": "each", "cond": {"$eq": ["$$each._id", "$$key"]}}}
        arranged = {"$map": {"input": keys, "as": "key", "in": {"$first": place}}}
        change: list[Document] = [{"$set": {"images": arranged, "updated_at": "$$NOW"}}]
        document = await self._change(product_id, seller_id, exactly, change)
        return documents.images_of(document) if document else None

    async def take_down(self, product_id: str, seller_id: str | None, image_id: str) -> Sequence[Image] | None:
        """Remove a picture from its product; return those left; None where there is no such picture."""
        key = ObjectId(image_id)
        change: Document = {"$pull": {"images": {"_id": key}}}
        document = await self._change(product_id, seller_id, {"images._id": key}, change)
        return documents.images_of(document) if document else None

    async def _change(
        self, product_id: str, seller_id: str | None, guard: Document, change: Document | list[Document]
    ) -> Document | None:
        if isinstance(change, dict):
            change = {**change, "$currentDate": {"updated_at": True}}
        document: Document | None = await self._products.find_one_and_update(
            {**_theirs(product_id, seller_id), **guard},
            change,
            projection=_ONLY_IMAGES,
            return_document=ReturnDocument.AFTER,
        )
        return document


_NO_IMAGES: Document = {"images.0": {"$exists": False}}


def _theirs(product_id: str, seller_id: str | None) -> Document:
    query: Document = {"_id": ObjectId(product_id), "deleted_at": None}
    return query if seller_id is None else {**query, "seller_id": ObjectId(seller_id)}


def _among(document: Document, image_id: str) -> Image:
    return next(each for each in documents.images_of(document) if each.id == image_id)
