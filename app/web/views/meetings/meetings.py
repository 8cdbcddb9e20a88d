"""What all pages of one meeting share: name, place and tabs, and documents as list entries."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.agendas.rules import agendas
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.briefings import rules as briefings
from app.domain.contributions.rules import permissions as contributions
from app.domain.documents.queries.documents import ListedDocumentRow
from app.domain.meetings import rules
from app.domain.meetings.models import Meeting
from app.domain.outputs.rules import outputs
from app.domain.outputs.rules.outputs import OutputRuleSubject
from app.domain.participants import queries as participants
from app.domain.statistics import rules as statistics
from app.http.labels import MEETING_STATUS_LABELS, STATUS_LABELS
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.addresses import format_document_path
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import localize_title


@dataclass(frozen=True, slots=True)
class MeetingFrame:
    """The header and the tabs of a meeting's pages, and what the actor may do from there."""

    meeting: Meeting
    body: Body
    name: LazyText
    place: tuple[str, str | None]
    life: tuple[str, LazyText]
    tabs: list[tuple[str, LazyText, bool] | tuple[str, LazyText, bool, int]]
    may_change: bool
    may_schedule_sessions: bool
    may_keep_agenda: bool
    may_contribute: bool
    may_draft_output: bool
    may_see_statistics: bool
    may_brief: bool


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A registered document in a list, in the reader's language. Hashable."""

    id: UUID
    href: str
    symbol: str
    title: str
    lang: str | None
    entity: str
    languages: tuple[tuple[str, str], ...]
    original: str
    ended: tuple[str, LazyText] | None


def build_meeting_frame(
    session: ReadSession, actor: Actor, meeting: Meeting, current_tab: str, language: str
) -> MeetingFrame:
    """Build the frame around the tab `current` of a meeting that was found for the actor."""
    body = session.get_one(Body, meeting.body_id)
    counts = participants.count_documents_and_participants(session, actor, meeting)
    base_path = f"/meetings/{meeting.id}"
    return MeetingFrame(
        meeting=meeting,
        body=body,
        name=format_meeting_name(meeting, body),
        place=localize_title(meeting.place, language),
        life=MEETING_STATUS_LABELS[meeting.life],
        tabs=[
            (base_path, _("Overview"), current_tab == "overview"),
            (f"{base_path}/agenda", _("Agenda"), current_tab == "agenda"),
            (f"{base_path}/plan", _("Time plan"), current_tab == "plan"),
            (f"{base_path}/floor", _("Floor"), current_tab == "floor"),
            (f"{base_path}/report", _("Report"), current_tab == "report"),
            (f"{base_path}/actions", _("Action points"), current_tab == "actions"),
            (f"{base_path}/documents", _("Documents"), current_tab == "documents", counts.documents),
            (f"/liaisons?meeting={meeting.id}", _("Liaison statements"), False),
            (f"{base_path}/participants", _("Participants"), current_tab == "participants", counts.participants),
            (f"{base_path}/proposals", _("Proposals"), current_tab == "proposals"),
        ],
        may_change=rules.CHANGE.allows(actor, meeting),
        may_schedule_sessions=rules.SCHEDULE_SESSIONS.allows(actor, meeting),
        may_keep_agenda=agendas.EDIT.allows(actor, meeting),
        may_contribute=contributions.DRAFT.allows(
            actor, contributions.build_new_contribution_rule_subject(meeting, actor.entity)
        ),
        may_draft_output=outputs.CREATE_DRAFT_OUTPUT.allows(
            actor, OutputRuleSubject(meeting.body_id, meeting_life=meeting.life)
        ),
        may_see_statistics=statistics.SEE.allows(actor, meeting),
        may_brief=briefings.KEEP_BRIEFING.allows(actor, EntityInBody(meeting.body_id, actor.entity)),
    )


def build_document_lines(rows: Iterable[ListedDocumentRow], language: str) -> list[DocumentLine]:
    """Build the list entries of documents."""
    return [_document_line(row, language) for row in rows]


def _document_line(row: ListedDocumentRow, language: str) -> DocumentLine:
    title, lang = localize_title(row.titles, language, row.original)
    href = format_document_path(row.id, row.symbol)
    codes = [code for code in LANGUAGES if code in (row.languages or ()) and not row.ended_as]
    return DocumentLine(
        id=row.id,
        href=href,
        symbol=row.symbol,
        title=title,
        lang=lang,
        entity=name_source(row.entity, row.at_request).translate(language),
        languages=tuple([(code, f"{href}/files/{code}") for code in codes]),
        original=row.original,
        ended=STATUS_LABELS[row.ended_as] if row.ended_as else None,
    )
