"""Rows that are written once: their unique keys say whether they are there already."""

from collections.abc import Sequence
from typing import Any

from pymongo import InsertOne
from pymongo.errors import BulkWriteError

from mongo.driver import DUPLICATE_KEY, Document


async def insert_new(collection: Any, rows: Sequence[Document]) -> None:
    """Insert rows; those whose key is there already stay as they are. Safe to do again, and by several at once."""
    if not rows:
        return
    try:
        await collection.bulk_write([InsertOne(row) for row in rows], ordered=False)
    except BulkWriteError as error:
        others = [each for each in error.details["writeErrors"] if each["code"] != DUPLICATE_KEY]
        if others or error.details["writeConcernErrors"]:
            raise
