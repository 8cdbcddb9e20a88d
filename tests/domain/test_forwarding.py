"""Forwarding of a released text to the parent group: who may, only texts for it, once, and exactly the same files."""

from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.clamav import ScanState
from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, Forbidden
from app.core.journal import JournalLine
from app.core.storage import Store, open_store
from app.domain.documents.models import Document
from app.domain.documents.queries import documents
from app.domain.files.models import VirusScanResult
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import Adoption, NewReleasePlan
from app.domain.outputs.models import Forwarding, Output
from app.domain.outputs.queries import forwarding as tracing
from app.domain.outputs.queries import outputs
from app.domain.silence.actions import draft_texts
from app.record_verification.register import find_register_number_faults
from tests.conftest import Database
from tests.world import PARENT, World, record_rows


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1)


@pytest.fixture
def parent_meeting(world: World) -> Meeting:
    return world.parent_meeting()


@pytest.fixture
def output(world: World, meeting: Meeting, release_store: Store) -> Output:
    return world.for_the_parent(meeting, release_store, title="A report to the parent")


def adopt_and_release(
    world: World, draft: Output, release_store: Store, *, addressees: Set[str] = frozenset()
) -> Output:
    """Adopt, approve and release a text, to these addressees besides the membership."""
    with world.acting("laurent") as (session, actor):
        output = session.get_one(Output, draft.id)
        on = session.get_one(Meeting, output.meeting_id).opens_on
        draft_texts.adopt_draft(
            session,
            actor,
            output,
            Adoption(adopted_on=on, without_pdf=True, text=outputs.compute_text_digest(session, output)),
        )
    return world.as_released(output, release_store, NewReleasePlan(addressees=frozenset(addressees)))


def list_parent_documents(world: World) -> list[Document]:
    with transaction(world.read) as session:
        body = world.body(PARENT).id
        return list(session.scalars(select(Document).where(Document.body_id == body).order_by(Document.number)))


def test_a_forwarded_text_is_a_document_of_the_parent_group_with_the_same_files(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store
) -> None:
    world.seat("amina", "delegate", body=PARENT)
    _, source = world.registered(world.meeting(number=30, opens_in=60))
    with world.acting("ines") as (session, _):
        record_rows(session)
        session.get_one(Document, source.id).topics = ["spam", "privacy"]
    output = world.for_the_parent(meeting, release_store, title="A report", sources=frozenset({source.id}))

    world.forwarded(output, parent_meeting)

    (document,) = list_parent_documents(world)
    assert document.symbol == "CWG-WSIS 44/LS/1"
    assert (document.kind, document.entity, document.access) == ("parent_report", "ITU", "membership")
    assert (document.original, document.titles) == ("en", {"en": "A report"})
    assert set(document.topics) == {"spam", "privacy"}
    with transaction(world.read) as session:
        versions = documents.list_all_language_versions(session, document)
        adopted = outputs.list_output_files(session, output)
        assert [(each.language, each.sha256, each.size, each.media) for each in versions] == [
            (each.language, each.sha256, each.size, each.media) for each in adopted
        ]
        assert [each.language for each in versions] == ["en"]
        assert all(world.store.exists(each.sha256) for each in versions)
        assert documents.get_visible_document(session, world.actor("amina"), document.id)


def test_every_language_is_forwarded(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store
) -> None:
    titles = {"en": "A report", "fr": "Un rapport"}
    draft = world.output(meeting, kind="parent_report", titles=titles)
    with world.acting("ines") as (session, actor):
        draft_texts.put_draft_file(session, actor, session.get_one(Output, draft.id), world.file("fr", "Un rapport."))
    output = adopt_and_release(world, draft, release_store)

    document = world.forwarded(output, parent_meeting)

    with transaction(world.read) as session:
        files = {each.language: each.sha256 for each in outputs.list_output_files(session, output)}
        assert set(files) == {"en", "fr"}
        assert {each.language: each.sha256 for each in documents.list_all_language_versions(session, document)} == files
    assert document.titles == titles


def test_output_document_and_journal_name_the_forwarding(world: World, output: Output, parent_meeting: Meeting) -> None:
    document = world.forwarded(output, parent_meeting)

    with transaction(world.read) as session:
        ((forwarding, forwarded_document, meeting),) = tracing.list_forwardings(session, output)
        assert (forwarded_document.id, meeting.id) == (document.id, parent_meeting.id)
        assert forwarding.forwarded_by == world.person("ines").id
        came_from = tracing.find_forwarding_of_document(session, document)
        assert came_from
        assert came_from[1].symbol == output.symbol
        (line,) = session.scalars(select(JournalLine).where(JournalLine.event == "output:forwarded"))
    assert line.facts == {"output": str(output.id), "meeting": str(parent_meeting.id), "document": str(document.id)}
    assert line.body == output.body_id


@pytest.mark.parametrize("who", ["amina", "laurent", "chen"])
def test_only_the_secretariat_forwards(world: World, output: Output, parent_meeting: Meeting, who: str) -> None:
    with pytest.raises(Forbidden, match="secretariat of this group"):
        world.forwarded(output, parent_meeting, by=who)
    assert list_parent_documents(world) == []


