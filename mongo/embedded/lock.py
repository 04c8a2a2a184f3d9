"""One server per data folder."""

import fcntl
import os
from pathlib import Path

from mongo.embedded.errors import EmbeddedMongoError


class FolderLock:
    """A lock on a file that names its holder; the kernel lets go of it when the holder dies, however it dies.

    flock and not lockf: the latter would let a second server in the same process through. The file stays when the
    lock is released, because removing it would let two servers lock two files of the same name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; `EmbeddedMongoError` names the folder and the holder's pid where another one has it."""
        if self._descriptor is not None:
            raise EmbeddedMongoError(f"the embedded MongoDB in {self._path.parent} is already started")
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of the lock, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "(not known)"
            raise EmbeddedMongoError(
                f"the data folder {self._path.parent} is in use by another server, process {holder}: "
                "stop that one, or give this one another DATA_DIR"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)


def is_locked(path: Path) -> bool:
    """Tell whether somebody holds a flock on this file, as `mongod` does on its own lock file while it lives."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
