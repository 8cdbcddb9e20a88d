"""Files by digest: both kinds of store behave alike, and the local store survives disk faults."""

import errno
import hashlib
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import boto3
import pytest
from moto.server import ThreadedMotoServer
from structlog.testing import capture_logs

from app.core.errors import NotFound, Unavailable
from app.core.storage import CHUNK_SIZE, CorruptFile, LocalStore, S3Store, Store, fsync, open_store
from app.core.storage.fsync import translate_disk_errors
from app.core.storage.outages import OutageLog

DATA = b"contribution " * 100_000
ABSENT = "0" * 64


def digest_of_bytes(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


NAME = digest_of_bytes(DATA)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a store in a new bucket, configured as operators do."""
    for name, value in {
        "AWS_ENDPOINT": s3,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "only for the test server",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"bucket{os.urandom(6).hex()}"
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    client.create_bucket(Bucket=name)
    client.close()
    return f"s3://{name}/files/of/ours"


@pytest.fixture
def capture_requests() -> Iterator[list[str]]:
    """The methods of the requests that the server of buckets was sent from now on."""
    methods, handler = list[str](), logging.Handler()
    handler.emit = lambda record: methods.append(record.getMessage().partition('"')[2].partition(" ")[0])
    log = logging.getLogger("werkzeug")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield methods
    log.removeHandler(handler)
    log.setLevel(level)


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return open_store(f"file://{tmp_path}/a%20shelf")
    return open_store(request.getfixturevalue("bucket"))


@pytest.fixture
def local_store(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "shelf"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def list_files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_url_opens_the_store_it_names(tmp_path: Path, bucket: str) -> None:
    assert isinstance(open_store(f"file://{tmp_path}/x"), LocalStore)
    assert isinstance(open_store(bucket), S3Store)


@pytest.mark.parametrize("url", ["", "/tmp/x", "file://host/x", "file:///", "s3://", "http://x/y", "file:///x?y=1"])
def test_an_invalid_store_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="store"):
        open_store(url)


def test_a_stored_file_is_read_byte_for_byte(store: Store, source: Path) -> None:
    assert not store.exists(NAME)

    store.put(source, NAME)

    assert store.exists(NAME)
    assert store.size(NAME) == len(DATA)
    assert b"".join(store.iter_chunks(NAME)) == DATA
    with store.open(NAME) as file:
        file.seek(13)
        assert file.read(12) == b"contribution"


def test_a_large_file_is_stored(store: Store, tmp_path: Path) -> None:
    large = os.urandom(9 * 1024 * 1024)
    (tmp_path / "large").write_bytes(large)

    store.put(tmp_path / "large", digest_of_bytes(large))

    assert b"".join(store.iter_chunks(digest_of_bytes(large))) == large


def test_an_empty_file_is_stored(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    store.put(tmp_path / "empty", digest_of_bytes(b""))

    assert list(store.iter_chunks(digest_of_bytes(b""))) == []


def test_storing_twice_is_storing_once(store: Store, source: Path) -> None:
    store.put(source, NAME)
    store.put(source, NAME)

    assert b"".join(store.iter_chunks(NAME)) == DATA


def test_a_part_of_a_file_is_read_in_bounded_chunks(store: Store, source: Path) -> None:
    store.put(source, NAME)

    pieces = list(store.iter_chunks(NAME, 5, CHUNK_SIZE * 2 + 7))

    assert b"".join(pieces) == DATA[5 : CHUNK_SIZE * 2 + 7]
    assert max(map(len, pieces)) <= CHUNK_SIZE
    assert b"".join(store.iter_chunks(NAME, len(DATA) - 3)) == DATA[-3:]
    with pytest.raises(ValueError, match="part"):
        store.iter_chunks(NAME, -1)
    with pytest.raises(ValueError, match="part"):
        store.iter_chunks(NAME, len(DATA) + 1)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", NAME.upper(), NAME[:-1], NAME + "\n", "g" * 64, "٣" * 64])
def test_a_path_is_built_only_from_a_digest(store: Store, source: Path, name: str) -> None:
    for attempt in (store.exists, store.size, store.open, store.iter_chunks, lambda name: store.put(source, name)):
        with pytest.raises(ValueError, match="SHA-256"):
            attempt(name)


def test_a_missing_file_is_reported_at_once(store: Store) -> None:
    for attempt in (store.size, store.open, store.iter_chunks):
        with pytest.raises(NotFound):
            attempt(ABSENT)


def test_bytes_that_do_not_match_their_digest_are_not_stored(store: Store, source: Path) -> None:
    with pytest.raises(CorruptFile):
        store.put(source, ABSENT)

    assert not store.exists(ABSENT)


def test_a_file_is_copied_between_stores(store: Store, source: Path, tmp_path: Path) -> None:
    other = LocalStore(str(tmp_path / "other"))
    store.put(source, NAME)

    store.copy_to_store(other, NAME)

    assert b"".join(other.iter_chunks(NAME)) == DATA
    other.copy_to_store(store, NAME)
    with pytest.raises(NotFound):
        store.copy_to_store(other, ABSENT)


def test_an_available_store_answers(store: Store) -> None:
    store.check_available()


def test_a_missing_local_store_does_not_answer(local_store: LocalStore) -> None:
    local_store.root.rmdir()

    with pytest.raises(Unavailable):
        local_store.check_available()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT])
def test_the_operator_reads_path_and_cause_of_a_disk_that_fails(tmp_path: Path, number: int) -> None:
    with pytest.raises(Unavailable) as failed, capture_logs() as lines, translate_disk_errors(tmp_path):
        raise OSError(number, os.strerror(number))

    assert failed.value.cause == f"{tmp_path}: {os.strerror(number)} ({errno.errorcode[number]})"
    assert str(tmp_path) not in str(failed.value)
    assert [line["cause"] for line in lines] == [failed.value.cause]


def test_the_cause_of_an_outage_is_logged_once_a_minute() -> None:
    log = OutageLog()

    with capture_logs() as lines:
        for cause in ("/store: full (ENOSPC)", "/store: full (ENOSPC)", "/store: not permitted (EACCES)"):
            log.note(cause, cause)

    assert [line["cause"] for line in lines] == ["/store: full (ENOSPC)", "/store: not permitted (EACCES)"]


def test_a_missing_bucket_does_not_answer(bucket: str, source: Path) -> None:
    store = open_store("s3://no-such-bucket/x")

    with pytest.raises(Unavailable) as failed:
        store.check_available()
    assert failed.value.cause.startswith("s3://no-such-bucket: ")
    assert "NoSuchBucket" in failed.value.cause
    with pytest.raises(Unavailable):
        store.put(source, NAME)


def test_a_stopped_server_does_not_answer(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(Unavailable):
        open_store(bucket).check_available()


def test_a_corrupt_file_is_never_served_whole_and_is_repaired_by_storing_it_again(
    local_store: LocalStore, source: Path
) -> None:
    local_store.put(source, NAME)
    path = list_files(local_store.root)[0]
    path.write_bytes(DATA[:-1] + b"X")

    served: list[bytes] = []
    with pytest.raises(CorruptFile):
        served.extend(local_store.iter_chunks(NAME))
    assert sum(map(len, served)) < len(DATA)

    local_store.put(source, NAME)
    assert b"".join(local_store.iter_chunks(NAME)) == DATA


def test_only_the_owner_may_read_the_local_store(local_store: LocalStore, source: Path) -> None:
    local_store.put(source, NAME)

    assert {stat.S_IMODE(path.stat().st_mode) for path in list_files(local_store.root)} == {0o600}
    folders = [local_store.root, *(path for path in local_store.root.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert list_files(local_store.root)[0].relative_to(local_store.root) == Path(NAME[:2], NAME[2:4], NAME)


class Syncs:
    """Record fsync(2) calls and let the one numbered `failing` fail like a broken disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: int = 0) -> None:
        self.real, self.failing = os.fsync, failing
        self.seen: list[str] = []
        monkeypatch.setattr(os, "fsync", self.sync)

    def sync(self, descriptor: int) -> None:
        self.seen.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        if len(self.seen) == self.failing:
            raise OSError(errno.EIO, "broken")
        self.real(descriptor)


