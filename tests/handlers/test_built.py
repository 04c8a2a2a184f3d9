"""The production form of the browser's side: served while it is of what is there, and only then."""

import base64
import gzip
import hashlib
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

from handlers.built import KEPT_COOKIE
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
    return web.json_response({"id": "7", "name": EVIL, "category": "home/décor & more"})


async def products(request: web.Request) -> web.Response:
    """Answer with what was asked for."""
    return web.json_response({"items": [], "asked": request.query.get("category")})


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
        app.add_routes([*site.routes(), web.get("/api/products/", products), web.get("/api/products/{id}", product)])
        return await aiohttp_client(app)

    return start


async def form_of(client: Client, path: str = "/") -> str:
    """Return which form the page comes in, empty for the plain modules."""
    found = re.search(r"/built/([0-9a-f]{16})/app\.js", await (await client.get(path)).text())
    return found[1] if found else ""


def hash_of(text: str) -> str:
    """Return how a policy names what stands in a page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


async def test_the_page_names_what_its_room_needs_and_all_of_it_may_be_kept_for_ever(shop: Open) -> None:
    """For who has it in the cache: the core, the room of the asked path, and what it reads, each as a file."""
    client = await shop()
    page = await client.get("/product/5f0af8238b2d82ea5f0af823", cookies={KEPT_COOKIE: await form_of(client)})
    text = await page.text()
    named = re.findall(r'(?:href|src)="(/built/[^"]+)"', text)
    assert [Path(name).name for name in named] == ["app.css", "shop.css", "app.js", "shop.js", "socket.js", "app.js"]
    assert "importmap" not in text
    assert "<style" not in text
    assert "script-src 'self'; style-src 'self';" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-cache"
    for name in named:
        answer = await client.get(name)
        assert (answer.status, answer.headers["Cache-Control"]) == (200, FOR_EVER), name
        assert "X-Content-Type-Options" in answer.headers


@pytest.mark.parametrize("path", ["/product/5f0af8238b2d82ea5f0af823", "/order/cart", "/seller"])
@pytest.mark.parametrize("kept", [None, "0" * 16, "no version"])
async def test_a_first_visit_has_all_it_needs_within_the_page(shop: Open, path: str, kept: str | None) -> None:
    """And lets in just that, by its hash; the files that it names for later are there, and are what it holds."""
    client = await shop()
    page = await client.get(path, cookies={KEPT_COOKIE: kept} if kept else {})
    text = await page.text()
    (script,) = re.findall(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    assert not re.findall(r'rel="stylesheet"|src="', text.replace(script, ""))
    styles = re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)
    policy = page.headers["Content-Security-Policy"]
    assert f"script-src 'self' {hash_of(script)};" in policy
    assert f"style-src 'self' {' '.join(map(hash_of, styles))};" in policy
    assert page.headers["Vary"] == "Accept-Encoding, Cookie"
    found = re.search('<meta name="ivorycart-files" content="([^"]+)">', text)
    assert found
    files = [await (await client.get(name)).text() for name in found[1].split()]
    sheets = [file for name, file in zip(found[1].split(), files, strict=True) if name.endswith(".css")]
    assert [sheet.split("/*# source")[0] for sheet in sheets] == styles
    assert len(script) > len(files[1])  # the core and the room in one


async def test_a_first_visits_page_is_one_compressed_text(shop: Open) -> None:
    """Its beginning is compressed once for all, its end each time: a browser reads them as one."""
    client = await shop()
    async with ClientSession(auto_decompress=False) as http:
        async with http.get(client.make_url("/product/7"), headers={"Accept-Encoding": "identity"}) as answer:
            plain = await answer.read()
        async with http.get(client.make_url("/product/7"), headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            packed = await answer.read()
    assert gzip.decompress(packed) == plain
    assert b'data-path="/api/products/7"' in plain
    assert len(packed) < len(plain) * 0.4
    assert len(packed) < len(gzip.compress(plain)) * 1.02


async def test_a_shop_paid_by_cards_lets_stripe_in_on_its_built_page_too(
    project: Path, aiohttp_client: AiohttpClient
) -> None:
    """Else the built form would refuse the script that the plain one takes."""
    site = Site(project / "static", project / "node_modules", project / ".web", with_stripe=True)
    app = web.Application()
    app.add_routes(site.routes())
    page = await (await aiohttp_client(app)).get("/order/payment")
    assert "/built/" in await page.text()
    assert re.search("script-src 'self' 'sha256-[^;]* https://js.stripe.com;", page.headers["Content-Security-Policy"])


async def test_the_page_brings_along_what_its_first_screen_reads(shop: Open) -> None:
    """As anybody is answered, and as data; what is refused is left out."""
    client = await shop()
    text = await (await client.get("/product/7", headers={"Authorization": "Bearer x"})).text()
    given = re.findall(r'<script type="application/json" data-path="/api/products/7">(.*?)</script>', text)
    assert [json.loads(each)["name"] for each in given] == [EVIL]
    assert EVIL not in text
    # what is asked for by a field of that answer
    (same,) = re.findall(
        r'data-path="/api/products/\?category=home%2Fd%C3%A9cor%20%26%20more[^"]*">(.*?)</script>', text
    )
    assert json.loads(same)["asked"] == "home/décor & more"
    for path in ("/product/8", "/product/7?colour=blue", "/nowhere"):
        assert 'data-path="/' not in await (await client.get(path, headers=VISIT)).text()


async def test_a_path_cannot_put_anything_into_the_page(shop: Open) -> None:
    """What the page repeats of its address is an address."""
    text = await (await (await shop()).get('/product/"><script>alert(1)<%2Fscript>{version}')).text()
    assert "alert(1)" not in text


async def test_what_the_rooms_take_of_the_core_is_there(shop: Open, project: Path) -> None:
    """Every part that a script takes of a layer is one that the layer puts there, and every import leads to a file."""
    version = await form_of(await shop())
    folder = project / ".web" / version
    rooms = sorted((folder / "rooms").glob("*.js"))
    firsts = sorted((folder / "first").glob("*.js"))
    assert len(rooms) == len(firsts) == len(list((project / "static/pages").glob("*/room.js")))
    for script in (folder / "app.js", folder / "more.js", *rooms, *firsts):
        for path in re.findall(r'\b(?:from|import)\s*\(?"([\w./-]+\.js)"', script.read_text()):
            assert path.startswith(f"/built/{version}/"), script.name
            assert (folder / path.removeprefix(f"/built/{version}/")).is_file(), (script.name, path)
    layers = {"app": puts(folder / "app.js", "app"), "more": puts(folder / "more.js", "more")}
    assert all(layers.values())
    for script in (folder / "more.js", *rooms):
        taken = takes(script)
        assert any(layer == "app" for layer, _ in taken)
        assert all(name in layers[layer] for layer, name in taken), script.name
        if any(layer == "more" for layer, _ in taken):
            assert f'import"/built/{version}/more.js"' in script.read_text(), script.name
    for script in firsts:  # rooms that come later take of what came within the page
        assert puts(script, "app") == layers["app"], script.name
        assert puts(script, "more") in (set(), layers["more"]), script.name
    assert {f"/built/{version}/rooms/{room.name}" for room in rooms} <= set(
        re.findall(r'import\("([^"]+)"\)', (folder / "app.js").read_text())
    )


def puts(script: Path, layer: str) -> set[str]:
    """Return what a script leaves for those that come later."""
    found = re.search(rf'\.layers"\)\]\?\?=\{{\}}\)\.{layer}=\{{([^}}]*)\}}', script.read_text())
    return {each.split(":")[0] for each in found[1].split(",")} if found else set()


def takes(script: Path) -> set[tuple[str, str]]:
    """Return the layers and the names that a script takes."""
    found = re.findall(r'\{([^{}]*)\}=globalThis\[Symbol\.for\("ivorycart\.layers"\)\]\.(\w+)', script.read_text())
    return {(layer, each.split(":")[0]) for names, layer in found for each in names.split(",")}


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
        f"{version}/first/shop.js",
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
