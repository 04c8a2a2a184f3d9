"""nginx's configuration as it is mounted into the container: nginx takes it, and it does what it says."""

import asyncio
import os
import re
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from io import BytesIO
from pathlib import Path

import pytest
import yaml
from aiohttp import ClientSession, ClientTimeout, WSServerHandshakeError, web
from aiohttp.test_utils import TestServer, unused_port

from bench.root import ROOT
from tests.deploy.tools import tool
from tests.patience import PATIENCE

NAME = web.AppKey("name", str)
HEARD = web.AppKey("heard", list[str])
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


def configured(folder: Path, site: str, upstreams: str, changed: Mapping[str, str] | None = None) -> Path:
    """Put the files where the container has them, but below a folder, and on ports that are free.

    The template is filled in as its image does it. ``changed`` is what else is to be another; each must be there.
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
        " 8080": f" 127.0.0.1:{unused_port()}",
        "127.0.0.1:8081": f"127.0.0.1:{unused_port()}",
        "worker_processes auto": "worker_processes 1",
        "${SHOP_UPSTREAMS}": upstreams,
        "${SHOP_NAME}": "_",
        "${SHOP_URL}": "https://shop.example",
        "${SHOP_BALANCER}": "unix:",
        **(changed or {}),
    }
    found = re.compile("|".join(map(re.escape, places)))
    sources = {name: FOLDER / name for name in ("nginx.conf", "zones.conf", "shop.conf")}
    texts = {
        name: source.read_text()
        for name, source in {**sources, "conf.d/site.conf": FOLDER / f"site-{site}.conf.template"}.items()
    }
    for each in changed or {}:
        assert any(each in text for text in texts.values()), each
    for name, text in texts.items():
        filled = found.sub(lambda match: places[match[0]], text)
        assert "${" not in filled
        (folder / name).write_text(filled)
    return folder / "nginx.conf"


@pytest.mark.parametrize("site", ["tls", "plain"])
def test_nginx_takes_the_configuration(site: str, tmp_path: Path) -> None:
    """With a certificate, and without."""
    upstreams = "server 127.0.0.1:5001 max_fails=3 fail_timeout=2s; server 127.0.0.1:5002;"
    file = configured(tmp_path / "nginx", site, upstreams)
    checked = subprocess.run([tool("nginx"), "-t", "-c", str(file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr.replace("test", ""), checked.stderr


def test_the_composition_fills_in_all_of_a_template() -> None:
    """What it leaves out would stay there as it is written, and nginx would not start."""
    nginx = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["nginx"]
    for site in ("tls", "plain"):
        named = re.findall(r"\$\{(\w+)\}", (FOLDER / f"site-{site}.conf.template").read_text())
        assert set(named) <= set(nginx["environment"])
        assert all(re.match(nginx["environment"]["NGINX_ENVSUBST_FILTER"], name) for name in named)
    assert nginx["environment"]["SHOP_BALANCER"] == "${BALANCER:-unix:}"  # nobody: as it is tested here


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
    """nginx on free ports, before two servers that say what they were asked."""

    def __init__(self, port: int, tls_port: int, hosts: list[TestServer]) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.tls_url = f"https://127.0.0.1:{tls_port}"
        self.hosts = hosts

    @property
    def heard(self) -> list[str]:
        """The paths that either server was asked for."""
        return [path for host in self.hosts for path in host.app[HEARD]]


async def tell(request: web.Request) -> web.Response:
    """Say what came."""
    request.app[HEARD].append(request.path)
    return web.json_response({"headers": dict(request.headers), "path": request.path, "host": request.app[NAME]})


async def upgrade(request: web.Request) -> web.WebSocketResponse:
    """Say by a socket what came."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_json({"headers": dict(request.headers)})
    async for message in socket:
        await socket.send_str(message.data)
    return socket


@asynccontextmanager
async def fronted(folder: Path, site: str, changed: Mapping[str, str] | None = None) -> AsyncIterator[Front]:
    """Run it before both servers."""
    hosts = []
    for name in ("one", "two"):
        app = web.Application(client_max_size=10**8)
        app[NAME], app[HEARD] = name, []
        app.router.add_get("/socket.io/", upgrade)
        app.router.add_route("*", "/{tail:.*}", tell)
        hosts.append(TestServer(app))
        await hosts[-1].start_server()
    port, tls_port, alive = unused_port(), unused_port(), unused_port()
    upstreams = " ".join(f"server 127.0.0.1:{host.port} max_fails=3 fail_timeout=2s;" for host in hosts)
    ports = {" 8080": f" 127.0.0.1:{port}", "127.0.0.1:8081": f"127.0.0.1:{alive}"}
    if site == "tls":
        ports[" 8443"] = f" 127.0.0.1:{tls_port}"
    file = configured(folder, site, upstreams, {**ports, **(changed or {})})
    user = " user root;" if os.getuid() == 0 else ""  # another one may not go into the test's folder
    process = await asyncio.create_subprocess_exec(
        *(tool("nginx"), "-c", str(file), "-g", f"daemon off;{user}"),
        start_new_session=True,
    )
    async with asyncio.timeout(PATIENCE), ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{alive}/alive") as answer:
                    assert answer.status == 204
                    break
            except OSError:
                assert process.returncode is None
                await asyncio.sleep(0.05)
    try:
        yield Front(port, tls_port, hosts)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
        for host in hosts:
            await host.close()


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    """Run it as it is where nobody has TLS."""
    async with fronted(tmp_path / "nginx", "plain") as running:
        yield running


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


