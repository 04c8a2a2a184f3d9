"""Where uploads are worked on: a bounded number of places, and few pictures at once, each in a process of its own.

Pattern: whoever uploads takes a place before a byte of the picture is read, and keeps it until the picture is stored:
memory is bounded by places times the limit of an upload. Nobody may take all places. With all taken the next is told to
come again. Of those with a place, ``at_once`` are worked on at a time; the others wait.

Concurrency: one event loop, and a thread for each picture that is worked on. Its process is killed if whoever waits for
it is cancelled or it takes too long, so nothing outlives a stop.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from ivorycart.pictures.darkroom import LENGTH, Fault
from models.errors import Invalid, RateLimited, Refused, StorageUnavailable
from models.picture import Prints

AT_ONCE = 2
PLACES = 16
PLACES_EACH = 4  # of one account
PATIENCE = 60.0  # seconds for one picture; the process has the lowest priority, so a busy machine makes it wait
RETRY_AFTER = 2  # seconds
DARKROOM = Path(__file__).with_name("darkroom.py")
ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # all that a Python may need to start: it is to know no secrets

log = structlog.get_logger(__name__)


class NoPicture(Refused):
    """The upload is no picture of a kind that is taken; what its sender calls it does not count."""

    code = "unsupported_type"


class TooManyPixels(Refused):
    """The picture is larger than 40 megapixels."""

    code = "too_large"


class Laboratory:
    """Makes pictures anew, by the program ``darkroom``."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        places: int = PLACES,
        places_each: int = PLACES_EACH,
        patience: float = PATIENCE,
        darkroom: Path = DARKROOM,
    ) -> None:
        self._free = places
        self._each = places_each
        self._taken: Counter[str] = Counter()
        self._benches = asyncio.Semaphore(at_once)
        self._patience = patience
        self._command = (sys.executable, "-I", str(darkroom))

    @contextmanager
    def place(self, account: str) -> Iterator[None]:
        """Take a place for an account; raise RateLimited where there is none."""
        if self._free == 0 or self._taken[account] >= self._each:
            raise RateLimited("too many pictures are being uploaded: try again in a moment", retry_after=RETRY_AFTER)
        self._free -= 1
        self._taken[account] += 1
        try:
            yield
        finally:
            self._free += 1
            self._taken[account] -= 1
            if not self._taken[account]:
                del self._taken[account]

    async def develop(self, content: bytes) -> Prints:
        """Return a picture in two sizes; raise NoPicture, TooManyPixels, or Invalid for a broken one."""
        async with self._benches:
            status, output = await self._run(content)
        if status == 0:
            end = LENGTH + int.from_bytes(output[:LENGTH])
            return Prints(output[LENGTH:end], output[end:])
        raise _refusal(status)

    async def _run(self, content: bytes) -> tuple[int, bytes]:
        process = _Process(self._command, content, self._patience)
        work = asyncio.ensure_future(asyncio.to_thread(process.run))
        try:
            return await asyncio.shield(work)
        except OSError as error:
            log.warning("picture.no_process", reason=str(error))
            raise StorageUnavailable("no picture can be taken in now; nothing was done") from error
        except subprocess.TimeoutExpired as error:
            log.warning("picture.too_slow", seconds=self._patience)
            raise RateLimited("the picture took too long: try again later", retry_after=RETRY_AFTER) from error
        finally:
            process.end()
            await asyncio.wait({work})


class _Process:
    """One run of the program, in a thread of its own: a fork by the event loop would stop everything for 40 ms."""

    def __init__(self, command: Sequence[str], content: bytes, patience: float) -> None:
        self._command = command
        self._content = content
        self._patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def run(self) -> tuple[int, bytes]:
        """Return status and output; raise OSError or TimeoutExpired."""
        with self._lock:
            if self._ended:
                raise OSError("nobody wants the picture any more")
            self._process = self._started()
        with self._process as process:
            try:
                output, _ = process.communicate(self._content, timeout=self._patience)
            except BaseException:
                process.kill()
                raise
        return process.returncode, output

    def end(self) -> None:
        """Kill it, if it is still there."""
        with self._lock:
            self._ended = True
            if self._process is not None:
                self._process.kill()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own program
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            start_new_session=True,  # what stops the server from a keyboard leaves it to us
        )


def _refusal(status: int) -> Refused:
    match status:
        case Fault.NO_PICTURE:
            return NoPicture("send a JPEG, PNG, WebP, GIF or AVIF picture")
        case Fault.MORE_THAN_A_PICTURE:
            return NoPicture("the file is a picture and something else as well: save it anew as a picture alone")
        case Fault.TOO_MANY_PIXELS:
            return TooManyPixels("a picture has at most 40 megapixels")
        case Fault.BROKEN:
            pass
        case _:  # it took too much memory or time, or broke its decoder
            log.warning("picture.killed", status=status)
    problem = {"pointer": "/image", "detail": "cannot be read: it is broken or cut off"}
    return Invalid("the picture cannot be read", errors=[problem])
