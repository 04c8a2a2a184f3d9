"""Header values from data that other people typed: refused when they could start a header of their own."""

import re
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from functools import lru_cache
from typing import Any

_BREAKS = re.compile(r"[\r\n\0]")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")  # printable ASCII, no space, no angle bracket inside


def header_text(value: str) -> str:
    """Return a value fit for a header, on one line; raises ValueError on CR, LF or NUL.

    The other line separators of Unicode become spaces: the standard library's folding splits lines at them.
    """
    if _BREAKS.search(value):
        raise ValueError("a header value may not contain CR, LF or NUL")
    return " ".join(value.split())


def mailbox(value: str) -> Address:
    """Parse exactly one address, "a@b.example" or "Name <a@b.example>"; raises ValueError on anything else."""
    name, spec = parseaddr(header_text(value))
    user, _, domain = spec.rpartition("@")
    if not user or not domain or not (name or spec == value.strip().strip("<>")):
        raise ValueError(f"not one mail address: {value!r}")
    if not spec.isascii() and not re.search(r'[\s<>()\[\]",:;\\]', spec):
        # RFC 6531 allows this, the parser behind `addr_spec` doesn't yet.
        return Address(display_name=name, username=user, domain=domain)
    try:
        return Address(display_name=name, addr_spec=spec)
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError(f"not one mail address: {value!r}") from error


def stable_message_id(value: str) -> str:
    """Return a Message-ID unchanged; raises ValueError unless it is "<left@right>" in printable ASCII."""
    if not _MESSAGE_ID.fullmatch(value):
        raise ValueError(f"not a Message-ID: {value!r}")
    return value


class HeaderTypes(HeaderRegistry):
    """The standard library's headers, without its making a class for every header of every message.

    That, and reading again what every message says alike, was half of the time that a mail took to compose. Headers
    are immutable text, so messages may share them.
    """

    def __call__(self, name: str, value: Any) -> Any:
        """Read a header's value."""
        if name.lower() in _ALIKE and isinstance(value, str):
            return self._read(name, str(value))
        return super().__call__(name, value)

    @lru_cache(maxsize=64)  # noqa: B019 - there is one of these, and it lives as long as the process
    def __getitem__(self, name: str) -> Any:
        """Return the class of a header."""
        return super().__getitem__(name)

    @lru_cache(maxsize=64)  # noqa: B019 - likewise
    def _read(self, name: str, value: str) -> Any:
        return super().__call__(name, value)


_ALIKE = frozenset({"auto-submitted", "content-transfer-encoding", "content-type", "from", "mime-version"})
_TYPES = HeaderTypes()


class MailPolicy(EmailPolicy):
    """CRLF line ends, 78 columns, and a Message-ID that stays on its line as it was given.

    The standard library folds a Message-ID of some lengths, and some servers then no longer recognise a repeat.
    """

    def __init__(self, *, utf8: bool = False) -> None:
        super().__init__(
            linesep="\r\n", cte_type="7bit", utf8=utf8, message_factory=EmailMessage, header_factory=_TYPES
        )

    def fold(self, name: str, value: str) -> str:
        """Write one header as text."""
        return _as_it_is(name, value) or super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write one header as bytes."""
        if name.lower() in _ALIKE:
            return _folded(name, value, self.utf8)
        return _as_it_is(name, value).encode() or super().fold_binary(name, value)


@lru_cache(maxsize=64)
def _folded(name: str, value: str, utf8: bool) -> bytes:  # noqa: FBT001 - a key of the cache
    """Fold a header that every message has alike, once."""
    return EmailPolicy.fold_binary(MailPolicy(utf8=utf8), name, value)


def _as_it_is(name: str, value: str) -> str:
    return f"{name}: {value}\r\n" if name.lower() == "message-id" else ""
