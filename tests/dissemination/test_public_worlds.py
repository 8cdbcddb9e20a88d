"""Two databases with the same public outputs and different outputs for members: no response to a visitor or stranger
may differ. And every surface that wrongly served the members' catalogue would be detected.

`CWG_TEST_WORLDS=100` makes so many pairs at random."""

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from app.dissemination import response_cache
from app.dissemination.reader_sessions import PublicCatalogueGuard, ReaderCatalogueGuard
from app.domain.identity.models.claims import MembershipCategory
from app.domain.releases.models import Audience
from app.http.route_guards import list_routes_with_guard_or_none
from app.settings import Settings
from tests.conftest import Database
from tests.dissemination.read_path_site import NOON, SOLE_DECISION, ReaderSite, text_of
from tests.dissemination.test_many_worlds import FIRST, PAIRS, SecretActivity, random_release
from tests.dissemination.test_two_worlds import ADDRESSES, UNROUTED, new_site, normalised
from tests.sampling import CaseSampler

PUBLIC = {"addressees": ["membership", "public"]}
STRANGERS = (None, MembershipCategory.EXTERNAL)
SEEN = re.compile(r"OUT-7(?!\d)")
DIGESTS = [hashlib.sha256(text_of(number, "en")).hexdigest() for number in (7, 9, 70, 71)]


@dataclass(frozen=True)
class SurfaceRequest:
    """One request to a surface; a POST sends the query as a form."""

    method: str
    path: str

    def observe(self, reader_site: ReaderSite, cookie: str | None, *, lang: str = "") -> tuple[object, ...]:
        """Everything that the response reveals."""
        path, _, query = self.path.partition("?")
        parameters = [query, f"lang={lang}"] if lang and not path.startswith("/oai") else [query]
        address = f"{path}?{'&'.join(filter(None, parameters))}"
        form = {"data": dict(pair.split("=", 1) for pair in query.split("&"))} if self.method == "POST" else {}
        with reader_site.statements() as statements:
            answer = reader_site.browser(cookie=cookie).request(self.method, path if form else address, **form)
        headers = sorted(pair for pair in answer.headers.multi_items() if pair[0] not in {"date", "x-request-id"})
        return answer.status_code, headers, normalised(answer.content), len(statements)


def list_surfaces(reader_site: ReaderSite) -> set[tuple[str, str]]:
    """Every route that answers from one of the two catalogues, by method and path; routes opened by a key are for
    members."""
    return {
        (method, route.path)
        for route, guard in list_routes_with_guard_or_none(
            reader_site.app.app, ReaderCatalogueGuard, PublicCatalogueGuard
        )
        if guard is not None
        for method in route.methods
    }


def requests_to(method: str, path: str) -> list[SurfaceRequest]:
    """The requests to a surface: about public outputs, and about outputs for members."""
    paths = [*ADDRESSES[path], *(f"/verify?sha256={digest}" for digest in DIGESTS if path == "/verify")]
    if path == "/oai":  # the same queries as with a key
        paths = [each.replace("/oai/KEY", "/oai") for each in ADDRESSES["/oai/{key}"] if "KEY" in each]
    return [
        SurfaceRequest(method, each) for each in dict.fromkeys([*paths, *(SEEN.sub("OUT-70", each) for each in paths)])
    ]


@pytest.fixture
def sites(
    new_database: Callable[[], Database], settings: Settings, tmp_path: Path
) -> Iterator[tuple[ReaderSite, ReaderSite]]:
    quiet, busy = (new_site(new_database(), settings, tmp_path / name) for name in ("quiet", "busy"))
    about: dict[str, object] = {"topics": {"iot": {"en": "Internet of things"}}, "texts": {"en": ["About transit."]}}
    about["mandates"] = [{"code": "pp-res-102", "names": {"en": "Resolution 102"}}]
    about["questions"] = [{"code": "Q6/3", "names": {"en": "Charging"}}]
    about["action_lines"] = [{"code": "C5", "names": {"en": "Security"}}]
    busy.release(7, kind="decision", released_at=NOON + timedelta(days=400), **about)
    for reader_site in (quiet, busy):
        reader_site.release(70, **PUBLIC, **about)
        reader_site.release(71, languages=("en", "ru"), original="ru", titles={"ru": "Доклад"}, **PUBLIC)
        reader_site.release(72, **PUBLIC)
        reader_site.release(73, languages=("en",), still_to_come=["fr"], **PUBLIC)
        reader_site.complete(73)
        reader_site.withdraw(71, instead=70)
    busy.release(9)
    busy.withdraw(9, instead=7)
    busy.release(1, **SOLE_DECISION, meeting=23, texts={"fr": ["Secret output title"]})
    quiet.withdraw(72)
    busy.withdraw(72, instead=1)
    yield quiet, busy
    for reader_site in (quiet, busy):
        reader_site.close()


