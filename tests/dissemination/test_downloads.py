"""Downloads: the very bytes, under headers that let nobody else keep or run them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.storage import LocalStore
from app.settings import Settings
from tests.dissemination.read_path_site import DOCX, Place, text_of


def test_a_file_leaves_byte_for_byte_with_its_headers(place: Place) -> None:
    address = place.release()

    answer = place.browser("sector_member").get(f"{address}/files/fr")

    digest = place.shelve(text_of(1, "fr"))
    assert answer.content == text_of(1, "fr")
    assert {
        name: answer.headers[name] for name in ("content-type", "content-length", "content-disposition", "etag")
    } == {
        "content-type": DOCX,
        "content-length": str(len(text_of(1, "fr"))),
        "content-disposition": 'attachment; filename="CWG-Internet-22-OUT-1-fr.docx"',
        "etag": f'"{digest}"',
    }
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_head_has_the_headers_of_a_get_and_no_body(place: Place) -> None:
    address = place.release()
    reader = place.browser("sector_member")

    got, asked = (reader.request(method, f"{address}/files/en") for method in ("GET", "HEAD"))

    own = {"x-request-id"}
    assert asked.status_code == 200
    assert asked.content == b""
    assert dict(asked.headers) | dict.fromkeys(own, "") == dict(got.headers) | dict.fromkeys(own, "")


def test_what_the_browser_has_already_is_not_sent_twice_and_is_refused_when_the_session_is_over(place: Place) -> None:
    address = place.release()
    reader = place.browser("sector_member")
    tag = reader.get(f"{address}/files/en").headers["etag"]

    again = reader.get(f"{address}/files/en", headers={"If-None-Match": tag})
    reader.cookies.clear()
    after = reader.get(f"{address}/files/en", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert (after.status_code, "etag" in after.headers) == (401, False)


def test_a_language_that_was_not_released_is_unknown(place: Place) -> None:
    address = place.release(languages=("en",))
    reader = place.browser("sector_member")

    assert reader.get(f"{address}/files/en").status_code == 200
    assert reader.get(f"{address}/files/fr").status_code == 404
    assert reader.get(f"{address}/files/FR").status_code == 404


def test_a_file_that_is_damaged_is_not_passed_off_as_whole(place: Place) -> None:
    address = place.release()
    reader = place.browser("sector_member")
    digest = place.shelve(text_of(1, "en"))
    assert reader.get(f"{address}/files/en").content == text_of(1, "en")
    path = next(place.shelf.root.rglob(digest))
    path.write_bytes(b"X" + text_of(1, "en")[1:])

    for ask in (reader.get, reader.head):
        refused = ask(f"{address}/files/en")
        assert refused.status_code == 503
        assert refused.content[:1] != b"X"
    assert reader.get(f"{address}/files/fr").content == text_of(1, "fr")
    assert place.browser().get("/readyz").text == f"ready\na file is not as it was signed: {digest}\n"

    place.shelve(text_of(1, "en"))
    assert reader.get(f"{address}/files/en").content == text_of(1, "en")
    assert place.browser().get("/readyz").text == "ready\n"


def test_a_file_is_proven_once_and_again_only_when_somebody_touched_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = place.release()
    reader, read = place.browser("sector_member"), []
    pieces = LocalStore.iter_chunks
    monkeypatch.setattr(
        LocalStore, "iter_chunks", lambda own, sha256, *given: (read.append(sha256), pieces(own, sha256, *given))[1]
    )

    for _ in range(3):
        reader.get(f"{address}/files/en")
    assert len(read) == 1 + 3  # once to be proven, and each time to be sent

    place.shelve(text_of(1, "en"))
    reader.get(f"{address}/files/en")
    assert len(read) == 4 + 2


@pytest.fixture
def fronted(settings: Settings, tmp_path: Path) -> Iterator[Place]:
    """A read path behind a web server that sends the files."""
    made = Place(settings.model_copy(update={"files_front": "/_files"}), tmp_path)
    yield made
    made.close()


def test_what_is_sent_in_front_is_looked_at_once_each_time(fronted: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    address, looks = f"{fronted.release()}/files/en", []
    digest, reader = fronted.shelve(text_of(1, "en")), fronted.browser("sector_member")
    assert reader.get(address).headers["X-Accel-Redirect"] == f"/_files/{digest[:2]}/{digest[2:4]}/{digest}"
    mark, size = LocalStore.version_tag, LocalStore.size
    monkeypatch.setattr(LocalStore, "version_tag", lambda own, sha256: (looks.append("mark"), mark(own, sha256))[1])
    monkeypatch.setattr(LocalStore, "size", lambda own, sha256: (looks.append("size"), size(own, sha256))[1])

    again = reader.get(address)

    assert (again.headers["X-Accel-Redirect"][-64:], looks) == (digest, ["mark"])
    assert fronted.browser().get(address).status_code == 401
    assert reader.head(address).headers["Content-Length"] == str(len(text_of(1, "en")))


def test_what_is_sent_in_front_is_refused_as_soon_as_it_was_touched_and_taken_again_when_mended(fronted: Place) -> None:
    address = f"{fronted.release()}/files/en"
    digest, reader = fronted.shelve(text_of(1, "en")), fronted.browser("sector_member")
    assert reader.get(address).status_code == 200
    path = next(fronted.shelf.root.rglob(digest))

    path.write_bytes(b"X" + text_of(1, "en")[1:])
    assert [reader.get(address).status_code for _ in range(2)] == [503, 503]

    fronted.shelve(text_of(1, "en"))
    assert reader.get(address).headers["X-Accel-Redirect"].endswith(digest)
    assert fronted.browser().get("/readyz").text == "ready\n"
