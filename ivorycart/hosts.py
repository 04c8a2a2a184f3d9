"""Under which names the shop may be asked for: a page that makes a name of its own point here gets nothing.

DNS rebinding needs a name; so an IP address, however it is spelled, is always right.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address

_HOST = re.compile(r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<address>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?")
_LONGEST = 262  # characters: a name has at most 255, a port five and a colon
_HIGHEST_PORT = 65535
_ALWAYS = ("localhost",)


class KnownHosts:
    """The names that the shop goes by, without ports."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in (*_ALWAYS, *names))

    def knows(self, host: str) -> bool:
        """Whether a `Host` header, with or without a port, is the shop's; never raises."""
        name = name_of(host)
        return name in self._names or _is_address(name)


def name_of(host: str) -> str:
    """Return the name in a `Host` header: lower case, without port or final dot; empty where there is none."""
    match = _HOST.fullmatch(host) if len(host) < _LONGEST else None
    if match is None or int(match["port"] or 0) > _HIGHEST_PORT:
        return ""
    return (match["address"] or match["name"]).lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
