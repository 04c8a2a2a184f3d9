"""How many files a process may have open: its limit, raised as far as it goes, and what of it is left for clients.

Every connection is an open file. Where none is left nothing else can be opened either, neither a connection to the
database nor a file in /proc; so the last few are not for clients.
"""

import resource
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

MOST = 1 << 20  # where there is no limit; it is also the most that Linux allows unless told otherwise
FEW = 4096  # below it a start warns
WISHED = 65_536
OWN = 128  # files of a server beside its clients: its database's connections, its log, what it reads
QUIET = 10.0  # seconds between two lines that say the same

log = structlog.get_logger(__name__)


def allow(wanted: int = MOST) -> int:
    """Raise this process's soft limit to the hard one, to ``wanted`` where there is none; return the soft limit.

    Child processes inherit it. Never lowers it; where the system does not allow it the limit stays as it is.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = wanted if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < raised:
        with suppress(OSError, ValueError):  # macOS: a hard limit can be beyond what the system gives
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return limit()


def limit() -> int:
    """Return how many files this process may have open; MOST where there is no limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else soft


def for_clients(files: int) -> int:
    """Return how many of so many files may be clients', those of the server itself included."""
    return files - min(OWN, files // 4)


def warn_if_few(files: int) -> None:
    """Say so where only few clients will be able to connect, and what to do."""
    if files < FEW:
        log.warning(
            "files.few",
            files=files,
            message=f"fewer than {for_clients(files)} clients can connect to a process, and below 1024 the embedded "
            f"database may not start: raise the hard limit of open files (as root: ulimit -n {WISHED}; a systemd "
            f"service: LimitNOFILE={WISHED}; a container: --ulimit nofile={WISHED})",
        )


class Room:
    """Whether there is room for one more connection; a line in the log now and then says that there is none."""

    def __init__(self, files: int, now: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._now = now
        self._turned_away = 0
        self._silent_until = float("-inf")

    def has(self, descriptor: int) -> bool:
        """Return whether a connection with this descriptor may stay; to be asked once, right after it was accepted.

        A new one is the lowest number that was free (POSIX): so many files are open at least.
        """
        if descriptor < for_clients(self._files):
            return True
        self._turned_away += 1
        if self._now() >= self._silent_until:
            log.warning(
                "connections.full",
                turned_away=self._turned_away,
                files=self._files,
                message="no more connections: the limit of open files is too low for so many clients (ulimit -n)",
            )
            self._turned_away = 0
            self._silent_until = self._now() + QUIET
        return False
