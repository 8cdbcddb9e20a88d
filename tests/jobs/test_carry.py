"""The jobs that let the text of a released file follow: queued by either of two events, and done once."""

import pytest
from sqlalchemy import select, text

from app.core.db import transaction, writers
from app.core.staging import Staging
from app.core.store import open_store
from app.domain.outputs.models import OutputFile
from app.domain.receipts.actions import HAND
from app.domain.releases import actions as releases
from app.domain.releases import queries as released
from app.jobs.carry import carry_text, carry_texts
from app.jobs.disseminate import Desk
from app.jobs.reactions import CARRY_TEXT, CARRY_TEXTS, react
from tests.world import SIGNER, World


@pytest.fixture
def desk(engine, settings) -> Desk:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return Desk(writers(engine, {HAND: SIGNER}), *stores, Staging(settings.staging_folder), None, SIGNER)


def test_reading_and_releasing_both_ask_for_it_whichever_ends_last(world: World, desk: Desk, engine) -> None:
    reacting = World(writers(engine, {"react": react}), world.read, world.store)
    output = world.leaving(world.meeting(opens_in=-1))
    with transaction(world.read) as session:
        file = session.scalars(select(OutputFile.sha256).where(OutputFile.output_id == output.id)).one()
    with transaction(reacting.write) as session:
        releases.release(session, desk.store, desk.released, output.id, sign=SIGNER)
    reacting.rendered(file, "Read at last.")

    names = {"names": [CARRY_TEXT, CARRY_TEXTS]}
    with engine.connect() as connection:
        statement = "SELECT task_name, args FROM jobs.procrastinate_jobs WHERE task_name = ANY (:names) ORDER BY id"
        queued = [
            (name, args.get("file") or args.get("output")) for name, args in connection.execute(text(statement), names)
        ]
    assert queued == [(CARRY_TEXTS, str(output.id)), (CARRY_TEXT, file)]

    for _ in range(2):
        carry_texts(desk, output.id)
        carry_text(desk, file)
    with transaction(world.read) as session:
        (found,) = released.texts_of(session, [file])
    assert found.paragraphs == ("Read at last.",)
