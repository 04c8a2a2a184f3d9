"""What an account tells of the person behind it."""

from dataclasses import dataclass
from datetime import datetime

from models.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Somebody's own view of their account; without a phone number that is empty."""

    id: str
    email: str
    name: str
    role: Role
    phone: str
    created_at: datetime | None
    activated_at: datetime | None
    default_shipping: str | None
    default_billing: str | None
