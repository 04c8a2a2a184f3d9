"""An operator at the command line."""

import asyncio
import os
import sys
from collections.abc import Mapping

from bench.root import ROOT
from bench.shop.running import RunningShop
from tests.forked import ForkedShop, command
from tests.patience import PATIENCE


async def ivorycart(
    shop: RunningShop, *arguments: str, given: str = "", **settings: str
) -> tuple[int | None, str, str]:
    """Run a command on a shop, with what is given to its standard input; return exit status, output and complaints.

    A shop that was forked has it forked, too; one that was started as anyone does has `python -m ivorycart`.
    """
    environment = _environment(shop, settings)
    if isinstance(shop, ForkedShop):
        async with asyncio.timeout(PATIENCE):
            return await command(shop.forks, arguments, shop.data_dir.parent, environment, given)
    process = await start_ivorycart(shop, *arguments, **settings)
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate(given.encode())
    return process.returncode, out.decode(), err.decode()


async def start_ivorycart(shop: RunningShop, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
    """Start a command as anyone does, and return its process."""
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivorycart", *arguments),
        cwd=shop.data_dir.parent,
        env=_environment(shop, settings),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )


def _environment(shop: RunningShop, settings: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(shop.data_dir),
        "COLUMNS": "200",
        "BCRYPT_COST": "4",
        **settings,
    }