def test_a_secretary_of_only_one_of_the_groups_does_not_forward(
    world: World, output: Output, parent_meeting: Meeting
) -> None:
    with pytest.raises(Forbidden, match="secretary of both"):
        world.forwarded(output, parent_meeting, by="daniel")
    world.seat("joseph", "secretary", body=PARENT)
    with pytest.raises(Forbidden):
        world.forwarded(output, parent_meeting, by="joseph")
    assert list_parent_documents(world) == []

    world.serve_the_parent("daniel")
    world.forwarded(output, parent_meeting, by="daniel")
    assert len(list_parent_documents(world)) == 1


def test_only_a_released_text_that_is_not_withdrawn_is_forwarded(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store
) -> None:
    kind = {"kind": "parent_report"}
    withdrawn_output = world.withdrawn(world.for_the_parent(meeting, release_store))
    for output in (
        world.adopted(meeting, **kind),
        world.approved(meeting, **kind),
        world.leaving(meeting, **kind),
        withdrawn_output,
    ):
        with pytest.raises(Conflict, match="has not been released"):
            world.forwarded(output, parent_meeting)
    assert list_parent_documents(world) == []


def test_only_a_text_addressed_to_the_parent_group_is_forwarded(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store
) -> None:
    """By its kind, or because it was released to the parent group."""
    with pytest.raises(Conflict, match="is not addressed to the parent"):
        world.forwarded(world.released(meeting, release_store), parent_meeting)
    assert list_parent_documents(world) == []

    world.forwarded(
        adopt_and_release(world, world.output(meeting), release_store, addressees={"parent"}), parent_meeting
    )
    assert len(list_parent_documents(world)) == 1


def test_a_text_is_forwarded_only_to_a_future_meeting_of_the_parent_group(
    world: World, meeting: Meeting, output: Output, parent_meeting: Meeting
) -> None:
    own_meeting = world.meeting(number=33, opens_in=20)
    past_meeting = world.parent_meeting(number=43, opens_in=-10)
    planned = world.planned(number=45, body=PARENT)
    cancelled = world.moved(world.parent_meeting(number=46), "cancel")
    for other in (own_meeting, past_meeting, planned, cancelled, Meeting(id=uuid4())):
        with pytest.raises(BadRequest, match="Select a meeting"):
            world.forwarded(output, other)
    assert list_parent_documents(world) == []

    with transaction(world.read) as session:
        assert [each.number for each in tracing.list_forwarding_meetings(session, world.actor("ines"), output)] == [44]
    world.forwarded(output, parent_meeting)
    with transaction(world.read) as session:
        assert tracing.list_forwarding_meetings(session, world.actor("ines"), output) == []


def test_a_group_without_a_parent_cannot_forward(
    world: World, output: Output, parent_meeting: Meeting, database: Database
) -> None:
    database.run_as_superuser("UPDATE portal.body SET parent_id = NULL WHERE code = 'cwg-internet'")

    with pytest.raises(Conflict, match="no parent group"):
        world.forwarded(output, parent_meeting)
    assert list_parent_documents(world) == []


def test_a_repeated_forwarding_is_done_once_for_each_meeting(
    world: World, output: Output, parent_meeting: Meeting
) -> None:
    later = world.parent_meeting(number=45, opens_in=300)

    first, again = world.forwarded(output, parent_meeting), world.forwarded(output, parent_meeting)
    other = world.forwarded(output, later)

    assert first.id == again.id
    assert [each.symbol for each in list_parent_documents(world)] == ["CWG-WSIS 44/LS/1", "CWG-WSIS 45/LS/1"]
    assert other.symbol == "CWG-WSIS 45/LS/1"


def test_two_concurrent_forwardings_create_one_document(world: World, output: Output, parent_meeting: Meeting) -> None:
    world.serve_the_parent("daniel")
    ready = Barrier(4, timeout=60)

    def forward(who: str) -> Document:
        ready.wait()
        return world.forwarded(output, parent_meeting, by=who)

    with ThreadPoolExecutor(4) as pool:
        document_ids = {document.id for document in pool.map(forward, ("ines", "daniel", "ines", "daniel"))}

    assert [each.id for each in list_parent_documents(world)] == list(document_ids)


def test_the_database_accepts_one_forwarding_for_each_meeting(
    world: World, output: Output, parent_meeting: Meeting
) -> None:
    document = world.forwarded(output, parent_meeting)

    with pytest.raises(IntegrityError, match="pk_forwarding"), world.acting("ines") as (session, actor):
        twice = {"output_id": output.id, "meeting_id": parent_meeting.id, "document_id": document.id}
        session.add(Forwarding(**twice, forwarded_by=actor.person, forwarded_at=document.registered_at))


def test_numbers_have_no_gap_after_refused_forwardings(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store
) -> None:
    texts = [world.for_the_parent(meeting, release_store) for _ in range(3)]
    for number, output in enumerate(texts):
        world.forwarded(output, parent_meeting)
        with pytest.raises(Conflict):
            world.forwarded(world.approved(meeting, kind="parent_report"), parent_meeting)
        assert len(list_parent_documents(world)) == number + 1

    assert [each.number for each in list_parent_documents(world)] == [1, 2, 3]
    with transaction(world.read) as session:
        assert list(find_register_number_faults(session)) == []


def test_a_text_with_an_infected_file_is_not_forwarded(world: World, output: Output, parent_meeting: Meeting) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        (file,) = outputs.list_output_files(session, output)
        session.merge(VirusScanResult(sha256=file.sha256, state=ScanState.INFECTED, what="x", asked_at=clock.now()))

    with pytest.raises(Conflict, match="virus"):
        world.forwarded(output, parent_meeting)
    assert list_parent_documents(world) == []
