"""How far imports have come, told to their seller's sockets: the latest of each, a few times a second.

Pattern: the feed notes what the database says, one task sends. Concurrency: ``note`` is plain and called on the event
loop. Shutdown: cancel ``run``; a page that comes back asks by HTTP.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from ivorycart.connections import Connections, Outlet
from ivorycart.workers import WorkerState
from models.identity import OwnerId, owner_of_user
from models.imports import Import

PAUSE = 0.25  # seconds between two rounds


class ImportNews:
    """Sends imports; ``shape`` is how one looks on the wire."""

    def __init__(
        self,
        connections: Connections,
        outlet: Outlet,
        shape: Callable[[Import], Mapping[str, Any]],
        pause: float = PAUSE,
    ) -> None:
        self._connections = connections
        self._outlet = outlet
        self._shape = shape
        self._pause = pause
        self._latest: dict[str, Import] = {}
        self._noted = asyncio.Event()

    def note(self, job: Import) -> None:
        """Have the latest of an import sent, where its seller, or the admin who sent it in, is connected here."""
        if any(self._connections.of_owner(owner) for owner in _concerned(job)):
            self._latest[job.id] = job
            self._noted.set()

    async def run(self, state: WorkerState) -> None:
        """Send until cancelled."""
        while True:
            await self._noted.wait()
            self._noted.clear()
            latest, self._latest = self._latest, {}
            for job in latest.values():
                for connection in [each for owner in _concerned(job) for each in self._connections.of_owner(owner)]:
                    await self._outlet.send("import", {"import": self._shape(job)}, to=connection.sid)
            state.alive()
            await asyncio.sleep(self._pause)


def _concerned(job: Import) -> set[OwnerId]:
    return {owner_of_user(job.seller_id), OwnerId(job.actor)}
