"""Admins who watch: every two seconds each of them hears what moves, and what else changed, as long as they may.

Pattern: one task, which sleeps while nobody watches. Whoever watches is looked at again right before they are told,
after the figures were read: a role or session lost meanwhile, or a token that has run out, ends the watching at once.
So each is sent to by name, not as one of a room that somebody would have to leave in time. What changed is what differs
from the round before; whoever comes in between gets, with all others, everything once more, for nobody knows whether
what they were shown was before or after a change. Shutdown: cancel the task.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from ivorycart.connections import Connections, Outlet
from ivorycart.overview.dashboard import Dashboard, moved
from ivorycart.overview.ports import Figures
from ivorycart.workers import WorkerState
from models.roles import Permission, may

INTERVAL = 2.0


class Watching:
    """Keeps who watches, and tells them. ``show`` writes figures as they go over the wire."""

    def __init__(
        self,
        dashboard: Dashboard,
        connections: Connections,
        outlet: Outlet,
        show: Callable[[Figures], Mapping[str, Any]],
        *,
        interval: float = INTERVAL,
    ) -> None:
        self._dashboard = dashboard
        self._connections = connections
        self._outlet = outlet
        self._show = show
        self._interval = interval
        self._watching: set[str] = set()
        self._told: Figures = {}
        self._somebody = asyncio.Event()

    def __len__(self) -> int:
        """Count those who watch."""
        return len(self._watching)

    def add(self, sid: str) -> None:
        """Let a socket hear what moves from now on."""
        self._watching.add(sid)
        self._told = {}
        self._somebody.set()

    async def run(self, state: WorkerState) -> None:
        """Tell those who watch, until cancelled; nothing is read while there are none."""
        while True:
            await self._somebody.wait()
            await asyncio.sleep(self._interval)
            self._watching = {sid for sid in self._watching if self._may_watch(sid)}
            if self._watching:
                await self._tell()
            else:
                self._somebody.clear()
            state.alive()

    async def _tell(self) -> None:
        figures = await self._dashboard.moving()
        payload = self._show(moved(self._told, figures))
        self._told = figures
        for sid in tuple(self._watching):
            if self._may_watch(sid):
                await self._outlet.send("admin:metrics", payload, to=sid)
            else:
                self._watching.discard(sid)

    def _may_watch(self, sid: str) -> bool:
        connection = self._connections.get(sid)
        user = connection.user if connection else None
        return user is not None and user.expires_at > time.time() and may(user.role, Permission.WATCH_SHOP)
