"""Audits in the background: at most one at a time per database, and its result is kept.

Pattern: whoever starts one takes a lease; a task of this process runs it and prolongs the lease meanwhile. The database
does the work, reads only, within the audit's own time; of what it finds, bounded lists come here. Shutdown: cancel the
task; the lease is given back, or runs out, and there is no result. Should the lease be lost, two run at once: that
costs time, and harms nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import structlog

from ivorycart.accounts.trail import Trail
from ivorycart.audit_report import as_json
from ivorycart.overview.parts import reason_of
from ivorycart.overview.ports import AuditBook, Figures
from ivorycart.workers import WorkerState
from models.account import AuditEvent
from models.administration import Actor
from models.audit import AuditResult
from models.errors import Conflict

LEASE = "audit"
LEASE_SECONDS = 30.0

log = structlog.get_logger(__name__)


class LeaseBook(Protocol):
    """Where leases are kept."""

    async def take(self, worker: str, milliseconds: int) -> bool:
        """Take or prolong a lease; return whether this process has it."""

    async def give_back(self, worker: str) -> None:
        """Let another process have it."""


class Audits:
    """Starts audits and tells what the last one found."""

    def __init__(
        self, audit: Callable[[], Awaitable[AuditResult]], book: AuditBook, leases: LeaseBook, trail: Trail
    ) -> None:
        self._audit = audit
        self._book = book
        self._leases = leases
        self._trail = trail
        self._taken = False
        self._asked = asyncio.Event()

    async def state(self) -> Figures:
        """Return whether one runs and since when, and what the last one found."""
        since = await self._book.running_since()
        return {"running": since is not None, "running_since": since, "last": await self._book.last()}

    async def start(self, actor: Actor) -> Figures:
        """Start one; return the same as ``state``. Conflict while one runs, here or elsewhere."""
        await self._start(AuditEvent(kind="run_audit", actor_id=actor.user_id, visitor=actor.visitor))
        return await self.state()

    async def start_due(self) -> None:
        """Start one that nobody asked for; Conflict as above."""
        await self._start(None)

    async def _start(self, noted: AuditEvent | None) -> None:
        if self._taken:
            raise Conflict("an audit runs already")
        self._taken = True
        try:
            await self._begin(noted)
        except BaseException:
            self._taken = False
            raise
        self._asked.set()

    async def _begin(self, noted: AuditEvent | None) -> None:
        if not await self._leases.take(LEASE, int(LEASE_SECONDS * 1000)):
            raise Conflict("an audit runs already, started by another process")
        await self._book.begun()
        if noted:
            await self._trail.note(noted)

    async def run(self, state: WorkerState) -> None:
        """Run what was started, until cancelled."""
        while True:
            await self._asked.wait()
            try:
                await self._run()
            finally:
                self._asked.clear()
                self._taken = False
                with suppress(Exception):  # it runs out by itself
                    await self._leases.give_back(LEASE)
            state.alive()

    async def _run(self) -> None:
        began = time.monotonic()
        result = await self._examine()
        seconds = round(time.monotonic() - began, 3)
        await self._book.ended({**result, "seconds": seconds})
        log.info("audit.ended", seconds=seconds, ok=result["ok"], findings=result["total"], error=result["error"])

    async def _examine(self) -> Figures:
        examining = asyncio.ensure_future(self._audit())
        try:
            while not (await asyncio.wait({examining}, timeout=LEASE_SECONDS / 3))[0]:
                with suppress(Exception):  # where the database does not answer, the audit will say so
                    await self._leases.take(LEASE, int(LEASE_SECONDS * 1000))
            return {**as_json(await examining), "error": None}
        except Exception as error:  # noqa: BLE001 - that it could not be done is a result, too
            return {"ok": False, "at": None, "total": 0, "checks": [], "error": reason_of(error)}
        finally:
            examining.cancel()
            await asyncio.gather(examining, return_exceptions=True)
