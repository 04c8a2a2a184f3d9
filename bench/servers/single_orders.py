"""The peer of the orders: one transaction per order on one hot product, as `bench.ledger` measures it, on its cores.

python -m bench.servers.single_orders 200
"""

import os
import sys
import tempfile
from pathlib import Path

import uvloop

from bench.control import say
from bench.ledger import AT_ONCE, measure
from bench.machine import LOAD_CORE, pin
from ivorycart.logs import configure_logs
from mongo.driver import Driver
from mongo.embedded import EmbeddedMongo


async def main(orders: int) -> None:
    """Measure once, and say how it went."""
    with tempfile.TemporaryDirectory() as folder:
        mongo = EmbeddedMongo(data_dir=Path(folder), cache_gb=1)
        driver = Driver(await mongo.start())
        try:
            pin(mongo.mongod_pid or os.getpid(), LOAD_CORE)
            done = await measure(driver, "single", products=1, orders=orders, ledgers=AT_ONCE, batch=1, at_once=AT_ONCE)
        finally:
            await driver.close()
            await mongo.stop()
    say(
        {
            "per_s": done.rate,
            "p50_ms": done.percentile(0.5),
            "p99_ms": done.percentile(0.99),
            "retries": done.retries,
            "oversold": done.oversold,
        }
    )


if __name__ == "__main__":
    configure_logs("error", as_json=False)
    uvloop.run(main(int(sys.argv[1])))
