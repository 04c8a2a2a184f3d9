"""Sessions: signed in per device, refreshed by a token that is good once, ended from anywhere."""

import asyncio
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from aiohttp import ClientSession

from bench.accounts import ACTS, addresses, asked_about, told_apart
from tests.accounts import REFRESH, person
from tests.handlers.doors import send

PASSWORD = "quiet harbour lamp"


@pytest.fixture
async def account(shop):
    """Register somebody new."""
    email = f"{uuid4().hex}@example.org"
    body = {"email": email, "password": PASSWORD, "name": "Ada"}
    assert (await send(shop.url, "POST", "/api/auth/register", body)).status == 201
    return email


async def test_the_refresh_token_is_out_of_reach(shop, account):
    """HttpOnly, SameSite=Strict, for the account routes alone; the answer's body does not carry it."""
    answer = await send(shop.url, "POST", "/api/auth/login", {"email": account, "password": PASSWORD})
    [cookie] = answer.headers.getall("Set-Cookie")
    assert cookie.startswith(f"{REFRESH}=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert parts >= {"HttpOnly", "SameSite=Strict", "Path=/api/auth"}
    assert answer.body.keys() == {"token", "expires_in", "user"}
    assert cookie.split(";")[0].partition("=")[2] not in str(answer.body)


async def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_session(shop, account):
    """Whoever comes second has a copy: nobody goes on with that session, not even by its access token."""
    async with person(shop.url) as ada, person(shop.url) as thief:
        assert await ada.login(account, PASSWORD) == 200
        stolen = ada.refresh_token
        assert await ada.refresh() == 200
        assert ada.refresh_token != stolen
        assert (await ada.ask("GET", "/api/auth/profile"))[0] == 200
        thief.refresh_token = stolen
        assert await thief.refresh() == 401
        assert await ada.refresh() == 401
        assert (await ada.ask("GET", "/api/auth/profile"))[0] == 401


async def test_of_two_that_refresh_at_once_one_gets_through(shop, account):
    """And then the session is over, for one of them may be a thief."""
    async with person(shop.url) as ada, person(shop.url) as other:
        await ada.login(account, PASSWORD)
        other.refresh_token = ada.refresh_token
        assert sorted(await asyncio.gather(ada.refresh(), other.refresh())) == [200, 401]
        assert await ada.refresh() == 401


@pytest.mark.parametrize("token", ["", "x", "a.b", "." * 50, "x" * 5000, "é"])
async def test_what_is_no_refresh_token_is_refused(shop, token):
    """And ends nobody's session."""
    answer = await send(shop.url, "POST", "/api/auth/refresh", {}, Cookie=f"{REFRESH}={token}")
    assert answer.is_problem(401, "not_authenticated")


async def test_sessions_are_listed_with_their_device_and_can_be_ended(shop, account, visitor):
    """Each on its own; the other one goes on. Its open socket is anonymous at once, and hears why."""
    async with person(shop.url, "a phone") as phone, person(shop.url, "a desk") as desk:
        await phone.login(account, PASSWORD)
        await desk.login(account, PASSWORD)
        on_phone, on_desk = await visitor(token=phone.token), await visitor(token=desk.token)
        _, listed = await desk.ask("GET", "/api/auth/sessions")
        assert [(each["device"], each["current"]) for each in listed["items"]] == [("a desk", True), ("a phone", False)]
        assert all(each["address"] == "127.0.0.1" for each in listed["items"])
        status, _ = await desk.ask("DELETE", f"/api/auth/sessions/{listed['items'][1]['id']}")
        assert status == 200
        assert (await phone.ask("GET", "/api/auth/profile"))[0] == 401
        assert await phone.refresh() == 401
        assert await on_phone.hear("signed_out") == {"reason": "signed_out"}
        assert (await on_phone.ask("cart:get"))["cart"]["user_id"] is None
        assert (await on_desk.ask("cart:get"))["cart"]["user_id"]
        assert await desk.refresh() == 200
        assert [each["device"] for each in (await desk.ask("GET", "/api/auth/sessions"))[1]["items"]] == ["a desk"]


async def test_somebody_elses_session_is_not_to_be_found(shop, account):
    """Nor one that never was."""
    async with person(shop.url) as ada, person(shop.url) as buyer:
        await ada.login(account, PASSWORD)
        await buyer.login("buyer@demo.com", "demo123")
        _, listed = await ada.ask("GET", "/api/auth/sessions")
        for session_id in (listed["items"][0]["id"], "0" * 24):
            assert (await buyer.ask("DELETE", f"/api/auth/sessions/{session_id}"))[0] == 404
        assert (await ada.ask("GET", "/api/auth/profile"))[0] == 200


@pytest.mark.parametrize("everywhere", [False, True])
async def test_signing_out_ends_this_session_or_all(shop, account, everywhere):
    """The cookie goes with it."""
    async with person(shop.url) as phone, person(shop.url) as desk:
        await phone.login(account, PASSWORD)
        await desk.login(account, PASSWORD)
        assert (await desk.ask("POST", "/api/auth/logout", {"everywhere": everywhere}))[0] == 200
        assert desk.refresh_token == ""
        assert (await desk.ask("GET", "/api/auth/profile"))[0] == 401
        assert (await phone.ask("GET", "/api/auth/profile"))[0] == (401 if everywhere else 200)
        assert await phone.refresh() == (401 if everywhere else 200)


async def test_the_cookie_alone_signs_out(shop, account):
    """A page whose access token ran out can still leave."""
    async with person(shop.url) as ada:
        await ada.login(account, PASSWORD)
        ada.token = ""
        assert (await ada.ask("POST", "/api/auth/logout", {}))[0] == 200
        assert (await ada.ask("POST", "/api/auth/logout", {}))[0] == 401


async def test_a_changed_password_ends_the_other_sessions(shop, account):
    """The present password is asked for; the old one is good no more, and a common one is not taken."""
    async with person(shop.url) as phone, person(shop.url) as desk:
        await phone.login(account, PASSWORD)
        await desk.login(account, PASSWORD)
        change = {"current_password": PASSWORD, "password": "another harbour lamp"}
        assert (await desk.ask("POST", "/api/auth/change-password", change | {"current_password": "wrong"}))[0] == 401
        assert (await desk.ask("POST", "/api/auth/change-password", change | {"password": "password1"}))[0] == 422
        assert (await phone.ask("GET", "/api/auth/profile"))[0] == 200
        assert (await desk.ask("POST", "/api/auth/change-password", change))[0] == 200
        assert (await phone.ask("GET", "/api/auth/profile"))[0] == 401
        assert await desk.refresh() == 200
        assert await phone.login(account, PASSWORD) == 401
        assert await phone.login(account, "another harbour lamp") == 200


@pytest.mark.parametrize("password", ["password", "12345678", "PASSWORD1", "iloveyou", "sunshine"])
async def test_what_is_tried_first_is_no_password(shop, password):
    """Nor is the address itself, or the shop's name."""
    for each, email in ((password, "x@example.org"), ("Ada.Lovelace", "ada.lovelace@example.org")):
        body = {"email": email, "password": each, "name": "X"}
        answer = await send(shop.url, "POST", "/api/auth/register", body)
        assert answer.is_problem(422, "validation")
        assert answer.body["errors"][0]["pointer"] == "/password"


@pytest.mark.parametrize("path", ["activate", "confirm-email", "reset-password"])
@pytest.mark.parametrize("token", ["x", "a" * 24 + ".x", "a" * 24 + "." + "x" * 43, "é" * 10, "." * 10])
async def test_what_is_no_token_of_a_mail_gets_the_one_answer(shop, path, token):
    """400, whatever is wrong with it."""
    body = {"token": token} | ({"password": PASSWORD} if path == "reset-password" else {})
    assert (await send(shop.url, "POST", f"/api/auth/{path}", body)).is_problem(400, "invalid_token")


async def test_signing_in_anew_on_a_device_ends_its_former_session(shop, account):
    """Nobody is left signed in by a token that nobody has in hand."""
    async with person(shop.url) as ada, person(shop.url) as former:
        await ada.login(account, PASSWORD)
        former.refresh_token, former.token = ada.refresh_token, ada.token
        assert await ada.login(account, PASSWORD) == 200
        assert len((await ada.ask("GET", "/api/auth/sessions"))[1]["items"]) == 1
        assert (await former.ask("GET", "/api/auth/profile"))[0] == 401
        assert await former.refresh() == 401


async def test_a_body_that_comes_after_its_session_ended_is_refused(shop, account):
    """Who asks is looked at again once the body is there, however slowly it came."""
    async with person(shop.url) as ada:
        await ada.login(account, PASSWORD)
        where = urlsplit(shop.url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        body = b'{"name": "Eve"}'
        writer.write(
            b"PUT /api/auth/profile HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n"
            % len(body)
            + f"Authorization: Bearer {ada.token}\r\n\r\n".encode()
            + body[:1]
        )
        await writer.drain()
        await asyncio.sleep(0.3)  # the request is being read
        assert (await ada.ask("POST", "/api/auth/logout", {}))[0] == 200
        writer.write(body[1:])
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert await ada.login(account, PASSWORD) == 200
        assert (await ada.ask("GET", "/api/auth/profile"))[1]["name"] == "Ada"


async def test_time_does_not_tell_who_has_an_account(shop, record_property):
    """Of known and unknown addresses neither takes longer as a rule; the figures are those of a benchmark."""
    async with ClientSession() as http:
        known, unknown = addresses(100), addresses(100)
        await asked_about(http, shop.url, "register", known, [])
        for act in ACTS:
            times = await asked_about(http, shop.url, act, known, unknown)
            apart = told_apart(times[True], times[False])
            record_property(f"{act} told apart", apart)
            assert 0.3 < apart < 0.7, act  # their order is random: chance alone leaves this once in a million runs
