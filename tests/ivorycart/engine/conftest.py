"""A running engine for each test, and no noise in its log."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.ivorycart.engine.running import RunningEngine, serving


@pytest.fixture
async def engine() -> AsyncIterator[RunningEngine]:
    """Serve with the usual limits."""
    async with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def no_noise(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Any:
    """Nothing that a client does may end up as a warning or a traceback in the log."""
    caplog.set_level(logging.WARNING)
    yield
    if "logs_faults" not in request.fixturenames:
        assert [r.getMessage() for r in caplog.get_records("call") if r.name != "asyncio" or r.exc_info] == []


@pytest.fixture
def logs_faults() -> None:
    """Mark a test whose own handler fails: that is logged, and should be."""
