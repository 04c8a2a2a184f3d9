"""Which providers a shop has, by its settings."""

import subprocess
import sys
from typing import Any

import pytest

from bench.root import ROOT
from ivorycart.payments.chosen import providers_of, webhooks_of
from ivorycart.settings import handed_over

STRIPE = {"stripe_api_key": "sk_test_x"}


@pytest.mark.parametrize(
    ("settings", "offered", "known"),
    [
        ({}, {"sandbox"}, {"sandbox"}),
        ({"demo": True}, {"sandbox"}, {"sandbox"}),
        ({**STRIPE}, {"stripe"}, {"stripe", "sandbox"}),
        ({**STRIPE, "demo": True}, {"stripe", "sandbox"}, {"stripe", "sandbox"}),
    ],
)
async def test_the_sandbox_is_no_company_for_real_money(settings: dict[str, Any], offered: set[str], known: set[str]):
    """It is offered where there is nothing else, and in demos; what was begun with it is settled all the same."""
    chosen = providers_of(handed_over(settings))
    assert (set(chosen.offered), set(chosen.known)) == (offered, known)
    assert all(provider.name == name for name, provider in chosen.known.items())
    await chosen.close()


def test_webhooks_are_taken_where_somebody_signs_them():
    """Without a secret nobody could be believed."""
    assert webhooks_of(handed_over(STRIPE), book=None) is None
    assert webhooks_of(handed_over({**STRIPE, "stripe_webhook_secret": "whsec_" + "x" * 32}), book=None)


def test_whoever_is_not_paid_by_stripe_does_not_load_it():
    """Its library takes half a second and 40 MB: too much for an operator's command, or a shop with the sandbox."""
    loaded = "import sys, handlers.app, ivorycart.payments.chosen; sys.exit('stripe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, timeout=60, check=False).returncode == 0
