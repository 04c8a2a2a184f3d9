"""Forged tokens, odd passwords, addresses with more in them than an address, and guessing."""

import json
import time
from uuid import uuid4

import jwt
import pytest
from jwt.api_jws import PyJWS

from bench.shop.books import open_books
from bench.shop.order import order
from bench.shop.running import RunningShop
from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.accounts.tokens import Tokens
from ivorycart.secrets_file import kept_secret
from tests.handlers.doors import bearer, fresh_session, refusal_at_door, send, serves_on
from tests.visitor import buyer_token, sign_in

FAMILY = "👩‍👩‍👧‍👦🏳️‍🌈"
RIGHT_TO_LEFT = "مُحَمَّد \N{RIGHT-TO-LEFT MARK}שָׁלוֹם\N{LEFT-TO-RIGHT MARK} \N{RIGHT-TO-LEFT OVERRIDE}Ada"


@pytest.fixture(autouse=True)
async def unshaken(shop):
    """After every case the process serves on, and nothing took it by surprise."""
    async with serves_on(shop):
        yield


def new_email():
    """Return an address that nobody has used."""
    return f"{uuid4().hex}@example.org"


async def register(shop, **changes):
    """Ask for an account."""
    body = {"email": new_email(), "password": "long enough", "name": "Ada"} | changes
    return await send(shop.url, "POST", "/api/auth/register", body)


async def login(shop, email, password):
    """Sign in."""
    return await send(shop.url, "POST", "/api/auth/login", {"email": email, "password": password})


@pytest.mark.parametrize("length", [73, 128])
@pytest.mark.parametrize("character", ["a", "é", "密", "🦊", "ש"])
async def test_a_long_password_counts_whole_in_any_script(shop, character, length):
    """Nothing behind the 72nd byte is cut off: the last character decides."""
    email, password = new_email(), character * length
    assert (await register(shop, email=email, password=password)).status == 201
    assert (await login(shop, email, password)).status == 200
    assert (await login(shop, email, password[:-1] + "!")).is_problem(401, "not_authenticated")
    assert (await login(shop, email, password[:-1])).is_problem(401, "not_authenticated")


@pytest.mark.parametrize(
    "password", ["short", "a" * 129, "🦊" * 129, "", "a" * 20 + "\x00", "a" * 20 + "\ud800", None, 12345678, ["a" * 9]]
)
async def test_a_password_that_cannot_be_one_is_invalid(shop, password):
    """Too short, too long, no text."""
    answer = await register(shop, password=password)
    assert answer.is_problem(422, "validation")
    assert [each["pointer"] for each in answer.body["errors"]] == ["/password"]


BAD_EMAILS = [
    "ada@example.org\r\nBcc: all@example.org",
    "ada\n@example.org",
    "ada@example.org\x00",
    "ada\ud800@example.org",
    "Ada <ada@example.org>",
    "ada@example.org, bob@example.org",
    "ada",
    "@example.org",
    "ada@",
    "ada@exa mple.org",
    "ada@[127.0.0.1]",
    '"a b"@example.org',
    "ada@" + "a" * 250 + ".org",
    "",
    None,
    5,
]


@pytest.mark.parametrize("email", BAD_EMAILS)
async def test_an_address_with_more_in_it_is_invalid_everywhere(shop, visitor, email):
    """No new line ever reaches a mail's head; every door that takes an address says 422."""
    answer = await register(shop, email=email)
    assert answer.is_problem(422, "validation")
    assert [each["pointer"] for each in answer.body["errors"]] == ["/email"]
    assert (await login(shop, email, "demo123")).is_problem(422, "validation")
    for door in ("forgot-password", "resend-activation"):
        assert (await send(shop.url, "POST", f"/api/auth/{door}", {"email": email})).is_problem(422, "validation")
    asked = {"email": email, "password": "demo123"}
    who = bearer(await sign_in(shop.url))
    assert (await send(shop.url, "POST", "/api/auth/change-email", asked, **who)).is_problem(422, "validation")
    if email is not None and "\ud800" not in str(email):  # null is how a cart forgets its address
        page = {"cart": [], "socketId": fresh_session(), "email": email}
        assert (await send(shop.url, "POST", "/api/cart/update", page)).is_problem(422, "validation")
        ack = await (await visitor()).ask("cart:email", {"email": email})
        assert ack["error"]["code"] == "validation"


async def test_capitals_and_composed_letters_are_the_same_address(shop):
    """One account however it is spelt; a second registration changes nothing of it."""
    email = f"adé.{uuid4().hex}@example.org"
    spelt = ["AD\u00c9" + email[3:].upper(), "ad" + "e\u0301" + email[3:], email.replace("example", "EXAMPLE")]
    assert (await register(shop, email=email, password="the first one")).status == 201
    for other in spelt:
        assert (await register(shop, email=other, password="the second one")).status == 201
        assert (await login(shop, other, "the second one")).status == 401
        assert (await login(shop, other, "the first one")).body["user"]["email"] == email


