"""Proposals inside a document: signed with the draft, numbered on the register, found by their symbols."""

from uuid import UUID, uuid4

import pytest

from app.core.db import transaction
from app.core.errors import Forbidden, Stale, Unacceptable, Unknown
from app.domain.contributions import actions as contributions
from app.domain.contributions import covers, joint, queries
from app.domain.contributions.inputs import Cover, Following
from app.domain.contributions.models import Contribution
from app.domain.documents import actions as register
from app.domain.documents import proposals
from app.domain.documents import queries as documents
from app.domain.documents.inputs import NewEdition, Proposal, Relisting
from app.domain.documents.models import Document, DocumentCorrection, Step
from app.domain.finding import proposals as finding
from app.domain.finding.inputs import WantedProposals, Within
from app.domain.meetings import queries as meetings
from tests.register import opened, withdrawn
from tests.web.test_document_lists import registered
from tests.world import World

TWO = (
    Proposal(title="Routes are repaired", kind="ADD", concerns="No. 42"),
    Proposal(title="Figures are published"),
)
COVER = {"title": "A title", "original": "en", "purpose": "discussion"}


def again(world: World, document: Document) -> Document:
    with transaction(world.read) as session:
        return session.get_one(Document, document.id)


def listed(world: World, document: Document, step: Step = Step.TEXT, number: int = 0) -> list[tuple[str, str]]:
    """What the page of that edition lists: symbol and title."""
    with transaction(world.read) as session:
        there = session.get_one(Document, document.id)
        edition = documents.one_edition(session, there, step, number)
        found = proposals.of_edition(there, edition, documents.in_force(session, there))
        symbols = proposals.symbols(session, there, found)
        return list(zip(symbols, [each.title for each in found], strict=True))


def followed(world: World, document: Document, step: Step, *titles: str) -> None:
    """A revision, an addendum or a corrigendum, drafted with these proposals and registered."""
    with world.acting("ines") as (session, actor):
        there = session.get_one(Document, document.id)
        meeting = meetings.of_document(session, actor, there)
        cover = Cover(**COVER, note="New.", proposals=tuple(Proposal(title=title) for title in titles))
        made = contributions.draft(
            session, actor, meeting, cover, key=uuid4(), entity="KEN", following=Following(there, step)
        )
        assert len(made.proposals) == (0 if step is Step.CORRIGENDUM else len(titles))
        text = covers.text_of(session, made)
        new = NewEdition(step=step, text=text, note="New.")
        register.add_edition(session, actor, there, new)


def test_they_are_numbered_without_a_gap_on_the_register_and_the_edition_keeps_them(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)

    assert listed(world, document) == [("KEN/1/1", "Routes are repaired"), ("KEN/1/2", "Figures are published")]
    with transaction(world.read) as session:
        kept = documents.in_force(session, again(world, document)).proposals
    assert kept == document.proposals
    assert kept[0] == {"part": 0, "number": 1, "kind": "ADD", "title": "Routes are repaired", "concerns": "No. 42"}


def test_a_revision_replaces_them_an_addendum_has_its_own_and_a_corrigendum_none(world: World) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)
    followed(world, document, Step.ADDENDUM, "Added")
    followed(world, document, Step.REVISION, "As revised", "New", "Third")
    followed(world, document, Step.CORRIGENDUM, "Not listed", "at all")

    assert listed(world, document, Step.REVISION, 1) == [
        ("KEN/1/1", "As revised"),
        ("KEN/1/2", "New"),
        ("KEN/1/3", "Third"),
    ]
    assert listed(world, document, Step.ADDENDUM, 1) == [("KEN/1A1/1", "Added")]
    assert [title for _, title in listed(world, document)] == ["Routes are repaired", "Figures are published"]
    assert listed(world, document, Step.CORRIGENDUM, 1) == []


