"""nginx in front of the read path as in `deploy/nginx`, with a second server of plain files for comparison."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from app.settings import Settings
from bench.catalogue import PORT
from tests.nginx_server import run_nginx


@contextmanager
def run_front(settings: Settings, folder: Path, port: int, *, more: str, workers: int = 1) -> Iterator[int]:
    """Run nginx in a folder, with the files of the release store and `more` of its configuration; yield its process."""
    own = folder / "nginx"
    own.mkdir()
    with run_nginx(
        own,
        port,
        more=more,
        workers=workers,
        CWG_PORTAL_HOST="localhost",
        CWG_READ_HOST="127.0.0.1",
        CWG_PORTAL_AT=f"127.0.0.1:{PORT}",
        CWG_READ_AT=f"127.0.0.1:{PORT}",
        CWG_STORE=folder / "nothing",
        CWG_RELEASE_STORE=urlsplit(settings.release_store_url).path,
    ):
        yield int((own / "nginx.pid").read_text())