def is_distinguishable(
    ask: SurfaceRequest, sites: Sequence[ReaderSite], cookie: str | None = None, *, lang: str = ""
) -> bool:
    quiet, busy = sites
    return ask.observe(quiet, cookie, lang=lang) != ask.observe(busy, cookie, lang=lang)


def test_no_surface_reveals_outputs_for_members_to_strangers(
    sites: tuple[ReaderSite, ReaderSite], case_sampler: CaseSampler
) -> None:
    """All requests of a visitor; of a stranger who signed in, a part chosen by the seed of the run."""
    quiet, _ = sites
    all_requests = [ask for method, path in sorted(list_surfaces(quiet)) for ask in requests_to(method, path)]
    all_requests += [SurfaceRequest(method, path) for method in ("GET", "HEAD") for path in UNROUTED]
    all_requests += [SurfaceRequest("HEAD", ask.path) for ask in all_requests if ask.method == "GET"]
    all_requests += [
        SurfaceRequest("GET", path)
        for name in ("/help", "/static/{name}", "/keys.json", "/healthz", "/readyz")
        for path in ADDRESSES[name]
    ]

    for who in STRANGERS:
        cookie = quiet.cookie(who) if who else None
        for ask in case_sampler.take(all_requests, one_of=3) if who else all_requests:
            assert not is_distinguishable(ask, sites, cookie), f"{ask} as {who}"
    for output, status in (("OUT-70", 200), ("OUT-7", 401)):
        of_one = SurfaceRequest("GET", f"/outputs/CWG-Internet-22-{output}/files/en")
        assert of_one in all_requests
        assert of_one.observe(quiet, None)[0] == status


