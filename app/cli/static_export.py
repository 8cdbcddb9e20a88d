"""`python -m app copy FOLDER`: export the catalogue as plain, signed files; `--follow` keeps them up to date.

`--public` exports the catalogue of the public instead of that of the members.

The command needs what the read path needs (its database role, its store, the public keys) and the key that signs
releases.
"""

import time
from argparse import Namespace
from pathlib import Path
from typing import cast

import structlog

from app.core.db import create_database_engine, read_session_factory
from app.core.errors import Unavailable
from app.core.signing import SigningPurpose
from app.dissemination.catalogue import Catalogue
from app.dissemination.refresh import CatalogueRefresher
from app.dissemination.static_export import StaticExport
from app.domain.releases.models import Audience
from app.http.server_state import TEMPLATE_FOLDER
from app.http.static_files import StaticAssets
from app.http.templates import PageTemplates
from app.server.database_urls import with_embedded_database_if_unset
from app.settings import Settings

log = structlog.get_logger()
POLL_SECONDS = 1.0
"""Seconds between two checks for a newer catalogue."""


def export_static_copy(settings: Settings, args: Namespace) -> int:
    """Write the static copy once or, with `--follow`, again after each release until SIGTERM or SIGINT."""
    settings.require_keys(signing=(SigningPurpose.RELEASES,), verifying=(SigningPurpose.LEDGER,))
    with with_embedded_database_if_unset(settings, "reader_database_url") as resolved:
        engine = create_database_engine(
            cast("str", resolved.reader_database_url), pool_size=1, application_name="cwg-copy"
        )
        signer = resolved.build_signer(SigningPurpose.RELEASES)
        audience = Audience.PUBLIC if args.public else Audience.MEMBERS
        refresher = CatalogueRefresher(
            cast("str", resolved.reader_database_url), read_session_factory(engine), signer.public_keys
        )
        pages = PageTemplates(TEMPLATE_FOLDER, side="reading", public_url=resolved.read_url, assets=StaticAssets())
        ledger_keys = resolved.get_public_keys(SigningPurpose.LEDGER)
        static_copy = StaticExport(pages, resolved.open_release_store(), signer, ledger_keys, resolved.read_url)
        try:
            _write_and_report(static_copy, refresher.get_catalogues()[audience], args.folder)
            if args.follow:
                _follow(static_copy, refresher, audience, args.folder)
        finally:
            engine.dispose()
    return 0


def _write_and_report(static_copy: StaticExport, catalogue: Catalogue, folder: Path) -> None:
    """Write the copy and print how many files there are and how many changed."""
    written = static_copy.write_copy(catalogue, folder)
    number = catalogue.head.number if catalogue.head else 0
    print(f"Number {number} of the catalogue: {written.files} files, of which {written.changed} changed.", flush=True)


def _follow(static_copy: StaticExport, refresher: CatalogueRefresher, audience: Audience, folder: Path) -> None:
    """Write each new catalogue until SIGTERM or SIGINT; a copy that cannot be written is tried again."""
    written = refresher.get_catalogues()[audience]
    refresher.start()
    try:
        while True:
            current = refresher.get_catalogues()[audience]
            if current is not written:
                try:
                    _write_and_report(static_copy, current, folder)
                    written = current
                except (Unavailable, OSError):
                    log.exception("the copy could not be written; it is tried again")
            time.sleep(POLL_SECONDS)
    finally:
        refresher.stop()
