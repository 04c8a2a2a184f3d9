"""The production form of the browser's side: served while it is of what is there, and only then."""

import gzip
import json
import os
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from handlers.pages import Site, import_map
from handlers.security_headers import security_headers

Client = TestClient[web.Request, web.Application]
Open = Callable[[], Awaitable[Client]]

ROOT = Path(__file__).parents[2]
VISIT = {"Accept": "text/html"}
EVIL = "</script><script>alert(1)</script>"
FOR_EVER = "public, max-age=31536000, immutable"


async def product(request: web.Request) -> web.Response:
    """Answer as the API would, with what a seller may have written; it is told who asks."""
    if request.match_info["id"] != "7":
        raise web.HTTPNotFound
    assert "Authorization" not in request.headers
    return web.json_response({"id": "7", "name": EVIL})


def built(project: Path) -> str:
    """Build a project; return the name of its form."""
    subprocess.run(["node", "bundle/build.mjs"], cwd=project, check=True, capture_output=True, timeout=60)
    version: str = json.loads((project / ".web/manifest.json").read_text())["version"]
    return version


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a copy of the project once."""
    project = tmp_path_factory.mktemp("project")
    for name in ("static", "bundle"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "package.json", project)
    (project / "node_modules").symlink_to((ROOT / "node_modules").resolve())
    built(project)
    return project


@pytest.fixture
def project(whole: Path, tmp_path: Path) -> Path:
    """Lay out a built project that a test may change."""
    return Path(shutil.copytree(whole, tmp_path / "project", symlinks=True))


@pytest.fixture
def shop(project: Path, aiohttp_client: AiohttpClient) -> Open:
    """Return a function that starts serving the project."""

    async def start() -> Client:
        site = Site(project / "static", project / "node_modules", project / ".web")
        fence = security_headers(import_map(project / "static"))
        app = web.Application(middlewares=[fence, site.not_found()])
        app.add_routes([*site.routes(), web.get("/api/products/{id}", product)])
        return await aiohttp_client(app)

    return start


async def form_of(client: Client, path: str = "/") -> str:
    """Return which form the page comes in, empty for the plain modules."""
    found = re.search(r"/built/([0-9a-f]{16})/app\.js", await (await client.get(path)).text())
    return found[1] if found else ""


async def test_the_page_names_what_its_room_needs_and_all_of_it_may_be_kept_for_ever(shop: Open) -> None:
    """One round trip for the page and one for the rest: the core, the room of the asked path, and what it reads."""
    client = await shop()
    page = await client.get("/product/5f0af8238b2d82ea5f0af823")
    text = await page.text()
    named = re.findall(r'(?:href|src)="(/built/[^"]+)"', text)
    assert [Path(name).name for name in named] == ["app.css", "shop.css", "app.js", "shop.js", "socket.js", "app.js"]
    assert "importmap" not in text
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-cache"
    for name in named:
        answer = await client.get(name)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, FOR_EVER), name
        assert "X-Content-Type-Options" in answer.headers


async def test_a_shop_paid_by_cards_lets_stripe_in_on_its_built_page_too(
    project: Path, aiohttp_client: AiohttpClient
) -> None:
    """Else the built form would refuse the script that the plain one takes."""
    site = Site(project / "static", project / "node_modules", project / ".web", with_stripe=True)
    app = web.Application()
    app.add_routes(site.routes())
    page = await (await aiohttp_client(app)).get("/order/payment")
    assert "/built/" in await page.text()
    assert "script-src 'self' https://js.stripe.com;" in page.headers["Content-Security-Policy"]


async def test_the_page_brings_along_what_its_first_screen_reads(shop: Open) -> None:
    """As anybody is answered, and as data; what is refused is left out."""
    client = await shop()
    text = await (await client.get("/product/7", headers={"Authorization": "Bearer x"})).text()
    given = re.findall(r'<script type="application/json" data-path="/api/products/7">(.*?)</script>', text)
    assert [json.loads(each)["name"] for each in given] == [EVIL]
    assert EVIL not in text
    for path in ("/product/8", "/product/7?colour=blue", "/nowhere"):
        assert "application/json" not in await (await client.get(path, headers=VISIT)).text()


async def test_a_path_cannot_put_anything_into_the_page(shop: Open) -> None:
    """What the page repeats of its address is an address."""
    text = await (await (await shop()).get('/product/"><script>alert(1)<%2Fscript>{version}')).text()
    assert "alert(1)" not in text


async def test_what_the_core_and_the_rooms_import_of_each_other_is_there(shop: Open, project: Path) -> None:
    """Every export that a script takes of another is one of that one's, and every import leads to a file."""
    folder = project / ".web" / await form_of(await shop())
    rooms = sorted((folder / "rooms").glob("*.js"))
    assert len(rooms) == len(list((project / "static/pages").glob("*/room.js")))
    given = {name: set(re.findall(r"\bas (m\d+_\w+)", (folder / name).read_text())) for name in ("app.js", "more.js")}
    assert all(given.values())
    for script in (folder / "more.js", *rooms):
        for names, source in re.findall(r'import\s*\{([^}]*)\}\s*from\s*"\.\.?/(\w+\.js)"', script.read_text()):
            assert {each.split(" as ")[0].strip() for each in names.split(",")} <= given[source], script.name
    for script in (folder / "app.js", folder / "more.js", *rooms):
        for path in re.findall(r'\b(?:from|import)\s*\(?"(\.\.?/[^"]+)"', script.read_text()):
            assert (script.parent / path).is_file(), (script.name, path)
    assert {f"./rooms/{room.name}" for room in rooms} <= set(
        re.findall(r'import\("([^"]+)"\)', (folder / "app.js").read_text())
    )


