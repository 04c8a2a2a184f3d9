"""A `mongod` that outlived its server: recognised by its pid file and its command line, and stopped."""

import asyncio
import logging
import os
import shutil
import signal
import subprocess
from itertools import pairwise
from pathlib import Path

from mongo.embedded.errors import EmbeddedMongoError
from mongo.embedded.lock import is_locked

_log = logging.getLogger(__name__)
_POLITE_SECONDS = 5.0
_GIVE_UP_SECONDS = 20.0
_POLL_SECONDS = 0.02


async def stop_leftover(db: Path) -> None:
    """Return once no `mongod` has this database folder any more.

    `mongod` keeps a lock on `mongod.lock` (also its pid file) while it lives, and until its very last thread is gone:
    so the lock says whether there is one, the pid file which, and the command line whether that pid is still it.
    Raises `EmbeddedMongoError` where the folder belongs to something that isn't a `mongod` on it.
    """
    lock_file = db / "mongod.lock"
    loop = asyncio.get_running_loop()
    begin = loop.time()
    asked: set[signal.Signals] = set()
    while is_locked(lock_file):
        waited = loop.time() - begin
        pid = _recorded_pid(lock_file)
        if pid is not None and _runs_on(pid, db):
            _ask_once(pid, signal.SIGTERM if waited < _POLITE_SECONDS else signal.SIGKILL, asked)
        if waited > _GIVE_UP_SECONDS:
            raise EmbeddedMongoError(f"{db} is in use by process {pid}, which could not be stopped: stop it by hand")
        await asyncio.sleep(_POLL_SECONDS)


def _ask_once(pid: int, how: signal.Signals, asked: set[signal.Signals]) -> None:
    if how in asked:
        return
    asked.add(how)
    _log.warning("a mongod was left behind by an earlier server: sending %s to process %d", how.name, pid)
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise EmbeddedMongoError(f"process {pid} holds the data folder and belongs to another user") from error


def _recorded_pid(lock_file: Path) -> int | None:
    try:
        return int(lock_file.read_text())
    except (FileNotFoundError, ValueError):
        return None


def _runs_on(pid: int, db: Path) -> bool:
    """Tell whether the process was started with this database folder; its pid may have gone to another program."""
    arguments = _arguments(pid)
    return any(pair == ("--dbpath", str(db)) for pair in pairwise(arguments))


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
    except FileNotFoundError:
        return _arguments_by_ps(pid)


def _arguments_by_ps(pid: int) -> list[str]:
    """Where there is no /proc; a folder with a blank in its name is not recognised and has to be freed by hand."""
    ps = shutil.which("ps")
    if ps is None:
        return []
    found = subprocess.run([ps, "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603
    return found.stdout.split()
