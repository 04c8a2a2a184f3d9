"""What the server costs, when it runs on this machine: CPU and memory of its processes, by psutil if it is there."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePath
from typing import Any

MIB = 1024 * 1024
SERVER = "server.py"  # what a parent of workers runs, as they do
ANEW_EVERY = 10  # looks; to go through the machine's sockets costs more than to read the figures


@dataclass(slots=True)
class ProcessVitals:
    """One process of the server."""

    pid: int
    name: str
    cpu_seconds: float
    first_cpu: float
    rss: int
    most_rss: int


class Vitals:
    """Watches the processes behind a port of this machine. ``why_not`` says why there is nothing to watch."""

    def __init__(self, address: str, port: int) -> None:
        self.processes: dict[int, ProcessVitals] = {}
        self._port = port
        self._psutil: Any = None
        self._roots: list[Any] = []
        self._alive: set[int] = set()
        self._looks = 0
        self._blind = ""
        try:
            self._psutil = import_module("psutil")
        except ImportError:
            self._blind = "psutil is not installed (pip install psutil)"
            return
        if not self._is_here(address):
            self._blind = "the server is on another machine"

    @property
    def why_not(self) -> str:
        """Why there are no figures; nothing where there are some."""
        return self._blind or ("" if self.processes else f"no process of this user listens on port {self._port}")

    def look(self) -> None:
        """Read the figures now; processes that have come are taken in, those that have gone keep their last."""
        if self._blind:
            return
        if self._looks % ANEW_EVERY == 0 or not self._roots or not all(root.is_running() for root in self._roots):
            self._roots = self._family(self._listeners()) or self._roots
        self._looks += 1
        self._alive = set()
        for process in self._members():
            try:
                self._read(process)
            except self._psutil.Error:
                continue
            self._alive.add(process.pid)

    def _read(self, process: Any) -> None:
        if process.status() == self._psutil.STATUS_ZOMBIE:
            raise self._psutil.ZombieProcess(process.pid)
        times, memory = process.cpu_times(), process.memory_info()
        cpu = times.user + times.system
        known = self.processes.get(process.pid)
        if known is None:
            known = self.processes[process.pid] = ProcessVitals(process.pid, _name(process), cpu, cpu, 0, 0)
        known.cpu_seconds, known.rss = cpu, memory.rss
        known.most_rss = max(known.most_rss, memory.rss)

    def as_rows(self, seconds: float) -> list[dict[str, Any]]:
        """Return a row per process: CPU in percent of one core over these seconds, memory in MiB."""
        return [
            {
                "pid": each.pid,
                "name": each.name,
                "cpu_seconds": round(each.cpu_seconds - each.first_cpu, 2),
                "cpu_percent": round((each.cpu_seconds - each.first_cpu) / seconds * 100, 1) if seconds else None,
                "rss_mib": round(each.rss / MIB, 1),
                "max_rss_mib": round(each.most_rss / MIB, 1),
                "ended": each.pid not in self._alive,
            }
            for each in self.processes.values()
        ]

    def _is_here(self, address: str) -> bool:
        return any(
            each.address == address for cards in self._psutil.net_if_addrs().values() for each in cards
        ) or address.startswith("127.")

    def _listeners(self) -> list[Any]:
        try:
            connections = self._psutil.net_connections(kind="tcp")
        except self._psutil.Error:
            return []
        pids = {
            each.pid for each in connections if each.status == "LISTEN" and each.laddr.port == self._port and each.pid
        }
        found = []
        for pid in sorted(pids - {os.getpid()}):
            with suppress(self._psutil.Error):  # it has gone since
                found.append(self._psutil.Process(pid))
        return found

    def _family(self, listeners: Iterable[Any]) -> list[Any]:
        """Return the servers above the listeners, or these: a parent's other children count, too."""
        roots: dict[int, Any] = {}
        for process in listeners:
            root = process
            with suppress(self._psutil.Error):
                while (parent := root.parent()) and _runs_server(parent):
                    root = parent
            roots[root.pid] = root
        return list(roots.values())

    def _members(self) -> list[Any]:
        members: dict[int, Any] = {}
        for root in self._roots:
            try:
                members |= {each.pid: each for each in (root, *root.children(recursive=True))}
            except self._psutil.Error:
                continue
        return list(members.values())


def _runs_server(process: Any) -> bool:
    """Whether it is an interpreter with a server's file, by whatever path either was started."""
    return any(PurePath(part).name == SERVER for part in process.cmdline()[1:4])


def _name(process: Any) -> str:
    """Return a process's name, with the script where it is an interpreter."""
    command = process.cmdline()
    scripts = [PurePath(part).name for part in command[1:4] if part.endswith(".py")]
    return " ".join([process.name(), *scripts[:1]])
