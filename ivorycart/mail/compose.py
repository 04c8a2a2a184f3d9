"""A mail from what happened: a kind and its data in, a message with a text and an HTML body out.

Each kind is a folder in `templates/` with `subject.txt`, `body.txt` and `body.html`; to add one, add the folder, and
its name to the catalogue in `models/telling.py` (or to the kinds about accounts in `models/letter.py`). Mails that one
can turn off say where. Amounts are integers in minor units, times are ISO 8601 strings with an offset, ids are strings.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError, select_autoescape

from ivorycart.mail.headers import MailPolicy, header_text, mailbox, stable_message_id
from ivorycart.mail.money import money
from models.letter import ACCOUNT_KINDS
from models.telling import KINDS as TOLD

KINDS = frozenset({*TOLD, *ACCOUNT_KINDS})

# What thousands are told at once in the same words. None of it is secret, so it may be kept.
_TOLD_ALIKE = frozenset({"low_stock"})
# "=_" cannot be in a part that is quoted-printable (RFC 2045, 6.7 and 5.1), so it may stand between such parts: to look
# for a boundary that is in neither would cost as much as all other headers.
_ALTERNATIVE = 'multipart/alternative; boundary="=_alternative"'

_TEMPLATES = Path(__file__).with_name("templates")


class UnknownMailKind(ValueError):  # noqa: N818 - says what it is, as LookupError's children do
    """No mail of that kind is known."""


def compose(
    kind: str,
    data: Mapping[str, Any],
    *,
    sender: str,
    to: str,
    message_id: str,
    public_url: str,
    date: datetime | None = None,
) -> EmailMessage:
    """Write one mail; `message_id` is used verbatim, so a repeat of the same mail is recognised as one.

    `date` (aware; now by default) becomes the Date header. Raises UnknownMailKind, and ValueError when the data lacks
    something the kind needs, when an address, the Message-ID or the URL is none, or when a header would hold a
    line break.
    """
    if kind not in KINDS:
        raise UnknownMailKind(f"unknown kind of mail: {kind!r}; known: {', '.join(sorted(KINDS))}")
    given = {**data, "public_url": _site(public_url)}
    subject, text, html = _written_alike(kind, tuple(given.items())) if kind in _TOLD_ALIKE else _written(kind, given)
    writer, reader = _sender(sender), mailbox(to)
    # Addresses beyond ASCII have no older spelling: such a message needs SMTPUTF8 (RFC 6531) all the way.
    plain = writer.addr_spec.isascii() and reader.addr_spec.isascii()
    message = EmailMessage(policy=MailPolicy(utf8=not plain))
    message["From"] = str(writer)
    message["To"] = reader
    message["Subject"] = header_text(subject)
    message["Date"] = format_datetime(date or datetime.now(UTC))
    message["Message-ID"] = stable_message_id(message_id)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: vacation responders keep silent
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = _ALTERNATIVE
    message.set_payload([text, html])
    return message


def _written(kind: str, given: Mapping[str, Any]) -> tuple[str, MIMEPart, MIMEPart]:
    """Return the subject, the text and the HTML of a mail."""
    subject, words, page = _render(kind, given)
    text, html = MIMEPart(policy=MailPolicy()), MIMEPart(policy=MailPolicy())
    text.set_content(words, cte="quoted-printable")
    html.set_content(_inliner().inline(page), subtype="html", cte="quoted-printable")
    return subject, text, html


@lru_cache(maxsize=16)
def _written_alike(kind: str, given: tuple[tuple[str, Any], ...]) -> tuple[str, MIMEPart, MIMEPart]:
    """Write once what goes to many; their messages share the parts, which nobody changes."""
    return _written(kind, dict(given))


def _render(kind: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    environment = _environment()
    optional = kind in TOLD and TOLD[kind].optional
    given = {**data, "optional": optional}
    try:
        subject, text, html = (
            environment.get_template(f"{kind}/{part}").render(given)
            for part in ("subject.txt", "body.txt", "body.html")
        )
        if optional:
            text += environment.get_template("choose.txt").render(given)
    except UndefinedError as error:
        raise ValueError(f"mail {kind}: {error.message}") from error
    return subject, text, html


@lru_cache(maxsize=4)
def _sender(value: str) -> Address:
    """Read the shop's own address, which is the same in every mail."""
    return mailbox(value)


def _site(public_url: str) -> str:
    parts = urlsplit(public_url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"not the address of a site: {public_url!r}")
    return public_url.rstrip("/")


def _moment(value: str) -> str:
    """Write an instant as people read it; raises ValueError without an offset, which would be a guess."""
    moment = datetime.fromisoformat(_with_offset(value)).astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _moment_exactly(value: str) -> str:
    """Write an instant to the second: what is kept for two minutes is not kept until "13:05"."""
    moment = datetime.fromisoformat(_with_offset(value)).astimezone(UTC)
    return f"{moment:%H:%M:%S} UTC on {moment.day} {moment:%B %Y}"


def _clock(value: str) -> str:
    """Write the time of day of an instant."""
    return f"{datetime.fromisoformat(_with_offset(value)).astimezone(UTC):%H:%M:%S} UTC"


def _with_offset(value: str) -> str:
    if datetime.fromisoformat(value).tzinfo is None:
        raise ValueError(f"a time without an offset: {value!r}")
    return value


def _one_line(value: str) -> str:
    """Keep a name from adding lines of its own to a text body."""
    return " ".join(value.split())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        money=money, moment=_moment, moment_exactly=_moment_exactly, clock=_clock, one_line=_one_line
    )
    return environment


@cache
def _inliner() -> CSSInliner:
    # The media queries (dark mode, narrow screens) cannot be inlined, so they stay in a style element.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
