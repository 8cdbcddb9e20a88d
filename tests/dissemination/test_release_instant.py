"""The instant of a release as seen by many readers that poll every surface of several processes."""

import io
import re
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
from app.dissemination.feeds import create_feed_key
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.inputs import ReleaseInstant
from app.domain.outputs.models import Output
from app.domain.outputs.queries import translations
from app.settings import Settings
from app.worker.release import WorkerContext, release_output_at_scheduled_time
from tests.dissemination.read_path_site import ReaderSite
from tests.world import World

SYMBOL, SLUG, TITLE = "CWG-Internet 22/OUT/1", "CWG-Internet-22-OUT-1", "At an instant"
LANGUAGES = {"en", "fr", "ru"}
# In each process: a few, who see each surface some times before and after the instant; or fifty in all.
READERS = [3, pytest.param(25, marks=pytest.mark.thorough)]
PATIENCE = 60.0


def zip_languages(answer: Response) -> set[str]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name.rpartition("-")[2].partition(".")[0] for name in archive.namelist() if name.startswith(SLUG)}


def listed_languages(answer: Response) -> set[str]:
    return {text["language"] for each in answer.json() if each["symbol"] == SYMBOL for text in each["files"]}


def linked_languages(answer: Response) -> set[str]:
    return {code for code in LANGUAGES if re.search(f"{SLUG}/(files|text)/{code}", answer.text)}


def json_languages(answer: Response) -> set[str]:
    return {code for each in answer.json() if each["symbol"] == SYMBOL for code in each["files"].values()}


def all_or_no_languages(answer: Response) -> set[str]:
    """For a surface that names the output without its languages."""
    return LANGUAGES if SLUG in answer.text or SYMBOL in answer.text else set()


# The languages of the output that a surface shows. A surface without an answer before the release is 404 until then.
SURFACES: dict[str, Callable[[Response], set[str]]] = {
    "/": linked_languages,
    "/outputs": linked_languages,
    f"/outputs?year={clock.now().year}&lang=ar": linked_languages,
    "/outputs?language=fr&kind=report": linked_languages,
    "/outputs.json": listed_languages,
    "/outputs.zip": zip_languages,
    "/feeds/KEY/en.atom": linked_languages,
    "/oai/KEY?verb=ListRecords&metadataPrefix=oai_dc": linked_languages,
    f"/oai/KEY?verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:127.0.0.1:{SLUG}": linked_languages,
    f"/outputs/{SLUG}": linked_languages,
    f"/outputs/{SLUG}.json": lambda answer: {text["language"] for text in answer.json()["files"]},
    f"/outputs/{SLUG}.zip": zip_languages,
    f"/outputs/{SLUG}.manifest.json": lambda answer: {each["language"] for each in answer.json()["statement"]["files"]},
    **{f"/outputs/{SLUG}/cite.{form}": all_or_no_languages for form in ("bib", "ris", "json")},
    "/search?q=instant": all_or_no_languages,
    "/search.json?q=instant": all_or_no_languages,
    "/search.zip?q=instant": zip_languages,
    "/feeds/KEY/en.atom?kind=report": linked_languages,
    "/feeds/KEY/ru.atom?kind=report": linked_languages,
    **{f"/outputs/{SLUG}/text/{code}": lambda _: LANGUAGES for code in sorted(LANGUAGES)},
    **{f"/outputs/{SLUG}/files/{code}": lambda _: LANGUAGES for code in sorted(LANGUAGES)},
    "/catalogue.json": lambda answer: LANGUAGES if answer.json()["number"] else set(),
    "/verify/digests.json": json_languages,
}


@dataclass(frozen=True)
class Observation:
    """One look of a reader at one surface."""

    process: int
    surface: str
    began: datetime
    ended: datetime
    shown: frozenset[str]


def poll_surfaces(reader_site: ReaderSite, process: int, is_over: Event) -> list[Observation]:
    """Read every surface repeatedly, and once more after `over` is set."""
    reader, observations = reader_site.browser("academia"), []
    key = create_feed_key(reader_site.state)
    last = False
    while not last:
        last = is_over.is_set()
        for surface, read in SURFACES.items():
            began = clock.now()
            answer = reader.get(surface.replace("KEY", key))
            ended = clock.now()
            assert answer.status_code in (200, 404), surface
            shown = frozenset(read(answer)) if answer.status_code == 200 else frozenset()
            observations.append(Observation(process, surface, began, ended, shown))
    return observations


@contextmanager
def reader_processes(settings: Settings, folder: Path) -> Iterator[list[ReaderSite]]:
    """Two reader sites that share no memory, each notified by the database."""
    sites = [ReaderSite(settings, folder) for _ in range(2)]
    for reader_site in sites:
        reader_site.state.refresher.start()
    yield sites
    for reader_site in sites:
        reader_site.state.refresher.stop()
        reader_site.close()


