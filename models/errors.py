"""Expected refusals: one small family, each with a stable ``code`` and data for whoever asked.

    Refused
    ├── NotAuthenticated    not_authenticated    nobody is signed in, or the token is no good
    ├── Forbidden           forbidden            signed in, but this is not theirs to do
    ├── TokenInvalid        invalid_token        a token of a mail is used, expired or none
    ├── NotFound            not_found            no such thing, or not theirs to know of
    ├── Invalid             validation           the input breaks a rule of form or a limit
    ├── KeyReused           key_reused           an order key came again with another order
    ├── InsufficientStock   insufficient_stock   fewer are available than asked for
    ├── CartExpired         cart_expired         the hold ran out before this arrived
    ├── PriceChanged        price_changed        the total is no longer what was expected
    ├── Conflict            conflict             the state does not allow it (withdrawn product, stale revision …)
    ├── PaymentDeclined     payment_declined     the payment provider said no
    ├── RateLimited         rate_limited         too much in too short a time
    ├── StorageUnavailable  storage_unavailable  nothing was done: the database cannot be reached
    ├── Pending             pending              it may have been done: ask again with the same key
    └── Internal            internal             this one command cannot be handled; the others went on

The codes are part of the wire contract; how each maps to HTTP stands in ``handlers/errors.py``.
"""

from typing import Any, ClassVar


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """A command or request was understood and turned down; nothing was changed."""

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotAuthenticated(Refused):
    """Nobody is signed in, or the token is not (or no longer) good."""

    code = "not_authenticated"


class Forbidden(Refused):
    """The caller is known and may not do this."""

    code = "forbidden"


class TokenInvalid(Refused):
    """A token that came by mail is used, expired, or was never one: always the same answer."""

    code = "invalid_token"


class NotFound(Refused):
    """There is no such thing, or it is not the caller's to know of."""

    code = "not_found"


class Invalid(Refused):
    """The input breaks a rule of form or a limit; ``errors`` may name fields by JSON pointer."""

    code = "validation"


class KeyReused(Refused):
    """The order key was used before, for a different order."""

    code = "key_reused"


class InsufficientStock(Refused):
    """Fewer units are available than asked for; ``available`` says how many are."""

    code = "insufficient_stock"


class CartExpired(Refused):
    """The cart's hold ran out."""

    code = "cart_expired"


class PriceChanged(Refused):
    """The total is not the expected one; ``total_amount`` says what it is now."""

    code = "price_changed"


class Conflict(Refused):
    """The present state does not allow it."""

    code = "conflict"


class PaymentDeclined(Refused):
    """The payment provider declined."""

    code = "payment_declined"


class RateLimited(Refused):
    """Too many requests; ``retry_after`` is in seconds."""

    code = "rate_limited"


class StorageUnavailable(Refused):
    """The database could not be reached in time; nothing was done."""

    code = "storage_unavailable"


class Pending(Refused):
    """The outcome is not known yet; the same request with the same key will tell it."""

    code = "pending"


class Internal(Refused):
    """This command alone cannot be handled; it was logged, and the others went on."""

    code = "internal"


CODES = tuple(each.code for each in Refused.__subclasses__())
"""Of this family; what the wire itself refuses stands in ``handlers/errors.py``, too."""
