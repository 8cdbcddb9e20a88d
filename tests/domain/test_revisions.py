"""Revisions, addenda and corrigenda of a document, through the actions."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.errors import BadRequest, Forbidden
from app.domain.audit_trail.queries.lines import AuditTrailFilter, select_lines
from app.domain.contributions.actions import cosponsors, drafting, registration
from app.domain.contributions.events import SignatureChanged
from app.domain.contributions.inputs import CosponsorInvitation, FollowUpTarget
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries import contributions, registered_contributions
from app.domain.contributions.queries.cosponsors import (
    list_documents_named_by,
    select_ended_invitations,
    select_withdrawn_invitations,
)
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents.actions import relations
from app.domain.documents.models import Document, DocumentAccess, EditionStep
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from tests.document_history import change_access, withdraw_document
from tests.domain.test_cosponsors import list_answers, make_cover, reload_draft, sign_draft
from tests.world import GRACE, World, record_rows


def submit_follow_up(world: World, document: Document, step: EditionStep, **more: object) -> Contribution:
    with world.acting("amina") as (session, actor):
        meeting = session.scalars(select(Meeting)).one()
        stored_document = session.get_one(Document, document.id)
        following = FollowUpTarget(stored_document, step, more.pop("only_language", None))
        contribution = drafting.create_draft_contribution(
            session, actor, meeting, make_cover("As revised", **more), key=uuid4(), following=following
        )
        drafting.put_contribution_file(
            session, actor, contribution, world.file(more.get("file", "en")), began_at=contribution.drafted_at
        )
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    return contribution


def draft_revision(world: World, document: Document, **more: object) -> Contribution:
    """Draft a revision with its file, without submitting it."""
    with world.acting("amina") as (session, actor):
        meeting, stored_document = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        revision_cover = make_cover(**{"note": "Paragraph 2 is new."} | more)
        contribution = drafting.create_draft_contribution(
            session,
            actor,
            meeting,
            revision_cover,
            key=uuid4(),
            following=FollowUpTarget(stored_document, EditionStep.REVISION),
        )
        drafting.put_contribution_file(session, actor, contribution, world.file(), began_at=contribution.drafted_at)
        return contribution


def read_document(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def test_a_revision_takes_the_suffix_of_its_document_and_no_number(world: World) -> None:
    _, document = world.registered(world.meeting())
    follow_up = submit_follow_up(world, document, EditionStep.REVISION, note="Paragraph 2 is new.")

    with world.acting("ines") as (session, actor):
        again = registration.register_contribution(session, actor, follow_up, version=follow_up.version)
        assert (again.id, again.revision, again.titles) == (document.id, 1, {"en": "As revised"})
        edition = documents.get_edition_in_force(session, again)
        assert (edition.symbol, edition.note) == ("CWG-Internet 22/1 (Rev.1)", "Paragraph 2 is new.")
    _, second = world.registered(Meeting(id=follow_up.meeting_id))
    assert second.symbol == "CWG-Internet 22/2"


def register_with_cosponsors(world: World, *signers: tuple[str, str], **cover: object) -> Document:
    """Register a contribution of Kenya that these delegates signed, each given with their State."""
    draft = world.draft(world.meeting(), title="A joint title", **cover)
    for state, who in signers:
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity=state))
        sign_draft(world, who, draft)
    submit(world, draft)
    with world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        return registration.register_contribution(session, actor, contribution, version=contribution.version)


def submit(world: World, draft: Contribution) -> None:
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )


def list_notices(world: World, who: str) -> list[str]:
    """List the documents of which this delegate's State learns that its revision goes on without it."""
    with world.acting(who) as (session, actor):
        since = clock.now() - timedelta(days=1)
        lines = session.scalars(select_ended_invitations(actor, since))
        return [document.symbol for document in list_documents_named_by(session, actor, lines)]


def test_cosponsors_of_a_text_are_asked_to_sign_its_revision(world: World) -> None:
    document = register_with_cosponsors(world, ("BRA", "rafael"))
    with world.acting("haruka") as (session, actor):
        relations.support_document(session, actor, session.get_one(Document, document.id))

    revision = draft_revision(world, document)
    addendum = submit_follow_up(world, document, EditionStep.ADDENDUM, note="A part more.")
    corrigendum = submit_follow_up(world, document, EditionStep.CORRIGENDUM, note="A slip.")

    assert list_answers(world, revision) == {"BRA": None}
    assert list_answers(world, addendum) == {"BRA": None}
    assert list_answers(world, corrigendum) == {}


