"""Who watches a dashboard, and that nobody hears of it who may not see it any more.

Before anything is sent, those are taken out whose token ran out, who signed out or in as somebody else, whose role
changed, and who has gone.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ivorycart.connections import Connection, Connections, Outlet
from ivorycart.sales.dashboards import may_see


@dataclass(slots=True)
class Audience:
    """The sockets of one room, which is one seller's."""

    seller_id: str
    room: str
    connections: Connections
    outlet: Outlet
    _members: dict[str, str] = field(default_factory=dict)  # user ids by socket

    def __len__(self) -> int:
        """Count the sockets."""
        return len(self._members)

    def expect(self, connection: Connection) -> None:
        """Note that a socket is about to enter."""
        if connection.user:
            self._members[connection.sid] = connection.user.id

    async def enter(self, connection: Connection) -> None:
        """Let a socket in that is still expected."""
        await self.outlet.join(connection.sid, self.room)
        if connection.sid not in self._members:  # it has gone meanwhile, or watches another dashboard
            await self.outlet.leave(connection.sid, self.room)

    async def leave(self, sid: str) -> None:
        """Take a socket out, if it is in."""
        if self._members.pop(sid, None):
            await self.outlet.leave(sid, self.room)

    async def prune(self) -> None:
        """Take out who may not see this any more."""
        while gone := [sid for sid in self._members if not self._may_stay(sid)]:
            for sid in gone:
                await self.leave(sid)

    async def broadcast(self, event: str, payload: Mapping[str, Any]) -> None:
        """Send to all who may see it now."""
        await self.prune()
        if self._members:
            await self.outlet.broadcast(event, payload, room=self.room)

    def _may_stay(self, sid: str) -> bool:
        connection = self.connections.get(sid)
        user = connection.user if connection else None
        return (
            user is not None
            and user.id == self._members[sid]
            and user.expires_at > time.time()
            and may_see(user, self.seller_id)
        )
