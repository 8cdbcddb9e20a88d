"""A released file through nginx with an authorisation request to the read path, compared with plain nginx."""

import hashlib
import os
from pathlib import Path
from statistics import median

from sqlalchemy import Engine

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
from bench.filling import insert_output, record_rows, wait_until_arrived
from bench.front import run_front
from bench.results import Measured

FRONT, PLAIN = PORT + 2, PORT + 3
SIZE = 1024 * 1024
ALONE = (
    "server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; }} access_log off; sendfile on; tcp_nopush on; }}"
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
        insert_output(connection, "LARGE", {"en": "Large"}, {"en": sha256}, SIZE, "membership")
        record_rows(connection)
    sign_manifests(engine, sign)
    wait_until_arrived(engine, settings)
    payload = build_request(cookie, FRONT, "/outputs/LARGE/files/en")
    plain_request = build_request("", PLAIN, "/large.pdf")
    alone = ALONE.format(port=PLAIN, folder=folder / "plain")
    with (
        run_read_path(settings, CWG_READ_URL=f"http://127.0.0.1:{FRONT}", CWG_FILES_FRONT="/_files") as process,
        run_front(settings, folder, FRONT, more=alone, workers=WORKERS),
    ):
        until_ready(process, build_request(cookie, FRONT), FRONT)
        if not send_once(payload, FRONT).endswith(content):
            raise RuntimeError("what came is not the file")
        pairs = [(measure_rate(payload, FRONT), measure_rate(plain_request, PLAIN)) for _ in range(ROUNDS)]
    ours, plain = (median(rates) for rates in zip(*pairs, strict=True))
    how = f"1 MiB, signed in, {CLIENTS} clients, {WORKERS} workers; {ours:.0f}/s against {plain:.0f}/s of nginx alone"
    return [("download_ratio", [each / alone for each, alone in pairs], "", how)]
