"""Two databases, equal in everything released and different in every secret, must be told apart by no answer."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import update

from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.storage import open_store
from app.dissemination.feeds import FEED_KEY_LIFETIME
from app.domain.identity.models.claims import Membership
from app.domain.outputs.models import Output, OutputStatus
from app.settings import Settings
from tests.conftest import Database
from tests.dissemination.read_path_site import ALONE, Place
from tests.world import World

CALLERS = (*Membership, None)
GONE = "/outputs/CWG-Internet-22-OUT-9"
# For each route that can be read, addresses that are there, and addresses of things that are there in one world only.
ADDRESSES = {
    "/": ["/", "/?lang=ar", "/?page=2"],
    "/help": ["/help"],
    "/outputs": [
        "/outputs",
        "/outputs?year=2026",
        "/outputs?kind=report",
        "/outputs?kind=decision",
        "/outputs?page=2",
        "/outputs?meeting=22&topic=iot&language=ru",
    ],
    "/outputs/{slug}": ["/outputs/CWG-Internet-22-OUT-7", "/outputs/CWG-Internet-22-OUT-1", "/outputs/x", GONE],
    "/outputs/{slug}/files/{language}": [
        "/outputs/CWG-Internet-22-OUT-7/files/en",
        "/outputs/CWG-Internet-22-OUT-7/files/es",
        "/outputs/CWG-Internet-22-OUT-1/files/en",
        f"{GONE}/files/en",
    ],
    "/outputs.json": ["/outputs.json", "/outputs.json?year=2026"],
    "/outputs/{slug}.json": ["/outputs/CWG-Internet-22-OUT-7.json", "/outputs/CWG-Internet-22-OUT-1.json"],
    "/outputs.zip": ["/outputs.zip", "/outputs.zip?kind=report"],
    "/outputs/{slug}.zip": ["/outputs/CWG-Internet-22-OUT-7.zip", "/outputs/CWG-Internet-22-OUT-1.zip"],
    "/outputs/{slug}.manifest.json": [f"/outputs/CWG-Internet-22-OUT-{number}.manifest.json" for number in (7, 1)],
    "/catalogue.json": ["/catalogue.json"],
    "/verify": ["/verify", f"/verify?sha256={'0' * 64}", "/verify?sha256=x"],
    "/verify/digests.json": ["/verify/digests.json"],
    "/outputs/{slug}/cite.{form}": [
        *(f"/outputs/CWG-Internet-22-OUT-7/cite.{form}" for form in ("bib", "ris", "json", "x")),
        "/outputs/CWG-Internet-22-OUT-1/cite.bib",
    ],
    "/withdrawn": ["/withdrawn"],
    "/withdrawn.json": ["/withdrawn.json", "/withdrawn.json?kind=report"],
    "/feeds": ["/feeds", "/feeds?lang=fr", "/feeds?topic=iot"],
    "/feeds/{key}/{language}.atom": [
        "/feeds/KEY/en.atom",
        "/feeds/KEY/ru.atom?kind=report&topic=iot",
        "/feeds/KEY/ar.atom?language=ar",
        "/feeds/x/en.atom",
    ],
    "/feeds/{language}.atom": ["/feeds/en.atom", "/feeds/ru.atom?kind=report&topic=iot", "/feeds/xx.atom"],
    "/oai": ["/oai?verb=Identify", "/oai?verb=ListRecords&metadataPrefix=oai_dc"],
    "/oai/{key}": [
        "/oai/KEY?verb=Identify",
        "/oai/KEY?verb=ListMetadataFormats",
        "/oai/KEY?verb=ListSets",
        "/oai/KEY?verb=ListRecords&metadataPrefix=oai_dc",
        "/oai/KEY?verb=ListIdentifiers&metadataPrefix=oai_dc&set=topic.iot&from=2026-01-01",
        "/oai/KEY?verb=ListIdentifiers&metadataPrefix=oai_dc&set=meeting.23",
        "/oai/KEY?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:CWG-Internet-22-OUT-7",
        "/oai/KEY?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:CWG-Internet-22-OUT-1",
        "/oai/KEY?verb=x",
        "/oai/x?verb=Identify",
    ],
    "/search": [
        "/search",
        "/search?q=transit",
        "/search?q=secret",
        "/search?q=Secret+output+title",
        "/search?q=22/OUT/1",
        "/search?q=22/OUT/7&lang=ar&kind=report",
        "/search?q=transit&page=2",
    ],
    "/search.json": ["/search.json?q=transit", "/search.json?q=secret", "/search.json?q=-secret+transit"],
    "/search.zip": ["/search.zip?q=transit", "/search.zip?q=secret"],
    "/sign-in": ["/sign-in?next=/outputs"],
    "/sign-in/callback": ["/sign-in/callback?state=x&code=y"],
    "/static/{name}": ["/static/style.css", "/static/none"],
    "/healthz": ["/healthz"],
    "/readyz": ["/readyz"],
}
UNROUTED = ["/meetings", "/contributions", "/favicon.ico"]
# What no two answers share, even in one world.
OWN = {"date", "x-request-id", "set-cookie"}
KEY = re.compile(rb"/(feeds|oai)/[\w-]+")  # one of a reader's own, made anew each time
KNOWN = re.compile(rb"<responseDate>[^<]+")  # when a catalogue was read, as harvesters are told
RANDOM = re.compile(r"\b(state|nonce|code_challenge)=[\w-]+")


def with_secrets(world: World) -> None:
    """Everything that a group works on before a release, up to the last step before it."""
    coming, over = world.meeting(number=23), world.meeting(number=22, opens_in=-3)
    world.draft(coming)
    world.registered(coming)
    world.output(over)
    world.to_be_withdrawn(as_if_released(world, world.output(over)), reason="Secret reason")
    assert world.leaving(over, title="Secret, on its way").symbol == "CWG-Internet 22/OUT/1"


def as_if_released(world: World, output: Output) -> Output:
    """For the portal alone, so that the read path of this world has what that of the other has, and no more."""
    with transaction(world.write) as session:
        session.execute(update(Output).where(Output.id == output.id).values(status=OutputStatus.RELEASED))
    return output


@pytest.fixture
def worlds(new_database: Callable[[], Database], settings: Settings, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    made = [new_world(new_database(), settings, tmp_path / name) for name in ("quiet", "busy")]
    quiet, busy = made
    for place in made:
        place.release(7, topics={"iot": {"en": "Internet of things"}}, texts={"en": ["About transit."]})
        place.release(8, languages=("en", "ru"), original="ru", titles={"ru": "Доклад"})
        place.release(9)
        place.withdraw(9, instead=7)
        place.release(60, **ALONE)
    shelf = open_store(busy.settings.store_url)
    engine = create_database_engine(busy.settings.database_url)
    with_secrets(World(write_session_factory(engine), read_session_factory(engine), shelf))
    engine.dispose()
    busy.shelve(b"copied for a release that was cut off, and not swept yet")
    yield quiet, busy
    for place in made:
        place.close()


def new_world(database: Database, settings: Settings, folder: Path) -> Place:
    folder.mkdir()
    own = {
        "database_url": database.portal,
        "reader_database_url": database.reader,
        "store_url": f"file://{folder}/store",
        "release_store_url": f"file://{folder}/release",
    }
    place = Place(settings.model_copy(update=own), folder)
    place.with_provider().close()
    return place


def seen(place: Place, cookie: str | None, path: str, method: str) -> tuple[object, ...]:
    """All that a caller can learn from asking once. For `KEY` stands a key that is good."""
    path = path.replace("KEY", place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME))
    with place.statements() as statements:
        answer = place.browser(cookie=cookie).request(method, path)
    headers = sorted(
        (name, RANDOM.sub(r"\1=", value)) for name, value in answer.headers.multi_items() if name not in OWN
    )
    return answer.status_code, headers, said(answer.content), len(statements)


def said(content: bytes) -> object:
    """All of it but what is random or tells the time: a key of one's own, and the clock in an archive."""
    if not content.startswith(b"PK"):
        return KNOWN.sub(b"", KEY.sub(rb"/\1/KEY", content))
    archive = zipfile.ZipFile(io.BytesIO(content))
    return [(each, archive.read(each)) for each in archive.namelist()]


