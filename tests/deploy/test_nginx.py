"""nginx's configuration as it is mounted into the container: nginx takes it, and it does what it says."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout, web
from aiohttp.test_utils import TestServer, unused_port

from bench.root import ROOT
from tests.deploy.tools import tool
from tests.patience import PATIENCE

NAME = web.AppKey("name", str)
FOLDER = ROOT / "deploy" / "nginx"


def certificate(folder: Path) -> None:
    """Make a certificate that nobody trusts."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "1", "-subj", "/CN=shop.example"),
            *("-keyout", str(folder / "tls_key"), "-out", str(folder / "tls_certificate")),
        ],
        check=True,
        capture_output=True,
    )


def configured(folder: Path, site: str, upstreams: str, *, port: int = 0, alive: int = 0) -> Path:
    """Put the files where the container has them, but below a folder, and on ports that are free.

    The template is filled in as its image does it.
    """
    for each in ("conf.d", "tmp"):
        (folder / each).mkdir(parents=True)
    certificate(folder)
    (folder / "mime.types").write_text("types { text/html html; }\n")
    places = {
        "/etc/nginx": str(folder),
        "/run/secrets": str(folder),
        "/dev/stdout": f"{folder}/access.log",
        "/tmp": f"{folder}/tmp",  # noqa: S108 - the container's
        "[::]:8443 ssl": f"127.0.0.1:{unused_port()} ssl",
        "[::]:8080": f"127.0.0.1:{unused_port()}",
        " 8443": f" 127.0.0.1:{unused_port()}",
        " 8080": f" 127.0.0.1:{port or unused_port()}",
        "127.0.0.1:8081": f"127.0.0.1:{alive or unused_port()}",
        "worker_processes auto": "worker_processes 1",
        "${SHOP_UPSTREAMS}": upstreams,
        "${SHOP_NAME}": "_",
    }
    found = re.compile("|".join(map(re.escape, places)))
    sources = {name: FOLDER / name for name in ("nginx.conf", "zones.conf", "shop.conf")}
    for name, source in {**sources, "conf.d/site.conf": FOLDER / f"site-{site}.conf.template"}.items():
        text = found.sub(lambda match: places[match[0]], source.read_text())
        assert "${" not in text
        (folder / name).write_text(text)
    return folder / "nginx.conf"


