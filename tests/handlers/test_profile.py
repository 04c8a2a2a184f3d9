"""One's own profile and address book over HTTP, and orders that name an address of it."""

from uuid import uuid4

import pytest

from bench.shop.books import open_books
from bench.shop.order import order
from handlers.http_orders import order_request
from handlers.payloads.order import PlaceOrderBody
from models.errors import NotFound
from tests.accounts import person
from tests.handlers.doors import bearer, fresh_session, send

PASSWORD = "quiet harbour lamp"
HOME = {"name": "Ada", "line1": "1 Analytical Way", "city": "London", "postal_code": "n19gu", "country": "GB"}
STORED = HOME | {"postal_code": "N1 9GU", "label": "", "line2": "", "region": "", "phone": None}
ADDRESSES = "/api/auth/addresses"


@pytest.fixture
async def newcomer(shop):
    """Return a function that registers somebody new and signs them in."""
    people = []

    async def come():
        device = person(shop.url)
        ada = await device.__aenter__()
        people.append(device)
        email = f"{uuid4().hex}@example.org"
        body = {"email": email, "password": PASSWORD, "name": "Ada"}
        assert (await send(shop.url, "POST", "/api/auth/register", body)).status == 201
        assert await ada.login(email, PASSWORD) == 200
        return ada

    yield come
    for each in people:
        await each.__aexit__(None, None, None)


@pytest.fixture
async def ada(newcomer):
    """Somebody who is signed in."""
    return await newcomer()


async def test_a_profile_is_there_from_the_first_moment(ada):
    """With no phone number and no address yet."""
    status, profile = await ada.ask("GET", "/api/auth/profile")
    assert status == 200
    assert profile.keys() >= {"id", "email", "created_at", "activated_at"}
    assert (profile["name"], profile["role"], profile["phone"]) == ("Ada", "buyer", None)
    assert (profile["default_shipping"], profile["default_billing"]) == (None, None)
    assert await ada.ask("GET", ADDRESSES) == (200, {"items": [], "next": None})


async def test_name_and_phone_number_are_changed_one_by_one(ada):
    """What is not named stays; null and nothing remove a number."""
    put = "PUT", "/api/auth/profile"
    status, profile = await ada.ask(*put, {"phone": "+49 (30) 1234-567"})
    assert (status, profile["name"], profile["phone"]) == (200, "Ada", "+49301234567")
    _, profile = await ada.ask(*put, {"name": "Ada Lovelace"})
    assert (profile["name"], profile["phone"]) == ("Ada Lovelace", "+49301234567")
    assert (await ada.ask(*put, {}))[1] == profile
    assert (await ada.ask("GET", "/api/auth/profile"))[1] == profile
    for nothing in (None, ""):
        await ada.ask(*put, {"phone": "+49301234567"})
        assert (await ada.ask(*put, {"phone": nothing}))[1]["phone"] is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"phone": "12345"}, "/phone"),
        ({"phone": 4930123456}, "/phone"),
        ({"phone": {"$ne": None}}, "/phone"),
        ({"phone": "+" + "1" * 60}, "/phone"),
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "a\x00"}, "/name"),
        ({"role": "admin"}, "/role"),
        ({"email": "eve@example.org"}, "/email"),
    ],
)
async def test_what_a_profile_cannot_become_is_refused(ada, body, pointer):
    """Least of all another role; an address is changed by a mail to it."""
    status, problem = await ada.ask("PUT", "/api/auth/profile", body)
    assert (status, problem["code"]) == (422, "validation")
    assert problem["errors"][0]["pointer"].startswith(pointer)


async def test_an_address_book_is_kept(ada):
    """The first address is the default for both, a later one if it says so; one is replaced, one removed."""
    status, first = await ada.ask("POST", ADDRESSES, HOME)
    assert (status, first) == (201, STORED | {"id": first["id"], "default_shipping": True, "default_billing": True})
    more = {"label": "Work", "region": "Greater London", "phone": "+44 20 7946 0018", "default_billing": True}
    status, second = await ada.ask("POST", ADDRESSES, HOME | more)
    assert (second["label"], second["phone"], second["default_shipping"], second["default_billing"]) == (
        "Work",
        "+442079460018",
        False,
        True,
    )
    _, listed = await ada.ask("GET", ADDRESSES)
    assert listed == {"items": [first | {"default_billing": False}, second], "next": None}
    assert await ada.ask("GET", f"{ADDRESSES}/{second['id']}") == (200, second)
    _, profile = await ada.ask("GET", "/api/auth/profile")
    assert (profile["default_shipping"], profile["default_billing"]) == (first["id"], second["id"])

    status, moved = await ada.ask("PUT", f"{ADDRESSES}/{first['id']}", HOME | {"city": "Bath"})
    assert (status, moved["id"], moved["city"], moved["default_shipping"]) == (200, first["id"], "Bath", True)
    assert await ada.ask("DELETE", f"{ADDRESSES}/{first['id']}") == (200, {"status": "removed"})
    assert (await ada.ask("DELETE", f"{ADDRESSES}/{first['id']}"))[0] == 404
    _, listed = await ada.ask("GET", ADDRESSES)
    assert listed["items"] == [second | {"default_shipping": True}]


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"country": "ZZ"}, ["/country"]),
        ({"country": "gb"}, ["/country"]),
        ({"postal_code": "10115"}, ["/postal_code"]),
        ({"city": "", "postal_code": ""}, ["/city", "/postal_code"]),
        ({"line1": " "}, ["/line1"]),
        ({"line1": "a\r\nb"}, ["/line1"]),
        ({"name": "x" * 201}, ["/name"]),
        ({"phone": "12"}, ["/phone"]),
        ({"default_shipping": "yes"}, ["/default_shipping"]),
        ({"id": "a" * 24}, ["/id"]),
        ({"user_id": "a" * 24}, ["/user_id"]),
        ({"line1": {"$gt": ""}}, ["/line1"]),
    ],
)
async def test_an_address_that_no_parcel_would_reach_is_refused_at_its_fields(ada, change, pointers):
    """By the shape that its country has."""
    status, problem = await ada.ask("POST", ADDRESSES, HOME | change)
    assert (status, problem["code"]) == (422, "validation")
    assert [each["pointer"] for each in problem["errors"]] == pointers
    assert (await ada.ask("GET", ADDRESSES))[1]["items"] == []


