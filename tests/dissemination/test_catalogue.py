"""The catalogue in memory: refreshed by each release, rendered once per class of readers, served without a database."""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import transaction, write_session_factory
from app.core.errors import Unavailable
from app.dissemination import refresh as keeping
from app.dissemination.refresh import STALE_AFTER, CatalogueRefresher
from app.domain.releases.models import ReleasedFile
from app.domain.releases.queries import releases, stored_manifests
from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.test_outputs import list_numbers
from tests.waiting import PATIENCE

CLOSE_DATABASE = "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()"
OPEN_DATABASE = "UPDATE pg_database SET datallowconn = true WHERE datname = '{name}'"
END_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'cwg_reader'
"""


@pytest.fixture
def listening_site(reader_site: ReaderSite) -> Iterator[ReaderSite]:
    """A reader site that listens for notifications, as a served one does."""
    reader_site.state.refresher.start()
    eventually(lambda: reader_site.state.refresher.current_catalogues is not None)
    yield reader_site
    reader_site.state.refresher.stop()


def eventually(condition: Callable[[], bool], within: float = PATIENCE) -> None:
    until = time.monotonic() + within
    while not condition():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.005)


def disable_direct_refresh(reader_site: ReaderSite) -> None:
    """Stop `ReaderSite.release` from refreshing the catalogue, so that only a notification does."""
    reader_site.renew = lambda: None


def test_the_catalogue_is_refreshed_after_a_release_and_a_deletion(
    listening_site: ReaderSite, database: Database
) -> None:
    disable_direct_refresh(listening_site)
    reader = listening_site.browser("academia")
    assert list_numbers(reader.get("/outputs").text) == []

    address = listening_site.release()
    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["1"])

    database.run_as_superuser("DELETE FROM release.file; DELETE FROM release.output")
    eventually(lambda: reader.get(address).status_code == 404)
    assert list_numbers(reader.get("/outputs").text) == []


def test_a_rolled_back_release_is_never_shown(listening_site: ReaderSite) -> None:
    disable_direct_refresh(listening_site)
    before = listening_site.state.refresher.current_catalogues
    with pytest.raises(RuntimeError, match="no"), transaction(write_session_factory(listening_site.worker)) as session:
        session.add(
            ReleasedFile(
                output_id=listening_site.identity(1), language="en", sha256="0" * 64, size=1, media="x", name="x"
            )
        )
        raise RuntimeError("no")

    listening_site.release(2)
    eventually(lambda: listening_site.state.refresher.current_catalogues is not before)
    assert [each.symbol for each in listening_site.catalogue.outputs] == ["CWG-Internet 22/OUT/2"]


def test_without_its_database_the_site_stays_up_reports_staleness_and_recovers(
    listening_site: ReaderSite, database: Database
) -> None:
    disable_direct_refresh(listening_site)
    address = listening_site.release()
    reader = listening_site.browser("member_state")
    eventually(lambda: reader.get(address).status_code == 200)
    assert "may be out of date" not in reader.get("/outputs").text

    database.run_as_superuser(f"{CLOSE_DATABASE};{END_CONNECTIONS}")
    try:
        for path in ("/", "/outputs", address, f"{address}/files/en", "/readyz"):
            assert reader.get(path).status_code == 200
        with clock.shifted_clock(STALE_AFTER + timedelta(seconds=1)):
            assert "may be out of date" in listening_site.browser("member_state").get("/outputs").text
    finally:
        database.server.run(OPEN_DATABASE.format(name=database.name))

    listening_site.release(2)
    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["2", "1"])
    assert "may be out of date" not in reader.get("/outputs").text


def test_before_the_first_catalogue_the_site_is_unavailable(reader_site: ReaderSite, database: Database) -> None:
    database.run_as_superuser(f"{CLOSE_DATABASE};{END_CONNECTIONS}")
    try:
        with pytest.raises(Unavailable):
            reader_site.state.refresher.get_catalogues()
        answer = reader_site.browser("member_state").get("/outputs")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    finally:
        database.server.run(OPEN_DATABASE.format(name=database.name))


def test_a_page_is_rendered_once_per_class_of_readers_and_shows_each_the_own_name(
    reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader_site.release()
    written = []
    write = reader_site.state.templates.render_page
    monkeypatch.setattr(
        type(reader_site.state.templates),
        "render_page",
        lambda _, *args, **values: (written.append(args), write(*args, **values))[1],
    )
    names = ("Sima <Qian>", "Ada & Co", "Sima <Qian>")

    pages = [reader_site.browser(cookie=reader_site.cookie("academia", name)).get("/outputs").text for name in names]

    assert len(written) == 1
    for page, name in zip(pages, ("Sima &lt;Qian&gt;", "Ada &amp; Co", "Sima &lt;Qian&gt;"), strict=True):
        assert f"Signed in as {name}</p>" in page
        assert "\ue001" not in page
    tokens = [re.findall(r'name="token" value="([0-9a-f]+)"', page) for page in pages]
    assert len({token for matches in tokens for token in matches}) == 3

    reader_site.browser("member_state").get("/outputs")
    reader_site.browser("academia").get("/outputs?lang=fr")
    assert len(written) == 3


def test_the_cached_pages_are_limited(reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.dissemination.catalogue.MAX_CACHED_BYTES", 2)
    catalogue = reader_site.catalogue
    written = []

    def page(key: str) -> bytes:
        (piece,) = catalogue.get_cached_page(key, lambda: [(written.append(key), key.encode())[1]])
        return piece

    assert [page(key) for key in ("a", "b", "a", "c", "a", "b")] == [b"a", b"b", b"a", b"c", b"a", b"b"]
    assert written == ["a", "b", "c", "b"]


def test_a_cached_response_equals_the_response_of_its_route(
    reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, cookie = reader_site.release(), reader_site.cookie("academia")
    request_headers = {"Accept-Language": "ar,fr;q=0.5"}
    pages = ("/", "/outputs", "/outputs?kind=report", address)
    reader = reader_site.browser(cookie=cookie)
    first = {page: reader.get(page, headers=request_headers) for page in pages}

    def never(*_: object) -> None:
        raise AssertionError("a route was asked")

    monkeypatch.setattr("app.dissemination.page_cache.PLACEHOLDERS", None)  # rendering would fail from here on
    monkeypatch.setattr("app.dissemination.reader_sessions.ReaderCatalogueGuard.__call__", never)
    for page, response in first.items():
        again = reader.get(page, headers=request_headers)
        assert again.content == response.content
        assert {**again.headers, "x-request-id": ""} == {**response.headers, "x-request-id": ""}


def test_a_cached_page_is_not_served_to_readers_whom_its_route_refuses(reader_site: ReaderSite) -> None:
    reader_site.release()
    cookie = reader_site.cookie("academia")
    assert "OUT/1" in reader_site.browser(cookie=cookie).get("/outputs").text
    assert "OUT/1" in reader_site.browser(cookie=cookie).get("/outputs").text

    for other in (reader_site.browser(), reader_site.browser("external"), reader_site.browser(cookie=cookie[:-2])):
        assert "OUT/1" not in other.get("/outputs").text
        assert "OUT/1" not in other.get("/outputs").text
    with clock.shifted_clock(timedelta(hours=1, seconds=1)):
        assert "OUT/1" not in reader_site.browser(cookie=cookie).get("/outputs").text


def test_a_refresh_reuses_unchanged_outputs(reader_site: ReaderSite, database: Database) -> None:
    for number in (1, 2):
        reader_site.release(number, topics={"iot": {"en": "Internet of things"}})
    before = reader_site.catalogue

    database.run_as_superuser("UPDATE release.file SET size = size + 1 WHERE name LIKE '%OUT-2%'")
    reader_site.release(3, topics={"iot": {"en": "Internet of things"}})

    now = reader_site.catalogue
    slug = "CWG-Internet-22-OUT-1"
    assert (now is before, now.get_output(slug) is before.get_output(slug)) == (False, True)
    assert [each.slug[-1] for each in now.outputs] == ["3", "1"]


def test_reading_in_batches_equals_reading_at_once(reader_site: ReaderSite, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves.", "language": "en"}
    for number in range(1, 6):
        reader_site.release(number, statements=[statement] * (number % 2), topics={f"topic-{number}": {"en": "One"}})
    with transaction(reader_site.state.refresher.read_sessions) as session:
        at_once = releases.list_entries(session)
    monkeypatch.setattr(releases, "ROWS_PER_BATCH", 2)

    with transaction(reader_site.state.refresher.read_sessions) as session:
        in_batches, backwards = (
            releases.list_entries(session),
            list(stored_manifests.iterate_manifests_backwards(session)),
        )
        manifests = stored_manifests.list_manifests(session)

    assert (in_batches, len(at_once)) == (at_once, 5)
    assert backwards == [*reversed(manifests)]
    assert {len(each.texts) for each in at_once} == {3}
    assert len({id(each.body_names) for each in in_batches}) == 1


def test_concurrent_first_requests_wait_for_a_single_read(reader_site: ReaderSite) -> None:
    reader_site.release(1)
    refresher = CatalogueRefresher(
        str(reader_site.settings.reader_database_url),
        reader_site.state.refresher.read_sessions,
        reader_site.state.refresher.public_keys,
    )

    with ThreadPoolExecutor(4) as pool, reader_site.statements() as statements:
        results = [each.result() for each in [pool.submit(refresher.get_catalogues) for _ in range(4)]]

    assert len({id(each) for each in results}) == 1
    assert sum("FROM release.manifest LEFT" in each for each in statements) == 1


def test_an_unexpected_error_does_not_stop_the_refresher(listening_site: ReaderSite, monkeypatch) -> None:
    disable_direct_refresh(listening_site)
    with monkeypatch.context() as context:
        failed: list[int] = []
        context.setattr(keeping, "update_snapshot", lambda *_: failed.append(1) or 1 / 0)
        listening_site.release(1)
        eventually(lambda: bool(failed))
        assert (
            listening_site.browser("academia").get("/outputs").status_code == 200
        )  # the current catalogue is still served

    eventually(lambda: len(listening_site.catalogue.outputs) == 1)


def test_a_process_that_cannot_read_the_releases_reports_it_and_retries(reader_site: ReaderSite, monkeypatch) -> None:
    with monkeypatch.context() as context:
        context.setattr(keeping, "load_snapshot", lambda *_: 1 / 0)
        assert reader_site.browser("academia").get("/outputs").status_code == 503

    assert reader_site.browser("academia").get("/outputs").status_code == 200
