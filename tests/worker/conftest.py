"""The worker as it verifies approvals: an adopted text, a provider that publishes its keys, and both stores; and as it
sends e-mail: a mail server, and a world whose actions are notified."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import sessionmaker

from app.core.db import write_session_factory
from app.core.storage import Store, open_store
from app.domain.outputs.models import Output
from app.http.mail.rendering import MailContext
from app.settings import Settings
from app.worker.approval_verifier import ApprovalVerifier
from app.worker.release import WorkerContext
from app.worker.subscriptions import build_event_handler
from tests.approval_tokens import ProviderOfKeys
from tests.mail_server import Postbox, run_postbox
from tests.worker.test_worker import make_worker_context
from tests.world import ISSUER, PARENT, World, get_worker_engine


@pytest.fixture
def provider() -> ProviderOfKeys:
    return ProviderOfKeys(ISSUER)


@pytest.fixture
def release_store(settings: Settings) -> Store:
    return open_store(settings.release_store_url)


@pytest.fixture
def worker(world: World, settings: Settings, provider: ProviderOfKeys, release_store: Store) -> WorkerContext:
    verifier = ApprovalVerifier(settings, provider.transport)
    return WorkerContext(world.work, world.store, release_store, None, None, approvals=verifier)


@pytest.fixture
def output(world: World) -> Output:
    return world.adopted(world.meeting(opens_in=-2))


@pytest.fixture
def box() -> Iterator[Postbox]:
    with run_postbox() as postbox:
        yield postbox


@pytest.fixture
def mail_settings(settings: Settings, box: Postbox) -> Settings:
    """Settings of a portal that sends e-mail."""
    return settings.model_copy(update={"smtp_url": SecretStr(box.url), "mail_from": "portal@example.org"})


@pytest.fixture
def context(engine, mail_settings: Settings) -> WorkerContext:
    worker_context = make_worker_context(engine, mail_settings)
    return replace(
        worker_context,
        write_sessions=reacting_writers(engine, worker_context),
        mail=MailContext.from_settings(mail_settings),
    )


def reacting_writers(engine, context: WorkerContext) -> sessionmaker:
    return write_session_factory(
        get_worker_engine(engine), context.write_sessions.kw["info"] | {"react": build_event_handler(sends_mail=True)}
    )


@pytest.fixture
def notified_world(world: World, context: WorkerContext) -> World:
    """A world whose actions send notifications. Kenya also has a delegate of the parent body, never concerned."""
    world.seat("wambui", "delegate", body=PARENT)
    return World(context.write_sessions, world.read, world.store)
