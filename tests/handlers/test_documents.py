"""The API documents: complete, valid, and true of what is really sent."""

import ast
import asyncio
import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from prometheus_client import CollectorRegistry

from bench.shop.books import open_books
from bench.shop.order import order
from handlers.app import build_app
from handlers.documents.asyncapi import asyncapi_document
from handlers.documents.openapi import openapi_document
from handlers.documents.page import documents_page
from handlers.pages import PAGES
from handlers.reading import whole_numbers
from handlers.routing import ROUTE_TABLE
from handlers.sockets import Outlet, Sockets
from tests.handlers.doors import bearer, fresh_session, send
from tests.visitor import sign_in

ROOT = Path(__file__).parents[2]
PARSER = ROOT / "node_modules" / "@asyncapi" / "parser"
# Pages and pictures of the browser's side: no API.
FILES = {*PAGES, "/static/{path}", "/npm/{path}", "/built/{version}/{path}"}
SENDING = {"send", "broadcast", "emit"}
BY_THE_ENGINE = {"error"}  # sent as a packet by the engine, for events without an ack
ADDRESSES = "/api/auth/addresses"
HOME = {"name": "Ada", "line1": "1 Analytical Way", "city": "London", "postal_code": "N1 9GU", "country": "GB"}
# What answers without a schema of ours: documents that are made elsewhere, and what operators ask.
OF_THEIR_OWN_SHAPE = {"/api/openapi.json", "/api/asyncapi.json", "/api/docs", "/healthz", "/readyz", "/metrics"}
OWN_EVENTS = {"connect", "disconnect", "*"}


@pytest.fixture(scope="module")
def app():
    """Mount the application; a shop is not needed to know its routes."""
    return build_app(None, CollectorRegistry(), static_dir=ROOT / "static", packages_dir=ROOT / "node_modules")


@pytest.fixture(scope="module")
def openapi(app):
    """Make the document of the routes, as a client reads it."""
    return json.loads(json.dumps(openapi_document(app[ROUTE_TABLE])))


@pytest.fixture(scope="module")
def asyncapi():
    """Make the document of the events, as a client reads it."""
    return json.loads(json.dumps(asyncapi_document()))


def messages(asyncapi, *, sent):
    """Return the documented messages of one direction by their event's name."""
    found = asyncapi["components"]["messages"].items()
    return {message["name"]: message for key, message in found if key.startswith("sent_") == sent}


def check(document, schema, value):
    """Assert that a value is what a document says; errors are told with their place."""
    whole = {**schema, "components": document["components"]}
    found = [(error.json_path, error.message) for error in Draft202012Validator(whole).iter_errors(value)]
    assert not found, (schema, found[:5])


def test_every_mounted_route_is_documented(app, openapi):
    """And nothing is documented that is not mounted."""
    mounted = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    mounted = {(method, path) for method, path in mounted if method != "HEAD"}  # GET without the body
    api = {(method, path) for method, path in mounted if path not in FILES}
    told = {(method.upper(), path) for path, operations in openapi["paths"].items() for method in operations}
    assert api == told


def test_every_number_that_a_query_documents_is_read_as_one(app):
    """A query has only text: what is a number on the page must be made one before it is validated."""
    for route in app[ROUTE_TABLE]:
        if route.query:
            fields = route.query.model_json_schema()["properties"].items()
            assert whole_numbers(route.query) == {name for name, field in fields if "'integer'" in str(field)}


async def test_the_running_server_gives_these_documents(shop, openapi, asyncapi):
    """What is tested here is what clients get."""
    assert (await send(shop.url, "GET", "/api/openapi.json")).body == openapi
    assert (await send(shop.url, "GET", "/api/asyncapi.json")).body == asyncapi


def test_every_registered_event_is_documented(asyncapi):
    """And nothing is documented that nobody handles."""
    registered = []
    server = SimpleNamespace(on=lambda name, _handler: registered.append(name))
    Sockets(server, None, Outlet(server))
    assert set(registered) - OWN_EVENTS == set(messages(asyncapi, sent=False))


