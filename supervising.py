"""The composition root of the parent of several workers: it has a port and a database, and no shop."""

from collections.abc import Sequence

from ivorycart.listening import listen_together, url_of
from ivorycart.settings import Settings
from ivorycart.stopping import StopRequests
from ivorycart.supervision import Launcher, Supervisor
from mongo.opening import connected, running_database
from starting import announce, place_of, seed


async def supervise(settings: Settings, stops: StopRequests, command: Sequence[str]) -> int:
    """Run several workers on one port and one database until asked to stop; return the exit status.

    ``command`` starts a worker. The database is ours: it is started before the workers, and stopped after them.
    """
    listeners = listen_together(settings.host, settings.port, settings.workers)
    url = url_of(settings.host, listeners[0])
    place = place_of(settings)
    async with running_database(place) as uri:
        async with connected(place, uri) as store:
            if settings.demo:
                await seed(settings, store)
        launcher = Launcher(command=command, url=url, settings=settings.model_dump(mode="json"))
        finished = await Supervisor(launcher, listeners, stops).run(lambda: announce(url))
    return 0 if finished else 1
