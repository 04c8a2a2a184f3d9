"""The laboratory: few pictures at once, few waiting, and what befalls a decoder befalls nobody else."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivorycart.pictures import darkroom
from ivorycart.pictures import laboratory as module
from ivorycart.pictures.laboratory import Laboratory, NoPicture, TooManyPixels
from models.errors import Invalid, RateLimited, StorageUnavailable
from tests.patience import PATIENCE
from tests.picture_files import claiming, opened, png


async def test_a_picture_comes_back_in_two_sizes() -> None:
    """By way of a process of its own."""
    prints = await Laboratory().develop(png((2000, 1000)))
    assert (opened(prints.large).size, opened(prints.small).size) == ((1600, 800), (400, 200))


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"<svg/>", NoPicture),
        (claiming(20_000, 20_000), TooManyPixels),
        (png((300, 300))[:-100], Invalid),
    ],
)
async def test_what_is_wrong_is_told(content: bytes, refusal: type[Exception]) -> None:
    """Each by its own refusal."""
    with pytest.raises(refusal):
        await Laboratory().develop(content)


def _program(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "program.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "death",
    ["import os; os.abort()", "import os; os.kill(os.getpid(), 9)", "raise MemoryError", "import os; os._exit(1)"],
)
async def test_a_decoder_that_dies_is_the_fault_of_its_picture(tmp_path: Path, death: str) -> None:
    """Broken memory, killed by its limits, or an error that nobody foresaw: the picture cannot be read."""
    with pytest.raises(Invalid, match="cannot be read"):
        await Laboratory(darkroom=_program(tmp_path, death)).develop(b"x" * 1_000_000)


async def test_a_decoder_that_goes_on_for_ever_is_ended(tmp_path: Path) -> None:
    """And the bench is free again."""
    pid = tmp_path / "pid"
    waits = f"import os, time, pathlib; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(600)"
    slow = Laboratory(at_once=1, patience=0.5, darkroom=_program(tmp_path, waits))
    for _ in range(2):
        with pytest.raises(RateLimited):
            await slow.develop(b"x")
    if pid.exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)


async def test_whoever_is_cancelled_leaves_no_process(tmp_path: Path) -> None:
    """A stop of the server does not wait for decoders."""
    pid = tmp_path / "pid"
    text = f"import os, time; f = open({str(pid)!r}, 'w'); f.write(str(os.getpid())); f.close(); time.sleep(600)"
    task = asyncio.create_task(Laboratory(darkroom=_program(tmp_path, text)).develop(b"x"))
    async with asyncio.timeout(PATIENCE):
        while not (pid.exists() and pid.read_text()):
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


async def test_no_more_than_two_are_worked_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others wait, and nobody is forgotten."""
    running = most = 0
    gate = asyncio.Event()

    async def run(_self: Laboratory, _content: bytes) -> tuple[int, bytes]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1
        return 0, (1).to_bytes(8) + b"ab"

    monkeypatch.setattr(Laboratory, "_run", run)
    laboratory = Laboratory()
    work = [asyncio.ensure_future(laboratory.develop(b"x")) for _ in range(7)]
    for _ in range(20):
        await asyncio.sleep(0)
    assert running == 2
    gate.set()
    assert {(each.large, each.small) for each in await asyncio.gather(*work)} == {(b"a", b"b")}
    assert most == 2


def _take(laboratory: Laboratory, *accounts: str) -> Iterator[object]:
    for account in accounts:
        place = laboratory.place(account)
        place.__enter__()
        yield place


def test_places_are_bounded_and_nobody_has_them_all() -> None:
    """Whoever comes to a full house is told when to come again; a place that is left is free."""
    laboratory = Laboratory(places=5, places_each=3)
    taken = list(_take(laboratory, "ada", "ada", "ada"))
    with pytest.raises(RateLimited) as refused, laboratory.place("ada"):
        pass
    assert refused.value.details["retry_after"] >= 1
    taken += _take(laboratory, "bob", "eve")
    with pytest.raises(RateLimited), laboratory.place("joe"):
        pass
    for place in taken:
        place.__exit__(None, None, None)  # type: ignore[attr-defined]
    for account in ("ada", "bob", "eve", "joe"):
        with laboratory.place(account), laboratory.place(account):
            pass
    assert not laboratory._taken


def test_a_place_is_left_whatever_happens() -> None:
    """Also by a refusal."""
    laboratory = Laboratory(places=1)
    for _ in range(3):
        with pytest.raises(Invalid), laboratory.place("ada"):
            raise Invalid("no")


async def test_a_machine_without_room_for_a_process_takes_nothing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that nothing was done."""

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(module.subprocess, "Popen", refuse)
    with pytest.raises(StorageUnavailable):
        await Laboratory().develop(png())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it like this")
async def test_the_program_knows_no_secrets_and_steps_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variables of the server's, the lowest priority, and bounds on memory and time."""
    monkeypatch.setenv("JWT_SECRET", "very secret")
    seen = tmp_path / "seen"
    text = f"""
import json, os, resource, runpy
runpy.run_path({str(module.DARKROOM)!r})["_step_back"]()
limits = [resource.getrlimit(each)[1] for each in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)]
found = {{"known": dict(os.environ), "priority": os.getpriority(0, 0), "limits": limits}}
open({str(seen)!r}, "w").write(json.dumps(found))
"""
    await Laboratory(darkroom=_program(tmp_path, text)).develop(b"")
    found = json.loads(seen.read_text())
    assert "very secret" not in str(found["known"])
    assert (found["priority"], found["limits"]) == (19, [darkroom.MEMORY, darkroom.SECONDS, 0])
