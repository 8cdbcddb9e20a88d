"""`python -m app demo`: the whole system on this machine, on loopback, in one folder, until Ctrl-C."""

import shutil
import signal
import socket
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn, cast
from unicodedata import east_asian_width

from sqlalchemy import Connection

from app.cli.operations import migrate_both_databases
from app.core.clock import now
from app.core.db import SIGNERS_KEY, create_database_engine, transaction, write_session_factory
from app.core.i18n import DEFAULT_LANGUAGE
from app.core.journal import JournalLine
from app.core.signing import Signer
from app.demo import children, organization, story
from app.demo.builder import DemoStores
from app.demo.cast import CAST, DemoPerson
from app.demo.parts import build_process_specs
from app.demo.place import HOST, DemoInstallation, build_demo_signers, load_or_generate_secrets
from app.demo.remains import StartedProcesses, end_remains_if_killed
from app.demo.running import DemoRunsAlreadyError, hold_demo_lock, stop_demo
from app.domain.organization_inboxes.inputs import NewInbox
from app.embedded import EmbeddedPostgresCluster, delete_postgres_cluster, run_postgres_cluster
from app.server.database_urls import add_cluster_urls_to_settings, create_owner_and_databases
from app.settings import Settings
from app.worker.subscriptions import queue_jobs

MAILED_PERIOD = timedelta(days=30)
"""When the demo is created, people get e-mails about what happened in it during this time."""


def run_demo_command(_settings: Settings, args: Namespace) -> int:
    """Run the demo until Ctrl-C or SIGTERM, with settings of its own, independent of the environment."""
    try:
        installation = DemoInstallation() if args.port is None else DemoInstallation.at_port(args.port)
    except ValueError as error:
        print(f"--port {args.port}: {error}", file=sys.stderr)
        return 1
    return stop_demo(installation) if args.stop else run_demo(installation, fresh=args.fresh)


def run_demo(installation: DemoInstallation, *, fresh: bool = False) -> int:
    """Run the demo; returns the exit code: 0 if it was stopped by a signal, 1 if it failed.

    If it is killed, what it started ends too.
    """
    installation.home.parent.mkdir(parents=True, exist_ok=True)
    try:
        with hold_demo_lock(installation) as lock, end_remains_if_killed(installation.home, lock) as started:
            return _run_locked(installation, started, fresh=fresh)
    except DemoRunsAlreadyError:
        print("A demo runs here already, or is just ending. `make stop` ends it.", file=sys.stderr)
        return 1


def _run_locked(installation: DemoInstallation, started: StartedProcesses, *, fresh: bool) -> int:
    """Run the demo, with the lock of its folder."""
    started_at = time.monotonic()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _interrupt)
    if used_ports := [port for port in installation.ports if not _is_free(port)]:
        ports = ", ".join(map(str, used_ports))
        print(
            f"In use by another process: {ports} on {HOST}. Stop it (an earlier demo?), or use other ports:"
            " PORT=9300 make demo",
            file=sys.stderr,
        )
        return 1
    if fresh:
        _delete_everything(installation.home)
    print("Starting the database and bringing it up to date; this takes up to a minute …", flush=True)
    installation.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with run_postgres_cluster(installation.home / "postgres") as database:
            settings = _prepare(installation, database)
            with children.run_processes(
                build_process_specs(installation, settings), installation.home / "logs", started.add
            ) as processes:
                _print_welcome(installation, time.monotonic() - started_at)
                children.watch_processes(processes)
    except children.ProcessEndedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", flush=True)
    return 0


def _interrupt(*_: object) -> NoReturn:
    """End the demo on the first signal; further ones are ignored, since they would disturb the cleanup."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)
    raise KeyboardInterrupt


def _is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def _delete_everything(home: Path) -> None:
    """Delete database, files and secrets of an earlier demo."""
    delete_postgres_cluster(home / "postgres")
    shutil.rmtree(home)


def _prepare(installation: DemoInstallation, database: EmbeddedPostgresCluster) -> Settings:
    """Migrate the database, and create the demo's data if there is none; returns the settings of all processes."""
    create_owner_and_databases(database)
    settings = add_cluster_urls_to_settings(
        database,
        Settings(
            demo=True,
            store_url=f"file://{installation.home}/store",
            release_store_url=f"file://{installation.home}/release",
            portal_url=installation.build_url(installation.portal),
            read_url=installation.build_url(installation.read),
            oidc_issuer=installation.issuer,
        ),
    )
    migrate_both_databases(settings)
    # As the worker, since the story releases and withdraws too. Jobs are queued as in the portal: the worker then
    # renders and indexes the documents.
    engine = create_database_engine(cast("str", settings.worker_database_url), pool_size=1, application_name="cwg-demo")
    secrets = load_or_generate_secrets(installation.home)
    signers = build_demo_signers(settings.portal_url, secrets)
    inbox = NewInbox(
        public_key=Signer.from_secret("", secrets["organization_key"]).public_key.text,
        address=organization.build_inbox_address(installation.organization),
    )
    with transaction(write_session_factory(engine, {"react": _queue_jobs, SIGNERS_KEY: signers})) as session:
        if not story.has_any_meeting(session):
            stores = DemoStores(settings.open_store(), settings.open_release_store())
            story.create_demo_story(session, stores, installation.issuer, inbox)
    engine.dispose()
    return settings


def _queue_jobs(connection: Connection, lines: Sequence[JournalLine]) -> None:
    """Queue the tasks of these journal lines; people get e-mails about what is new, and none about the last meeting."""
    since = now() - MAILED_PERIOD
    queue_jobs(connection, [line for line in lines if line.at < since])
    queue_jobs(connection, [line for line in lines if line.at >= since], sends_mail=True)


def _print_welcome(installation: DemoInstallation, seconds: float) -> None:
    """Print the addresses and the people to sign in as."""
    portal, reader, witness, mailbox = map(
        installation.build_url, (installation.portal, installation.read, installation.witness, installation.mailbox)
    )
    print(f"\nThe system runs, after {seconds:.0f} seconds. All people in it are invented.\n")
    print(f"  Portal             {portal}/   (for people with a role in the group: draft, submit, decide)")
    print(f"  Read path          {reader}/   (what was released, for every member)")
    print(f"  Identity provider  {installation.issuer}   (signs anybody in, on this machine only)")
    print(f"  Witness            {witness}   (cosigns the heads of the ledger, under its own key)")
    print(f"  Mailbox            {mailbox}/   (the e-mails that the portal sends; none leaves this machine)")
    print(f"  Courier            {installation.build_url(installation.courier)}/   (carries liaison statements)")
    print(f"  Open Routing Forum {organization.build_inbox_address(installation.organization)}   (answers by machine)")
    print(f"  Logs and files     {installation.home}\n")
    print("Sign in, and press the button with the name of the person you would like to be:\n")
    widths = [max(map(_terminal_width, column)) + 2 for column in zip(*map(_describe_person, CAST), strict=True)]
    for player in CAST:
        columns = "".join(
            text + " " * (width - _terminal_width(text))
            for text, width in zip(_describe_person(player), widths, strict=True)
        )
        print(f"  {columns}{player.part.translate(DEFAULT_LANGUAGE)}")
    print("\nCtrl-C stops all of it.", flush=True)


def _describe_person(player: DemoPerson) -> tuple[str, str]:
    return player.name, player.entity_name or "-"


def _terminal_width(text: str) -> int:
    """Return the width in terminal columns: Chinese characters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
