"""Proposals inside a document: signed with the draft, numbered at registration, found by their symbols."""

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
from app.domain.documents.actions import changes
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import NewEdition, ProposalInput, ProposalListInput
from app.domain.documents.models import Document, DocumentCorrection, EditionStep
from app.domain.documents.queries import documents, proposals
from app.domain.meetings import queries as meetings
from app.domain.search.inputs import DocumentSearchScope, ProposalFilter
from app.domain.search.queries import proposals as search
from tests.document_history import change_access, withdraw_document
from tests.web.documents.test_lists import registered
from tests.world import World

TWO = (
    ProposalInput(title="Routes are repaired", kind="ADD", concerns="No. 42"),
    ProposalInput(title="Figures are published"),
)
COVER = {"title": "A title", "original": "en", "purpose": "discussion"}


def reload_document(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def list_proposals(
    world: World, document: Document, step: EditionStep = EditionStep.TEXT, number: int = 0
) -> list[tuple[str, str]]:
    """Return symbol and title of the proposals on the page of that edition."""
    with transaction(world.read) as session:
        stored_document = session.get_one(Document, document.id)
        edition = documents.get_edition(session, stored_document, step, number)
        listed = proposals.list_edition_proposals(
            stored_document, edition, documents.get_edition_in_force(session, stored_document)
        )
        symbols = proposals.list_proposal_symbols(session, stored_document, listed)
        return list(zip(symbols, [each.title for each in listed], strict=True))


def register_follow_up(world: World, document: Document, step: EditionStep, *titles: str) -> None:
    """Draft a revision, an addendum or a corrigendum with these proposals, and register it."""
    with world.acting("ines") as (session, actor):
        stored_document = session.get_one(Document, document.id)
        meeting = meetings.find_meeting_of_document(session, actor, stored_document)
        cover = ContributionCover(**COVER, note="New.", proposals=tuple(ProposalInput(title=title) for title in titles))
        draft = contributions.create_draft_contribution(
            session, actor, meeting, cover, key=uuid4(), entity="KEN", following=FollowUpTarget(stored_document, step)
        )
        assert len(draft.proposals) == (0 if step is EditionStep.CORRIGENDUM else len(titles))
        text = covers.build_registered_edition(load_submission(session, draft))
        new = NewEdition(step=step, text=text, note="New.")
        register.add_edition(session, actor, stored_document, new)


def test_proposals_are_numbered_without_a_gap_and_kept_in_the_edition(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)

    assert list_proposals(world, document) == [("KEN/1/1", "Routes are repaired"), ("KEN/1/2", "Figures are published")]
    with transaction(world.read) as session:
        stored_proposals = documents.get_edition_in_force(session, reload_document(world, document)).proposals
    assert stored_proposals == document.proposals
    assert stored_proposals[0] == {
        "part": 0,
        "number": 1,
        "kind": "ADD",
        "title": "Routes are repaired",
        "concerns": "No. 42",
    }


def test_a_revision_replaces_proposals_an_addendum_has_its_own_and_a_corrigendum_none(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    register_follow_up(world, document, EditionStep.ADDENDUM, "Added")
    register_follow_up(world, document, EditionStep.REVISION, "As revised", "New", "Third")
    register_follow_up(world, document, EditionStep.CORRIGENDUM, "Not listed", "at all")

    assert list_proposals(world, document, EditionStep.REVISION, 1) == [
        ("KEN/1/1", "As revised"),
        ("KEN/1/2", "New"),
        ("KEN/1/3", "Third"),
    ]
    assert list_proposals(world, document, EditionStep.ADDENDUM, 1) == [("KEN/1A1/1", "Added")]
    assert [title for _, title in list_proposals(world, document)] == ["Routes are repaired", "Figures are published"]
    assert list_proposals(world, document, EditionStep.CORRIGENDUM, 1) == []


def test_signatories_are_asked_again_when_a_proposal_or_a_topic_changes(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    for changed in ({"proposals": TWO}, {"proposals": TWO, "topics": ("spam",)}):
        with world.acting("rafael") as (session, actor):
            contribution = queries.get_visible_contribution(session, actor, draft.id)
            cosponsors.sign_contribution(session, actor, contribution, version=contribution.version)
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            before = contribution.version
            contributions.save_draft_cover(
                session, actor, contribution, ContributionCover(**COVER, **changed), version=before
            )
            assert contribution.version == before + 1
            assert queries.get_cosponsor(session, contribution, "BRA").signs is None
        with world.acting("amina") as (session, actor):
            contribution = session.get_one(Contribution, draft.id)
            contributions.save_draft_cover(
                session, actor, contribution, ContributionCover(**COVER, **changed), version=contribution.version
            )
            assert contribution.version == before + 1


def correct_list(
    world: World, document: Document, *titles: str, by: str = "ines", edition: str = "text", **more: int
) -> None:
    with world.acting(by) as (session, actor):
        stored_document = session.get_one(Document, document.id)
        wanted = documents.get_edition(session, stored_document, EditionStep(edition), more.get("number", 0))
        new = ProposalListInput(
            proposals=tuple(ProposalInput(title=title) for title in titles), reason="A slip of the pen."
        )
        changes.correct_proposal_list(
            session, actor, stored_document, wanted, new, version=more.get("version", stored_document.version)
        )


def test_after_registration_only_the_secretariat_corrects_the_list_and_both_versions_stay(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    for who in ("amina", "rafael", "laurent"):
        with pytest.raises(Forbidden):
            correct_list(world, document, "Mine", by=who)
    with pytest.raises(Stale):
        correct_list(world, document, "Late", version=0)

    correct_list(world, document, "Figures are published")

    assert list_proposals(world, document) == [("KEN/1/1", "Figures are published")]
    with transaction(world.read) as session:
        correction = session.query(DocumentCorrection).one()
        registered_with = documents.get_edition_in_force(session, reload_document(world, document)).proposals
    assert (correction.what, correction.old) == (
        "proposals",
        "KEN/1/1 ADD Routes are repaired (No. 42); KEN/1/2 Figures are published",
    )
    assert (correction.new, len(registered_with)) == ("KEN/1/1 Figures are published", 2)
    with pytest.raises(BadRequest, match="No changes were made"):
        correct_list(world, document, "Figures are published")
    register_follow_up(world, document, EditionStep.REVISION, "As revised")
    with pytest.raises(NotFound):
        correct_list(world, document, "Of a text that is not in force")


@pytest.mark.parametrize("typed", ["KEN/1/2", "ken/1/2", "KEN / 1 / 2", "KEN 1/2", "KEN/٠١/٢", "ＫＥＮ/1/2"])
def test_a_symbol_is_found_in_any_spelling(world: World, typed: str) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)

    assert find_by_symbol(world, typed) == [(document.id, "Figures are published")]
    assert find_by_symbol(world, typed, "chen") == []


def find_by_symbol(world: World, typed: str, who: str = "rafael") -> list[tuple[UUID, str]]:
    symbol = search.parse_proposal_symbol(typed)
    assert symbol
    actor = world.actor(who)
    with transaction(world.read) as session:
        return [(row.id, row.value["title"]) for row in search.find_proposals_by_symbol(session, actor, symbol)]


@pytest.mark.parametrize("typed", ["KEN", "22/1", "KEN/1", "KEN/1/", "KEN/1/2/3", "K/1/2", "KEN/1B1/2", "C 1"])
def test_a_text_that_is_not_a_proposal_symbol_is_not_read_as_one(typed: str) -> None:
    assert search.parse_proposal_symbol(typed) is None


def test_hidden_and_ended_proposals_are_not_found(world: World) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting, proposals=TWO)
    register_follow_up(world, document, EditionStep.ADDENDUM, "Added")
    assert find_by_symbol(world, "KEN/1A1/1") == [(document.id, "Added")]
    assert (
        find_by_symbol(world, "BRA/1/1") == find_by_symbol(world, "KEN/2/1") == find_by_symbol(world, "KEN/1/3") == []
    )
    assert find_by_symbol(world, "KEN/INF1/1") == find_by_symbol(world, "KEN/1A2/1") == []

    change_access(world, document, "membership")
    assert find_by_symbol(world, "KEN/1/1", "chen") == [(document.id, "Routes are repaired")]
    withdraw_document(world, document)
    assert find_by_symbol(world, "KEN/1/1") == find_by_symbol(world, "KEN/1/1", "chen") == []
    assert list_of_meeting(world, meeting.body_id) == []


def list_of_meeting(world: World, body: UUID, who: str = "rafael", **wanted: str | None) -> list[str]:
    actor = world.actor(who)
    with transaction(world.read) as session:
        chosen = search.select_proposals(actor, DocumentSearchScope(body, "22"), ProposalFilter(**wanted))
        rows = search.list_proposals(session, chosen, limit=100, offset=0)
        assert search.count_proposals(session, chosen) == len(rows)
        return [row.value["title"] for row in rows]


def test_proposals_of_a_meeting_are_ordered_and_filtered(world: World) -> None:
    meeting = world.meeting()
    registered(world, "Without any")
    _, kenyan = world.registered(meeting, proposals=TWO)
    world.registered(meeting, by="rafael", proposals=(ProposalInput(title="Brazilian", kind="SUP"),))
    register_follow_up(world, kenyan, EditionStep.ADDENDUM, *(f"Added {number}" for number in range(1, 12)))
    added = [f"Added {number}" for number in range(1, 12)]

    two = [each.title for each in TWO]
    assert list_of_meeting(world, meeting.body_id) == [*two, *added, "Brazilian"]
    assert list_of_meeting(world, meeting.body_id, source="BRA") == ["Brazilian"]
    assert list_of_meeting(world, meeting.body_id, kind="ADD") == ["Routes are repaired"]
    assert list_of_meeting(world, meeting.body_id, kind="none", source="KEN") == ["Figures are published", *added]
    assert list_of_meeting(world, meeting.body_id, "chen") == []
