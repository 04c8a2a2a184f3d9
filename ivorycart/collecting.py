"""When Python looks for cycles: a server of thousands of sockets has much that lives long, and few cycles.

By default every 700 new objects start a pass, and every hundredth pass may go through all that lives. Under load that
was a seventh of the process's time (carts set over 500 sockets: 215 µs of it per cart, 178 µs without).
"""

import gc

_YOUNG, _MIDDLE, _OLD = 50_000, 20, 50


def collect_seldom() -> None:
    """Call once the process is up: what is there by now is never looked at again, the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
