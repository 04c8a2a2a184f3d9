"""Access tokens: read only if everything about them is in order."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from ivorycart.accounts.tokens import Tokens
from models.errors import NotAuthenticated

SECRET = "s" * 40
WHO = {"user_id": "a" * 24, "session_id": "c" * 24, "email": "ada@shop.test", "name": "Ada", "role": "buyer"}


def claims(**changes: Any) -> dict[str, Any]:
    """Build good claims with changes; None leaves one out."""
    good = {
        "sub": "a" * 24,
        "email": "ada@shop.test",
        "name": "Ada",
        "role": "buyer",
        "kind": "access",
        "iss": "ivorycart",
        "iat": int(time.time()) - 5,
        "exp": int(time.time()) + 60,
        "jti": "1",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def unsigned(part: Any) -> str:
    """Write one part of a token by hand."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def forged(header: Any, body: Any) -> str:
    """Write a token with any header; the signature is none."""
    return f"{unsigned(header)}.{unsigned(body)}."


def signed(
    headers: dict[str, Any] | None = None, secret: str = SECRET, algorithm: str = "HS256", **changes: Any
) -> str:
    """Sign claims."""
    return jwt.encode(claims(**changes), secret, algorithm, headers=headers)


def test_a_token_names_whom_it_was_issued_to():
    """Until it runs out."""
    tokens = Tokens(SECRET, seconds=100)
    user = tokens.read(tokens.issue(**WHO))
    assert (user.id, user.session_id, user.email, user.name, user.role) == tuple(WHO.values())
    assert abs(user.expires_at - time.time() - 100) < 60


def test_two_tokens_of_one_person_differ():
    """Each can be told from the other."""
    tokens = Tokens(SECRET, seconds=100)
    assert tokens.issue(**WHO) != tokens.issue(**WHO)


BAD = {
    "nothing": "",
    "noise": "abc",
    "dots": "..",
    "not ascii": "tökén.tökén.tökén",
    "nul": "a\0.b.c",
    "no signature": forged({"alg": "none", "typ": "JWT"}, claims()),
    "none in capitals": forged({"alg": "NONE"}, claims()),
    "header is a list": forged([], claims()),
    "body is a list": forged({"alg": "HS256"}, []),
    "another key": signed(secret="t" * 40),
    "another algorithm": jwt.encode(claims(), "s" * 64, "HS512"),
    "critical extension": signed(headers={"crit": ["b64"], "b64": False}),
    "run out": signed(exp=int(time.time()) - 1),
    "from the future": signed(iat=int(time.time()) + 3600),
    "another kind": signed(kind="reset"),
    "another issuer": signed(iss="somebody"),
    "an audience": signed(aud="somebody"),
    "odd id": signed(sub="{'$ne': 1}"),
    "id in capitals": signed(sub="A" * 24),
    "role is a list": signed(role=["admin"]),
    "name is a number": signed(name=5),
    "endless": signed(exp="never"),
    **{f"without {name}": signed(**{name: None}) for name in claims()},
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_what_is_not_wholly_in_order_names_nobody(token: str):
    """All with the same words."""
    with pytest.raises(NotAuthenticated, match=r"^the token is not valid or has expired$"):
        Tokens(SECRET, seconds=100).read(token)


@pytest.mark.parametrize("ahead", [1, 300, 590])
def test_a_token_of_a_process_whose_clock_is_ahead_is_good(ahead: int):
    """Somebody who signed in at one host is let in by the others, though their clocks are five minutes apart or ten."""
    token = signed(sid="c" * 24, iat=int(time.time()) + ahead, exp=int(time.time()) + ahead + 900)
    assert Tokens(SECRET, seconds=100).read(token).id == "a" * 24


def test_a_number_for_an_id_names_nobody():
    """The library writes none, another one may."""
    body = {**claims(), "sub": 5}
    key = jwt.get_algorithm_by_name("HS256")
    text = f"{unsigned({'alg': 'HS256'})}.{unsigned(body)}"
    signature = base64.urlsafe_b64encode(key.sign(text.encode(), SECRET.encode())).rstrip(b"=").decode()
    with pytest.raises(NotAuthenticated):
        Tokens(SECRET, seconds=100).read(f"{text}.{signature}")


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused(secret: str):
    """Whoever can guess it can be anybody."""
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens(secret, seconds=100)
