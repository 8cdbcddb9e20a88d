"""A small installation for benchmarks: a database and stores in a folder, with the story of the demo."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, select

from app.cli.operations import migrate_both_databases
from app.core import clock
from app.core.db import SIGNERS_KEY, ReadSession, create_database_engine, transaction, write_session_factory
from app.core.inspection.sandbox import InspectionBusy
from app.core.permissions import Actor
from app.core.storage import open_store
from app.demo import story
from app.demo.builder import DemoStores
from app.domain.bodies.queries.seats import list_seats
from app.domain.identity.actions import sessions
from app.domain.identity.models.tables import Person
from app.embedded import delete_postgres_cluster, run_postgres_cluster
from app.server.database_urls import add_cluster_urls_to_settings, create_owner_and_databases
from app.settings import Settings
from bench.signing import KEY_SETTINGS, SIGNERS

ISSUER = "http://127.0.0.1:8002/demo-provider"
SECRET = "only-for-measuring-0123456789-abcdefgh"  # noqa: S105 - protects an installation that lives for a minute


@contextmanager
def create_installation(folder: Path) -> Iterator[tuple[Settings, Engine]]:
    """Create a database and stores in a folder, with the story of the demo."""
    with run_postgres_cluster(folder / "postgres") as running:
        create_owner_and_databases(running)
        settings = add_cluster_urls_to_settings(
            running,
            Settings(
                demo=True,
                store_url=f"file://{folder}/store",
                release_store_url=f"file://{folder}/release",
                oidc_issuer=ISSUER,
                oidc_client_id="bench",
                session_secret=SECRET,
                read_session_secret=SECRET[::-1],
                **KEY_SETTINGS,
            ),
        )
        migrate_both_databases(settings)
        url = cast("str", settings.worker_database_url)  # the story releases, and the ledger is signed
        engine = create_database_engine(url, pool_size=2, application_name="cwg-bench")
        while not create_story(settings, engine):
            pass
        yield settings, engine
        engine.dispose()
    delete_postgres_cluster(folder / "postgres")


@contextmanager
def open_owner_engine(settings: Settings) -> Iterator[Engine]:
    """Context manager: an engine of the owner, who may insert what was released."""
    url = cast("str", settings.owner_database_url)
    engine = create_database_engine(url, pool_size=1, application_name="cwg-bench")
    try:
        yield engine
    finally:
        engine.dispose()


def create_story(settings: Settings, engine: Engine) -> bool:
    """Create the story; return whether that was done. On a slow machine the inspection of a file gives up: then nothing
    was written, and it is tried again."""
    stores = DemoStores(open_store(settings.store_url), open_store(settings.release_store_url))
    try:
        with transaction(write_session_factory(engine, {SIGNERS_KEY: SIGNERS})) as session:
            story.create_demo_story(session, stores, ISSUER)
    except InspectionBusy:
        return False
    return True


def sign_in(engine: Engine, key: str) -> str:
    """Sign in a cast member; return the secret of the session."""
    with transaction(write_session_factory(engine)) as session:
        person = find_person(session, key)
        secret, _ = sessions.create_user_session(session, person, provider_sid=None, browser="bench")
    return secret


def get_actor(session: ReadSession, key: str) -> Actor:
    """Return the actor of a cast member, with their seats."""
    person = find_person(session, key)
    seats = list_seats(session, person.id, person.membership, person.entity, clock.now().date())
    return Actor(person.id, person.name, person.membership, person.entity, seats)


def find_person(session: ReadSession, key: str) -> Person:
    """Return the person of a cast member."""
    return session.scalars(select(Person).filter_by(issuer=ISSUER, subject=f"demo-{key}")).one()
