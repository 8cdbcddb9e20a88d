"""Two databases, equal in what is public and different in what members alone may read, must be told apart by no answer
to anybody who is not signed in. And a surface that shows the catalogue of the members must be found out: each of them.

`CWG_TEST_WORLDS=100` makes so many pairs at random.
"""

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
from app.dissemination.reader_sessions import PublicAccess, ReaderAccess
from app.domain.identity.models.claims import Membership
from app.domain.releases.models import Audience
from app.http.route_guards import list_guarded_routes
from app.settings import Settings
from tests.conftest import Database
from tests.dissemination.read_path_site import ALONE, NOON, Place, text_of
from tests.dissemination.test_many_worlds import FIRST, PAIRS, Secrets, releases
from tests.dissemination.test_two_worlds import ADDRESSES, UNROUTED, new_world, said

PUBLIC = {"addressees": ["membership", "public"]}
STRANGERS = (None, Membership.EXTERNAL)
SEEN = re.compile(r"OUT-7(?!\d)")
DIGESTS = [hashlib.sha256(text_of(number, "en")).hexdigest() for number in (7, 9, 70, 71)]


@dataclass(frozen=True)
class Ask:
    """One request to a surface: a form if it is posted."""

    method: str
    path: str

    def of(self, place: Place, cookie: str | None, *, lang: str = "") -> tuple[object, ...]:
        """All that can be learned from it."""
        path, _, query = self.path.partition("?")
        more = [query, f"lang={lang}"] if lang and not path.startswith("/oai") else [query]
        address = f"{path}?{'&'.join(filter(None, more))}"
        form = {"data": dict(pair.split("=", 1) for pair in query.split("&"))} if self.method == "POST" else {}
        with place.statements() as statements:
            answer = place.browser(cookie=cookie).request(self.method, path if form else address, **form)
        headers = sorted(pair for pair in answer.headers.multi_items() if pair[0] not in {"date", "x-request-id"})
        return answer.status_code, headers, said(answer.content), len(statements)


def surfaces(place: Place) -> set[tuple[str, str]]:
    """Every route that answers from one of the two catalogues, by method and path; those that a key opens are for
    members."""
    return {
        (method, route.path)
        for route, guard in list_guarded_routes(place.app.app, ReaderAccess, PublicAccess)
        if guard is not None
        for method in route.methods
    }


def asks(method: str, path: str) -> list[Ask]:
    """What is asked of a surface: of what is public, and of what members have."""
    known = [*ADDRESSES[path], *(f"/verify?sha256={digest}" for digest in DIGESTS if path == "/verify")]
    if path == "/oai":  # the same questions as with a key
        known = [each.replace("/oai/KEY", "/oai") for each in ADDRESSES["/oai/{key}"] if "KEY" in each]
    return [Ask(method, each) for each in dict.fromkeys([*known, *(SEEN.sub("OUT-70", each) for each in known)])]


