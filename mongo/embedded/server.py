"""The embedded server: start, watch over, stop."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pymongo.errors import PyMongoError

from models.restarts import RestartPace
from mongo.embedded.binary import find_mongod
from mongo.embedded.errors import EmbeddedMongoError, PortTakenError
from mongo.embedded.folder import MongoFolder
from mongo.embedded.leftover import stop_leftover
from mongo.embedded.lock import FolderLock
from mongo.embedded.mongod_log import last_words
from mongo.embedded.ports import free_port, is_free
from mongo.embedded.process import Mongod, MongodOptions
from mongo.embedded.replica_set import make_ready, uri

_log = logging.getLogger(__name__)
_READY_SECONDS = 120.0  # a large journal has to be read back after a crash
_PORT_TRIES = 5
_OWN_PARAMETERS = {
    # mongod's own flight recorder: 200 MB of disk, for its maker's support
    "diagnosticDataCollectionEnabled": "false",
    # What a process that was killed in the middle of a transaction leaves behind blocks its products for so long.
    "transactionLifetimeLimitSeconds": "5",
}


class EmbeddedMongo:
    """One `mongod` in `data_dir/mongo`; see the package's docstring for concurrency, shutdown and invariants.

    `binary` is the setting MONGOD. `cache_gb` (GiB, at least 0.25) bounds the storage engine's cache, `oplog_mb` (MiB)
    how far back a change stream can resume. `extra_parameters` become `--setParameter name=value`.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        binary: Path | None = None,
        cache_gb: float = 0.25,
        oplog_mb: int = 990,
        extra_parameters: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._folder = MongoFolder(data_dir / "mongo")
        self._lock = FolderLock(self._folder.lock)
        self._binary = binary
        self._options = MongodOptions(
            cache_gb=cache_gb, oplog_mb=oplog_mb, parameters={**_OWN_PARAMETERS, **extra_parameters}
        )
        self._mongod: Mongod | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def mongod_pid(self) -> int | None:
        """The pid of the running `mongod`, for health pages and fault tests; None while there is none."""
        return self._mongod.pid if self._mongod else None

    async def start(self) -> str:
        """Start `mongod` and return a mongodb:// URI (loopback, credentials, set name) once it is a writable primary.

        Raises `EmbeddedMongoError` with a message for the person at the terminal; nothing is left running then.
        """
        try:
            self._folder.prepare()
            self._lock.acquire()
        except OSError as error:
            raise EmbeddedMongoError(f"cannot use the data folder {self._folder.root}: {error}") from error
        try:
            program = find_mongod(self._binary)
            port = await self._run_somewhere(program)
            address = uri(port, self._folder.credentials())
        except BaseException:
            self._lock.release()
            raise
        self._supervisor = asyncio.create_task(self._supervise(program, port), name="embedded mongod")
        return address

    async def stop(self) -> None:
        """Stop `mongod` in an orderly way and free the data folder. Does nothing where nothing is started."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
            self._supervisor = None
        if self._mongod is not None:
            await self._mongod.terminate()
            self._mongod = None
        self._lock.release()

    async def _run_somewhere(self, program: Path) -> int:
        """Run on the remembered port, or on another where that one is taken; return the port."""
        port = self._folder.remembered_port()
        for _ in range(_PORT_TRIES):
            # a mongod that was left behind would still have the port: stop it before looking
            await self._clear()
            if port is None or not is_free(port):
                taken, port = port, free_port()
                if taken is not None:  # to be told, as mongod tries its old address for up to 30 s where nobody answers
                    _log.warning("port %d now belongs to another process: moving to %d", taken, port)
            try:
                await self._run(program, port)
            except PortTakenError:  # somebody was quicker
                port = None
                continue
            return port
        raise EmbeddedMongoError(f"every port that was tried was taken by another process, {_PORT_TRIES} times")

    async def _clear(self) -> None:
        try:
            await stop_leftover(self._folder.db)
        except OSError as error:
            raise EmbeddedMongoError(f"cannot use the data folder {self._folder.root}: {error}") from error

    async def _run(self, program: Path, port: int) -> None:
        """Start `mongod` on this port and see it become primary; ended again where it doesn't."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                self._mongod = await Mongod.launch(program, self._folder, port, self._options)
                await self._mongod.listening()
                await make_ready(port, self._folder.credentials())
                self._folder.remember_port(port)
        except BaseException as error:
            await self._abandon(error)
            raise

    async def _abandon(self, error: BaseException) -> None:
        """End a `mongod` that did not get ready, and say why in words for a person where there are any."""
        mongod, self._mongod = self._mongod, None
        if mongod is not None and isinstance(error, PyMongoError | OSError):
            mongod.raise_if_ended()
        if mongod is not None:
            await mongod.kill()
        if isinstance(error, PyMongoError | OSError):
            said = last_words(self._folder.log, self._folder.printed)
            raise EmbeddedMongoError(
                f"the embedded MongoDB in {self._folder.root} did not get ready: {error!r}; "
                f"its last words:\n{said or '(none)'}"
            ) from error

    async def _supervise(self, program: Path, port: int) -> None:
        """Start `mongod` again, on the same port, whenever it ends; runs until it is cancelled."""
        pace = RestartPace()
        while True:
            how = await self._mongod.ended() if self._mongod else "did not start"
            delay = pace.died(asyncio.get_running_loop().time())
            _log.warning("mongod %s; starting it again in %.1f s on port %d", how, delay, port)
            if pace.is_hopeless():
                said = last_words(self._folder.log, self._folder.printed)
                _log.error("mongod dies again and again in %s; its last words:\n%s", self._folder.root, said)
            await asyncio.sleep(delay)
            try:
                await self._clear()
                await self._run(program, port)
            except EmbeddedMongoError as error:
                _log.warning("mongod did not come back: %s", error)
            except Exception:  # noqa: BLE001 - whatever it is, giving up would leave the server without its database
                _log.exception("mongod did not come back")
