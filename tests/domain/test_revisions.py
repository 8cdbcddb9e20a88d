"""Revisions, addenda and corrigenda: what follows a document, through the verbs."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.errors import BadRequest, Forbidden
from app.domain.contributions.actions import drafting
from app.domain.contributions.inputs import FollowUpTarget
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents import actions as register
from app.domain.documents.models import Document, DocumentAccess, EditionStep
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from tests.document_history import opened, withdrawn
from tests.domain.test_cosponsors import answers, cover, invited, read, sign
from tests.world import GRACE, World


def followed(world: World, document: Document, step: EditionStep, **more: object) -> Contribution:
    with world.acting("amina") as (session, actor):
        meeting = session.scalars(select(Meeting)).one()
        there = session.get_one(Document, document.id)
        following = FollowUpTarget(there, step, more.pop("only_language", None))
        made = drafting.create_draft_contribution(
            session, actor, meeting, cover("As revised", **more), key=uuid4(), following=following
        )
        drafting.put_contribution_file(
            session, actor, made, world.file(more.get("file", "en")), began_at=made.drafted_at
        )
        drafting.submit_contribution(
            session, actor, load_submission(session, made), version=made.version, grace=GRACE, accepts_lateness=False
        )
    return made


def following_up(world: World, document: Document, **more: object) -> Contribution:
    """A revision that is drafted, with its file, and not submitted."""
    with world.acting("amina") as (session, actor):
        meeting, there = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        said = cover(**{"note": "Paragraph 2 is new."} | more)
        made = drafting.create_draft_contribution(
            session, actor, meeting, said, key=uuid4(), following=FollowUpTarget(there, EditionStep.REVISION)
        )
        drafting.put_contribution_file(session, actor, made, world.file(), began_at=made.drafted_at)
        return made


def read_document(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def test_a_revision_takes_the_suffix_of_its_document_and_no_number(world: World) -> None:
    _, document = world.registered(world.meeting())
    made = followed(world, document, EditionStep.REVISION, note="Paragraph 2 is new.")

    with world.acting("ines") as (session, actor):
        again = drafting.register_contribution(session, actor, made, version=made.version)
        assert (again.id, again.revision, again.titles) == (document.id, 1, {"en": "As revised"})
        edition = documents.get_edition_in_force(session, again)
        assert (edition.symbol, edition.note) == ("CWG-Internet 22/1 (Rev.1)", "Paragraph 2 is new.")
    _, second = world.registered(Meeting(id=made.meeting_id))
    assert second.symbol == "CWG-Internet 22/2"


def test_whoever_signed_a_text_is_asked_to_sign_its_revision(world: World) -> None:
    draft = invited(world, "BRA")
    sign(world, "rafael", draft)
    with world.acting("amina") as (session, actor):
        found = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, found), version=found.version, grace=GRACE, accepts_lateness=False
        )
    with world.acting("ines") as (session, actor):
        document = drafting.register_contribution(session, actor, found, version=found.version)

    with world.acting("haruka") as (session, actor):
        register.support_document(session, actor, session.get_one(Document, document.id))

    revision = followed(world, document, EditionStep.REVISION, note="Paragraph 2 is new.")
    corrigendum = followed(world, document, EditionStep.CORRIGENDUM, note="A slip.")

    assert answers(world, revision) == {"BRA": None}
    assert answers(world, corrigendum) == {}


def test_another_state_cannot_follow_up_a_document_that_is_not_its_own(world: World) -> None:
    _, document = world.registered(world.meeting())

    with world.acting("rafael") as (session, actor), pytest.raises(Forbidden):
        there = session.get_one(Document, document.id)
        meeting = session.scalars(select(Meeting)).one()
        drafting.create_draft_contribution(
            session, actor, meeting, cover(), key=uuid4(), following=FollowUpTarget(there, EditionStep.REVISION)
        )


def test_who_may_read_what_follows_a_document_is_decided_with_the_document(world: World) -> None:
    _, document = world.registered(world.meeting())
    opened(world, document, DocumentAccess.MEMBERSHIP)
    made = following_up(world, document, access=DocumentAccess.PUBLIC)
    assert made.access == DocumentAccess.MEMBERSHIP

    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, made.id)
        narrower = cover("Another title", note="Paragraph 3 too.", access=DocumentAccess.GROUP)
        drafting.save_draft_cover(session, actor, there, narrower, version=there.version)
        assert (there.title, there.access) == ("Another title", DocumentAccess.MEMBERSHIP)
    opened(world, read_document(world, document), DocumentAccess.PUBLIC)
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, made.id)
        receipt = drafting.submit_contribution(
            session, actor, load_submission(session, there), version=there.version, grace=GRACE, accepts_lateness=False
        )
        assert json.loads(receipt.statement)["access"] == DocumentAccess.PUBLIC
    with world.acting("ines") as (session, actor):
        again = drafting.register_contribution(session, actor, there, version=there.version)
        assert (again.id, again.access, again.revision) == (document.id, DocumentAccess.PUBLIC, 1)


def test_what_follows_a_document_that_ended_is_not_submitted(world: World) -> None:
    _, document = world.registered(world.meeting())
    made = following_up(world, document)
    withdrawn(world, document)

    with world.acting("amina") as (session, actor), pytest.raises(BadRequest, match="was withdrawn"):
        there = session.get_one(Contribution, made.id)
        drafting.submit_contribution(
            session, actor, load_submission(session, there), version=there.version, grace=GRACE, accepts_lateness=False
        )
    assert read(world, made).status == ContributionStatus.DRAFT


def test_what_follows_a_document_says_what_is_new_in_it(world: World) -> None:
    _, document = world.registered(world.meeting())
    made = following_up(world, document, note="")

    def submit() -> None:
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, made.id)
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, there),
                version=there.version,
                grace=GRACE,
                accepts_lateness=False,
            )

    with pytest.raises(BadRequest, match="what is new"):
        submit()
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, made.id)
        drafting.save_draft_cover(session, actor, there, cover(note="Paragraph 2."), version=there.version)
    submit()
    assert read(world, made).status == ContributionStatus.SUBMITTED


@pytest.mark.parametrize(
    ("languages", "taken"), [(("fr",), True), (("en",), False), (("en", "fr"), False)], ids=lambda each: str(each)
)
def test_a_corrigendum_of_one_language_holds_that_language_alone_and_has_no_deadline(
    world: World, languages: tuple[str, ...], taken: bool
) -> None:
    _, document = world.registered(world.meeting())
    with world.acting("ines") as (session, _):
        session.scalars(select(Meeting)).one().contributions_due_at = document.registered_at.replace(year=2020)
    with world.acting("amina") as (session, actor):
        meeting, there = session.scalars(select(Meeting)).one(), session.get_one(Document, document.id)
        following = FollowUpTarget(there, EditionStep.CORRIGENDUM, "fr")
        made = drafting.create_draft_contribution(
            session, actor, meeting, cover(note="A slip."), key=uuid4(), following=following
        )
        for language in languages:
            drafting.put_contribution_file(session, actor, made, world.file(language), began_at=made.drafted_at)

        if taken:
            drafting.submit_contribution(
                session,
                actor,
                load_submission(session, made),
                version=made.version,
                grace=GRACE,
                accepts_lateness=False,
            )
            assert (made.status, made.late) == (ContributionStatus.SUBMITTED, False)
        else:
            with pytest.raises(BadRequest):
                drafting.submit_contribution(
                    session,
                    actor,
                    load_submission(session, made),
                    version=made.version,
                    grace=GRACE,
                    accepts_lateness=False,
                )
