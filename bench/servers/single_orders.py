"""The peers of the orders: one transaction per order on one hot product, as `bench.ways` has them."""

import tempfile
from functools import partial
from pathlib import Path

import uvloop

from bench.control import obey, say
from bench.ways import by_batches_of_one, by_textbook
from ivorycart.logs import configure_logs
from mongo.driver import Driver
from mongo.embedded import EmbeddedMongo


async def main() -> None:
    """Say which process the database is, and order as told until the input ends."""
    with tempfile.TemporaryDirectory() as folder:
        mongo = EmbeddedMongo(data_dir=Path(folder), cache_gb=1)
        driver = Driver(await mongo.start())
        try:
            say({"mongod": mongo.mongod_pid})
            await obey({"textbook": partial(by_textbook, driver), "batches of one": partial(by_batches_of_one, driver)})
        finally:
            await driver.close()
            await mongo.stop()


if __name__ == "__main__":
    configure_logs("error", as_json=False)
    uvloop.run(main())
