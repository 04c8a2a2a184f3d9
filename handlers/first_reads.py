"""What a page's first screen asks the API for, answered with the page itself: one round trip less on a slow network.

Each is what anybody would be answered, by the same route, counted against the same limits; what does not come in time
or is refused is left out, and the page asks for it as it always would.
"""

import asyncio
import html
import json
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ivorycart.rate_limits import counting
from models.errors import Refused

PATIENCE = 0.5  # seconds; a page does not wait for a database that is away
NO_HEADERS: CIMultiDict[str] = CIMultiDict({hdrs.ACCEPT: "application/json"})


async def first_reads(request: web.Request, addresses: Sequence[str]) -> list[tuple[str, str]]:
    """Return what the API answers to anybody at some addresses, those that it does answer, as JSON.

    ``{name}`` in an address is the part of that name of the request's path, else a field of another's answer.
    """
    known: dict[str, str] = dict(request.match_info)
    found: list[tuple[str, str]] = []
    try:
        with counting():  # they count, but the page itself is no request that has a limit to tell of
            async with asyncio.timeout(PATIENCE):
                at_once = {url for each in addresses if (url := _filled(each, known))}
                found += await _answered(request, at_once)
                if len(at_once) < len(addresses):
                    told = {name: value for _, answer in found for name, value in _words(answer)}
                    later = {url for each in addresses if (url := _filled(each, told | known))}
                    found += await _answered(request, later - at_once)
    except TimeoutError:
        pass  # what has come is taken
    return found


def _filled(address: str, known: Mapping[str, str]) -> str | None:
    try:
        return address.format_map({name: quote(value, safe="") for name, value in known.items()})
    except KeyError:
        return None


def _words(answer: str) -> Iterable[tuple[str, str]]:
    body = json.loads(answer)
    return [(name, value) for name, value in body.items() if isinstance(value, str) and value]


async def _answered(request: web.Request, urls: Iterable[str]) -> list[tuple[str, str]]:
    asked = sorted(urls)
    answers = await asyncio.gather(*(_read(request, url) for url in asked))
    return [(url, answer) for url, answer in zip(asked, answers, strict=True) if answer is not None]


async def _read(request: web.Request, url: str) -> str | None:
    own: CIMultiDictProxy[str] = CIMultiDictProxy(NO_HEADERS)  # nothing of what the visitor's browser says of them
    seen: Any = {"remote": request.remote, "scheme": request.scheme, "host": request.host}
    inner = request.clone(method=hdrs.METH_GET, rel_url=URL(url, encoded=True), headers=own, **seen)
    match = await request.app.router.resolve(inner)
    match.add_app(request.app)
    inner._match_info = match  # noqa: SLF001 - as the framework does where it tries another path
    try:
        answer = await match.handler(inner)
    except (Refused, web.HTTPException):
        return None
    if not isinstance(answer, web.Response) or answer.status != HTTPStatus.OK:
        return None
    return answer.text


def as_elements(answers: Iterable[tuple[str, str]]) -> Iterable[str]:
    """Yield an element for each answer: data, which no browser runs, and from which no text can break out."""
    for url, text in answers:
        inert = text.replace("<", "\\u003c")
        yield f'<script type="application/json" data-path="{html.escape(url)}">{inert}</script>'
