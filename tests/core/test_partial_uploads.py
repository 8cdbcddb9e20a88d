"""Files that grow piece by piece: whole or not at all, and the same bytes whichever of the two is copied."""

import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.core.errors import Unavailable
from app.core.files import partial_uploads
from app.core.files.partial_uploads import PartialUploadStore

DATA = os.urandom(3 * partial_uploads.BLOCK_SIZE + 77)


@pytest.fixture
def place(tmp_path: Path) -> PartialUploadStore:
    return PartialUploadStore(tmp_path / "arriving")


def put(place: PartialUploadStore, upload: UUID, data: bytes, start: int, end: int, *, said: int | None = None) -> str:
    """Append one piece in blocks; the digest of the file with it. `said` is the length that was announced."""
    with place.open_chunk(
        start, end - start if said is None else said, prefix_hash=place.hash_prefix(upload, start)
    ) as piece:
        for at in range(start, end, 100_000):
            piece.update_digest([data[at : min(at + 100_000, end)]])
            piece.write([data[at : min(at + 100_000, end)]])
        place.append(upload, piece)
    assert piece.digest == hashlib.sha256(data[start:end]).hexdigest()
    return str(piece.whole_digest)


@pytest.mark.parametrize(
    "ends",
    [(1000, len(DATA)), (len(DATA) - 5, len(DATA)), (500, 1000, 1500, len(DATA)), (len(DATA),), (0, 9, len(DATA))],
)
def test_pieces_of_any_length_make_the_file(place: PartialUploadStore, ends: tuple[int, ...]) -> None:
    upload, start = uuid4(), 0
    for end in ends:
        assert put(place, upload, DATA, start, end) == hashlib.sha256(DATA[:end]).hexdigest()
        assert place.path(upload).read_bytes() == DATA[:end]
        start = end

    assert list(place.root.iterdir()) == [place.path(upload)]
    assert place.path(upload).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("said", [0, 10**9])
def test_a_piece_that_is_not_as_long_as_it_said_is_kept_as_it_is(place: PartialUploadStore, said: int) -> None:
    upload = uuid4()
    put(place, upload, DATA, 0, 700_000)

    put(place, upload, DATA, 700_000, len(DATA), said=said)

    assert place.path(upload).read_bytes() == DATA


@pytest.mark.parametrize("end", [1000, 2_000_000])
def test_what_a_killed_attempt_left_behind_does_not_count(place: PartialUploadStore, end: int) -> None:
    upload = uuid4()
    put(place, upload, DATA, 0, 500_000)
    with place.path(upload).open("ab") as file:
        file.write(b"never acknowledged" * 200_000)

    put(place, upload, DATA, 500_000, 500_000 + end)

    assert place.path(upload).read_bytes() == DATA[: 500_000 + end]


def test_of_a_piece_that_is_not_appended_nothing_remains(place: PartialUploadStore) -> None:
    with place.open_chunk(0, 10) as piece:
        piece.write([b"01234", b"", b"56789"])
        assert len(list(place.root.iterdir())) == 1

    assert list(place.root.iterdir()) == []


def test_a_block_of_many_small_parts_is_written_in_one_pass(
    place: PartialUploadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, handed, write = [DATA[at : at + 2] for at in range(0, 80_000, 2)], [], os.writev
    monkeypatch.setattr(os, "writev", lambda file, given: (handed.append(len(given)), write(file, given))[1])

    with place.open_chunk(0, 80_000) as piece:
        piece.write(parts)

        assert sum(handed) == len(parts)
        piece.file.seek(0)
        assert piece.file.read() == DATA[:80_000]


@pytest.mark.parametrize("length", [50, 2000])
def test_a_file_that_is_shorter_than_the_house_says_is_no_ground_to_build_on(
    place: PartialUploadStore, length: int
) -> None:
    upload = uuid4()
    put(place, upload, DATA, 0, 1000)
    os.truncate(place.path(upload), 900)

    with pytest.raises(Unavailable), place.open_chunk(1000, length) as piece:
        piece.write([DATA[1000 : 1000 + length]])
        place.append(upload, piece)

    assert place.path(upload).stat().st_size == 900


def test_many_small_parts_are_written_whole(place: PartialUploadStore) -> None:
    upload, parts = uuid4(), [bytes([at % 251]) * (at % 7) for at in range(5_000)]
    whole = b"".join(parts)
    with place.open_chunk(0, len(whole)) as piece:
        piece.write(parts)
        place.append(upload, piece)

    assert place.path(upload).read_bytes() == whole
    assert piece.length == len(whole)
