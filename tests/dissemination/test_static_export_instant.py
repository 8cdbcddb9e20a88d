"""The instant of a release in the static copy: a process of its own writes it, and whoever has the folder looks on."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.core import clock
from app.core.db import transaction
from app.core.files.partial_uploads import PartialUploadStore
from app.core.i18n import LANGUAGES
from app.core.storage import open_store
from app.domain.outputs.models import Output
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from app.worker.release import WorkerContext, release_output_at_scheduled_time
from tests.dissemination.test_release_instant import SLUG, SYMBOL, TITLE, in_three_languages
from tests.faults.installation import environment
from tests.waiting import until
from tests.world import World

SOON = timedelta(seconds=5)
"""After the instant a small copy is whole (docs/copies.md): a look each second, then what has changed is written."""
PLACES = {
    *(f"{language}/{page}.html" for language in LANGUAGES for page in (SLUG, "index")),
    f"manifests/{SLUG}.json",
    "outputs.json",
    "copy.json",
}
"""Where the copy shows an output, its files aside."""


@dataclass(frozen=True)
class Look:
    """What one look at every file of the folder saw of the output: the paths that show it."""

    began: datetime
    ended: datetime
    shown: frozenset[str]


def paths(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def look(folder: Path, before: set[str]) -> Look:
    """Whatever was not there before, half-written files and folders too, or has a sign of the output in it."""
    began, shown = clock.now(), set()
    for path in folder.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # it was being renamed
            continue
        signs = (SLUG.encode(), SYMBOL.encode(), TITLE.encode())
        name = str(path.relative_to(folder))
        if name not in before or any(sign in content for sign in signs):
            shown.add(name)
    return Look(began, clock.now(), frozenset(shown))


@contextmanager
def kept_up_to_date(settings: Settings, folder: Path, log: Path) -> Iterator[None]:
    """`python -m app copy --follow`, from when the first copy is whole."""
    command = [sys.executable, "-m", "app", "copy", str(folder), "--follow"]
    with (
        log.open("wb") as said,
        subprocess.Popen(command, env=environment(settings), cwd=PROJECT_ROOT, stdout=said, stderr=said) as process,
    ):
        try:
            until(lambda: "Number 0" in log.read_text(), within=60)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@pytest.mark.usefixtures("engine")
def test_no_file_of_a_copy_shows_anything_before_the_instant_and_soon_after_all_of_it_is_there(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    settings, folder = settings.model_copy(update={"demo": True}), tmp_path / "copy"
    made = in_three_languages(world)
    shelf = open_store(settings.release_store_url)
    seen: list[Look] = []
    with kept_up_to_date(settings, folder, tmp_path / "log"):
        before = paths(folder)
        world.schedule(made, seconds=3)
        with transaction(world.read) as session:
            at = session.get_one(Output, made.id).release_at
        desk = WorkerContext(world.write, world.store, shelf, PartialUploadStore(tmp_path), None)
        while clock.now() < at - timedelta(seconds=0.3):
            seen.append(look(folder, before))
        assert release_output_at_scheduled_time(desk, made.id)
        seen += _looks_until_whole(folder, before, at + timedelta(seconds=60))

    assert any(each.ended < at for each in seen)
    assert [each for each in seen if each.ended < at and each.shown] == []
    last = seen[-1]
    released = {f"files/{path.name}" for path in (folder / "files").iterdir()}
    assert (len(released), last.shown >= PLACES | released) == (3, True)
    assert last.ended - at < SOON + timedelta(seconds=20), "a machine under tests may be slow, but not as slow as that"
    listed = {each["path"] for each in json.loads((folder / "copy.json").read_text())["statement"]["files"]}
    assert listed >= {name for name in last.shown if (folder / name).is_file()} - {"copy.json"}


def _looks_until_whole(folder: Path, before: set[str], end: datetime) -> Iterator[Look]:
    while clock.now() < end:
        found = look(folder, before)
        yield found
        if "copy.json" in found.shown:
            return
        time.sleep(0.01)
