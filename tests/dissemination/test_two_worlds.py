"""Two databases, equal in all released data and different in every secret: no response may differ."""

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import update

from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.storage import Store, open_store
from app.dissemination.feeds import create_feed_key
from app.domain.identity.models.claims import MembershipCategory
from app.domain.outputs.models import Output, OutputStatus
from app.settings import Settings
from tests.conftest import Database
from tests.dissemination.read_path_site import SOLE_DECISION, ReaderSite
from tests.dissemination.test_reports import OVERDUE_DUTY
from tests.domain import test_duty_publications as duty_publications
from tests.sampling import CaseSampler
from tests.world import World, record_rows

CALLERS = (*MembershipCategory, None)
WITHDRAWN_URL = "/outputs/CWG-Internet-22-OUT-9"
# For each readable route, addresses that exist in both, and addresses of things that exist in only one.
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
        "/outputs?question=Q6/3",
        "/outputs?question=Q8/3",
    ],
    "/mandates/{mandate}": ["/mandates/wtsa-res-75", "/mandates/pp-res-102", "/mandates/pp-res-101", "/mandates/x"],
    "/action-lines/{action_line}": ["/action-lines/C5", "/action-lines/C2", "/action-lines/x"],
    "/outputs/{slug}": [
        "/outputs/CWG-Internet-22-OUT-7",
        "/outputs/CWG-Internet-22-OUT-1",
        "/outputs/x",
        WITHDRAWN_URL,
    ],
    "/outputs/{slug}/text/{language}": [
        f"/outputs/CWG-Internet-22-OUT-{number}/text/{language}" for number in (7, 1) for language in ("en", "es")
    ],
    "/outputs/{slug}/files/{language}": [
        "/outputs/CWG-Internet-22-OUT-7/files/en",
        "/outputs/CWG-Internet-22-OUT-7/files/es",
        "/outputs/CWG-Internet-22-OUT-1/files/en",
        f"{WITHDRAWN_URL}/files/en",
    ],
    "/outputs/{slug}/files/{language}/pdf": [
        "/outputs/CWG-Internet-22-OUT-7/files/en/pdf",
        "/outputs/CWG-Internet-22-OUT-7/files/es/pdf",
        "/outputs/CWG-Internet-22-OUT-8/files/en/pdf",
        "/outputs/CWG-Internet-22-OUT-1/files/en/pdf",
        f"{WITHDRAWN_URL}/files/en/pdf",
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
    "/reports": ["/reports", "/reports?lang=ar"],
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
    "/.well-known/security.txt": ["/.well-known/security.txt"],
    "/sign-in": ["/sign-in?next=/outputs"],
    "/sign-in/callback": ["/sign-in/callback?state=x&code=y"],
    "/sign-in/refused/{refusal}": ["/sign-in/refused/expired", "/sign-in/refused/none"],
    "/static/{name}": ["/static/style.css", "/static/none"],
    "/keys.json": ["/keys.json"],
    "/healthz": ["/healthz"],
    "/readyz": ["/readyz"],
}
UNROUTED = ["/meetings", "/contributions", "/favicon.ico"]
# What differs between any two responses, even on one site.
OWN = {"date", "x-request-id", "set-cookie"}
KEY = re.compile(rb"/(feeds|oai)/[\w-]+")  # a reader's own key, sealed again each time
KNOWN = re.compile(rb"<responseDate>[^<]+")  # the time of the catalogue, in responses to harvesters
RANDOM = re.compile(r"\b(state|nonce|code_challenge)=[\w-]+")


def add_secrets(world: World, release_store: Store) -> None:
    """Create everything that a group works on before a release, up to the last step before it, and what it released to
    addressees alone."""
    coming, over = world.meeting(number=23), world.meeting(number=22, opens_in=-3)
    world.draft(coming)
    world.registered(coming)
    world.with_pdf(world.output(over))
    world.to_be_withdrawn(as_if_released(world, world.output(over)), reason="Secret reason")
    assert world.leaving(over, title="Secret, on its way").symbol == "CWG-Internet 22/OUT/1"
    to_forum = {"kind": "liaison", "addressees": ({"words": "Secret forum", "wants": "reply"},)}
    for title in ("Secret output title", "Secret, withdrawn"):
        delivered = world.released(over, release_store, title=title, for_addressees_only=True, **to_forum)
    world.withdrawn(delivered, reason="Secret reason")
    add_secret_duties(world)
    world.rendered(world.file("fr", "Another file").sha256, "Secret heading", "Secret proposals", heading_levels=[1, 1])


def add_secret_duties(world: World) -> None:
    """Reports that no one made public, that one person proposed to show, and that are no longer shown."""
    duty_publications.add_duty(world, organization="OECD", due_in=-40)
    duty_publications.propose(world, duty_publications.add_duty(world, organization="GSMA", due_in=-40))
    ended = duty_publications.add_duty(world, organization="WIPO", due_in=-40)
    duty_publications.publish(world, ended)
    duty_publications.copy(world)
    duty_publications.end(world, ended)
    duty_publications.copy(world)


def as_if_released(world: World, output: Output) -> Output:
    """Mark the output as released in the portal alone, so that the read path of this site shows nothing more."""
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(Output).where(Output.id == output.id).values(status=OutputStatus.RELEASED))
    return output