def test_every_event_that_the_code_sends_is_documented(asyncapi):
    """Read from the source: each name that stands, or may stand, first in a call that sends."""
    sources = [ROOT / "server.py", *(ROOT / "handlers").rglob("*.py"), *(ROOT / "ivorycart").rglob("*.py")]
    sent = set().union(*(_sent_by(path) for path in sources))
    assert {"welcome", "alert", "notification"} <= sent
    assert sent | BY_THE_ENGINE == set(messages(asyncapi, sent=True))


def _sent_by(path):
    """Return the event names in a source file, also those that a name was given before the call."""
    tree = ast.parse(path.read_text())
    names = set()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        given = {}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                given.setdefault(node.targets[0].id, set()).update(_texts(node.value))
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in SENDING and node.args:
                first = node.args[0]
                names |= given.get(first.id, set()) if isinstance(first, ast.Name) else _texts(first)
    return names


def _texts(node):
    """Return the texts that an expression may be: a literal, or either side of a choice."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def test_openapi_is_valid(openapi):
    """By the OpenAPI 3.1 schema."""
    assert openapi["openapi"].startswith("3.1")
    validate(openapi)


@pytest.mark.skipif(not PARSER.is_dir(), reason="@asyncapi/parser is not installed: npm ci --ignore-scripts")
def test_asyncapi_is_valid(asyncapi):
    """By the parser of those who write the standard; its hints (severity 2 and above) are no errors."""
    script = """
      import { readFileSync } from 'node:fs';
      import { Parser } from '@asyncapi/parser';
      const found = await new Parser().validate(readFileSync(0, 'utf8'));
      console.log(JSON.stringify(found.filter((each) => each.severity < 2).map((each) => [each.path, each.message])));
    """
    command = ["node", "--input-type=module", "-e", script]
    document = json.dumps(asyncapi)
    done = subprocess.run(command, cwd=ROOT, input=document, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == []


def test_schemas_are_valid_and_none_is_left_over(openapi, asyncapi):
    """Each is JSON Schema, and every reference leads somewhere."""
    for document in (openapi, asyncapi):
        schemas = document["components"]["schemas"]
        for schema in schemas.values():
            Draft202012Validator.check_schema(schema)
        assert {each.rsplit("/", 1)[1] for each in _references(document) if "/schemas/" in each} <= set(schemas)


def _references(node):
    if isinstance(node, dict):
        found = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return found.union(*map(_references, node.values())) if node else found
    return set().union(*map(_references, node)) if isinstance(node, list) else set()


@pytest.fixture
async def known(shop):
    """Ids of things that are there, by the name of the path's part; the order is the demo buyer's."""
    async with open_books(shop) as books:
        product = await books["products"].find_one({"images.0": {"$exists": True}, "stock": {"$gt": 20}})
    product_id = str(product["_id"])
    lines = [{"product_id": product_id, "quantity": 1}]
    body = {"cart": lines, "socketId": fresh_session(), "order_key": fresh_session()}
    placed = await send(shop.url, "POST", "/api/cart/order", body, **bearer(await sign_in(shop.url)))
    assert placed.status == 201, placed.body
    image_id = product["images"][0]["url"].rsplit("/", 1)[1]
    ids = {"product_id": product_id, "image_id": image_id, "order_id": placed.body["id"]}
    ids["user_id"] = placed.body["buyer_id"]
    file = {"Content_Type": "text/csv", **bearer(await sign_in(shop.url, "admin@demo.com"))}
    while (job := await send(shop.url, "POST", "/api/products/import", b"sku\nunknown\n", **file)).status != 202:
        assert job.status == 409, job.body  # the one before is still being worked on
        await asyncio.sleep(0.05)
    ids["import_id"] = job.body["id"]
    for name in ("buyer", "admin"):
        added = await send(shop.url, "POST", ADDRESSES, HOME, **bearer(await sign_in(shop.url, f"{name}@demo.com")))
        assert added.status == 201, added.body
        ids["address_id" if name == "admin" else "own_address_id"] = added.body["id"]
    yield ids
    for name, address_id in (("buyer", ids["own_address_id"]), ("admin", ids["address_id"])):
        token = await sign_in(shop.url, f"{name}@demo.com")
        await send(shop.url, "DELETE", f"{ADDRESSES}/{address_id}", **bearer(token))


async def test_what_every_get_route_answers_is_what_its_document_says(shop, openapi, known):
    """Each real answer fits its schema, for whoever may ask."""
    for path, operations in openapi["paths"].items():
        if "get" not in operations:
            continue
        operation = operations["get"]
        role = next(each for each in ("admin", "buyer", "seller", "delivery", "nobody") if each in operation["x-roles"])
        headers = bearer(await sign_in(shop.url, f"{role}@demo.com")) if role != "nobody" else {}
        answer = await send(shop.url, "GET", path.format(**known), **headers)
        documented = operation["responses"][str(answer.status)]
        assert answer.status == 200, (path, answer.body)
        assert ("content" in documented) == (path not in OF_THEIR_OWN_SHAPE), path
        kind = answer.headers["Content-Type"].split(";")[0]
        assert kind in documented.get("content", {kind: None})
        if kind == "application/json" and "content" in documented:
            check(openapi, documented["content"]["application/json"]["schema"], answer.body)
        assert ("304" in operation["responses"]) == ("ETag" in answer.headers), path
        if tag := answer.headers.get("ETag"):
            assert (await send(shop.url, "GET", path.format(**known), **headers, If_None_Match=tag)).status == 304
            assert "content" not in operation["responses"]["304"]


async def test_what_a_malformed_session_is_answered_is_documented(app, shop, openapi):
    """By every route, for somebody and for nobody, whether it looks at the session or not."""
    token = await sign_in(shop.url)
    for route in app[ROUTE_TABLE]:
        documented = openapi["paths"][route.path][route.method.lower()]["responses"]
        path = re.sub("{.*?}", "0" * 24, route.path)
        content = {"Content-Type": "application/json"} if route.body else {}
        if route.path.startswith("/api/auth/") and route.method != "GET":
            continue  # they sign out whoever asks, and know nothing of carts
        for headers in ({}, bearer(token)):
            body = b"{}" if route.body else None
            answer = await send(shop.url, route.method, path, body, **headers, **content, X_Cart_Session="short")
            assert str(answer.status) in documented, (route.method, route.path, answer.status, answer.body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/session", None),
        ("POST", "/api/auth/register", {"email": "documents@example.org", "password": "long enough", "name": "D"}),
        ("POST", "/api/auth/login", {"email": "buyer@demo.com", "password": "demo123"}),
        ("POST", "/api/cart/update", {"cart": [], "socketId": "d" * 32}),
        ("PUT", "/api/cart/items/{product_id}", {"quantity": 1}),
        ("DELETE", "/api/cart", None),
        ("POST", "/api/products/{product_id}/stock", {"change_type": "restock", "delta": 1}),
        ("POST", "/api/orders/", order(1, "documents")),
        ("PUT", "/api/auth/profile", {"phone": "+49 30 1234567"}),
        ("POST", "/api/auth/addresses", HOME | {"postal_code": "1"}),
        ("PUT", "/api/auth/addresses/{own_address_id}", HOME | {"default_billing": True}),
        ("DELETE", "/api/auth/addresses/{own_address_id}", None),
        ("POST", "/api/auth/login", {"email": "buyer@demo.com"}),
        ("PUT", "/api/cart/items/{order_id}", {"quantity": 1}),
        ("DELETE", "/api/products/{product_id}/images?image_id={order_id}", None),
        ("DELETE", "/api/products/{product_id}/images?image_id=x", None),
    ],
)
async def test_what_other_routes_answer_is_what_their_document_says(shop, openapi, known, method, path, body):
    """Done or refused: the status is documented, and the answer fits its schema."""
    role = "admin" if "stock" in path or "images" in path else "buyer"
    headers = bearer(await sign_in(shop.url, f"{role}@demo.com"))
    answer = await send(shop.url, method, path.format(**known), body, **headers)
    path = path.partition("?")[0].replace("{order_id}", "{product_id}").replace("own_", "")
    operation = openapi["paths"][path][method.lower()]
    [(kind, content)] = operation["responses"][str(answer.status)]["content"].items()
    assert answer.headers["Content-Type"].split(";")[0] == kind
    check(openapi, content["schema"], answer.body)


async def test_acks_and_events_are_what_their_document_says(shop, asyncapi, known, visitor):
    """A buyer's visit: each ack fits, and so does everything that was heard meanwhile."""
    buyer = await visitor()
    line = {"product_id": known["product_id"], "quantity": 1}
    visit = [
        ("cart:get", None),
        ("cart:set", line),
        ("cart:email", {"email": "ada@example.org"}),
        ("auth", {"token": await sign_in(shop.url)}),
        ("cart:clear", None),
        ("cart:set", line),
        ("stock:watch", {"product_ids": [known["product_id"]]}),
        ("stock:watch", {"product_ids": None}),
        ("notifications:read", {"ids": []}),
    ]
    acks = [(event, await buyer.ask(event, payload)) for event, payload in visit]
    total = acks[5][1]["cart"]["total_amount"]
    acks.append(("order:place", await buyer.ask("order:place", order(total, fresh_session()))))
    acks += await _wait_in_line(shop, buyer, await visitor())
    asked, told = messages(asyncapi, sent=False), messages(asyncapi, sent=True)
    assert {event for event, _ in acks} == {name for name in asked if "buyer" in asked[name]["x-roles"]}
    for event, ack in acks:
        assert ack.pop("ok"), (event, ack)
        check(asyncapi, asked[event]["x-ack"], ack)
    await buyer.client.emit("nothing")
    await buyer.hear("error")
    await buyer.hear("stock")
    for event, payload in buyer.heard:
        check(asyncapi, told[event]["payload"], payload)
    assert {"welcome", "stock", "stock:snapshot", "error", "offer", "waiting"} <= {event for event, _ in buyer.heard}