def test_a_revision_goes_out_once_each_cosponsor_has_answered(world: World) -> None:
    document = register_with_cosponsors(world, ("BRA", "rafael"), ("JPN", "haruka"))
    revision = draft_revision(world, document)
    for who in ("rafael", "haruka"):
        with pytest.raises(BadRequest, match="has not answered yet"):
            submit(world, revision)
        if who == "rafael":
            sign_draft(world, who, revision)
        else:
            with world.acting(who) as (session, actor):
                shown = contributions.get_visible_contribution(session, actor, revision.id)
                cosponsors.decline_to_sign(session, actor, shown)

    submit(world, revision)

    assert list_answers(world, revision) == {"BRA": True, "JPN": False}


def test_a_change_of_a_revision_holds_it_until_its_cosponsors_have_answered_again(world: World) -> None:
    revision = draft_revision(world, register_with_cosponsors(world, ("BRA", "rafael")))
    sign_draft(world, "rafael", revision)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, revision.id)
        cover = make_cover("Another title", note="Paragraph 3 is new.")
        drafting.save_draft_cover(session, actor, contribution, cover, version=contribution.version)

    with pytest.raises(BadRequest, match="has not answered yet"):
        submit(world, revision)


def test_a_state_that_did_not_cosponsor_the_text_holds_no_revision(world: World) -> None:
    revision = draft_revision(world, register_with_cosponsors(world, ("BRA", "rafael")))
    sign_draft(world, "rafael", revision)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, revision.id)
        cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity="JPN"))

    submit(world, revision)

    assert list_answers(world, revision) == {"BRA": True, "JPN": None}


def test_a_state_that_only_a_revision_invited_is_not_informed_of_a_text_that_it_co_sponsored(world: World) -> None:
    revision = draft_revision(world, register_with_cosponsors(world, ("BRA", "rafael")))
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, revision.id)
        cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity="JPN"))
        cosponsors.withdraw_cosponsor_invitation(session, actor, contribution, "JPN")

    with world.acting("haruka") as (session, actor):
        since = clock.now() - timedelta(days=1)
        ended = session.execute(select_withdrawn_invitations(actor, since)).all()
    assert [(line.facts["by_state"], line.facts["document"]) for line, _body in ended] == [("KEN", "")]
    assert list_notices(world, "haruka") == []


def test_a_state_that_a_revision_goes_on_without_is_informed(world: World) -> None:
    document = register_with_cosponsors(world, ("BRA", "rafael"), ("JPN", "haruka"))
    revision = draft_revision(world, document)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, revision.id)
        cosponsors.withdraw_cosponsor_invitation(session, actor, contribution, "BRA")
    assert [list_notices(world, who) for who in ("rafael", "haruka")] == [["CWG-Internet 22/1"], []]
    with pytest.raises(BadRequest, match="has not answered yet"):
        submit(world, revision)

    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, revision.id)
        cosponsors.withdraw_cosponsor_invitation(session, actor, contribution, "JPN")
        cosponsors.invite_cosponsor(session, actor, contribution, CosponsorInvitation(entity="BRA"))
    assert [list_notices(world, who) for who in ("rafael", "haruka")] == [[], ["CWG-Internet 22/1"]]
    sign_draft(world, "rafael", revision)
    submit(world, revision)


def test_an_author_may_leave_out_a_cosponsor_before_it_sees_the_revision(world: World) -> None:
    document = register_with_cosponsors(world, ("BRA", "rafael"), ("JPN", "haruka"))
    with world.acting("amina") as (session, actor):
        meeting, there = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        following = FollowUpTarget(there, EditionStep.REVISION, without=frozenset(("BRA",)))
        revision = drafting.create_draft_contribution(
            session, actor, meeting, make_cover(note="New."), key=uuid4(), following=following
        )

    assert list_answers(world, revision) == {"JPN": None}
    assert [list_notices(world, who) for who in ("rafael", "haruka")] == [["CWG-Internet 22/1"], []]
    with world.acting("ines") as (session, actor):  # who reads all lines of the group, and no draft
        lines = session.scalars(select_lines(session, actor, AuditTrailFilter(event=SignatureChanged.name))).all()
    of_revision = [each.facts for each in lines if each.facts["contribution"] == str(revision.id)]
    assert {facts["state"]: facts["document"] for facts in of_revision} == {"BRA": str(document.id), "JPN": ""}


def test_the_form_of_a_revision_starts_with_the_item_and_topics_of_the_text_in_force(world: World) -> None:
    meeting = world.meeting()
    first, second = world.item(meeting, "First"), world.item(meeting, "Second")
    world.agenda_released(meeting)
    _, document = world.registered(meeting, item=first.id)

    def read_item() -> str:
        with world.acting("amina") as (session, actor):
            cover = registered_contributions.build_follow_up_cover(
                session, actor, session.get_one(Document, document.id)
            )
            return str(cover["item"])

    assert read_item() == str(first.id)
    revision = submit_follow_up(world, document, EditionStep.REVISION, note="New.", item=second.id)
    with world.acting("ines") as (session, actor):
        row = session.get_one(Contribution, revision.id)
        registration.register_contribution(session, actor, row, version=row.version)
    assert read_item() == str(second.id)