@pytest.mark.parametrize("site", ["tls", "plain"])
def test_nginx_takes_the_configuration(site: str, tmp_path: Path) -> None:
    """With a certificate, and without."""
    upstreams = "server 127.0.0.1:5001 max_fails=3 fail_timeout=2s; server 127.0.0.1:5002;"
    file = configured(tmp_path / "nginx", site, upstreams)
    checked = subprocess.run([tool("nginx"), "-t", "-c", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr.replace("test", ""), checked.stderr


def test_what_others_include_has_no_address() -> None:
    """It serves another topology as well."""
    shared = "".join((FOLDER / name).read_text() for name in ("shop.conf", "zones.conf"))
    directives = re.sub(r"#.*", "", shared)
    loopback = r"127\.0\.0\.0/8|::1/128"
    assert not re.search(r"\d+\.\d+\.\d+\.\d+|\blisten\b|server_name|upstream \w+ \{", re.sub(loopback, "", directives))
    assert set(re.findall(r"proxy_pass (\S+);", directives)) == {"http://shop"}
    # a location with a header of its own would have none of the others
    assert not re.search(r"location[^{]*\{[^}]*proxy_set_header", directives)
    assert "sticky" not in directives
    assert "ip_hash" not in directives


class Front:
    """nginx on a free port, before two servers that say what they were asked."""

    def __init__(self, url: str, hosts: list[TestServer]) -> None:
        self.url = url
        self.hosts = hosts


async def tell(request: web.Request) -> web.Response:
    """Say what came."""
    return web.json_response({"headers": dict(request.headers), "path": request.path, "host": request.app[NAME]})


async def upgrade(request: web.Request) -> web.WebSocketResponse:
    """Say by a socket what came."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_json({"headers": dict(request.headers)})
    async for message in socket:
        await socket.send_str(message.data)
    return socket


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """Run it."""
    hosts = []
    for name in ("one", "two"):
        app = web.Application(client_max_size=10**8)
        app[NAME] = name
        app.router.add_get("/socket.io/", upgrade)
        app.router.add_route("*", "/{tail:.*}", tell)
        hosts.append(TestServer(app))
        await hosts[-1].start_server()
    port, alive = unused_port(), unused_port()
    upstreams = " ".join(f"server 127.0.0.1:{host.port} max_fails=3 fail_timeout=2s;" for host in hosts)
    file = configured(tmp_path / "nginx", "plain", upstreams, port=port, alive=alive)
    user = " user root;" if os.getuid() == 0 else ""  # another one may not go into the test's folder
    process = await asyncio.create_subprocess_exec(
        *(tool("nginx"), "-c", str(file), "-g", f"daemon off;{user}"),
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    async with asyncio.timeout(PATIENCE), ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{alive}/alive") as answer:
                    assert answer.status == 204
                    break
            except OSError:
                assert process.returncode is None
                await asyncio.sleep(0.05)
    yield Front(url, hosts)
    os.killpg(process.pid, signal.SIGTERM)
    await process.wait()
    for host in hosts:
        await host.close()


async def test_what_a_client_says_of_itself_is_overwritten(front: Front) -> None:
    """The shop believes this proxy; so nothing of the client's own may come through it."""
    lies = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=203.0.113.9;host=evil.example",
        "X-Real-IP": "203.0.113.9",
        "Via": "1.1 evil.example",
        "Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }
    async with ClientSession() as http, http.get(f"{front.url}/api/x", headers=lies) as answer:
        came = (await answer.json())["headers"]
        assert "nginx/" not in answer.headers["Server"]
    assert came["X-Forwarded-For"] == "127.0.0.1"
    assert came["X-Forwarded-Proto"] == "http"
    assert f"http://{came['X-Forwarded-Host']}" == front.url == f"http://{came['Host']}"
    assert not {"Forwarded", "X-Real-IP", "Via", "Traceparent"} & came.keys()
    assert "203.0.113.9" not in str(came)


async def test_sockets_go_through_to_any_host_and_figures_do_not(front: Front) -> None:
    """With the same headers; what is for operators is not for everybody."""
    async with ClientSession() as http:
        async with http.ws_connect(f"{front.url}/socket.io/?EIO=4&transport=websocket") as socket:
            came = (await socket.receive_json())["headers"]
            assert came["X-Forwarded-For"] == "127.0.0.1"
            await socket.send_str("2probe")
            assert await socket.receive_str() == "2probe"
        for path in ("/metrics", "/readyz"):
            async with http.get(front.url + path) as answer:
                assert answer.status == 404
                assert "headers" not in await answer.text()


async def test_a_host_that_is_away_is_left_for_the_other(front: Front) -> None:
    """A post is asked for at the other one as well, as long as nobody has heard it."""
    await front.hosts[0].close()
    async with ClientSession() as http:
        for _ in range(6):
            async with http.post(f"{front.url}/api/x", json={}) as answer:
                assert (await answer.json())["host"] == "two"


async def test_bodies_have_the_shops_own_limits(front: Front) -> None:
    """A picture is let through where pictures go, and nowhere else."""
    async with ClientSession(timeout=ClientTimeout(PATIENCE)) as http:
        for path, size, status in (
            ("/api/orders/", 66_000, 200),  # the shop refuses it in its own words
            ("/api/orders/", 200_000, 413),
            (f"/api/products/{'a' * 24}/images", 5_300_000, 200),
            (f"/api/products/{'a' * 24}/images", 7_000_000, 413),
            ("/api/products/import", 8_000_000, 200),
        ):
            async with http.post(front.url + path, data=BytesIO(b"x" * size)) as answer:
                assert answer.status == status, (path, size)


async def test_addresses_are_logged_without_their_query(front: Front, tmp_path: Path) -> None:
    """What is in the link of a mail is a key."""
    async with ClientSession() as http, http.get(f"{front.url}/reset?token=secretive") as answer:
        assert answer.status == 200
    log = tmp_path / "nginx" / "access.log"
    async with asyncio.timeout(PATIENCE):
        while "/reset" not in log.read_text():
            await asyncio.sleep(0.05)
    assert "secretive" not in log.read_text()
