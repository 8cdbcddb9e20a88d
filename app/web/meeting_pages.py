"""What all pages of one meeting share: name, place and tabs, and documents as list entries."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from app.asgi.actors import EntityName
from app.asgi.words import LIVES, STANDINGS
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, Text, say
from app.domain.agendas import rules as agendas
from app.domain.bodies.models import Body
from app.domain.contributions import rules as contributions
from app.domain.documents import queries as documents
from app.domain.documents.queries import Listed
from app.domain.meetings import rules
from app.domain.meetings.models import Meeting
from app.domain.outputs import rules as outputs
from app.domain.outputs.rules import Case
from app.domain.participants import queries as participants
from app.web.standing import called
from app.web.titles import in_language


@dataclass(frozen=True, slots=True)
class Frame:
    """The header and the tabs of a meeting's pages, and what the actor may do from there."""

    meeting: Meeting
    body: Body
    name: Text
    place: tuple[str, str | None]
    life: tuple[str, Text]
    tabs: list[tuple[str, Text, bool] | tuple[str, Text, bool, int]]
    may_change: bool
    may_lay_down: bool
    may_keep_agenda: bool
    may_contribute: bool
    may_draft_output: bool


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A registered document in a list, in the reader's language. Hashable."""

    id: UUID
    symbol: str
    title: str
    lang: str | None
    entity: str
    languages: tuple[tuple[str, str], ...]
    original: str
    ended: tuple[str, Text] | None


def frame(session: ReadSession, actor: Actor, meeting: Meeting, current: str, language: str) -> Frame:
    """Build the frame around the tab `current` of a meeting that was found for the actor."""
    body = session.get_one(Body, meeting.body_id)
    count = documents.how_many(session, actor, body=body.id, scope=str(meeting.number))
    registered = participants.how_many(session, actor, meeting)
    base_path = f"/meetings/{meeting.id}"
    return Frame(
        meeting=meeting,
        body=body,
        name=called(meeting, body),
        place=in_language(meeting.place, language),
        life=LIVES[meeting.life],
        tabs=[
            (base_path, say("Overview"), current == "overview"),
            (f"{base_path}/agenda", say("Agenda"), current == "agenda"),
            (f"{base_path}/plan", say("Time plan"), current == "plan"),
            (f"{base_path}/floor", say("Floor"), current == "floor"),
            (f"{base_path}/report", say("Report"), current == "report"),
            (f"{base_path}/actions", say("Action points"), current == "actions"),
            (f"{base_path}/documents", say("Documents"), current == "documents", count),
            (f"{base_path}/participants", say("Participants"), current == "participants", registered),
            (f"{base_path}/proposals", say("Proposals"), current == "proposals"),
        ],
        may_change=rules.CHANGE.allows(actor, meeting),
        may_lay_down=rules.LAY_DOWN.allows(actor, meeting),
        may_keep_agenda=agendas.KEEP.allows(actor, meeting),
        may_contribute=contributions.DRAFT.allows(actor, contributions.to_meeting(meeting, actor.entity)),
        may_draft_output=outputs.DRAFT.allows(actor, Case(meeting.body_id, life=meeting.life)),
    )


def document_lines(rows: Iterable[Listed], language: str) -> list[DocumentLine]:
    """Build the list entries of documents."""
    return [_document_line(row, language) for row in rows]


def _document_line(row: Listed, language: str) -> DocumentLine:
    title, lang = in_language(row.titles, language, row.original)
    codes = [code for code in LANGUAGES if code in (row.languages or ()) and not row.ended_as]
    return DocumentLine(
        id=row.id,
        symbol=row.symbol,
        title=title,
        lang=lang,
        entity=EntityName(row.entity).into(language),
        languages=tuple([(code, f"/documents/{row.id}/files/{code}") for code in codes]),
        original=row.original,
        ended=STANDINGS[row.ended_as] if row.ended_as else None,
    )
