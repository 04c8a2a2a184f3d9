"""What comes over a window's socket, held back until a test lets it through."""

import re
from collections.abc import Callable
from typing import Self

from playwright.async_api import Page, WebSocketRoute, expect

SOCKET = re.compile(r"/socket\.io/.*transport=websocket")
ANSWERS = re.compile(r"43")  # Engine.IO's message, Socket.IO's acknowledgement
EVENTS = re.compile(r"42")  # and its event

Message = str | bytes


class Wire:
    """The messages from the server to one window; what is held keeps its order."""

    def __init__(self) -> None:
        self._held_kinds: tuple[re.Pattern[str], ...] = ()
        self._held: list[Callable[[], None]] = []

    @classmethod
    async def of(cls, page: Page) -> Self:
        """Stand between a window and the server, from a reload on."""
        wire = cls()
        await page.route_web_socket(SOCKET, wire._opened)
        await page.reload()
        await expect(page.locator(".connection")).to_have_attribute("data-state", "live")
        return wire

    def hold(self, *kinds: re.Pattern[str]) -> None:
        """Hold back messages of these kinds from now on."""
        self._held_kinds = kinds

    @property
    def holds(self) -> int:
        """How many messages are held back."""
        return len(self._held)

    def release(self) -> None:
        """Let everything through, what was held first."""
        self._held_kinds = ()
        held, self._held = self._held, []
        for send in held:
            send()

    def _opened(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def from_server(message: Message) -> None:
            if isinstance(message, str) and any(kind.match(message) for kind in self._held_kinds):
                self._held.append(lambda: page_side.send(message))
            else:
                page_side.send(message)

        server_side.on_message(from_server)
