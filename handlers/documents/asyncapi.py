"""AsyncAPI 3 of the socket events, both directions."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import TaggedUnionSchema

from handlers.payloads import (
    account,
    admin_dashboard,
    cart,
    dashboard,
    imports,
    notifications,
    order,
    order_lists,
    product,
    waiting,
)
from handlers.socket_events import events

REF = "#/components/schemas/{model}"

# What the server sends, with the words of the protocol.
SENT: dict[str, tuple[type[BaseModel], str]] = {
    "welcome": (account.Welcome, "The first thing that a socket hears."),
    "stock": (product.Frame, "Levels that changed, conflated; keep the highest version."),
    "stock:snapshot": (product.SnapshotEvent, "Levels, after connecting and whenever deltas cannot be given."),
    "product": (product.ProductEvent, "A catalogue change."),
    "cart": (cart.CartAnswer, "The cart, changed elsewhere."),
    "cart:expired": (cart.ExpiredEvent, "The cart's hold has run out."),
    "alert": (notifications.Notification, "A product in the cart is running out."),
    "order": (order.OrderAnswer, "An order got another status."),
    "notification": (notifications.Notification, "Something stored for the owner; unseen ones are repeated."),
    "offer": (waiting.OfferEvent, "What you waited for is back: one is kept for you; repeated while it is."),
    "offer:expired": (waiting.OfferExpiredEvent, "An offer was not taken in time."),
    "waiting": (waiting.PlaceItem, "What has become of your place in a line: offered, taken, lapsed or left."),
    "account": (account.AccountNews, "What the signed-in user may do has changed."),
    "signed_out": (account.SignedOut, "The session has ended: the socket acts as anonymous from here on."),
    "admin:metrics": (admin_dashboard.AdminMetrics, "What moves in the whole shop, to admins who watch."),
    "seller:metrics": (dashboard.SellerMetrics, "Figures of the watched dashboard that moved, or, complete, all."),
    "seller:order": (dashboard.SellerOrderEvent, "An order with products of the seller is new, or changed."),
    "seller:stock": (dashboard.SellerStockEvent, "Levels of the seller's products that moved, conflated."),
    "delivery:order": (order_lists.DeliveryOrderEvent, "What became of an order that is, or was, delivery's."),
    "delivery:snapshot": (order_lists.Worklist, "What there is to bring, after a gap in what was heard."),
    "import": (imports.ImportAnswer, "How far an import of the seller's has come, conflated."),
    "error": (account.ErrorBody, "The refusal of an event that asked for no ack."),
    "goodbye": (account.Goodbye, "The server is about to stop; come back."),
}


class _Schemas(GenerateJsonSchema):
    """Schemas without OpenAPI's discriminators: AsyncAPI has others by that name, which find a case by its title."""

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        found = super().tagged_union_schema(schema)
        found.pop("discriminator", None)
        return found


def asyncapi_document() -> dict[str, Any]:
    """Describe the events."""
    asked = events.table.values()
    models = {event.body for event in asked} | {event.answer for event in asked} | {model for model, _ in SENT.values()}
    models.add(account.ConnectAuth)
    _, definitions = models_json_schema(
        [(model, "validation") for model in sorted(models, key=lambda each: each.__name__)],
        ref_template=REF,
        schema_generator=_Schemas,
    )
    messages: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for event in asked:
        key = event.name.replace(":", "_")
        messages[key] = {
            "name": event.name,
            "summary": event.summary,
            "payload": _asked(event.body),
            "x-ack": _ref(event.answer),
            "x-roles": sorted(event.who),
        }
        operations[f"receive_{key}"] = _operation("receive", key)
    for name, (model, summary) in SENT.items():
        key = "sent_" + name.replace(":", "_")
        messages[key] = {"name": name, "summary": summary, "payload": _ref(model)}
        operations[f"send_{key}"] = _operation("send", key)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "IvoryCart", "version": "1", "description": "Socket.IO events, websocket transport only."},
        "defaultContentType": "application/json",
        "channels": {
            "root": {
                "address": "/socket.io/",
                "description": "Namespace /. An ack is {ok: true, …} or {ok: false, error: {code, message, details}}.",
                "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in messages},
            }
        },
        "operations": operations,
        "components": {"messages": messages, "schemas": definitions.get("$defs", {})},
    }


def _operation(action: str, key: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/root"},
        "messages": [{"$ref": f"#/channels/root/messages/{key}"}],
    }


def _asked(model: type[BaseModel]) -> dict[str, Any]:
    """Describe what is asked with: null, or no argument at all, stands for an object with nothing in it."""
    needs = any(field.is_required() for field in model.model_fields.values())
    return _ref(model) if needs else {"oneOf": [_ref(model), {"type": "null"}]}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REF.format(model=model.__name__)}
