"""The page and its files: what is served, what is refused, and the headers around them."""

import asyncio
import base64
import hashlib
import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient
from yarl import URL

from handlers.pages import PAGES, Site, import_map
from handlers.security_headers import content_security_policy, security_headers

Client = TestClient[web.Request, web.Application]

STATIC = Path(__file__).parents[2] / "static"
INDEX = '<script type="importmap">{"imports": {"toy": "/npm/toy/toy.mjs"}}</script>'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a page, a package, and things nobody may fetch."""
    files = {
        "static/index.html": INDEX,
        "static/app.js": "export const answer = 42;\n" * 50,
        "static/styles/a.css": "a{}",
        "static/.env.js": "secret",
        "static/.git/a.js": "secret",
        "static/notes.txt": "secret",
        "secret.js": "secret",
        "packages/toy/toy.mjs": "export {};",
        "packages/toy/toy.mjs.map": "{}",
        "packages/toy/other.mjs": "secret",
        "packages/toy/package.json": "secret",
        "packages/@fontsource-variable/x/files/x.woff2": "font",
        "packages/@fontsource-variable/x/index.css": "secret",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "static/outside.js").symlink_to(tmp_path / "secret.js")
    return tmp_path


@pytest.fixture
async def client(tree: Path, aiohttp_client: AiohttpClient) -> Client:
    """Serve the tree as the composition root does."""
    return await aiohttp_client(serving(tree))


def serving(tree: Path) -> web.Application:
    """Return what serves a tree, inside the fence of headers."""
    site = Site(tree / "static", tree / "packages", tree / "built")
    app = web.Application(middlewares=[security_headers(import_map(tree / "static")), site.not_found()])
    app.add_routes(site.routes())
    return app


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        *((page.replace("{id}", "7"), "text/html") for page in PAGES),
        ("/static/app.js", "text/javascript"),
        ("/static/styles/a.css", "text/css"),
        ("/npm/toy/toy.mjs", "text/javascript"),
        ("/npm/toy/toy.mjs.map", "application/json"),
        ("/npm/@fontsource-variable/x/files/x.woff2", "font/woff2"),
    ],
)
async def test_what_the_page_needs_is_served_with_its_type(client: Client, path: str, kind: str) -> None:
    """Browsers told not to sniff run and draw only what is labelled right."""
    response = await client.get(path)
    assert (response.status, response.content_type) == (200, kind)


@pytest.mark.parametrize(
    "path",
    [
        "/static/missing.js",
        "/static/styles",
        "/static/styles/",
        "/static/",
        "/static/index.html",
        "/static/notes.txt",
        "/static/.env.js",
        "/static/.git/a.js",
        "/static/outside.js",
        "/static/%2e%2e/secret.js",
        "/static/..%2fsecret.js",
        "/static/%2e%2e%2fsecret.js",
        "/static/styles/..%2f..%2fsecret.js",
        "/static/%2fetc%2fpasswd.js",
        "/static/..%5csecret.js",
        "/static/app.js%00.css",
        "/static/" + "a" * 5000 + ".js",
        "/npm/toy/other.mjs",
        "/npm/toy/package.json",
        "/npm/toy",
        "/npm/toy/..%2ftoy/other.mjs",
        "/npm/@fontsource-variable/x/index.css",
        "/npm/@fontsource-variable/..%2f..%2fsecret.woff2",
    ],
)
async def test_anything_else_is_not_found(client: Client, path: str) -> None:
    """Outside files, hidden files, folders and packages' other files do not exist for browsers."""
    response = await client.get(URL(path, encoded=True))
    assert response.status == 404
    assert "secret" not in await response.text()


