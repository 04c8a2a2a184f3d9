"""Sockets that say what they must not: every event gets its answer, and who does not stop has to leave."""

import asyncio
import json
import time
from contextlib import suppress
from math import inf
from types import SimpleNamespace

import pytest
from aiohttp import ClientSession
from socketio.exceptions import BadNamespaceError

from handlers.events import Event
from handlers.payloads.cart import Empty
from handlers.socket_events import events
from handlers.sockets import Outlet, Sockets
from ivorycart.connections import Connection, Connections, User
from ivorycart.throttle import BURST, RATE, Throttle
from models.roles import Permission
from tests.handlers.doors import fresh_session, refusal_at_door, serves_on
from tests.patience import PATIENCE
from tests.visitor import sign_in

NOT_THERE = "f" * 24


@pytest.fixture(autouse=True)
async def unshaken(shop):
    """After every case the process serves on, and nothing took it by surprise."""
    async with serves_on(shop):
        yield


BAD_AUTH = {
    "a short session": {"session": "short"},
    "a long session": {"session": "a" * 65},
    "a session with an operator": {"session": {"$ne": None}},
    "a session with a new line": {"session": "a" * 20 + "\n"},
    "a cursor that is a number": {"since": 5},
    "a cursor without end": {"since": "0" * 65},
    "a watch list that is none": {"watch": NOT_THERE},
    "a watch list of what is no id": {"watch": ["f" * 23]},
    "a watch list of 1,001": {"watch": [NOT_THERE] * 1001},
    "a token that is a number": {"token": 5},
    "a token without end": {"token": "a" * 4097},
    "a role": {"role": "admin"},
    "a user": {"user_id": NOT_THERE},
    "half a character": {"session": "\ud83d" * 20},
    "half a character as a name": {"\ude00": 1},
}


@pytest.mark.parametrize("auth", BAD_AUTH.values(), ids=BAD_AUTH.keys())
async def test_who_says_something_wrong_at_the_door_is_told_and_stays_out(shop, auth):
    """Unknown fields included; the refusal has the shape of every other."""
    refusal = await refusal_at_door(shop.url, auth)
    assert refusal.keys() == {"code", "message", "details"}
    assert (refusal["code"], bool(refusal["details"]["errors"])) == ("validation", True)


@pytest.mark.parametrize("since", ["", "x", "zzzz", "-1", "f" * 16, "g" * 16, "0" * 15, "0" * 16 + "1", "\x00"])
async def test_a_made_up_cursor_gets_a_snapshot(shop, visitor, since):
    """Nobody can claim to know more than has happened."""
    guest = await visitor(since=since)
    assert (await guest.hear("welcome"))["resumed"] is False
    assert (await guest.hear("stock:snapshot"))["items"]


@pytest.mark.parametrize(
    "name", ["nothing", "cart:sett", "CART:GET", "seller:watch:x", "", " ", "*", "__init__", "emit", "a" * 1000]
)
async def test_an_event_that_nobody_knows_gets_an_error(visitor, name):
    """As an ack, or as an `error` event for whoever asked for none."""
    guest = await visitor()
    ack = await guest.ask(name, {})
    assert (ack["ok"], ack["error"]["code"]) == (False, "not_found")
    await guest.client.emit(name, {})
    assert (await guest.hear("error"))["code"] == "not_found"


@pytest.mark.parametrize("payload", [{"email": "a\ud83d@x.co"}, {"email": "a@x.co", "\ude00": 1}, "\ud83d", ["\ude00"]])
async def test_half_a_character_is_named_as_what_is_wrong(visitor, payload):
    """Whoever cuts an emoji in two is told so, however often, and stays."""
    guest = await visitor()
    for _ in range(7):
        ack = await guest.ask("cart:email", payload)
        assert (ack["ok"], ack["error"]["code"]) == (False, "validation")
        assert ack["error"]["details"]["errors"]
    assert (await guest.ask("\ud83d", {}))["error"]["code"] == "not_found"
    assert (await guest.ask("cart:get"))["ok"]


@pytest.mark.parametrize("event", sorted(events.table))
async def test_a_payload_of_a_wrong_kind_gets_an_error(shop, visitor, event):
    """Lists, texts, numbers and unknown fields, by the fullest rights there are."""
    admin = await visitor(token=await sign_in(shop.url, "admin@demo.com"))
    for payload in ([], [{}], "text", 5, True, {"$ne": None}, {"price": 1}, {"a": {"b": {}}}):
        ack = await admin.ask(event, payload)
        assert ack["error"]["code"] == "validation", payload
        assert ack["error"]["details"]["errors"], payload


LATER, BEFORE = inf, 0.0


