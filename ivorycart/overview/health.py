"""Whether everything is at work: each process with its workers, the database, the change stream, the mail server."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ivorycart.overview.dashboard import Dashboard
from ivorycart.overview.parts import Part, Parts, RememberedRead
from ivorycart.overview.ports import Books, Figures

MAX_LAG = 10.0  # seconds
MAIL_LOOKED_AT = 10.0  # seconds


class Health:
    """Asks all that the shop lives on."""

    def __init__(self, books: Books, dashboard: Dashboard) -> None:
        self._books = books
        self._dashboard = dashboard
        self._parts = Parts(
            {
                "database": RememberedRead(books.cluster.ping),
                "mail_server": RememberedRead(self._mail_server, MAIL_LOOKED_AT),
            }
        )

    async def now(self) -> Figures:
        """Return how everything is; ``ok`` where all of it is."""
        processes = await self._dashboard.processes()
        parts = await self._parts.read(("database", "mail_server"))
        checked = {**parts, **_of_processes(processes)}
        return {"at": datetime.now(UTC), "ok": all(part["ok"] for part in checked.values()), **checked}

    async def close(self) -> None:
        """End what is being asked."""
        await self._parts.close()

    async def _mail_server(self) -> Mapping[str, Any]:
        if self._books.mail_server is None:
            return {"configured": False}
        await self._books.mail_server.ping()
        return {"configured": True}


def _of_processes(processes: Part) -> dict[str, Part]:
    if not processes["ok"]:
        return {"stream": processes, "processes": processes}
    items: Sequence[Figures] = processes["items"]
    lag = max((each["stream_lag_seconds"] for each in items), default=None)
    shown = [_process(each) for each in items]
    # One that is behind, or that nobody was heard of, is read: its part has figures, and is not well for all that.
    return {
        "stream": {"ok": lag is not None and lag < MAX_LAG, "lag_seconds": lag},
        "processes": {"ok": bool(shown) and all(each["ok"] for each in shown), "items": shown},
    }


def _process(figures: Figures) -> dict[str, Any]:
    workers: Sequence[Figures] = figures["workers"]
    return {
        **{name: figures[name] for name in ("id", "host", "pid", "number", "started_at", "stream_lag_seconds")},
        "ok": all(each["ok"] for each in workers),
        "seconds_since_beat": figures["silent_ms"] / 1000,
        "workers": workers,
    }
