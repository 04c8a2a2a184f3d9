"""Several worker processes on one machine, under one parent that has no shop in it.

The parent (`Supervisor`) binds one listening socket per worker, all on one port, and starts the workers as fresh
processes; a worker (`Link` is its side) is the same program as a server that is alone. Between the two runs one
private socket pair (`channel.py`): by it a worker learns what it is to do, says that it is ready or why it cannot
start, and asks for the others' figures; its end tells a worker that its parent is gone.

Concurrency: everything runs on the parent's event loop: one task per worker, owned by `Supervisor.run`.

Shutdown: the parent sends SIGTERM to all workers and waits, within a bound; asked twice, it kills them. Workers are
in sessions of their own, so that Ctrl-C on the terminal reaches the parent alone.

Replacing: on request each worker is replaced by a fresh process, one after the other: the new one listens on the same
socket, by the time it is ready the old one accepts no more, and what waits in the socket is the new one's. So there are
never fewer workers than places, and once for each place one more.

Invariants:
- The port is the parent's for as long as it lives, also while no worker listens: it holds it by a socket of its own.
- Nobody waits where nobody accepts: a worker listens only when it is ready, and withdraws its socket when it stops; the
  parent withdraws those of workers that have died. What waited there is cut off, and served by another when it asks
  again; new connections go to the others at once.
- No worker outlives its parent: the kernel closes the channel, however the parent ended, and the worker stops in good
  order by itself.
- All workers have the settings that the parent read, for as long as the parent lives. They go through the channel:
  never in an argument or the environment, where others could read them.
"""

from ivorycart.supervision.channel import ChannelClosed
from ivorycart.supervision.link import Link
from ivorycart.supervision.supervisor import NoWorkerStarted, Supervisor
from ivorycart.supervision.worker import Launcher

__all__ = ["ChannelClosed", "Launcher", "Link", "NoWorkerStarted", "Supervisor"]
