"""`python -m app copy FOLDER`: the catalogue as plain files, signed; with `--follow` it is kept up to date.

With `--public` it is the catalogue of the public.

It is given what the read path is given (its database role, its store, the public keys) and the key that signs.
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
"""Seconds between two looks at whether there is another catalogue."""


def copy(settings: Settings, asked: Namespace) -> int:
    """Write the copy, and go on writing it if asked to."""
    settings.insist_on_working()
    with housed(settings, "reader_database_url") as ours:
        engine = make_engine(cast("str", ours.reader_database_url), pool=1, application="cwg-copy")
        signer = Signer.of(ours.portal_url, ours.signing_key.get_secret_value(), ours.previous_public_keys)
        audience = Audience.PUBLIC if asked.public else Audience.MEMBERS
        keeper = Keeper(cast("str", ours.reader_database_url), readers(engine), signer.keys)
        pages = Pages(TEMPLATES, side="reading", public_url=ours.read_url, assets=Assets())
        made = StaticCopy(pages, open_store(ours.release_store_url), signer, ours.read_url)
        try:
            _told(made, keeper.catalogues()[audience], asked.folder)
            if asked.follow:
                _follow(made, keeper, audience, asked.folder)
        finally:
            engine.dispose()
    return 0


def _told(made: StaticCopy, catalogue: Catalogue, folder: Path) -> None:
    written = made.write(catalogue, folder)
    number = catalogue.head.number if catalogue.head else 0
    print(f"Number {number} of the catalogue: {written.files} files, of which {written.changed} changed.", flush=True)


def _follow(made: StaticCopy, keeper: Keeper, audience: Audience, folder: Path) -> None:
    """Until SIGTERM or SIGINT. What cannot be written now is tried again."""
    done = keeper.catalogues()[audience]
    keeper.start()
    try:
        while True:
            held = keeper.catalogues()[audience]
            if held is not done:
                try:
                    _told(made, held, folder)
                    done = held
                except (Unavailable, OSError):
                    log.exception("the copy could not be written; it is tried again")
            time.sleep(LOOK)
    finally:
        keeper.stop()
