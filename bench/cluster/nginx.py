"""nginx's configuration: the deployment's own files, and around them what a process of our own needs."""

import os
from pathlib import Path

from bench.root import ROOT

DEPLOYED = ROOT / "deploy" / "nginx"
ZONES = DEPLOYED / "zones.conf"
SITE = DEPLOYED / "shop.conf"
# Whom the deployment does not count: load comes from the network of the cluster.
_UNCOUNTED = "127.0.0.0/8 1;"
_MAIN = """{user}worker_processes 2;
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/zones.conf;
    upstream shop {{
        zone shop 128k;  # its workers share what they know of the hosts
        least_conn;      # sockets stay for hours: taking turns would leave a host that came back empty
        {servers}
        keepalive 64;
    }}
    server {{
        listen {listen} backlog=4096;
        include {site};
    }}
}}
"""


def servers(hosts: list[str]) -> str:
    """Return the app hosts as nginx has them: passed over for 2 s after three failures."""
    return "\n        ".join(f"server {host} max_fails=3 fail_timeout=2s;" for host in hosts)


def zones(subnet: str) -> str:
    """Return what is counted by whom: load from the cluster's own network is not."""
    text = ZONES.read_text()
    if _UNCOUNTED not in text:
        raise ValueError(f"{ZONES.name} does not say any more who is not counted")
    return text.replace(_UNCOUNTED, f"{_UNCOUNTED}\n    {subnet}.0/24 1;") if subnet else text


def write(folder: Path, listen: str, hosts: list[str], subnet: str) -> Path:
    """Write the configuration into a folder; return its file."""
    folder.mkdir(exist_ok=True)
    (folder / "zones.conf").write_text(zones(subnet))
    # The folder may lie where another user does not get through.
    user = "user root root;\n" if os.geteuid() == 0 else ""
    main = folder / "nginx.conf"
    main.write_text(_MAIN.format(folder=folder, user=user, servers=servers(hosts), listen=listen, site=SITE))
    return main