@pytest.fixture
def sites(
    new_database: Callable[[], Database], settings: Settings, tmp_path: Path
) -> Iterator[tuple[ReaderSite, ReaderSite]]:
    both_sites = [new_site(new_database(), settings, tmp_path / name) for name in ("quiet", "busy")]
    quiet, busy = both_sites
    for reader_site in both_sites:
        text = {"texts": {"en": ["Costs", "About transit.", "Proposals"]}, "heading_levels": {"en": [1, 0, 1]}}
        cited = {"mandates": [{"code": "wtsa-res-75", "names": {"en": "WTSA Resolution 75"}}]}
        cited |= {"action_lines": [{"code": "C5", "names": {"en": "Building confidence"}}]}
        cited |= {"questions": [{"code": "Q6/3", "names": {"en": "Charging"}}]}
        reader_site.release(7, topics={"iot": {"en": "Internet of things"}}, **text, **cited, pdf=True)
        reader_site.release(8, languages=("en", "ru"), original="ru", titles={"ru": "Доклад"})
        reader_site.release(9, pdf=True)
        reader_site.withdraw(9, instead=7)
        reader_site.release(60, **SOLE_DECISION)
    store = open_store(busy.settings.store_url)
    engine = create_database_engine(busy.settings.database_url)
    secret = World(write_session_factory(engine), read_session_factory(engine), store)
    add_secrets(secret, open_store(busy.settings.release_store_url))
    engine.dispose()
    busy.store_bytes(b"copied for a release that was cut off, and not swept yet")
    for reader_site in both_sites:
        reader_site.publish_duty(OVERDUE_DUTY)
    yield quiet, busy
    for reader_site in both_sites:
        reader_site.close()


def new_site(database: Database, settings: Settings, folder: Path) -> ReaderSite:
    folder.mkdir()
    own_settings = {
        "database_url": database.portal,
        "worker_database_url": database.worker,
        "reader_database_url": database.reader,
        "store_url": f"file://{folder}/store",
        "release_store_url": f"file://{folder}/release",
    }
    reader_site = ReaderSite(settings.model_copy(update=own_settings), folder)
    reader_site.with_provider().close()
    return reader_site


def observe(reader_site: ReaderSite, cookie: str | None, path: str, method: str) -> tuple[object, ...]:
    """Everything that a caller learns from one request. `KEY` in the path is replaced by a valid key."""
    path = path.replace("KEY", create_feed_key(reader_site.state))
    with reader_site.statements() as statements:
        answer = reader_site.browser(cookie=cookie).request(method, path)
    headers = sorted(
        (name, RANDOM.sub(r"\1=", value)) for name, value in answer.headers.multi_items() if name not in OWN
    )
    return answer.status_code, headers, normalised(answer.content), len(statements)


def normalised(content: bytes) -> object:
    """The content without random or time-dependent parts: a reader's own key, and the clock in an archive."""
    if not content.startswith(b"PK"):
        return KNOWN.sub(b"", KEY.sub(rb"/\1/KEY", content))
    archive = zipfile.ZipFile(io.BytesIO(content))
    return [(each, archive.read(each)) for each in archive.namelist()]


def test_every_readable_route_is_requested(reader_site: ReaderSite) -> None:
    routes = {route.path for route in iter_route_contexts(reader_site.app.app.routes) if "GET" in (route.methods or ())}

    assert routes == set(ADDRESSES)


def count_journal_lines(reader_site: ReaderSite) -> int:
    with reader_site.worker.connect() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM portal.journal_line").scalar_one()


def test_no_response_differs_by_a_byte_or_a_statement_until_something_is_released(
    sites: tuple[ReaderSite, ReaderSite], pytestconfig: pytest.Config, case_sampler: CaseSampler
) -> None:
    """As a member of a category drawn in each run, an external person and a visitor, with HEAD for a part of the paths;
    `--thorough`: all categories, all paths."""
    quiet, busy = sites
    assert count_journal_lines(busy) > count_journal_lines(quiet)
    members = [who for who in MembershipCategory if who is not MembershipCategory.EXTERNAL]
    callers = (
        CALLERS if pytestconfig.getoption("thorough") else (random.choice(members), MembershipCategory.EXTERNAL, None)
    )
    paths = [*(path for group in ADDRESSES.values() for path in group), *UNROUTED]
    reached = set()

    for who in callers:
        cookie = quiet.cookie(who) if who else None
        with_head = set(case_sampler.take(paths, one_of=3))
        for path in paths:
            for method in ("GET", "HEAD") if path in with_head else ("GET",):
                one, other = (observe(reader_site, cookie, path, method) for reader_site in sites)
                assert one == other, f"{method} {path} as {who}"
                reached.add((path, one[0]))

    assert ("/outputs/CWG-Internet-22-OUT-7/files/en", 200) in reached
    assert ("/outputs/CWG-Internet-22-OUT-7/files/en/pdf", 200) in reached
    assert ("/outputs/CWG-Internet-22-OUT-8/files/en/pdf", 404) in reached
    assert (f"{WITHDRAWN_URL}/files/en/pdf", 410) in reached
    assert ("/outputs/CWG-Internet-22-OUT-1", 404) in reached
    assert ("/sign-in?next=/outputs", 303) in reached

    assert "Internet Society" in busy.browser().get("/reports").text
    cookie = quiet.cookie()
    assert observe(quiet, cookie, "/reports", "GET") == observe(busy, cookie, "/reports", "GET")
    busy.publish_duty(replace(OVERDUE_DUTY, id=UUID(int=2), organization="OECD", names={"en": "The OECD"}))
    assert observe(quiet, cookie, "/reports", "GET") != observe(busy, cookie, "/reports", "GET")

    busy.release(10)

    assert observe(quiet, cookie, "/outputs", "GET") != observe(busy, cookie, "/outputs", "GET")