@pytest.fixture
def worlds(new_database: Callable[[], Database], settings: Settings, tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    quiet, busy = (new_world(new_database(), settings, tmp_path / name) for name in ("quiet", "busy"))
    about = {"topics": {"iot": {"en": "Internet of things"}}, "texts": {"en": ["About transit."]}}
    busy.release(7, kind="decision", released_at=NOON + timedelta(days=400), **about)
    for place in (quiet, busy):
        place.release(70, **PUBLIC, **about)
        place.release(71, languages=("en", "ru"), original="ru", titles={"ru": "Доклад"}, **PUBLIC)
        place.release(72, **PUBLIC)
        place.release(73, languages=("en",), still_to_come=["fr"], **PUBLIC)
        place.complete(73)
        place.withdraw(71, instead=70)
    busy.release(9)
    busy.withdraw(9, instead=7)
    busy.release(1, **ALONE, meeting=23, texts={"fr": ["Secret output title"]})
    quiet.withdraw(72)
    busy.withdraw(72, instead=1)
    yield quiet, busy
    for place in (quiet, busy):
        place.close()


def differs(ask: Ask, worlds: Sequence[Place], cookie: str | None = None, *, lang: str = "") -> bool:
    quiet, busy = worlds
    return ask.of(quiet, cookie, lang=lang) != ask.of(busy, cookie, lang=lang)


def test_no_surface_tells_strangers_of_what_members_read(worlds: tuple[Place, Place]) -> None:
    quiet, _ = worlds
    every = [ask for method, path in sorted(surfaces(quiet)) for ask in asks(method, path)]
    every += [Ask(method, path) for method in ("GET", "HEAD") for path in UNROUTED]
    every += [Ask("HEAD", ask.path) for ask in every if ask.method == "GET"]
    every += [
        Ask("GET", path) for name in ("/help", "/static/{name}", "/healthz", "/readyz") for path in ADDRESSES[name]
    ]

    for who in STRANGERS:
        cookie = quiet.cookie(who) if who else None
        for ask in every:
            assert not differs(ask, worlds, cookie), f"{ask} as {who}"
    reached = {ask.path: ask.of(quiet, None)[0] for ask in every}
    assert reached["/outputs/CWG-Internet-22-OUT-70/files/en"] == 200
    assert reached["/outputs/CWG-Internet-22-OUT-7/files/en"] == 401


def test_a_surface_that_shows_strangers_the_members_catalogue_is_found_out(
    worlds: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = surfaces(worlds[0])
    assert len(there) > 20
    missed = set()
    for surface in there:
        with monkeypatch.context() as planted:
            plant(planted, *surface)
            # In a language of its own, since pages that were written before are given again without asking the route.
            if not any(differs(ask, worlds, lang="es") for ask in asks(*surface)):
                missed.add(surface)
    assert missed == set()


def plant(monkeypatch: pytest.MonkeyPatch, method: str, path: str) -> None:
    """One route serves everybody from the catalogue of the members."""
    for guard in (ReaderAccess, PublicAccess):

        async def broken(self: object, request: object, honest: object = guard.__call__) -> None:
            await honest(self, request)
            if (request.method, request.scope["route"].path) == (method, path):
                request.state.audience = Audience.MEMBERS

        monkeypatch.setattr(guard, "__call__", broken)


def test_written_pages_of_members_that_are_given_to_strangers_are_found_out(
    worlds: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Ask("GET", "/outputs")
    for place in worlds:
        assert ask.of(place, place.cookie("academia"))[0] == 200
    assert not differs(ask, worlds)

    monkeypatch.setattr(response_cache, "reader_audience", lambda _: Audience.MEMBERS)
    assert not differs(ask, worlds)  # the class of the reader is part of what a page is kept under

    monkeypatch.setattr(response_cache, "reader_membership", lambda _: Membership.ACADEMIA)
    assert differs(ask, worlds)


def test_every_route_is_a_surface_or_says_why_not(place: Place) -> None:
    routes = {
        (method, route.path) for route in iter_route_contexts(place.app.app.routes) for method in route.methods or ()
    }

    assert routes - surfaces(place) == {
        ("GET", "/feeds/{key}/{language}.atom"),  # a key
        ("GET", "/oai/{key}"),
        ("POST", "/oai/{key}"),
        *(("GET", f"/{name}") for name in ("help", "healthz", "readyz", "static/{name}")),  # no catalogue
        ("GET", "/sign-in"),
        ("GET", "/sign-in/callback"),
        ("POST", "/sign-out"),
    }


def test_a_release_to_members_leaves_what_is_public_as_it_was(place: Place) -> None:
    place.release(1, **PUBLIC)
    nobody, before = place.browser(), place.public
    nobody.get("/outputs")

    place.release(2)
    place.withdraw(2)

    assert place.public is before  # with the pages that were written: the next reader waits for nothing
    assert [each.symbol for each in place.catalogue.withdrawn] == ["CWG-Internet 22/OUT/2"]
    place.release(3, **PUBLIC)
    assert place.public is not before


def test_the_public_searches_no_word_that_it_may_not_read(place: Place) -> None:
    place.release(1, **PUBLIC, texts={"en": ["About transit."]})
    place.release(2, texts={"en": ["About peering."]})
    members, public = (place.library.indexers[audience].get_ready_index() for audience in Audience)
    one, two = "CWG-Internet-22-OUT-1", "CWG-Internet-22-OUT-2"

    assert [bool(members.output_number(slug)) for slug in (one, two)] == [True, True]
    assert [bool(public.output_number(slug)) for slug in (one, two)] == [True, False]
    with public.read_connection() as connection:
        known = {term for (term,) in connection.execute("SELECT term FROM known")}
    place.library.indexers[Audience.MEMBERS].stop()
    assert place.browser("academia").get("/search?q=transit").status_code == 503
    assert place.browser().get("/search.json?q=transit").json()["total"] == 1  # looks into its own alone
    assert any("transit" in term for term in known)
    assert not any("peer" in term for term in known)


def test_no_answer_to_strangers_tells_a_pair_of_worlds_apart(
    new_database: Callable[[], Database], settings: Settings, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    luck = random.Random(seed)
    worlds = [new_world(new_database(), settings, tmp_path / name) for name in ("quiet", "busy")]
    quiet, busy = worlds
    secrets, reached, hidden = Secrets(busy, luck), set(), 0
    public = [each for method, path in sorted(surfaces(quiet)) for each in asks(method, path)]

    for pair in range(PAIRS):
        number = FIRST + pair
        release = releases(luck, number) | PUBLIC
        for place in worlds:
            place.release(**release)
        for _ in range(luck.randint(1, 3)):
            hidden = for_members(busy, luck, hidden)
            secrets.more()
        if luck.random() < 0.4:
            instead = luck.randint(1, hidden)
            quiet.withdraw(number, reason=f"Reason {pair}")
            busy.withdraw(number, reason=f"Reason {pair}", instead=instead)
        cookie = luck.choice((None, quiet.cookie(Membership.EXTERNAL)))
        for ask in luck.sample(public, len(public)):
            path = ask.path.replace("OUT-70", f"OUT-{number}").replace("OUT-7", f"OUT-{luck.randint(1, hidden)}")
            asked = Ask(ask.method, path)
            assert not differs(asked, worlds, cookie), f"{asked} with {cookie}, pair {pair} with seed {seed}"
            reached.add(asked.of(busy, None)[0])
    assert {200, 401} <= reached
    assert len(busy.catalogue.outputs) + len(busy.catalogue.withdrawn) > PAIRS
    secrets.engine.dispose()
    for place in worlds:
        place.close()


def for_members(place: Place, luck: random.Random, hidden: int) -> int:
    """One more text that members alone read, or read until it was withdrawn; how many there are now."""
    number = hidden + 1
    place.release(**releases(luck, number), meeting=luck.randint(1, 30), texts={"en": [luck.randbytes(6).hex()]})
    if luck.random() < 0.3:
        place.withdraw(number)
    return number