def test_the_file_is_synced_before_it_has_its_name_and_every_folder_after_whether_it_was_there_or_not(
    local_store: LocalStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the answer to an upload would come sooner for bytes that somebody else has."""
    for _ in range(2):
        with monkeypatch.context() as patch:
            syncs = Syncs(patch)
            local_store.put(source, NAME)

        first, *folders = syncs.seen
        root = local_store.root
        assert Path(first).parent == root
        assert Path(first).name.startswith(".arriving-")
        assert folders == [str(root / NAME[:2] / NAME[2:4]), str(root / NAME[:2]), str(root)]


@pytest.mark.parametrize("failing", range(1, 5))
def test_a_disk_that_fails_to_sync_ends_the_request_and_the_process_and_leaves_no_file(
    local_store: LocalStore, source: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    ended = []
    monkeypatch.setattr(fsync, "request_process_end", lambda: ended.append(True))
    Syncs(monkeypatch, failing)

    for _ in range(2):  # a second fsync would succeed, which proves nothing
        with pytest.raises(Unavailable):
            local_store.put(source, NAME)

    assert list_files(local_store.root) == []
    assert ended == [True]
    assert fsync.has_disk_failed()
    monkeypatch.setattr(fsync, "_failed", Event())  # another process
    local_store.put(source, NAME)
    assert b"".join(local_store.iter_chunks(NAME)) == DATA


@pytest.mark.parametrize("failing", range(1, 5))
def test_a_failing_sync_does_not_remove_files_stored_before(
    local_store: LocalStore, source: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    local_store.put(source, NAME)
    Syncs(monkeypatch, failing)

    with pytest.raises(Unavailable):
        local_store.put(source, NAME)

    assert b"".join(local_store.iter_chunks(NAME)) == DATA
    assert len(list_files(local_store.root)) == 1


def test_only_files_left_by_a_killed_upload_are_swept(local_store: LocalStore, source: Path) -> None:
    local_store.put(source, NAME)
    (stored,) = list_files(local_store.root)
    for name in (".arriving-old", ".arriving-new"):
        (local_store.root / name).touch()
    os.utime(local_store.root / ".arriving-old", (0, 0))
    os.utime(stored, (0, 0))

    assert local_store.remove_abandoned_temporary_files() == 1

    assert local_store.exists(NAME)
    assert (local_store.root / ".arriving-new").exists()


def test_storing_a_file_that_is_there_makes_the_same_requests(
    bucket: str, source: Path, capture_requests: list[str]
) -> None:
    """Else the answer to an upload would come sooner for bytes that somebody else has."""
    store = open_store(bucket)
    store.put(source, NAME)
    first = capture_requests.copy()
    capture_requests.clear()
    store.put(source, NAME)

    assert [method for method in first if method == "PUT"] == ["PUT"]
    assert capture_requests == first


def test_a_damaged_object_is_repaired_by_storing_it_again(bucket: str, s3: str, source: Path) -> None:
    store = open_store(bucket)
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    object_key = f"files/of/ours/{NAME[:2]}/{NAME[2:4]}/{NAME}"
    client.put_object(Bucket=bucket.split("/")[2], Key=object_key, Body=b"other")

    store.put(source, NAME)

    assert client.get_object(Bucket=bucket.split("/")[2], Key=object_key)["Body"].read() == DATA
    client.close()


def test_a_front_server_gets_the_path_of_a_file_only_once_it_is_verified(tmp_path: Path) -> None:
    local_store = LocalStore(str(tmp_path / "shelf"), "/_files")
    source = tmp_path / "source"
    source.write_bytes(DATA)
    local_store.put(source, NAME)

    address = local_store.verified_accel_path(NAME)

    assert address is not None
    stored_path = local_store.root / address.removeprefix("/_files/")
    assert stored_path.read_bytes() == DATA
    stored_path.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(CorruptFile):
        local_store.verified_accel_path(NAME)
    with pytest.raises(NotFound):
        local_store.verified_accel_path(ABSENT)


def test_an_untouched_file_is_not_verified_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    local_store = LocalStore(str(tmp_path / "shelf"), "/_files")
    source = tmp_path / "source"
    source.write_bytes(DATA)
    local_store.put(source, NAME)
    address, read = local_store.verified_accel_path(NAME), []
    monkeypatch.setattr("app.core.storage.local.hash_file", read.append)

    assert local_store.verified_accel_path(NAME) == address
    assert not read


def test_without_a_front_server_the_portal_sends_files(store: Store) -> None:
    assert store.verified_accel_path(NAME) is None
