"""Restore hold: no server and no worker uses a record that was restored from a backup and may be incomplete.

It is checked at start and on every new database connection of a server: one that starts while its database does not
answer stays alive, and is not ready until a connection shows that there is no hold.
"""

from collections.abc import Sequence

import psycopg
import structlog
from psycopg import errors
from sqlalchemy import Engine, event

from app.core.db import to_libpq_address
from app.core.errors import Unavailable
from app.core.i18n import lazy_gettext as _

log = structlog.get_logger()
RESTORE_HOLD_QUERY = "SELECT doubt FROM release.hold"
PORTAL_RESTORED = "portal-restored"
"""Reason of a hold in the read path's own database."""


class RestoreInDoubt(ValueError):
    """The record was restored and is in doubt; the message says what to do."""


def require_no_restore_hold(database_url: str) -> None:
    """Raise RestoreInDoubt if the record is in doubt, psycopg.OperationalError if the database does not answer.

    Works with the role of any process.
    """
    url = to_libpq_address(database_url)
    with psycopg.connect(url, connect_timeout=5, application_name="cwg-opening") as connection:
        check_connection_for_restore_hold(connection)


def check_connection_for_restore_hold(connection: psycopg.Connection[Sequence[object]]) -> None:
    """Raise RestoreInDoubt if the record behind this connection is in doubt.

    A schema without the table of holds counts as released.
    """
    try:
        hold = connection.execute(RESTORE_HOLD_QUERY).fetchone()
    except (errors.UndefinedTable, errors.InvalidSchemaName, errors.InsufficientPrivilege):
        hold = None
    finally:
        connection.rollback()
    if hold:
        raise RestoreInDoubt(
            "the portal's database was restored, and this one may know more: run `python -m app rebuild-read`"
            if hold[0] == PORTAL_RESTORED
            else f"the record was restored from a copy and is in doubt ({hold[0]}): see docs/backup.md, then"
            " `python -m app reopen --reason …`"
        )


def refuse_connections_during_restore_hold(*engines: Engine) -> None:
    """Let these engines check every new connection: it raises Unavailable while the record is in doubt."""

    def check_new_connection(connection: psycopg.Connection[Sequence[object]], _record: object) -> None:
        try:
            check_connection_for_restore_hold(connection)
        except RestoreInDoubt as doubt:
            log.error("record-in-doubt", why=str(doubt))
            raise Unavailable(_("The database is not responding. Nothing was changed.")) from doubt

    for engine in engines:
        event.listen(engine, "connect", check_new_connection)
