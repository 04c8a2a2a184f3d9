"""The machine: its cores, its limit of open files, and what is installed on it."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from ivorycart.load import limits
from mongo.embedded import EmbeddedMongoError
from mongo.embedded.binary import find_mongod

SERVER_CORE, LOAD_CORE = 0, 1
SERVERS_OWN = 136  # open files of a server beside its clients: its database's connections, its log
PACKAGES = ("aiohttp", "python-socketio", "python-engineio", "uvloop", "orjson", "picows", "motor", "pymongo")


class TooFewFiles(Exception):  # noqa: N818 - it says what is the matter
    """The hard limit of open files does not allow so many clients."""


def allow_files(clients: int) -> None:
    """Raise the limit of open files, which child processes inherit; raise TooFewFiles where that is forbidden."""
    try:
        limits.allow_files(clients + SERVERS_OWN)
    except limits.LimitInTheWay as error:
        wanted = limits.files_needed(clients + SERVERS_OWN)
        # A crowd is one process here, so the load command's own remedy, more processes, is none.
        raise TooFewFiles(
            f"{clients:,} clients need {wanted:,} open files, and the hard limit here is lower: raise it as root "
            f"(ulimit -Hn {wanted}, or LimitNOFILE= of the service), or ask for fewer --clients"
        ) from error


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def pin(pid: int, core: int) -> None:
    """Keep a process and all its threads on one core, where there are two; what it starts later stays there, too."""
    if not hasattr(os, "sched_setaffinity") or cores() < 2:
        return
    chosen = sorted(os.sched_getaffinity(0))[core]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {chosen})


@contextmanager
def kept_on(core: int) -> Iterator[None]:
    """Keep this process on one core for a while; what it starts afterwards may be anywhere again."""
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    pin(os.getpid(), core)
    try:
        yield
    finally:
        if before is not None:
            for thread in Path("/proc/self/task").iterdir():
                os.sched_setaffinity(int(thread.name), before)


def said_by(*command: str) -> str:
    """Return the first line that a program prints, or that it is not installed."""
    if shutil.which(command[0]) is None:
        return "not installed"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout.strip() or done.stderr.strip() or "unknown").splitlines()[0]


def description() -> list[tuple[str, str]]:
    """Return what a reader of the figures must know of the machine: name and value."""
    return [
        ("measured on", today()),
        ("processor", f"{processor()}; server on the first, load and database on the second"),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()} {platform.machine()}"),
        ("Python", f"{platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        ("Node", said_by("node", "--version")),
        ("MongoDB", mongod()),
        ("PostgreSQL", said_by("postgres", "--version")),
    ]


def today() -> str:
    """Return the date (UTC)."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def mongod() -> str:
    """Return the version of the database, or why there is none."""
    try:
        return said_by(str(find_mongod(None)), "--version").removeprefix("db version v")
    except EmbeddedMongoError as error:
        return str(error)


def processor() -> str:
    """Return what the processor calls itself, and how many cores this process may use."""
    facts = Path("/proc/cpuinfo")
    names = [line.partition(":")[2] for line in facts.read_text().splitlines() if line.startswith("model name")]
    name = names[0].strip() if names else platform.processor() or "unknown processor"
    return f"{name}, {cores()} cores"
