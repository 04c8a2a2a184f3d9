"""A port on the loopback address."""

import random
import socket

from mongo.embedded.errors import EmbeddedMongoError

LOOPBACK = "127.0.0.1"
# Below the range that Linux hands out to outgoing connections (32768 and up): a port of that range could be taken by
# any client of this machine at the moment when mongod has to be started again on it.
_CANDIDATES = range(20_000, 32_000)
_TRIES = 200


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as mongod does: TIME_WAIT is no obstacle
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that is free now; somebody may still be quicker, so be ready to ask again."""
    for port in random.sample(_CANDIDATES, _TRIES):
        if is_free(port):
            return port
    raise EmbeddedMongoError(f"no free port on {LOOPBACK} in {_TRIES} tries")
