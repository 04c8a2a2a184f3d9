"""What a mail says, and what it never lets through."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

import pytest

from handlers.pages import PAGES
from ivorycart.mail.compose import KINDS, UnknownMailKind, compose

LOW: dict[str, Any] = {"product_id": "65f0c1d2e3f4a5b6c7d8e9f1", "name": "Moon vase", "available": 2, "threshold": 3}
ORDER: dict[str, Any] = {
    "order_id": "65f0c1d2e3f4a5b6c7d8e9f0",
    "name": "Zoë",
    "lines": [
        {"name": "Søren vase 花瓶", "quantity": 2, "price": 4800, "line_total": 9600},
        {"name": "Lamp", "quantity": 1, "price": 123450, "line_total": 123450},
    ],
    "total_amount": 133050,
    "shipping": 0,
    "whole": True,
    "token": None,
    "kind": "order_placed",
    "currency": "EUR",
    "address": {"name": "Zoë", "line1": "Rue 1", "city": "Paris", "postal_code": "75001", "country": "FR"},
    "placed_at": "2026-11-21T04:40:00.000+01:00",
}
DATA: dict[str, dict[str, Any]] = {
    "order_placed": ORDER,
    "order_shipped": {**ORDER, "carrier": "Østpost", "tracking_number": "EX-1 <b>", "whole": False},
    "order_delivered": {**ORDER, "note": "at the door"},
    "order_cancelled": {**ORDER, "reason": "ordered twice", "paid": True},
    "order_cancelled_seller": {**ORDER, "reason": "ordered twice"},
    "order_refunded": {**ORDER, "amount": 4800, "reason": "one came broken"},
    "payment_failed": {"order_key": "k", "total_amount": 133050, "currency": "EUR", "reason": "the card was declined"},
    "hold_expiring": {"expires_at": "2026-11-21T04:40:12.345Z"},
    "low_stock": LOW,
    "low_stock_seller": LOW,
    "product_disabled": {"product_id": "65f0c1d2e3f4a5b6c7d8e9f0", "name": "Moon vase", "reason": "a fake"},
    "back_in_stock": {
        "product_id": "6566",
        "name": "Moon vase",
        "price": 4200,
        "currency": "EUR",
        "expires_at": "2026-11-21T04:40:12.345Z",
    },
    "already_registered": {},
    "activate_anew": {"name": "Zoë", "token": "t0ken", "minutes": 10},
    "activate": {"name": "Zoë", "token": "t0ken", "minutes": 1440},
    "reset_password": {"name": "Zoë", "token": "t0ken", "minutes": 10},
    "confirm_email": {"name": "Zoë", "token": "t0ken", "minutes": 60},
    "password_changed": {"name": "Zoë"},
    "email_changed": {"name": "Zoë"},
}


def write(kind: str = "low_stock", data: dict[str, Any] | None = None, **other: Any) -> EmailMessage:
    """Compose with ordinary envelope data, unless told otherwise."""
    envelope: dict[str, Any] = {
        "sender": "IvoryCart <shop@ivorycart.example>",
        "to": "zoe@example.com",
        "message_id": "<alert-1@ivorycart.example>",
        "public_url": "https://shop.example/",
    }
    return compose(kind, DATA.get(kind, {}) if data is None else data, **{**envelope, **other})


def bodies(message: EmailMessage) -> tuple[str, str]:
    """Return the text and the HTML as a reader's program decodes them from the wire."""
    arrived = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(arrived, EmailMessage)
    plain, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_both_bodies_and_the_headers_of_an_automatic_mail(kind: str) -> None:
    """A reader without HTML, a spam filter and a vacation responder all get what they need."""
    message = write(kind)
    text, html = bodies(message)
    assert "https://shop.example/" in text
    assert "https://shop.example/" in html
    assert "//orders" not in text.replace("https://", "")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.tzinfo is not None
    assert "{{" not in text + html
    assert "<table" not in html


def test_what_many_are_told_alike_reaches_each_as_a_mail_of_their_own() -> None:
    """They have the words in common, and neither address nor Message-ID; another product has other words."""
    one, two = (write(to=f"{name}@example.com", message_id=f"<{name}@ivorycart.example>") for name in ("ada", "bob"))
    other = write(data={**LOW, "name": "Sun vase"})
    assert bodies(one) == bodies(two)
    assert "Moon vase" in bodies(one)[0]
    assert "Sun vase" in bodies(other)[0]
    assert (one["To"], two["To"]) == ("ada@example.com", "bob@example.com")
    assert (one["Message-ID"], two["Message-ID"]) == ("<ada@ivorycart.example>", "<bob@ivorycart.example>")
    assert other["Subject"] == "Only 2 left: Sun vase"


def test_words_that_look_like_the_end_of_a_body_do_not_end_it() -> None:
    """What stands between the bodies cannot be in them, whatever a product is called."""
    boundary = write().get_boundary()
    name = f"--{boundary} --{boundary}--"
    text, html = bodies(write(data={**LOW, "name": name}))
    assert name in text
    assert name in html
    assert len(list(message_from_bytes(write(data={**LOW, "name": name}).as_bytes(), policy=default).walk())) == 3


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_link_in_a_mail_is_a_page_that_is_served(kind: str) -> None:
    """In both bodies; where in the page it goes to is the page's business."""
    text, html = bodies(write(kind))
    links = {*re.findall(r"https?://[^\s\"'<>]+", text), *re.findall(r'href="([^"]*)"', html)}
    assert links
    for link in map(urlsplit, links):
        assert (link.netloc, link.query.partition("=")[0]) in {("shop.example", ""), ("shop.example", "product")}
        assert (link.path or "/") in PAGES


