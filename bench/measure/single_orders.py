"""Orders where each is a transaction of its own: the peer of group commit."""

from bench.figures import Figures
from bench.machine import SERVER_CORE
from bench.processes import Child
from bench.scale import Scale


async def single_orders(scale: Scale) -> Figures:
    """Return orders per second and waits."""
    child = await Child.python("bench.servers.single_orders", str(scale.singles), core=SERVER_CORE)
    try:
        return {name: float(value) for name, value in child.hello.items()}
    finally:
        await child.stop()