async def test_tls_ends_here_and_leads_to_the_shops_own_address(tmp_path: Path) -> None:
    """Sockets, too. Who comes without is sent where PUBLIC_URL is, whatever host and port were asked for."""
    url = {"${SHOP_URL}": "https://shop.example:8443/"}
    async with fronted(tmp_path / "nginx", "tls", url) as front, ClientSession() as http:
        asked = {"Host": "evil.example"}
        async with http.post(f"{front.url}/a?b=c", headers=asked, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (308, "https://shop.example:8443/a?b=c")
        assert not front.heard
        trusting = ssl.create_default_context(cafile=str(tmp_path / "nginx" / "tls_certificate"))
        trusting.check_hostname = False
        async with http.get(f"{front.tls_url}/api/x", ssl=trusting, headers={"X-Forwarded-Proto": "http"}) as answer:
            came = (await answer.json())["headers"]
        assert came["X-Forwarded-Proto"] == "https"
        assert f"https://{came['X-Forwarded-Host']}" == front.tls_url
        address = f"{front.tls_url}/socket.io/?EIO=4&transport=websocket"
        async with http.ws_connect(address, ssl=trusting) as socket:
            assert (await socket.receive_json())["headers"]["X-Forwarded-Proto"] == "https"
            await socket.send_str("2probe")
            assert await socket.receive_str() == "2probe"


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"GET /slow HTTP/1.1\r\nHost: shop.example\r\nX-Slow: ", id="header"),
        pytest.param(b"POST /slow HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 99\r\n\r\nslow", id="body"),
    ],
)
async def test_who_stops_in_the_middle_is_hung_up_on(begun: bytes, tmp_path: Path) -> None:
    """And the shop never hears of it. The times are shorter here than they are."""
    times = {
        "client_header_timeout 10s": "client_header_timeout 1s",
        "client_body_timeout 15s": "client_body_timeout 1s",
    }
    async with fronted(tmp_path / "nginx", "plain", times) as front, asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.write(begun)
        with suppress(ConnectionResetError):  # what ran out of time is reset
            assert not (await reader.read()).startswith(b"HTTP/1.1 2")
        writer.close()
        assert not front.heard


BEHIND = {"${SHOP_BALANCER}": "127.0.0.0/8"}


async def test_behind_a_balancer_address_and_scheme_are_what_it_says(tmp_path: Path) -> None:
    """The last address outside its network is the one that it wrote; what its client made up stands before that."""
    async with fronted(tmp_path / "nginx", "plain", BEHIND) as front, ClientSession() as http:
        for scheme, seen in (("https", "https"), ("http", "http"), ("https, http", "http"), ("gopher", "http")):
            said = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7, 127.0.0.5", "X-Forwarded-Proto": scheme}
            async with http.get(f"{front.url}/api/x", headers=said) as answer:
                came = (await answer.json())["headers"]
            assert (came["X-Forwarded-For"], came["X-Forwarded-Proto"]) == ("198.51.100.7", seen)
        # not told whose it is, it is nobody's word
        async with http.get(f"{front.url}/api/x", headers={"X-Forwarded-Proto": "https"}) as answer:
            came = (await answer.json())["headers"]
        assert (came["X-Forwarded-For"], came["X-Forwarded-Proto"]) == ("127.0.0.1", "http")


async def test_a_flood_from_one_address_is_refused_and_hurts_no_other(tmp_path: Path) -> None:
    """Requests and connections are counted by the address of who asks; the numbers are smaller here than they are."""
    few = {"zone=shop_requests:10m rate=100r/s": "zone=shop_requests:10m rate=1r/m", "burst=400": "burst=5"}
    few |= {"limit_conn shop_connections 500": "limit_conn shop_connections 3"}
    async with fronted(tmp_path / "nginx", "plain", BEHIND | few) as front, ClientSession() as http:

        async def statuses(address: str, times: int) -> list[int]:
            found = []
            for _ in range(times):
                async with http.get(f"{front.url}/api/x", headers={"X-Forwarded-For": address}) as answer:
                    found.append(answer.status)
            return found

        assert await statuses("203.0.113.9", 8) == [200] * 6 + [429] * 2
        assert await statuses("203.0.113.10", 1) == [200]
        assert await statuses("127.0.0.1", 20) == [200] * 20  # of this machine: not counted

        address = f"{front.url}/socket.io/?EIO=4&transport=websocket"
        flooding = {"X-Forwarded-For": "203.0.113.11"}
        sockets = [await http.ws_connect(address, headers=flooding) for _ in range(3)]
        with pytest.raises(WSServerHandshakeError) as refused:
            await http.ws_connect(address, headers=flooding)
        assert refused.value.status == 429
        sockets.append(await http.ws_connect(address, headers={"X-Forwarded-For": "203.0.113.12"}))
        for socket in sockets:
            await socket.close()