def test_whoever_signed_is_asked_again_when_a_proposal_or_a_topic_changes(world: World) -> None:
    draft = world.asked(world.meeting(), "BRA")
    for changed in ({"proposals": TWO}, {"proposals": TWO, "topics": ("spam",)}):
        with world.acting("rafael") as (session, actor):
            there = queries.one_visible(session, actor, draft.id)
            joint.sign(session, actor, there, version=there.version)
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            before = there.version
            contributions.change(session, actor, there, Cover(**COVER, **changed), version=before)
            assert there.version == before + 1
            assert queries.one_cosponsor(session, there, "BRA").signs is None
        with world.acting("amina") as (session, actor):
            there = session.get_one(Contribution, draft.id)
            contributions.change(session, actor, there, Cover(**COVER, **changed), version=there.version)
            assert there.version == before + 1


def relisted(
    world: World, document: Document, *titles: str, by: str = "ines", edition: str = "text", **more: int
) -> None:
    with world.acting(by) as (session, actor):
        there = session.get_one(Document, document.id)
        wanted = documents.one_edition(session, there, Step(edition), more.get("number", 0))
        new = Relisting(proposals=tuple(Proposal(title=title) for title in titles), reason="A slip of the pen.")
        register.relist(session, actor, there, wanted, new, version=more.get("version", there.version))


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
        registered_with = documents.in_force(session, again(world, document)).proposals
    assert (kept.what, kept.old) == (
        "proposals",
        "KEN/1/1 ADD Routes are repaired (No. 42); KEN/1/2 Figures are published",
    )
    assert (kept.new, len(registered_with)) == ("KEN/1/1 Figures are published", 2)
    with pytest.raises(Unacceptable, match="Nothing is different"):
        relisted(world, document, "Figures are published")
    followed(world, document, Step.REVISION, "As revised")
    with pytest.raises(Unknown):
        relisted(world, document, "Of a text that is not in force")


@pytest.mark.parametrize("typed", ["KEN/1/2", "ken/1/2", "KEN / 1 / 2", "KEN 1/2", "KEN/٠١/٢", "ＫＥＮ/1/2"])
def test_a_symbol_is_found_in_any_spelling(world: World, typed: str) -> None:
    _, document = world.registered(world.meeting(), proposals=TWO)

    assert named(world, typed) == [(document.id, "Figures are published")]
    assert named(world, typed, "chen") == []


def named(world: World, typed: str, who: str = "rafael") -> list[tuple[UUID, str]]:
    symbol = finding.spelled(typed)
    assert symbol
    actor = world.actor(who)
    with transaction(world.read) as session:
        return [(row.id, row.value["title"]) for row in finding.named(session, actor, symbol)]


@pytest.mark.parametrize("typed", ["KEN", "22/1", "KEN/1", "KEN/1/", "KEN/1/2/3", "K/1/2", "KEN/1B1/2", "C 1"])
def test_what_is_no_symbol_of_a_proposal_is_not_taken_for_one(typed: str) -> None:
    assert finding.spelled(typed) is None


def test_what_one_may_not_see_or_what_ended_is_not_found(world: World) -> None:
    meeting = world.meeting()
    _, document = world.registered(meeting, proposals=TWO)
    followed(world, document, Step.ADDENDUM, "Added")
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
        chosen = finding.wanted_of(actor, Within(body, "22"), WantedProposals(**wanted))
        rows = finding.listed(session, chosen, limit=100, offset=0)
        assert finding.how_many(session, chosen) == len(rows)
        return [row.value["title"] for row in rows]


def test_those_of_a_meeting_stand_in_their_order_and_are_filtered(world: World) -> None:
    meeting = world.meeting()
    registered(world, "Without any")
    _, kenyan = world.registered(meeting, proposals=TWO)
    world.registered(meeting, by="rafael", proposals=(Proposal(title="Brazilian", kind="SUP"),))
    followed(world, kenyan, Step.ADDENDUM, *(f"Added {number}" for number in range(1, 12)))
    added = [f"Added {number}" for number in range(1, 12)]

    two = [each.title for each in TWO]
    assert in_meeting(world, meeting.body_id) == [*two, *added, "Brazilian"]
    assert in_meeting(world, meeting.body_id, source="BRA") == ["Brazilian"]
    assert in_meeting(world, meeting.body_id, kind="ADD") == ["Routes are repaired"]
    assert in_meeting(world, meeting.body_id, kind="none", source="KEN") == ["Figures are published", *added]
    assert in_meeting(world, meeting.body_id, "chen") == []
