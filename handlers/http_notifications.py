"""What people were told, and what they want to be told, over HTTP."""

from typing import Any

from handlers import shapes
from handlers.payloads.notifications import (
    NotificationList,
    NotificationListQuery,
    PreferenceList,
    PreferencesBody,
    ReadBody,
    UnreadAnswer,
)
from handlers.routing import Call, Routes
from models.errors import Invalid
from models.notification import NotificationQuery
from models.roles import Permission
from models.telling import Choice

notification_routes = Routes()


@notification_routes.add(
    "GET",
    "/api/notifications",
    needs=Permission.READ_NOTIFICATIONS,
    answer=NotificationList,
    query=NotificationListQuery,
    refusals=("not_found",),
)
async def notifications(call: Call) -> Any:
    """Return what the caller was told, newest first; ``unread`` counts all that they have not seen."""
    asked = call.query
    seen = None if asked.seen is None else asked.seen == "true"
    query = NotificationQuery(seen=seen, kind=asked.kind, limit=asked.limit, after=asked.after)
    page = await call.shop.inbox.page(call.owner, query)
    return {
        "items": [shapes.listed_notification(each) for each in page.items],
        "next": page.items[-1].id if len(page.items) == asked.limit else None,
        "unread": page.unread,
    }


@notification_routes.add(
    "POST",
    "/api/notifications/read",
    needs=Permission.READ_NOTIFICATIONS,
    answer=UnreadAnswer,
    body=ReadBody,
    refusals=("not_found",),
)
async def read_notifications(call: Call) -> Any:
    """Note what the caller has seen: some, or all that there are now."""
    body = call.body
    if (body.ids is None) == (body.all is None):
        problem = {"pointer": "", "detail": "name ids, or all: one of the two"}
        raise Invalid("the request is not valid", errors=[problem])
    return {"unread": await call.shop.inbox.read(call.owner, body.ids)}


@notification_routes.add(
    "GET",
    "/api/notifications/preferences",
    needs=Permission.OWN_ACCOUNT,
    answer=PreferenceList,
    refusals=("not_found",),
)
async def preferences(call: Call) -> Any:
    """Return what the caller gets of each kind that can be turned off."""
    return _preferences(await call.shop.inbox.choices(call.me.id))


@notification_routes.add(
    "PUT",
    "/api/notifications/preferences",
    needs=Permission.OWN_ACCOUNT,
    answer=PreferenceList,
    body=PreferencesBody,
    refusals=("not_found",),
)
async def choose(call: Call) -> Any:
    """Turn forms of kinds off or on, at once and everywhere; kinds that are not named stay as they are."""
    choices = {each.kind: Choice(each.in_app, each.email) for each in call.body.items}
    if len(choices) < len(call.body.items):
        problem = {"pointer": "/items", "detail": "names a kind twice"}
        raise Invalid("the request is not valid", errors=[problem])
    return _preferences(await call.shop.inbox.choose(call.me.id, choices))


def _preferences(choices: Any) -> shapes.Payload:
    return {"items": [shapes.choice(kind, wanted) for kind, wanted in choices.items()], "next": None}
