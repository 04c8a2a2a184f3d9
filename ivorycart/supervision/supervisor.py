"""The parent: keeps every worker running until it is asked to stop."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from ivorycart.listening import holding, withdraw
from ivorycart.stopping import StopRequests
from ivorycart.supervision.worker import Launcher, Worker
from models.restarts import RestartPace

# Seconds: longer than all the bounded steps of a worker's stop together.
STOP_PATIENCE = 45.0
# Seconds in which a worker that is to replace another one has to be ready.
START_PATIENCE = 120.0

log = structlog.get_logger(__name__)


class NoWorkerStarted(Exception):  # noqa: N818 - it says what is the matter
    """Every worker ended before it was ready; the message is their reason, in one line."""


@dataclass(frozen=True, slots=True)
class _Successor:
    """A worker that is ready, and ``run``, which ends with it and tells how it ended."""

    worker: Worker
    run: asyncio.Task[str]
    taken_over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the one before it has ended."""


@dataclass(slots=True)
class _Place:
    """One of the places that workers fill, one after the other."""

    number: int
    listener: socket.socket
    worker: Worker | None = None
    successor: "_Successor | None" = None
    restarts: int = 0
    failure: str = ""
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the first worker here is ready, or has ended."""


class Supervisor:
    """Runs one worker per listening socket; see the package's docstring."""

    def __init__(
        self,
        launcher: Launcher,
        listeners: Sequence[socket.socket],
        stops: StopRequests,
        *,
        stop_patience: float = STOP_PATIENCE,
    ) -> None:
        self._launcher = launcher
        self._stop_patience = stop_patience
        self._wanted = asyncio.Event()  # that all be replaced
        self._places = [_Place(number, listener) for number, listener in enumerate(listeners, start=1)]
        self._beginners: list[tuple[Worker, asyncio.Task[str]]] = []  # that were not ready when a stop was asked for
        self._stops = stops
        self._ended_well = True

    async def run(self, on_open: Callable[[], Awaitable[None]]) -> bool:
        """Serve until asked to stop; return whether every worker then finished what it had accepted.

        ``on_open`` is called once, when every worker is ready or has failed for the first time; raise NoWorkerStarted
        where none is ready then.
        """
        with holding(self._places[0].listener):
            return await self._run(on_open)

    def replace_all(self) -> None:
        """Have every worker replaced by a fresh one, one after the other, as soon as that can be.

        A worker goes when the one that takes its place is ready, on the same socket: nobody who waits is cut off.
        """
        self._wanted.set()

    async def _replacing(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            log.info("supervisor.replacing", message="all workers are replaced, one after the other")
            for place in self._places:
                if not await self._replace(place):
                    log.error("supervisor.not_replaced", message="the other workers stay as they are")
                    break
            else:
                log.info("supervisor.replaced")

    async def _replace(self, place: _Place) -> bool:
        """Replace the worker of a place; return whether the new one is ready and the old one has ended."""
        try:
            fresh = await self._launched(place)
        except OSError as error:
            log.error("process.not_replaced", process=place.number, reason=str(error))  # noqa: TRY400 - it is the machine
            return False
        run = asyncio.create_task(fresh.run(), name=f"next worker {place.number}")
        ready = asyncio.create_task(fresh.ready.wait())
        try:
            await asyncio.wait({run, ready}, timeout=START_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not fresh.ready.is_set() or run.done():
                fresh.send(signal.SIGKILL)
                log.error("process.not_replaced", process=place.number, reason=await run)
                return False
        except asyncio.CancelledError:
            self._beginners.append((fresh, run))
            raise
        finally:
            ready.cancel()
        old, successor = place.worker, _Successor(fresh, run)
        place.successor = successor
        if old:
            await old.retire()
        await successor.taken_over.wait()
        return True

    async def _run(self, on_open: Callable[[], Awaitable[None]]) -> bool:
        keepers = [asyncio.create_task(self._keep(place), name=f"worker {place.number}") for place in self._places]
        for keeper in keepers:  # one that fails is a fault of ours: it ends everything, and is raised at the end
            keeper.add_done_callback(lambda _: self._stops.asked.set())
        try:
            await self._first(*(place.settled.wait() for place in self._places))
            self._require_one()
            if not self._stops.asked.is_set():
                await on_open()
            await self._first(self._replacing())
            await self._stops.asked.wait()
        finally:
            await self._stop(keepers)
        return self._ended_well

    async def _first(self, *waits: Any) -> None:
        """Wait for all of these, or until asked to stop."""
        everything = asyncio.ensure_future(asyncio.gather(*waits))
        asked = asyncio.ensure_future(self._stops.asked.wait())
        await asyncio.wait({everything, asked}, return_when=asyncio.FIRST_COMPLETED)
        for each in (everything, asked):
            each.cancel()
        await asyncio.gather(everything, asked, return_exceptions=True)

    def _require_one(self) -> None:
        if all(place.failure for place in self._places):
            raise NoWorkerStarted("; ".join(dict.fromkeys(place.failure for place in self._places)))

    async def _keep(self, place: _Place) -> None:
        """Keep a worker running in this place until asked to stop."""
        pace = RestartPace()
        while place.successor or not self._stops.asked.is_set():
            how = await self._fill(place)
            if place.successor:  # which has listened since before this one left
                continue
            if self._stops.asked.is_set():
                return
            withdraw(place.listener)  # nobody shall wait in it: the others serve, until the next worker listens
            delay = pace.died(asyncio.get_running_loop().time())
            log.error("process.died", process=place.number, how=how, seconds_to_restart=delay)
            if pace.is_hopeless():
                log.error("process.dies_again_and_again", process=place.number, how=how)
            place.restarts += 1
            await self._first(asyncio.sleep(delay))

    async def _fill(self, place: _Place) -> str:
        """Run one worker to its end; return how it ended."""
        following, place.successor = place.successor, None
        if following:
            following.taken_over.set()
        try:
            worker = following.worker if following else await self._launched(place)
        except OSError as error:
            place.failure = f"cannot be started: {error}"
            place.settled.set()
            return place.failure
        place.worker = worker
        if self._stops.asked.is_set():
            worker.ask_to_stop()
        ready = asyncio.create_task(self._note_ready(place, worker), name=f"worker {place.number} ready")
        try:
            how = await (following.run if following else worker.run())
        finally:
            ready.cancel()
            await asyncio.gather(ready, return_exceptions=True)
        if self._stops.asked.is_set() or place.successor:
            self._ended_well = self._ended_well and worker.ended_well
        place.worker = None
        place.failure = "" if worker.ready.is_set() else how
        place.settled.set()
        return how

    async def _launched(self, place: _Place) -> Worker:
        return await self._launcher.launch(place.number, place.listener, self._others)

    async def _note_ready(self, place: _Place, worker: Worker) -> None:
        await worker.ready.wait()
        log.info("process.ready", process=place.number, pid=worker.pid)
        place.failure = ""
        place.settled.set()

    async def _others(self, asker: Worker) -> dict[str, Any]:
        """Return the figures of all other workers, None for those that give none, and how often each was replaced."""
        others = [place for place in self._places if place.number != asker.number]
        figures = await asyncio.gather(*(self._figures_of(place) for place in others))
        return {
            "figures": {str(place.number): each for place, each in zip(others, figures, strict=True)},
            "restarts": {str(place.number): place.restarts for place in self._places},
        }

    @staticmethod
    async def _figures_of(place: _Place) -> Any:
        return await place.worker.figures() if place.worker else None

    async def _stop(self, keepers: list[asyncio.Task[None]]) -> None:
        """End all workers, in good order if they can, and by force when it takes too long or is hurried."""
        self._stops.asked.set()
        log.info("supervisor.stopping")
        for place in self._places:
            place.listener.close()  # each worker has its own hold on it
        for worker in self._workers():
            worker.ask_to_stop()
        ends = [*keepers, *(run for _, run in self._beginners)]
        gone = asyncio.ensure_future(asyncio.wait(ends))
        hurried = asyncio.ensure_future(self._stops.hurried.wait())
        await asyncio.wait({gone, hurried}, timeout=self._stop_patience, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not gone.done():
            log.warning("supervisor.kills", message="workers that still run are ended by force")
            for worker in self._workers():
                worker.send(signal.SIGKILL)
        await asyncio.gather(*ends)

    def _workers(self) -> Iterator[Worker]:
        """Yield all that run: in their places, about to take one, and not yet ready to."""
        for place in self._places:
            yield from (each for each in (place.worker, place.successor and place.successor.worker) if each)
        yield from (worker for worker, _ in self._beginners)