@pytest.mark.parametrize(
    ("role", "until", "code"),
    [
        (None, LATER, "not_authenticated"),
        ("buyer", LATER, "forbidden"),
        ("delivery", LATER, "forbidden"),
        ("seller", BEFORE, "not_authenticated"),
        ("seller", LATER, None),
        ("admin", LATER, None),
    ],
)
async def test_a_sellers_event_is_not_for_others(role, until, code):
    """Nor for a seller whose token has run out; and that is said before the payload is looked at."""
    user = User(NOT_THERE, "ada@example.org", "Ada", role, until) if role else None
    connections = Connections()
    connections.add(Connection("sid", fresh_session(), user))
    shop = SimpleNamespace(connections=connections)
    sockets = Sockets(SimpleNamespace(on=lambda *_: None), shop, Outlet(SimpleNamespace()))
    sockets._throttles["sid"] = Throttle()

    async def watch(_ask):
        """Watch the shop."""
        return {}

    handle = sockets._handler_of(Event("seller:watch", watch, Empty, Empty, Permission.MANAGE_STOCK))
    if code:
        assert (await handle("sid", {"price": 1}))["error"]["code"] == code
    else:
        assert await handle("sid", {}) == {"ok": True}


async def test_another_sockets_cart_cannot_be_named(visitor):
    """No event takes a session, an owner or a room: the cart is the socket's own."""
    ada, eve = await visitor(session=fresh_session()), await visitor()
    for field in ("session", "socketId", "user_id", "owner", "room", "to", "sid"):
        ack = await eve.ask("cart:get", {field: ada.session})
        assert ack["error"]["code"] == "validation"
    assert (await eve.ask("cart:get"))["cart"]["session"] == eve.session


async def test_what_is_not_on_show_cannot_be_watched(visitor):
    """Unknown ids are no error, and show nothing."""
    watched = await (await visitor()).ask("stock:watch", {"product_ids": [NOT_THERE]})
    assert (watched["ok"], watched["items"]) == (True, [])


@pytest.mark.parametrize("event", ["cart:get", "cart:clear", "nothing"])
async def test_two_hundred_events_at_once_are_answered_until_the_end(shop, event):
    """Sixty pass, a hundred hear that they are too many, then the socket is closed: none waits in vain."""
    address = shop.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    async with ClientSession() as http, http.ws_connect(address) as socket:
        await socket.send_str("40{}")
        while not (await socket.receive_str()).startswith("42"):
            pass
        began = time.monotonic()
        for number in range(200):
            await socket.send_str(f'42{number}["{event}"]')
        answers = {}
        async for message in socket:
            if message.data.startswith("43"):
                number, _, answer = message.data[2:].partition("[")
                answers[int(number)] = json.loads("[" + answer)[0]
        assert socket.close_code == 1008
    took = time.monotonic() - began
    refused = {number for number, each in answers.items() if not each["ok"] and each["error"]["code"] == "rate_limited"}
    assert len(refused) >= 100
    taken_up = set(range(max(answers) + 1)) - refused  # answered, or cut off by the end
    assert len(taken_up) <= BURST + RATE * took + 1
    assert min(refused) >= BURST


async def test_bursts_are_slowed_down_and_then_ended(visitor):
    """Sixty pass; then it is `rate_limited`; who goes on for a hundred more has to leave. Others notice nothing."""
    flood, other = await visitor(), await visitor()
    codes = await _flood(flood, "cart:get")
    assert codes[:20] == ["ok"] * 20
    assert "rate_limited" in codes
    assert (await other.ask("cart:get"))["ok"]


@pytest.mark.parametrize("name", ["nothing", "*"])
async def test_events_that_nobody_knows_count_as_well(visitor, name):
    """They are no way around the limit, whatever their name means inside."""
    flood = await visitor()
    codes = await _flood(flood, name)
    assert {"not_found", "rate_limited"} <= set(codes)


async def _flood(guest, event):
    """Send bursts of twenty until the server ends the connection; return the answers' codes in order."""
    codes, news = [], asyncio.Event()

    def hear(ack):
        codes.append("ok" if ack["ok"] else ack["error"]["code"])
        news.set()

    def leave(_reason):
        codes.append("gone")
        news.set()

    guest.client.on("disconnect", leave)
    sent = 0
    async with asyncio.timeout(PATIENCE):
        while "gone" not in codes:
            for _ in range(20):
                with suppress(BadNamespaceError):  # the server was quicker
                    await guest.client.emit(event, callback=hear)
            sent += 20
            while "gone" not in codes and len(codes) < sent:
                await news.wait()
                news.clear()
    return codes