async def test_what_a_seller_hears_of_a_disabled_product_is_what_its_document_says(shop, openapi, asyncapi, visitor):
    """As it happens, and from the list of what is unseen; with every event of the catalogue beside it."""
    token = await sign_in(shop.url, "seller@demo.com")
    seller, headers, admin = (
        await visitor(token=token),
        bearer(token),
        bearer(await sign_in(shop.url, "admin@demo.com")),
    )
    fields = {"name": "Lamp", "price": 2500, "category": "lighting", "stock": 8}
    product_id = (await send(shop.url, "POST", "/api/products/", fields, **headers)).body["id"]
    await seller.hear("product", lambda told: told["product"]["id"] == product_id)
    path = f"/api/admin/products/{product_id}/disable"
    assert (await send(shop.url, "PUT", path, {"reason": "not a real lamp"}, **admin)).status == 200
    told = await seller.hear("notification", lambda told: told.get("product_id") == product_id)
    await seller.hear("product", lambda told: told["product"] == {"id": product_id})
    unseen = (await send(shop.url, "GET", "/api/notifications", **headers)).body
    assert [each["reason"] for each in unseen["items"] if each["id"] == told["id"]] == ["not a real lamp"]
    listed = openapi["paths"]["/api/notifications"]["get"]["responses"]["200"]["content"]["application/json"]
    check(openapi, listed["schema"], unseen)
    documented = messages(asyncapi, sent=True)
    for event, payload in seller.heard:
        check(asyncapi, documented[event]["payload"], payload)
    assert (await seller.ask("notifications:read", {"ids": [told["id"]]}))["ok"]
    assert (await send(shop.url, "DELETE", f"/api/products/{product_id}", **headers)).status == 200