@pytest.mark.parametrize("target", ["/static/../secret.js", "/static/styles/../../secret.js", "/npm/../secret.js"])
async def test_dots_sent_as_they_are_lead_nowhere(client: Client, target: str) -> None:
    """A client that does not tidy its paths gets no further."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b" 404 " in answer.splitlines()[0]
    assert b"secret" not in answer


async def test_a_copy_that_still_holds_is_not_sent_again(client: Client) -> None:
    """Files are revalidated by ETag: no stale script after an update, no bytes without one."""
    first = await client.get("/static/app.js")
    again = await client.get("/static/app.js", headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status, await again.read()) == (304, b"")


async def test_a_file_changed_on_disk_is_served_anew(client: Client, tree: Path) -> None:
    """What is kept in memory never outlives the file."""
    before = await client.get("/static/styles/a.css")
    (tree / "static/styles/a.css").write_text("a{color:red}")
    after = await client.get("/static/styles/a.css")
    assert before.headers["ETag"] != after.headers["ETag"]
    assert await after.text() == "a{color:red}"


async def test_text_is_compressed_for_those_who_ask(client: Client, tree: Path) -> None:
    """Both forms carry the same content under different tags."""
    plain = await client.get("/static/app.js", headers={"Accept-Encoding": "identity"})
    packed = await client.get("/static/app.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"])
    assert await packed.read() == await plain.read()


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/static/missing.js", "/nowhere"])
async def test_every_answer_carries_the_security_headers(client: Client, path: str) -> None:
    """Refusals included: an error page can be framed and sniffed, too."""
    headers = (await client.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert {"Referrer-Policy", "Permissions-Policy"} <= set(headers)
    assert "default-src 'none'" in headers["Content-Security-Policy"]


VISIT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_a_person_at_a_wrong_address_gets_a_page_and_a_program_a_refusal(client: Client) -> None:
    """Both are told 404; what asks for a file, the API or another method gets no page."""
    page = await client.get("/nowhere/at/all", headers=VISIT)
    assert (page.status, page.content_type) == (404, "text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for path in ("/api/nowhere", "/static/missing.js", "/npm/toy/other.mjs", "/built/" + "0" * 16 + "/app.js"):
        answer = await client.get(path, headers=VISIT)
        assert answer.status == 404, path
        assert "importmap" not in await answer.text(), path
    refused = [await client.get("/nowhere"), await client.post("/nowhere", headers=VISIT)]
    assert [(answer.status, answer.content_type) for answer in refused] == [(404, "text/plain")] * 2


def test_the_policy_allows_nothing_inline_and_no_eval() -> None:
    """The import map is let in by its hash; nothing else is."""
    text = import_map(STATIC)
    policy = content_security_policy([text])
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}'" in policy
    assert not re.search("unsafe|\\*|https?:", policy)


def test_the_policy_opens_for_stripe_only_where_the_shop_is_paid_by_it() -> None:
    """Its script, its frames and its API; markup from strings stays refused, and nothing inline is let in."""
    text = import_map(STATIC)
    strict, opened = (_directives(content_security_policy([text], with_stripe=paid)) for paid in (False, True))
    assert "stripe" not in str(strict)
    assert opened["script-src"] == [*strict["script-src"], "https://js.stripe.com"]
    assert opened["frame-src"] == ["https://js.stripe.com", "https://hooks.stripe.com"]
    assert opened["connect-src"] == ["'self'", "https://api.stripe.com"]
    assert opened["trusted-types"] == ["default"]
    changed = {"script-src", "frame-src", "connect-src", "trusted-types"}
    assert {name: words for name, words in opened.items() if name not in changed} == {
        name: words for name, words in strict.items() if name not in changed
    }


def _directives(policy: str) -> dict[str, list[str]]:
    return {name: words for name, *words in (each.split() for each in policy.split("; "))}


def test_the_page_names_only_files_that_exist() -> None:
    """No dead link in the head: each would be an error in the console."""
    html = (STATIC / "index.html").read_text()
    named = re.findall(r'(?:href|src)="/static/([^"]+)"', html)
    assert named
    assert [name for name in named if not (STATIC / name).is_file()] == []


def test_the_server_answers_the_paths_that_the_page_knows() -> None:
    """A room that only one of them knows is a dead link, or leads to the shop."""
    places = (STATIC / "pages/places.js").read_text()
    known = [re.sub(r":(\w+)", r"{\1}", path) for path in re.findall(r'^  \["(/[^"]*)", "', places, re.MULTILINE)]
    assert known == list(PAGES)


def test_a_page_without_an_import_map_stops_the_start(tmp_path: Path) -> None:
    """Better no start than a page that the policy breaks."""
    (tmp_path / "index.html").write_text("<p>")
    with pytest.raises(ValueError, match="import map"):
        import_map(tmp_path)