def build_instant(moment: datetime) -> ReleaseInstant:
    """This instant, to the second, in the time zone of the meeting."""
    local = moment.astimezone(ZoneInfo("Europe/Zurich")).replace(microsecond=0)
    return ReleaseInstant(when="then", on=local.date(), at=local.time())


def in_three_languages(world: World) -> Output:
    """An approved output with its texts."""
    meeting = world.meeting(opens_in=-1)
    output = world.output(meeting, title=TITLE)
    with world.acting("ines") as (session, actor):
        output_row = session.get_one(Output, output.id)
        for code in sorted(LANGUAGES - {"en"}):
            outputs.put_output_file(session, actor, output_row, world.file(code, f"Text in {code}"))
    return output


def in_one_language(world: World, reader_site: ReaderSite) -> Output:
    """An output released as an advance version, with its other languages translated and approved."""
    meeting = world.meeting(opens_in=-1)
    output = world.advance(meeting, reader_site.store, *sorted(LANGUAGES - {"en"}), title=TITLE)
    for code in output.still_to_come:
        world.translated(output, code)
    return output


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("readers", READERS)
def test_no_surface_shows_a_completion_before_its_instant_and_all_show_it_completely_after(
    world: World, settings: Settings, tmp_path: Path, readers: int
) -> None:
    over = Event()
    with (
        reader_processes(settings, tmp_path) as sites,
        ThreadPoolExecutor(2 * readers + 2) as pool,
        ExitStack() as closing,
    ):
        closing.callback(over.set)
        output = in_one_language(world, sites[0])
        until = time.monotonic() + PATIENCE
        while any(not reader_site.catalogue.outputs for reader_site in sites):
            assert time.monotonic() < until
            time.sleep(0.01)
        once = Event()
        once.set()
        early = {look.surface: look.shown for look in poll_surfaces(sites[0], 0, once)}
        watching = [
            pool.submit(poll_surfaces, reader_site, at, over)
            for at, reader_site in enumerate(sites)
            for _ in range(readers)
        ]
        world.completing(output, build_instant(clock.now() + timedelta(seconds=6)))
        with transaction(world.read) as session:
            at = translations.list_completion_plans(session, output)[-1].release_at
        context = WorkerContext(world.work, world.store, sites[0].store, PartialUploadStore(tmp_path), None)
        workers = [pool.submit(release_output_at_scheduled_time, context, output.id) for _ in range(2)]
        assert sorted(each.result() for each in workers) == [False, True]
        until = time.monotonic() + PATIENCE
        while any(reader_site.catalogue.outputs[0].is_advance for reader_site in sites):
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
        of_process = [look for look in seen if look.process == process]
        first = min(look.ended for look in of_process if look.shown != early[look.surface])
        late = [look for look in of_process if look.began > first]
        assert {look.surface for look in late} == set(SURFACES)
        assert [look.surface for look in late if look.shown != frozenset(LANGUAGES)] == []


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("readers", READERS)
def test_no_surface_shows_an_output_before_its_instant_and_all_show_it_completely_after(
    world: World, settings: Settings, tmp_path: Path, readers: int
) -> None:
    output = in_three_languages(world)
    over = Event()
    with (
        reader_processes(settings, tmp_path) as sites,
        ThreadPoolExecutor(2 * readers + 2) as pool,
        ExitStack() as closing,
    ):
        closing.callback(over.set)  # the readers stop even if the test fails
        watching = [
            pool.submit(poll_surfaces, reader_site, at, over)
            for at, reader_site in enumerate(sites)
            for _ in range(readers)
        ]
        world.schedule(output, seconds=6)
        with transaction(world.read) as session:
            at = session.get_one(Output, output.id).release_at
        context = WorkerContext(world.work, world.store, sites[0].store, PartialUploadStore(tmp_path), None)
        workers = [pool.submit(release_output_at_scheduled_time, context, output.id) for _ in range(2)]
        assert sorted(each.result() for each in workers) == [False, True]
        until = time.monotonic() + PATIENCE
        while any(not reader_site.catalogue.outputs for reader_site in sites):
            assert time.monotonic() < until
            time.sleep(0.01)
        over.set()
        seen = [look for each in watching for look in each.result()]

    assert any(look.ended < at for look in seen)
    assert [look for look in seen if look.shown and look.ended < at] == []
    assert {look.shown for look in seen} == {frozenset(), frozenset(LANGUAGES)}
    for process in range(2):
        of_process = [look for look in seen if look.process == process]
        first = min(look.ended for look in of_process if look.shown)
        late = [look for look in of_process if look.began > first]
        assert {look.surface for look in late} == set(SURFACES)
        assert [look.surface for look in late if not look.shown] == []
