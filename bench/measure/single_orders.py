"""Orders where each is a transaction of its own: the peers of group commit."""

from bench.extent import Extent
from bench.figures import Figures
from bench.machine import LOAD_CORE, SERVER_CORE, pin
from bench.processes import Child


async def textbook(extent: Extent) -> Figures:
    """Return orders per second and waits, as the driver's manual has it: the driver repeats what has conflicted."""
    return await _ordered("textbook", extent.textbook_orders)


async def batches_of_one(extent: Extent) -> Figures:
    """Return orders per second and waits of this ledger with batches of one, which backs off after a conflict."""
    return await _ordered("batches of one", extent.single_orders)


async def _ordered(way: str, orders: int) -> Figures:
    child = await Child.python("bench.servers.single_orders", core=SERVER_CORE)
    try:
        pin(child.hello["mongod"], LOAD_CORE)  # from here: who has one core itself cannot give away the other
        return await child.ask(way, orders=orders)
    finally:
        await child.stop()
