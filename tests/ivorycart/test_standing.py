"""What tokens are worth after their session ended or their account changed."""

from dataclasses import replace

import pytest

from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.accounts.standing import Identity, Standing
from ivorycart.accounts.tokens import Tokens
from ivorycart.connections import User
from models.errors import NotAuthenticated
from models.feed import AccountChanged, SessionEnded

ADA = User("a" * 24, "ada@shop.test", "Ada", "buyer", 2e9, "1" * 24)
BOB = replace(ADA, id="b" * 24, session_id="2" * 24)


@pytest.fixture
def now():
    """Make a clock that stands still until it is moved."""
    return [100.0]


@pytest.fixture
def standing(now):
    """Remember for a minute."""
    return Standing(60.0, clock=lambda: now[0])


def test_a_session_that_ended_is_worth_nothing(standing):
    """Another one of the same user is."""
    standing.ended(SessionEnded(ADA.session_id, ADA.id, "signed_out"))
    assert standing.applied(ADA) is None
    other = replace(ADA, session_id="3" * 24)
    assert standing.applied(other) == other
    assert standing.applied(BOB) == BOB


def test_a_role_is_the_present_one_whatever_the_token_says(standing):
    """The last change counts; a barred account may do nothing until it is let in again."""
    standing.changed(AccountChanged(ADA.id, "seller", barred=False, email=ADA.email))
    assert standing.applied(ADA) == replace(ADA, role="seller")
    standing.changed(AccountChanged(ADA.id, "seller", barred=True, email=ADA.email))
    assert standing.applied(ADA) is None
    standing.changed(AccountChanged(ADA.id, "admin", barred=False, email=ADA.email))
    assert standing.applied(ADA) == replace(ADA, role="admin")


def test_an_address_is_the_present_one_whatever_the_token_says(standing):
    """So that nothing more is mailed to the one before."""
    standing.changed(AccountChanged(ADA.id, "buyer", barred=False, email="new@shop.test"))
    assert standing.applied(ADA) == replace(ADA, email="new@shop.test")


def test_what_no_token_can_be_affected_by_any_more_is_forgotten(standing, now):
    """So that memory does not grow; what is younger stays."""
    for number in range(100):
        now[0] += 1
        standing.ended(SessionEnded(f"{number:024}", ADA.id, "signed_out"))
        standing.changed(AccountChanged(f"{number:024}", "seller", barred=False, email=ADA.email))
    assert len(standing._ended) == len(standing._changed) == 61
    assert standing.applied(replace(ADA, session_id=f"{99:024}")) is None
    now[0] += 1000
    standing.ended(SessionEnded("9" * 24, ADA.id, "signed_out"))
    standing.changed(AccountChanged("9" * 24, "seller", barred=False, email=ADA.email))
    assert len(standing._ended) == len(standing._changed) == 1


def test_a_change_of_a_change_keeps_the_order_of_times(standing, now):
    """An account that changes again is as young as its last change."""
    standing.changed(AccountChanged(ADA.id, "seller", barred=False, email=ADA.email))
    now[0] += 50
    standing.changed(AccountChanged(BOB.id, "seller", barred=False, email=ADA.email))
    standing.changed(AccountChanged(ADA.id, "admin", barred=False, email=ADA.email))
    now[0] += 50
    standing.ended(SessionEnded("9" * 24, ADA.id, "signed_out"))
    assert standing.applied(ADA) == replace(ADA, role="admin")
    assert standing.applied(BOB) == replace(BOB, role="seller")


def test_a_token_names_whom_it_says_as_of_now(standing):
    """Signed and in time is not enough."""
    identity = Identity(Tokens("s" * 32, seconds=60), standing)
    claims = {"email": ADA.email, "name": ADA.name, "role": ADA.role}
    token = identity.tokens.issue(user_id=ADA.id, session_id=ADA.session_id, **claims)
    assert identity.of(token).id == ADA.id
    standing.ended(SessionEnded(ADA.session_id, ADA.id, "signed_out"))
    with pytest.raises(NotAuthenticated):
        identity.of(token)


def test_a_token_of_a_mail_is_good_for_its_purpose_alone():
    """And for the shop that made it; 256 bits of it cannot be guessed."""
    made, other = MailTokens("s" * 32), MailTokens("t" * 32)
    token = made.token("reset", "a" * 24)
    assert made.request_id("reset", token) == "a" * 24
    assert made.request_id("activation", token) is None
    assert other.request_id("reset", token) is None
    assert made.request_id("reset", "b" * 24 + token[24:]) is None
    assert len(token.partition(".")[2]) == 43
    assert token == made.token("reset", "a" * 24)  # a second try of the mail carries the same link
