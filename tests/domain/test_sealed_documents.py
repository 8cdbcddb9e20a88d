"""What was adopted is sealed: its document changes, and finds other readers, only by the way of what it came from."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core.db import WriteSession, transaction
from app.core.errors import Conflict, NotFound
from app.core.permissions import Actor
from app.core.storage import Store, open_store
from app.core.validation import ReasonInput
from app.domain.documents.actions import changes, endings, relations
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import (
    AccessChangeInput,
    EditionContent,
    NewEdition,
    ProposalListInput,
    RegisterCorrectionInput,
)
from app.domain.documents.models import Document, DocumentEnding, EditionStep
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.domain.outputs.inputs import NewReleasePlan
from app.domain.outputs.models import Forwarding
from app.domain.outputs.queries.sealed_documents import find_sealed_document_faults
from app.domain.reports.actions import drafting as reports
from app.domain.reports.models import ReportStage
from app.domain.translations.inputs import DueTranslationFilter
from app.domain.translations.queries import due
from tests.conftest import Database
from tests.world import World, record_rows

Change = Callable[[World, WriteSession, Actor, Document], object]


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/released")


@pytest.fixture
def past_meeting(world: World) -> Meeting:
    return world.meeting(opens_in=-1, number=21)


@pytest.fixture
def forwarded(world: World, past_meeting: Meeting, release_store: Store) -> Document:
    """The document of a released output in the parent group."""
    return world.forwarded(world.for_the_parent(past_meeting, release_store), world.parent_meeting())


@pytest.fixture
def report(world: World, past_meeting: Meeting) -> Document:
    """The document of an adopted report."""
    world.moved(past_meeting, "begin", by="laurent")
    world.reported(past_meeting, ReportStage.ADOPTED)
    with world.acting("ines") as (session, actor):
        meeting = session.get_one(Meeting, past_meeting.id)
        return reports.register_report(session, actor, meeting, "Report", world.file())


def revise(world: World, session: WriteSession, actor: Actor, document: Document) -> None:
    content = EditionContent(original="en", titles={"en": "Another"}, files=(world.file("en", "Another text."),))
    register.add_edition(session, actor, document, NewEdition(step=EditionStep.REVISION, text=content))


def translate(world: World, session: WriteSession, actor: Actor, document: Document) -> None:
    edition = documents.get_edition_in_force(session, document)
    register.add_translation(session, actor, document, edition, world.file("ru", "Another text."))


def correct_title(_: World, session: WriteSession, actor: Actor, document: Document) -> None:
    correction = RegisterCorrectionInput(language="en", title="Another", reason="Because.")
    changes.correct_register_entry(session, actor, document, correction, version=document.version)


def correct_proposals(_: World, session: WriteSession, actor: Actor, document: Document) -> None:
    edition, listed = documents.get_edition_in_force(session, document), {"title": "Another", "kind": "ADD"}
    correction = ProposalListInput(proposals=(listed,), reason="Because.")
    changes.correct_proposal_list(session, actor, document, edition, correction, version=document.version)


def open_to_all(_: World, session: WriteSession, actor: Actor, document: Document) -> None:
    change = AccessChangeInput(access="public", reason="Because.")
    changes.change_document_access(session, actor, document, change, version=document.version)


CHANGES: list[Change] = [revise, translate, correct_title, correct_proposals, open_to_all]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("made_from", ["forwarded", "report"])
def test_a_secretary_changes_a_document_and_nothing_that_was_adopted(
    world: World, request: pytest.FixtureRequest, made_from: str, change: Change
) -> None:
    sealed: Document = request.getfixturevalue(made_from)
    _, own = world.registered(world.meeting(number=30))
    with world.acting("ines") as (session, actor):
        change(world, session, actor, session.get_one(Document, own.id))
        assert session.get_one(Document, own.id).version > own.version or change is translate

    with (
        pytest.raises(Conflict, match="It changes only if the text from which it was made is changed"),
        world.acting("ines") as (session, actor),
    ):
        change(world, session, actor, session.get_one(Document, sealed.id))


def test_a_state_supports_a_document_and_nothing_that_was_adopted(world: World, report: Document) -> None:
    _, own = world.registered(world.meeting(number=30))
    for document, refused in ((own, False), (report, True)):
        with pytest.raises(Conflict) if refused else nullcontext(), world.acting("rafael") as (session, actor):
            relations.support_document(session, actor, session.get_one(Document, document.id))


def test_a_sealed_document_is_not_among_those_to_be_translated(world: World, report: Document) -> None:
    world.works_in("en", "fr")
    _, own = world.registered(world.meeting(number=30))

    with transaction(world.read) as session:
        listed = due.list_due_translations(session, world.actor("ines"), DueTranslationFilter(), limit=20)
    symbols = {row.symbol for row in listed}
    assert own.symbol in symbols
    assert report.symbol not in symbols


@pytest.mark.parametrize("made_from", ["forwarded", "report"])
def test_a_wrong_registration_can_still_be_withdrawn(
    world: World, request: pytest.FixtureRequest, made_from: str
) -> None:
    document: Document = request.getfixturevalue(made_from)

    with world.acting("ines") as (session, actor):
        there = session.get_one(Document, document.id)
        endings.withdraw_document(session, actor, there, ReasonInput(reason="Wrong."), version=there.version)

        assert there.ended_as == DocumentEnding.WITHDRAWN


def test_the_database_seals_what_a_portal_of_the_version_before_makes(
    world: World, past_meeting: Meeting, release_store: Store
) -> None:
    """Its statements, by the portal's own role: it names the document of an output, or of a report, and no seal."""
    output, meeting = world.for_the_parent(past_meeting, release_store), world.meeting(number=30)
    forwarded, reported = (world.registered(meeting)[1] for _ in range(2))
    world.reported(past_meeting, ReportStage.ADOPTED)
    assert not forwarded.sealed

    with world.acting("ines") as (session, actor):
        record_rows(session)
        at = session.get_one(Document, forwarded.id).registered_at
        row = {"output_id": output.id, "meeting_id": meeting.id, "document_id": forwarded.id}
        session.add(Forwarding(**row, forwarded_by=actor.person, forwarded_at=at))
        session.execute(text("UPDATE portal.report SET document_id = :id"), {"id": reported.id})

    with transaction(world.read) as session:
        assert session.get_one(Document, forwarded.id).sealed
        assert session.get_one(Document, reported.id).sealed


