"""What Stripe's refusals and failures mean to the shop.

    a card's no                        Declined, in Stripe's words, which are meant for payers
    a request that it will not carry
    out, or a key used otherwise       Declined, in ours; logged, for somebody has to look at it
    no or a wrong API key              ProviderUnavailable; logged as an error, without the key
    no answer, 409, 429, 5xx, nonsense ProviderUnavailable: it may or may not have happened

Nothing is chained: Stripe's own errors carry the whole answer, client secrets and parts of keys included.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import ClientError
from stripe import (
    AuthenticationError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    PermissionError,  # noqa: A004 - Stripe's name for it
    StripeError,
)

from ivorycart.payments.port import Declined, ProviderUnavailable

log = structlog.get_logger(__name__)

# An answer that is no JSON, or of another shape, fails in the library or in reading it by one of these.
NONSENSE = (ValueError, TypeError, KeyError, AttributeError)
REFUSED = "the payment provider refused this payment"
AWAY = "the payment provider cannot be reached"


@asynccontextmanager
async def asking(doing: str, patience: float) -> AsyncIterator[None]:
    """Give what is asked so many seconds, and raise nothing but what the port knows."""
    try:
        async with asyncio.timeout(patience):
            yield
    except CardError as error:
        raise Declined(error.user_message or "the card was declined") from None
    except (AuthenticationError, PermissionError) as error:
        _tell("payment.api_key_refused", doing, error)
        raise ProviderUnavailable("the payment provider does not let this shop in") from None
    except (InvalidRequestError, IdempotencyError) as error:
        _tell("payment.request_refused", doing, error)
        raise Declined(REFUSED) from None
    except StripeError as error:
        raise ProviderUnavailable(f"{AWAY} ({type(error).__name__}, {error.http_status})") from None
    except (ClientError, OSError, TimeoutError) as error:
        raise ProviderUnavailable(f"{AWAY} ({type(error).__name__})") from None
    except NONSENSE as error:
        log.error("payment.odd_answer", doing=doing, reason=type(error).__name__)  # noqa: TRY400 - it may hold secrets
        raise ProviderUnavailable("the payment provider's answer cannot be read") from None


def _tell(event: str, doing: str, error: StripeError) -> None:
    about = {"status": error.http_status, "code": error.code, "request": error.request_id}
    log.error(event, doing=doing, param=getattr(error, "param", None), **about)
