"""Who signs in to the demo. The password is public: these accounts exist beside demo data only."""

from dataclasses import dataclass, field
from typing import Literal

SELLER = "seller@demo.com"
NORD = "studio.nord@demo.com"
SUD = "atelier.sud@demo.com"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account; a seller's `name` is the name of the shop."""

    email: str
    name: str
    role: Literal["buyer", "seller", "delivery", "admin"]
    password: str = field(default="demo123", repr=False)


ACCOUNTS = (
    DemoAccount("buyer@demo.com", "Bea Buyer", "buyer"),
    DemoAccount(SELLER, "Ivory & Oak", "seller"),
    DemoAccount("delivery@demo.com", "Dario Delivery", "delivery"),
    DemoAccount("admin@demo.com", "Ada Admin", "admin"),
    DemoAccount(NORD, "Studio Nord", "seller"),
    DemoAccount(SUD, "Atelier Sud", "seller"),
)
