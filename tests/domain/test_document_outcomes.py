"""What became of documents: which outcomes each person sees, in which order, and what is said where there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, select

from app.core import clock
from app.core.db import ReadSession, transaction
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.core.storage import open_store
from app.domain.agendas.queries import agenda_releases
from app.domain.contributions.queries import contributions
from app.domain.decisions import queries as decisions
from app.domain.decisions import rules as deciding
from app.domain.decisions.inputs import NewDecision
from app.domain.decisions.models import Decision
from app.domain.deliveries.queries import list_deliveries
from app.domain.document_outcomes.queries.clauses import ClauseTrace, find_clause_trace
from app.domain.document_outcomes.queries.kinds import ALSO_OF_ITEMS_AND_OUTPUTS, OUTCOME_SOURCES, TRACE_SOURCES
from app.domain.document_outcomes.queries.outcomes import find_document_outcomes, index_outcomes_of_documents
from app.domain.document_outcomes.rules.outcomes import (
    ActionPointOutcome,
    DecisionOutcome,
    DeliveryOutcome,
    DocumentOutcomes,
    ForwardingOutcome,
    ItemOutcome,
    LiaisonOutcome,
    MadeFromOutcome,
    MandateOutcome,
    Outcome,
    OutputOutcome,
    RelationOutcome,
    ReplyOutcome,
    ReportOutcome,
    SenderWithdrawalOutcome,
    build_outcome_tree,
    find_latest_outcome,
    walk_outcome_tree,
)
from app.domain.document_outcomes.rules.states import OutcomeState, find_outcome_state
from app.domain.documents.actions import changes, relations
from app.domain.documents.inputs import AccessChangeInput
from app.domain.documents.models import Document, DocumentAccess, RelationKind
from app.domain.documents.queries import documents
from app.domain.documents.queries.relations import list_relations
from app.domain.floor import queries as floor
from app.domain.floor.actions import session as sitting
from app.domain.liaisons.models import Liaison
from app.domain.meetings import queries as meetings
from app.domain.meetings.events import MeetingMoved
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES
from app.domain.outputs.models import Output
from app.domain.outputs.queries import forwarding, outputs
from app.domain.reports import queries as reports
from app.domain.reports.actions.action_points import add_action_point
from app.domain.reports.inputs import NewActionPoint
from app.domain.reports.models import ReportStage
from app.domain.reports.rules import reports as reporting
from tests.domain import test_liaisons as liaisons
from tests.world import PARENT, PLAYERS, World

CLAUSE = "wtsa-res-75/2008-resolves-1"
LIAISON = {"kind": "liaison", "addressees": ({"words": "A registry", "wants": "action"},)}


@dataclass
class Story:
    """A contribution of Kenya under the only item of a meeting, and one of Brazil that is under none."""

    world: World
    meeting: Meeting
    document: Document
    other: Document

    def decide(self, *named: Document) -> Decision:
        with self.world.acting("laurent") as (session, actor):
            there = session.get_one(Meeting, self.meeting.id)
            now = floor.find_open_sitting(session, there)
            new = NewDecision(text="It was agreed.", lang="en", documents=frozenset(each.id for each in named))
            return sitting.record_decision(session, actor, there, new, version=now.version if now else 0)

    def add_action(self, decision: Decision) -> None:
        with self.world.acting("laurent") as (session, actor):
            there, due_on = session.get_one(Meeting, self.meeting.id), clock.now().date() + timedelta(days=30)
            new = NewActionPoint(text="Send the figures.", lang="en", owner="KEN", due_on=due_on)
            add_action_point(session, actor, there, session.get_one(Decision, decision.id), new)

    def relate(self, who: str, document: Document, other: Document) -> None:
        with self.world.acting(who) as (session, actor):
            there = session.get_one(Document, document.id)
            relations.add_relation(session, actor, there, RelationKind.COMMENTS_ON, session.get_one(Document, other.id))

    def open_to_membership(self) -> None:
        with self.world.acting("amina") as (session, actor):
            there = session.get_one(Document, self.document.id)
            wider = AccessChangeInput(access=DocumentAccess.MEMBERSHIP, reason="It is for all.")
            changes.change_document_access(session, actor, there, wider, version=there.version)

    def find(self, who: str, document: Document | None = None) -> DocumentOutcomes:
        with self.world.acting(who) as (session, actor):
            return find_document_outcomes(session, actor, (document or self.document).id)

    def find_state(self, who: str = "amina", document: Document | None = None) -> OutcomeState | None:
        return find_outcome_state(self.find(who, document), is_ended=False)


@pytest.fixture
def story(world: World) -> Story:
    meeting = world.meeting()
    document = world.registered(meeting, mandates=(CLAUSE,))[1]
    other = world.registered(meeting, by="rafael", title="Of Brazil", mandates=(CLAUSE,))[1]
    item = world.item(meeting)
    world.allocated(meeting, document, item)
    world.agenda_released(meeting)
    return Story(world, meeting, document, other)


def tell_everything(story: Story, folder: Path) -> None:
    """Let everything become of the contribution: decided, made into a report that goes to the parent group, done,
    reported, commented on in both groups; another output is a draft."""
    world, item_id = story.world, story.find("ines").items[0].item_id
    world.sitting(story.meeting)
    with world.acting("laurent") as (session, actor):
        there = session.get_one(Meeting, story.meeting.id)
        now = floor.find_open_sitting(session, there)
        sitting.go_to_item(session, actor, there, item_id, version=now.version if now else 0)
    with world.acting("ines") as (session, _actor):
        story.meeting = session.get_one(Meeting, story.meeting.id)  # its first day is today
    decision = story.decide(story.document)
    story.add_action(decision)
    sources = frozenset({story.document.id})
    world.output(story.meeting, title="A draft", decisions=frozenset({decision.id}))
    parent = world.parent_meeting()
    shelf = open_store(f"file://{folder}/released")
    report = world.for_the_parent(story.meeting, shelf, sources=sources, decisions=frozenset({decision.id}))
    world.forwarded(report, parent)
    world.reported(story.meeting, ReportStage.CIRCULATED, text=f"It took up {story.document.symbol}.")
    story.relate("rafael", story.other, story.document)
    world.seat("rafael", "delegate", body=PARENT)
    elsewhere = world.registered(parent, by="rafael", title="In the parent group")[1]
    story.relate("rafael", elsewhere, story.document)
    statement = world.released(story.meeting, shelf, **LIAISON, mandates=("pp-res-102",), sources=sources)
    answer = liaisons.registered(world, world.meeting(number=23), answers=statement.id)
    liaisons.reply_to(world, answer, world.output(story.meeting, **LIAISON, title="Secret reply"))


def test_everything_that_became_of_a_document_is_in_the_order_of_time_and_nested_under_what_it_came_of(
    story: Story, tmp_path: Path
) -> None:
    tell_everything(story, tmp_path)

    found = story.find("ines")

    assert {type(each) for each in found.outcomes} == {source.kind for source in OUTCOME_SOURCES} - {
        ReplyOutcome,
        SenderWithdrawalOutcome,
    }
    assert [each.at for each in found.outcomes] == sorted(each.at for each in found.outcomes)
    (item,) = (node for node in build_outcome_tree(found.outcomes) if isinstance(node.outcome, ItemOutcome))
    (decision,) = item.children
    assert isinstance(decision.outcome, DecisionOutcome)
    action, draft, report = sorted(decision.children, key=lambda node: type(node.outcome).__name__)
    assert isinstance(action.outcome, ActionPointOutcome)
    assert isinstance(draft.outcome, OutputOutcome)
    assert not draft.children
    assert {type(node.outcome) for node in report.children} == {ForwardingOutcome, DeliveryOutcome}
    assert sorted(node.outcome.key for node in walk_outcome_tree(build_outcome_tree(found.outcomes))) == sorted(
        each.key for each in found.outcomes
    )
    assert find_latest_outcome(found.outcomes) == found.outcomes[-1]


def test_the_database_reads_all_kinds_of_outcomes_in_one_statement(story: Story, tmp_path: Path) -> None:
    tell_everything(story, tmp_path)
    with story.world.acting("amina") as (session, actor):
        of_page = find_document_outcomes(session, actor, story.document.id)
        of_list = index_outcomes_of_documents(session, actor, [story.document.id, story.other.id])

    in_lists = tuple(source.kind for source in OUTCOME_SOURCES if source.for_lists)
    shown = [each for each in of_page.outcomes if isinstance(each, in_lists)]
    assert [each.key for each in of_list[story.document.id].outcomes] == [each.key for each in shown]
    assert of_list[story.other.id].outcomes == []


def test_a_paragraph_cites_a_symbol_as_a_whole_and_headings_have_no_number(story: Story) -> None:
    world, symbol = story.world, story.document.symbol
    assert symbol.endswith("/1")
    world.reported(story.meeting, ReportStage.CIRCULATED, text=f"Not {symbol}1, but ({symbol}) was taken up.")
    world.reported(world.meeting(number=23), ReportStage.DRAFT, text=f"A draft that cites {symbol}.")

    assert [each.paragraphs for each in story.find("amina").outcomes if isinstance(each, ReportOutcome)] == [(1,)]
    assert not [each for each in story.find("amina", story.other).outcomes if isinstance(each, ReportOutcome)]


def test_without_an_outcome_the_page_says_what_comes_next_or_that_no_decision_names_it(story: Story) -> None:
    assert story.find_state() is OutcomeState.ALLOCATED
    assert story.find_state(document=story.other) is OutcomeState.UNALLOCATED
    story.world.moved(story.meeting, "begin", "close", by="laurent")

    assert story.find_state() is OutcomeState.NOT_NAMED
    assert story.find_state(document=story.other) is OutcomeState.NOT_TAKEN_UP


def test_a_decision_that_was_corrected_names_a_document_no_longer(story: Story) -> None:
    story.world.sitting(story.meeting)
    decision = story.decide(story.document)
    assert story.find_state() is None
    with story.world.acting("laurent") as (session, actor):
        there, row = session.get_one(Meeting, story.meeting.id), session.get_one(Decision, decision.id)
        sitting.correct_decision(session, actor, there, row, NewDecision(text="Another.", lang="en"), version=1)

    assert [type(each) for each in story.find("amina").outcomes] == [ItemOutcome]


def test_an_outcome_shows_nothing_that_the_page_of_its_target_would_not_show_this_person(
    story: Story, tmp_path: Path
) -> None:
    world = story.world
    tell_everything(story, tmp_path)
    story.open_to_membership()
    with transaction(world.write) as session:
        liaisons.actions.withdraw_liaison(session, session.scalars(select(Liaison)).one())
    kinds = set()
    for who in PLAYERS:
        with world.acting(who) as (session, actor):
            visible = session.scalars(documents.list_visible_documents(actor)).all()
            found = index_everything(session, actor, visible)
            for document, outcome in found:
                kinds.add(type(outcome))
                assert is_on_page_of_target(session, actor, document, outcome), (who, outcome)
    assert kinds == {source.kind for source in OUTCOME_SOURCES}


def test_a_clause_shows_downwards_what_each_person_may_see_and_nothing_else(story: Story, tmp_path: Path) -> None:
    world = story.world
    world.draft(story.meeting, title="Secret of Kenya", mandates=(CLAUSE,))
    tell_everything(story, tmp_path)
    world.output(story.meeting, title="Secret draft", mandates=(CLAUSE,))
    alone = make_output_that_alone_cites(story, tmp_path)
    item = decide_under_an_item_that_cites(story)
    found, sizes, of_things = set(), set(), set()
    for who in PLAYERS:
        with world.acting(who) as (session, actor):
            trace = find_clause_trace(session, actor, CLAUSE)
            visible = session.scalars(documents.list_visible_documents(actor)).all()
            assert {each.id for each in trace.documents} == {each.id for each in visible if CLAUSE in each.mandates}
            origins = {each.id: each for each in (*trace.documents, *trace.outputs)}
            origins |= {each.item_id: each for each in trace.agenda_items}
            for origin_id, of_origin in trace.outcomes.items():
                for outcome in of_origin.outcomes:
                    found.add(type(outcome))
                    of_things.add((isinstance(origins[origin_id], Document), type(outcome)))
                    assert is_in_trace_rightly(session, actor, origins[origin_id], outcome), (who, outcome)
            for contribution in trace.contributions:
                assert contributions.get_visible_contribution(session, actor, contribution.id).mandates == [CLAUSE]
            for output in trace.outputs:
                assert outputs.get_visible_output(session, actor, output.id)
            for row in trace.agenda_items:
                assert meetings.get_visible_meeting(session, actor, row.meeting_id)
            sizes.add((actor.entity == "KEN", len(trace.contributions), alone in origins, item in origins))
            check_that_each_hangs_from_what_it_came_of(trace)
    of_received_liaisons = {ReplyOutcome, SenderWithdrawalOutcome}  # none of them cites the clause
    assert found == {source.kind for source in TRACE_SOURCES} - of_received_liaisons
    in_things = {kind for is_document, kind in of_things if not is_document}
    assert in_things == {*ALSO_OF_ITEMS_AND_OUTPUTS, MadeFromOutcome}
    assert {count for own, count, *_others in sizes if not own} == {0}, "a draft is for its delegation"
    assert 1 in {count for own, count, *_others in sizes if own}
    assert {(alone_seen, item_seen) for *_others, alone_seen, item_seen in sizes} == {(True, True), (False, False)}


def make_output_that_alone_cites(story: Story, folder: Path) -> UUID:
    """Release an output that cites the clause and was made from a document and a decision that do not; it is forwarded,
    delivered and replied to."""
    world, shelf = story.world, open_store(f"file://{folder}/released")
    silent = world.registered(story.meeting, title="Cites nothing")[1]
    decision = story.decide(silent)
    made_from = {"sources": frozenset({silent.id}), "decisions": frozenset({decision.id})}
    report = world.for_the_parent(story.meeting, shelf, mandates=(CLAUSE,), **made_from)
    world.forwarded(report, world.parent_meeting(number=45))
    statement = world.released(story.meeting, shelf, **LIAISON, mandates=(CLAUSE,))
    liaisons.registered(world, world.meeting(number=24), answers=statement.id)
    return report.id


def decide_under_an_item_that_cites(story: Story) -> UUID:
    """Decide under an agenda item that cites the clause, with a task and an output of it; no document is under it."""
    world, meeting = story.world, story.world.meeting(number=25)
    item = world.item(meeting, "Cites", mandates=(CLAUSE,))
    world.agenda_released(meeting)
    world.sitting(meeting, item)
    there = Story(world, meeting, story.document, story.other)
    decision = there.decide()
    there.add_action(decision)
    world.output(meeting, title="Of the item", decisions=frozenset({decision.id}))
    return item.id


def check_that_each_hangs_from_what_it_came_of(trace: ClauseTrace) -> None:
    """Check that the merged outcomes are there once each, under things of the trace or each other, without a circle,
    and that the nested list has the same."""
    merged, roots = trace.traced.merge(), trace.traced.by_root.keys()
    by_key = {each.key: each for each in merged}
    assert len(by_key) == len(merged)
    for each in merged:
        above = each
        for _level in range(len(merged)):
            assert above.parents
            if above.parents[0] in roots:
                break
            above = by_key[above.parents[0]]
        assert above.parents[0] in roots
    nested = {
        node.outcome.key
        for outcomes in trace.traced.by_root.values()
        for node in walk_outcome_tree(build_outcome_tree(outcomes))
    }
    assert nested == by_key.keys()


def is_in_trace_rightly(
    session: ReadSession, actor: Actor, origin: Document | Output | Row[Any], outcome: Outcome
) -> bool:
    """Whether the actor finds the outcome of a thing that cites a clause by the queries of the page of its target."""
    if isinstance(origin, Document):
        return is_on_page_of_target(session, actor, origin, outcome)
    if isinstance(origin, Output):
        return is_of_output(session, actor, origin, outcome)
    return is_of_item(session, actor, origin, outcome)


def is_of_output(session: ReadSession, actor: Actor, output: Output, outcome: Outcome) -> bool:
    """Whether the actor finds the outcome of an output."""
    there = outputs.get_visible_output(session, actor, output.id)
    match outcome:
        case MadeFromOutcome(document_id=None):
            meetings.get_visible_meeting(session, actor, outcome.meeting_id)
            rows = outputs.list_source_decisions(session, there)
            return (outcome.meeting_id, outcome.number) in {(meeting.id, row.number) for row, meeting in rows}
        case MadeFromOutcome():
            sources = {each.id for each in outputs.list_source_documents(session, there)}
            return documents.get_visible_document(session, actor, outcome.document_id).id in sources
        case ForwardingOutcome() | DeliveryOutcome() | LiaisonOutcome():
            assert outcome.parents == (), "it came of the output itself"
            here = replace(outcome, parents=(f"output-{output.id}",))
            return is_on_page_of_target(session, actor, None, here)
    return False


def is_of_item(session: ReadSession, actor: Actor, item: Row[Any], outcome: Outcome) -> bool:
    """Whether the actor finds the outcome of an agenda item: a decision under it, and what followed from one."""
    meeting = meetings.get_visible_meeting(session, actor, item.meeting_id)
    rows = {f"decision-{row.id}": row for row in decisions.list_decisions(session, meeting)}
    match outcome:
        case DecisionOutcome():
            return deciding.SEE.allows(actor, meeting) and rows[outcome.key].item_id == item.item_id
        case ActionPointOutcome():
            points = {point.id for point, _, _ in reports.list_action_points(session, meeting)}
            return outcome.point_id in points and rows[outcome.parents[0]].item_id == item.item_id
        case OutputOutcome():
            output = outputs.get_visible_output(session, actor, outcome.output_id)
            made_from = {f"decision-{row.id}" for row, _ in outputs.list_source_decisions(session, output)}
            return bool(made_from.intersection(outcome.parents) & rows.keys())
        case ForwardingOutcome() | DeliveryOutcome() | LiaisonOutcome():
            return is_on_page_of_target(session, actor, None, outcome)
    return False


def index_everything(session: ReadSession, actor: Actor, visible: Sequence[Document]) -> list[tuple[Document, Outcome]]:
    """Return every outcome of every document that the actor may see."""
    return [
        (document, outcome)
        for document in visible
        for outcome in find_document_outcomes(session, actor, document.id).outcomes
    ]


def is_on_page_of_target(session: ReadSession, actor: Actor, document: Document | None, outcome: Outcome) -> bool:
    """Whether the actor finds the outcome by the queries of the page that it leads to."""
    try:
        match outcome:
            case ItemOutcome():
                meeting = meetings.get_visible_meeting(session, actor, outcome.meeting.id)
                release = agenda_releases.find_current_release(session, meeting)
                rows = agenda_releases.list_release_allocations(session, release) if release else []
                return (document.id, outcome.item_id) in {(row.document_id, row.item_id) for row in rows}
            case DecisionOutcome():
                meeting = meetings.get_visible_meeting(session, actor, outcome.meeting_id)
                named = {(row.number, named.id) for row, named in _list_named(session, meeting)}
                return deciding.SEE.allows(actor, meeting) and (outcome.number, document.id) in named
            case ActionPointOutcome():
                meeting = meetings.get_visible_meeting(session, actor, outcome.meeting_id)
                points = {point.id: point for point, _, _ in reports.list_action_points(session, meeting)}
                return reporting.SEE_ACTIONS.allows(actor, meeting) and outcome.point_id in points
            case DeliveryOutcome():
                output = outputs.get_visible_output(session, actor, outcome.output_id)
                keys = {f"delivery-{each.id}" for each in list_deliveries(session, output)}
                return outcome.key in keys
            case LiaisonOutcome():
                liaison = liaisons.queries.get_visible_liaison(session, actor, outcome.liaison_id)
                return outputs.get_visible_output(session, actor, liaison.answers).id == UUID(outcome.parents[0][7:])
            case SenderWithdrawalOutcome():
                seen = liaisons.queries.get_visible_liaison(session, actor, outcome.liaison_id)
                return seen.document_id == document.id and seen.withdrawn_at is not None
            case ReplyOutcome():
                (liaison,) = session.scalars(select(Liaison).where(Liaison.document_id == document.id))
                seen = liaisons.queries.get_visible_liaison(session, actor, liaison.id)
                return outcome.output_id in {each.id for each in liaisons.queries.list_replies(session, actor, seen)}
            case MandateOutcome():
                output = outputs.get_visible_output(session, actor, UUID(outcome.parents[0][7:]))
                return outcome.mandate.code in output.mandates
            case OutputOutcome():
                output = outputs.get_visible_output(session, actor, outcome.output_id)
                return _is_source(session, output, document, outcome)
            case ForwardingOutcome():
                output = outputs.get_visible_output(session, actor, UUID(outcome.parents[0].removeprefix("output-")))
                there = {row.id for _, row, _ in forwarding.list_forwardings(session, output)}
                return documents.get_visible_document(session, actor, outcome.forwarded_id).id in there
            case RelationOutcome():
                among = documents.list_visible_documents(actor)
                return outcome.other_id in {
                    other.id for _, other, gone in list_relations(session, among, document) if not gone
                }
            case ReportOutcome():
                meeting = meetings.get_visible_meeting(session, actor, outcome.meeting_id)
                report = reports.get_visible_report(session, actor, meeting)
                revision = reports.get_report_revision(session, actor, meeting, report, report.revision)
                return reporting.SEE.allows(actor, meeting) and outcome.first in str(revision.paragraphs)
    except NotFound:
        return False
    return False


def _list_named(session: ReadSession, meeting: Meeting) -> list[tuple[Decision, Document]]:
    rows = {each.id: each for each in decisions.list_decisions(session, meeting)}
    return [(rows[decision_id], document) for decision_id, document in decisions.list_named_documents(session, meeting)]


def _is_source(session: ReadSession, output: Output, document: Document, outcome: Outcome) -> bool:
    documents_of_output = {each.id for each in outputs.list_source_documents(session, output)}
    decisions_of_output = {f"decision-{decision.id}" for decision, _ in outputs.list_source_decisions(session, output)}
    return document.id in documents_of_output or bool(set(outcome.parents) & decisions_of_output)


def test_who_has_no_seat_learns_nothing_from_what_became_of_an_open_document(story: Story, tmp_path: Path) -> None:
    world = story.world
    story.open_to_membership()
    who = next(key for key in PLAYERS if not world.actor(key).seats and world.actor(key).category == "member_state")
    before = story.find(who)

    tell_everything(story, tmp_path)

    assert story.find(who) == before
    assert (list(before.outcomes), before.meeting) == ([], None)
    assert story.find_state(who) is OutcomeState.NOT_SHOWN
    assert story.find_state("amina") is None


def test_the_delegations_that_submitted_get_one_message_when_the_meeting_is_closed(story: Story) -> None:
    world = story.world
    world.registered(story.meeting, title="Another of Kenya")
    world.moved(story.meeting, "begin", "close", by="laurent")
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event == MeetingMoved.name)).all()
        found = [
            (each, line)
            for each in NOTIFICATION_TYPES[MeetingMoved.name]
            for line in lines
            if each.facts.get("life") == MeetingLife.CLOSED and each.concerns_line(line)
        ]
        ((kind, line),) = found
        context = kind.build_context(session, line)

    assert {who for who in PLAYERS if kind.is_for(world.actor(who), line, context)} == {"amina", "rafael"}


def test_a_document_that_was_withdrawn_is_not_silent(story: Story) -> None:
    with story.world.acting("amina") as (session, actor):
        there = session.get_one(Document, story.other.id)
        assert find_outcome_state(find_document_outcomes(session, actor, there.id), is_ended=True) is OutcomeState.ENDED
