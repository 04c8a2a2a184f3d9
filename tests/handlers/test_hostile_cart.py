"""Carts and orders asked for in ways that no page of ours asks: refused alike by every door, and nothing is held."""

import pytest

from bench.shop.books import open_books
from bench.shop.order import order
from tests.handlers.doors import bearer, fresh_session, send, serves_on
from tests.visitor import sign_in

NOT_THERE = "f" * 24


@pytest.fixture(autouse=True)
async def unshaken(shop):
    """After every case the process serves on, and nothing took it by surprise."""
    async with serves_on(shop):
        yield


@pytest.fixture(scope="module")
async def books(shop):
    """Open the shop's database, past the server."""
    async with open_books(shop) as books:
        yield books


@pytest.fixture(scope="module")
async def tea(books):
    """Add a product with five in stock, of which a cart may have twenty."""
    return await books.add_product(stock=5, max_per_cart=20, published=True)


@pytest.fixture(params=["PUT", "page", "socket"])
async def door(request, shop, visitor):
    """Try each of the three ways to set a line; each returns a code ("ok" for none) and what was said beside it."""
    session = fresh_session()
    guest = await visitor(session=session) if request.param == "socket" else None

    async def over_socket(line):
        ack = await guest.ask("cart:set", line)
        return ("ok", ack) if ack["ok"] else (ack["error"]["code"], ack["error"]["details"])

    async def over_http(line):
        if request.param == "page":
            body = {"cart": [line], "socketId": session}
            answer = await send(shop.url, "POST", "/api/cart/update", body)
        else:
            path = f"/api/cart/items/{line['product_id']}"
            body = {name: value for name, value in line.items() if name != "product_id"}
            answer = await send(shop.url, "PUT", path, body, X_Cart_Session=session)
        if answer.status == 200:
            return "ok", answer.body
        assert answer.is_problem(answer.status, answer.body["code"])
        return answer.body["code"], answer.body

    yield over_socket if guest else over_http
    await send(shop.url, "DELETE", "/api/cart", X_Cart_Session=session)


async def held(books, product_id):
    """Return how many units of a product carts hold."""
    return (await books.product(product_id))["held"]


@pytest.mark.parametrize(
    "quantity",
    [-1, 1.5, 1.0, "1", True, None, 2**31, 2**63, 2**64, 10**30, [], [1], {"$ne": None}, {"$gt": 0}, "", "one"],
)
async def test_a_quantity_is_a_whole_number_that_fits(door, books, tea, quantity):
    """No text, no fraction, no truth value, no operator of the database's."""
    code, told = await door({"product_id": tea, "quantity": quantity})
    assert code == "validation"
    assert [each["pointer"].rsplit("/", 1)[1] for each in told["errors"]] == ["quantity"]
    assert await held(books, tea) == 0


async def test_a_line_needs_its_quantity(door, tea):
    """Nothing is assumed."""
    assert (await door({"product_id": tea}))[0] == "validation"


@pytest.mark.parametrize("extra", [{"price": 1}, {"role": "admin"}, {"user_id": NOT_THERE}, {"__proto__": {}}, {"": 1}])
async def test_what_a_client_must_not_say_is_refused(door, books, tea, extra):
    """Prices and roles are the server's to know; a field that nobody knows may be a misspelt one."""
    code, told = await door({"product_id": tea, "quantity": 1, **extra})
    assert code == "validation"
    assert told["errors"]
    assert await held(books, tea) == 0


async def test_beyond_the_cap_says_the_cap(door, tea):
    """A limit of the product's, whatever is in stock."""
    code, told = await door({"product_id": tea, "quantity": 21})
    assert (code, told["max_per_cart"]) == ("validation", 20)


async def test_beyond_what_is_available_says_how_many_are(door, books, tea):
    """Six of five."""
    code, told = await door({"product_id": tea, "quantity": 6})
    assert (code, told["available"]) == ("insufficient_stock", 5)
    assert await held(books, tea) == 0


async def test_an_unknown_product_is_not_found(door):
    """An id of the right form that names nothing."""
    assert (await door({"product_id": NOT_THERE, "quantity": 1}))[0] == "not_found"


async def test_a_withdrawn_product_cannot_be_put_into_a_cart(door, books):
    """Not for sale now: a conflict, whoever withdrew it and however."""
    product_id = await books.add_product(stock=5)
    await books.change_product(product_id, {"$set": {"published": False}})
    assert (await door({"product_id": product_id, "quantity": 1}))[0] == "conflict"
    assert await held(books, product_id) == 0


