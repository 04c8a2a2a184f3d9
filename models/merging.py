"""Rules of merging an anonymous cart into a user's: quantities add up, and one's own hold is never in the way."""

from dataclasses import dataclass, replace
from datetime import datetime

from models.cart import Cart, Line
from models.commands import MergeCarts
from models.holding import act_of, expire
from models.outcomes import Clipped, Merged
from models.state import Draft
from models.stock import ChangeType, Product


@dataclass(slots=True)
class _Merge:
    """The two carts, and whether the result holds stock."""

    source: Cart
    target: Cart
    draft: Draft

    @property
    def holding(self) -> bool:
        """An empty target takes over the source's way; otherwise the target's stays."""
        return self.target.holding if self.target.lines else self.source.holding

    @property
    def expires_at(self) -> datetime | None:
        """The earlier clock of the two: merging must not prolong a hold."""
        if not self.holding:
            return None
        clocks = [cart.expires_at for cart in (self.source, self.target) if cart.expires_at]
        return min(clocks)


def merge_carts(command: MergeCarts, draft: Draft) -> Merged:
    """Move all lines of the source into the target and empty the source; a cart merged into itself stays as it is."""
    if command.source == command.target:
        return Merged(draft.cart(command.target), (), ())
    source, target = (
        expire(cart, draft) if cart.past_expiry(draft.now) else cart
        for cart in (draft.cart(command.source), draft.cart(command.target))
    )
    if not source.lines:
        return Merged(_take_email(source, target, draft), (), (), draft.levels)
    merge = _Merge(source, target, draft)
    lines = {line.product_id: line for line in target.lines}
    came, clipped = [], []
    for line in source.lines:
        before = lines[line.product_id].quantity if line.product_id in lines else 0
        quantity = _merge_line(merge, line, lines.get(line.product_id), lines)
        if quantity > before:
            came.append(line.product_id)
        if quantity < before + line.quantity:
            clipped.append(Clipped(line.product_id, before + line.quantity, quantity))
    draft.put_cart(source.with_lines(()))
    cart = _receive(merge, tuple(lines.values())) if came else _take_email(source, target, draft)
    return Merged(cart, tuple(came), tuple(clipped), draft.levels)


def _receive(merge: _Merge, lines: tuple[Line, ...]) -> Cart:
    source, target = merge.source, merge.target
    return merge.draft.put_cart(
        replace(
            target,
            lines=lines,
            revision=target.revision + 1,
            expires_at=merge.expires_at,
            currency=target.currency or source.currency,
            extended=target.extended or source.extended,
            email=target.email or source.email,
            expired=(),
        )
    )


def _take_email(source: Cart, target: Cart, draft: Draft) -> Cart:
    if source.email and not target.email:
        return draft.put_cart(replace(target, email=source.email, expired=(), revision=target.revision + 1))
    return target


def _merge_line(merge: _Merge, line: Line, mine: Line | None, lines: dict[str, Line]) -> int:
    """Put one line into ``lines`` as far as it is allowed and available; return the quantity it now has."""
    product = merge.draft.product(line.product_id)
    before = mine.quantity if mine else 0
    if product is None:
        return before
    held = line.quantity * merge.source.holding + before * merge.target.holding
    quantity = _allowed(merge, product, line.quantity, before, lines)
    if merge.holding:
        quantity = max(before, min(quantity, held + merge.draft.level(product.id).unclaimed))
    _move_to(merge, product, held, quantity * merge.holding)
    if quantity:
        since = min(line.since, mine.since) if mine else line.since
        lines[line.product_id] = Line(line.product_id, quantity, since)
    return quantity


def _allowed(merge: _Merge, product: Product, adding: int, before: int, lines: dict[str, Line]) -> int:
    policy = merge.draft.policy
    other_currency = merge.target.currency not in {None, product.currency}
    if not product.for_sale or other_currency or (not before and len(lines) >= policy.max_lines):
        return before
    others = sum(each.quantity for each in lines.values()) - before
    return max(before, min(before + adding, product.max_per_cart, policy.max_units - others))


def _move_to(merge: _Merge, product: Product, held: int, wanted: int) -> None:
    if wanted != held:
        change_type = ChangeType.HOLD if wanted > held else ChangeType.RELEASE
        act = act_of(merge.target, merge.draft, change_type, "carts merged")
        merge.draft.move(product, act, held=wanted - held)
