"""Request and ack: sockets that ask again as soon as they are answered."""

from bench.extent import Extent
from bench.figures import Figures
from bench.measure import peers
from bench.measure.crowds import load_process


async def requests(server: str, extent: Extent) -> Figures:
    """Return events per second, their waits, and what each costs the server."""
    child = await peers.start(server)
    try:
        async with load_process() as load:
            await load.ask("connect_askers", url=f"http://127.0.0.1:{child.hello['port']}", count=extent.askers)
            await load.ask("ask", questions=max(1, extent.questions // 5))
            await child.quiet()
            cpu, busy = child.cpu(), load.cpu()
            asked = await load.ask("ask", questions=extent.questions)
            seconds = asked["asked"] / asked["per_s"]
            cost = {"cpu_us": (child.cpu() - cpu) / asked["asked"] * 1e6, "load_busy": (load.cpu() - busy) / seconds}
            return asked | cost
    finally:
        await child.stop()
