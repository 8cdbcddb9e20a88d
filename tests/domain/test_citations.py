"""Citing of mandates and action lines, and that lists and counts show what their reader may see and nothing else."""

from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import set_row_security_entity, transaction
from app.core.errors import BadRequest
from app.core.permissions import Actor
from app.domain.agendas.actions import editing
from app.domain.agendas.inputs import NewAgendaItem
from app.domain.agendas.models import AgendaItem, AgendaRelease, ReleasedAgendaItem
from app.domain.citations.queries import (
    CitedColumn,
    CitingKind,
    count_citing,
    read_citing_rows,
    select_citing_documents,
)
from app.domain.contributions.actions import drafting
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries.contributions import list_visible_contributions
from app.domain.documents.models import Document, DocumentAccess, DocumentCorrection, EditionStep
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.mandates import actions, queries
from app.domain.mandates.inputs import Retirement
from app.domain.mandates.models import Clause
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import list_visible_meetings
from app.domain.outputs.models import OutputSourceDocument
from app.domain.outputs.queries.outputs import list_visible_outputs
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries.document_filters import select_documents
from tests.document_history import add_edition, change_access, correct_document
from tests.world import World

FIRST, SECOND = "wtsa-res-75/2008-resolves-1", "wtsa-res-75/2008-resolves-2"
CAST = ("amina", "joseph", "rafael", "laurent", "layla", "ines", "daniel", "olga", "chen", "sofia", "marc")


def retire_clause(world: World, code: str) -> None:
    with world.acting("ines") as (session, actor):
        actions.retire_clause(session, actor, session.get_one(Clause, code), Retirement())


def test_what_a_draft_cites_becomes_that_of_its_document(world: World) -> None:
    cited = {"mandates": (SECOND, "pp-res-102", FIRST), "action_lines": ("C7-egov", "C5")}
    contribution, document = world.registered(world.meeting(), **cited)

    for text in (contribution, document):
        assert text.mandates == ["pp-res-102", FIRST, SECOND]
        assert text.action_lines == ["C5", "C7-egov"]


def test_a_retired_clause_is_kept_and_not_cited_again(world: World) -> None:
    meeting = world.meeting()
    draft = world.draft(meeting, mandates=(FIRST,))
    retire_clause(world, FIRST)

    with pytest.raises(BadRequest, match="can no longer be cited"):
        world.draft(meeting, mandates=(FIRST,))
    with world.acting("amina") as (session, actor):
        contribution = session.get_one(Contribution, draft.id)
        cover = ContributionCover(title="T", original="en", purpose="discussion", mandates=(FIRST, SECOND))
        drafting.save_draft_cover(session, actor, contribution, cover, version=contribution.version)
        assert contribution.mandates == [FIRST, SECOND]
    with pytest.raises(BadRequest), world.acting("ines") as (session, actor):
        queries.require_citable(session, ("pp-res-102", FIRST))


def test_a_revision_has_its_own_citations_and_a_correction_keeps_old_and_new(world: World) -> None:
    _, document = world.registered(world.meeting(), mandates=(FIRST,), action_lines=("C2",))
    correct_document(world, document, mandates=(SECOND,), action_lines=("C5", "C2"))
    with transaction(world.read) as session:
        kept = {row.what: (row.old, row.new) for row in session.query(DocumentCorrection)}
    assert kept == {"mandates": (FIRST, SECOND), "action_lines": ("C2", "C2 C5")}

    add_edition(world, document, EditionStep.ADDENDUM)
    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).mandates == [SECOND]
    add_edition(world, document, EditionStep.REVISION)
    with transaction(world.read) as session:
        assert session.get_one(Document, document.id).mandates == []


def test_lists_are_filtered_by_mandate_by_clause_and_by_action_line(world: World) -> None:
    meeting = world.meeting()
    by_clause, as_whole = (
        world.registered(meeting, mandates=(code,), action_lines=("C5",))[1].id for code in (FIRST, "wtsa-res-75")
    )
    world.registered(meeting, mandates=("pp-res-102",))
    with transaction(world.read) as session:
        actor = world.actor("rafael")

        def find(**wanted: str) -> set[UUID]:
            found = select_documents(actor, DocumentSearchScope(), DocumentListFilter(**wanted))
            return {document.id for document in session.scalars(found)}

        assert find(mandate="wtsa-res-75") == {by_clause, as_whole}
        assert find(mandate=FIRST) == {by_clause}
        assert find(mandate=SECOND) == set()
        assert find(action_line="C5") == {by_clause, as_whole}


def cite_by_item(world: World, meeting: Meeting, title: str, **codes: tuple[str, ...]) -> None:
    """Let the item of the draft with this title cite these; add it if there is none."""
    with transaction(world.read) as session:
        items = {each.titles["en"] for each in session.query(AgendaItem).filter_by(meeting_id=meeting.id)}
    if title not in items:
        world.item(meeting, title)
    with world.acting("laurent") as (session, actor):
        row = next(each for each in session.query(AgendaItem) if each.titles["en"] == title)
        there = session.get_one(Meeting, meeting.id)
        new = NewAgendaItem(title=title, **codes)
        editing.change_agenda_item(session, actor, there, row, new, "en", version=there.agenda_version)