def test_a_surface_that_leaks_the_members_catalogue_is_detected(
    sites: tuple[ReaderSite, ReaderSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    all_surfaces = list_surfaces(sites[0])
    assert len(all_surfaces) > 20
    missed = set()
    for surface in all_surfaces:
        with monkeypatch.context() as planted:
            plant_leak(planted, *surface)
            # In another language, since cached pages are served without their route.
            if not any(is_distinguishable(ask, sites, lang="es") for ask in requests_to(*surface)):
                missed.add(surface)
    assert missed == {("GET", "/reports")}, "it is the same for every reader: `test_reports`"


def plant_leak(monkeypatch: pytest.MonkeyPatch, method: str, path: str) -> None:
    """Let one route serve everybody from the catalogue of the members."""
    for guard in (ReaderCatalogueGuard, PublicCatalogueGuard):

        async def broken(self: object, request: object, honest: object = guard.__call__) -> None:
            await honest(self, request)
            if (request.method, request.scope["route"].path) == (method, path):
                request.state.audience = Audience.MEMBERS

        monkeypatch.setattr(guard, "__call__", broken)


def test_cached_pages_of_members_leaked_to_strangers_are_detected(
    sites: tuple[ReaderSite, ReaderSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = SurfaceRequest("GET", "/outputs")
    for reader_site in sites:
        assert ask.observe(reader_site, reader_site.cookie("academia"))[0] == 200
    assert not is_distinguishable(ask, sites)

    monkeypatch.setattr(response_cache, "reader_audience", lambda _: Audience.MEMBERS)
    assert not is_distinguishable(ask, sites)  # the class of the reader is part of the cache key

    monkeypatch.setattr(response_cache, "reader_membership", lambda _: MembershipCategory.ACADEMIA)
    assert is_distinguishable(ask, sites)


def test_every_route_is_a_surface_or_a_listed_exception(reader_site: ReaderSite) -> None:
    routes = {
        (method, route.path)
        for route in iter_route_contexts(reader_site.app.app.routes)
        for method in route.methods or ()
    }

    assert routes - list_surfaces(reader_site) == {
        ("GET", "/feeds/{key}/{language}.atom"),  # opened by a key
        ("GET", "/oai/{key}"),
        ("POST", "/oai/{key}"),
        # without a catalogue
        *(("GET", f"/{name}") for name in ("help", "healthz", "keys.json", "readyz", "static/{name}")),
        ("GET", "/sign-in"),
        ("GET", "/sign-in/callback"),
        ("GET", "/sign-in/refused/{refusal}"),
        ("GET", "/.well-known/security.txt"),
        ("POST", "/sign-in/backchannel-logout"),
        ("POST", "/sign-out"),
    }


def test_a_release_to_members_does_not_change_the_public_catalogue(reader_site: ReaderSite) -> None:
    reader_site.release(1, **PUBLIC)
    anonymous, before = reader_site.browser(), reader_site.public
    anonymous.get("/outputs")

    reader_site.release(2)
    reader_site.withdraw(2)

    assert reader_site.public is before  # with its cached pages: the next reader does not wait
    assert [each.symbol for each in reader_site.catalogue.withdrawn] == ["CWG-Internet 22/OUT/2"]
    reader_site.release(3, **PUBLIC)
    assert reader_site.public is not before


def test_the_public_index_contains_no_word_of_outputs_for_members(reader_site: ReaderSite) -> None:
    reader_site.release(1, **PUBLIC, texts={"en": ["About transit."]})
    reader_site.release(2, texts={"en": ["About peering."]})
    members, public = (reader_site.state.indexers[audience].get_ready_index() for audience in Audience)
    one, two = "CWG-Internet-22-OUT-1", "CWG-Internet-22-OUT-2"

    assert [bool(members.output_row_number_base(slug)) for slug in (one, two)] == [True, True]
    assert [bool(public.output_row_number_base(slug)) for slug in (one, two)] == [True, False]
    with public.read_connection() as connection:
        indexed_terms = {term for (term,) in connection.execute("SELECT term FROM known")}
    reader_site.state.indexers[Audience.MEMBERS].stop()
    assert reader_site.browser("academia").get("/search?q=transit").status_code == 503
    assert (
        reader_site.browser().get("/search.json?q=transit").json()["total"] == 1
    )  # a stranger searches only the public index
    assert any("transit" in term for term in indexed_terms)
    assert not any("peer" in term for term in indexed_terms)


def test_no_response_to_strangers_differs_in_random_pairs_of_sites(
    new_database: Callable[[], Database], settings: Settings, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    luck = random.Random(seed)
    sites = [new_site(new_database(), settings, tmp_path / name) for name in ("quiet", "busy")]
    quiet, busy = sites
    secrets, reached, hidden = SecretActivity(busy, luck), set(), 0
    public = [each for method, path in sorted(list_surfaces(quiet)) for each in requests_to(method, path)]

    for pair in range(PAIRS):
        number = FIRST + pair
        release = random_release(luck, number) | PUBLIC
        for reader_site in sites:
            reader_site.release(**release)
        for _ in range(luck.randint(1, 3)):
            hidden = release_to_members(busy, luck, hidden)
            secrets.add_one()
        if luck.random() < 0.4:
            instead = luck.randint(1, hidden)
            quiet.withdraw(number, reason=f"Reason {pair}")
            busy.withdraw(number, reason=f"Reason {pair}", instead=instead)
        cookie = luck.choice((None, quiet.cookie(MembershipCategory.EXTERNAL)))
        for ask in luck.sample(public, len(public)):
            path = ask.path.replace("OUT-70", f"OUT-{number}").replace("OUT-7", f"OUT-{luck.randint(1, hidden)}")
            request = SurfaceRequest(ask.method, path)
            assert not is_distinguishable(request, sites, cookie), (
                f"{request} with {cookie}, pair {pair} with seed {seed}"
            )
            reached.add(request.observe(busy, None)[0])
    assert {200, 401} <= reached
    assert len(busy.catalogue.outputs) + len(busy.catalogue.withdrawn) > PAIRS
    secrets.engine.dispose()
    for reader_site in sites:
        reader_site.close()


def release_to_members(reader_site: ReaderSite, luck: random.Random, hidden: int) -> int:
    """Release one more output to members alone, perhaps withdrawn again; returns their number so far."""
    number = hidden + 1
    reader_site.release(
        **random_release(luck, number), meeting=luck.randint(1, 30), texts={"en": [luck.randbytes(6).hex()]}
    )
    if luck.random() < 0.3:
        reader_site.withdraw(number)
    return number
