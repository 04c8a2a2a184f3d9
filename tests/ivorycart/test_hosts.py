"""The names of the shop: its own, addresses and localhost; every other is somebody else's."""

import pytest

from ivorycart.hosts import KnownHosts

HOSTS = KnownHosts(["Shop.example", "0.0.0.0"])  # noqa: S104 - as HOST may say


@pytest.mark.parametrize(
    "host",
    [
        *("shop.example", "SHOP.example:8443", "shop.example.", "localhost", "localhost:5000", "LOCALHOST"),
        *("127.0.0.1:5000", "10.1.2.3", "[::1]", "[::1]:5000", "0.0.0.0:5000"),
    ],
)
def test_the_shop_goes_by_its_names_and_by_any_address(host: str) -> None:
    """With any port, and however it is written."""
    assert HOSTS.knows(host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "shop.example.evil.example", "xshop.example", "a.shop.example", "127.0.0.1.evil.example"),
        *(
            "",
            " ",
            "shop.example:x",
            "[::1",
            "shop.example/evil",
            "evil@shop.example",
            "shop.example#x",
            "shop.example?",
        ),
        *("shop.example:99999", "localhost.evil.example", "shop.example,evil.example", "\u017fhop.example"),
    ],
)
def test_no_other_name_is_the_shops(host: str) -> None:
    """Nor what is no name at all."""
    assert not HOSTS.knows(host)
