"""Where mail goes out: one URL, or the account and password that the first design asked for."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

Tls = Literal["implicit", "always", "auto", "never"]

_IMPLICIT_PORT = 465  # RFC 8314, 3.3
_SUBMISSION_PORT = 587  # RFC 6409: for those who sign in
_RELAY_PORT = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """A mail server and how to talk to it.

    `tls`: "implicit" from the first byte; STARTTLS "always", "auto" (when offered) or "never".
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = "auto"
    verify: bool = True

    @classmethod
    def from_url(cls, url: str) -> "SmtpSettings":
        """Read smtp://[user:password@]host[:port][?starttls=auto|always|never&verify=yes|no] or smtps://….

        Without `starttls` it is used when offered; never on loopback, always when a password would otherwise cross
        a network in the clear. Raises ValueError, whose text never contains the password.
        """
        parts, port = _split(url)
        options = _options(parts)
        username = unquote(parts.username) if parts.username else None
        tls: Tls = "implicit" if parts.scheme == "smtps" else _starttls(parts, options)
        usual = _IMPLICIT_PORT if tls == "implicit" else _SUBMISSION_PORT if username else _RELAY_PORT
        return cls(
            host=parts.hostname or "",
            port=port or usual,
            username=username,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
            verify=options.get("verify", "yes") == "yes",
        )

    @classmethod
    def from_account(cls, user: str, password: str) -> "SmtpSettings":
        """Take EMAIL_USER and EMAIL_PASS as in the first design: a Gmail account and its app password."""
        if "@" not in user or not password:
            raise ValueError("EMAIL_USER must be a mail address, and EMAIL_PASS its password")
        return cls(host="smtp.gmail.com", port=_IMPLICIT_PORT, username=user, password=password, tls="implicit")


def is_loopback(host: str) -> bool:
    """Whether what is said to this host stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # Not chained: the parser's own message quotes the URL, password and all.
        raise ValueError("SMTP_URL: the host or the port cannot be read") from None
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError("SMTP_URL must start with smtp:// or smtps://")
    if not parts.hostname or parts.path not in {"", "/"} or parts.fragment:
        raise ValueError("SMTP_URL must be smtp://[user:password@]host[:port]; percent-encode the password")
    if parts.password and not parts.username:
        raise ValueError("SMTP_URL has a password without a user")
    return parts, port


def _options(parts: SplitResult) -> dict[str, str]:
    known = {"verify": {"yes", "no"}}
    if parts.scheme == "smtp":
        known["starttls"] = {"auto", "always", "never"}
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name, value in options.items():
        if value not in known.get(name, set()):
            allowed = "; ".join(f"{key}={'|'.join(sorted(values))}" for key, values in known.items())
            raise ValueError(f"SMTP_URL: the option {name!r} is not understood; it may have {allowed}")
    return options


def _starttls(parts: SplitResult, options: dict[str, str]) -> Tls:
    if "starttls" in options:
        return cast("Tls", options["starttls"])
    if is_loopback(parts.hostname or ""):
        return "never"
    # "When offered" lets anyone on the way strike the offer out, and then read the password.
    return "always" if parts.password else "auto"
