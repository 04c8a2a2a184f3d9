"""Tokens that come by mail: never stored, neither in the outbox nor anywhere else.

A token is the id of the request that it answers, and a code that only a holder of the shop's secret can make for that
id and purpose (HMAC-SHA-256, 256 bits). Whether it is still good, the database knows by the id.
"""

import base64
import hashlib
import hmac

from models.account import Purpose
from models.identity import OBJECT_ID


class MailTokens:
    """Makes tokens for mails and reads them again."""

    def __init__(self, secret: str) -> None:
        # A key of its own: nothing signed with the secret elsewhere is ever a token here.
        self._key = hmac.new(secret.encode(), b"ivorycart: tokens in mails", hashlib.sha256).digest()

    def token(self, purpose: Purpose, request_id: str) -> str:
        """Return the token of a request."""
        return f"{request_id}.{self._code(purpose, request_id)}"

    def request_id(self, purpose: Purpose, token: str) -> str | None:
        """Return the request that a token is of; None for one that was not made here, or for another purpose."""
        request_id, _, code = token.partition(".")
        if not OBJECT_ID.fullmatch(request_id) or not code.isascii():
            return None
        return request_id if hmac.compare_digest(code, self._code(purpose, request_id)) else None

    def _code(self, purpose: Purpose, request_id: str) -> str:
        code = hmac.new(self._key, f"{purpose}:{request_id}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(code).rstrip(b"=").decode()
