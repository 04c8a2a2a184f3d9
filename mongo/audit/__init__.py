"""The audit: proves, in one snapshot read, that the database holds what always holds.

Pattern: each check is a handful of aggregations that the server runs, spilling to its disk; only findings travel. All
are read in one snapshot session, so a running system looks still. Nothing is written.

Limits: the server keeps a snapshot for ``minSnapshotHistoryWindowInSeconds`` (300 by default); a database so large
that the audit takes longer needs a longer window. A catalogue change after the snapshot (a new index, say) ends it,
too: then the audit starts anew with a fresh one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import pymongo
from pymongo.errors import OperationFailure

from models.audit import AuditResult, CheckResult, Finding
from mongo.audit import held, levels, orders, payments, telling, waiting
from mongo.audit.probe import Deadlines, Probe, listing
from mongo.driver import Database, Document, Driver, Session

LISTED = 100
# As long as the server keeps a snapshot by default. It replaces the client's own limit, made for short commands.
WITHIN_SECONDS = 300.0
ATTEMPTS = 3
_SNAPSHOT_LOST = {239, 246}  # SnapshotTooOld, SnapshotUnavailable


class NotMigrated(Exception):  # noqa: N818 - it says what is the matter
    """The database has no schema: there is nothing here to audit."""


class _Check(NamedTuple):
    """A check's probes and the collections that they read."""

    name: str
    collections: tuple[str, ...]
    probes: list[Probe]


async def audit(
    driver: Driver,
    database: Database,
    *,
    listed: int = LISTED,
    within_seconds: float = WITHIN_SECONDS,
    as_of: datetime | None = None,
) -> AuditResult:
    """Check everything in one snapshot; list at most ``listed`` findings per check and count the rest.

    With ``as_of`` deadlines are judged by that moment: what a restored database is of, and no server has worked on yet.

    Raise ``NotMigrated`` where there is no shop, and the driver's errors where it can't be read in time.
    """
    attempts = 0
    with pymongo.timeout(within_seconds):
        while True:
            attempts += 1
            try:
                return await _audit(driver, database, listed, as_of)
            except OperationFailure as error:
                if error.code not in _SNAPSHOT_LOST or attempts == ATTEMPTS:
                    raise


async def _audit(driver: Driver, database: Database, listed: int, as_of: datetime | None) -> AuditResult:
    session = await driver.start_session(snapshot=True)
    try:
        reading = _Reading(driver, database, session)
        clock = await reading.clock()
        now = as_of or clock
        checks = _checks(Deadlines(now))
        sizes = {name: await reading.size(name) for name in sorted({each for c in checks for each in c.collections})}
        return AuditResult(now, tuple([await _run(check, reading, sizes, listed) for check in checks]))
    finally:
        await session.end_session()


def _checks(deadlines: Deadlines) -> list[_Check]:
    return [
        _Check("levels", ("products", "inventory_logs"), levels.probes()),
        _Check("held", ("products", "carts"), held.probes()),
        _Check("expiry", ("carts",), [held.expiry(deadlines)]),
        _Check("orders", ("orders", "inventory_logs"), orders.probes()),
        _Check("payments", ("orders", "payments"), payments.probes(deadlines)),
        _Check(
            "telling", ("orders", "inventory_logs", "emails", "crossings", "notifications"), telling.probes(deadlines)
        ),
        _Check("waiting", ("products", "waiting", "carts", "notifications", "emails"), waiting.probes(deadlines)),
    ]


async def _run(check: _Check, reading: "_Reading", sizes: Mapping[str, int], listed: int) -> CheckResult:
    findings: list[Finding] = []
    total = 0
    for probe in check.probes:
        for found in await reading.rows(probe.collection, listing(probe, listed)):
            total += found["total"]
            findings += [Finding(check.name, row["document"], row["message"]) for row in found["listed"]]
    return CheckResult(check.name, {name: sizes[name] for name in check.collections}, tuple(findings[:listed]), total)


class _Reading:
    """Reads of one snapshot: that of the first read of the session."""

    def __init__(self, driver: Driver, database: Database, session: Session) -> None:
        self._driver = driver
        self._database = database
        self._session = session

    async def rows(self, collection: str, pipeline: list[Document]) -> list[Document]:
        return await self._driver.aggregate(
            self._database[collection], pipeline, session=self._session, allowDiskUse=True
        )

    async def clock(self) -> datetime:
        """Take the snapshot, and return the database's clock at that moment."""
        rows = await self.rows("meta", [{"$limit": 1}, {"$project": {"now": "$$NOW"}}])
        if not rows:
            raise NotMigrated(f"the database {self._database.name} has no schema")
        now: datetime = rows[0]["now"]
        return now

    async def size(self, collection: str) -> int:
        rows = await self.rows(collection, [{"$count": "documents"}])
        return rows[0]["documents"] if rows else 0
