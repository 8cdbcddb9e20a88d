"""The instant of a release in the static copy: another process writes it while a reader watches the folder."""

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
from tests.waiting import wait_until
from tests.world import World

SOON = timedelta(seconds=5)
"""Until then a small copy is complete (docs/copies.md): it is checked each second, then changes are written."""
PLACES = {
    *(f"{language}/{page}.html" for language in LANGUAGES for page in (SLUG, "index")),
    f"manifests/{SLUG}.json",
    "outputs.json",
    "copy.json",
}
"""The paths of the copy that show an output, without its files."""


@dataclass(frozen=True)
class FolderSnapshot:
    """One look at every file of the folder: the paths that show the output."""

    began: datetime
    ended: datetime
    shown: frozenset[str]


def list_paths(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def inspect_folder(folder: Path, before: set[str]) -> FolderSnapshot:
    """Find the paths that are new, half-written ones included, or contain a trace of the output."""
    began, shown = clock.now(), set()
    for path in folder.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # the file was being renamed
            continue
        signs = (SLUG.encode(), SYMBOL.encode(), TITLE.encode())
        name = str(path.relative_to(folder))
        if name not in before or any(sign in content for sign in signs):
            shown.add(name)
    return FolderSnapshot(began, clock.now(), frozenset(shown))


@contextmanager
def running_copy(settings: Settings, folder: Path, log: Path) -> Iterator[None]:
    """Run `python -m app copy --follow` and wait until the first copy is complete."""
    command = [sys.executable, "-m", "app", "copy", str(folder), "--follow"]
    with (
        log.open("wb") as log_file,
        subprocess.Popen(
            command, env=environment(settings), cwd=PROJECT_ROOT, stdout=log_file, stderr=log_file
        ) as process,
    ):
        try:
            wait_until(lambda: "Number 0" in log.read_text(), within=60)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.mark.usefixtures("engine")
def test_no_file_of_a_copy_shows_the_output_before_the_instant_and_all_do_soon_after(
    world: World, settings: Settings, tmp_path: Path
) -> None:
    settings, folder = settings.model_copy(update={"demo": True}), tmp_path / "copy"
    output = in_three_languages(world)
    store = open_store(settings.release_store_url)
    seen: list[FolderSnapshot] = []
    with running_copy(settings, folder, tmp_path / "log"):
        before = list_paths(folder)
        world.schedule(output, seconds=6)
        with transaction(world.read) as session:
            at = session.get_one(Output, output.id).release_at
        context = WorkerContext(world.work, world.store, store, PartialUploadStore(tmp_path), None)
        while clock.now() < at - timedelta(seconds=0.3):
            seen.append(inspect_folder(folder, before))
        assert release_output_at_scheduled_time(context, output.id)
        seen += _inspect_until_complete(folder, before, at + timedelta(seconds=120))

    assert any(each.ended < at for each in seen)
    assert [each for each in seen if each.ended < at and each.shown] == []
    last = seen[-1]
    released = {f"files/{path.name}" for path in (folder / "files").iterdir()}
    assert (len(released), last.shown >= PLACES | released) == (3, True)
    assert last.ended - at < SOON + timedelta(seconds=60), "a machine under tests may be slow, but not as slow as that"
    listed = {each["path"] for each in json.loads((folder / "copy.json").read_text())["statement"]["files"]}
    assert listed >= {name for name in last.shown if (folder / name).is_file()} - {"copy.json"}


def _inspect_until_complete(folder: Path, before: set[str], end: datetime) -> Iterator[FolderSnapshot]:
    while clock.now() < end:
        snapshot = inspect_folder(folder, before)
        yield snapshot
        if "copy.json" in snapshot.shown:
            return
        time.sleep(0.01)
