"""Who did it: a seller is not told who a buyer is."""

import pytest

from models.actors import Actor, Viewer, actor_of

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
