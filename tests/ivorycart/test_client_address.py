"""Who asks: what is forwarded is believed from trusted proxies only, and nothing that anyone sends makes it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivorycart.client_address import UNKNOWN, Asker, Forwarding, TrustedProxies, address_of, counted_as

NET = TrustedProxies(["10.0.0.0/8", "127.0.0.1", "2001:db8:1::/48"])


def x_for(*lines: str) -> Forwarding:
    """Forward addresses."""
    return Forwarding(x_for=lines)


@pytest.mark.parametrize("peer", ["203.0.113.9", "2001:db8:2::1", "::ffff:203.0.113.9"])
def test_a_stranger_is_who_it_is_whatever_it_says(peer: str) -> None:
    """Headers of a client that is no proxy are its own invention."""
    said = Forwarding(("6.6.6.6",), ("https",), ("evil.example",), ("for=6.6.6.6;host=evil.example",))
    assert NET.asker(peer, said) == Asker(str(address_of(peer)))


def test_without_trusted_proxies_nobody_is_believed() -> None:
    """That is the default."""
    assert TrustedProxies().asker("127.0.0.1", x_for("6.6.6.6")).address == "127.0.0.1"


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ((), "10.0.0.1"),
        (("203.0.113.9",), "203.0.113.9"),
        (("6.6.6.6, 203.0.113.9",), "203.0.113.9"),
        (("6.6.6.6", "203.0.113.9"), "203.0.113.9"),
        (("203.0.113.9, 10.0.0.3, 10.0.0.2",), "203.0.113.9"),
        (("10.0.0.4, 10.0.0.3",), "10.0.0.4"),
        (("6.6.6.6, 203.0.113.9, 10.0.0.2",), "203.0.113.9"),
        (("203.0.113.9:4711",), "203.0.113.9"),
        (("[2001:db8:2::1]:4711",), "2001:db8:2::1"),
        (("2001:db8:2::1",), "2001:db8:2::1"),
        (("::ffff:203.0.113.9",), "203.0.113.9"),
        (("fe80::1%eth0",), "fe80::1"),
        (("6.6.6.6, unknown",), "10.0.0.1"),
        (("6.6.6.6, unknown, 10.0.0.2",), "10.0.0.2"),
        (("6.6.6.6, ",), "10.0.0.1"),
        (("6.6.6.6, 1.2.3.4.5",), "10.0.0.1"),
        (("6.6.6.6, 010.0.0.1",), "10.0.0.1"),
        (("1" * 5000,), "10.0.0.1"),
        (("203.0.113.9\x00",), "10.0.0.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours_asks(lines: tuple[str, ...], address: str) -> None:
    """Read from the right; what stands left of it was sent by the client."""
    assert NET.asker("10.0.0.1", x_for(*lines)).address == address


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Forwarding(("203.0.113.9",), ("https",), ("shop.example",)), ("203.0.113.9", "https", "shop.example")),
        (Forwarding(("6.6.6.6, 203.0.113.9",), ("http, https",), ("evil.example, shop.example",)),
         ("203.0.113.9", "https", "shop.example")),
        (Forwarding(("203.0.113.9, 10.0.0.2",), ("https, http",)), ("203.0.113.9", "https", None)),
        (Forwarding((), ("WSS",), ("[::1]:5000",)), ("10.0.0.1", "https", "[::1]:5000")),
        (Forwarding(("203.0.113.9",), ("gopher",), ("a b",)), ("203.0.113.9", None, None)),
        (Forwarding(("203.0.113.9",), (), ("evil.example/\r\nx",)), ("203.0.113.9", None, None)),
    ],
)  # fmt: skip
def test_scheme_and_host_are_those_of_the_same_proxy(said: Forwarding, expected: tuple[str, ...]) -> None:
    """Only http and https, with or without websockets, and only what can be a host."""
    asker = NET.asker("10.0.0.1", said)
    assert (asker.address, asker.scheme, asker.host) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for=203.0.113.9", ("203.0.113.9", None, None)),
        ('For="[2001:db8:2::1]:4711";Proto=https;host=shop.example', ("2001:db8:2::1", "https", "shop.example")),
        ('for=6.6.6.6;host=evil.example, for="203.0.113.9:1";proto=https', ("203.0.113.9", "https", None)),
        ("for=203.0.113.9;proto=https, for=10.0.0.2;proto=http", ("203.0.113.9", "https", None)),
        ("for=6.6.6.6, for=_hidden", ("10.0.0.1", None, None)),
        ("for=6.6.6.6, for=unknown, for=10.0.0.2", ("10.0.0.2", None, None)),
        ("for=6.6.6.6 for=7.7.7.7", ("10.0.0.1", None, None)),
        ("for", ("10.0.0.1", None, None)),
        ("", ("10.0.0.1", None, None)),
    ],
)
def test_the_standard_header_is_read_as_well(text: str, expected: tuple[str, ...]) -> None:
    """RFC 7239, where no `X-Forwarded-*` is there."""
    asker = NET.asker("10.0.0.1", Forwarding(forwarded=(text,)))
    assert (asker.address, asker.scheme, asker.host) == expected


@pytest.mark.parametrize("begun", ['for=6.6.6.6;x="', 'for=6.6.6.6;x="\\', 'for=6.6.6.6;x="\\"', 'for="', 'x="a";y="'])
@pytest.mark.parametrize("added", ['for="[2001:db8:2::1]"', "for=203.0.113.9", 'for="203.0.113.9:5";by="_x"'])
def test_an_open_quote_hides_nothing_that_the_proxy_adds(begun: str, added: str) -> None:
    """A header that breaks the grammar says nothing at all."""
    asker = NET.asker("10.0.0.1", Forwarding(forwarded=(f"{begun}, {added}",)))
    assert asker.address in {"10.0.0.1", "203.0.113.9", "2001:db8:2::1"}
    assert NET.asker("10.0.0.1", Forwarding(forwarded=(begun, added))).address != "6.6.6.6"


def test_the_two_kinds_of_headers_are_never_mixed() -> None:
    """A proxy that writes the one hands on the other as it came."""
    said = Forwarding(("203.0.113.9",), (), (), ("for=6.6.6.6;host=evil.example;proto=https",))
    assert NET.asker("10.0.0.1", said) == Asker("203.0.113.9")


@pytest.mark.parametrize("peer", [None, "", "not an address"])
def test_a_peer_without_an_address_is_unknown(peer: str | None) -> None:
    """And not trusted."""
    assert NET.asker(peer, x_for("6.6.6.6")) == Asker(UNKNOWN)


LINES = st.lists(st.text(max_size=60) | st.from_regex(r"[0-9a-f.:,\[\]\"=;\\ ]{0,60}", fullmatch=True), max_size=3)


@given(x=LINES, proto=LINES, host=LINES, forwarded=LINES)
def test_nothing_that_is_sent_makes_it_fail(x: list[str], proto: list[str], host: list[str], forwarded: list[str]):
    """Whatever comes, there is an address, and a scheme that exists."""
    for said in (Forwarding(x, proto, host, ()), Forwarding(forwarded=forwarded)):
        asker = NET.asker("127.0.0.1", said)
        assert address_of(asker.address) is not None
        assert asker.scheme in {None, "http", "https"}


def test_addresses_of_one_site_count_as_one() -> None:
    """IPv6 by its /64, IPv4 as it is; what is no address counts as itself."""
    assert counted_as("2001:db8::1") == counted_as("2001:db8::2:1") != counted_as("2001:db8:0:1::1")
    assert (counted_as("203.0.113.9"), counted_as(UNKNOWN)) == ("203.0.113.9", UNKNOWN)
