"""Contributions through their actions, on a real database."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from app.core import journal
from app.core.db import create_database_engine, read_session_factory, set_row_security_entity, transaction
from app.core.errors import BadRequest, Conflict, Forbidden, NotFound, Stale
from app.core.permissions import Permission
from app.core.validation import ReasonInput
from app.domain.contributions.actions import drafting, late_submissions, registration
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution, ContributionFile, ContributionStatus
from app.domain.contributions.queries import contributions
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules import permissions as rules
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from tests.conftest import Database
from tests.world import GRACE, PLAYERS, World, record_rows


def test_a_draft_is_submitted_and_registered_under_the_first_symbol(world: World) -> None:
    meeting = world.meeting()

    contribution, document = world.registered(meeting)

    assert contribution.status == ContributionStatus.REGISTERED
    assert document.symbol == "CWG-Internet 22/1"
    assert document.titles == {"en": "A registered title"}


def test_symbols_have_no_gap_although_a_registration_fails(world: World) -> None:
    meeting = world.meeting()
    world.registered(meeting)
    waiting = world.submitted(meeting)
    with pytest.raises(RuntimeError), world.acting("ines") as (session, actor):
        registration.register_contribution(
            session, actor, session.get_one(Contribution, waiting.id), version=waiting.version
        )
        raise RuntimeError("the process dies before the commit")

    _, second = world.registered(meeting)

    assert second.symbol == "CWG-Internet 22/2"


def test_another_state_sees_registered_documents_and_no_drafts(world: World) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting)
    draft = world.draft(meeting)

    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, draft.id).title == "Secret draft title"
    with world.acting("rafael") as (session, actor):
        assert documents.get_visible_document(session, actor, document.id).symbol == document.symbol
        with pytest.raises(NotFound):
            contributions.get_visible_contribution(session, actor, draft.id)


@pytest.mark.parametrize("permission", [rules.SEE, rules.EDIT, rules.DISCARD, rules.SUBMIT], ids=lambda each: each.name)
def test_a_draft_belongs_to_the_delegates_of_its_state(world: World, permission: Permission[Contribution]) -> None:
    draft = world.draft(world.meeting())

    assert {who for who in PLAYERS if permission.allows(world.actor(who), draft)} == {"amina"}


def test_the_database_itself_hides_another_states_draft(world: World) -> None:
    draft = world.draft(world.meeting())
    everything = select(Contribution.title)

    with transaction(world.read) as session:
        assert session.scalars(everything).all() == []
        set_row_security_entity(session, "KEN")
        assert session.scalars(everything).all() == [draft.title]
        set_row_security_entity(session, "BRA")
        assert session.scalars(everything).all() == []


def test_the_database_itself_hides_the_files_of_another_states_draft(world: World) -> None:
    draft = world.draft(world.meeting())
    everything = select(ContributionFile.contribution_id)

    with transaction(world.read) as session:
        assert session.scalars(everything).all() == []
        set_row_security_entity(session, "KEN")
        assert session.scalars(everything).all() == [draft.id]
        set_row_security_entity(session, "BRA")
        assert session.scalars(everything).all() == []


def test_the_query_alone_hides_a_draft_from_other_delegates_chair_and_secretariat(
    world: World, database: Database
) -> None:
    draft = world.draft(world.meeting())
    owner = create_database_engine(database.owner)  # row-level security does not bind the owner of the table

    with transaction(read_session_factory(owner)) as session:
        assert session.scalars(select(Contribution.id)).all() == [draft.id]
        finders = {
            who for who in PLAYERS if session.scalars(contributions.list_visible_contributions(world.actor(who))).all()
        }
    owner.dispose()

    assert finders == {"amina"}


def test_the_database_itself_refuses_to_let_another_state_write_a_draft(world: World) -> None:
    draft = world.draft(world.meeting())
    change = text("UPDATE portal.contribution SET title = 'stolen' WHERE id = :id")

    with transaction(world.write) as session:
        set_row_security_entity(session, "BRA")
        assert session.execute(change, {"id": draft.id}).rowcount == 0
    with transaction(world.write) as session:
        record_rows(session)
        set_row_security_entity(session, "KEN")
        assert session.execute(change, {"id": draft.id}).rowcount == 1


def test_a_stale_save_is_refused_and_changes_nothing(world: World) -> None:
    draft = world.draft(world.meeting())
    first_cover = ContributionCover(title="Theirs", original="en", purpose="discussion")
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        seen = contribution.version
        drafting.save_draft_cover(session, actor, contribution, first_cover, version=seen)

    second_cover = ContributionCover(title="Mine", original="en", purpose="discussion")
    with pytest.raises(Conflict), world.acting("amina") as (session, actor):
        drafting.save_draft_cover(session, actor, session.get_one(Contribution, draft.id), second_cover, version=seen)

    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, draft.id).title == "Theirs"


def test_saving_an_unchanged_draft_records_no_event(world: World) -> None:
    draft = world.draft(world.meeting(), title="As it was")
    same = ContributionCover(title="As it was", original="en", purpose="discussion")

    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        before = contribution.version
        drafting.save_draft_cover(session, actor, contribution, same, version=before)

    assert contribution.version == before


def test_a_form_sent_twice_makes_one_draft_and_with_another_text_it_is_refused(world: World) -> None:
    meeting, key = world.meeting(), uuid4()

    def send(title: str, to: Meeting = meeting) -> Contribution:
        cover = ContributionCover(title=title, original="en", purpose="discussion")
        with world.acting("amina") as (session, actor):
            return drafting.create_draft_contribution(session, actor, session.get_one(Meeting, to.id), cover, key=key)

    first = send("Once")
    assert send("Once").id == first.id
    with pytest.raises(Stale):
        send("Another text")
    with pytest.raises(Stale):
        send("Once", world.meeting(number=23))
    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, first.id).title == "Once"


def test_a_form_of_a_submitted_or_discarded_draft_creates_nothing(world: World) -> None:
    meeting, key = world.meeting(), uuid4()

    def send(title: str) -> Contribution:
        cover = ContributionCover(title=title, original="en", purpose="discussion")
        with world.acting("amina") as (session, actor):
            return drafting.create_draft_contribution(
                session, actor, session.get_one(Meeting, meeting.id), cover, key=key
            )

    first = send("Once")
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, first.id)
        drafting.delete_draft_contribution(session, actor, contribution)
    assert send("Never submitted").id == first.id
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, first.id)
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=contribution.drafted_at)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, first.id)
        registration.return_contribution(
            session, actor, contribution, ReasonInput(reason="It is empty."), version=contribution.version
        )
    with world.acting("amina") as (session, actor):
        drafting.delete_draft_contribution(session, actor, session.get_one(Contribution, first.id))

    with pytest.raises(Stale):
        send("Another text")


@pytest.mark.parametrize("who", ["rafael", "wambui"])
def test_the_key_of_another_states_draft_is_an_ordinary_key(world: World, who: str) -> None:
    world.seat("wambui", "delegate")
    meeting, key = world.meeting(), uuid4()

    def send(by: str, key: UUID) -> Contribution:
        cover = ContributionCover(title=f"Of {by}", original="en", purpose="discussion")
        with world.acting(by) as (session, actor):
            return drafting.create_draft_contribution(
                session, actor, session.get_one(Meeting, meeting.id), cover, key=key
            )

    first_draft = send("amina", key)
    drafts = [send(who, known) for known in (key, first_draft.id)]

    assert len({first_draft.id, *(each.id for each in drafts)}) == 3
    assert {each.title for each in drafts} == {f"Of {who}"}
    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, first_draft.id).title == "Of amina"


def test_a_receipt_is_not_issued_again_to_a_person_without_a_seat(world: World) -> None:
    contribution = world.submitted(world.meeting())
    unseated = replace(world.actor("amina"), seats=frozenset())

    with world.acting("amina") as (session, _), pytest.raises(Forbidden):
        stored_contribution = session.get_one(Contribution, contribution.id)
        drafting.submit_contribution(
            session,
            unseated,
            load_submission(session, stored_contribution),
            version=stored_contribution.version - 1,
            grace=GRACE,
            accepts_lateness=False,
        )


def test_a_returned_contribution_is_a_draft_of_its_delegation_again(world: World) -> None:
    returned = world.returned(world.meeting(opens_in=5))

    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, returned.id).status == ContributionStatus.RETURNED
    for who in ("ines", "laurent", "rafael"):
        with pytest.raises(NotFound), world.acting(who) as (session, actor):
            contributions.get_visible_contribution(session, actor, returned.id)


def test_a_text_that_changed_since_it_was_read_is_not_registered(world: World) -> None:
    meeting = world.meeting()
    read = world.submitted(meeting)
    with world.acting("daniel") as (session, actor):
        contribution = session.get_one(Contribution, read.id)
        registration.return_contribution(
            session, actor, contribution, ReasonInput(reason="Look again."), version=contribution.version
        )
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, read.id)
        other = ContributionCover(title="Another text", original="en", purpose="decision")
        drafting.save_draft_cover(session, actor, contribution, other, version=contribution.version)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )

    with pytest.raises(Stale), world.acting("ines") as (session, actor):
        registration.register_contribution(session, actor, session.get_one(Contribution, read.id), version=read.version)


def test_a_submission_after_the_deadline_needs_a_request_to_the_chair(world: World) -> None:
    meeting = world.meeting(opens_in=5)
    draft = world.draft(meeting)

    with pytest.raises(Conflict, match="deadline has passed"), world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    with world.acting("amina") as (session, actor):
        assert contributions.get_visible_contribution(session, actor, draft.id).status == ContributionStatus.DRAFT


def test_a_late_contribution_is_registered_only_after_the_chair_accepted_it(world: World) -> None:
    late_contribution = world.submitted(world.meeting(opens_in=5))
    assert late_contribution.late

    with pytest.raises(Conflict, match="was submitted late"), world.acting("ines") as (session, actor):
        registration.register_contribution(
            session,
            actor,
            session.get_one(Contribution, late_contribution.id),
            version=late_contribution.version,
        )
    with world.acting("laurent") as (session, actor):
        contribution = contributions.get_visible_contribution(session, actor, late_contribution.id)
        late_submissions.accept_late_contribution(
            session, actor, contribution, ReasonInput(reason="The line was down."), version=contribution.version
        )
    with pytest.raises(Stale), world.acting("ines") as (session, actor):  # an earlier reader has not seen it
        registration.register_contribution(
            session,
            actor,
            session.get_one(Contribution, late_contribution.id),
            version=late_contribution.version,
        )
    with world.acting("ines") as (session, actor):
        accepted = session.get_one(Contribution, late_contribution.id)
        document = registration.register_contribution(session, actor, accepted, version=accepted.version)

    assert document.symbol == "CWG-Internet 22/1"


def test_a_chair_does_not_accept_a_late_contribution_of_their_own_state(world: World) -> None:
    world.seat("laurent", "delegate")
    late_contribution = world.submitted(world.meeting(opens_in=5), by="laurent")

    with (
        pytest.raises(Forbidden, match="originates from your own delegation"),
        world.acting("laurent") as (session, actor),
    ):
        contribution = session.get_one(Contribution, late_contribution.id)
        late_submissions.accept_late_contribution(
            session, actor, contribution, ReasonInput(reason="We want it."), version=contribution.version
        )


def test_a_late_contribution_is_accepted_once_and_as_it_was_read(world: World) -> None:
    late_contribution = world.submitted(world.meeting(opens_in=5))

    def accept(version: int) -> int:
        with world.acting("laurent") as (session, actor):
            contribution = contributions.get_visible_contribution(session, actor, late_contribution.id)
            late_submissions.accept_late_contribution(
                session, actor, contribution, ReasonInput(reason="The line was down."), version=version
            )
            return contribution.version

    with pytest.raises(Stale):
        accept(late_contribution.version - 1)
    assert accept(late_contribution.version) == late_contribution.version + 1
    with pytest.raises(Conflict, match="has already been accepted"):
        accept(late_contribution.version + 1)
    with pytest.raises(Stale), world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, late_contribution.id)
        registration.return_contribution(
            session, actor, contribution, ReasonInput(reason="It is empty."), version=late_contribution.version
        )


def test_without_a_file_in_the_original_language_nothing_is_submitted(world: World) -> None:
    draft = world.draft(world.meeting(), file=False)

    with pytest.raises(BadRequest, match="original language"), world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )


def test_a_submitted_contribution_cannot_be_changed_until_it_is_returned(world: World) -> None:
    meeting = world.meeting()
    submitted, returned = world.submitted(meeting), world.returned(meeting)
    cover = ContributionCover(title="Changed", original="en", purpose="decision")

    with pytest.raises(Conflict), world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, submitted.id)
        drafting.save_draft_cover(session, actor, contribution, cover, version=contribution.version)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, returned.id)
        drafting.save_draft_cover(session, actor, contribution, cover, version=contribution.version)
        assert contribution.title == "Changed"


def test_each_step_is_a_line_of_the_journal_and_the_chain_holds(world: World) -> None:
    contribution, document = world.registered(world.meeting())
    line = journal.JournalLine

    with transaction(world.read) as session:
        events = session.scalars(
            select(line.event).where(line.facts["contribution"].astext == str(contribution.id)).order_by(line.seq)
        ).all()
        registered = session.scalars(select(line).where(line.event == "document:registered")).one()
        assert journal.find_journal_faults(session) == []

    assert events == [
        "contribution:drafted",
        "contribution:file-received",
        "contribution:submitted",
        "contribution:registered",
    ]
    assert (registered.entity, registered.capacity, registered.facts["symbol"]) == ("ITU", "secretary", document.symbol)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE portal.journal_line SET entity = 'BRA' WHERE seq = 3",
        "DELETE FROM portal.journal_line WHERE seq = 3",
        "UPDATE portal.journal_line SET seq = CASE seq WHEN 3 THEN -4 WHEN 4 THEN -3 END WHERE seq IN (3, 4);"
        "UPDATE portal.journal_line SET seq = -seq WHERE seq < 0",
    ],
)
def test_an_altered_removed_or_moved_journal_line_is_named(world: World, database, tampering: str) -> None:
    world.registered(world.meeting())
    with transaction(world.read) as session:
        assert journal.find_journal_faults(session) == []

    database.run_as_superuser(tampering)

    with transaction(world.read) as session:
        assert any("line 3" in fault for fault in journal.find_journal_faults(session))


@pytest.mark.parametrize(
    "statement", ["UPDATE portal.journal_line SET entity = 'X'", "DELETE FROM portal.journal_line"]
)
def test_the_database_role_of_the_portal_cannot_change_the_journal(world: World, statement: str) -> None:
    world.registered(world.meeting())

    with pytest.raises(Exception, match="permission denied"), transaction(world.write) as session:
        session.execute(text(statement))
