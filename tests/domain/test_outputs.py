"""Outputs: adoption is of an exact text, two people approve it, and exactly that text is released."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.storage import open_store
from app.domain.bodies.models import Accreditation
from app.domain.documents.models import Document, Sponsor
from app.domain.documents.queries import documents
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.outputs.actions import drafting, release
from app.domain.outputs.inputs import Adoption, OutputCover
from app.domain.outputs.models import Output, OutputFile, OutputStatus
from app.domain.outputs.queries import outputs
from app.domain.outputs.queries.pending_outputs import build_subject_of_row, select_outputs_to_decide_on
from app.domain.outputs.rules import outputs as output_rules
from app.domain.outputs.rules.approvals import ApprovalProof
from app.domain.releases.actions import release as releases
from app.domain.releases.actions.copy import TextMismatch
from app.domain.releases.queries import releases as released
from tests.approval_tokens import prove
from tests.conftest import Database
from tests.world import BODY, World, give_seat, record_rows

OPEN = 0  # a meeting that opens today: texts can be adopted


def approve_output(world: World, by: str, output: Output) -> None:
    with world.acting(by) as (session, actor):
        stored_output = session.get_one(Output, output.id)
        drafting.approve_release(session, actor, stored_output, digest=stored_output.text_digest, proof=None)


def test_a_text_is_adopted_approved_by_two_and_released_byte_for_byte(world: World, tmp_path: Path) -> None:
    release_store = open_store(f"file://{tmp_path}/released")

    output = world.released(world.meeting(opens_in=OPEN), release_store, title="What was adopted")

    with transaction(world.read) as session:
        (released_output,) = released.list_entries(session)
        (file,) = released_output.texts
        assert (released_output.symbol, released_output.titles, released_output.kind) == (
            output.symbol,
            {"en": "What was adopted"},
            "report",
        )
    assert b"".join(release_store.iter_chunks(file.sha256)) == b"".join(world.store.iter_chunks(file.sha256))
    assert output.status == OutputStatus.RELEASED


def test_a_draft_is_not_found_by_delegates_until_its_adoption(world: World) -> None:
    meeting = world.meeting(opens_in=OPEN)
    draft, adopted = world.output(meeting), world.adopted(meeting)

    with world.acting("laurent") as (session, actor):
        assert outputs.get_visible_output(session, actor, draft.id).status == OutputStatus.DRAFT
    with world.acting("amina") as (session, actor):
        assert outputs.get_visible_output(session, actor, adopted.id).symbol == "CWG-Internet 22/OUT/1"
        with pytest.raises(NotFound):
            outputs.get_visible_output(session, actor, draft.id)


def test_a_text_that_changed_since_the_chair_read_it_is_not_adopted(world: World) -> None:
    meeting = world.meeting(opens_in=OPEN)
    draft = world.output(meeting)
    with world.acting("laurent") as (session, actor):
        read = outputs.compute_text_digest(session, session.get_one(Output, draft.id))
    with world.acting("ines") as (session, actor):
        drafting.put_output_file(session, actor, session.get_one(Output, draft.id), world.file("en", "Another text"))

    with pytest.raises(Conflict, match="changed after you opened"), world.acting("laurent") as (session, actor):
        output = session.get_one(Output, draft.id)
        drafting.adopt_output(
            session, actor, output, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=read)
        )


def test_adoption_binds_title_kind_and_sources_as_well_as_files(world: World) -> None:
    meeting = world.meeting(opens_in=OPEN)
    draft = world.output(meeting, title="Harmless report")
    with world.acting("laurent") as (session, actor):
        read = outputs.compute_text_digest(session, session.get_one(Output, draft.id))
    with world.acting("ines") as (session, actor):
        output = session.get_one(Output, draft.id)
        other = OutputCover(kind="decision", original="en", titles={"en": "Another decision"})
        drafting.replace_draft_output_cover(session, actor, output, other, version=output.version)

    with pytest.raises(Conflict, match="changed after you opened"), world.acting("laurent") as (session, actor):
        output = session.get_one(Output, draft.id)
        drafting.adopt_output(
            session, actor, output, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=read)
        )


def test_an_adopted_text_cannot_be_changed(world: World) -> None:
    adopted = world.adopted(world.meeting(opens_in=OPEN))

    with pytest.raises(Conflict, match="has been adopted"), world.acting("ines") as (session, actor):
        drafting.put_output_file(session, actor, session.get_one(Output, adopted.id), world.file("en", "Slipped in"))


@pytest.mark.parametrize("who", ["amina", "rafael", "joseph", "ines", "daniel"])
def test_only_the_chair_records_an_adoption(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        world.adopted(world.meeting(opens_in=OPEN), by=who)


def test_one_person_does_not_approve_twice(world: World) -> None:
    adopted = world.adopted(world.meeting(opens_in=OPEN))
    approve_output(world, "ines", adopted)

    with pytest.raises(Forbidden, match="second person"):
        approve_output(world, "ines", adopted)


def test_an_approval_comes_with_a_sign_in_that_was_made_for_it(world: World) -> None:
    output = world.adopted(world.meeting(opens_in=-2))
    other = world.adopted(world.meeting(opens_in=-2, number=20))

    def approve(proof: ApprovalProof) -> None:
        with world.acting("layla") as (session, actor):
            row = session.get_one(Output, output.id)
            drafting.approve_release(session, actor, row, digest=str(output.text_digest), proof=proof)

    with pytest.raises(Conflict, match="First sign in again for this approval"):
        approve(prove(other, world.person("layla")))
    approve(prove(output, world.person("layla")))


def test_the_recorder_of_the_adoption_does_not_approve(world: World) -> None:
    adopted = world.adopted(world.meeting(opens_in=OPEN))

    with pytest.raises(Forbidden, match="recorded the adoption"):
        approve_output(world, "laurent", adopted)


def test_one_approval_is_not_enough_for_a_release(world: World) -> None:
    adopted = world.adopted(world.meeting(opens_in=OPEN))
    approve_output(world, "ines", adopted)

    with pytest.raises(Conflict, match="Two different people"), world.acting("daniel") as (session, actor):
        release.schedule_release(session, actor, session.get_one(Output, adopted.id))

    approve_output(world, "layla", adopted)
    with world.acting("daniel") as (session, actor):
        release.schedule_release(session, actor, session.get_one(Output, adopted.id))


@pytest.mark.parametrize("who", ["laurent", "ines", "daniel"])
def test_a_person_who_adopted_or_approved_does_not_release(world: World, who: str) -> None:
    adopted = world.adopted(world.meeting(opens_in=OPEN))
    for approver in ("ines", "daniel"):
        approve_output(world, approver, adopted)

    with pytest.raises(Forbidden, match="Another person must release"), world.acting(who) as (session, actor):
        release.schedule_release(session, actor, session.get_one(Output, adopted.id))
    with world.acting("layla") as (
        session,
        actor,
    ):  # both secretaries approved, so a chair who decided nothing releases it
        release.schedule_release(session, actor, session.get_one(Output, adopted.id))


def document_signed_by_state_of_chair(world: World, meeting: Meeting) -> Document:
    """Return a document of Kenya that Switzerland signed."""
    _, document = world.registered(meeting)
    with transaction(world.write) as session:
        record_rows(session)
        edition = documents.get_edition_in_force(session, session.get_one(Document, document.id))
        person = world.person("laurent").id
        signed = {"signed": True, "person_id": person, "joined_at": clock.now()}
        session.add(Sponsor(edition_id=edition.id, entity="CHE", **signed))
    return document


def adopt_output(world: World, who: str, output: Output, day: date) -> None:
    with world.acting(who) as (session, actor):
        stored_output = session.get_one(Output, output.id)
        drafting.adopt_output(
            session,
            actor,
            stored_output,
            Adoption(adopted_on=day, without_pdf=True, text=outputs.compute_text_digest(session, stored_output)),
        )


def remove_sources(world: World, who: str, output: Output) -> None:
    """Remove every source of the output."""
    with world.acting(who) as (session, actor):
        stored_output = session.get_one(Output, output.id)
        bare = OutputCover(kind="report", original="en", titles=stored_output.titles)
        drafting.replace_draft_output_cover(session, actor, stored_output, bare, version=stored_output.version)


def test_a_state_that_signed_a_source_is_a_sponsor(world: World) -> None:
    meeting = world.meeting(opens_in=OPEN + 40)
    draft = world.output(meeting, sources=frozenset({document_signed_by_state_of_chair(world, meeting).id}))

    with pytest.raises(Forbidden, match="Your own delegation, or one"):
        world.silence(draft)
    with clock.shifted_clock(timedelta(days=OPEN + 41)):
        with pytest.raises(Forbidden, match="Your own delegation, or one"):
            adopt_output(world, "laurent", draft, meeting.opens_on)
        with transaction(world.read) as session:
            chairing = world.actor("laurent")
            case = build_subject_of_row(session.execute(select_outputs_to_decide_on(chairing)).first(), chairing)
            of_everybody = outputs.get_output_rule_subject(session, session.get_one(Output, draft.id))
            chair = frozenset({world.person("laurent").id})
            assert chair < of_everybody.people_of_sponsors
            assert case == replace(of_everybody, people_of_sponsors=chair)  # the list says what concerns the actor
        adopt_output(world, "layla", draft, meeting.opens_on)


def test_a_sponsor_does_not_remove_their_own_source(world: World) -> None:
    meeting = world.meeting(opens_in=OPEN + 40)
    draft = world.output(meeting, sources=frozenset({document_signed_by_state_of_chair(world, meeting).id}))

    with pytest.raises(Forbidden, match="Another person must remove it"):
        remove_sources(world, "laurent", draft)
    remove_sources(world, "ines", draft)


@pytest.mark.parametrize("put", ["circulated", "silence"])
def test_a_removed_source_that_was_circulated_still_counts(world: World, put: str) -> None:
    meeting = world.meeting(opens_in=OPEN + 40)
    draft = world.output(meeting, sources=frozenset({document_signed_by_state_of_chair(world, meeting).id}))
    getattr(world, put)(draft, by="layla")

    remove_sources(world, "ines", draft)

    with clock.shifted_clock(timedelta(days=OPEN + 41)):
        with pytest.raises(Forbidden, match="Your own delegation, or one"):
            adopt_output(world, "laurent", draft, meeting.opens_on)
        adopt_output(world, "layla", draft, meeting.opens_on)


def test_a_chair_neither_adopts_nor_approves_what_their_own_state_sponsored(world: World) -> None:
    meeting = world.meeting(opens_in=OPEN + 40)
    world.seat("laurent", "delegate")
    _, document = world.registered(meeting, by="laurent")
    sources = frozenset({document.id})
    draft = world.output(meeting, sources=sources)

    with pytest.raises(Forbidden, match="Your own delegation, or one"), world.acting("laurent") as (session, actor):
        output = session.get_one(Output, draft.id)
        text = outputs.compute_text_digest(session, output)
        drafting.adopt_output(
            session, actor, output, Adoption(adopted_on=meeting.opens_on, without_pdf=True, text=text)
        )


@pytest.mark.parametrize("acted_for", ["BRA", "FRA"])
def test_a_chair_does_not_adopt_what_a_state_sponsored_that_they_acted_for_before(world: World, acted_for: str) -> None:
    """The chair comes from Switzerland, and was once a delegate of Brazil, or of France, which sponsored nothing."""
    meeting = world.meeting(opens_in=OPEN + 40)
    draft = world.output(meeting, sources=frozenset({world.registered(meeting, by="rafael")[1].id}))
    with transaction(world.write) as session:
        give_seat(session, session.get_one(Person, world.person("laurent").id), "delegate", BODY)
        record_rows(session)
        session.execute(
            update(Accreditation)
            .where(Accreditation.person_id == world.person("laurent").id)
            .values(entity=acted_for, ended_at=clock.now())
        )

    refusal = pytest.raises(Forbidden, match="one for which you acted before") if acted_for == "BRA" else nullcontext()
    with transaction(world.read) as session:
        actor = world.actor("laurent")
        waiting = [build_subject_of_row(row, actor) for row in session.execute(select_outputs_to_decide_on(actor))]
    objections = [output_rules.is_not_from_sponsor_state.objection_to(actor, subject) for subject in waiting]
    assert [objection is None for objection in objections] == [acted_for == "FRA"]
    with clock.shifted_clock(timedelta(days=OPEN + 41)), refusal:
        adopt_output(world, "laurent", draft, meeting.opens_on)


def test_a_text_other_than_the_adopted_one_is_not_released(world: World, tmp_path: Path) -> None:
    release_store = open_store(f"file://{tmp_path}/released")
    leaving = world.leaving(world.meeting(opens_in=OPEN))
    another = world.file("en", "By hand in the database")
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(update(OutputFile).where(OutputFile.output_id == leaving.id).values(sha256=another.sha256))

    with pytest.raises(TextMismatch), transaction(world.work) as session:
        releases.release_output(session, world.store, release_store, leaving.id)

    with transaction(world.read) as session:
        assert released.list_entries(session) == []
        assert session.scalars(select(Output.status)).one() == OutputStatus.RELEASING


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM portal.approval_check;"
        "DELETE FROM portal.approval WHERE person_id = (SELECT person_id FROM portal.approval LIMIT 1)",
        "UPDATE portal.output SET adopted_by = (SELECT person_id FROM portal.approval LIMIT 1)",
    ],
)
def test_a_text_without_two_other_approvals_is_not_released(
    world: World, database: Database, tmp_path: Path, tampering: str
) -> None:
    release_store = open_store(f"file://{tmp_path}/released")
    leaving = world.leaving(world.meeting(opens_in=OPEN))
    database.run_as_superuser(tampering)

    with pytest.raises(TextMismatch), transaction(world.work) as session:
        releases.release_output(session, world.store, release_store, leaving.id)

    with transaction(world.read) as session:
        assert released.list_entries(session) == []


def test_a_text_that_lacks_a_planned_language_is_not_released(world: World, database: Database, tmp_path: Path) -> None:
    release_store = open_store(f"file://{tmp_path}/released")
    leaving = world.leaving(world.meeting(opens_in=OPEN))
    database.run_as_superuser("UPDATE portal.release_plan SET languages = '{en,fr}'")

    with pytest.raises(TextMismatch), transaction(world.work) as session:
        releases.release_output(session, world.store, release_store, leaving.id)

    with transaction(world.read) as session:
        assert released.list_entries(session) == []


def test_releasing_twice_releases_once(world: World, tmp_path: Path) -> None:
    release_store = open_store(f"file://{tmp_path}/released")
    leaving = world.leaving(world.meeting(opens_in=OPEN))

    results = []
    for _ in range(2):
        with transaction(world.work) as session:
            results.append(releases.release_output(session, world.store, release_store, leaving.id))

    assert results == [True, False]
