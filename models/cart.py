"""A cart: lines that hold stock until the cart expires."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from models.identity import OwnerId


class Line(NamedTuple):
    """A product and a quantity.

    ``since`` is the product's version when the line went in: crossings before it do not concern the line.
    """

    product_id: str
    quantity: int
    since: int


class Released(NamedTuple):
    """Units given back by an expiry."""

    product_id: str
    quantity: int


class OverdueCart(NamedTuple):
    """A cart whose hold has run out, and for how long."""

    owner: OwnerId
    seconds_late: float


@dataclass(frozen=True, slots=True)
class Cart:
    """One owner's cart. It holds stock exactly while ``expires_at`` is set; ``revision`` grows with each change.

    ``expired`` is what the last expiry released, kept until the owner touches the cart again.
    """

    id: OwnerId
    revision: int = 0
    lines: tuple[Line, ...] = ()
    currency: str | None = None
    expires_at: datetime | None = None
    extended: bool = False
    email: str | None = None
    expired: tuple[Released, ...] = ()

    @property
    def holding(self) -> bool:
        """Whether the lines are counted in the products' ``held``."""
        return self.expires_at is not None

    @property
    def units(self) -> int:
        """Units in all lines."""
        return sum(line.quantity for line in self.lines)

    def line(self, product_id: str) -> Line | None:
        """Return the line of a product, or None."""
        return next((line for line in self.lines if line.product_id == product_id), None)

    def past_expiry(self, now: datetime) -> bool:
        """Whether the hold has run out by ``now``."""
        return self.expires_at is not None and self.expires_at <= now

    def with_line(self, line: Line) -> "Cart":
        """Return the next revision, with the product's line put in, replaced, or (quantity 0) taken out."""
        kept = [line if old.product_id == line.product_id else old for old in self.lines]
        if all(old.product_id != line.product_id for old in self.lines):
            kept.append(line)
        return self.with_lines(tuple(each for each in kept if each.quantity))

    def with_lines(self, lines: tuple[Line, ...]) -> "Cart":
        """Return the next revision with these lines; an empty cart holds nothing and has no clock or currency."""
        if lines:
            return replace(self, lines=lines, revision=self.revision + 1, expired=())
        return Cart(self.id, self.revision + 1, email=self.email)
