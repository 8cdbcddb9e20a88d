"""Downloads: the exact bytes, under headers that let no cache or script use them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.storage import LocalStore
from app.http.downloads import SANDBOX_POLICY
from app.settings import Settings
from tests.dissemination.read_path_site import DOCX, ReaderSite, text_of


def test_a_file_leaves_byte_for_byte_with_its_headers(reader_site: ReaderSite) -> None:
    address = reader_site.release()

    answer = reader_site.browser("sector_member").get(f"{address}/files/fr")

    digest = reader_site.store_bytes(text_of(1, "fr"))
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
    assert answer.headers["content-security-policy"] == SANDBOX_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_head_has_the_headers_of_a_get_and_no_body(reader_site: ReaderSite) -> None:
    address = reader_site.release()
    reader = reader_site.browser("sector_member")

    get_response, head_response = (reader.request(method, f"{address}/files/en") for method in ("GET", "HEAD"))

    varying = {"x-request-id"}
    assert head_response.status_code == 200
    assert head_response.content == b""
    assert dict(head_response.headers) | dict.fromkeys(varying, "") == dict(get_response.headers) | dict.fromkeys(
        varying, ""
    )


def test_a_cached_file_is_not_sent_again_and_is_refused_after_the_session(reader_site: ReaderSite) -> None:
    address = reader_site.release()
    reader = reader_site.browser("sector_member")
    tag = reader.get(f"{address}/files/en").headers["etag"]

    again = reader.get(f"{address}/files/en", headers={"If-None-Match": tag})
    reader.cookies.clear()
    after = reader.get(f"{address}/files/en", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert (after.status_code, "etag" in after.headers) == (401, False)


def test_a_language_that_was_not_released_is_not_found(reader_site: ReaderSite) -> None:
    address = reader_site.release(languages=("en",))
    reader = reader_site.browser("sector_member")

    assert reader.get(f"{address}/files/en").status_code == 200
    assert reader.get(f"{address}/files/fr").status_code == 404
    assert reader.get(f"{address}/files/FR").status_code == 404


def test_a_damaged_file_is_not_served(reader_site: ReaderSite) -> None:
    address = reader_site.release()
    reader = reader_site.browser("sector_member")
    digest = reader_site.store_bytes(text_of(1, "en"))
    assert reader.get(f"{address}/files/en").content == text_of(1, "en")
    path = next(reader_site.store.root.rglob(digest))
    path.write_bytes(b"X" + text_of(1, "en")[1:])

    for ask in (reader.get, reader.head):
        refused = ask(f"{address}/files/en")
        assert refused.status_code == 503
        assert refused.content[:1] != b"X"
    assert reader.get(f"{address}/files/fr").content == text_of(1, "fr")
    assert reader_site.browser().get("/readyz").text == f"ready\na file is not as it was signed: {digest}\n"

    reader_site.store_bytes(text_of(1, "en"))
    assert reader.get(f"{address}/files/en").content == text_of(1, "en")
    assert reader_site.browser().get("/readyz").text == "ready\n"


def test_a_file_is_verified_once_and_again_only_after_a_change(
    reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reader_site.release()
    reader, read = reader_site.browser("sector_member"), []
    pieces = LocalStore.iter_chunks
    monkeypatch.setattr(
        LocalStore, "iter_chunks", lambda store, sha256, *args: (read.append(sha256), pieces(store, sha256, *args))[1]
    )

    for _ in range(3):
        reader.get(f"{address}/files/en")
    assert len(read) == 1 + 3  # once to be verified, and each time to be sent

    reader_site.store_bytes(text_of(1, "en"))
    reader.get(f"{address}/files/en")
    assert len(read) == 4 + 2


@pytest.fixture
def fronted_site(settings: Settings, tmp_path: Path) -> Iterator[ReaderSite]:
    """A reader site behind a web server that sends the files."""
    reader_site = ReaderSite(settings.model_copy(update={"files_front": "/_files"}), tmp_path)
    yield reader_site
    reader_site.close()


def test_a_file_sent_by_the_web_server_is_checked_once_per_request(
    fronted_site: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, looks = f"{fronted_site.release()}/files/en", []
    digest, reader = fronted_site.store_bytes(text_of(1, "en")), fronted_site.browser("sector_member")
    assert reader.get(address).headers["X-Accel-Redirect"] == f"/_files/{digest[:2]}/{digest[2:4]}/{digest}"
    mark, size = LocalStore.version_tag, LocalStore.size
    monkeypatch.setattr(LocalStore, "version_tag", lambda store, sha256: (looks.append("mark"), mark(store, sha256))[1])
    monkeypatch.setattr(LocalStore, "size", lambda store, sha256: (looks.append("size"), size(store, sha256))[1])

    again = reader.get(address)

    assert (again.headers["X-Accel-Redirect"][-64:], looks) == (digest, ["mark"])
    assert fronted_site.browser().get(address).status_code == 401
    assert reader.head(address).headers["Content-Length"] == str(len(text_of(1, "en")))


def test_a_file_sent_by_the_web_server_is_refused_after_a_change_until_repaired(fronted_site: ReaderSite) -> None:
    address = f"{fronted_site.release()}/files/en"
    digest, reader = fronted_site.store_bytes(text_of(1, "en")), fronted_site.browser("sector_member")
    assert reader.get(address).status_code == 200
    path = next(fronted_site.store.root.rglob(digest))

    path.write_bytes(b"X" + text_of(1, "en")[1:])
    assert [reader.get(address).status_code for _ in range(2)] == [503, 503]

    fronted_site.store_bytes(text_of(1, "en"))
    assert reader.get(address).headers["X-Accel-Redirect"].endswith(digest)
    assert fronted_site.browser().get("/readyz").text == "ready\n"
