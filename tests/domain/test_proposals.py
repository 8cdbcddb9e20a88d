"""Proposals inside a document: signed with the draft, numbered on the register, found by their symbols."""

from uuid import UUID, uuid4

import pytest

from app.core.db import transaction
from app.core.errors import BadRequest, Forbidden, NotFound, Stale
from app.domain.contributions.actions import cosponsors
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.inputs import ContributionCover, FollowUpTarget
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries import contributions as queries
from app.domain.contributions.queries import covers
from app.domain.contributions.queries.submissions import load_submission
from app.domain.documents import actions as register
from app.domain.documents.inputs import NewEdition, ProposalInput, ProposalListInput
from app.domain.documents.models import Document, DocumentCorrection, EditionStep
from app.domain.documents.queries import documents, proposals
from app.domain.meetings import queries as meetings
from app.domain.search.inputs import ProposalFilter, Scope
from app.domain.search.queries import proposals as search
from tests.document_history import opened, withdrawn
from tests.web.documents.test_lists import registered
from tests.world import World

TWO = (
    ProposalInput(title="Routes are repaired", kind="ADD", concerns="No. 42"),
    ProposalInput(title="Figures are published"),
)
COVER = {"title": "A title", "original": "en", "purpose": "discussion"}


def again(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def listed(
    world: World, document: Document, step: EditionStep = EditionStep.TEXT, number: int = 0
) -> list[tuple[str, str]]:
    """What the page of that edition lists: symbol and title."""
    with transaction(world.read) as session:
        there = session.get_one(Document, document.id)
        edition = documents.get_edition(session, there, step, number)
        found = proposals.list_edition_proposals(there, edition, documents.get_edition_in_force(session, there))
        symbols = proposals.list_proposal_symbols(session, there, found)
        return list(zip(symbols, [each.title for each in found], strict=True))


def followed(world: World, document: Document, step: EditionStep, *titles: str) -> None:
    """A revision, an addendum or a corrigendum, drafted with these proposals and registered."""
    with world.acting("ines") as (session, actor):
        there = session.get_one(Document, document.id)
        meeting = meetings.find_meeting_of_document(session, actor, there)
        cover = ContributionCover(**COVER, note="New.", proposals=tuple(ProposalInput(title=title) for title in titles))
        made = contributions.create_draft_contribution(
            session, actor, meeting, cover, key=uuid4(), entity="KEN", following=FollowUpTarget(there, step)
        )
        assert len(made.proposals) == (0 if step is EditionStep.CORRIGENDUM else len(titles))
        text = covers.build_document_text(load_submission(session, made))
        new = NewEdition(step=step, text=text, note="New.")
        register.add_edition(session, actor, there, new)


def test_they_are_numbered_without_a_gap_on_the_register_and_the_edition_keeps_them(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)

    assert listed(world, document) == [("KEN/1/1", "Routes are repaired"), ("KEN/1/2", "Figures are published")]
    with transaction(world.read) as session:
        kept = documents.get_edition_in_force(session, again(world, document)).proposals
    assert kept == document.proposals
    assert kept[0] == {"part": 0, "number": 1, "kind": "ADD", "title": "Routes are repaired", "concerns": "No. 42"}


def test_a_revision_replaces_them_an_addendum_has_its_own_and_a_corrigendum_none(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    followed(world, document, EditionStep.ADDENDUM, "Added")
    followed(world, document, EditionStep.REVISION, "As revised", "New", "Third")
    followed(world, document, EditionStep.CORRIGENDUM, "Not listed", "at all")

    assert listed(world, document, EditionStep.REVISION, 1) == [
        ("KEN/1/1", "As revised"),
        ("KEN/1/2", "New"),
        ("KEN/1/3", "Third"),
    ]
    assert listed(world, document, EditionStep.ADDENDUM, 1) == [("KEN/1A1/1", "Added")]
    assert [title for _, title in listed(world, document)] == ["Routes are repaired", "Figures are published"]
    assert listed(world, document, EditionStep.CORRIGENDUM, 1) == []


def test_whoever_signed_is_asked_again_when_a_proposal_or_a_topic_changes(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    for changed in ({"proposals": TWO}, {"proposals": TWO, "topics": ("spam",)}):
        with world.acting("rafael") as (session, actor):
            there = queries.get_visible_contribution(session, actor, draft.id)
            cosponsors.sign_contribution(session, actor, there, version=there.version)
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            before = there.version
            contributions.save_draft_cover(session, actor, there, ContributionCover(**COVER, **changed), version=before)
            assert there.version == before + 1
            assert queries.get_cosponsor(session, there, "BRA").signs is None
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            contributions.save_draft_cover(
                session, actor, there, ContributionCover(**COVER, **changed), version=there.version
            )
            assert there.version == before + 1


def relisted(
    world: World, document: Document, *titles: str, by: str = "ines", edition: str = "text", **more: int
) -> None:
    with world.acting(by) as (session, actor):
        there = session.get_one(Document, document.id)
        wanted = documents.get_edition(session, there, EditionStep(edition), more.get("number", 0))
        new = ProposalListInput(
            proposals=tuple(ProposalInput(title=title) for title in titles), reason="A slip of the pen."
        )
        register.correct_proposal_list(session, actor, there, wanted, new, version=more.get("version", there.version))


def test_after_registration_the_secretariat_alone_corrects_the_list_and_old_and_new_stay(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    for who in ("amina", "rafael", "laurent"):
        with pytest.raises(Forbidden):
            relisted(world, document, "Mine", by=who)
    with pytest.raises(Stale):
        relisted(world, document, "Late", version=0)

    relisted(world, document, "Figures are published")

    assert listed(world, document) == [("KEN/1/1", "Figures are published")]
    with transaction(world.read) as session:
        kept = session.query(DocumentCorrection).one()
        registered_with = documents.get_edition_in_force(session, again(world, document)).proposals
    assert (kept.what, kept.old) == (
        "proposals",
        "KEN/1/1 ADD Routes are repaired (No. 42); KEN/1/2 Figures are published",
    )
    assert (kept.new, len(registered_with)) == ("KEN/1/1 Figures are published", 2)
    with pytest.raises(BadRequest, match="Nothing is different"):
        relisted(world, document, "Figures are published")
    followed(world, document, EditionStep.REVISION, "As revised")
    with pytest.raises(NotFound):
        relisted(world, document, "Of a text that is not in force")


@pytest.mark.parametrize("typed", ["KEN/1/2", "ken/1/2", "KEN / 1 / 2", "KEN 1/2", "KEN/٠١/٢", "ＫＥＮ/1/2"])
def test_a_symbol_is_found_in_any_spelling(world: World, typed: str) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)

    assert named(world, typed) == [(document.id, "Figures are published")]
    assert named(world, typed, "chen") == []


def named(world: World, typed: str, who: str = "rafael") -> list[tuple[UUID, str]]:
    symbol = search.parse_proposal_symbol(typed)
    assert symbol
    actor = world.actor(who)
    with transaction(world.read) as session:
        return [(row.id, row.value["title"]) for row in search.find_proposals_by_symbol(session, actor, symbol)]


@pytest.mark.parametrize("typed", ["KEN", "22/1", "KEN/1", "KEN/1/", "KEN/1/2/3", "K/1/2", "KEN/1B1/2", "C 1"])
def test_what_is_no_symbol_of_a_proposal_is_not_taken_for_one(typed: str) -> None:
    assert search.parse_proposal_symbol(typed) is None


def test_what_one_may_not_see_or_what_ended_is_not_found(world: World) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting, proposals=TWO)
    followed(world, document, EditionStep.ADDENDUM, "Added")
    assert named(world, "KEN/1A1/1") == [(document.id, "Added")]
    assert named(world, "BRA/1/1") == named(world, "KEN/2/1") == named(world, "KEN/1/3") == []
    assert named(world, "KEN/INF1/1") == named(world, "KEN/1A2/1") == []

    opened(world, document, "membership")
    assert named(world, "KEN/1/1", "chen") == [(document.id, "Routes are repaired")]
    withdrawn(world, document)
    assert named(world, "KEN/1/1") == named(world, "KEN/1/1", "chen") == []
    assert in_meeting(world, meeting.body_id) == []


def in_meeting(world: World, body: UUID, who: str = "rafael", **wanted: str | None) -> list[str]:
    actor = world.actor(who)
    with transaction(world.read) as session:
        chosen = search.select_proposals(actor, Scope(body, "22"), ProposalFilter(**wanted))
        rows = search.list_proposals(session, chosen, limit=100, offset=0)
        assert search.count_proposals(session, chosen) == len(rows)
        return [row.value["title"] for row in rows]


def test_those_of_a_meeting_stand_in_their_order_and_are_filtered(world: World) -> None:
    meeting = world.meeting()
    registered(world, "Without any")
    _, kenyan = world.registered(meeting, proposals=TWO)
    world.registered(meeting, by="rafael", proposals=(ProposalInput(title="Brazilian", kind="SUP"),))
    followed(world, kenyan, EditionStep.ADDENDUM, *(f"Added {number}" for number in range(1, 12)))
    added = [f"Added {number}" for number in range(1, 12)]

    two = [each.title for each in TWO]
    assert in_meeting(world, meeting.body_id) == [*two, *added, "Brazilian"]
    assert in_meeting(world, meeting.body_id, source="BRA") == ["Brazilian"]
    assert in_meeting(world, meeting.body_id, kind="ADD") == ["Routes are repaired"]
    assert in_meeting(world, meeting.body_id, kind="none", source="KEN") == ["Figures are published", *added]
    assert in_meeting(world, meeting.body_id, "chen") == []
