"""Copying the text of a released file: queued by either of two events, and done once."""

import pytest
from sqlalchemy import select, text

from app.core.db import SIGNERS_KEY, transaction, write_session_factory
from app.core.files.partial_uploads import PartialUploadStore
from app.core.storage import open_store
from app.domain.outputs.models import OutputFile
from app.domain.releases.actions import release as releases
from app.domain.releases.queries import releases as released
from app.worker.release import WorkerContext
from app.worker.released_texts import release_text, release_texts_of_output
from app.worker.subscriptions import CARRY_TEXT, CARRY_TEXTS, queue_jobs
from tests.world import WORKER_SIGNERS, World, get_worker_engine


@pytest.fixture
def context(engine, settings) -> WorkerContext:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return WorkerContext(
        write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: WORKER_SIGNERS}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )


def test_reading_and_releasing_both_queue_the_copy_in_either_order(
    world: World, context: WorkerContext, engine
) -> None:
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    output = world.leaving(world.meeting(opens_in=-1))
    with transaction(world.read) as session:
        file = session.scalars(select(OutputFile.sha256).where(OutputFile.output_id == output.id)).one()
    with transaction(reacting.work) as session:
        releases.release_output(session, context.store, context.release_store, output.id)
    reacting.rendered(file, "Read at last.")

    names = {"names": [CARRY_TEXT, CARRY_TEXTS]}
    with engine.connect() as connection:
        statement = "SELECT task_name, args FROM jobs.procrastinate_jobs WHERE task_name = ANY (:names) ORDER BY id"
        queued = [
            (name, args.get("file") or args.get("output")) for name, args in connection.execute(text(statement), names)
        ]
    assert queued == [(CARRY_TEXTS, str(output.id)), (CARRY_TEXT, file)]

    for _ in range(2):
        release_texts_of_output(context, output.id)
        release_text(context, file)
    with transaction(world.read) as session:
        (released_text,) = released.list_file_texts(session, [file])
    assert released_text.paragraphs == ("Read at last.",)
