"""What a machine allows: open files and ports. Checked before the first connection, so that none fails half-way."""

import resource
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from socket import AF_INET, AF_INET6, socket

from ivorycart import open_files

PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
FILES_BESIDE = 64  # of a process that are no clients
PORTS_SHARE = 0.9  # some are used by others, or wait for their last packets


class LimitInTheWay(Exception):  # noqa: N818 - it says what is the matter
    """The machine does not allow that many clients; the message says which limit, and what to do."""


def allow_files(clients: int, processes: int = 1) -> None:
    """Raise this process's soft limit of open files as far as needed for so many clients in each process.

    Its children inherit the limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = files_needed(clients)
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise LimitInTheWay(
            f"{clients} clients in one process need {needed} open files, the hard limit is {hard}: "
            f"{_more_processes(clients * processes, hard)}raise it (ulimit -Hn {needed}, as root)"
        )
    open_files.allow(max(needed, open_files.MOST))


def _more_processes(clients: int, hard: int) -> str:
    """Return the advice to use more processes, if that works: the first one holds two files for each of them."""
    room = hard - FILES_BESIDE
    processes = -(-clients // room) if room > 0 else 0
    return f"use --processes {processes}, or " if 0 < 2 * processes <= room else ""


def files_needed(clients: int) -> int:
    """Return how many open files a process with so many clients needs."""
    return clients + FILES_BESIDE


def check_sources(sources: Sequence[str]) -> None:
    """Raise LimitInTheWay for an address that nobody on this machine can connect from."""
    for source in sources:
        try:
            family = AF_INET6 if isinstance(ip_address(source), IPv6Address) else AF_INET
            with socket(family) as trial:
                trial.bind((source, 0))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            raise LimitInTheWay(f"--source {source} is no address of this machine: {why or error}") from error


def port_range(path: Path = PORT_RANGE) -> int | None:
    """Return how many ports one source address has towards one destination; None where that cannot be read."""
    try:
        first, last = map(int, path.read_text().split())
    except (OSError, ValueError):
        return None
    return last - first + 1


def sources_for(clients: int, ports: int | None, server: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return the local addresses to connect from; none is the one that the system picks.

    Towards a server on the loopback more are taken by themselves: all of 127.0.0.0/8 is this machine.
    """
    if ports is None:
        return tuple(given)
    each = int(ports * PORTS_SHARE)
    needed = -(-clients // each)
    if needed <= max(1, len(given)):
        return tuple(given)
    if not given and _is_loopback(server):
        return tuple(f"127.0.0.{number}" for number in range(2, needed + 2))
    raise LimitInTheWay(
        f"{clients} clients need {needed} source addresses ({each} ports each): give --source ADDRESS {needed} times, "
        f"run from {needed} machines, or widen the range: sysctl net.ipv4.ip_local_port_range='1024 65535'"
    )


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return isinstance(found, IPv4Address) and found.is_loopback  # IPv6 has but one address there
