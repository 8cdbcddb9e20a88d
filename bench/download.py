"""A released file through nginx with an authorisation request to the read path, compared with plain nginx."""

import hashlib
import os
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text

from app.core.signing import Signer
from app.core.storage import open_store
from app.settings import Settings
from bench.catalogue import (
    CLIENTS,
    PORT,
    ROUNDS,
    WORKERS,
    build_request,
    measure_rate,
    run_read_path,
    send_once,
    sign_manifests,
)
from bench.catalogue import wait_until_all_are_ready as until_ready
from bench.filling import record_rows, wait_until_arrived
from bench.results import Measured
from tests.nginx_server import run_nginx

FRONT, PLAIN = PORT + 2, PORT + 3
SIZE = 1024 * 1024
ALONE = (
    "server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} access_log off; sendfile on; tcp_nopush on; }}"
)
RELEASED = text(
    """
    WITH made AS (
        INSERT INTO release.output
            (id, slug, symbol, kind, body, body_names, meeting, titles, original, adopted_on, adopted_how, addressees,
             released_at)
        VALUES (gen_random_uuid(), 'LARGE', 'LARGE', 'report', 'cwg-internet', '{}', 30, '{"en": "Large"}', 'en',
            now(), 'meeting', '{membership}', now())
        RETURNING id
    )
    INSERT INTO release.file (output_id, language, sha256, size, media, name)
    SELECT id, 'en', :sha256, :size, 'application/pdf', 'large.pdf' FROM made
    """
)


def measure(settings: Settings, engine: Engine, folder: Path, cookie: str, sign: Signer) -> list[Measured]:
    """Measure both alternately on the same machine; return the ratios of the rates."""
    content = os.urandom(SIZE)
    (folder / "plain").mkdir()
    source = folder / "plain" / "large.pdf"
    source.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    open_store(settings.release_store_url).put(source, sha256)
    with engine.begin() as connection:
        connection.execute(RELEASED, {"sha256": sha256, "size": SIZE})
        record_rows(connection)
    sign_manifests(engine, sign)
    wait_until_arrived(engine, settings)
    payload = build_request(cookie, FRONT, "/outputs/LARGE/files/en")
    plain_request = build_request("", PLAIN, "/large.pdf")
    with run_read_path(settings, CWG_READ_URL=f"http://127.0.0.1:{FRONT}", CWG_FILES_FRONT="/_files") as process:
        (folder / "nginx").mkdir()
        with run_nginx(
            folder / "nginx",
            FRONT,
            more=ALONE.format(port=PLAIN, folder=folder / "plain"),
            workers=WORKERS,
            CWG_PORTAL_HOST="localhost",
            CWG_READ_HOST="127.0.0.1",
            CWG_PORTAL_AT=f"127.0.0.1:{PORT}",
            CWG_READ_AT=f"127.0.0.1:{PORT}",
            CWG_STORE=folder / "nothing",
            CWG_RELEASE_STORE=folder / "release",
        ):
            until_ready(process, build_request(cookie, FRONT), FRONT)
            if not send_once(payload, FRONT).endswith(content):
                raise RuntimeError("what came is not the file")
            pairs = [(measure_rate(payload, FRONT), measure_rate(plain_request, PLAIN)) for _ in range(ROUNDS)]
    ours, plain = (median(rates) for rates in zip(*pairs, strict=True))
    how = f"1 MiB, signed in, {CLIENTS} clients, {WORKERS} workers; {ours:.0f}/s against {plain:.0f}/s of nginx alone"
    return [("download_ratio", [each / alone for each, alone in pairs], "", how)]
