"""What a page is told of the shop."""

from typing import Any

from tests.handlers.doors import send


async def test_mails_are_promised_only_where_there_is_a_mail_server(shop: Any) -> None:
    """The demo has none, and says so."""
    answer = await send(shop.url, "GET", "/api/shop")
    assert answer.body["mails"] is False