@pytest.fixture
def cited_everywhere(world: World) -> World:
    """What different people see: drafts of two States, documents open to some, an output in draft and one adopted."""
    meeting = world.meeting()
    for who in ("amina", "rafael"):
        world.draft(meeting, by=who, mandates=(FIRST,), action_lines=("C5",))
        world.submitted(meeting, by=who, mandates=(FIRST, "pp-res-102"))
    _, source = world.registered(meeting, mandates=(FIRST, SECOND), action_lines=("C5", "C2"))
    _, opened = world.registered(meeting, mandates=(SECOND,))
    change_access(world, opened, DocumentAccess.MEMBERSHIP)
    cite_by_item(world, meeting, "Routes", mandates=("pp-res-101",), action_lines=("C2",))
    world.agenda_released(meeting)  # replaced by the next release
    cite_by_item(world, meeting, "Routes", mandates=(FIRST, "pp-res-102"), action_lines=("C5",))
    cite_by_item(world, meeting, "Names", mandates=(SECOND,))
    world.agenda_released(meeting)
    cite_by_item(world, meeting, "Only in the draft", mandates=("pp-res-130",), action_lines=("C2",))
    cite_by_item(world, meeting, "Names", mandates=(FIRST,))
    world.output(meeting, sources=frozenset([source.id]))
    world.adopted(world.meeting(opens_in=0, number=21), mandates=("pp-res-102",), sources=frozenset([opened.id]))
    return world


@pytest.mark.parametrize("who", CAST)
def test_lists_and_counts_show_only_what_the_reader_may_see(cited_everywhere: World, who: str) -> None:
    """For everybody and every code: what is counted and listed is what cites it among what the person may see."""
    world = cited_everywhere
    actor = world.actor(who)
    with transaction(world.read) as session:
        set_row_security_entity(session, actor.entity)
        for cited in CitedColumn:
            expected = list_expected(session, actor, cited)
            counts = count_citing(session, actor, cited)
            assert {code: dict(kinds) for code, kinds in counts.items()} == {
                code: dict(Counter(kind for kind, _thing in things)) for code, things in expected.items()
            }
            for code, things in expected.items():
                if cited is CitedColumn.MANDATES and "/" not in code:
                    continue  # a mandate lists its clauses too
                assert set(list_shown(session, actor, cited, code)) == things
    if who in ("amina", "rafael", "ines"):
        assert {CitingKind.AGENDA_ITEM} <= {kind for things in expected.values() for kind, _thing in things}


def list_expected(session, actor: Actor, cited: CitedColumn) -> dict[str, set[tuple[CitingKind, UUID]]]:
    """What cites each code, from the lists of all that the person may see."""
    documents = {row.id: row for row in session.scalars(list_visible_documents(actor))}
    found: dict[str, set[tuple[CitingKind, UUID]]] = {}

    def note(codes: list[str], kind: CitingKind, thing: UUID) -> None:
        for code in codes:
            found.setdefault(code, set()).add((kind, thing))

    for document in documents.values():
        note(getattr(document, cited), CitingKind.DOCUMENT, document.id)
    for draft in session.scalars(list_visible_contributions(actor)):
        if draft.status != ContributionStatus.REGISTERED:
            note(getattr(draft, cited), CitingKind.CONTRIBUTION, draft.id)
    for output in session.scalars(list_visible_outputs(actor)):
        note(getattr(output, cited), CitingKind.OUTPUT, output.id)
        for source in session.query(OutputSourceDocument).filter_by(output_id=output.id):
            if source.document_id in documents:
                note(getattr(documents[source.document_id], cited), CitingKind.OUTPUT, output.id)
    visible = {meeting.id for meeting in session.scalars(list_visible_meetings(actor))}
    for release in session.scalars(select(AgendaRelease).where(AgendaRelease.is_current)):
        for item in session.query(ReleasedAgendaItem).filter_by(release_id=release.id):
            if release.meeting_id in visible:
                note(getattr(item, cited), CitingKind.AGENDA_ITEM, item.item_id)
    return found


def list_shown(session, actor: Actor, cited: CitedColumn, code: str) -> list[tuple[CitingKind, UUID]]:
    documents: list[Document] = session.scalars(select_citing_documents(actor, cited, code)).all()
    rows = read_citing_rows(session, actor, cited, code)
    return [
        *((CitingKind.DOCUMENT, each.id) for each in documents),
        *((CitingKind.CONTRIBUTION, each.id) for each in rows.contributions),
        *((CitingKind.OUTPUT, each.id) for each in rows.outputs),
        *((CitingKind.AGENDA_ITEM, each.item_id) for each in rows.agenda_items),
    ]
