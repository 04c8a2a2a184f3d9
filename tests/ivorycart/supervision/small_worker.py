"""A worker with no shop in it: answers every connection with its number and pid. Run with FOLDER and a descriptor.

`broken-N` in the folder makes worker N fail at the start, `deaf-N` makes it ignore SIGTERM once it serves. As long as
there is `slow-N` it does not begin to listen, nor, once it was asked to stop and has withdrawn, does it end; as long as
there is `busy-N` it does not end either. Asked to stop twice it ends with status 3, with work left undone.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from ivorycart.stopping import StopRequests
from ivorycart.supervision import Link


async def main(folder: Path, descriptor: int) -> int:
    """Serve as a worker does; return the exit status."""
    stops = StopRequests()
    stops.heed_signals()
    async with Link.open(descriptor, on_parent_gone=stops.ask) as link:
        if (folder / f"broken-{link.number}").exists():
            await link.failed(f"worker {link.number} is broken")
            return 1
        if (folder / f"deaf-{link.number}").exists():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (folder / f"began-{link.number}").touch()
        await wait_while(folder / f"slow-{link.number}")
        registry = CollectorRegistry()
        Gauge("number", "Which worker this is", registry=registry).set(link.number)

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                figures = (await link.figures()).decode().count("number{")
                writer.write(f"{link.number} {os.getpid()} {figures}".encode())
            except ConnectionError:  # it is stopping: no answer
                return
            finally:
                writer.close()

        server = await asyncio.start_server(answer, sock=link.listener())
        await link.ready(registry)
        await stops.asked.wait()
        server.close()
        link.withdraw()
        (folder / f"withdrew-{link.number}").touch()
        await wait_while(folder / f"slow-{link.number}")
        await wait_while(folder / f"busy-{link.number}")
        return 3 if stops.hurried.is_set() else 0


async def wait_while(file: Path) -> None:
    """Return when there is no such file."""
    while file.exists():  # noqa: ASYNC240 - a small program
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]))))
