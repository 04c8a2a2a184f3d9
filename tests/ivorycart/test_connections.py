"""Who is connected: sockets by owner, and what they watch."""

from dataclasses import replace

from ivorycart.connections import Connection, Connections, User
from models.identity import owner_of_session, owner_of_user

ADA = User("0" * 24, "ada@shop.test", "Ada", "buyer", float("inf"))


def test_all_sockets_of_an_owner_are_found():
    """Two tabs of one session, and somebody else's."""
    connections = Connections()
    for sid, session in (("a1", "ada"), ("a2", "ada"), ("b1", "bob")):
        connections.add(Connection(sid, session))
    assert {each.sid for each in connections.of_owner(owner_of_session("ada"))} == {"a1", "a2"}
    assert connections.of_owner(owner_of_session("nobody")) == []
    assert len(connections) == 3


def test_signing_in_moves_a_socket_to_its_user():
    """The cart it works on is the user's from then on; the session stays known."""
    connections = Connections()
    connections.add(Connection("a1", "ada"))
    changed = connections.change("a1", user=ADA)
    assert changed is not None
    assert changed.session == "ada"
    assert connections.of_owner(owner_of_session("ada")) == []
    assert [each.sid for each in connections.of_owner(owner_of_user(ADA.id))] == ["a1"]


def test_equal_lists_of_what_is_watched_are_kept_once():
    """Ten thousand windows on one page of the shop do not keep ten thousand lists."""
    connections = Connections()
    for sid in ("one", "two"):
        connections.add(Connection(sid, sid, watch=frozenset({"tea", "cup"})))
    one, two = connections.get("one"), connections.get("two")
    assert one
    assert two
    assert one.watch is two.watch
    connections.change("one", watch=None)
    assert len(list(connections.watches)) == 1


def test_what_has_gone_leaves_nothing_behind():
    """Ten thousand visitors later the books are as empty as before; leaving twice is fine."""
    connections = Connections()
    for number in range(100):
        connections.add(Connection(str(number), f"s{number}", watch=frozenset({"tea"})))
    for number in range(100):
        connections.remove(str(number))
        connections.remove(str(number))
    assert (connections._by_sid, connections._by_owner, list(connections.watches)) == ({}, {}, [])
    assert connections.change("1", user=ADA) is None
    assert connections.get("1") is None


def test_asking_for_strangers_fills_no_memory():
    """A look-up is no entry."""
    connections = Connections()
    connections.of_owner(owner_of_session("stranger"))
    connections.remove("stranger")
    assert connections._by_owner == {}


def test_sockets_may_leave_while_one_goes_through_them():
    """The walk is over those who were there when it began."""
    connections = Connections()
    for sid in "abc":
        connections.add(Connection(sid, sid))
    for each in connections:
        connections.remove(each.sid)
    assert len(connections) == 0


def test_a_socket_whose_token_has_run_out_hears_nothing_more_of_its_user():
    """It may be in other hands by now."""
    connections = Connections()
    connections.add(Connection("a1", "ada", replace(ADA, expires_at=1.0)))
    assert list(connections.of_owner(owner_of_user(ADA.id))) == []