async def test_a_changed_source_brings_back_the_plain_modules_at_the_next_load(shop: Open, project: Path) -> None:
    """And the next build its own form, without a restart; what an open window began with stays."""
    client = await shop()
    first = await form_of(client)
    assert first
    source = project / "static/components/mark.js"
    source.write_text(source.read_text() + "// changed\n")
    assert await form_of(client) == ""
    second = built(project)
    assert await form_of(client) == second != first
    assert (await client.get(f"/built/{first}/rooms/shop.js")).status == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda project: (project / "static/new.js").write_text("export {};"),
        lambda project: (project / "static/styles/base.css").unlink(),
        lambda project: (project / "static/index.html").write_text('<script type="importmap">{"imports": {}}</script>'),
        lambda project: (project / ".web/manifest.json").unlink(),
        lambda project: (project / ".web/manifest.json").write_text("{}"),
        lambda project: (project / ".web/manifest.json").write_text("not JSON"),
    ],
)
async def test_any_other_change_is_seen_at_the_start_and_while_serving(
    shop: Open, project: Path, change: Callable[[Path], object]
) -> None:
    """New, gone and changed files, and a manifest that is none."""
    running = await shop()
    assert await form_of(running)
    change(project)
    assert await form_of(running) == ""
    assert await form_of(await shop()) == ""


async def test_a_source_that_was_only_touched_changes_nothing(shop: Open, project: Path) -> None:
    """What counts is the contents: a checkout gives files new times."""
    client = await shop()
    first = await form_of(client)
    os.utime(project / "static/app.js")
    assert await form_of(client) == first


async def test_only_built_files_can_be_asked_for(shop: Open, project: Path) -> None:
    """Not the page by itself, not the manifest, not what lies beside."""
    client = await shop()
    version = await form_of(client)
    (project / ".web/secret.js").write_text("secret")
    for path in (
        "manifest.json",
        f"{version}/index.html",
        f"{version}/app.js.br",
        f"{version}/..%2fsecret.js",
        f"{version}/rooms/..%2f..%2fsecret.js",
        "..%2fstatic/app.js",
        f"{version}/rooms/none.js",
        "0" * 16 + "/app.js",
    ):
        assert (await client.get(f"/built/{path}")).status == 404, path


async def test_built_text_is_compressed_once_as_tightly_as_the_browser_reads(shop: Open, project: Path) -> None:
    """All forms carry the same script, under different tags."""
    client = await shop()
    url = client.make_url(f"/built/{await form_of(client)}/app.js")
    bodies, tags = [], set()
    async with ClientSession(auto_decompress=False) as http:
        for accepted in ("br, gzip", "gzip", "identity"):
            async with http.get(url, headers={"Accept-Encoding": accepted}) as answer:
                assert answer.headers.get("Content-Encoding", "identity") == accepted.split(",")[0]
                bodies.append(await answer.read())
                tags.add(answer.headers["ETag"])
    tight, packed, plain = bodies
    assert len(tight) < len(packed) < len(plain)
    assert tight == next((project / ".web").glob("*/app.js.br")).read_bytes()
    assert gzip.decompress(packed) == plain
    assert len(tags) == 3


def test_building_again_without_a_change_does_nothing(project: Path) -> None:
    """So that every start may ask for it."""
    before = (project / ".web/manifest.json").stat().st_mtime_ns
    built(project)
    assert (project / ".web/manifest.json").stat().st_mtime_ns == before
