"""Files by digest: both kinds of store keep the same promises, and the shelf survives what disks do."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import boto3
import pytest
from moto.server import ThreadedMotoServer

from app.core.errors import NotFound, Unavailable
from app.core.storage import CHUNK_SIZE, CorruptFile, LocalStore, S3Store, Store, fsync, open_store

DATA = b"contribution " * 100_000
ABSENT = "0" * 64


def name_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


NAME = name_of(DATA)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a store in a new bucket, reached as operators configure it."""
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


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "local":
        return open_store(f"file://{tmp_path}/a%20shelf")
    return open_store(request.getfixturevalue("bucket"))


@pytest.fixture
def shelf(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "shelf"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_an_address_opens_the_store_it_names(tmp_path: Path, bucket: str) -> None:
    assert isinstance(open_store(f"file://{tmp_path}/x"), LocalStore)
    assert isinstance(open_store(bucket), S3Store)


@pytest.mark.parametrize("url", ["", "/tmp/x", "file://host/x", "file:///", "s3://", "http://x/y", "file:///x?y=1"])
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="store"):
        open_store(url)


def test_what_is_kept_is_found_again_byte_for_byte(store: Store, source: Path) -> None:
    assert not store.exists(NAME)

    store.put(source, NAME)

    assert store.exists(NAME)
    assert store.size(NAME) == len(DATA)
    assert b"".join(store.iter_chunks(NAME)) == DATA
    with store.open(NAME) as file:
        file.seek(13)
        assert file.read(12) == b"contribution"


def test_a_large_file_is_kept_too(store: Store, tmp_path: Path) -> None:
    large = os.urandom(9 * 1024 * 1024)
    (tmp_path / "large").write_bytes(large)

    store.put(tmp_path / "large", name_of(large))

    assert b"".join(store.iter_chunks(name_of(large))) == large