def test_no_statement_of_the_portal_breaks_the_seal(world: World, forwarded: Document) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction(world.write) as session:
        session.execute(text("UPDATE portal.document SET sealed = false WHERE id = :id"), {"id": forwarded.id})


def test_what_is_released_to_everybody_is_forwarded_for_everybody(
    world: World, past_meeting: Meeting, release_store: Store
) -> None:
    adopted = world.adopted(past_meeting, kind="parent_report", for_public=True)
    output = world.as_released(adopted, release_store, NewReleasePlan(addressees=frozenset({"public"})))

    assert world.forwarded(output, world.parent_meeting()).access == "public"


def test_a_withdrawal_closes_the_document_to_readers_outside_its_body(
    world: World, past_meeting: Meeting, release_store: Store
) -> None:
    output = world.for_the_parent(past_meeting, release_store)
    document = world.forwarded(output, world.parent_meeting())
    with transaction(world.read) as session:
        assert documents.get_visible_document(session, world.actor("chen"), document.id).access == "membership"

    world.to_be_withdrawn(output, reason="A wrong text.")
    world.decide_withdrawal(output)
    with transaction(world.read) as session:  # until the worker has withdrawn it, nothing is closed
        assert documents.get_visible_document(session, world.actor("chen"), document.id).access == "membership"
        assert list(find_sealed_document_faults(session)) == []
    world.take_out(output)

    with transaction(world.read) as session:
        with pytest.raises(NotFound):
            documents.get_visible_document(session, world.actor("chen"), document.id)
        assert documents.get_visible_document(session, world.actor("ines"), document.id).access == "group"
        assert list(find_sealed_document_faults(session)) == []


def test_a_document_that_was_withdrawn_first_is_no_fault_after_its_output_was(
    world: World, past_meeting: Meeting, release_store: Store
) -> None:
    output = world.for_the_parent(past_meeting, release_store)
    document = world.forwarded(output, world.parent_meeting())
    with world.acting("ines") as (session, actor):
        there = session.get_one(Document, document.id)
        endings.withdraw_document(session, actor, there, ReasonInput(reason="Wrong."), version=there.version)

    world.withdrawn(output, reason="A wrong text.")

    with transaction(world.read) as session:
        assert list(find_sealed_document_faults(session)) == []


def test_a_completion_adds_its_languages_to_the_document(
    world: World, past_meeting: Meeting, release_store: Store
) -> None:
    output = world.advance(past_meeting, release_store, "fr", kind="parent_report")
    document = world.forwarded(output, world.parent_meeting())
    world.completed(output, release_store)

    with transaction(world.read) as session:
        versions = documents.list_all_language_versions(session, session.get_one(Document, document.id))
        assert {each.language for each in versions} == {"en", "fr"}
        assert list(find_sealed_document_faults(session)) == []


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE portal.document SET sealed = false", "was made from something adopted, and is not sealed"),
        ("UPDATE portal.document SET access = 'public'", "is open to more readers than"),
        ("UPDATE portal.language_version SET sha256 = repeat('0', 64)", "is not the text that it was made from"),
        (
            "INSERT INTO portal.edition SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(),"
            " 'step', 'rev', 'number', 1, 'symbol', symbol || ' (Rev.1)', 'registered_at', now()))).*"
            " FROM portal.edition e WHERE symbol LIKE '%/LS/%'",
            "is a text that was added to something adopted",
        ),
        (
            "INSERT INTO portal.document_correction (id, document_id, what, old, new, because, side, corrected_by,"
            " corrected_at) SELECT gen_random_uuid(), id, 'title', '', '', '', 'secretariat', (SELECT id FROM"
            " portal.person LIMIT 1), now() FROM portal.document",
            "was adopted, and its title was corrected",
        ),
    ],
)
def test_verification_names_what_was_changed_past_the_seal(
    world: World, forwarded: Document, database: Database, statement: str, fault: str
) -> None:
    assert forwarded.sealed
    with transaction(world.read) as session:
        assert list(find_sealed_document_faults(session)) == []

    database.run_as_superuser(statement)

    with transaction(world.read) as session:
        faults = list(find_sealed_document_faults(session))
    assert [each for each in faults if fault in each] != []


def test_verification_names_a_translation_of_a_report(world: World, report: Document, database: Database) -> None:
    assert report.sealed
    database.run_as_superuser(
        'INSERT INTO portal.language_version SELECT (jsonb_populate_record(v, \'{"language": "ru"}\')).*'
        " FROM portal.language_version v"
    )

    with transaction(world.read) as session:
        (fault,) = find_sealed_document_faults(session)
    assert fault.endswith("is the report of a meeting, with translations that nobody adopted")


def test_verification_names_a_report_that_was_opened(world: World, report: Document, database: Database) -> None:
    assert report.access == "group"
    database.run_as_superuser("UPDATE portal.document SET access = 'public' WHERE sealed")

    with transaction(world.read) as session:
        (fault,) = find_sealed_document_faults(session)
    assert fault.endswith("is the report of a meeting, and is open to others than its body")
