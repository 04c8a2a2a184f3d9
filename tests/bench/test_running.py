"""The run as a whole, tiny: whether everything starts, is measured and told. Figures do not matter here."""

import asyncio
import os
import resource
import sys
from pathlib import Path

import pytest

from bench.__main__ import chosen_rows
from bench.figures import Figures
from bench.machine import TooFewFiles, allow_files
from bench.measure.peers import Missing
from bench.processes import Failed
from bench.root import ROOT
from bench.running import run

PATIENCE = 170


async def bench(*arguments: str) -> tuple[int, str]:
    """Run the benchmark; return its status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench", "--quick", *arguments),
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "300"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.mark.long
async def test_servers_are_measured_beside_their_peers(tmp_path: Path) -> None:
    """Every row that needs no database is there, with its goal, and on the page."""
    page = tmp_path / "page.md"
    status, said = await bench("--only", "broadcast,memory,disconnect,requests,stalled", "--write", str(page))
    assert status == 0, said
    for row in ("broadcast of a stock event", "memory per idle client", "disconnect of 60", "2 stalled among 60"):
        assert row in said
        assert row in page.read_text()
    assert said.startswith("A trial run (--quick)"), "or somebody would quote its figures"
    assert "mean nothing" in page.read_text()
    assert "request and ack" in said
    for peer in ("bare send()", "python-socketio as it comes"):
        assert peer in said


@pytest.mark.long
async def test_the_whole_shop_is_measured(tmp_path: Path) -> None:
    """Every row with a database is there; nothing was lost on the way, and nothing sold twice."""
    page = tmp_path / "page.md"
    status, said = await bench("--only", "commit,carts,alone,orders", "--write", str(page))
    assert status == 0, said
    told = page.read_text()
    for row in ("a stock change: commit", "cart:set over 5 sockets", "a lone cart:set", "orders over 20 sockets"):
        assert row in told
    assert " 0 wrong" in told
    assert " 0 oversold" in told
    for peer in ("as the driver's manual has it", "batches of one, backing off"):
        assert peer in told


async def test_a_row_that_is_none_is_refused_with_its_name() -> None:
    """Nothing is measured by mistake."""
    status, said = await bench("--only", "memory,speed")
    assert status == 2
    assert "there is no row speed" in said


async def test_a_page_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    """Rather than after many minutes."""
    status, said = await bench("--only", "memory", "--write", str(tmp_path / "nowhere" / "page.md"))
    assert status == 2
    assert "there is no folder" in said


def test_without_a_choice_all_rows_are_told() -> None:
    """And with one, those alone, in their own order."""
    assert len(chosen_rows("")) > 8
    assert [row.name for row in chosen_rows("memory, broadcast")] == ["broadcast", "memory"]


def test_too_low_a_limit_of_open_files_is_said_with_its_remedy() -> None:
    """Before anything starts, rather than by refused connections in the middle."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        pytest.skip("this machine has no limit of open files")
    with pytest.raises(TooFewFiles, match="ulimit -Hn"):
        allow_files(hard)


async def test_peers_take_turns_and_one_that_fails_or_is_missing_stops_nobody() -> None:
    """A B C A B C, not A A B B."""
    turns: list[str] = []

    async def ours() -> Figures:
        turns.append("ours")
        return {"per_s": 1.0}

    async def shaky() -> Figures:
        turns.append("shaky")
        if turns.count("shaky") == 1:
            raise Failed("it fell over")
        return {"per_s": 2.0}

    async def absent() -> Figures:
        raise Missing("not installed")

    said: list[str] = []
    results = await run({"ours": ours, "shaky": shaky, "absent": absent}, 2, said.append)
    assert turns == ["ours", "shaky", "ours", "shaky"]
    assert results.runs == {"ours": [{"per_s": 1.0}] * 2, "shaky": [{"per_s": 2.0}]}
    assert results.missing == {"absent": "not installed"}
    assert results.failed == {"shaky": ["Failed: it fell over"]}
    assert any("it fell over" in line for line in said)
