"""Who asks, as seen from behind proxies: whatever a proxy forwards is believed only where the proxy is trusted.

A request's headers are the client's to invent. A proxy adds to them, on the right, whom it has heard from; so they are
read from the right, for as long as each that speaks is one of ours, and no further. What is malformed ends the reading:
nothing here raises, and the answer is then the nearest address that is certain.

`X-Forwarded-*` goes before `Forwarded` (RFC 7239): a proxy that writes the one hands on the other as the client sent
it, so the two are never mixed. A proxy that writes `Forwarded` has to drop the others.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import zip_longest

from ivorycart.hosts import name_of

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
LONGEST = 64  # characters of an address
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_IPV4_AND_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")
_BRACKETED = re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word for such a word
_PAIR = re.compile(rf"[ \t]*({_TOKEN})=({_TOKEN}|\"(?:[^\"\\]|\\.)*\")[ \t]*([;,]|$)")
_BITS_OF_A_SITE = 64  # of an IPv6 address: whoever has one has all that begin alike


@dataclass(frozen=True, slots=True)
class Asker:
    """The client's address, and the scheme and host that it asked for where a trusted proxy tells them."""

    address: str
    scheme: str | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Forwarding:
    """The headers as sent, each a list of its lines."""

    x_for: Sequence[str] = ()
    x_proto: Sequence[str] = ()
    x_host: Sequence[str] = ()
    forwarded: Sequence[str] = ()

    def __bool__(self) -> bool:
        """Whether anything was forwarded."""
        return bool(self.x_for or self.x_proto or self.x_host or self.forwarded)


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy says of whoever came to it."""

    address: str = ""
    scheme: str = ""
    host: str = ""


class TrustedProxies:
    """The proxies whose word is taken: addresses and networks such as `10.0.0.0/8`; ValueError for what is neither."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: tuple[Network, ...] = tuple(ip_network(each) for each in networks)

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks if network.version == address.version)

    def asker(self, peer: str | None, forwarding: Forwarding) -> Asker:
        """Return who asks, given the other end of the connection and what is forwarded."""
        address = address_of(peer or "")
        if address is None or address not in self:
            return Asker(str(address) if address else UNKNOWN)
        scheme = host = None
        for hop in reversed(_hops(forwarding)):
            scheme = _SCHEMES.get(hop.scheme.lower(), scheme)
            host = hop.host if name_of(hop.host) else host
            farther = address_of(hop.address)
            if farther is None:
                break
            address = farther
            if address not in self:
                break
        return Asker(str(address), scheme, host)


def address_of(text: str) -> Address | None:
    """Return the address in one item of a header, with or without a port; None where it is none."""
    if len(text) > LONGEST:
        return None
    bare = text.strip()
    for form in (_BRACKETED, _IPV4_AND_PORT):
        if match := form.fullmatch(bare):
            bare = match.group(1)
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def counted_as(address: str) -> str:
    """Return under what an address is counted: IPv6 by its /64, of which a single visitor has all."""
    found = address_of(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _BITS_OF_A_SITE), strict=False))
    return str(found) if found else address


def _hops(forwarding: Forwarding) -> list[_Hop]:
    if forwarding.x_for or forwarding.x_proto or forwarding.x_host:
        columns = (_items(lines)[::-1] for lines in (forwarding.x_for, forwarding.x_proto, forwarding.x_host))
        return [_Hop(*values) for values in zip_longest(*columns, fillvalue="")][::-1]
    return _elements(",".join(forwarding.forwarded))


def _items(lines: Sequence[str]) -> list[str]:
    return [item.strip() for item in ",".join(lines).split(",")] if lines else []


def _elements(text: str) -> list[_Hop]:
    """Read `Forwarded`; a header that breaks the grammar anywhere says nothing, or quotes could hide an element."""
    hops: list[_Hop] = []
    pairs: dict[str, str] = {}
    at = 0
    while match := _PAIR.match(text, at):
        name, value, end = match.groups()
        pairs.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] == '"' else value)
        at = match.end()
        if end != ";":
            hops.append(_Hop(pairs.get("for", ""), pairs.get("proto", ""), pairs.get("host", "")))
            pairs = {}
        if not end:
            return hops
    return []