async def test_a_known_address_is_answered_like_an_unknown_one(shop):
    """The answer tells nobody who has an account here; a wrong password sounds like a wrong address."""
    known = new_email()
    first, again = await register(shop, email=known), await register(shop, email=known, password="another one")
    assert (first.status, first.body) == (again.status, again.body)
    unknown = await login(shop, new_email(), "wrong password")
    wrong = await login(shop, known, "wrong password")
    assert (unknown.status, unknown.body) == (wrong.status, wrong.body)


async def test_nobody_chooses_a_role(shop):
    """Registering makes buyers."""
    assert (await register(shop, role="admin")).is_problem(422, "validation")
    email = new_email()
    await register(shop, email=email)
    assert (await login(shop, email, "long enough")).body["user"]["role"] == "buyer"


@pytest.mark.parametrize(
    "name",
    [
        FAMILY,
        RIGHT_TO_LEFT,
        "<script>alert(1)</script>",
        "=cmd()",
        "Robert'); DROP",
        "\N{MATHEMATICAL BOLD CAPITAL A}" * 200,
    ],
)
async def test_a_name_is_kept_as_it_is(shop, name):
    """Sequences of emoji, right-to-left marks, markup: stored and given back unchanged, escaped where it is shown."""
    email = new_email()
    assert (await register(shop, email=email, name=name)).status == 201
    token = (await login(shop, email, "long enough")).body["token"]
    assert (await send(shop.url, "GET", "/api/auth/profile", **bearer(token))).body["name"] == name


@pytest.mark.parametrize(
    "name", ["a\x00b", "a\ud800b", "\udfff", "a\nb", "a\x1bb", "a\x7fb", "", "a" * 201, None, 5, {}]
)
async def test_a_name_that_is_no_line_of_text_is_invalid(shop, name):
    """No NUL, no half of a character, no control codes."""
    answer = await register(shop, name=name)
    assert answer.is_problem(422, "validation")
    assert [each["pointer"] for each in answer.body["errors"]] == ["/name"]


@pytest.mark.parametrize("name", [FAMILY, RIGHT_TO_LEFT])
async def test_an_order_keeps_its_addressee(shop, visitor, name):
    """By socket as well."""
    async with open_books(shop) as books:
        tea = await books.add_product(stock=5)
    buyer = await visitor(token=await buyer_token(shop.url))
    total = (await buyer.ask("cart:set", {"product_id": tea, "quantity": 1}))["cart"]["total_amount"] or 500
    address = order(1, "k")["address"] | {"name": name}
    placed = await buyer.ask("order:place", order(total, uuid4().hex, address=address))
    assert placed["ok"], placed
    assert placed["order"]["address"]["name"] == name


CLAIMS = {"email": "admin@demo.com", "name": "Ada", "role": "admin", "kind": "access", "iss": "ivorycart", "jti": "1"}


def claims(**changes):
    """Return the claims of an admin's token; a change to None leaves one out."""
    now = int(time.time())
    whole = CLAIMS | {"sub": "a" * 24, "sid": "c" * 24, "iat": now, "exp": now + 600} | changes
    return {name: value for name, value in whole.items() if value is not None}


def signed(secret, header=None, algorithm="HS256", **changes):
    """Sign claims that may be wrong in any way."""
    return PyJWS().encode(json.dumps(claims(**changes)).encode(), secret, algorithm, headers=header)


def unsigned(header):
    """Return a token with an empty signature."""
    parts = [jwt.utils.base64url_encode(json.dumps(each).encode()).decode() for each in (header, claims())]
    return ".".join([*parts, ""])


