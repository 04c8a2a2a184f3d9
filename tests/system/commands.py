"""An operator at the command line."""

import asyncio
import os
import sys

from bench.root import ROOT
from bench.shop.running import RunningShop


async def ivorycart(
    shop: RunningShop, *arguments: str, given: str = "", **settings: str
) -> tuple[int | None, str, str]:
    """Run a command on a shop, with what is given to its standard input; return exit status, output and complaints."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATA_DIR": str(shop.data_dir),
        "COLUMNS": "200",
    }
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ivorycart", *arguments),
        cwd=shop.data_dir.parent,
        env={**environment, "BCRYPT_COST": "4", **settings},
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate(given.encode())
    return process.returncode, out.decode(), err.decode()
