"""The overview in one place: what the wire needs of it."""

from dataclasses import dataclass

from ivorycart.overview.audits import Audits
from ivorycart.overview.dashboard import Dashboard
from ivorycart.overview.health import Health
from ivorycart.overview.last_hour import LastHour
from ivorycart.overview.outbox import Outbox
from ivorycart.overview.watching import Watching


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What an admin sees of the whole shop."""

    dashboard: Dashboard
    watching: Watching
    last_hour: LastHour
    health: Health
    audits: Audits
    outbox: Outbox

    async def close(self) -> None:
        """End what is being read."""
        await self.dashboard.close()
        await self.health.close()
