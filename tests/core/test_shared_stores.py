"""One contract of every store, in two processes that share nothing but the store: a folder, and a bucket."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.errors import NotFound, Unavailable
from app.core.files import bucket_uploads, partial_uploads
from app.core.files.bucket_uploads import SMALL_PIECE, open_partial_uploads
from app.core.files.partial_uploads import PartialUploads
from app.core.storage import Store
from app.settings import Settings
from tests.forked import FORK_SERVER
from tests.s3_buckets import S3Server, run_s3_server

DATA = os.urandom(9 * 1024 * 1024 + 5)  # more than one request to a bucket takes; other bytes in each process
NAME = hashlib.sha256(DATA).hexdigest()
Place = Mapping[str, str]
"""The environment of a process that uses the store."""


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with run_s3_server() as server:
        yield server


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return {"CWG_STORE_URL": f"file://{tmp_path}/store"}
    server = request.getfixturevalue("s3")
    return {**server.environment, "CWG_STORE_URL": f"s3://{server.create_bucket()}/of/ours"}


class Process:
    """Another process, which opens the store for each of its acts and keeps nothing."""

    def __init__(self, place: Place, pool: ProcessPoolExecutor) -> None:
        self._place, self._pool = dict(place), pool

    def __call__(self, act: Callable[..., Any], *given: object) -> Any:
        return self._pool.submit(_run, self._place, act, given).result(60)


def _run(place: Place, act: Callable[..., Any], given: Sequence[object]) -> Any:
    os.environ.update(place)
    settings = Settings()
    store = settings.open_store()
    return act(store, open_partial_uploads(settings.staging_folder, store), *given)


@pytest.fixture(scope="module")
def pools() -> Iterator[tuple[ProcessPoolExecutor, ProcessPoolExecutor]]:
    with ProcessPoolExecutor(1, FORK_SERVER) as one, ProcessPoolExecutor(1, FORK_SERVER) as other:
        yield one, other


@pytest.fixture
def processes(place: Place, pools: tuple[ProcessPoolExecutor, ProcessPoolExecutor]) -> tuple[Process, Process]:
    return Process(place, pools[0]), Process(place, pools[1])


def put(store: Store, _: PartialUploads, data: bytes, sha256: str) -> None:
    with NamedTemporaryFile() as source:
        source.write(data)
        source.flush()
        store.put(Path(source.name), sha256)


def read(store: Store, _: PartialUploads, sha256: str) -> bytes:
    return b"".join(store.iter_chunks(sha256))


def look(store: Store, _: PartialUploads, sha256: str) -> tuple[bool, list[str]]:
    store.check_available()
    return store.exists(sha256), list(store.list_digests())


def remove(store: Store, _: PartialUploads, sha256: str) -> None:
    store.remove(sha256)


def send(_: Store, uploads: PartialUploads, upload: UUID, pieces: Sequence[str], data: bytes, at: int) -> Sequence[str]:
    """Send one chunk, as a request does."""
    with uploads.begin_receiving_chunk(at, len(data)) as chunk:
        chunk.update_digest([data])
        chunk.write([data])
        return uploads.append(upload, chunk, pieces)


def digest(_: Store, uploads: PartialUploads, upload: UUID, pieces: Sequence[str], length: int) -> str:
    return uploads.hash_prefix(upload, length, pieces).hexdigest()


def hand_in(
    store: Store, uploads: PartialUploads, upload: UUID, pieces: Sequence[str], length: int, sha256: str
) -> None:
    """Store the complete upload, as a form does."""
    with uploads.open_complete(upload, length, pieces) as path:
        store.put_linked_if_possible(path, sha256)


def sweep(_: Store, uploads: PartialUploads, claimed: Mapping[UUID, Sequence[str]], age: float) -> int:
    before = partial_uploads.UNCLAIMED_GRACE_SECONDS
    partial_uploads.UNCLAIMED_GRACE_SECONDS = bucket_uploads.UNCLAIMED_GRACE_SECONDS = age
    try:
        return uploads.remove_unclaimed(claimed)
    finally:
        partial_uploads.UNCLAIMED_GRACE_SECONDS = bucket_uploads.UNCLAIMED_GRACE_SECONDS = before


def test_what_one_process_stores_the_other_reads_and_removes(processes: tuple[Process, Process]) -> None:
    one, other = processes
    assert one(look, NAME) == (False, [])

    one(put, DATA, NAME)

    assert other(look, NAME) == (True, [NAME])
    assert hashlib.sha256(other(read, NAME)).hexdigest() == NAME
    other(remove, NAME)
    assert one(look, NAME) == (False, [])
    with pytest.raises(NotFound):
        one(read, NAME)


@pytest.mark.parametrize("step", [4_000_000, 900_000])
def test_chunks_that_go_to_one_process_and_the_other_are_one_file(
    processes: tuple[Process, Process], step: int
) -> None:
    upload, pieces = uuid4(), ()
    for number, at in enumerate(range(0, len(DATA), step)):
        pieces = processes[number % 2](send, upload, pieces, DATA[at : at + step], at)
    one, other = processes

    assert {each(digest, upload, pieces, len(DATA)) for each in processes} == {NAME}
    one(hand_in, upload, pieces, len(DATA), NAME)
    assert hashlib.sha256(other(read, NAME)).hexdigest() == NAME
    assert len(pieces) <= 1 + 2 * len(DATA) // SMALL_PIECE


def test_a_chunk_of_an_attempt_that_was_killed_counts_for_nothing(processes: tuple[Process, Process]) -> None:
    one, other = processes
    upload = uuid4()
    pieces = one(send, upload, (), DATA[:700], 0)
    one(send, upload, pieces, b"never acknowledged", 700)

    pieces = other(send, upload, pieces, DATA[700:], 700)

    assert one(digest, upload, pieces, len(DATA)) == NAME


def test_each_process_removes_what_no_upload_names_and_that_alone(processes: tuple[Process, Process]) -> None:
    one, other = processes
    kept, gone = uuid4(), uuid4()
    pieces = one(send, kept, (), DATA[:700], 0)
    one(send, gone, (), DATA[:700], 0)

    assert other(sweep, {kept: pieces}, 3600.0) == 0  # it may be about to get its row
    assert other(sweep, {kept: pieces}, -60.0) == 1

    assert one(digest, kept, pieces, 700) == hashlib.sha256(DATA[:700]).hexdigest()
    with pytest.raises((NotFound, Unavailable)):
        one(digest, gone, pieces, 700)


def test_an_upload_of_which_a_part_is_gone_is_not_handed_in(processes: tuple[Process, Process]) -> None:
    one, other = processes
    upload = uuid4()
    pieces = one(send, upload, (), DATA[:700], 0)

    with pytest.raises(Unavailable):
        other(hand_in, upload, pieces, 701, NAME)
    with pytest.raises((NotFound, Unavailable)):
        other(hand_in, uuid4(), pieces, 700, NAME)
    if pieces := one(send, upload, pieces, DATA[700:1200], 700):  # a folder has none
        with pytest.raises(Unavailable):
            other(digest, upload, pieces[1:], 1200)


def test_many_small_chunks_leave_few_pieces(processes: tuple[Process, Process]) -> None:
    one, _other = processes
    upload, pieces = uuid4(), ()
    for at in range(100):
        pieces = one(send, upload, pieces, DATA[at : at + 1], at)

    assert len(pieces) <= 7
    assert one(digest, upload, pieces, 100) == hashlib.sha256(DATA[:100]).hexdigest()
