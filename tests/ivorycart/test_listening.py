"""One port for several processes, and nobody on it by accident."""

import socket

import pytest

from ivorycart.listening import holding, listen, listen_together, url_of, withdraw
from ivorycart.settings import SettingsError
from tests.patience import PATIENCE


def _connect(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname()[:2], timeout=PATIENCE)


def _waiting(listener: socket.socket) -> int:
    """Accept, and end, all connections that wait; return how many."""
    listener.settimeout(0)
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_every_socket_of_a_shared_port_gets_its_part(host: str) -> None:
    """Of any port, if none is wished for; about as many each, in all exactly those that came."""
    listeners = listen_together(host, 0, 2)
    try:
        assert len({each.getsockname() for each in listeners}) == 1
        for each in listeners:
            each.listen(256)
        clients = [_connect(listeners[0]) for _ in range(128)]
        counts = [_waiting(each) for each in listeners]
        assert sum(counts) == len(clients)
        assert min(counts) > 16  # by chance fewer: once in 10 to the 18
    finally:
        for each in (*listeners, *clients):
            each.close()


def test_a_shared_port_is_shared_by_nobody_else() -> None:
    """Neither with a process that is alone nor with one that would share it, too."""
    listeners = listen_together("127.0.0.1", 0, 2)
    port = listeners[0].getsockname()[1]
    try:
        for each in listeners:
            each.listen()
        with pytest.raises(SettingsError, match=f"PORT.*{port}"):
            listen_together("127.0.0.1", port, 2)
        with pytest.raises(SettingsError, match=f"PORT.*{port}"):
            listen("127.0.0.1", port)
    finally:
        for each in listeners:
            each.close()


def test_nobody_waits_in_a_socket_that_was_withdrawn() -> None:
    """The others get all, until it listens again; withdrawing twice does no harm."""
    kept, withdrawn = listeners = listen_together("127.0.0.1", 0, 2)
    clients: list[socket.socket] = []
    try:
        for each in listeners:
            each.listen(256)
        withdraw(withdrawn)
        withdraw(withdrawn)
        clients += [_connect(kept) for _ in range(64)]
        assert _waiting(kept) == 64
        withdrawn.listen(256)
        clients += [_connect(kept) for _ in range(64)]
        with withdrawn.accept()[0] as talking:
            talking.sendall(b"it works as if nothing had been")
    finally:
        for each in (*listeners, *clients):
            each.close()


def test_a_port_that_is_held_is_nobody_else_s_though_nobody_listens() -> None:
    """Whether or not anyone has listened; those who are of it can listen again, and nobody waits at the holder."""
    clients: list[socket.socket] = []
    listeners = listen_together("127.0.0.1", 0, 2)
    port = listeners[0].getsockname()[1]
    holder = holding(listeners[0])
    try:
        _is_refused(port)
        for each in listeners:
            each.listen()
        _connect(listeners[0]).close()
        for each in listeners:
            withdraw(each)
        _is_refused(port)
        with pytest.raises(ConnectionRefusedError):
            _connect(listeners[0])
        for each in listeners:
            each.listen(256)
        clients = [_connect(listeners[0]) for _ in range(64)]
        assert sum(map(_waiting, listeners)) == len(clients)
    finally:
        for each in (*listeners, *clients, holder):
            each.close()
    listen("127.0.0.1", port).close()  # free again, though connections have just ended there


def _is_refused(port: int) -> None:
    for count in (1, 2):
        with pytest.raises(SettingsError, match=f"PORT.*{port}"):
            listen_together("127.0.0.1", port, count)


def test_an_address_that_cannot_be_had_is_said_in_a_line() -> None:
    """With the setting to change."""
    with pytest.raises(SettingsError, match=r"^PORT: cannot listen on 192\.0\.2\.1:0: "):
        listen_together("192.0.2.1", 0, 2)


def test_the_address_is_one_that_browsers_take() -> None:
    """With brackets around an address of version 6."""
    with listen("::1", 0) as six, listen("127.0.0.1", 0) as four:
        assert url_of("::1", six) == f"http://[::1]:{six.getsockname()[1]}"
        assert url_of("127.0.0.1", four) == f"http://127.0.0.1:{four.getsockname()[1]}"