async def _wait_in_line(shop, buyer, other):
    """Wait for what the other one holds, and take it; wait for another, and leave."""
    async with open_books(shop) as books:
        tea, cup = await books.add_product(1), await books.add_product(1)
    for product_id in (tea, cup):
        await other.sees(product_id, available=1)
        assert (await other.ask("cart:set", {"product_id": product_id, "quantity": 1}))["ok"]
    acks = [("waiting:join", await buyer.ask("waiting:join", {"product_id": each})) for each in (tea, cup)]
    acks.append(("waiting:list", await buyer.ask("waiting:list")))
    acks.append(("waiting:leave", await buyer.ask("waiting:leave", {"product_id": cup})))
    await other.ask("cart:set", {"product_id": tea, "quantity": 0})
    await buyer.hear("offer", lambda offer: offer["product_id"] == tea)
    acks.append(("offer:take", await buyer.ask("offer:take", {"product_id": tea})))
    await buyer.hear("waiting", lambda place: place["state"] == "taken")
    return acks


async def test_what_an_admin_asks_and_hears_is_what_its_document_says(shop, openapi, asyncapi, visitor):
    """The dashboard and its news; an audit that was started, and one that may not be."""
    token = await sign_in(shop.url, "admin@demo.com")
    admin = await visitor(token=token)
    ack = await admin.ask("admin:watch")
    assert ack.pop("ok"), ack
    check(asyncapi, messages(asyncapi, sent=False)["admin:watch"]["x-ack"], ack)
    check(asyncapi, messages(asyncapi, sent=True)["admin:metrics"]["payload"], await admin.hear("admin:metrics"))
    for _ in range(2):
        answer = await send(shop.url, "POST", "/api/admin/audit", **bearer(token))
        [(kind, content)] = openapi["paths"]["/api/admin/audit"]["post"]["responses"][str(answer.status)][
            "content"
        ].items()
        assert answer.headers["Content-Type"].split(";")[0] == kind
        check(openapi, content["schema"], answer.body)


