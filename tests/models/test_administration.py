"""What may be done to an account, and by whom."""

from datetime import UTC, datetime
from typing import Any

import pytest

from models.account import Account, Visitor
from models.administration import OPERATOR, Act, Actor, judge, noted, state_of
from models.errors import Conflict, Forbidden, Refused
from models.roles import ROLES

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADMIN = Actor("a" * 24, Visitor("10.0.0.1", "Firefox"))
KINDS = ("disable", "enable", "activate", "delete")
SINCE = {
    "active": {"activated_at": NOON},
    "waiting": {},
    "disabled": {"activated_at": NOON, "disabled_at": NOON},
    "deleted": {"activated_at": NOON, "disabled_at": NOON, "deleted_at": NOON},
}


def account(state: str = "active", **fields: Any) -> Account:
    """Build an account."""
    values = {"id": "b" * 24, "email": "bob@shop.test", "name": "Bob", "role": "buyer", "password": "hash"}
    return Account(**values | SINCE[state] | fields)


def refusal(act: Act, whose: Account, actor: Actor = ADMIN, *, other_admins: int = 1) -> type[Refused] | None:
    """Return how an act is refused, if it is."""
    try:
        judge(act, whose, actor, other_admins=other_admins)
    except Refused as refused:
        return type(refused)
    return None


@pytest.mark.parametrize("state", SINCE)
def test_each_act_fits_some_states_only(state: str):
    """Nothing can be done to a deleted account; only a disabled one is enabled, only a waiting one activated."""
    assert state_of(account(state)) == state
    possible = {kind for kind in KINDS if refusal(Act(kind=kind), account(state)) is None}
    if refusal(Act(kind="change_role", role="seller"), account(state)) is None:
        possible.add("change_role")
    assert (
        possible
        == {
            "active": {"disable", "delete", "change_role"},
            "waiting": {"disable", "delete", "change_role", "activate"},
            "disabled": {"enable", "delete", "change_role"},
            "deleted": set(),
        }[state]
    )


@pytest.mark.parametrize("act", [Act(kind="disable"), Act(kind="delete"), Act(kind="change_role", role="buyer")])
def test_nobody_does_away_with_themself(act: Act):
    """However many admins there are; another admin, or an operator, does."""
    mine = account(id=ADMIN.user_id, role="admin")
    assert refusal(act, mine, other_admins=5) is Forbidden
    assert refusal(act, mine, Actor("c" * 24), other_admins=5) is None
    assert refusal(act, mine, OPERATOR, other_admins=5) is None


@pytest.mark.parametrize("act", [Act(kind="disable"), Act(kind="delete"), Act(kind="change_role", role="buyer")])
@pytest.mark.parametrize("actor", [ADMIN, OPERATOR])
def test_the_last_admin_stays(act: Act, actor: Actor):
    """Whoever asks. One who cannot sign in is no admin that a shop could have left, and may go."""
    assert refusal(act, account(role="admin"), actor, other_admins=0) is Conflict
    assert refusal(act, account("waiting", role="admin"), actor, other_admins=0) is None
    if act.kind != "disable":
        assert refusal(act, account("disabled", role="admin"), actor, other_admins=0) is None
    assert refusal(act, account(role="seller"), actor, other_admins=0) is None


@pytest.mark.parametrize("role", ROLES)
def test_the_role_that_somebody_has_already_is_no_change(role: Any):
    """Nothing is noted, and nobody is refused: not even an admin who stays one."""
    act = Act(kind="change_role", role=role)
    assert judge(act, account(role=role, id=ADMIN.user_id), ADMIN, other_admins=0) is None


def test_an_act_is_noted_with_who_did_it_and_what_it_changed():
    """By id: an audit trail outlives the names in it."""
    event = judge(Act(kind="change_role", role="seller"), account(), ADMIN, other_admins=1)
    assert event is not None
    assert (event.kind, event.ok, event.user_id, event.actor_id) == ("change_role", True, "b" * 24, "a" * 24)
    assert event.visitor == ADMIN.visitor
    assert event.detail == {"by": "admin", "before": "buyer", "after": "seller"}
    event = judge(Act(kind="disable", reason="fraud"), account(), OPERATOR, other_admins=1)
    assert event is not None
    assert (event.actor_id, event.detail) == (None, {"by": "operator", "reason": "fraud"})
    assert event.email is None


def test_a_refused_act_is_noted_with_the_code():
    """As one that failed."""
    event = noted(Act(kind="delete"), account(), ADMIN, refused="conflict")
    assert (event.ok, event.detail) == (False, {"by": "admin", "refused": "conflict"})


def test_an_act_without_its_role_cannot_be_made():
    """Nor one with a role that it does not set."""
    for kind, role in (("change_role", None), ("disable", "buyer")):
        with pytest.raises(ValueError, match="role"):
            Act(kind=kind, role=role)
