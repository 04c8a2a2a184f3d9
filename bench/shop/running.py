"""The server in a process of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self

from bench.root import ROOT


class Process(Protocol):
    """What is asked of the process."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def returncode(self) -> int | None:
        """Its exit status, once it has ended."""

    async def wait(self) -> int:
        """Return the exit status, once it has ended."""

    def send_signal(self, number: int, /) -> None:
        """Send it a signal."""


READY = "IvoryCart is open: "
PATIENCE = 60


@dataclass
class RunningShop:
    """A server process. `settings` are environment variables; its log is kept in the data folder's parent."""

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    process: Process | None = None

    async def start(self) -> Self:
        """Start and wait until it is open."""
        environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        environment |= {"PORT": "0", "DATA_DIR": str(self.data_dir), "BCRYPT_COST": "4", "PYTHONUNBUFFERED": "1"}
        environment["REQUESTS_PER_MINUTE"] = "1000000"  # no test and no benchmark is about this unless it says so
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            output = await self.launch(environment | dict(self.settings), log.fileno())
        async with asyncio.timeout(PATIENCE):
            while line := (await output.readline()).decode():
                if line.startswith(READY):
                    self.url = line.removeprefix(READY).strip()
                    return self
        raise AssertionError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def command(self) -> tuple[str, ...]:
        """Return what starts the process, from the data folder's parent."""
        return (sys.executable, str(ROOT / "server.py"))

    async def launch(self, environment: Mapping[str, str], log: int) -> asyncio.StreamReader:
        """Start the process, which complains to a file descriptor; return what it says."""
        self.process = process = await asyncio.create_subprocess_exec(
            *self.command(),
            cwd=self.data_dir.parent,  # away from any .env of the repository
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
        assert process.stdout
        return process.stdout

    @property
    def log(self) -> Path:
        """Where its log goes."""
        return self.data_dir.parent / f"{self.data_dir.name}.log"

    @property
    def mongod_pid(self) -> int:
        """The pid of its embedded database, as that noted it; 0 where it has ended in good order."""
        return int((self.data_dir / "mongo" / "db" / "mongod.lock").read_text() or 0)

    async def stop(self) -> int:
        """End it in an orderly way; return its exit status."""
        return await self.end(signal.SIGTERM)

    async def kill(self) -> int:
        """End it as a power cut would."""
        return await self.end(signal.SIGKILL)

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and wait until the process has gone."""
        assert self.process, "it was never started"
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()
