"""How large a test is: short as all tests are, or whole where the fault suite runs it (`bench.faults.by_tests`)."""

import os
from collections.abc import Callable

from bench.faults.by_tests import WHOLE

Ran = Callable[[str, int], None]  # the fixture `ran`: what, and how many


def extent(short: int, whole: int) -> int:
    """Return the size of something here and now."""
    return whole if os.environ.get(WHOLE) else short