FORGERIES = {
    "alg none": lambda _: unsigned({"alg": "none", "typ": "JWT"}),
    "alg None": lambda _: unsigned({"alg": "NoNe"}),
    "no alg": lambda _: unsigned({"typ": "JWT"}),
    "alg a list": lambda _: unsigned({"alg": ["HS256"]}),
    "the signature cut off": lambda secret: signed(secret).rpartition(".")[0] + ".",
    "HS512": lambda secret: signed(secret, algorithm="HS512"),
    "another secret": lambda _: signed("another secret that is long enough"),
    "an empty secret's": lambda _: unsigned({"alg": "HS256"}),
    "unknown crit": lambda secret: signed(secret, {"crit": ["never heard of"], "never heard of": 1}),
    "crit exp": lambda secret: signed(secret, {"crit": ["exp"], "exp": 1}),
    "a header 3,000 deep": lambda _: jwt.utils.base64url_encode(b'{"a":' + b"[" * 3000).decode() + ".e30.e30",
    "no exp": lambda secret: signed(secret, exp=None),
    "expired": lambda secret: signed(secret, exp=int(time.time()) - 1),
    "exp in words": lambda secret: signed(secret, exp="tomorrow"),
    "exp infinite": lambda secret: signed(secret, exp=float("inf")),
    "not valid yet": lambda secret: signed(secret, nbf=int(time.time()) + 600),
    "issued tomorrow": lambda secret: signed(secret, iat=int(time.time()) + 86_400),
    "integer sub": lambda secret: signed(secret, sub=5),
    "sub no id": lambda secret: signed(secret, sub="admin"),
    "integer sid": lambda secret: signed(secret, sid=5),
    "sid no id": lambda secret: signed(secret, sid="mine"),
    "no sid": lambda secret: signed(secret, sid=None),
    "a reset token": lambda secret: MailTokens(secret).token("reset", "a" * 24),
    "no sub": lambda secret: signed(secret, sub=None),
    "no role": lambda secret: signed(secret, role=None),
    "role a list": lambda secret: signed(secret, role=["admin"]),
    "no jti": lambda secret: signed(secret, jti=None),
    "another kind": lambda secret: signed(secret, kind="reset"),
    "no kind": lambda secret: signed(secret, kind=None),
    "another issuer": lambda secret: signed(secret, iss="elsewhere"),
    "for another audience": lambda secret: signed(secret, aud="elsewhere"),
    "not a token": lambda _: "x",
    "dots": lambda _: "..",
    "not ASCII": lambda _: "é.é.é",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_token_names_nobody(shop, visitor, forge):
    """By no door: not a route, not the connect, not the `auth` event; and it never counts as anonymous instead."""
    token = forge(kept_secret(shop.data_dir))
    for path in ("/api/auth/profile", "/api/cart", "/api/shop"):
        answer = await send(shop.url, "GET", path, **bearer(token), X_Cart_Session=fresh_session())
        assert answer.is_problem(401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    ack = await (await visitor()).ask("auth", {"token": token})
    assert ack["error"]["code"] == "not_authenticated"
    assert (await refusal_at_door(shop.url, {"token": token}))["code"] == "not_authenticated"


async def test_the_same_claims_signed_here_are_good(shop):
    """What is refused above is refused for its one fault."""
    answer = await send(shop.url, "GET", "/api/cart", **bearer(signed(kept_secret(shop.data_dir))))
    assert answer.status == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer  ", "Token x", "Bearer\tx", "x"])
async def test_a_header_that_is_no_bearer_is_refused(shop, header):
    """Saying something wrong is not the same as saying nothing."""
    answer = await send(shop.url, "GET", "/api/shop", Authorization=header)
    assert answer.is_problem(401, "not_authenticated")


async def test_a_token_that_runs_out_leaves_its_socket_anonymous(shop, visitor):
    """A socket outlives its token, but not as that user: it neither acts nor hears as one."""
    issued = Tokens(kept_secret(shop.data_dir), seconds=5)
    me = "b" * 24
    token = issued.issue(user_id=me, session_id="c" * 24, email="b@example.org", name="Bea", role="buyer")
    socket, others = await visitor(token=token), [await visitor(token=await _valid(shop, me)) for _ in range(2)]
    assert (await socket.hear("welcome"))["user"]["id"] == me
    while time.time() < jwt.decode(token, options={"verify_signature": False})["exp"]:
        await socket.client.sleep(0.2)
    await others[0].ask("cart:email", {"email": "b@example.org"})
    await others[1].hear("cart")
    cart = (await socket.ask("cart:get"))["cart"]
    assert (cart["user_id"], cart["session"]) == (None, socket.session)
    assert (await socket.ask("order:place", order(1, "key")))["error"]["code"] == "not_authenticated"
    assert socket.all("cart") == []  # nor did it hear what its user did since


async def _valid(shop, user_id):
    """Return a token that is good for long."""
    tokens = Tokens(kept_secret(shop.data_dir), seconds=600)
    return tokens.issue(user_id=user_id, session_id="c" * 24, email="b@example.org", name="Bea", role="buyer")


async def test_the_eleventh_login_in_a_minute_waits(tmp_path):
    """For whoever tries from there, right password or not; others' health checks go on, and the audit trail has all."""
    strict = await RunningShop(tmp_path / "data", {"DEMO": "true"}).start()
    try:
        answers = [await login(strict, "buyer@demo.com", "wrong password") for _ in range(10)]
        assert {answer.status for answer in answers} == {401}
        refused = await login(strict, "buyer@demo.com", "demo123")
        assert refused.is_problem(429, "rate_limited")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert (await send(strict.url, "GET", "/healthz")).status == 200
        admin = bearer(await sign_in(strict.url, "admin@demo.com"))
        trail = await send(strict.url, "GET", "/api/admin/audit-events?kind=login&ok=false&limit=20", **admin)
        assert [each["detail"]["refused"] for each in trail.body["items"]] == ["too many", *["password"] * 10]
    finally:
        assert await strict.stop() == 0
