"""Partial uploads: whole or not at all, and the same bytes whichever of the two files is copied."""

import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.core.errors import Unavailable
from app.core.files import partial_uploads as staging
from app.core.files.partial_uploads import PartialUploadStore

DATA = os.urandom(3 * staging.BLOCK_SIZE + 77)


@pytest.fixture
def partial_uploads(tmp_path: Path) -> PartialUploadStore:
    return PartialUploadStore(tmp_path / "arriving")


def append_piece(
    partial_uploads: PartialUploadStore,
    upload: UUID,
    data: bytes,
    start: int,
    end: int,
    *,
    announced: int | None = None,
) -> str:
    """Append one piece in blocks; return the digest of the file with it. `said` is the announced length."""
    with partial_uploads.begin_receiving_chunk(
        start, end - start if announced is None else announced, prefix_hash=partial_uploads.hash_prefix(upload, start)
    ) as piece:
        for at in range(start, end, 100_000):
            piece.update_digest([data[at : min(at + 100_000, end)]])
            piece.write([data[at : min(at + 100_000, end)]])
        partial_uploads.append(upload, piece)
    assert piece.digest == hashlib.sha256(data[start:end]).hexdigest()
    return str(piece.whole_file_digest)


@pytest.mark.parametrize(
    "ends",
    [(1000, len(DATA)), (len(DATA) - 5, len(DATA)), (500, 1000, 1500, len(DATA)), (len(DATA),), (0, 9, len(DATA))],
)
def test_pieces_of_any_length_make_the_file(partial_uploads: PartialUploadStore, ends: tuple[int, ...]) -> None:
    upload, start = uuid4(), 0
    for end in ends:
        assert append_piece(partial_uploads, upload, DATA, start, end) == hashlib.sha256(DATA[:end]).hexdigest()
        assert partial_uploads.path(upload).read_bytes() == DATA[:end]
        start = end

    assert list(partial_uploads.root.iterdir()) == [partial_uploads.path(upload)]
    assert partial_uploads.path(upload).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("announced", [0, 10**9])
def test_a_piece_of_another_length_than_announced_is_kept_as_it_is(
    partial_uploads: PartialUploadStore, announced: int
) -> None:
    upload = uuid4()
    append_piece(partial_uploads, upload, DATA, 0, 700_000)

    append_piece(partial_uploads, upload, DATA, 700_000, len(DATA), announced=announced)

    assert partial_uploads.path(upload).read_bytes() == DATA


@pytest.mark.parametrize("end", [1000, 2_000_000])
def test_data_left_by_a_killed_attempt_is_ignored(partial_uploads: PartialUploadStore, end: int) -> None:
    upload = uuid4()
    append_piece(partial_uploads, upload, DATA, 0, 500_000)
    with partial_uploads.path(upload).open("ab") as file:
        file.write(b"never acknowledged" * 200_000)

    append_piece(partial_uploads, upload, DATA, 500_000, 500_000 + end)

    assert partial_uploads.path(upload).read_bytes() == DATA[: 500_000 + end]


def test_nothing_remains_of_a_piece_that_is_not_appended(partial_uploads: PartialUploadStore) -> None:
    with partial_uploads.begin_receiving_chunk(0, 10) as piece:
        piece.write([b"01234", b"", b"56789"])
        assert len(list(partial_uploads.root.iterdir())) == 1

    assert list(partial_uploads.root.iterdir()) == []


def test_a_block_of_many_small_parts_is_written_in_one_pass(
    partial_uploads: PartialUploadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, handed, write = [DATA[at : at + 2] for at in range(0, 80_000, 2)], [], os.writev
    monkeypatch.setattr(os, "writev", lambda file, buffers: (handed.append(len(buffers)), write(file, buffers))[1])

    with partial_uploads.begin_receiving_chunk(0, 80_000) as piece:
        piece.write(parts)

        assert sum(handed) == len(parts)
        piece.file.seek(0)
        assert piece.file.read() == DATA[:80_000]


@pytest.mark.parametrize("length", [50, 2000])
def test_a_file_shorter_than_recorded_is_not_extended(partial_uploads: PartialUploadStore, length: int) -> None:
    upload = uuid4()
    append_piece(partial_uploads, upload, DATA, 0, 1000)
    os.truncate(partial_uploads.path(upload), 900)

    with pytest.raises(Unavailable), partial_uploads.begin_receiving_chunk(1000, length) as piece:
        piece.write([DATA[1000 : 1000 + length]])
        partial_uploads.append(upload, piece)

    assert partial_uploads.path(upload).stat().st_size == 900


def test_many_small_parts_are_written_completely(partial_uploads: PartialUploadStore) -> None:
    upload, parts = uuid4(), [bytes([at % 251]) * (at % 7) for at in range(5_000)]
    joined = b"".join(parts)
    with partial_uploads.begin_receiving_chunk(0, len(joined)) as piece:
        piece.write(parts)
        partial_uploads.append(upload, piece)

    assert partial_uploads.path(upload).read_bytes() == joined
    assert piece.length == len(joined)
