"""The restore drill: so many registered documents, copied, and put back into an empty database and empty stores.

`python -m tests.faults drill` prints figures; exit code 1 if the independent checker or `verify` finds a fault.
Receipts and a head are kept outside, as a delegation keeps them. Backup and restore are the commands that an operator
gives, as processes of their own. `restore_10000_s` is from the command to its end: every byte of the copy is checked
first, and everything that came back is verified last.
"""

import json
import os
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4
from zipfile import ZipFile

from app.core import clock
from app.core.db import transaction
from app.core.signing import enveloped
from app.core.store import digest_of, open_store
from app.domain.contributions import actions
from app.domain.contributions.inputs import Cover
from app.domain.contributions.models import Contribution
from app.domain.documents.inputs import FileOf
from app.domain.ledger import actions as ledger
from app.domain.meetings.models import Meeting
from app.domain.receipts.models import Receipt
from app.embedded import cluster, erase
from app.housing import ROOT, at, prepare
from app.jobs.reactions import react
from app.settings import Settings
from app.verify import verify
from tests.faults.house import a_house, environment
from tests.faults.strokes import verdict_of
from tests.files import a_docx
from tests.world import GRACE, SIGNER, World

TOGETHER = 50  # documents of one transaction


@dataclass(frozen=True, slots=True)
class Drilled:
    """What was measured, in seconds and numbers, and everything that is wrong."""

    figures: dict[str, float]
    wrong: tuple[str, ...]


def drill(world: World, here: Settings, there: Settings, folder: Path, documents: int) -> Drilled:
    """Fill this house, copy it, and put the copy back there, where nothing is. Raises RuntimeError."""
    told, copies, head = folder / "told", folder / "copies", folder / "head"
    told.mkdir()
    began = time.monotonic()
    registered(world, documents, told / "drill.told")
    head.write_text(signed_head(world))
    filled = time.monotonic()
    command(here, "backup", str(copies))
    copied = time.monotonic()
    command(there, "restore", str(copies), "--head", str(head))
    back = time.monotonic()
    found = verify(str(there.owner_database_url), *map(open_store, (there.store_url, there.release_store_url)))
    wrong = [*found.faults, *verdict_of(there, told)]
    if (found.numbers, len(told.joinpath("drill.told").read_text().splitlines())) != (documents, documents):
        wrong.append(f"{found.numbers} numbers came back, not {documents}")
    figures = {
        "documents": documents,
        "journal_lines": found.lines,
        "files": found.files,
        "filling_s": round(filled - began, 1),
        "backup_s": round(copied - filled, 1),
        f"restore_{documents}_s": round(back - copied, 1),
        "load": round(os.getloadavg()[0], 1),
    }
    return Drilled(figures, tuple(wrong))


def registered(world: World, how_many: int, told: Path) -> None:
    """So many documents of one State, each with a file of its own, and what its delegation was told of each."""
    world.write.configure(info={"react": react})
    meeting, made = world.meeting(), Paper(world, told.parent)
    with told.open("w") as notes, ThreadPoolExecutor(TOGETHER) as many:  # a disk syncs many files as fast as one
        for start in range(0, how_many, TOGETHER):
            numbers = range(start, min(start + TOGETHER, how_many))
            given = _submitted(world, meeting, list(many.map(made.file, numbers)))
            _register(world, list(given))
            for receipt in given.values():
                statement, signature = receipt.statement.encode(), b64decode(receipt.signature)
                whole = json.loads(enveloped(statement, signature, SIGNER.public))
                title = whole["statement"]["title"]
                notes.write(
                    json.dumps({"title": title, "submitted": True, "registered": True, "receipt": whole}) + "\n"
                )


class Paper:
    """One Word document, under bytes of its own each time it is asked for: a number is its archive's comment."""

    def __init__(self, world: World, folder: Path) -> None:
        self.store, self.gated, self.folder = world.store, world.file(), folder
        self.text = a_docx("A paper of the drill.")

    def file(self, number: int) -> FileOf:
        path = self.folder / f"{number}.docx"
        path.write_bytes(self.text)
        with ZipFile(path, "a") as archive:
            archive.comment = str(number).encode()
        sha256, size = digest_of(path), path.stat().st_size
        self.store.keep(path, sha256)
        path.unlink()
        return replace(self.gated, sha256=sha256, size=size)


def _submitted(world: World, meeting: Meeting, files: Sequence[FileOf]) -> dict[UUID, Receipt]:
    given = {}
    with world.acting("amina") as (session, actor):
        there = session.get_one(Meeting, meeting.id)
        for file in files:
            cover = Cover(title=f"A paper with {file.sha256}", original="en", purpose="discussion")
            made = actions.draft(session, actor, there, cover, key=uuid4())
            actions.put_file(session, actor, made, file, began_at=clock.now())
            given[made.id] = actions.submit(
                session, actor, made, version=made.version, grace=GRACE, late=False, sign=SIGNER
            )
    return given


def _register(world: World, contributions: Sequence[UUID]) -> None:
    with world.acting("ines") as (session, actor):
        for its_id in contributions:
            waiting = session.get_one(Contribution, its_id)
            actions.register(session, actor, waiting, version=waiting.version, sign=SIGNER)


def signed_head(world: World) -> str:
    """The ledger's head over all that happened, as a witness would keep it."""
    with transaction(world.write) as session:
        while ledger.extend(session):
            pass
        made = ledger.sign_head(session, sign=SIGNER)
        if made is None:
            raise RuntimeError("nothing happened that a head could be of")
        return made.note


def command(settings: Settings, *arguments: str) -> None:
    """As an operator gives it. Raises RuntimeError with what it said, if it failed."""
    given = [sys.executable, "-m", "app", *arguments]
    done = subprocess.run(given, env=environment(settings), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{arguments[0]}: {done.stdout}{done.stderr}")


def in_full(settings: Settings, documents: int) -> Drilled:
    """In two houses for this once: one that is copied, and a machine on which nothing is yet."""
    with TemporaryDirectory(prefix="cwg-faults-") as name, ExitStack() as undo:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "there").mkdir()
        house = undo.enter_context(a_house(folder, settings))
        undo.callback(erase, folder / "there" / "postgres")
        running = undo.enter_context(cluster(folder / "there" / "postgres"))
        prepare(running)
        stores = {"store_url": f"file://{folder}/there/store", "release_store_url": f"file://{folder}/there/release"}
        there = at(running, house.settings.model_copy(update=stores))
        return drill(house.world, house.settings, there, folder, documents)