BAD_IDS = [
    "f" * 23,
    "f" * 25,
    "F" * 24,
    "g" * 24,
    "",
    " " + "f" * 24,
    "f" * 24 + "\n",
    None,
    5,
    {"$ne": None},
    ["f" * 24],
]


@pytest.mark.parametrize("product_id", BAD_IDS)
async def test_an_id_that_is_none_is_invalid_in_a_body(shop, visitor, product_id):
    """24 hexadecimal digits, no more, no less, nothing around them."""
    body = {"cart": [{"product_id": product_id, "quantity": 1}], "socketId": fresh_session()}
    answer = await send(shop.url, "POST", "/api/cart/update", body)
    assert answer.is_problem(422, "validation")
    assert answer.body["errors"][0]["pointer"] == "/cart/0/product_id"
    ack = await (await visitor()).ask("cart:set", {"product_id": product_id, "quantity": 1})
    assert ack["error"]["code"] == "validation"


async def test_the_same_product_twice_is_added_up_first(shop, books, tea):
    """Two and two are four of five; three and three are one too many; all together it counts against the cap."""
    session = fresh_session()

    async def update(*quantities):
        lines = [{"product_id": tea, "quantity": quantity} for quantity in quantities]
        return await send(shop.url, "POST", "/api/cart/update", {"cart": lines, "socketId": session})

    assert [line["quantity"] for line in (await update(2, 2)).body["lines"]] == [4]
    assert (await update(3, 3)).is_problem(409, "insufficient_stock")
    assert (await update(11, 10)).is_problem(422, "validation")
    assert (await update(2**31 - 1, 2**31 - 1)).is_problem(422, "validation")
    assert await held(books, tea) == 4
    assert (await update()).body["lines"] == []
    assert await held(books, tea) == 0


async def test_a_cart_has_at_most_200_lines(shop):
    """The two hundred and first is refused before anything is looked up."""
    lines = [{"product_id": f"{number:024x}", "quantity": 1} for number in range(201)]
    body = {"cart": lines, "socketId": fresh_session()}
    answer = await send(shop.url, "POST", "/api/cart/update", body)
    assert answer.is_problem(422, "validation")
    assert answer.body["errors"][0]["pointer"] == "/cart"


async def test_lines_are_set_all_or_none(shop, books, tea):
    """A bad line behind a good one takes nothing."""
    lines = [{"product_id": tea, "quantity": 1}, {"product_id": NOT_THERE, "quantity": 1}]
    body = {"cart": lines, "socketId": fresh_session()}
    assert (await send(shop.url, "POST", "/api/cart/update", body)).is_problem(404, "not_found")
    assert await held(books, tea) == 0


OPERATOR = {"$ne": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/auth/login", {"email": OPERATOR, "password": OPERATOR}),
        ("/api/auth/login", {"email": "buyer@demo.com", "password": OPERATOR}),
        ("/api/auth/register", {"email": OPERATOR, "password": "long enough", "name": "Ada"}),
        ("/api/cart/update", {"cart": [], "socketId": OPERATOR}),
        ("/api/cart/update", {"cart": OPERATOR, "socketId": "a" * 32}),
        ("/api/cart/update", {"cart": [], "socketId": "a" * 32, "email": OPERATOR}),
        ("/api/cart/update", {"cart": [], "socketId": "a" * 32, "$where": "1"}),
        ("/api/cart/order", {"cart": [], "socketId": "a" * 32, "order_key": OPERATOR}),
        ("/api/orders/", order(1, "key", order_key=OPERATOR)),
        ("/api/orders/", order(1, "key", address=OPERATOR)),
        ("/api/orders/", order(1, "key", payment=OPERATOR)),
        ("/api/orders/", order(1, "key", expected_total=OPERATOR)),
    ],
)
async def test_an_operator_of_the_database_is_no_value(shop, path, body):
    """`{"$ne": null}` is refused for its form wherever it stands."""
    answer = await send(shop.url, "POST", path, body, **bearer(await sign_in(shop.url)))
    assert answer.is_problem(422, "validation")
    assert answer.body["errors"]


