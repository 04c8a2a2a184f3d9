"""Access tokens: JWTs signed with one pinned algorithm, every claim that matters required."""

import secrets
import time
from typing import Any

import jwt
from jwt.types import Options

from ivorycart.connections import User
from models.errors import NotAuthenticated
from models.identity import OBJECT_ID

ALGORITHM = "HS256"
ISSUER = "ivorycart"
KIND = "access"
REQUIRED = ["exp", "iat", "iss", "jti", "sub", "sid", "kind", "role"]
# The library allows no token to be a second younger than now: those of a host whose clock is ahead would be refused by
# all the others. So this is judged here: clocks may be five minutes wrong, each in its own direction.
CHECKED: Options = {"require": REQUIRED, "verify_sub": True, "verify_iat": False}
SKEW = 600
MIN_SECRET_BYTES = 32


class Tokens:
    """Makes and reads access tokens. ``seconds`` is how long one is good."""

    def __init__(self, secret: str, *, seconds: int) -> None:
        if len(secret.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"JWT_SECRET needs at least {MIN_SECRET_BYTES} bytes")
        self._secret = secret
        self.seconds = seconds

    def issue(self, *, user_id: str, session_id: str, email: str, name: str, role: str) -> str:
        """Return a token for a user in a session."""
        now = int(time.time())
        claims = {
            "sub": user_id,
            "sid": session_id,
            "email": email,
            "name": name,
            "role": role,
            "kind": KIND,
            "iss": ISSUER,
            "iat": now,
            "exp": now + self.seconds,
            "jti": secrets.token_hex(16),
        }
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, token: str) -> User:
        """Return whom a token names; raise NotAuthenticated for any that is not wholly in order."""
        if not token.isascii():  # it could not even be encoded: headers may carry bytes that are no text
            raise NotAuthenticated("the token is not valid or has expired")
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, self._secret, [ALGORITHM], issuer=ISSUER, options=CHECKED)
        except jwt.PyJWTError as error:
            raise NotAuthenticated("the token is not valid or has expired") from error
        if "crit" in header or claims["kind"] != KIND or not _well_formed(claims):
            raise NotAuthenticated("the token is not valid or has expired")
        return User(claims["sub"], claims["email"], claims["name"], claims["role"], float(claims["exp"]), claims["sid"])


def _well_formed(claims: dict[str, Any]) -> bool:
    if not isinstance(claims["iat"], int) or claims["iat"] > time.time() + SKEW:
        return False
    texts = all(isinstance(claims.get(name), str) for name in ("sub", "sid", "email", "name", "role"))
    return texts and all(OBJECT_ID.fullmatch(claims[name]) for name in ("sub", "sid"))