def test_another_state_cannot_follow_up_a_document_that_is_not_its_own(world: World) -> None:
    _, document = world.registered(world.meeting())

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        stored_document = session.get_one(Document, document.id)
        meeting = session.scalars(select(Meeting)).one()
        drafting.create_draft_contribution(
            session,
            actor,
            meeting,
            make_cover(),
            key=uuid4(),
            following=FollowUpTarget(stored_document, EditionStep.REVISION),
        )


def test_access_to_a_follow_up_is_decided_with_its_document(world: World) -> None:
    _, document = world.registered(world.meeting())
    change_access(world, document, DocumentAccess.MEMBERSHIP)
    follow_up = draft_revision(world, document, access=DocumentAccess.PUBLIC)
    assert follow_up.access == DocumentAccess.MEMBERSHIP

    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, follow_up.id)
        narrower = make_cover("Another title", note="Paragraph 3 too.", access=DocumentAccess.GROUP)
        drafting.save_draft_cover(session, actor, contribution, narrower, version=contribution.version)
        assert (contribution.title, contribution.access) == ("Another title", DocumentAccess.MEMBERSHIP)
    change_access(world, read_document(world, document), DocumentAccess.PUBLIC)
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, follow_up.id)
        receipt = drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
        assert json.loads(receipt.statement)["access"] == DocumentAccess.PUBLIC
    with world.acting("ines") as (session, actor):
        again = registration.register_contribution(session, actor, contribution, version=contribution.version)
        assert (again.id, again.access, again.revision) == (document.id, DocumentAccess.PUBLIC, 1)


def test_a_follow_up_of_an_ended_document_is_not_submitted(world: World) -> None:
    _, document = world.registered(world.meeting())
    follow_up = draft_revision(world, document)
    withdraw_document(world, document)

    with world.acting("amina") as (session, actor), pytest.raises(BadRequest, match="was withdrawn"):
        contribution = session.get_one(Contribution, follow_up.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, contribution),
            version=contribution.version,
            grace=GRACE,
            accepts_lateness=False,
        )
    assert reload_draft(world, follow_up).status == ContributionStatus.DRAFT


def test_a_follow_up_states_what_is_new(world: World) -> None:
    _, document = world.registered(world.meeting())
    follow_up = draft_revision(world, document, note="")

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            stored_contribution = session.get_one(Contribution, follow_up.id)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, stored_contribution),
                version=stored_contribution.version,
                grace=GRACE,
                accepts_lateness=False,
            )

    with pytest.raises(BadRequest, match="what is new"):
        submit()
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, follow_up.id)
        drafting.save_draft_cover(
            session, actor, contribution, make_cover(note="Paragraph 2."), version=contribution.version
        )
    submit()
    assert reload_draft(world, follow_up).status == ContributionStatus.SUBMITTED


@pytest.mark.parametrize(
    ("languages", "taken"), [(("fr",), True), (("en",), False), (("en", "fr"), False)], ids=lambda each: str(each)
)
def test_a_corrigendum_of_one_language_has_only_that_language_and_no_deadline(
    world: World, languages: tuple[str, ...], taken: bool
) -> None:
    _, document = world.registered(world.meeting())
    with world.acting("ines") as (session, _):
        record_rows(session)
        session.scalars(select(Meeting)).one().contributions_due_at = document.registered_at.replace(year=2020)
    with world.acting("amina") as (session, actor):
        meeting, stored_document = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        following = FollowUpTarget(stored_document, EditionStep.CORRIGENDUM, "fr")
        contribution = drafting.create_draft_contribution(
            session, actor, meeting, make_cover(note="A slip."), key=uuid4(), following=following
        )
        for language in languages:
            drafting.put_contribution_file(
                session, actor, contribution, world.file(language), began_at=contribution.drafted_at
            )

        if taken:
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, contribution),
                version=contribution.version,
                grace=GRACE,
                accepts_lateness=False,
            )
            assert (contribution.status, contribution.late) == (ContributionStatus.SUBMITTED, False)
        else:
            with pytest.raises(BadRequest):
                drafting.submit_contribution(
                    session,
                    actor,
                    load_submission(session, contribution),
                    version=contribution.version,
                    grace=GRACE,
                    accepts_lateness=False,
                )
