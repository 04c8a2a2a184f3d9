"""Looking at the workers of one running shop from outside: by its port, its figures and its processes."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import psutil
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from bench.shop.running import RunningShop
from tests.patience import PATIENCE
from tests.system.conftest import Meet
from tests.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Flock:
    """The workers of a shop."""

    shop: RunningShop

    @property
    def parent(self) -> psutil.Process:
        """The process that was started."""
        assert self.shop.process
        return psutil.Process(self.shop.process.pid)

    @property
    def pids(self) -> dict[int, int]:
        """The pids of the workers by number, as the log told them last."""
        lines = re.findall(r"process\.ready .*?pid=(\d+) process=(\d+)", self.shop.log.read_text())
        return {int(number): int(pid) for pid, number in lines}

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers of the workers by the name in which they hold leases."""
        lines = re.findall(r"server\.ready .*?leases_as=(\w+) process=(\d+)", self.shop.log.read_text())
        return {owner: int(number) for owner, number in lines}

    async def figures(self) -> dict[str, dict[str, float]]:
        """Return what /metrics says: by name, and then by process; samples with further labels are added up."""
        async with ClientSession() as http, http.get(f"{self.shop.url}/metrics") as answer:
            assert answer.status == 200
            text = await answer.text()
        values: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                by_process = values.setdefault(sample.name, {})
                process = sample.labels["process"]
                by_process[process] = by_process.get(process, 0) + sample.value
        return values

    async def who_answers(self) -> set[int]:
        """Ask for readiness on fresh connections until both workers have answered; return their numbers."""
        numbers: set[int] = set()
        async with asyncio.timeout(PATIENCE):
            while len(numbers) < 2:
                async with ClientSession() as http, http.get(f"{self.shop.url}/readyz") as answer:
                    body: dict[str, Any] = await answer.json(content_type=None)
                if answer.status == 200:
                    numbers.add(body["process"])
        return numbers

    async def meet_at(self, meet: Meet, number: int, **auth: Any) -> Visitor:
        """Connect a client to one worker: those who come to another leave again."""
        async with asyncio.timeout(PATIENCE):
            while True:
                before = (await self.figures())["ivorycart_sockets"].get(str(number), 0)
                visitor = await meet(self.shop, **auth)
                if (await self.figures())["ivorycart_sockets"].get(str(number), 0) > before:
                    return visitor
                await visitor.leave()
                await self.settle()

    async def settle(self) -> None:
        """Wait until the figures stand still: a client that has left may be counted a moment longer."""
        async with asyncio.timeout(PATIENCE):
            while (await self.figures())["ivorycart_sockets"] != (await self.figures())["ivorycart_sockets"]:
                await asyncio.sleep(0.01)

    async def replaced(self, number: int, pid: int) -> int:
        """Wait until a worker has another pid and is ready; return it."""
        async with asyncio.timeout(PATIENCE):
            while self.pids[number] == pid:
                await asyncio.sleep(0.05)
        return self.pids[number]


async def gone(*processes: psutil.Process) -> None:
    """Wait until none of these processes runs any more."""
    async with asyncio.timeout(PATIENCE):
        while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
            await asyncio.sleep(0.05)
