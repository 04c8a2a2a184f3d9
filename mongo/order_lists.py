"""Lists of orders, newest first.

What an index answers costs a page what is on it. What none does (text, the statuses of a buyer's own few orders) is
looked at row by row, at most ``MOST_SCANNED`` rows for a page, from where the cursor goes on. All of a page is of one
moment, so an order that is moved meanwhile is on it once.
"""

import logging
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager

from bson import ObjectId
from pymongo.errors import OperationFailure

from models.order import Order
from models.order_list import OrderFilter, Place
from mongo import documents
from mongo.driver import Database, Document, Driver, Session
from mongo.order_conditions import BY_ID, LOOKED_AT, Fits, by_id, indexed, questions, row_by_row
from mongo.schema import ALIKE
from mongo.user_directory import LAST_CHARACTER

MOST_SCANNED = 2000
PORTION = 200
MOST_ALIKE = 2000  # ids that begin alike: those of a second, or of less
MOST_PEOPLE = 100
MOST_COUNTED = 10_000

# A moment is that of the last write; an idle database can forget it between two questions, and then has a newer one.
SNAPSHOT_TOO_OLD = 239
TRIES = 3

Page = tuple[Sequence[Order], Place | None]

log = logging.getLogger(__name__)


class OrderLists:
    """Finds orders."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._orders = database["orders"]
        self._users = database["users"]

    async def page(self, wanted: OrderFilter, *, limit: int, after: Place | None) -> Page:
        """Return orders, newest first unless otherwise wanted, and where the next page begins; None at the end.

        A page can be short, or empty, though more follows.
        """
        read = self._beginning if wanted.beginning else self._walk
        for tries_left in reversed(range(TRIES)):
            try:
                async with self._moment() as session:
                    rows, following = await read(session, wanted, limit, after)
                break
            except OperationFailure as error:
                if error.code != SNAPSHOT_TOO_OLD or not tries_left:
                    raise
        return _readable(rows), following

    async def place(self, wanted: OrderFilter, order_id: str) -> Place | None:
        """Return where an order stands, None where it is not in the list."""
        row = await self._orders.find_one({**indexed(wanted), "_id": ObjectId(order_id)}, {"timestamp": 1})
        return Place(row["timestamp"], order_id) if row else None

    async def count(self, wanted: OrderFilter) -> int:
        """Count a list that an index answers; what is beyond ``MOST_COUNTED`` is not counted."""
        return int(await self._orders.count_documents(indexed(wanted), limit=MOST_COUNTED))

    async def _walk(
        self, session: Session, wanted: OrderFilter, limit: int, after: Place | None
    ) -> tuple[list[Document], Place | None]:
        fits = row_by_row(wanted, await self._people(session, wanted))
        portion, fields = (PORTION, LOOKED_AT) if fits else (limit + 1, None)
        found: list[Document] = []

        async def whole(rows: list[Document]) -> list[Document]:
            return await self._whole(session, rows) if fields else rows

        for _ in range(0, MOST_SCANNED, portion):
            rows = await self._rows(session, wanted, portion, after, fields)
            for row in rows:
                if fits and not _holds(fits, row):
                    continue
                if len(found) == limit:
                    return await whole(found), _place(found[-1])
                found.append(row)
            after = _place(rows[-1]) if len(rows) == portion else None
            if after is None:
                break
        return await whole(found), after

    async def _rows(
        self, session: Session, wanted: OrderFilter, limit: int, after: Place | None, fields: Document | None
    ) -> list[Document]:
        rows: list[Document] = []
        for query, order in questions(wanted, after):
            found = self._orders.find(query, fields, session=session).sort(order).limit(limit - len(rows))
            rows += await found.to_list(None)
            if len(rows) == limit:
                break
        return rows

    async def _beginning(
        self, session: Session, wanted: OrderFilter, limit: int, after: Place | None
    ) -> tuple[list[Document], Place | None]:
        """Find orders by how their ids begin, the newest of them, if there are very many."""
        found = self._orders.find(by_id(wanted), LOOKED_AT, session=session).hint("_id_").sort(BY_ID).limit(MOST_ALIKE)
        fits = row_by_row(wanted)
        rows = [row for row in await found.to_list(None) if fits is None or _holds(fits, row)]
        rows.sort(key=_place, reverse=not wanted.oldest_first)
        if after:
            rows = [row for row in rows if (_place(row) > after if wanted.oldest_first else _place(row) < after)]
        following = _place(rows[limit - 1]) if len(rows) > limit else None
        return await self._whole(session, rows[:limit]), following

    async def _whole(self, session: Session, rows: list[Document]) -> list[Document]:
        ids = [row["_id"] for row in rows]
        if not ids:
            return []
        found = await self._orders.find({"_id": {"$in": ids}}, session=session).to_list(None)
        by_ids = {row["_id"]: row for row in found}
        return [by_ids[each] for each in ids]

    async def _people(self, session: Session, wanted: OrderFilter) -> Collection[ObjectId]:
        """Return who has an address or a name that begins like the text, for those who may know it."""
        if wanted.view != "all" or not wanted.text or wanted.beginning:
            return ()
        text = wanted.text.strip()
        alike = {"$gte": text, "$lt": text + LAST_CHARACTER}
        people = self._users.find(
            {"$or": [{"email": alike}, {"name": alike}]}, {"_id": 1}, collation=ALIKE, session=session
        )
        return {row["_id"] for row in await people.limit(MOST_PEOPLE).to_list(None)}

    @asynccontextmanager
    async def _moment(self) -> AsyncIterator[Session]:
        session = await self._driver.start_session(snapshot=True)
        try:
            yield session
        finally:
            await session.end_session()


def _place(row: Document) -> Place:
    return Place(row["timestamp"], str(row["_id"]))


def _holds(fits: Fits, row: Document) -> bool:
    try:
        return fits(row)
    except (KeyError, TypeError, ValueError, AttributeError):  # another program's half of an order
        return False


def _readable(rows: Iterable[Document]) -> list[Order]:
    orders = []
    for row in rows:
        try:
            orders.append(documents.order_of(row))
        except (KeyError, TypeError, ValueError, AttributeError):
            log.warning("an order cannot be read: %s", row["_id"])
    return orders
