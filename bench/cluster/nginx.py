"""nginx's configuration: the project's own template, and around it what a process of our own needs."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from bench.root import ROOT

TEMPLATE = ROOT / "deploy" / "nginx" / "shop.conf.template"
_PARAMETER = re.compile(r"\$\{(SHOP_[A-Z]+)\}")
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
    include {folder}/shop.conf;
}}
"""


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its parameters filled in; KeyError names one that has no value."""
    return _PARAMETER.sub(lambda found: values[found[1]], template)


def servers(hosts: list[str]) -> str:
    """Return the app hosts as nginx has them: passed over for 5 s after two failures."""
    return "\n    ".join(f"server {host} max_fails=2 fail_timeout=5s;" for host in hosts)


def write(folder: Path, listen: str, hosts: list[str]) -> Path:
    """Write the configuration into a folder; return its file."""
    folder.mkdir(exist_ok=True)
    values = {"SHOP_LISTEN": f"{listen} backlog=4096", "SHOP_SERVERS": servers(hosts), "SHOP_TLS": ""}
    (folder / "shop.conf").write_text(filled(TEMPLATE.read_text(), values))
    # The folder may lie where another user does not get through.
    user = "user root root;\n" if os.geteuid() == 0 else ""
    main = folder / "nginx.conf"
    main.write_text(_MAIN.format(folder=folder, user=user))
    return main
