"""The catalogue in memory: told of every release, one for a class of readers, and there without a database."""

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
from app.domain.releases.queries import releases
from tests.conftest import Database
from tests.dissemination.read_path_site import Place
from tests.dissemination.test_outputs import listed

AWAY = "UPDATE pg_database SET datallowconn = false WHERE datname = current_database()"
BACK = "UPDATE pg_database SET datallowconn = true WHERE datname = '{name}'"
CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'cwg_reader'
"""


@pytest.fixture
def told(place: Place) -> Iterator[Place]:
    """A read path that listens, as one that is served does."""
    place.library.refresher.start()
    eventually(lambda: place.library.refresher.current_catalogues is not None)
    yield place
    place.library.refresher.stop()


def eventually(holds: Callable[[], bool], within: float = 5.0) -> None:
    until = time.monotonic() + within
    while not holds():
        assert time.monotonic() < until, "it never came to hold"
        time.sleep(0.005)


def deaf(place: Place) -> None:
    """From now on a release of the test itself does not renew anything; what renews must have been told."""
    place.renew = lambda: None


def test_it_is_told_of_a_release_and_of_what_is_taken_away(told: Place, database: Database) -> None:
    deaf(told)
    reader = told.browser("academia")
    assert listed(reader.get("/outputs").text) == []

    address = told.release()
    eventually(lambda: listed(reader.get("/outputs").text) == ["1"])

    database.run_as_superuser("DELETE FROM release.file; DELETE FROM release.output")
    eventually(lambda: reader.get(address).status_code == 404)
    assert listed(reader.get("/outputs").text) == []


def test_a_release_that_is_undone_is_never_seen(told: Place) -> None:
    deaf(told)
    before = told.library.refresher.current_catalogues
    with pytest.raises(RuntimeError, match="no"), transaction(write_session_factory(told.portal)) as session:
        session.add(
            ReleasedFile(output_id=told.identity(1), language="en", sha256="0" * 64, size=1, media="x", name="x")
        )
        raise RuntimeError("no")

    told.release(2)
    eventually(lambda: told.library.refresher.current_catalogues is not before)
    assert [each.symbol for each in told.catalogue.outputs] == ["CWG-Internet 22/OUT/2"]


def test_without_its_database_it_goes_on_says_since_when_and_renews_itself(told: Place, database: Database) -> None:
    deaf(told)
    address = told.release()
    reader = told.browser("member_state")
    eventually(lambda: reader.get(address).status_code == 200)
    assert "does not answer just now" not in reader.get("/outputs").text

    database.run_as_superuser(f"{AWAY};{CUT}")
    try:
        for path in ("/", "/outputs", address, f"{address}/files/en", "/readyz"):
            assert reader.get(path).status_code == 200
        with clock.shifted_clock(STALE_AFTER + timedelta(seconds=1)):
            assert "does not answer just now" in told.browser("member_state").get("/outputs").text
    finally:
        database.server.run(BACK.format(name=database.name))

    told.release(2)
    eventually(lambda: listed(reader.get("/outputs").text) == ["2", "1"], within=15)
    assert "does not answer just now" not in reader.get("/outputs").text


def test_before_it_ever_had_a_catalogue_it_says_that_it_cannot_answer(place: Place, database: Database) -> None:
    database.run_as_superuser(f"{AWAY};{CUT}")
    try:
        with pytest.raises(Unavailable):
            place.library.refresher.get_catalogues()
        answer = place.browser("member_state").get("/outputs")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    finally:
        database.server.run(BACK.format(name=database.name))


def test_a_page_is_written_once_for_a_class_of_readers_and_shows_each_their_own_name(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.release()
    written = []
    write = place.library.templates.render_page
    monkeypatch.setattr(
        type(place.library.templates),
        "written",
        lambda _, *given, **values: (written.append(given), write(*given, **values))[1],
    )
    names = ("Sima <Qian>", "Ada & Co", "Sima <Qian>")

    pages = [place.browser(cookie=place.cookie("academia", name)).get("/outputs").text for name in names]

    assert len(written) == 1
    for page, name in zip(pages, ("Sima &lt;Qian&gt;", "Ada &amp; Co", "Sima &lt;Qian&gt;"), strict=True):
        assert f"Signed in as {name}</p>" in page
        assert "\ue001" not in page
    tokens = [re.findall(r'name="token" value="([0-9a-f]+)"', page) for page in pages]
    assert len({token for found in tokens for token in found}) == 3

    place.browser("member_state").get("/outputs")
    place.browser("academia").get("/outputs?lang=fr")
    assert len(written) == 3


def test_no_more_pages_are_kept_than_fit(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.dissemination.catalogue.MAX_CACHED_PAGES", 2)
    catalogue = place.catalogue
    written = []

    def page(key: str) -> bytes:
        (piece,) = catalogue.get_cached_page(key, lambda: [(written.append(key), key.encode())[1]])
        return piece

    assert [page(key) for key in ("a", "b", "a", "c", "a", "b")] == [b"a", b"b", b"a", b"c", b"a", b"b"]
    assert written == ["a", "b", "c", "b"]


def test_what_was_written_before_is_given_again_just_as_its_route_gave_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, cookie = place.release(), place.cookie("academia")
    asked = {"Accept-Language": "ar,fr;q=0.5"}
    pages = ("/", "/outputs", "/outputs?kind=report", address)
    reader = place.browser(cookie=cookie)
    first = {page: reader.get(page, headers=asked) for page in pages}

    def never(*_: object) -> None:
        raise AssertionError("a route was asked")

    monkeypatch.setattr("app.dissemination.page_cache.PLACEHOLDERS", None)  # no page can be written any more
    monkeypatch.setattr("app.dissemination.reader_sessions.ReaderAccess.__call__", never)
    for page, given in first.items():
        again = reader.get(page, headers=asked)
        assert again.content == given.content
        assert {**again.headers, "x-request-id": ""} == {**given.headers, "x-request-id": ""}


def test_nothing_written_is_given_to_whom_its_route_would_refuse(place: Place) -> None:
    place.release()
    cookie = place.cookie("academia")
    assert "OUT/1" in place.browser(cookie=cookie).get("/outputs").text
    assert "OUT/1" in place.browser(cookie=cookie).get("/outputs").text

    for other in (place.browser(), place.browser("external"), place.browser(cookie=cookie[:-2])):
        assert "OUT/1" not in other.get("/outputs").text
        assert "OUT/1" not in other.get("/outputs").text
    with clock.shifted_clock(timedelta(hours=1, seconds=1)):
        assert "OUT/1" not in place.browser(cookie=cookie).get("/outputs").text


def test_a_renewal_holds_once_what_stayed_the_same(place: Place, database: Database) -> None:
    for number in (1, 2):
        place.release(number, topics={"iot": {"en": "Internet of things"}})
    before = place.catalogue

    database.run_as_superuser("UPDATE release.file SET size = size + 1 WHERE name LIKE '%OUT-2%'")
    place.release(3, topics={"iot": {"en": "Internet of things"}})

    now = place.catalogue
    slug = "CWG-Internet-22-OUT-1"
    assert (now is before, now.get_output(slug) is before.get_output(slug)) == (False, True)
    assert [each.slug[-1] for each in now.outputs] == ["3", "1"]


def test_what_is_read_in_batches_is_what_is_read_at_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"state": "KEN", "kind": "reservation", "text": "Kenya reserves.", "language": "en"}
    for number in range(1, 6):
        place.release(number, statements=[said] * (number % 2), topics={f"topic-{number}": {"en": "One"}})
    with transaction(place.library.refresher.read_sessions) as session:
        at_once = releases.list_entries(session)
    monkeypatch.setattr(releases, "ROWS_PER_BATCH", 2)

    with transaction(place.library.refresher.read_sessions) as session:
        in_batches, backwards = releases.list_entries(session), list(releases.iterate_manifests_backwards(session))
        manifests = releases.list_manifests(session)

    assert (in_batches, len(at_once)) == (at_once, 5)
    assert backwards == [*reversed(manifests)]
    assert {len(each.texts) for each in at_once} == {3}
    assert len({id(each.body_names) for each in in_batches}) == 1


def test_those_who_ask_first_at_the_same_time_wait_for_one_reading(place: Place) -> None:
    place.release(1)
    keeper = CatalogueRefresher(
        str(place.settings.reader_database_url),
        place.library.refresher.read_sessions,
        place.library.refresher.public_keys,
    )

    with ThreadPoolExecutor(4) as pool, place.statements() as statements:
        held = [each.result() for each in [pool.submit(keeper.get_catalogues) for _ in range(4)]]

    assert len({id(each) for each in held}) == 1
    assert sum("FROM release.manifest LEFT" in each for each in statements) == 1


def test_a_fault_that_nobody_thought_of_does_not_end_the_renewing(told: Place, monkeypatch) -> None:
    deaf(told)
    with monkeypatch.context() as context:
        failed: list[int] = []
        context.setattr(keeping, "update_snapshot", lambda *_: failed.append(1) or 1 / 0)
        told.release(1)
        eventually(lambda: bool(failed))
        assert told.browser("academia").get("/outputs").status_code == 200  # what was held is

    eventually(lambda: len(told.catalogue.outputs) == 1)


def test_a_process_that_cannot_read_what_was_released_says_so_and_tries_again(place: Place, monkeypatch) -> None:
    with monkeypatch.context() as context:
        context.setattr(keeping, "load_snapshot", lambda *_: 1 / 0)
        assert place.browser("academia").get("/outputs").status_code == 503

    assert place.browser("academia").get("/outputs").status_code == 200
