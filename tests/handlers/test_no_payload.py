"""Events that need to be told nothing: asked with `null`, with nothing at all, or with an empty object."""

import pytest
from jsonschema import Draft202012Validator

from handlers.documents.asyncapi import asyncapi_document
from handlers.socket_events import events
from models.roles import NOBODY
from tests.system.npm_visitor import npm_visitor
from tests.visitor import sign_in

# By PROTOCOL.md: those with no payload, and the one whose payload may be null, for all.
NEED_NOTHING = {
    *("cart:get", "cart:clear", "waiting:list", "stock:watch"),
    *("seller:watch", "delivery:watch", "admin:watch"),
}
NOTHING = ((), (None,), ({},))


@pytest.fixture(params=["npm", "python-socketio"])
async def admin(request, shop, visitor):
    """Connect either client with the fullest rights."""
    token = await sign_in(shop.url, "admin@demo.com")
    if request.param == "npm":
        async with npm_visitor(shop, token=token) as nina:
            yield nina
    else:
        yield await visitor(token=token)


@pytest.mark.parametrize("event", sorted(NEED_NOTHING))
async def test_an_event_that_needs_nothing_is_answered_however_nothing_is_said(admin, event):
    """Both clients send `null` where their caller does, and no argument where there is none."""
    for arguments in NOTHING:
        ack = await admin.ask_with(event, *arguments)
        assert ack["ok"], (event, arguments, ack)


async def test_watching_null_is_watching_everything_again(admin):
    """However it is written; the answer is the same as to `{product_ids: null}`."""
    everything = await admin.ask_with("stock:watch", {"product_ids": None})
    few = [item["id"] for item in everything["items"][:2]]
    assert len(everything["items"]) > len(few)
    for arguments in NOTHING:
        narrowed = await admin.ask_with("stock:watch", {"product_ids": few})
        assert sorted(item["id"] for item in narrowed["items"]) == sorted(few)
        widened = await admin.ask_with("stock:watch", *arguments)
        assert {item["id"] for item in widened["items"]} == {item["id"] for item in everything["items"]}, arguments


@pytest.mark.parametrize("event", sorted(events.table))
async def test_the_document_allows_null_just_where_the_server_does(visitor, event):
    """Where something must be told, saying nothing is refused by name of what is missing."""
    document = asyncapi_document()
    message = next(each for each in document["components"]["messages"].values() if each["name"] == event)
    schema = {**message["payload"], "components": document["components"]}
    allowed = Draft202012Validator(schema).is_valid(None)
    assert allowed == (event in NEED_NOTHING)
    if not allowed and NOBODY in message["x-roles"]:
        for arguments in NOTHING:
            ack = await (await visitor()).ask_with(event, *arguments)
            assert ack["error"]["code"] == "validation"
            assert ack["error"]["details"]["errors"]
