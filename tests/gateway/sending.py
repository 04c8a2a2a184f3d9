"""Signed webhooks, sent on demand, as a provider sends them: several times, in any order, all at once."""

import asyncio
import hashlib
import hmac
import json
import random
import time
from typing import Any

import aiohttp


def signature(body: bytes, secret: str, at: int) -> str:
    """Sign a body by the scheme v1: HMAC-SHA256 of the time, a dot, and the body."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def send_all(
    events: list[dict[str, Any]], url: str, secret: str, *, times: int, shuffled: bool, together: bool, age: int
) -> list[list[Any]]:
    """Send each event so many times; return id and status of each answer. ``age``: seconds, of the signature."""
    sent = [event for event in events for _ in range(times)]
    if shuffled:
        random.shuffle(sent)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        if together:
            return list(await asyncio.gather(*(_send(session, each, url, secret, age) for each in sent)))
        return [await _send(session, each, url, secret, age) for each in sent]


async def _send(session: aiohttp.ClientSession, event: dict[str, Any], url: str, secret: str, age: int) -> list[Any]:
    body = json.dumps(event).encode()
    headers = {"Stripe-Signature": signature(body, secret, int(time.time()) - age), "Content-Type": "application/json"}
    async with session.post(url, data=body, headers=headers) as answer:
        await answer.read()
        return [event["id"], answer.status]
