"""What the tests of the ledger share."""

import pytest

from tests.ivorycart.ledger.ledger_fakes import Clock


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Hold the ledger's clock."""
    return Clock(monkeypatch)
