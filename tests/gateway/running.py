"""The strict gateway in a process of its own, and what a test asks of it."""

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from bench.root import ROOT
from tests.gateway.faults import Kind
from tests.patience import PATIENCE

KEY = "sk_test_x"


@dataclass
class RunningGateway:
    """A gateway process. ``url`` is for STRIPE_API_BASE; every method here asks its control port."""

    url: str = ""
    control_url: str = ""
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def start(self) -> Self:
        """Start it and wait until it is open."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.gateway", "--key", KEY),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            self.url, self.control_url = (await self.process.stdout.readline()).decode().split()
        return self

    async def stop(self) -> None:
        """End it."""
        assert self.process
        assert self.process.stdin
        self.process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await self.process.wait()

    @property
    def settings(self) -> dict[str, str]:
        """What a shop has to be set to, to be paid here."""
        return {"STRIPE_API_KEY": KEY, "STRIPE_API_BASE": self.url}

    async def reset(self) -> None:
        """Forget everything, and let all go well."""
        await self._ask("POST", "reset")

    async def fail(self, on: str, kind: Kind, *, times: int = 1, seconds: float = 0.2, saved: bool = False) -> None:
        """Let something go wrong, so many times: see faults.py."""
        await self._ask("POST", "faults", {"on": on, "kind": kind, "times": times, "seconds": seconds, "saved": saved})

    async def heal(self) -> None:
        """Let all go well; what hangs goes on."""
        await self._ask("DELETE", "faults")

    async def shut(self) -> None:
        """Refuse connections, and cut those that are open."""
        await self._ask("POST", "down", {"down": True})

    async def reopen(self) -> None:
        """Take connections again."""
        await self._ask("POST", "down", {"down": False})

    async def forget_keys(self) -> None:
        """Forget all idempotency keys, as a provider does after a day."""
        await self._ask("POST", "forget")

    async def payer(self, intent: str, *, agrees: bool = True) -> str:
        """Do what the payer does when asked to confirm; return the intent's status."""
        status: str = (await self._ask("POST", f"payers/{intent}", {"agrees": agrees}))["status"]
        return status

    async def change(self, intent: str, **fields: Any) -> None:
        """Change what nobody could ask for, such as the amount or the status."""
        await self._ask("POST", f"change/{intent}", fields)

    async def charges(self) -> list[dict[str, Any]]:
        """Return every intent: id, status, amount, metadata, authorisations, captures, captured, refunds, refunded."""
        found: list[dict[str, Any]] = await self._ask("GET", "charges")
        return found

    async def calls(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Return every call of the API, or those of one operation, oldest first."""
        found = await self._ask("GET", "calls")
        return [each for each in found if operation in {None, each["operation"]}]

    async def send_webhooks(self, url: str, secret: str, **how: Any) -> list[tuple[str, int]]:
        """Send what happened (with ``intent``: to that one) to a shop, signed; return event and status of each.

        ``times``, ``shuffled``, ``together``, ``age`` (seconds of the signature).
        """
        sent = await self._ask("POST", "webhooks", {"url": url, "secret": secret, **how})
        return [(event, status) for event, status in sent]

    async def _ask(self, method: str, what: str, body: Any = None) -> Any:
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, f"{self.control_url}/control/{what}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()
