"""What the server costs, when it runs on this machine: CPU and memory of its processes, by psutil if it is there."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

MIB = 1024 * 1024


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
        self.why_not = ""
        self.processes: dict[int, ProcessVitals] = {}
        self._psutil: Any = None
        try:
            psutil: Any = import_module("psutil")
        except ImportError:
            self.why_not = "psutil is not installed (pip install psutil)"
            return
        self._psutil = psutil
        if not self._is_here(address):
            self.why_not = "the server is on another machine"
            return
        self._roots = self._family(self._listeners(port))
        if not self._roots:
            self.why_not = f"no process of this user listens on port {port}"

    def look(self) -> None:
        """Read the figures now; processes that have come are taken in, those that have gone keep their last."""
        if self.why_not:
            return
        for process in self._members():
            try:
                times, memory = process.cpu_times(), process.memory_info()
            except self._psutil.Error:
                continue
            cpu = times.user + times.system
            known = self.processes.get(process.pid)
            if known is None:
                name = _name(process)
                known = self.processes[process.pid] = ProcessVitals(process.pid, name, cpu, cpu, 0, 0)
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
            }
            for each in self.processes.values()
        ]

    def _is_here(self, address: str) -> bool:
        return any(
            each.address == address for cards in self._psutil.net_if_addrs().values() for each in cards
        ) or address.startswith("127.")

    def _listeners(self, port: int) -> list[Any]:
        try:
            connections = self._psutil.net_connections(kind="tcp")
        except self._psutil.Error:
            return []
        pids = {each.pid for each in connections if each.status == "LISTEN" and each.laddr.port == port and each.pid}
        return [self._psutil.Process(pid) for pid in sorted(pids - {os.getpid()})]

    def _family(self, listeners: Iterable[Any]) -> list[Any]:
        """Return those who started the listeners with the same command: a supervisor's other children count, too."""
        roots: dict[int, Any] = {}
        for process in listeners:
            root = process
            try:
                while (parent := root.parent()) and parent.cmdline()[:2] == root.cmdline()[:2]:
                    root = parent
            except self._psutil.Error:
                pass
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


def _name(process: Any) -> str:
    """Return a process's name, with the script where it is an interpreter."""
    command = process.cmdline()
    scripts = [os.path.basename(part) for part in command[1:3] if part.endswith(".py")]  # noqa: PTH119 - a name only
    return " ".join([process.name(), *scripts[:1]])
