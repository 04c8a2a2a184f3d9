"""The command, tiny: whether several processes on one replica set are measured and told. Figures do not matter here."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bench.root import ROOT
from bench.scale import kept, plan

PATIENCE = 300


async def bench_scale(*arguments: str) -> tuple[int, str]:
    """Run the command; return its status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.scale", *arguments),
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
async def test_processes_and_change_streams_are_measured_drawn_and_kept(tmp_path: Path) -> None:
    """Nothing is sold twice or lost on the way."""
    page = tmp_path / "scaling.md"
    status, said = await bench_scale("--quick", "--only", "processes,streams", "--write", str(page))
    assert status == 0, said
    told = page.read_text()
    assert "mean nothing" in told
    assert "batches decided anew" in told
    results, how = kept.read(tmp_path / "scaling" / "figures.json")
    assert set(results.runs) == {"1 process", "2 processes", plan.CURSORS} == set(how)
    for name in ("1 process", "2 processes"):
        (run,) = results.runs[name]
        assert run["faults"] == run["hot_refused"] == run["spread_refused"] == 0
        assert run["sockets_missed"] == run["sockets_repeated"] == run["sockets_regressed"] == 0
        assert run["hot_both_mongod_us"] > 0
    (streams,) = results.runs[plan.CURSORS]
    assert streams["changes@2"] > 0, "the other streams hear of the orders"
    assert (tmp_path / "scaling" / "stream.svg").read_text().startswith("<svg")


async def test_the_model_is_told_from_kept_figures_without_measuring(tmp_path: Path) -> None:
    """For another crowd and other hosts, in a second."""
    figures = tmp_path / "scaling" / "figures.json"
    figures.parent.mkdir()
    figures.write_bytes((ROOT / "docs" / "scaling" / "figures.json").read_bytes())
    page = tmp_path / "scaling.md"
    status, said = await bench_scale("--only", "model", "--sockets", "200000", "--hosts", "20", "--write", str(page))
    assert status == 0, said
    assert "200,000 sockets on 20 hosts" in page.read_text()
    assert "change streams: processor time of the database" in said