BAD_ORDERS = {
    "a key of 256": {"order_key": "k" * 256},
    "an empty key": {"order_key": ""},
    "a key with a NUL": {"order_key": "a\x00b"},
    "a total below zero": {"expected_total": -1},
    "a total with a fraction": {"expected_total": 1.0},
    "a total beyond all numbers": {"expected_total": 2**53},
    "a total in words": {"expected_total": "500"},
    "no address": {"address": None},
    "two addresses": {"address_id": NOT_THERE},
    "an address with a new line": {"address": order(1, "k")["address"] | {"city": "London\r\nBcc: x"}},
    "an address with a NUL": {"address": order(1, "k")["address"] | {"name": "A\x00"}},
    "a country that is none": {"address": order(1, "k")["address"] | {"country": "gb"}},
    "a card that is none": {"payment": {"method": "sandbox", "card": "4242 4242 4242 4242"}},
    "another method": {"payment": {"method": "gift", "card": "4242424242424242"}},
    "a price": {"price": 1},
    "a buyer": {"buyer_id": NOT_THERE},
    "a status": {"status": "delivered"},
}


@pytest.mark.parametrize("change", BAD_ORDERS.values(), ids=BAD_ORDERS.keys())
async def test_a_bad_order_is_refused_by_both_doors(shop, visitor, change):
    """The same body gets the same code over HTTP and over a socket."""
    body = order(500, "key", **change)
    token = await sign_in(shop.url)
    assert (await send(shop.url, "POST", "/api/orders/", body, **bearer(token))).is_problem(422, "validation")
    buyer = await visitor(token=token)
    ack = await buyer.ask("order:place", body)
    assert (ack["ok"], ack["error"]["code"]) == (False, "validation")


async def test_the_cart_page_keeps_order_keys_short_too(shop):
    """255 characters at most."""
    body = {"cart": [], "socketId": fresh_session(), "order_key": "k" * 256}
    answer = await send(shop.url, "POST", "/api/cart/order", body, **bearer(await sign_in(shop.url)))
    assert answer.is_problem(422, "validation")


async def test_nobody_orders_without_signing_in(shop, visitor):
    """By no door."""
    body = {"cart": [], "socketId": fresh_session()}
    assert (await send(shop.url, "POST", "/api/cart/order", body)).is_problem(401, "not_authenticated")
    assert (await send(shop.url, "POST", "/api/orders/", order(1, "key"))).is_problem(401, "not_authenticated")
    ack = await (await visitor()).ask("order:place", order(1, "key"))
    assert ack["error"]["code"] == "not_authenticated"


async def test_an_empty_cart_cannot_be_ordered(shop):
    """A conflict or invalid, but never an order of nothing."""
    body = {"cart": [], "socketId": fresh_session()}
    answer = await send(shop.url, "POST", "/api/cart/order", body, **bearer(await sign_in(shop.url)))
    assert answer.status in {409, 422}
    assert answer.is_problem(answer.status, answer.body["code"])


async def test_anothers_order_is_not_found(shop, books):
    """Only its buyer and admins know of an order."""
    tea = await books.add_product(stock=5)
    token = await sign_in(shop.url)
    body = {"cart": [{"product_id": tea, "quantity": 1}], "socketId": fresh_session(), "order_key": fresh_session()}
    placed = await send(shop.url, "POST", "/api/cart/order", body, **bearer(token))
    path = f"/api/orders/{placed.body['id']}"
    for email, status in [("buyer", 200), ("seller", 404), ("delivery", 404), ("admin", 200)]:
        answer = await send(shop.url, "GET", path, **bearer(await sign_in(shop.url, f"{email}@demo.com")))
        assert answer.status == status
    assert (await send(shop.url, "GET", path)).is_problem(401, "not_authenticated")


async def test_the_same_key_for_another_order_is_refused(shop, books):
    """And the same key for the same order gives the same order."""
    tea = await books.add_product(stock=5)
    token, session, key = await sign_in(shop.url), fresh_session(), fresh_session()

    async def place(quantity):
        lines = [{"product_id": tea, "quantity": quantity}]
        body = {"cart": lines, "socketId": session, "order_key": key}
        return await send(shop.url, "POST", "/api/cart/order", body, **bearer(token))

    first = await place(1)
    assert first.status == 201
    assert (await place(1)).body == first.body
    assert (await place(2)).is_problem(422, "key_reused")


async def test_afterwards_the_books_agree(books):
    """Whatever was tried: the audit finds nothing."""
    await books.check()
