"""Health and metrics, for those who operate the server."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from handlers.metrics_door import require_reader
from handlers.routing import Call, Routes
from ivorycart.command_metrics import CommandMetrics
from ivorycart.leaving import Leaving
from ivorycart.refusals import AnsweredRefusals
from ivorycart.shop import Shop
from ivorycart.tracing import NO_TRACES, Traces
from models.roles import Permission

MAX_LAG = 10.0  # seconds
MAX_WAITING = 10_000  # commands; the ledger commits as many in about a second
PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Process:
    """The process that answers. ``number`` is its own among several, which then all tell each other's figures."""

    figures: Callable[[], Awaitable[bytes]]
    """All that is counted, for Prometheus; raises ConnectionError or TimeoutError where it cannot be had."""
    number: int | None = None
    refusals: AnsweredRefusals = field(default_factory=AnsweredRefusals)
    """Where refused requests are counted."""
    commands: CommandMetrics = field(default_factory=lambda: CommandMetrics(CollectorRegistry()))
    """Where requests are counted."""
    traces: Traces = NO_TRACES
    leaving: Leaving = field(default_factory=Leaving)
    metrics_token: str | None = None
    """What whoever reads the figures has to send; without one they are for this machine."""


PROCESS = web.AppKey("process", Process)

operation_routes = Routes()


@operation_routes.add("GET", "/healthz", needs=Permission.ASK_HOW_IT_IS, answer=None)
async def alive(_call: Call) -> Any:
    """Say that the process is alive and its event loop turns."""
    return {"status": "ok"}


@operation_routes.add("GET", "/readyz", needs=Permission.ASK_HOW_IT_IS, answer=None, refusals=("storage_unavailable",))
async def ready(call: Call) -> Any:
    """Say whether the process can serve: the database answers, the change stream and the workers are at work.

    Of several processes behind one port it is the one that the connection came to, named by its number.
    """
    checks = {"database": await _database(call.shop), **_workers(call.shop), **_flow(call.shop)}
    process = call.request.app[PROCESS]
    fine = all(check["ok"] for check in checks.values()) and not process.leaving.begun
    status = "stopping" if process.leaving.begun else "ready" if fine else "not ready"
    body = {"status": status, "checks": checks, "sockets": len(call.shop.connections)}
    if process.number is not None:
        body["process"] = process.number
    return web.Response(status=200 if fine else 503, body=orjson.dumps(body), content_type="application/json")


@operation_routes.add(
    "GET", "/metrics", needs=Permission.ASK_HOW_IT_IS, answer=None, refusals=("forbidden",), own_door=True
)
async def metrics(call: Call) -> Any:
    """Return the figures for Prometheus: of all processes that serve this port, each labelled with its number.

    For whoever has METRICS_TOKEN; where none is set, for those on the same machine.
    """
    process = call.request.app[PROCESS]
    require_reader(call.request, process.metrics_token)
    try:
        body = await process.figures()
    except (ConnectionError, TimeoutError):  # half of the figures would look like the whole
        return web.Response(status=503, text="the other processes' figures cannot be had\n")
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _database(shop: Shop) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PATIENCE):
            await shop.health.ping()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        return {"ok": False, "reason": type(error).__name__}
    return {"ok": True}


def _workers(shop: Shop) -> dict[str, Any]:
    """Judge each worker by its last sign of life; a worker without a rhythm only by its failures."""
    now = time.monotonic()
    checks: dict[str, Any] = {}
    for name, state in shop.workers.states.items():
        silence = now - state.beat
        checks[name] = {"ok": state.fine(now), "failures": state.failures}
        if state.has_rhythm:
            checks[name]["seconds_since_beat"] = round(silence, 3)
    return checks


def _flow(shop: Shop) -> dict[str, Any]:
    """Judge what goes in and what comes out: the ledger's queue and the change stream's lag."""
    waiting = shop.ledger.waiting
    checks: dict[str, Any] = {"ledger": {"ok": waiting < MAX_WAITING, "waiting": waiting}}
    lags = [state.lag() for state in shop.workers.states.values() if state.lag]
    if lags:
        checks["change_stream"] = {"ok": max(lags) < MAX_LAG, "lag_seconds": round(max(lags), 3)}
    return checks
