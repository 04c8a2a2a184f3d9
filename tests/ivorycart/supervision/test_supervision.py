"""A parent and its workers, with small programs in the place of the shop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from bench.root import ROOT
from ivorycart.listening import listen_together
from ivorycart.settings import SettingsError
from ivorycart.stopping import StopRequests
from ivorycart.supervision import Launcher, NoWorkerStarted, Supervisor
from tests.patience import PATIENCE
from tests.standing_still import stand_still

SMALL_WORKER = Path(__file__).with_name("small_worker.py")


@dataclass
class Parent:
    """A supervisor of two small workers on one port, running in a task."""

    folder: Path
    port: int = 0
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    stops: StopRequests = field(default_factory=StopRequests)
    run: asyncio.Task[bool] | None = None
    supervisor: Supervisor = field(init=False)

    def start(self) -> "asyncio.Task[bool]":
        """Start it; the task's result is whether all ended well."""
        listeners = listen_together("127.0.0.1", 0, 2)
        self.port = listeners[0].getsockname()[1]
        launcher = Launcher(command=(sys.executable, str(SMALL_WORKER), str(self.folder)), url="", settings={})
        self.supervisor = Supervisor(launcher, listeners, self.stops)
        self.run = asyncio.create_task(self.supervisor.run(self._open))
        return self.run

    async def _open(self) -> None:
        self.opened.set()

    async def ask(self) -> tuple[int, int, int]:
        """Connect once; return the number and pid of whoever answers, and how many gave their figures."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(PATIENCE):
                number, pid, figures = (await reader.read()).split()
        finally:
            writer.close()
        return int(number), int(pid), int(figures)

    async def pids(self, wanted: Callable[[dict[int, int]], bool] = lambda pids: len(pids) == 2) -> dict[int, int]:
        """Ask until the answers of so many connections show what is wanted; return the pids by number."""
        async with asyncio.timeout(PATIENCE):
            while True:
                answers = await asyncio.gather(*(self.ask() for _ in range(32)), return_exceptions=True)
                pids = {each[0]: each[1] for each in answers if isinstance(each, tuple)}
                if wanted(pids):
                    return pids
                await asyncio.sleep(0.02)

    async def opens(self) -> None:
        """Start it and wait until it is open; raise what ended it before."""
        run, opened = self.start(), asyncio.create_task(self.opened.wait())
        done, _ = await asyncio.wait({run, opened}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        assert done, "it did not open"
        if run in done:
            raise AssertionError(f"it ended: {await run}")

    async def open(self) -> dict[int, int]:
        """Start it and wait until both serve; return their pids by number."""
        await self.opens()
        return await self.pids()


@pytest.fixture
async def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Parent]:
    """Give a parent that is not started yet; nothing of it is left behind."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    parent = Parent(tmp_path)
    yield parent
    parent.stops.ask()
    parent.stops.ask()
    if parent.run:
        await asyncio.gather(parent.run, return_exceptions=True)
    assert not [child for child in psutil.Process().children() if _is_ours(child)]


def _is_ours(child: psutil.Process) -> bool:
    try:
        return str(SMALL_WORKER) in child.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):  # another test's
        return False


async def test_all_workers_serve_one_port_and_end_well(parent: Parent) -> None:
    """Each answers for both when it is asked for figures; asked to stop, the port is closed and all is well."""
    pids = await parent.open()
    assert (await parent.ask())[2] == 2
    parent.stops.ask()
    assert parent.run
    assert await parent.run
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    with pytest.raises(ConnectionRefusedError):
        await parent.ask()


