"""Commands that work on the database and the file stores: the worker, and what an operator runs by hand."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import cast

from sqlalchemy import NullPool, create_engine

from app import record_verification as verification
from app.cli import migrate as migration
from app.cli import read_database
from app.core.database.schema_revision import PORTAL_HISTORY, READ_HISTORY, SchemaHistory
from app.installation_checks import InstallationPart, log_faults
from app.read_database_verification import compare_read_databases
from app.server.database_checks import (
    require_migratable_database,
    require_migrated_database,
    require_usable_database,
)
from app.server.database_urls import (
    PORTAL_SETTINGS,
    READ_SETTINGS,
    get_role_urls,
    with_embedded_database_if_unset,
)
from app.settings import Settings
from app.worker import app
from app.worker.nightly_verification import build_expected_signers, fetch_witnessed_heads

ROLES_THAT_CHECK = ("owner_database_url", "worker_database_url", "database_url")
"""Roles that can read which migrations the portal's database has; a part that waits for them has one of these."""
READ_ROLES_THAT_CHECK = ("read_owner_database_url", "reader_database_url")


def run_worker(settings: Settings, _args: Namespace) -> int:
    """Run the worker until it is stopped."""
    with with_embedded_database_if_unset(settings, "worker_database_url") as resolved:
        url = cast("str", resolved.worker_database_url)
        require_usable_database(url)
        require_migrated_database(url)
        log_faults(resolved, InstallationPart.WORKER)
        app.run_worker(resolved)
    return 0


def migrate_database(settings: Settings, args: Namespace) -> int:
    """Migrate schema, roles and grants to the newest revision; with `--both` the read path's own database too, with
    `--check` only print which migrations lack.

    Returns 1 if it was asked to check, and one lacks.
    """
    if args.check:
        return _check_migrations(settings, ROLES_THAT_CHECK, PORTAL_HISTORY)
    with with_embedded_database_if_unset(settings, *PORTAL_SETTINGS, *(READ_SETTINGS if args.both else ())) as resolved:
        require_migratable_database(cast("str", resolved.owner_database_url))
        if args.both:
            require_migratable_database(cast("str", resolved.read_owner_database_url))
            migrate_both_databases(resolved)
        else:
            migration.migrate(*get_role_urls(resolved))
    print("Both databases are at head." if args.both else "The database is at head.")
    return 0


def migrate_both_databases(settings: Settings) -> None:
    """Migrate the read path's database, then the portal's, then subscribe the one to what the other publishes.

    The read path's comes first: a table or a column is there before anything is sent for it.
    """
    urls = _get_read_urls(settings)
    read_database.migrate_read_database(*urls)
    migration.migrate(*get_role_urls(settings))
    read_database.migrate_read_database(*urls)


def migrate_read_database(settings: Settings, args: Namespace) -> int:
    """Migrate the read path's own database, and subscribe it to what is released; `--check` as of `migrate`."""
    if args.check:
        return _check_migrations(settings, READ_ROLES_THAT_CHECK, READ_HISTORY)
    with with_embedded_database_if_unset(settings, *READ_SETTINGS) as resolved:
        require_migratable_database(cast("str", resolved.read_owner_database_url))
        is_subscribed = read_database.migrate_read_database(*_get_read_urls(resolved))
    print(
        "The read path's database is at head, and has everything that is released."
        if is_subscribed
        else "The read path's database is at head. Nothing is published yet: run `migrate`, then this again."
    )
    return 0 if is_subscribed else 1


def _check_migrations(settings: Settings, roles: Sequence[str], history: SchemaHistory) -> int:
    """Print a line for each migration that the database lacks, as the first of these roles that has an address, and
    change nothing; return 1 if there is one."""
    role = next((each for each in roles if getattr(settings, each)), roles[0])
    with with_embedded_database_if_unset(settings, role) as resolved:
        url = cast("str", getattr(resolved, role))
        require_migratable_database(url)
        with create_engine(url, poolclass=NullPool).connect() as connection:
            missing = history.list_missing(connection)
    for revision in missing:
        print(revision)
    if not missing:
        print("The database lacks no migration.")
    return int(bool(missing))


def rebuild_read_database(settings: Settings, _args: Namespace) -> int:
    """Empty the read path's own database, and copy everything that is released again."""
    with with_embedded_database_if_unset(settings, *READ_SETTINGS) as resolved:
        owner_url, _reader_url, replication_url = _get_read_urls(resolved)
        read_database.rebuild_read_database(owner_url, replication_url)
    print("The read path's database has everything that is released.")
    return 0


def _get_read_urls(settings: Settings) -> tuple[str, str, str]:
    """Return the addresses of owner and reader in the read path's database, and that of the replication."""
    owner_url, reader_url, replication_url = (cast("str", getattr(settings, name)) for name in READ_SETTINGS)
    return owner_url, reader_url, replication_url


def run_verification(settings: Settings, _args: Namespace) -> int:
    """Check the whole record, and the read path's databases whose addresses are set, and print a line for each fault.

    Returns 1 if there is any, or if a read database could not be compared.
    """
    with with_embedded_database_if_unset(settings, "owner_database_url") as resolved:
        stores = (resolved.open_store(), resolved.open_release_store())
        result = verification.verify_record(
            cast("str", resolved.owner_database_url),
            *stores,
            build_expected_signers(resolved),
            fetch_witnessed_heads(resolved),
        )
        read_path_faults = list(_find_read_path_faults(resolved))
    for fault in (*result.faults, *read_path_faults):
        print(fault)
    if not result.faults:
        print(
            f"The record is whole: {result.journal_lines} lines of the journal, {result.row_changes} changes of rows,"
            f" {result.heads} heads, {result.files} files, {result.released_files} released files, {result.numbers}"
            f" numbers of documents, of which {result.explained_numbers} void or withdrawn, each with its reason."
        )
    return 1 if result.faults or read_path_faults else 0


def _find_read_path_faults(settings: Settings) -> Iterator[str]:
    """Find where the read path's databases differ from the portal's; print which do not, or that no address is set."""
    if not settings.compared_database_urls:
        print("The read path's database was not compared: CWG_READER_DATABASE_URL is not set.")
    comparisons = compare_read_databases(cast("str", settings.owner_database_url), settings.compared_database_urls)
    for comparison in comparisons:
        yield from comparison.list_differences()
        if obstacle := comparison.describe_obstacle():
            yield obstacle
        elif not comparison.differences:
            print(f"read path ({comparison.name}): every row is the same as in the portal's database")
