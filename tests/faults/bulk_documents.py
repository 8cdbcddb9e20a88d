"""Many registered documents, made by the actions of the portal: each has a row, journal lines, receipts and a file.

One document is some forty statements, each of which waits for the database, and 50 ms of Python. So several processes
make them, each in its own meeting with its own number series, so that none waits for the number of another.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import TypeVar
from uuid import UUID, uuid4
from zipfile import ZipFile

from app.core import clock
from app.core.db import create_database_engine, read_session_factory, write_session_factory
from app.core.errors import Unavailable
from app.core.signing import build_signature_envelope
from app.core.storage import hash_file, open_store
from app.domain.contributions.actions import drafting, registration
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.inputs import LanguageFile
from app.domain.meetings.models import Meeting
from app.domain.receipts.models import Receipt
from app.settings import Settings
from app.worker.subscriptions import queue_jobs
from tests.files import make_docx
from tests.world import GRACE, RECEIPT_SIGNER, World

BATCH = 25  # documents of one transaction
TIMEOUT = 300.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Share:
    """What one process makes, in which meeting, and where it notes the answers to the delegation."""

    database: str
    store: str
    meeting: UUID
    inspected: LanguageFile
    numbers: range
    notes: Path


def fill(world: World, settings: Settings, how_many: int, folder: Path, processes: int = 1) -> None:
    """Make that many documents of one State. Receipts are noted in the folder, one `.told` file for each process."""
    inspected, each = world.file(), -(-how_many // processes)
    shares = [
        Share(
            str(settings.database_url),
            settings.store_url,
            world.meeting(number=22 + number).id,
            inspected,
            range(number * each, min((number + 1) * each, how_many)),
            folder / f"filling-{number}.told",
        )
        for number in range(processes)
    ]
    if processes == 1:
        make(shares[0])
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("forkserver")) as pool:
        list(pool.map(make, shares))


def make(share: Share) -> None:
    """Make one share over a separate connection."""
    engine = create_database_engine(share.database, pool_size=1, application_name="cwg-filling")
    world = World(
        write_session_factory(engine, {"react": queue_jobs}), read_session_factory(engine), open_store(share.store)
    )
    made = PaperFiles(world, share)
    with share.notes.open("w") as notes, ThreadPoolExecutor(BATCH) as many:  # a disk syncs many as fast as one
        for start in range(0, len(share.numbers), BATCH):
            files = list(many.map(made.file, share.numbers[start : start + BATCH]))
            given = retry_while_unavailable(lambda files=files: _submit(world, share.meeting, files))
            retry_while_unavailable(lambda given=given: _register(world, list(given)))
            for receipt in given.values():
                notes.write(json.dumps(_format_note(receipt)) + "\n")
    engine.dispose()


def retry_while_unavailable(act: Callable[[], T]) -> T:
    """Call `act`, and repeat it if the journal was locked for too long and nothing was changed."""
    give_up = monotonic() + TIMEOUT
    while True:
        try:
            return act()
        except Unavailable:
            if monotonic() > give_up:
                raise


class PaperFiles:
    """One Word document, with different bytes for each number: the number is the comment of its archive."""

    def __init__(self, world: World, share: Share) -> None:
        self.store, self.inspected, self.folder = world.store, share.inspected, share.notes.parent
        self.text = make_docx("A paper of the drill.")

    def file(self, number: int) -> LanguageFile:
        path = self.folder / f"{number}.docx"
        path.write_bytes(self.text)
        with ZipFile(path, "a") as archive:
            archive.comment = str(number).encode()
        sha256, size = hash_file(path), path.stat().st_size
        self.store.put(path, sha256)
        path.unlink()
        return replace(self.inspected, sha256=sha256, size=size)


def _submit(world: World, meeting: UUID, files: Sequence[LanguageFile]) -> dict[UUID, Receipt]:
    given = {}
    with world.acting("amina") as (session, actor):
        there = session.get_one(Meeting, meeting)
        for file in files:
            cover = ContributionCover(title=f"A paper with {file.sha256}", original="en", purpose="discussion")
            made = drafting.create_draft_contribution(session, actor, there, cover, key=uuid4())
            drafting.put_contribution_file(session, actor, made, file, began_at=clock.now())
            given[made.id] = drafting.submit_contribution(
                session,
                actor,
                load_submission(session, made),
                version=made.version,
                grace=GRACE,
                accepts_lateness=False,
            )
    return given


def _register(world: World, contributions: Sequence[UUID]) -> None:
    with world.acting("ines") as (session, actor):
        for its_id in contributions:
            waiting = session.get_one(Contribution, its_id)
            registration.register_contribution(session, actor, waiting, version=waiting.version)


def _format_note(receipt: Receipt) -> dict[str, object]:
    statement, signature = receipt.statement.encode(), b64decode(receipt.signature)
    whole = json.loads(build_signature_envelope(statement, signature, RECEIPT_SIGNER.public_key))
    return {"title": whole["statement"]["title"], "submitted": True, "registered": True, "receipt": whole}
