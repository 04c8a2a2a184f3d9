"""The table of permissions."""

import pytest

from models.roles import ALLOWED, NOBODY, ROLES, Permission, may


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_says_who_has_it(permission):
    """One entry each, of roles that exist; nobody has what no signed-in person has."""
    assert ALLOWED[permission]
    assert ALLOWED[permission] <= {NOBODY, *ROLES}
    if NOBODY in ALLOWED[permission]:
        assert ALLOWED[permission] == {NOBODY, *ROLES}


def test_only_admins_see_to_the_accounts_of_others():
    """And sellers alone, beside them, to stock."""
    assert [role for role in (None, *ROLES) if may(role, Permission.MANAGE_USERS)] == ["admin"]
    assert [role for role in (None, *ROLES) if may(role, Permission.MANAGE_STOCK)] == ["seller", "admin"]
