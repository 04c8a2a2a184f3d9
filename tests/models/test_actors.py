"""Who did it: a seller is not told who a buyer is."""

import pytest

from models.actors import Actor, Viewer, actor_of
from models.errors import Invalid

NAMES = {"a" * 24: "Ada", "b" * 24: "Ben"}
SELLER, ADMIN = Viewer("a" * 24, is_admin=False), Viewer("c" * 24, is_admin=True)


@pytest.mark.parametrize(
    ("raw", "viewer", "staff", "told"),
    [
        ("u:" + "a" * 24, SELLER, False, Actor("user", "a" * 24, "Ada")),
        ("u:" + "b" * 24, SELLER, False, Actor("user")),
        ("u:" + "b" * 24, SELLER, True, Actor("user", "b" * 24, "Ben")),
        ("u:" + "b" * 24, ADMIN, False, Actor("user", "b" * 24, "Ben")),
        ("u:" + "d" * 24, ADMIN, False, Actor("user", "d" * 24)),
        ("s:" + "0" * 32, SELLER, False, Actor("cart")),
        ("s:" + "0" * 32, ADMIN, False, Actor("cart", "0" * 32)),
        ("operator", SELLER, True, Actor("system", None, "operator")),
        ("", SELLER, False, Actor("system")),
    ],
)
def test_an_actor_is_told_as_far_as_whoever_asks_may_know(raw: str, viewer: Viewer, staff: bool, told: Actor):  # noqa: FBT001
    """Stock work is done by sellers and admins: their names are no secret."""
    assert actor_of(raw, NAMES, viewer, staff=staff) == told


@pytest.mark.parametrize("raw", ["u:" + "b" * 24, "s:" + "0" * 32])
def test_what_somebody_did_is_not_asked_for_by_whoever_may_not_know(raw: str):
    """A seller asks for themself and for the shop's parts, an admin for anybody."""
    ADMIN.check_asked(raw)
    for other in (None, "u:" + "a" * 24, "operator", ""):
        SELLER.check_asked(other)
    with pytest.raises(Invalid):
        SELLER.check_asked(raw)


@pytest.mark.parametrize(
    ("actor", "withheld"), [(Actor("user"), True), (Actor("cart"), True), (Actor("system"), False)]
)
def test_somebody_without_an_id_is_withheld(actor: Actor, withheld: bool):  # noqa: FBT001
    """A part of the shop has none."""
    assert actor.is_withheld == withheld