def test_an_empty_file_is_kept_too(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    store.put(tmp_path / "empty", name_of(b""))

    assert list(store.iter_chunks(name_of(b""))) == []


def test_keeping_twice_is_keeping_once(store: Store, source: Path) -> None:
    store.put(source, NAME)
    store.put(source, NAME)

    assert b"".join(store.iter_chunks(NAME)) == DATA


def test_a_part_of_a_file_comes_in_bounded_pieces(store: Store, source: Path) -> None:
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
def test_a_path_is_built_from_nothing_but_a_digest(store: Store, source: Path, name: str) -> None:
    for attempt in (store.exists, store.size, store.open, store.iter_chunks, lambda name: store.put(source, name)):
        with pytest.raises(ValueError, match="SHA-256"):
            attempt(name)


def test_an_absent_file_is_unknown_at_once(store: Store) -> None:
    for attempt in (store.size, store.open, store.iter_chunks):
        with pytest.raises(NotFound):
            attempt(ABSENT)


def test_bytes_that_are_not_what_their_name_says_are_not_kept(store: Store, source: Path) -> None:
    with pytest.raises(CorruptFile):
        store.put(source, ABSENT)

    assert not store.exists(ABSENT)


def test_a_file_is_copied_between_stores(store: Store, source: Path, tmp_path: Path) -> None:
    other = LocalStore(str(tmp_path / "other"))
    store.put(source, NAME)

    store.copy_to(other, NAME)

    assert b"".join(other.iter_chunks(NAME)) == DATA
    other.copy_to(store, NAME)
    with pytest.raises(NotFound):
        store.copy_to(other, ABSENT)


def test_a_store_that_is_there_answers(store: Store) -> None:
    store.check_available()


def test_a_shelf_that_is_gone_does_not_answer(shelf: LocalStore) -> None:
    shelf.root.rmdir()

    with pytest.raises(Unavailable):
        shelf.check_available()


def test_a_bucket_that_is_gone_does_not_answer(bucket: str, source: Path) -> None:
    store = open_store("s3://no-such-bucket/x")

    with pytest.raises(Unavailable):
        store.check_available()
    with pytest.raises(Unavailable):
        store.put(source, NAME)


def test_a_server_that_is_gone_does_not_answer(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(Unavailable):
        open_store(bucket).check_available()


def test_a_rotted_file_is_never_served_whole_and_is_healed_by_keeping_it_again(shelf: LocalStore, source: Path) -> None:
    shelf.put(source, NAME)
    kept = files(shelf.root)[0]
    kept.write_bytes(DATA[:-1] + b"X")

    served: list[bytes] = []
    with pytest.raises(CorruptFile):
        served.extend(shelf.iter_chunks(NAME))
    assert sum(map(len, served)) < len(DATA)

    shelf.put(source, NAME)
    assert b"".join(shelf.iter_chunks(NAME)) == DATA


def test_nobody_else_may_read_the_shelf(shelf: LocalStore, source: Path) -> None:
    shelf.put(source, NAME)

    assert {stat.S_IMODE(path.stat().st_mode) for path in files(shelf.root)} == {0o600}
    folders = [shelf.root, *(path for path in shelf.root.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert files(shelf.root)[0].relative_to(shelf.root) == Path(NAME[:2], NAME[2:4], NAME)


class Syncs:
    """Watches fsync(2), and lets the one numbered `failing` fail as a broken disk would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: int = 0) -> None:
        self.real, self.failing = os.fsync, failing
        self.seen: list[str] = []
        monkeypatch.setattr(os, "fsync", self.sync)

    def sync(self, descriptor: int) -> None:
        self.seen.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        if len(self.seen) == self.failing:
            raise OSError(errno.EIO, "broken")
        self.real(descriptor)


def test_the_file_is_synced_before_it_has_its_name_and_every_folder_after(
    shelf: LocalStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put(source, NAME)
    syncs = Syncs(monkeypatch)

    shelf.put(source, NAME)

    first, *folders = syncs.seen
    root = shelf.root
    assert Path(first).parent == root
    assert Path(first).name.startswith(".arriving-")
    assert folders == [str(root / NAME[:2] / NAME[2:4]), str(root / NAME[:2]), str(root)]


def test_new_folders_are_synced_into_their_parents(
    shelf: LocalStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = Syncs(monkeypatch)

    shelf.put(source, NAME)

    assert syncs.seen[:2] == [str(shelf.root), str(shelf.root / NAME[:2])]


@pytest.mark.parametrize("failing", range(1, 7))
def test_a_disk_that_fails_to_sync_ends_the_request_and_the_process_and_leaves_no_file(
    shelf: LocalStore, source: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    ended = []
    monkeypatch.setattr(fsync, "request_process_end", lambda: ended.append(True))
    Syncs(monkeypatch, failing)

    for _ in range(2):  # it would sync again well; nobody knows what that is worth
        with pytest.raises(Unavailable):
            shelf.put(source, NAME)

    assert files(shelf.root) == []
    assert ended == [True]
    assert fsync.has_disk_failed()
    monkeypatch.setattr(fsync, "_failed", Event())  # another process
    shelf.put(source, NAME)
    assert b"".join(shelf.iter_chunks(NAME)) == DATA


@pytest.mark.parametrize("failing", range(1, 5))
def test_a_failing_sync_does_not_take_away_what_was_kept_before(
    shelf: LocalStore, source: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    shelf.put(source, NAME)
    Syncs(monkeypatch, failing)

    with pytest.raises(Unavailable):
        shelf.put(source, NAME)

    assert b"".join(shelf.iter_chunks(NAME)) == DATA
    assert len(files(shelf.root)) == 1


def test_what_a_killed_upload_left_is_swept_and_nothing_else(shelf: LocalStore, source: Path) -> None:
    shelf.put(source, NAME)
    for name in (".arriving-old", ".arriving-new"):
        (shelf.root / name).touch()
    os.utime(shelf.root / ".arriving-old", (0, 0))
    os.utime(files(shelf.root)[0], (0, 0))

    assert shelf.remove_abandoned() == 1

    assert shelf.exists(NAME)
    assert (shelf.root / ".arriving-new").exists()


def test_an_object_is_created_only_if_it_is_absent(bucket: str, s3: str, source: Path) -> None:
    """What lies under the name already is never overwritten by the single request."""
    store = open_store(bucket)
    client = boto3.client("s3", endpoint_url=s3, region_name="us-east-1")
    there = f"files/of/ours/{NAME[:2]}/{NAME[2:4]}/{NAME}"
    client.put_object(Bucket=bucket.split("/")[2], Key=there, Body=b"other")

    with pytest.raises(CorruptFile):
        store.put(source, NAME)

    assert client.get_object(Bucket=bucket.split("/")[2], Key=there)["Body"].read() == b"other"
    client.close()


def test_a_server_in_front_is_told_where_a_file_lies_only_once_it_is_proven(tmp_path: Path) -> None:
    shelf = LocalStore(str(tmp_path / "shelf"), "/_files")
    source = tmp_path / "source"
    source.write_bytes(DATA)
    shelf.put(source, NAME)

    address = shelf.verified_accel_path(NAME)

    assert address is not None
    kept = shelf.root / address.removeprefix("/_files/")
    assert kept.read_bytes() == DATA
    kept.write_bytes(DATA[:-1] + b"?")
    with pytest.raises(CorruptFile):
        shelf.verified_accel_path(NAME)
    with pytest.raises(NotFound):
        shelf.verified_accel_path(ABSENT)


def test_a_file_that_nobody_touched_is_not_read_again_to_be_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = LocalStore(str(tmp_path / "shelf"), "/_files")
    source = tmp_path / "source"
    source.write_bytes(DATA)
    shelf.put(source, NAME)
    address, read = shelf.verified_accel_path(NAME), []
    monkeypatch.setattr("app.core.storage.local.hash_file", read.append)

    assert shelf.verified_accel_path(NAME) == address
    assert not read


def test_without_a_server_in_front_we_send_files_ourselves(store: Store) -> None:
    assert store.verified_accel_path(NAME) is None
