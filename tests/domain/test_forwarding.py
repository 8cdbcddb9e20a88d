"""Receiving a released text in the parent group: who may, only texts for it, once, and exactly the same files."""

from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
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
from app.domain.deliveries.actions import making
from app.domain.deliveries.models import Delivery
from app.domain.deliveries.queries import list_outputs_without_deliveries
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


@pytest.mark.parametrize("who", ["amina", "laurent", "chen", "olga"])
def test_only_the_secretariat_of_the_receiving_group_receives(
    world: World, output: Output, parent_meeting: Meeting, who: str
) -> None:
    with pytest.raises(Forbidden, match="secretariat of the group to which"):
        world.forwarded(output, parent_meeting, by=who)
    with pytest.raises(Forbidden, match="secretariat of the group to which"):
        world.return_text(world.delivery_to_body(output), by=who)
    assert list_parent_documents(world) == []


def test_a_secretary_of_the_receiving_group_need_not_serve_the_other(
    world: World, output: Output, parent_meeting: Meeting
) -> None:
    """And one of the sending group alone does not number for the other."""
    with pytest.raises(Forbidden):
        world.forwarded(output, parent_meeting, by="daniel")
    world.seat("olga", "secretary", body=PARENT)

    world.forwarded(output, parent_meeting, by="olga")

    assert [each.symbol for each in list_parent_documents(world)] == ["CWG-WSIS 44/LS/1"]


def test_a_text_that_is_withdrawn_is_not_received(world: World, output: Output, parent_meeting: Meeting) -> None:
    delivery = world.delivery_to_body(output)
    world.to_be_withdrawn(output)
    world.decide_withdrawal(output)
    with pytest.raises(Conflict, match="the text was withdrawn"):  # the worker has not carried it out yet
        world.receive(delivery, parent_meeting)
    world.take_out(output)

    with pytest.raises(Conflict, match="the text was withdrawn"):
        world.receive(delivery, parent_meeting)
    assert list_parent_documents(world) == []


def test_only_a_text_addressed_to_the_parent_group_is_delivered_to_it(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store, database: Database
) -> None:
    """By its kind, or because it was released to the parent group; and not where there is none."""
    released = world.released(meeting, release_store)
    chosen = adopt_and_release(world, world.output(meeting), release_store, addressees={"parent"})
    database.run_as_superuser("UPDATE portal.body SET parent_id = NULL WHERE code = 'cwg-internet'")
    alone = world.for_the_parent(meeting, release_store)

    assert [[each.kind for each in world.deliver(output)] for output in (released, chosen, alone)] == [[], ["body"], []]


def test_a_text_is_registered_only_for_a_future_meeting_of_the_receiving_group(
    world: World, output: Output, parent_meeting: Meeting
) -> None:
    own_meeting = world.meeting(number=33, opens_in=20)
    past_meeting = world.parent_meeting(number=43, opens_in=-10)
    planned = world.planned(number=45, body=PARENT)
    cancelled = world.moved(world.parent_meeting(number=46), "cancel")
    for other in (own_meeting, past_meeting, planned, cancelled, Meeting(id=uuid4())):
        with pytest.raises(BadRequest, match="Select a meeting"):
            world.forwarded(output, other)
    assert list_parent_documents(world) == []


def test_one_delivery_becomes_one_document(world: World, output: Output, parent_meeting: Meeting) -> None:
    """Received again, for whichever meeting, it finds itself done."""
    later = world.parent_meeting(number=45, opens_in=300)

    documents_of_it = [world.forwarded(output, each) for each in (parent_meeting, parent_meeting, later)]

    assert {document.id for document in documents_of_it} == {documents_of_it[0].id}
    assert [each.symbol for each in list_parent_documents(world)] == ["CWG-WSIS 44/LS/1"]
    with pytest.raises(Conflict, match="already been answered"):
        world.return_text(world.delivery_to_body(output))


def test_two_who_receive_it_at_once_produce_one_document(world: World, output: Output, parent_meeting: Meeting) -> None:
    world.serve_the_parent("daniel")
    ready = Barrier(4, timeout=60)

    def receive(who: str) -> Document:
        ready.wait()
        return world.forwarded(output, parent_meeting, by=who)

    with ThreadPoolExecutor(4) as pool:
        document_ids = {document.id for document in pool.map(receive, ("ines", "daniel", "ines", "daniel"))}

    assert [each.id for each in list_parent_documents(world)] == list(document_ids)


def test_a_returned_text_is_no_document(world: World, output: Output, parent_meeting: Meeting) -> None:
    delivery = world.delivery_to_body(output)

    world.return_text(delivery, reason="It is for another group.")

    with transaction(world.read) as session:
        stored = session.get_one(Delivery, delivery.id)
        assert (stored.state, stored.note, stored.document_id) == ("returned", "It is for another group.", None)
    for act in (lambda: world.receive(delivery, parent_meeting), lambda: world.return_text(delivery)):
        with pytest.raises(Conflict, match="already been answered"):
            act()
    assert list_parent_documents(world) == []


def test_what_was_forwarded_before_there_were_deliveries_counts_as_received(
    world: World, output: Output, parent_meeting: Meeting, database: Database
) -> None:
    document = world.forwarded(output, parent_meeting)
    database.run_as_superuser("DELETE FROM portal.delivery")

    with transaction(world.work) as session:
        assert list_outputs_without_deliveries(session) == [output.id]
        making.create_deliveries(session, output.id)

    stored = world.delivery_to_body(output)
    assert (stored.state, stored.document_id) == ("received", document.id)


def test_a_group_that_becomes_a_parent_is_not_sent_earlier_reports(
    world: World, meeting: Meeting, release_store: Store, database: Database
) -> None:
    database.run_as_superuser("UPDATE portal.body SET parent_id = NULL WHERE code = 'cwg-internet'")
    with clock.shifted_clock(timedelta(days=-8)):
        earlier = world.for_the_parent(world.meeting(number=20, opens_in=-1), release_store)
    recent = world.for_the_parent(meeting, release_store)

    world.change_body(parent=world.body(PARENT).id)

    with transaction(world.work) as session:
        record_rows(session)
        assert list_outputs_without_deliveries(session) == [recent.id]
        assert making.create_deliveries(session, earlier.id) == 0
        assert making.create_deliveries(session, recent.id) == 1


def test_the_database_accepts_one_forwarding_for_each_meeting(
    world: World, output: Output, parent_meeting: Meeting
) -> None:
    document = world.forwarded(output, parent_meeting)

    with pytest.raises(IntegrityError, match="pk_forwarding"), world.acting("ines") as (session, actor):
        twice = {"output_id": output.id, "meeting_id": parent_meeting.id, "document_id": document.id}
        session.add(Forwarding(**twice, forwarded_by=actor.person, forwarded_at=document.registered_at))


def test_numbers_have_no_gap_after_refusals(
    world: World, meeting: Meeting, parent_meeting: Meeting, release_store: Store
) -> None:
    for number in range(3):
        output = world.for_the_parent(meeting, release_store)
        with pytest.raises(BadRequest):
            world.forwarded(output, meeting)
        world.forwarded(output, parent_meeting)
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
