"""Moments: cluster times, as cursors and as points up to which something is to be restored."""

from datetime import datetime
from typing import Any

from bson import Timestamp

from models.backup import Until
from models.feed import Cursor
from mongo.driver import Database, Session
from mongo.sales_rebuild import collection_uuid
from mongo.stream import cursor_of, timestamp_of

BEGINNING = Timestamp(0, 0)


def last_of(until: Until) -> Timestamp:
    """Return the last cluster time that may be restored."""
    if isinstance(until, datetime):
        return Timestamp(int(until.timestamp()), 0)  # those of a second begin at 1
    return timestamp_of(until)


async def present_moment(database: Database, session: Session) -> Timestamp:
    """Return the cluster time at which a snapshot can be read now: all that a majority has."""
    command = {"find": "meta", "limit": 1, "singleBatch": True, "readConcern": {"level": "snapshot"}}
    reply: Any = await database.command(command, session=session)
    at: Timestamp = reply["cursor"]["atClusterTime"]
    return at


async def history_of(database: Database) -> str | None:
    """Return what tells the history of a database from that of another one, before or after a restore.

    It is that of its orders, as for whoever keeps figures of them. None where there is no shop.
    """
    uuid = await collection_uuid(database, "orders")
    return bytes(uuid).hex() if uuid is not None else None


__all__ = ["BEGINNING", "Cursor", "cursor_of", "history_of", "last_of", "present_moment", "timestamp_of"]
