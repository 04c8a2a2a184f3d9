"""Shapes of what payment providers send, and are answered."""

from typing import Literal

from handlers.payloads.fields import Answer


class WebhookAnswer(Answer):
    """An event was taken."""

    received: Literal[True]
