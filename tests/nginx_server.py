"""The real nginx with our configuration, before doors on ports of this machine. Skipped where there is none."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from socket import create_connection
from time import monotonic, sleep

import pytest

from tests.waiting import end

NGINX = which("nginx") or "/usr/sbin/nginx"
needs_nginx = pytest.mark.skipif(not Path(NGINX).exists(), reason="nginx is not installed: apt-get install nginx-light")
OURS = Path(__file__).parents[1] / "deploy" / "nginx"
AROUND = """
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
def nginx(folder: Path, port: int, *, more: str = "", workers: int = 1, **names: object) -> Iterator[Path]:
    """Listen on that port as deploy/nginx says; `names` are those of its template. Yields what it logs as errors."""
    listen = folder / "listen.conf"
    listen.write_text(f"listen 127.0.0.1:{port};\n")
    only_one = {f"{name}_2": names[name] for name in ("CWG_PORTAL_AT", "CWG_READ_AT")}
    told = {"CWG_LISTEN": listen, "CWG_NGINX": OURS} | only_one | names
    written = (OURS / "cwg.conf.template").read_text(encoding="utf-8")
    for name, value in told.items():  # as envsubst does: nginx has names with a dollar sign of its own
        written = written.replace(f"${{{name}}}", str(value))
    (folder / "cwg.conf").write_text(written.replace("/dev/stdout", f"{folder}/access.log"))
    user = "user root;" if os.geteuid() == 0 else ""
    around = folder / "nginx.conf"
    around.write_text(AROUND.format(folder=folder, user=user, more=more, workers=workers))
    with subprocess.Popen([NGINX, "-e", folder / "error.log", "-c", around], stderr=subprocess.PIPE) as process:
        try:
            _until_it_listens(process, port)
            yield folder / "error.log"
        finally:
            end(process)


def _until_it_listens(process: "subprocess.Popen[bytes]", port: int) -> None:
    give_up = monotonic() + 20
    while True:
        try:
            create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or monotonic() > give_up:
                raise RuntimeError(f"nginx does not listen: {process.stderr and process.stderr.read()!r}") from None
            sleep(0.02)