async def test_while_a_dead_worker_is_replaced_every_connection_goes_to_the_others(parent: Parent) -> None:
    """At once, however long the replacement takes; it has its part again as soon as it listens."""
    before = await parent.open()
    (parent.folder / "slow-1").touch()
    with capture_logs() as logs:
        os.kill(before[1], signal.SIGKILL)
        await _until(lambda: any(line["event"] == "process.died" for line in logs))
    for _ in range(2):  # the second time its replacement surely runs
        answers = await asyncio.gather(*(parent.ask() for _ in range(32)))
        assert {(number, pid) for number, pid, _ in answers} == {(2, before[2])}
        await asyncio.sleep(0.3)
    (parent.folder / "slow-1").unlink()
    after = await parent.pids()
    assert after[2] == before[2]
    assert after[1] != before[1]


async def test_a_worker_that_stops_leaves_what_comes_to_the_others(parent: Parent) -> None:
    """From when it accepts no more, not only from its end."""
    before = await parent.open()
    (parent.folder / "slow-1").touch()
    os.kill(before[1], signal.SIGTERM)
    await _until((parent.folder / "withdrew-1").exists)
    answers = await asyncio.gather(*(parent.ask() for _ in range(32)))
    assert {number for number, _, _ in answers} == {2}
    assert psutil.pid_exists(before[1])
    (parent.folder / "slow-1").unlink()
    after = await parent.pids(lambda pids: pids.get(1, before[1]) != before[1])
    assert after[2] == before[2]


async def test_those_who_wait_for_a_worker_that_dies_are_cut_off_and_served_when_they_ask_again(parent: Parent) -> None:
    """So nobody waits for its replacement."""
    before = await parent.open()
    await stand_still(before[1])
    (parent.folder / "slow-1").touch()
    waiting = [asyncio.create_task(parent.ask()) for _ in range(32)]
    await asyncio.sleep(0.2)  # nothing tells when a connection is in the queue
    os.kill(before[1], signal.SIGKILL)
    first = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(each[0] == 2 for each in first if isinstance(each, tuple))
    assert all(isinstance(each, ConnectionError) for each in first if not isinstance(each, tuple))
    again = await asyncio.gather(*(parent.ask() for _ in range(32)))
    assert {number for number, _, _ in again} == {2}
    (parent.folder / "slow-1").unlink()
    await parent.pids()


async def test_the_port_is_ours_while_all_workers_are_dead(parent: Parent) -> None:
    """Those who come are refused, as by a server that is not there; nobody else gets the port."""
    before = await parent.open()
    for number in (1, 2):
        (parent.folder / f"slow-{number}").touch()
    with capture_logs() as logs:
        for number in (1, 2):
            os.kill(before[number], signal.SIGKILL)
        await _until(lambda: sum(line["event"] == "process.died" for line in logs) == 2)
    with pytest.raises(ConnectionRefusedError):
        await parent.ask()
    with pytest.raises(SettingsError, match=f"PORT.*{parent.port}"):
        listen_together("127.0.0.1", parent.port, 2)
    for number in (1, 2):
        (parent.folder / f"slow-{number}").unlink()
    await parent.pids()


async def _until(happened: Callable[[], bool]) -> None:
    """Wait for something."""
    async with asyncio.timeout(PATIENCE):
        while not happened():
            await asyncio.sleep(0.02)


async def test_a_worker_that_hangs_is_left_out_of_the_figures(parent: Parent) -> None:
    """Those who ask are answered all the same, after a moment."""
    pids = await parent.open()
    await stand_still(pids[2])
    asked = [asyncio.create_task(parent.ask()) for _ in range(32)]
    try:
        async with asyncio.timeout(PATIENCE):
            number, _, figures = await next(asyncio.as_completed(asked))
    finally:
        os.kill(pids[2], signal.SIGCONT)
        await asyncio.gather(*asked, return_exceptions=True)
    assert (number, figures) == (1, 1)


async def test_a_worker_that_was_ended_by_hand_is_replaced(parent: Parent) -> None:
    """So they can be renewed one by one."""
    before = await parent.open()
    os.kill(before[2], signal.SIGTERM)
    after = await parent.pids(lambda pids: pids.get(2, before[2]) != before[2])
    assert after[1] == before[1]


