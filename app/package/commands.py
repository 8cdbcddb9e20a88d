"""`python -m app export BODY DIR`."""

from argparse import Namespace
from typing import cast

from sqlalchemy import NullPool, create_engine, select

from app.core.db import readers, transaction, writers
from app.core.signing import Signer
from app.core.store import open_store
from app.domain.bodies.models import Body
from app.domain.preservation import actions
from app.housing import housed
from app.jobs.reactions import react
from app.package.make import make
from app.settings import Settings


def export(settings: Settings, asked: Namespace) -> int:
    """Export the whole record of a body as of one instant, and note the export in the journal.

    Raises ValueError for an unknown body.
    """
    settings.insist_on_secrets("signing_key")
    keys = Signer.of(settings.portal_url, settings.signing_key.get_secret_value(), settings.previous_public_keys).keys
    with housed(settings, "owner_database_url") as resolved:
        options = {"options": "-c search_path=portal,jobs -c timezone=UTC"}
        engine = create_engine(cast("str", resolved.owner_database_url), poolclass=NullPool, connect_args=options)
        snapshot_engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with transaction(readers(snapshot_engine)) as session:
            body = session.scalar(select(Body).where(Body.code == asked.body))
            if body is None:
                codes = ", ".join(session.scalars(select(Body.code).order_by(Body.code)))
                raise ValueError(f"there is no body {asked.body}: {codes}")
            store = open_store(resolved.store_url)
            result = make(session, store, body, asked.folder.absolute(), keys, resolved.portal_url)
        with transaction(writers(engine, {"react": react})) as session:
            actions.note_exported(session, body.id, result.digest)
        engine.dispose()
    print(
        f"{result.files} files, {result.rows} rows and {result.lines} lines of the journal"
        f" of {asked.body} in {asked.folder}."
    )
    return 0
