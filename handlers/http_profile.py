"""One's own profile and address book over HTTP."""

from typing import Any

from handlers import shapes
from handlers.payloads.account import SentAnswer
from handlers.payloads.profile import AddressAnswer, AddressBody, AddressList, ProfileAnswer, ProfileBody
from handlers.routing import Call, Routes
from models.addresses import AddressEntry
from models.roles import Permission

profile_routes = Routes()


@profile_routes.add(
    "GET", "/api/auth/profile", needs=Permission.OWN_ACCOUNT, answer=ProfileAnswer, refusals=("not_found",)
)
async def profile(call: Call) -> Any:
    """Return the caller's account."""
    return shapes.profile(await call.shop.accounts.profiles.get(call.me.id))


@profile_routes.add(
    "PUT",
    "/api/auth/profile",
    needs=Permission.OWN_ACCOUNT,
    answer=ProfileAnswer,
    body=ProfileBody,
    refusals=("not_found",),
)
async def update_profile(call: Call) -> Any:
    """Change the caller's name and phone number."""
    body = call.body
    phone = (body.phone or "") if "phone" in body.model_fields_set else None
    return shapes.profile(await call.shop.accounts.profiles.update(call.me.id, name=body.name, phone=phone))


@profile_routes.add(
    "GET", "/api/auth/addresses", needs=Permission.OWN_ACCOUNT, answer=AddressList, refusals=("not_found",)
)
async def addresses(call: Call) -> Any:
    """Return the caller's addresses, oldest first."""
    found = await call.shop.accounts.profiles.addresses(call.me.id)
    return {"items": [shapes.address(each) for each in found], "next": None}


@profile_routes.add(
    "GET",
    "/api/auth/addresses/{address_id}",
    needs=Permission.OWN_ACCOUNT,
    answer=AddressAnswer,
    refusals=("not_found",),
)
async def get_address(call: Call) -> Any:
    """Return one of the caller's addresses."""
    return shapes.address(await call.shop.accounts.profiles.address(call.me.id, call.id("address_id")))


@profile_routes.add(
    "POST",
    "/api/auth/addresses",
    needs=Permission.OWN_ACCOUNT,
    answer=AddressAnswer,
    body=AddressBody,
    status=201,
    refusals=("not_found",),
)
async def add_address(call: Call) -> Any:
    """Add an address; the first one is the default for shipping and billing."""
    entry = _entry(call.body, "")
    return shapes.address(await call.shop.accounts.profiles.add(call.me.id, entry, **_defaults(call.body)))


@profile_routes.add(
    "PUT",
    "/api/auth/addresses/{address_id}",
    needs=Permission.OWN_ACCOUNT,
    answer=AddressAnswer,
    body=AddressBody,
    refusals=("not_found",),
)
async def replace_address(call: Call) -> Any:
    """Replace one of the caller's addresses; orders keep what they were placed with."""
    entry = _entry(call.body, call.id("address_id"))
    return shapes.address(await call.shop.accounts.profiles.replace(call.me.id, entry, **_defaults(call.body)))


@profile_routes.add(
    "DELETE",
    "/api/auth/addresses/{address_id}",
    needs=Permission.OWN_ACCOUNT,
    answer=SentAnswer,
    refusals=("not_found",),
)
async def remove_address(call: Call) -> Any:
    """Remove one of the caller's addresses; where it was a default, the oldest one left is."""
    await call.shop.accounts.profiles.remove(call.me.id, call.id("address_id"))
    return {"status": "removed"}


def _entry(body: AddressBody, address_id: str) -> AddressEntry:
    fields = body.model_dump(exclude={"default_shipping", "default_billing"})
    return AddressEntry(**{**fields, "id": address_id, "phone": body.phone or ""})


def _defaults(body: AddressBody) -> dict[str, bool]:
    return {"shipping": body.default_shipping, "billing": body.default_billing}
