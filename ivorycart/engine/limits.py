"""What one connection may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one connection; times in seconds, sizes in bytes."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    connect_timeout: float = 5.0  # from the upgrade to the Socket.IO CONNECT
    close_timeout: float = 2.0  # for the peer to answer a close frame
    handler_grace: float = 10.0  # for running handlers once the peer is gone: the ledger's own deadline
    max_message: int = 65_536
    max_unsent: int = 983_040  # with what the allocator adds, no more than 1 MiB is kept for a client
    lagging_from: int = 262_144  # unsent bytes from which a socket lags, until it has drained to a quarter of that
    lag_timeout: float = 9.5  # with what a busy loop adds, gone within 10
    malformed_packets: int = 5
    handlers_at_once: int = 16
    events_waiting: int = 128
