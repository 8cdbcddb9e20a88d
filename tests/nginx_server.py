"""The real nginx with our configuration, in front of applications on ports of this machine. Skipped if it is absent."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from socket import create_connection
from time import monotonic, sleep

import pytest

from tests.waiting import stop_process

NGINX = which("nginx") or "/usr/sbin/nginx"
needs_nginx = pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is not installed: apt-get install nginx-light")
NGINX_CONFIGURATION = Path(__file__).parents[1] / "deploy" / "nginx"
MAIN_CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes {workers};
worker_rlimit_nofile 32768;
{user}
events {{ worker_connections 16384; }}
http {{
    types {{ }}
    default_type application/octet-stream;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/cwg.conf;
    {more}
}}
"""


@contextmanager
def run_nginx(folder: Path, port: int, *, more: str = "", workers: int = 1, **names: object) -> Iterator[Path]:
    """Run nginx on a port as in deploy/nginx; `names` are those of the template. Yield the path of its error log."""
    listen = folder / "listen.conf"
    listen.write_text(f"listen 127.0.0.1:{port};\n")
    only_one = {f"{name}_2": names[name] for name in ("CWG_PORTAL_AT", "CWG_READ_AT")}
    values = {"CWG_LISTEN": listen, "CWG_NGINX": NGINX_CONFIGURATION} | only_one | names
    written = (NGINX_CONFIGURATION / "cwg.conf.template").read_text(encoding="utf-8")
    for name, value in values.items():  # as envsubst does: nginx has names of its own with a dollar sign
        written = written.replace(f"${{{name}}}", str(value))
    (folder / "cwg.conf").write_text(written.replace("/dev/stdout", f"{folder}/access.log"))
    user = "user root;" if os.geteuid() == 0 else ""
    main_configuration = folder / "nginx.conf"
    main_configuration.write_text(MAIN_CONFIGURATION.format(folder=folder, user=user, more=more, workers=workers))
    with subprocess.Popen(
        [NGINX, "-e", folder / "error.log", "-c", main_configuration], stderr=subprocess.PIPE
    ) as process:
        try:
            _wait_until_listening(process, port)
            yield folder / "error.log"
        finally:
            stop_process(process)


def _wait_until_listening(process: "subprocess.Popen[bytes]", port: int) -> None:
    give_up = monotonic() + 60
    while True:
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or monotonic() > give_up:
                raise RuntimeError(f"nginx does not listen: {process.stderr and process.stderr.read()!r}") from None
            sleep(0.02)
