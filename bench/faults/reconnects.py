"""Everybody reconnects at once: how soon all are back, and what it costs the database."""

import asyncio
import json
import sys
import time
from typing import Any

from bench.faults.row import Broken, Outcome
from bench.faults.stage import Stage
from bench.root import ROOT

BACK_WITHIN_MS = 30_000.0
_IDLE_SECONDS = 8.0
_QUERIES_EACH = 0.5  # less than one per client, beside what the shop does anyway


async def all_at_once(stage: Stage, clients: int) -> Outcome:
    """Cut all of so many clients at once. Nobody's return may cost the database a query, nor a password's hash."""
    idle = await _queries_during(stage, asyncio.sleep(_IDLE_SECONDS)) / _IDLE_SECONDS
    began = time.monotonic()
    before = await _queries(stage)
    report = await _storm(stage, clients)
    seconds = time.monotonic() - began
    queries = await _queries(stage) - before - idle * seconds
    back = report["reconnects"]
    outcome = Outcome(times=back["back"], failures=list(report["verdict"]["failures"]))
    if back["back"] < clients:
        outcome.failures.append(f"only {back['back']} of {clients} came back")
    elif back["back_after_ms"]["max"] > BACK_WITHIN_MS:
        outcome.failures.append(f"the last was back after {back['back_after_ms']['max'] / 1000:.1f} s")
    each = queries / (2 * clients)  # they come twice
    if each > _QUERIES_EACH:
        outcome.failures.append(f"{each:.2f} queries of the database per connection")
    outcome.recovery = [back["back_after_ms"][name] / 1000 for name in ("p50", "max") if back["back"]]
    outcome.held = f"{clients:,} were back; {max(0.0, each):.2f} queries of the database per connection"
    await stage.check()
    return outcome


async def _storm(stage: Stage, clients: int) -> dict[str, Any]:
    load = (
        *(sys.executable, "-m", "ivorycart", "load", stage.cluster.url, "--clients", str(clients)),
        *("--carts", "0", "--orders", "0", "--probe-rate", "0", "--reconnects", "1", "--reconnects-at", "2"),
        *("--duration", "30", "--settle", "30", "--json"),
    )
    process = await asyncio.create_subprocess_exec(
        *load, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complaint = await process.communicate()
    try:
        report: dict[str, Any] = json.loads(said)
    except ValueError:
        raise Broken(f"the load could not be run: {complaint.decode()[-1000:]}") from None
    return report


async def _queries_during(stage: Stage, act: Any) -> int:
    before = await _queries(stage)
    await act
    return await _queries(stage) - before


async def _queries(stage: Stage) -> int:
    """Return how many queries the primary has had so far."""
    status: Any = await stage.books.driver.client["admin"].command("serverStatus")
    return int(status["opcounters"]["query"])
