"""Listening: one socket for one process, or several on one port, among which the kernel spreads connections."""

import socket
import sys
from contextlib import suppress

from ivorycart.settings import SettingsError

BACKLOG = 4096


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket that nobody shares; raise SettingsError where that address cannot be had."""
    listener = _socket(host)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(f"PORT: cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def listen_together(host: str, port: int, count: int) -> list[socket.socket]:
    """Bind so many sockets to one port; raise SettingsError where that address cannot be had.

    Each connection goes to one of those that listen, by a hash of its addresses: evenly, when there are many. Only
    Linux spreads them so; elsewhere it is one socket many times over, from which the workers take turns.
    """
    alone = listen(host, port)
    if sys.platform != "linux":
        return [alone, *(alone.dup() for _ in range(count - 1))]
    # A shared port is open to any process of this user that asks for it: the first socket showed that nobody has it.
    port = alone.getsockname()[1]
    alone.close()
    listeners: list[socket.socket] = []
    try:
        for _ in range(count):
            listeners.append(_sharing(host, port))  # noqa: PERF401 - those that were had are closed where one fails
    except OSError as error:
        for each in listeners:
            each.close()
        raise SettingsError(f"PORT: cannot listen on {host}:{port}: {error.strerror}") from error
    return listeners


def take_waiting(listener: socket.socket) -> list[socket.socket]:
    """Accept whatever waits in a socket that nobody accepts from any more: closing it would cut them off."""
    listener.settimeout(0)
    waiting: list[socket.socket] = []
    with suppress(OSError):  # nobody waits, it does not listen, or there is no room
        while True:
            connection, _ = listener.accept()
            waiting.append(connection)
    return waiting


def withdraw(listener: socket.socket) -> None:
    """Stop listening, keeping the port: those who wait are cut off, later ones go to the other sockets of the port.

    Whoever else holds this socket listens no more, either, until one of them does so anew. Nothing is done where the
    sockets of a port are one and the same: then no connection waits for one worker alone.
    """
    if sys.platform != "linux":
        return
    # Shutting down what does not listen would mark the socket, and all that it accepts later, as closed (Linux).
    if listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        with suppress(OSError):  # another holder was faster
            listener.shutdown(socket.SHUT_RDWR)


def holding(listener: socket.socket) -> socket.socket:
    """Return a socket that keeps the port of this one from strangers until it is closed, though nobody listens there.

    It never listens: no connection comes to it.
    """
    if sys.platform != "linux":
        return listener.dup()
    host, port = listener.getsockname()[:2]
    holder = _sharing(host, port)
    # Ports are given to others that allow their reuse, too, while nobody listens. For binding it had to be allowed, or
    # connections that have just ended would be in the way.
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return holder


def url_of(host: str, listener: socket.socket) -> str:
    """Return where browsers find it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"


def _sharing(host: str, port: int) -> socket.socket:
    """Bind a socket that shares a port with others of this user; OSError where that address cannot be had."""
    sharing = _socket(host)
    try:
        sharing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sharing.bind((host, port))
    except OSError:
        sharing.close()
        raise
    return sharing


def _socket(host: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return listener
