"""The instant of a release, as many readers see it who look at everything again and again, in several processes."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from httpx2 import Response

from app.core import clock
from app.core.db import transaction
from app.core.files.partial_uploads import PartialUploadStore
from app.dissemination.feeds import FEED_KEY_LIFETIME
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.inputs import ReleaseInstant
from app.domain.outputs.models import Output
from app.domain.outputs.queries import translations
from app.settings import Settings
from app.worker.release import WorkerContext, release_output_at_scheduled_time
from tests.dissemination.read_path_site import Place
from tests.world import World

SYMBOL, SLUG, TITLE = "CWG-Internet 22/OUT/1", "CWG-Internet-22-OUT-1", "At an instant"
LANGUAGES = {"en", "fr", "ru"}
READERS = 25  # of each process, so fifty in all
PATIENCE = 60.0


def files_in(answer: Response) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name.rpartition("-")[2].partition(".")[0] for name in archive.namelist() if name.startswith(SLUG)}


def listed(answer: Response) -> set[str]:
    return {text["language"] for each in answer.json() if each["symbol"] == SYMBOL for text in each["files"]}


def linked(answer: Response) -> set[str]:
    return {code for code in LANGUAGES if f"{SLUG}/files/{code}" in answer.text}


def known(answer: Response) -> set[str]:
    return {code for each in answer.json() if each["symbol"] == SYMBOL for code in each["files"].values()}


def whole(answer: Response) -> set[str]:
    """It names the output, and no languages."""
    return LANGUAGES if SLUG in answer.text or SYMBOL in answer.text else set()


# What of the languages of the output a surface shows. One that has no answer before the release is 404 until then.
SURFACES: dict[str, Callable[[Response], set[str]]] = {
    "/": linked,
    "/outputs": linked,
    f"/outputs?year={clock.now().year}&lang=ar": linked,
    "/outputs?language=fr&kind=report": linked,
    "/outputs.json": listed,
    "/outputs.zip": files_in,
    "/feeds/KEY/en.atom": linked,
    "/oai/KEY?verb=ListRecords&metadataPrefix=oai_dc": linked,
    f"/oai/KEY?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:{SLUG}": linked,
    f"/outputs/{SLUG}": linked,
    f"/outputs/{SLUG}.json": lambda answer: {text["language"] for text in answer.json()["files"]},
    f"/outputs/{SLUG}.zip": files_in,
    f"/outputs/{SLUG}.manifest.json": lambda answer: {each["language"] for each in answer.json()["statement"]["files"]},
    **{f"/outputs/{SLUG}/cite.{form}": whole for form in ("bib", "ris", "json")},
    "/search?q=instant": whole,
    "/search.json?q=instant": whole,
    "/search.zip?q=instant": files_in,
    "/feeds/KEY/en.atom?q=instant": linked,
    "/feeds/KEY/ru.atom?kind=report": linked,
    **{f"/outputs/{SLUG}/files/{code}": lambda _: LANGUAGES for code in sorted(LANGUAGES)},
    "/catalogue.json": lambda answer: LANGUAGES if answer.json()["number"] else set(),
    "/verify/digests.json": known,
}


@dataclass(frozen=True)
class Look:
    """One look of a reader at one surface."""

    process: int
    surface: str
    began: datetime
    ended: datetime
    shown: frozenset[str]


def looks(place: Place, process: int, over: Event) -> list[Look]:
    """Everything again and again, and once more after it is over."""
    reader, found = place.browser("academia"), []
    key = place.library.feed_key_sealer.seal({}, FEED_KEY_LIFETIME)
    last = False
    while not last:
        last = over.is_set()
        for surface, read in SURFACES.items():
            began = clock.now()
            answer = reader.get(surface.replace("KEY", key))
            ended = clock.now()
            assert answer.status_code in (200, 404), surface
            shown = frozenset(read(answer)) if answer.status_code == 200 else frozenset()
            found.append(Look(process, surface, began, ended, shown))
    return found


@contextmanager
def processes(settings: Settings, folder: Path) -> Iterator[list[Place]]:
    """Two read paths that hold nothing in common, each told by the database."""
    made = [Place(settings, folder) for _ in range(2)]
    for place in made:
        place.library.refresher.start()
    yield made
    for place in made:
        place.library.refresher.stop()
        place.close()


def an_instant(moment: datetime) -> ReleaseInstant:
    """That instant, to the second, where the meeting is."""
    there = moment.astimezone(ZoneInfo("Europe/Zurich")).replace(microsecond=0)
    return ReleaseInstant(when="then", on=there.date(), at=there.time())


def in_three_languages(world: World) -> Output:
    """Approved, with its texts."""
    meeting = world.meeting(opens_in=-1)
    made = world.output(meeting, title=TITLE)
    with world.acting("ines") as (session, actor):
        there = session.get_one(Output, made.id)
        for code in sorted(LANGUAGES - {"en"}):
            outputs.put_output_file(session, actor, there, world.file(code, f"Text in {code}"))
    return made


def in_one_language(world: World, place: Place) -> Output:
    """Released as an advance version, the others translated and approved."""
    meeting = world.meeting(opens_in=-1)
    made = world.advance(meeting, place.shelf, *sorted(LANGUAGES - {"en"}), title=TITLE)
    for code in made.still_to_come:
        world.translated(made, code)
    return made


@pytest.mark.usefixtures("engine")
def test_no_surface_shows_anything_before_an_advance_version_is_complete_and_each_the_whole_of_it_then(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    over = Event()
    with (
        processes(settings, tmp_path) as places,
        ThreadPoolExecutor(2 * READERS + 2) as pool,
        ExitStack() as closing,
    ):
        closing.callback(over.set)
        made = in_one_language(world, places[0])
        until = time.monotonic() + PATIENCE
        while any(not place.catalogue.outputs for place in places):
            assert time.monotonic() < until
            time.sleep(0.01)
        once = Event()
        once.set()
        early = {look.surface: look.shown for look in looks(places[0], 0, once)}
        watching = [pool.submit(looks, place, at, over) for at, place in enumerate(places) for _ in range(READERS)]
        world.completing(made, an_instant(clock.now() + timedelta(seconds=5)))
        with transaction(world.read) as session:
            at = translations.list_completion_plans(session, made)[-1].release_at
        desk = WorkerContext(world.write, world.store, places[0].shelf, PartialUploadStore(tmp_path), None)
        workers = [pool.submit(release_output_at_scheduled_time, desk, made.id) for _ in range(2)]
        assert sorted(each.result() for each in workers) == [False, True]
        until = time.monotonic() + PATIENCE
        while any(place.catalogue.outputs[0].is_advance for place in places):
            assert time.monotonic() < until
            time.sleep(0.01)
        over.set()
        seen = [look for each in watching for look in each.result()]

    assert set(early) == set(SURFACES)
    assert frozenset({"en"}) in early.values()
    assert any(look.ended < at for look in seen)
    assert [look for look in seen if look.ended < at and look.shown != early[look.surface]] == []
    assert {look.shown for look in seen} == {*early.values(), frozenset(LANGUAGES)}
    for process in range(2):
        mine = [look for look in seen if look.process == process]
        first = min(look.ended for look in mine if look.shown != early[look.surface])
        late = [look for look in mine if look.began > first]
        assert {look.surface for look in late} == set(SURFACES)
        assert [look.surface for look in late if look.shown != frozenset(LANGUAGES)] == []


@pytest.mark.usefixtures("engine")
def test_no_surface_shows_anything_before_the_instant_and_each_the_whole_of_it_then(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    made = in_three_languages(world)
    over = Event()
    with (
        processes(settings, tmp_path) as places,
        ThreadPoolExecutor(2 * READERS + 2) as pool,
        ExitStack() as closing,
    ):
        closing.callback(over.set)  # readers end whatever fails
        watching = [pool.submit(looks, place, at, over) for at, place in enumerate(places) for _ in range(READERS)]
        world.schedule(made, seconds=5)
        with transaction(world.read) as session:
            at = session.get_one(Output, made.id).release_at
        desk = WorkerContext(world.write, world.store, places[0].shelf, PartialUploadStore(tmp_path), None)
        workers = [pool.submit(release_output_at_scheduled_time, desk, made.id) for _ in range(2)]
        assert sorted(each.result() for each in workers) == [False, True]
        until = time.monotonic() + PATIENCE
        while any(not place.catalogue.outputs for place in places):
            assert time.monotonic() < until
            time.sleep(0.01)
        over.set()
        seen = [look for each in watching for look in each.result()]

    assert any(look.ended < at for look in seen)
    assert [look for look in seen if look.shown and look.ended < at] == []
    assert {look.shown for look in seen} == {frozenset(), frozenset(LANGUAGES)}
    for process in range(2):
        mine = [look for look in seen if look.process == process]
        first = min(look.ended for look in mine if look.shown)
        late = [look for look in mine if look.began > first]
        assert {look.surface for look in late} == set(SURFACES)
        assert [look.surface for look in late if not look.shown] == []
