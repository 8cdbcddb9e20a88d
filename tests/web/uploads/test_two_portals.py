"""Two portals that share a database and a bucket, and no disk: either takes any chunk, and hands the file in."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app.core import clock
from app.core.files import bucket_uploads
from app.domain.uploads import actions
from app.domain.uploads.models import Upload
from app.settings import Settings
from app.worker.maintenance import remove_expired_uploads
from app.worker.release import WorkerContext
from tests.browser import Browser
from tests.portal_app import open_portal_copy
from tests.s3_buckets import S3Server, run_s3_server
from tests.web.uploads.test_resumable import Sender, get_file
from tests.world import World


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with run_s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return s3.create_bucket()


@pytest.fixture
def portals(settings: Settings, world: World, bucket: str) -> Iterator[tuple[Browser, Browser]]:
    """The same person at two portals."""
    ours = settings.model_copy(update={"store_url": f"s3://{bucket}/files"})
    with ExitStack() as opened:
        first, second = (opened.enter_context(open_portal_copy(ours)) for _ in range(2))
        yield tuple(opened.enter_context(Browser(each, ours, world, "amina")) for each in (first, second))


def test_a_file_sent_to_two_portals_is_handed_in_at_either(portals: tuple[Browser, Browser], world: World) -> None:
    first, second = portals
    draft = world.draft(world.meeting(), file=False)
    amina = Sender(first, world)
    assert amina.begin_with(300).status_code == 201
    for browser, start, end in ((second, 300, 500), (first, 500, 700), (second, 700, len(amina.data))):
        amina.browser = browser
        assert amina.offset() == start
        assert amina.piece(start, end).status_code == 204

    answer = first.client.head(amina.address, headers={"Want-Repr-Digest": "sha-256=1"})
    assert answer.status_code == 204
    form = {"language": "en", "upload": amina.address.rpartition("/")[2]}
    answer = first.post(f"/contributions/{draft.id}/files", form)

    assert answer.status_code == 303, answer.text
    assert get_file(world, draft.id).sha256 == hashlib.sha256(amina.data).hexdigest()


def test_the_worker_removes_from_the_bucket_what_is_left_of_uploads(
    portals: tuple[Browser, Browser],
    world: World,
    s3: S3Server,
    bucket: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = settings.model_copy(update={"store_url": f"s3://{bucket}/files"}).open_store()
    context = WorkerContext(world.work, store, store, bucket_uploads.open_partial_uploads(None, store), None)
    amina = Sender(portals[0], world)
    addresses = [amina.begin_with(500).headers["Location"] for _ in range(2)]
    expired, kept = (address.rpartition("/")[2] for address in addresses)
    with world.acting("amina") as (session, _):
        session.get_one(Upload, expired).began_at = clock.now() - 2 * actions.UPLOAD_LIFETIME
    assert len(s3.list_names(bucket)) == 2
    assert remove_expired_uploads(context) == 0  # its row is gone; the bytes stay for an hour
    monkeypatch.setattr(bucket_uploads, "UNCLAIMED_GRACE_SECONDS", -60)

    assert remove_expired_uploads(context) == 1

    (left,) = s3.list_names(bucket)
    assert left.startswith(f"files/uploads/{kept}/0-")