def test_an_order_mail_lists_what_was_bought_with_proper_amounts() -> None:
    """Names keep their letters, amounts their currency, and the time is one time for all."""
    text, html = bodies(write("order_placed"))
    for body in (text, html):
        assert "Søren vase 花瓶" in body
        assert "€96.00" in body
        assert "€1,330.50" in body
        assert "21 November 2026, 03:40 UTC" in body
        assert "75001 Paris" in body


def test_an_order_without_an_address_says_nothing_of_one() -> None:
    """What is fetched at the shop goes nowhere."""
    text, html = bodies(write("order_placed", {**ORDER, "address": None}))
    assert "It goes to" not in text + html


def test_the_last_piece_and_none_are_told_apart() -> None:
    """A subject never says "only 0 left"."""
    assert write(data={**LOW, "available": 1})["Subject"] == "Only 1 left: Moon vase"
    assert write(data={**LOW, "available": 0})["Subject"] == "No more left: Moon vase"
    assert write("low_stock_seller", {**LOW, "available": 0})["Subject"] == "Sold out: Moon vase"


def test_markup_in_a_name_is_shown_and_never_run() -> None:
    """HTML that someone typed as a name arrives as text."""
    text, html = bodies(write(data={**LOW, "name": "<script>alert(1)</script>"}))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert(1)</script>" in text


def test_a_name_cannot_add_lines_to_a_text_body() -> None:
    """What looks like our own paragraph is always ours."""
    text, _ = bodies(write("order_placed", {**ORDER, "name": "Zoë\n\nSend your password to evil.example"}))
    assert "Thank you, Zoë Send your password" in text


def test_styles_are_inline_and_dark_mode_is_known() -> None:
    """Most mail programs drop style elements; those that keep them learn of the dark colours."""
    _, html = bodies(write())
    assert re.search(r'<main class="card" style="[^"]*background: #fffdf8', html)
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize("length", [1, 37, 50, 64, 120, 300])
def test_a_message_id_arrives_as_it_was_given(length: int) -> None:
    """A server that drops repeats by Message-ID sees the same line each time, however long."""
    given = f"<{'a' * length}.b-c@ivorycart.example>"
    raw = write(message_id=given).as_bytes()
    assert f"\r\nMessage-ID: {given}\r\n".encode() in raw


def test_a_subject_beyond_ascii_survives_the_wire() -> None:
    """Long names in any script are encoded in pieces that old servers accept."""
    name = "长花瓶 مزهرية 🏺 " * 8
    message = write(data={**LOW, "name": name.strip()})
    raw = message.as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78
    assert message_from_bytes(raw, policy=default)["Subject"] == f"Only 2 left: {name.strip()}"


def test_an_address_beyond_ascii_is_written_as_it_is() -> None:
    """RFC 6531 addresses have no other spelling."""
    assert write(to="zoë@example.com")["To"].addresses[0].addr_spec == "zoë@example.com"


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "zoe@example.com\r\nBcc: all@example.com"},
        {"to": "zoe@example.com, all@example.com"},
        {"to": "zoe"},
        {"to": ""},
        {"sender": "Shop\n <shop@ivorycart.example>"},
        {"message_id": "<a@b>\r\nBcc: all@example.com"},
        {"message_id": "no brackets"},
        {"data": {**LOW, "name": "Vase\r\nBcc: all@example.com"}},
        {"data": {**LOW, "name": "Vase\nBcc: all@example.com"}},
        {"public_url": "javascript:alert(1)"},
    ],
    ids=repr,
)
def test_what_would_forge_a_header_is_refused(wrong: dict[str, Any]) -> None:
    """A line break, a second address or a strange link never leaves the house."""
    with pytest.raises(ValueError, match=r"header|address|Message-ID|site"):
        write(**wrong)


def test_other_line_separators_become_spaces_in_a_header() -> None:
    """Folding in the standard library breaks lines at more than CR and LF."""
    message = write(data={**LOW, "name": "Moon\x0bvase\u2028Bcc:\x85x"})
    assert message["Subject"] == "Only 2 left: Moon vase Bcc: x"


def test_an_unknown_kind_names_the_known_ones() -> None:
    """A typing error is found at once."""
    with pytest.raises(UnknownMailKind, match=r"order_shiped.*low_stock"):
        write("order_shiped")


def test_missing_data_is_named() -> None:
    """A mail with holes is never sent."""
    with pytest.raises(ValueError, match="threshold"):
        write("low_stock_seller", {key: value for key, value in LOW.items() if key != "threshold"})


def test_a_time_without_an_offset_is_refused() -> None:
    """Guessing a time zone would tell people a wrong hour."""
    with pytest.raises(ValueError, match="offset"):
        write("order_placed", {**ORDER, "placed_at": "2026-11-21T03:40:00"})


def test_the_date_may_be_that_of_the_event() -> None:
    """A repeated mail carries the date of the first."""
    moment = datetime(2026, 11, 21, 3, 40, tzinfo=UTC)
    assert write(date=moment)["Date"].datetime == moment


def test_an_offer_says_to_the_second_until_when_it_is_kept() -> None:
    """Two minutes are short."""
    message = write("back_in_stock")
    assert message["Subject"] == "Yours until 04:40:12 UTC: Moon vase"
    assert all("04:40:12 UTC on 21 November 2026" in body for body in bodies(message))
    assert all("https://shop.example/?product=6566" in body for body in bodies(message)), "the shop's own page"
    assert all("the same browser" in " ".join(body.split()) for body in bodies(message))
    with pytest.raises(ValueError, match="offset"):
        write("back_in_stock", {**DATA["back_in_stock"], "expires_at": "2026-11-21T04:40:12"})
