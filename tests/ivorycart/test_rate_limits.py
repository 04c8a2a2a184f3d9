"""Rate limits of acts: the eleventh in a minute is refused, for that act and that person alone."""

import pytest

from ivorycart.rate_limits import RateLimits, account_limits, share
from models.errors import RateLimited


def test_the_eleventh_try_in_a_minute_is_refused_with_the_time_to_wait():
    """Between one second and the minute."""
    limits = RateLimits()
    for _ in range(10):
        limits.hit("login", "ada@shop.test")
    with pytest.raises(RateLimited) as caught:
        limits.hit("login", "ada@shop.test")
    assert 1 <= caught.value.details["retry_after"] <= 61


def test_an_address_may_try_ten_times_as_often_as_one_account_is_tried():
    """Behind a proxy one address is the whole shop."""
    limits = RateLimits(account_limits(logins=2))
    for _ in range(20):
        limits.hit("login_address", "10.0.0.1")
    with pytest.raises(RateLimited):
        limits.hit("login_address", "10.0.0.1")


@pytest.mark.parametrize(("limit", "workers", "each"), [(10, 1, 10), (10, 4, 3), (60, 4, 15), (1, 8, 1)])
def test_every_process_has_its_share_of_a_limit_rounded_up(limit: int, workers: int, each: int):
    """Which process answers is left to chance; nobody is locked out because there are many."""
    assert share(limit, workers) == each


def test_others_and_other_acts_are_not_concerned():
    """Nobody is locked out by somebody else's tries."""
    limits = RateLimits({"login": "1/minute", "register": "1/minute"})
    limits.hit("login", "ada")
    limits.hit("login", "bob")
    limits.hit("register", "ada")
    with pytest.raises(RateLimited):
        limits.hit("login", "ada")


def test_refused_tries_do_not_prolong_the_wait():
    """A window that moves on lets one in again, however often one knocked."""
    limits = RateLimits({"login": "1/second"})
    limits.hit("login", "ada")
    for _ in range(50):
        with pytest.raises(RateLimited):
            limits.hit("login", "ada")
    assert len(limits._limiter.storage.events) == 1


def test_an_act_without_a_limit_is_a_mistake_of_the_program():
    """It is not let through in silence."""
    with pytest.raises(KeyError):
        RateLimits().hit("fly", "ada")


@pytest.mark.parametrize("who", ["a/b", "a:b", "a%2Fb", "", "😀" * 50, "login"])
def test_no_name_is_mistaken_for_another(who: str):
    """Whatever characters it is made of."""
    limits = RateLimits({"login": "1/minute"})
    limits.hit("login", who)
    limits.hit("login", who + "x")
    with pytest.raises(RateLimited):
        limits.hit("login", who)
