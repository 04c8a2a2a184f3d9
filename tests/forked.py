"""Servers and operators' commands that need not load their modules: see `tests/template.py`.

What is run is the same function that `python server.py` or `python -m ivorycart` calls, in a process of its own with
the environment, folder and streams that it is given. That those two commands themselves work is shown by tests that use
`bench.shop.running.RunningShop` and start them as anyone does.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from bson import ObjectId

from bench.root import ROOT
from bench.shop.running import RunningShop
from ivorycart.vault import fresh_keys

TEMPLATE = Path(__file__).with_name("template.py")
KEPT = {"PATH", "HOME", "LANG", "TMPDIR"}


def in_a_database(mongo_uri: str, name: str = "", **more: str) -> dict[str, str]:
    """Return the settings of a shop in a database of its own at a server that is there, with secrets of its own."""
    secrets = {"JWT_SECRET": "a secret of this shop " * 3, "ENCRYPTION_KEYS": fresh_keys()}
    return {"MONGODB_URI": mongo_uri, "MONGODB_DATABASE": name or f"shop_{ObjectId()}", **secrets, **more}


class Forks:
    """Has processes forked from a template, which is started with the first of them."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def _template(self) -> socket.socket:
        if self._socket is None:
            self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            environment = {name: value for name, value in os.environ.items() if name in KEPT}
            command = (sys.executable, "-u", str(TEMPLATE))
            with theirs:
                self._process = subprocess.Popen(command, stdin=theirs, env=environment, cwd=ROOT)
        return self._socket

    def close(self) -> None:
        """End the template."""
        if self._socket and self._process:
            self._socket.close()
            self._process.wait(30)

    async def run(
        self,
        entry: str,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        standard: tuple[int, int, int],
    ) -> "Forked":
        """Run `server` or `operate` with these arguments and streams, which the caller closes."""
        wanted = {"entry": entry, "arguments": arguments, "folder": str(folder), "environment": dict(environment)}
        told, theirs = os.pipe()
        try:
            socket.send_fds(self._template(), [json.dumps(wanted).encode()], [*standard, theirs])
        finally:
            os.close(theirs)
        reader = await reading(told)
        return Forked(int(await reader.readline()), reader)


class Forked:
    """A process of somebody else's, as far as tests use `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, told: asyncio.StreamReader) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout: asyncio.StreamReader | None = None
        self._end = asyncio.create_task(self._ends(told))

    async def _ends(self, told: asyncio.StreamReader) -> int:
        self.returncode = int(await told.readline())
        return self.returncode

    async def wait(self) -> int:
        """Return the exit status, once it has ended."""
        return await asyncio.shield(self._end)

    def send_signal(self, number: int, /) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)


async def reading(descriptor: int) -> asyncio.StreamReader:
    """Return a reader of a pipe, which is closed at its end."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(descriptor, "rb", buffering=0))
    return reader


async def command(
    forks: Forks,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    given: str = "",
    entry: str = "operate",
) -> tuple[int, str, str]:
    """Run something with what is given to its standard input; return exit status, output and complaints."""
    (their_input, my_input), (my_output, their_output), (my_errors, their_errors) = (os.pipe() for _ in range(3))
    standard = (their_input, their_output, their_errors)
    try:
        process = await forks.run(entry, arguments, folder=folder, environment=environment, standard=standard)
    finally:
        for each in standard:
            os.close(each)
    os.write(my_input, given.encode())  # a few words
    os.close(my_input)
    output, errors = await reading(my_output), await reading(my_errors)
    out, err = await asyncio.gather(output.read(), errors.read())
    return await process.wait(), out.decode(), err.decode()


class ForkedShop(RunningShop):
    """A server process that did not have to load its modules."""

    forks: Forks

    @classmethod
    def of(cls, forks: Forks, data_dir: Path, settings: Mapping[str, str]) -> Self:
        """Return one that is not started yet."""
        shop = cls(data_dir, settings)
        shop.forks = forks
        return shop

    async def launch(self, environment: Mapping[str, str], log: int) -> asyncio.StreamReader:
        """Have it forked; return what it says."""
        said, theirs = os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            self.process = await self.forks.run(
                "server",
                (),
                folder=self.data_dir.parent,
                environment=environment,
                standard=(nothing, theirs, log),
            )
        finally:
            os.close(theirs)
            os.close(nothing)
        return await reading(said)
