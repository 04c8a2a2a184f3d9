"""A process of a measurement: started on a core, told what to do, watched from outside."""

import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Self

import orjson
import psutil

from bench.control import MAX_LINE
from bench.machine import pin
from bench.root import ROOT

ON_LINUX = platform.system() == "Linux"
PATIENCE = 600.0
IDLE = 0.1  # of a core, below which a process has nothing to do but its timers: a shop looks for work all the time


class Failed(Exception):  # noqa: N818 - it says what happened
    """A process could not do what it was told, or has ended."""


@dataclass(slots=True)
class Watched:
    """A running process, seen from outside. Seconds, bytes."""

    pid: int

    def cpu(self) -> float:
        """Return the processor time it has used so far, user and system, of all its threads."""
        if ON_LINUX:
            # The clock that clock_getcpuclockid(3) names: to the nanosecond, where /proc counts hundredths.
            return time.clock_gettime(~self.pid << 3 | 2)
        used = psutil.Process(self.pid).cpu_times()
        return float(used.user + used.system)

    def memory(self) -> int:
        """Return its resident memory."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def files(self) -> int:
        """Return how many files and sockets it has open."""
        return int(psutil.Process(self.pid).num_fds())

    async def quiet(self, within: float = 60.0) -> None:
        """Wait until it has nothing to do."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            before = self.cpu()
            await asyncio.sleep(0.5)
            if self.cpu() - before <= 0.5 * IDLE:
                return


@dataclass(frozen=True, slots=True)
class Several:
    """Processes that do the same work, watched as if they were one."""

    each: tuple[Watched, ...]

    def cpu(self) -> float:
        """Return the processor time that all have used so far."""
        return sum(one.cpu() for one in self.each)

    def memory(self) -> int:
        """Return the resident memory of all."""
        return sum(one.memory() for one in self.each)

    def files(self) -> int:
        """Return how many files and sockets all have open."""
        return sum(one.files() for one in self.each)

    async def quiet(self, within: float = 60.0) -> None:
        """Wait until none has anything to do."""
        await asyncio.gather(*(one.quiet(within) for one in self.each))


class Child(Watched):
    """A process that obeys commands (see `control`)."""

    def __init__(self, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        super().__init__(process.pid)
        self._process = process
        self._log = log
        self.hello: dict[str, Any] = {}

    @classmethod
    async def start(cls, *command: str, core: int | None, environment: Mapping[str, str] | None = None) -> Self:
        """Start it, on a core or wherever there is room, and wait for its first line."""
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            env=os.environ | dict(environment or {}),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            limit=MAX_LINE,
        )
        child = cls(process, log)
        try:
            if core is not None:
                pin(process.pid, core)
            child.hello = await child._answer()
        except BaseException:
            await child.stop()
            raise
        return child

    @classmethod
    async def python(cls, module: str, *arguments: str, core: int | None) -> Self:
        """Start a module of this project."""
        return await cls.start(sys.executable, "-m", module, *arguments, core=core)

    async def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Have it do something; return its answer. Raise Failed where it cannot."""
        assert self._process.stdin
        self._process.stdin.write(orjson.dumps({"do": do} | arguments) + b"\n")
        await self._process.stdin.drain()
        return await self._answer()

    async def stop(self) -> None:
        """End it: by the end of its input, or else by force."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._log.close()

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        async with asyncio.timeout(PATIENCE):
            line = await self._process.stdout.readline()
        if not line:
            raise Failed(f"a process has ended:\n{self._said()}")
        answer: dict[str, Any] = orjson.loads(line)
        if "error" in answer:
            raise Failed(f"{answer['error']}\n{self._said()}")
        return answer

    def _said(self) -> str:
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-3000:]
