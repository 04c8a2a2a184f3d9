"""Every route and every event, as each role and as nobody: what the table allows and nothing else."""

from pathlib import Path

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from handlers.app import build_app
from handlers.routing import ROUTE_TABLE
from handlers.socket_events import events
from models.roles import ALLOWED, NOBODY, ROLES, Permission
from tests.handlers.doors import bearer, fresh_session, send
from tests.handlers.whom_it_is_for import WHOM
from tests.visitor import sign_in

ROOT = Path(__file__).parents[2]
# Pages and files of the browser's side, for everyone; everything else must be in the table.
OPEN = {"/static/{path}", "/npm/{path}", "/built/{version}/{path}", "/socket.io/"}
ANYONE = (NOBODY, *ROLES)


@pytest.fixture(scope="module")
def app():
    """Mount the application; a shop is not needed to know its routes."""
    return build_app(None, CollectorRegistry(), static_dir=ROOT / "static", packages_dir=ROOT / "node_modules")


@pytest.fixture(scope="module")
async def tokens(shop):
    """Sign in as each role."""
    return {role: await sign_in(shop.url, f"{role}@demo.com") for role in ROLES}


def test_no_route_is_without_an_entry(app):
    """Whatever the application answers at stands in the table with the permission that it needs."""
    entered = {(route.method, route.path) for route in app[ROUTE_TABLE]}
    for route in app.router.routes():
        if route.method == "HEAD" or not isinstance(route.resource, web.Resource):
            continue
        path = route.resource.canonical
        is_page = getattr(route.handler, "__module__", "") == "handlers.pages"
        assert (route.method, path) in entered or path in OPEN or is_page, f"{route.method} {path} has no entry"
    assert all(isinstance(route.needs, Permission) for route in app[ROUTE_TABLE])


def test_no_event_is_without_an_entry():
    """Nor can one be added without."""
    assert events.table
    assert all(isinstance(event.needs, Permission) for event in events.table.values())
    with pytest.raises(TypeError, match="needs"):
        events.add("without", answer=None)


def test_each_route_and_event_is_for_those_for_whom_it_is_meant(app):
    """As written down apart from the program; none is missing on either side."""
    table = {f"{route.method} {route.path}": ALLOWED[route.needs] for route in app[ROUTE_TABLE]}
    assert table | {event.name: ALLOWED[event.needs] for event in events.table.values()} == WHOM


@pytest.mark.parametrize("role", ANYONE)
async def test_every_route_is_open_to_whom_it_is_for_and_closed_to_the_others(app, shop, tokens, role):
    """A body that cannot be read tells them apart: the closed door comes before it is looked at."""
    who = bearer(tokens[role]) if role != NOBODY else {}
    for route in app[ROUTE_TABLE]:
        path = route.path.replace("{", "").replace("}", "")  # no id is one
        content = {"Content-Type": "application/json"} if route.body else {}
        body = b"\xff" if route.body else None
        answer = await send(shop.url, route.method, path, body, **who, **content, X_Cart_Session=fresh_session())
        code = answer.body.get("code") if isinstance(answer.body, dict) else None
        closed = (answer.status, code) == ((401, "not_authenticated") if role == NOBODY else (403, "forbidden"))
        by_cookie = route.path == "/api/auth/refresh"  # asks for the cookie, whoever it is
        assert closed == (role not in WHOM[f"{route.method} {route.path}"]) or by_cookie, (
            route.method,
            route.path,
            answer.status,
            code,
        )


@pytest.mark.parametrize("role", ANYONE)
async def test_every_event_is_open_to_whom_it_is_for_and_closed_to_the_others(tokens, visitor, role):
    """An unknown field tells them apart likewise."""
    socket = await visitor(token=tokens[role]) if role != NOBODY else await visitor()
    for event in events.table.values():
        ack = await socket.ask(event.name, {"never heard of": 1})
        expected = "validation" if role in WHOM[event.name] else _closed(role)
        assert ack["error"]["code"] == expected, event.name


def _closed(role):
    return "not_authenticated" if role == NOBODY else "forbidden"
