"""Who may do what: one table, which HTTP routes and socket events share.

A route or an event names the one permission that it needs. What beyond that depends on the thing itself (one's own
order, one's own product) is the business of whoever handles it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, get_args

Role = Literal["buyer", "seller", "delivery", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
NOBODY = "nobody"


class Permission(StrEnum):
    """What one may be allowed to do."""

    LOOK = "look around the shop"
    ASK_HOW_IT_IS = "ask how the server is"
    USE_CART = "use a cart"
    WAIT_IN_LINE = "wait for what is out, and take what is offered"
    BEGIN_ORDER = "order what is in the cart; guests where the shop allows it"
    ORDER = "order in one's own name"
    READ_OWN_ORDERS = "read one's own orders"
    MOVE_ORDERS = "move on what one bought, sells or brings"
    REFUND_ORDERS = "give money back for what one sold"
    READ_NOTIFICATIONS = "read what one was told"
    SIGN_IN = "register, sign in, and recover an account"
    OWN_ACCOUNT = "see and change one's own account"
    MANAGE_STOCK = "restock, adjust and look into one's own products"
    MANAGE_PRODUCTS = "create, change and withdraw one's own products"
    MODERATE = "see all products, and keep any off the shelves"
    SELL = "see one's own sales"
    DELIVER = "see what is on its way, and bring it"
    SEE_ALL_ORDERS = "see everybody's orders"
    MANAGE_USERS = "see and change the accounts of others"
    TELL_OF_PAYMENTS = "tell that a payment has moved; whoever signs as its provider"
    WATCH_SHOP = "see how the whole shop is doing"


_EVERYONE = frozenset({NOBODY, *ROLES})
_SIGNED_IN = frozenset(ROLES)

ALLOWED: Mapping[Permission, frozenset[str]] = {
    Permission.LOOK: _EVERYONE,
    Permission.ASK_HOW_IT_IS: _EVERYONE,
    Permission.USE_CART: _EVERYONE,
    Permission.WAIT_IN_LINE: _EVERYONE,
    Permission.BEGIN_ORDER: _EVERYONE,
    Permission.ORDER: _SIGNED_IN,
    Permission.READ_OWN_ORDERS: _SIGNED_IN,
    Permission.MOVE_ORDERS: _SIGNED_IN,
    Permission.REFUND_ORDERS: frozenset({"seller", "admin"}),
    Permission.DELIVER: frozenset({"delivery", "admin"}),
    Permission.READ_NOTIFICATIONS: _EVERYONE,
    Permission.SIGN_IN: _EVERYONE,
    Permission.OWN_ACCOUNT: _SIGNED_IN,
    Permission.MANAGE_STOCK: frozenset({"seller", "admin"}),
    Permission.MANAGE_PRODUCTS: frozenset({"seller", "admin"}),
    Permission.MODERATE: frozenset({"admin"}),
    Permission.SELL: frozenset({"seller", "admin"}),
    Permission.SEE_ALL_ORDERS: frozenset({"admin"}),
    Permission.MANAGE_USERS: frozenset({"admin"}),
    Permission.TELL_OF_PAYMENTS: _EVERYONE,
    Permission.WATCH_SHOP: frozenset({"admin"}),
}


def may(role: str | None, permission: Permission) -> bool:
    """Whether a role, or None for nobody, has a permission."""
    return (role or NOBODY) in ALLOWED[permission]
