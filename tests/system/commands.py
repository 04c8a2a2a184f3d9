"""An operator at the command line."""

import asyncio
import os
import sys

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
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(shop.data_dir),
        "COLUMNS": "200",
        "BCRYPT_COST": "4",
        **settings,
    }
    if isinstance(shop, ForkedShop):
        async with asyncio.timeout(PATIENCE):
            return await command(shop.forks, arguments, shop.data_dir.parent, environment, given)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivorycart", *arguments),
        cwd=shop.data_dir.parent,
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate(given.encode())
    return process.returncode, out.decode(), err.decode()
