"""The processes of the parts: started on their own, found again by pid and time of birth, signalled."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.root import ROOT

_SHIM = ROOT / "mongo" / "embedded" / "die_with_parent.py"
_KEPT = frozenset(("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH"))
_POLL_SECONDS = 0.05
_SAME_BIRTH = 0.05  # seconds: both are read from the same kernel


@dataclass(frozen=True, slots=True)
class Processes:
    """The parts' processes. ``tied``: they do not outlive the process that starts them, however that ends."""

    folder: Path
    tied: bool = False

    def log(self, part: str) -> Path:
        """Return where a part's log is."""
        return self.folder / "logs" / f"{part}.log"

    def _record(self, part: str) -> Path:
        return self.folder / "pids" / f"{part}.json"

    def find(self, part: str) -> psutil.Process | None:
        """Return a part's process; None where it has none."""
        try:
            noted = json.loads(self._record(part).read_text())
            process = psutil.Process(noted["pid"])
            alive = process.status() != psutil.STATUS_ZOMBIE
            return process if alive and abs(process.create_time() - noted["born"]) < _SAME_BIRTH else None
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None

    def start(self, part: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
        """Start a part, away from this terminal's signals; what it says goes to its log."""
        for folder in (self.log(part).parent, self._record(part).parent):
            folder.mkdir(exist_ok=True)
        tie = (sys.executable, "-I", "-S", str(_SHIM), str(os.getpid())) if self.tied else ()
        program = _resolved(command)
        kept = {name: value for name, value in os.environ.items() if name in _KEPT}
        with self.log(part).open("ab") as log:
            started = subprocess.Popen(
                (*tie, *program),
                cwd=cwd,
                env=kept | dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.returncode = 0  # nobody waits for it here: it is ended, and looked for, by its number
        born = psutil.Process(started.pid).create_time()
        self._record(part).write_text(json.dumps({"pid": started.pid, "born": born}))

    def family(self, part: str) -> list[psutil.Process]:
        """Return a part's processes, the first of them first."""
        process = self.find(part)
        try:
            return [process, *process.children(recursive=True)] if process else []
        except psutil.NoSuchProcess:
            return []

    def send(self, part: str, number: signal.Signals, *, first: bool = False) -> None:
        """Signal all processes of a part, or the first alone."""
        for process in self.family(part)[: 1 if first else None]:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue

    async def ended(self, family: Sequence[psutil.Process], within: float) -> bool:
        """Wait until these processes are gone; return whether they are."""
        until = time.monotonic() + within
        while any(_lives(each) for each in family):
            if time.monotonic() > until:
                return False
            await asyncio.sleep(_POLL_SECONDS)
        return True


def _lives(process: psutil.Process) -> bool:
    """Whether it runs; a child of ours that has ended is taken from the kernel's list."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            if process.ppid() == os.getpid():
                os.waitpid(process.pid, os.WNOHANG)
            return False
    except (psutil.NoSuchProcess, ChildProcessError):
        return False
    return bool(process.is_running())


def _resolved(command: Sequence[str]) -> tuple[str, ...]:
    """Return the command with its program's whole path: the shim looks for none."""
    return (shutil.which(command[0]) or command[0], *command[1:])