async def test_what_a_seller_asks_and_hears_is_what_its_document_says(shop, openapi, asyncapi, visitor):
    """With products that are low and out, and orders, of which one is new while the dashboard is open."""
    seller, buyer = await visitor(token=await sign_in(shop.url, "seller@demo.com")), await visitor()
    async with open_books(shop) as books:
        own = (await books["users"].find_one({"email": "seller@demo.com"}))["_id"]
        tea, low = [await books.add_product(stock, seller_id=own) for stock in (2, 2)]
        await books.add_product(0, seller_id=own)
    auth = {"token": await sign_in(shop.url)}
    assert (await buyer.ask("auth", auth))["ok"]

    async def buys(product_id):
        await buyer.ask("cart:clear")
        cart = (await buyer.ask("cart:set", {"product_id": product_id, "quantity": 1}))["cart"]
        placed = await buyer.ask("order:place", order(cart["total_amount"], fresh_session()))
        assert placed["ok"], placed

    for product_id in (tea, low):
        await buyer.sees(product_id, available=2)
    await buys(low)
    ack = await seller.ask("seller:watch", {"period": "7d"})
    assert ack.pop("ok"), ack
    check(asyncapi, messages(asyncapi, sent=False)["seller:watch"]["x-ack"], ack)
    await buys(tea)
    await buys(tea)
    heard = {
        "seller:order": lambda told: tea in str(told["order"]["product_list"]),
        "seller:stock": lambda told: any(each["crossed"] == "out" for each in told["items"]),
        "seller:metrics": lambda told: tea in str(told.get("out_of_stock")),
    }
    for event, matching in heard.items():
        await seller.hear(event, matching)
    told = messages(asyncapi, sent=True)
    for event, payload in seller.heard:
        check(asyncapi, told[event]["payload"], payload)
    bearing = bearer(await sign_in(shop.url, "seller@demo.com"))
    for query in ("", "?period=7d", "?period=90d&currency=USD"):
        answer = await send(shop.url, "GET", f"/api/seller/dashboard{query}", **bearing)
        [(_, content)] = openapi["paths"]["/api/seller/dashboard"]["get"]["responses"]["200"]["content"].items()
        check(openapi, content["schema"], answer.body)
        assert all(answer.body[part]["items"] for part in ("low_stock", "out_of_stock"))
        assert answer.body["orders"]


async def test_the_readable_page_names_every_route_and_event(shop, openapi, asyncapi):
    """Escaped, without scripts, as HTML."""
    page = documents_page(openapi, asyncapi)
    assert all(f"<code>{path}</code>" in page for path in openapi["paths"])
    assert all(f"<code>{each['name']}</code>" in page for each in asyncapi["components"]["messages"].values())
    assert "<script" not in page
    answer = await send(shop.url, "GET", "/api/docs")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
