"""`python -m app copy FOLDER`: export the catalogue as plain, signed files; `--follow` keeps them up to date.

`--public` exports the catalogue of the public instead of that of the members.

The command needs what the read path needs (its database role, its store, the public keys) and the key that signs.
"""

import time
from argparse import Namespace
from pathlib import Path
from typing import cast

import structlog

from app.asgi.pages import Pages
from app.asgi.static import Assets
from app.core.db import make_engine, readers
from app.core.errors import Unavailable
from app.core.signing import Signer
from app.core.store import open_store
from app.dissemination.catalogue import Catalogue
from app.dissemination.keeper import Keeper
from app.dissemination.library import TEMPLATES
from app.dissemination.static_copy import StaticCopy
from app.domain.releases.models import Audience
from app.housing import housed
from app.settings import Settings

log = structlog.get_logger()
LOOK = 1.0
"""Seconds between two checks for a newer catalogue."""


def copy(settings: Settings, asked: Namespace) -> int:
    """Write the static copy once or, with `--follow`, again after each release until SIGTERM or SIGINT."""
    settings.insist_on_working()
    with housed(settings, "reader_database_url") as resolved:
        engine = make_engine(cast("str", resolved.reader_database_url), pool=1, application="cwg-copy")
        signer = Signer.of(resolved.portal_url, resolved.signing_key.get_secret_value(), resolved.previous_public_keys)
        audience = Audience.PUBLIC if asked.public else Audience.MEMBERS
        keeper = Keeper(cast("str", resolved.reader_database_url), readers(engine), signer.keys)
        pages = Pages(TEMPLATES, side="reading", public_url=resolved.read_url, assets=Assets())
        static_copy = StaticCopy(pages, open_store(resolved.release_store_url), signer, resolved.read_url)
        try:
            _write_and_report(static_copy, keeper.catalogues()[audience], asked.folder)
            if asked.follow:
                _follow(static_copy, keeper, audience, asked.folder)
        finally:
            engine.dispose()
    return 0


def _write_and_report(static_copy: StaticCopy, catalogue: Catalogue, folder: Path) -> None:
    """Write the copy and print how many files there are and how many changed."""
    written = static_copy.write(catalogue, folder)
    number = catalogue.head.number if catalogue.head else 0
    print(f"Number {number} of the catalogue: {written.files} files, of which {written.changed} changed.", flush=True)


def _follow(static_copy: StaticCopy, keeper: Keeper, audience: Audience, folder: Path) -> None:
    """Write each new catalogue until SIGTERM or SIGINT; a copy that cannot be written is tried again."""
    written = keeper.catalogues()[audience]
    keeper.start()
    try:
        while True:
            current = keeper.catalogues()[audience]
            if current is not written:
                try:
                    _write_and_report(static_copy, current, folder)
                    written = current
                except (Unavailable, OSError):
                    log.exception("the copy could not be written; it is tried again")
            time.sleep(LOOK)
    finally:
        keeper.stop()
