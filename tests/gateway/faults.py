"""What goes wrong with the gateway, as a test asks for it.

hang_before, hang_after    does not answer, before or after it did what was asked
error_before, error_after  answers 500; with `saved` it will do so under this key for ever
drop_before, drop_after    closes the connection instead of answering
rate_limit                 answers 429
garbage                    did it, and answers something that is no JSON
odd                        did it, and answers JSON of another shape
slow_body                  answers, its head at once and its body `seconds` later
delay                      waits `seconds`, then goes on
"""

import asyncio
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "hang_before",
    "hang_after",
    "error_before",
    "error_after",
    "drop_before",
    "drop_after",
    "rate_limit",
    "garbage",
    "odd",
    "slow_body",
    "delay",
]
LONGEST_HANG = 120.0


@dataclass
class Fault:
    """A fault of one operation (`create`, `confirm`, `capture`, `cancel`, `refund`, `get`, `list` …) or of `any`."""

    on: str
    kind: Kind
    times: int = 1
    seconds: float = 0.2
    saved: bool = False


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._on: list[Fault] = []
        self._over = asyncio.Event()
        self.down = False

    def add(self, fault: Fault) -> None:
        """Switch a fault on."""
        self._on.append(fault)

    def take(self, operation: str) -> Fault | None:
        """Return the fault of this call, if it has one; it is used up by so many calls."""
        for fault in self._on:
            if fault.on in {operation, "any"} and fault.times:
                fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        """Switch all off, and let those go on that hang."""
        self._on.clear()
        self._over.set()
        self._over = asyncio.Event()

    async def hang(self) -> None:
        """Wait until the faults are cleared."""
        try:
            async with asyncio.timeout(LONGEST_HANG):
                await self._over.wait()
        except TimeoutError:
            return
