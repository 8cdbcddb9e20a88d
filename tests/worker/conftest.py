"""The worker as it verifies approvals: an adopted text, a provider that publishes its keys, and both stores."""

import pytest

from app.core.storage import Store, open_store
from app.domain.outputs.models import Output
from app.settings import Settings
from app.worker.approval_verifier import ApprovalVerifier
from app.worker.release import WorkerContext
from tests.approval_tokens import ProviderOfKeys
from tests.world import ISSUER, World


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
