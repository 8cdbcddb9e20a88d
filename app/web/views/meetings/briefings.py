"""The briefing file of a delegation: a meeting by agenda item, with what the documents propose, what the delegation
submitted and stated, and its private notes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.database.combined_lists import read_together
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries.agenda_releases import list_current_releases
from app.domain.briefings import queries
from app.domain.briefings.models import DelegationNote
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.own_lists import list_contributions, own_state_documents
from app.domain.decisions.models import Decision, DecisionPosition
from app.domain.decisions.queries import list_decisions, list_positions, list_positions_by_decision
from app.domain.meetings.models import Meeting
from app.domain.member_states import EntityName
from app.http.labels import get_status_colour_and_label
from app.http.page_context import ReadContext
from app.web.views.agendas.items import AgendaItemLine, load_current_agenda
from app.web.views.documents.titles import get_original_language_if_foreign
from app.web.views.floor.floor import DECISION_STANCE_LABELS
from app.web.views.meetings.meetings import DocumentLine

MAX_DRAFTS = 100
FIRST_PROPOSALS = 5
"""Proposals of a document that are shown; its page has them all."""


@dataclass(frozen=True, slots=True)
class BriefingNote:
    """What the delegation noted about an item or a document; version 0 and no text before anything was."""

    subject: UUID
    text: str
    version: int


@dataclass(frozen=True, slots=True)
class BriefedDocument:
    """A document in the briefing file: abstract and first proposals in its original language, and the note on it."""

    line: DocumentLine
    abstract: str
    lang: str | None
    proposals: Sequence[str]
    is_own: bool
    note: BriefingNote


@dataclass(frozen=True, slots=True)
class OwnPosition:
    """A position of the delegation, with the decision that it is on."""

    decision: str
    decision_lang: str | None
    stance: LazyText
    text: str
    lang: str | None


@dataclass(frozen=True, slots=True)
class BriefedItem:
    """An item in the briefing file."""

    line: AgendaItemLine
    documents: Sequence[BriefedDocument]
    positions: Sequence[OwnPosition]
    note: BriefingNote


@dataclass(frozen=True, slots=True)
class OwnDraft:
    """A contribution of the delegation that is not registered yet."""

    id: UUID
    title: str
    lang: str | None
    status: tuple[str, LazyText]


@dataclass(frozen=True, slots=True)
class Briefing:
    """A briefing file: items from the top, documents under none, drafts, and notes on what is no longer there."""

    items: Sequence[BriefedItem]
    others: Sequence[BriefedDocument]
    drafts: Sequence[OwnDraft]
    former_notes: Sequence[BriefingNote]


def describe_readers(context: ReadContext) -> LazyText:
    """Describe who may read the briefing file."""
    return _("For the delegation of %(state)s only", state=EntityName(context.actor.entity))


def load_briefing(context: ReadContext, meeting: Meeting) -> Briefing:
    """Load the briefing file of the actor's delegation; the number of statements does not grow with the meeting."""
    read_together(context.session, meeting, list_current_releases, list_decisions, list_positions)
    agenda = load_current_agenda(context, meeting)
    notes = queries.list_own_notes(context.session, context.actor, meeting)
    positions = _load_own_positions(context, meeting)
    build = _DocumentBuilder(context, meeting, notes)
    items = [
        BriefedItem(line, build.list(line.documents), positions.get(line.id, []), build_note(notes, line.id))
        for line in agenda.items
    ]
    others = build.list(agenda.unallocated)
    shown = {item.line.id for item in items} | {each.line.id for item in items for each in item.documents}
    shown |= {each.line.id for each in others}
    former = [build_note(notes, key) for key, note in notes.items() if note.text and key not in shown]
    return Briefing(items, others, _load_drafts(context, meeting), former)


def build_note(notes: Mapping[UUID, DelegationNote], subject: UUID) -> BriefingNote:
    """Build the note on an item or a document."""
    note = notes.get(subject)
    return BriefingNote(subject, note.text, note.version) if note else BriefingNote(subject, "", 0)


class _DocumentBuilder:
    """Builds documents of the briefing file from what was read once for all of them."""

    def __init__(self, context: ReadContext, meeting: Meeting, notes: Mapping[UUID, DelegationNote]) -> None:
        rows = queries.list_document_summaries(context.session, context.actor, meeting)
        self._summaries, self._notes, self._language = {row.id: row for row in rows}, notes, context.language

    def list(self, lines: Iterable[DocumentLine]) -> list[BriefedDocument]:
        """Build the documents of these lines; those that ended have neither abstract nor proposals."""
        return [self._build(line) for line in lines]

    def _build(self, line: DocumentLine) -> BriefedDocument:
        row, note = self._summaries.get(line.id), build_note(self._notes, line.id)
        if row is None:
            return BriefedDocument(line, "", None, (), is_own=False, note=note)
        proposals = [" – ".join(filter(None, (each["kind"], each["title"]))) for each in row.proposals]
        lang = get_original_language_if_foreign(row.original, self._language)
        return BriefedDocument(line, row.abstract, lang, proposals[:FIRST_PROPOSALS], is_own=row.is_own, note=note)


def _load_own_positions(context: ReadContext, meeting: Meeting) -> Mapping[UUID | None, list[OwnPosition]]:
    """Load the positions of the actor's State on decisions of the meeting, by item."""
    decisions = list_decisions(context.session, meeting)
    positions = list_positions_by_decision(context.session, meeting)
    found: dict[UUID | None, list[OwnPosition]] = {}
    for decision in decisions:
        for position in positions.get(decision.id, ()):
            if position.entity == context.actor.entity:
                found.setdefault(decision.item_id, []).append(_own_position(decision, position, context.language))
    return found


def _own_position(decision: Decision, position: DecisionPosition, language: str) -> OwnPosition:
    return OwnPosition(
        decision.text,
        get_original_language_if_foreign(decision.lang, language),
        DECISION_STANCE_LABELS[position.stance][1],
        position.text,
        get_original_language_if_foreign(position.lang, language),
    )


def _load_drafts(context: ReadContext, meeting: Meeting) -> list[OwnDraft]:
    """Load the contributions of the delegation to this meeting that are not registered yet."""
    statement = own_state_documents(context.actor).where(
        Contribution.meeting_id == meeting.id, Contribution.document_id.is_(None)
    )
    return [
        OwnDraft(
            row.id,
            row.title,
            get_original_language_if_foreign(row.original, context.language),
            get_status_colour_and_label(row.status, late=row.late, accepted=bool(row.late_accepted_by)),
        )
        for row in list_contributions(context.session, statement, limit=MAX_DRAFTS)
    ]