def test_every_route_that_can_be_read_is_asked(place: Place) -> None:
    routes = {route.path for route in iter_route_contexts(place.app.app.routes) if "GET" in (route.methods or ())}

    assert routes == set(ADDRESSES)


def test_no_answer_differs_by_a_byte_or_a_statement(worlds: tuple[Place, Place]) -> None:
    quiet, _ = worlds
    paths = [*(path for group in ADDRESSES.values() for path in group), *UNROUTED]
    reached = set()

    for who in CALLERS:
        cookie = quiet.cookie(who) if who else None
        for path in paths:
            for method in ("GET", "HEAD"):
                one, other = (seen(place, cookie, path, method) for place in worlds)
                assert one == other, f"{method} {path} as {who}"
                reached.add((path, one[0]))

    assert ("/outputs/CWG-Internet-22-OUT-7/files/en", 200) in reached
    assert ("/outputs/CWG-Internet-22-OUT-1", 404) in reached
    assert ("/sign-in?next=/outputs", 303) in reached


def test_the_worlds_are_told_apart_as_soon_as_something_is_released(worlds: tuple[Place, Place]) -> None:
    quiet, busy = worlds
    cookie = quiet.cookie()
    assert seen(quiet, cookie, "/outputs", "GET") == seen(busy, cookie, "/outputs", "GET")

    busy.release(10)

    assert seen(quiet, cookie, "/outputs", "GET") != seen(busy, cookie, "/outputs", "GET")


def test_the_busy_world_does_hold_secrets(worlds: tuple[Place, Place]) -> None:
    quiet, busy = worlds

    def lines(place: Place) -> int:
        with place.portal.connect() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM portal.journal_line").scalar_one()

    assert lines(busy) > lines(quiet) == 0
