"""`python -m app export BODY DIR`."""

from argparse import Namespace
from typing import cast

from sqlalchemy import NullPool, create_engine, select

from app.core.db import read_session_factory, transaction, write_session_factory
from app.domain.bodies.models import Body
from app.domain.preservation import actions
from app.package.export import export_record_of_body
from app.server.database_urls import with_embedded_database_if_unset
from app.settings import Settings
from app.worker.subscriptions import queue_jobs


def run_export(settings: Settings, args: Namespace) -> int:
    """Export the whole record of a body as of one instant, and note the export in the journal.

    Raises ValueError for an unknown body.
    """
    keys = settings.list_public_keys_by_purpose()
    with with_embedded_database_if_unset(settings, "owner_database_url") as resolved:
        options = {"options": "-c search_path=portal,jobs -c timezone=UTC"}
        engine = create_engine(cast("str", resolved.owner_database_url), poolclass=NullPool, connect_args=options)
        snapshot_engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with transaction(read_session_factory(snapshot_engine)) as session:
            body = session.scalar(select(Body).where(Body.code == args.body))
            if body is None:
                codes = ", ".join(session.scalars(select(Body.code).order_by(Body.code)))
                raise ValueError(f"there is no body {args.body}: {codes}")
            store = resolved.open_store()
            result = export_record_of_body(session, store, body, args.folder.absolute(), keys, resolved.portal_url)
        with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
            actions.record_export(session, body.id, result.digest)
        engine.dispose()
    print(
        f"{result.files} files, {result.rows} rows and {result.lines} lines of the journal"
        f" of {args.body} in {args.folder}."
    )
    return 0