async def test_while_a_worker_cannot_start_the_others_serve(parent: Parent) -> None:
    """Nobody waits for it; the log says why, louder after a while; mended, it serves again."""
    before = await parent.open()
    with capture_logs() as logs:
        (parent.folder / "broken-1").touch()
        os.kill(before[1], signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while not any(line["event"] == "process.dies_again_and_again" for line in logs):
                await asyncio.sleep(0.05)
        assert {number for number, _, _ in [await parent.ask() for _ in range(16)]} == {2}
        (parent.folder / "broken-1").unlink()
        await parent.pids()
    died = [line for line in logs if line["event"] == "process.died"]
    assert [line["how"] for line in died[:2]] == ["died of SIGKILL", "worker 1 is broken"]
    assert all(line["process"] == 1 for line in died)
    assert [line["seconds_to_restart"] for line in died[:4]] == [0.1, 0.2, 0.4, 0.8]


async def test_a_shop_is_open_though_one_of_its_workers_cannot_start(parent: Parent) -> None:
    """It is better than none; the failed one is tried again and again."""
    (parent.folder / "broken-2").touch()
    await parent.opens()
    assert {number for number, _, _ in [await parent.ask() for _ in range(16)]} == {1}


async def test_if_no_worker_can_start_the_reasons_are_said(parent: Parent) -> None:
    """Instead of trying for ever."""
    for number in (1, 2):
        (parent.folder / f"broken-{number}").touch()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(NoWorkerStarted, match=r"^worker 1 is broken; worker 2 is broken$"):
            await parent.start()
    assert not parent.opened.is_set()


async def test_a_worker_that_does_not_stop_is_killed_when_it_is_hurried(parent: Parent) -> None:
    """And the parent does not claim then that all was finished."""
    (parent.folder / "deaf-1").touch()
    pids = await parent.open()
    parent.stops.ask()
    assert parent.run
    async with asyncio.timeout(PATIENCE):
        while psutil.pid_exists(pids[2]):
            await asyncio.sleep(0.02)
    assert psutil.pid_exists(pids[1])
    parent.stops.ask()
    assert not await parent.run


async def test_a_stop_at_the_start_is_a_stop(parent: Parent) -> None:
    """Before anything was open, nothing is left undone."""
    run = parent.start()
    await asyncio.sleep(0.05)
    parent.stops.ask()
    assert await run
    assert not parent.opened.is_set()


async def test_a_stop_while_a_worker_is_replaced_lets_all_of_them_finish(parent: Parent) -> None:
    """The one that was leaving anyway is not asked again, nor is the one in its place: twice would mean at once."""
    await parent.open()
    (parent.folder / "busy-1").touch()
    parent.supervisor.replace_all()
    await _there(parent.folder / "withdrew-1")
    parent.stops.ask()
    await _there(parent.folder / "withdrew-2")
    await asyncio.sleep(0.2)  # a signal too many would have come by now
    (parent.folder / "busy-1").unlink()
    assert parent.run
    assert await parent.run


async def test_a_stop_while_the_next_worker_starts_leaves_nobody_behind(parent: Parent) -> None:
    """It is ended with the others, by force when it is hurried: it takes as long to start as the other to end."""
    await parent.open()
    (parent.folder / "slow-1").touch()
    (parent.folder / "began-1").unlink()
    parent.supervisor.replace_all()
    await _there(parent.folder / "began-1")
    parent.stops.ask()
    await _there(parent.folder / "withdrew-2")
    parent.stops.ask()
    assert parent.run
    assert not await parent.run
    assert not [child for child in psutil.Process().children() if _is_ours(child)]


async def _there(file: Path) -> None:
    """Wait until there is such a file."""
    async with asyncio.timeout(PATIENCE):
        while not file.exists():  # noqa: ASYNC240 - of this test alone
            await asyncio.sleep(0.02)
