"""What is asked of a database before a process uses it, or its owner migrates it. Each refusal is one line."""

import psycopg
from sqlalchemy import NullPool, create_engine

from app.core.database.encoding import require_utf8
from app.core.database.schema_revision import PORTAL_HISTORY
from app.core.database.session_settings import require_session_per_connection
from app.core.db import CONNECT_TIMEOUT, to_libpq_address
from app.http.restore_hold import require_no_restore_hold


def require_usable_database(url: str) -> None:
    """Raise ValueError if the record is in doubt, or a pooler shares sessions; psycopg.OperationalError if the database
    does not answer."""
    require_no_restore_hold(url)
    require_session_per_connection(to_libpq_address(url))


def require_migrated_database(url: str) -> None:
    """Raise SchemaOutdated if the portal's database lacks a migration."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_TIMEOUT})
    with engine.connect() as connection:
        PORTAL_HISTORY.require_current(connection)


def require_migratable_database(url: str) -> None:
    """Raise ValueError unless the database can be migrated: it is in UTF-8, and no pooler shares sessions.

    Asked without SQLAlchemy, which does not understand what a database in another encoding answers.
    """
    address = to_libpq_address(url)
    with psycopg.connect(address, connect_timeout=CONNECT_TIMEOUT) as connection:
        require_utf8(connection)
    require_session_per_connection(address)
