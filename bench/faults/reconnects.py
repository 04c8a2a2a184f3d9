"""Everybody reconnects at once: how soon all are back, and what it costs the database and the hashing of passwords."""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from bench.cluster.parts import HOSTS
from bench.faults.row import Broken, Outcome
from bench.faults.stage import Stage
from bench.root import ROOT
from ivorycart.accounts.passwords import Passwords
from mongo.users import Users

BACK_WITHIN_MS = 30_000.0
_IDLE_SECONDS = 8.0
_QUERIES_EACH = 0.5  # less than one per client, beside what the shop does anyway
_SIGNED_IN = 0.2  # of all
_SOCKETS_EACH = 10  # of those who are signed in, with one account
_PASSWORD = "quiet harbour lamp"  # noqa: S105 - of accounts that are gone with the cluster
_HASHES = "ivorycart_password_hashes_total"


async def all_at_once(stage: Stage, clients: int) -> Outcome:
    """Cut all of so many clients at once. Nobody's return may cost the database a query, nor a password's hash."""
    accounts = await _accounts(stage, max(1, round(clients * _SIGNED_IN / _SOCKETS_EACH)))
    idle = await _queries_during(stage, asyncio.sleep(_IDLE_SECONDS)) / _IDLE_SECONDS
    began = time.monotonic()
    before, hashed = await _queries(stage), await _hashes(stage)
    report = await _storm(stage, clients, accounts)
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
    hashed = await _hashes(stage) - hashed - len(accounts)
    if hashed:
        outcome.failures.append(f"{hashed} passwords were hashed beside those of the {len(accounts)} sign-ins before")
    outcome.failures += [note for note in report["notes"] if "sign-in was refused" in note]
    outcome.recovery = [back["back_after_ms"][name] / 1000 for name in ("p50", "max") if back["back"]]
    outcome.held = (
        f"{clients:,} were back, {round(clients * _SIGNED_IN):,} of them signed in; no password was hashed, "
        f"{max(0.0, each):.2f} queries of the database per connection"
    )
    await stage.check()
    return outcome


async def _accounts(stage: Stage, count: int) -> list[str]:
    """Make accounts of buyers; return their addresses."""
    users, passwords = Users(stage.books.database), Passwords(cost=4)
    emails = [f"{secrets.token_hex(8)}@example.org" for _ in range(count)]
    hashed = await passwords.hash(_PASSWORD)
    passwords.close()
    for email in emails:
        await users.add(email=email, name="Ada", role="buyer", password=hashed, activated=True)
    return emails


async def _storm(stage: Stage, clients: int, accounts: Sequence[str]) -> dict[str, Any]:
    load = (
        *(sys.executable, "-m", "ivorycart", "load", stage.cluster.url, "--clients", str(clients)),
        *("--carts", "0", "--orders", "0", "--probe-rate", "0", "--reconnects", "1", "--reconnects-at", "2"),
        *("--duration", "30", "--settle", "30", "--json", "--signed-in", str(_SIGNED_IN)),
        *(word for email in accounts for word in ("--buyer", f"{email}:{_PASSWORD}")),
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


async def _hashes(stage: Stage) -> int:
    """Return how many passwords the app hosts have hashed so far."""
    counted, headers = 0.0, {"Authorization": f"Bearer {stage.cluster.plan.metrics_token}"}
    async with ClientSession(headers=headers) as http:
        for host in HOSTS:
            async with http.get(f"http://{stage.cluster.plan.where(host)}/metrics") as answer:
                text = await answer.text()
            found = [each for family in text_string_to_metric_families(text) for each in family.samples]
            if not (of_host := [each.value for each in found if each.name == _HASHES]):
                raise Broken(f"{host} does not tell how many passwords it has hashed: status {answer.status}")
            counted += sum(of_host)
    return round(counted)