async def test_the_twenty_first_address_is_refused(ada):
    """With the limit."""
    for _ in range(20):
        assert (await ada.ask("POST", ADDRESSES, HOME))[0] == 201
    status, problem = await ada.ask("POST", ADDRESSES, HOME)
    assert (status, problem["code"]) == (422, "validation")
    assert "20" in problem["detail"]


async def test_somebody_elses_address_is_none(newcomer):
    """For reading, changing, removing, and for orders; a malformed id is no id."""
    ada, eve = await newcomer(), await newcomer()
    _, home = await ada.ask("POST", ADDRESSES, HOME)
    path = f"{ADDRESSES}/{home['id']}"
    for method, body in (("GET", None), ("PUT", HOME | {"default_shipping": True}), ("DELETE", None)):
        status, problem = await eve.ask(method, path, body)
        assert (status, problem["code"]) == (404, "not_found")
        assert (await eve.ask(method, f"{ADDRESSES}/{'a' * 23}", body))[0] == 422
    key = {"order_key": fresh_session(), "payment": order(0, "")["payment"], "expected_total": 0}
    assert (await eve.ask("POST", "/api/orders/", {"address_id": home["id"], **key}))[0] == 404
    assert await ada.ask("GET", path) == (200, home)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_nobody_has_no_address_book(shop, method):
    """Signed out, every door is closed."""
    path = ADDRESSES if method in {"GET", "POST"} else f"{ADDRESSES}/{'a' * 24}"
    answer = await send(shop.url, method, path, HOME if method in {"POST", "PUT"} else None)
    assert answer.is_problem(401, "not_authenticated")


async def test_an_order_goes_to_an_address_of_the_book(shop, ada, visitor):
    """Over HTTP and over a socket; it keeps what it was placed with, and a repeat gets the same one."""
    async with open_books(shop) as books:
        product_id = await books.add_product(stock=10, price=300)
    _, home = await ada.ask("POST", ADDRESSES, HOME | {"region": "Greater London", "phone": "+442079460018"})
    wanted = {key: value for key, value in order(300, fresh_session()).items() if key != "address"}
    wanted["address_id"] = home["id"]
    socket = await visitor(token=ada.token)
    assert (await socket.ask("cart:set", {"product_id": product_id, "quantity": 1}))["ok"]
    ack = await socket.ask("order:place", wanted)
    goes_to = {name: home[name] for name in ("name", "line1", "line2", "city", "postal_code", "country", "region")}
    assert ack["order"]["address"] == goes_to
    await ada.ask("PUT", f"{ADDRESSES}/{home['id']}", HOME | {"city": "Bath"})
    status, repeated = await ada.ask("POST", "/api/orders/", wanted)
    assert (status, repeated) == (201, ack["order"])

    assert (await socket.ask("cart:set", {"product_id": product_id, "quantity": 1}))["ok"]
    status, placed = await ada.ask("POST", "/api/orders/", wanted | {"order_key": fresh_session()})
    assert (status, placed["address"]) == (201, goes_to | {"city": "Bath", "region": ""})
    for address_id, code in (("a" * 24, "not_found"), ("a" * 23, "validation")):
        ack = await socket.ask("order:place", wanted | {"address_id": address_id, "order_key": fresh_session()})
        assert ack["error"]["code"] == code


@pytest.mark.parametrize("both", [True, False])
async def test_an_order_has_exactly_one_address(ada, both):
    """Given or named, not both and not neither."""
    wanted = order(0, fresh_session(), address_id="a" * 24)
    if not both:
        del wanted["address"], wanted["address_id"]
    status, problem = await ada.ask("POST", "/api/orders/", wanted)
    assert (status, problem["code"]) == (422, "validation")


async def test_a_guest_has_no_address_book():
    """Whatever id is named, there is no such address."""
    body = {"order_key": "k", "address_id": "a" * 24, "payment": order(0, "")["payment"], "expected_total": 0}
    with pytest.raises(NotFound):
        await order_request(None, PlaceOrderBody(**body), buyer_id=None, owner="s:x", email=None)


async def test_names_and_lines_of_any_script_come_back_as_they_were(shop, ada):
    """Emoji sequences and right-to-left names among them; nothing is taken for markup or for an operator."""
    texts = {"name": "עדה 👩‍🔬", "line1": "<script>alert(1)</script>", "line2": "$where: 1", "label": "=cmd()"}
    _, added = await ada.ask("POST", ADDRESSES, HOME | texts)
    assert {name: added[name] for name in texts} == texts
    answer = await send(shop.url, "GET", f"{ADDRESSES}/{added['id']}", **bearer(ada.token))
    assert answer.body == added
    broken = b'{"name": "\\ud800", "line1": "x", "city": "x", "postal_code": "N1 9GU", "country": "GB"}'
    answer = await send(shop.url, "POST", ADDRESSES, broken, **bearer(ada.token))
    assert answer.is_problem(422, "validation")
