"""What the pages of one meeting share: its name, place and tabs, and its documents as lines."""

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
    """The head and the tabs of a meeting's pages, and what may be done from there."""

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
    """A registered document in a list, in the words of its reader. It may be a key."""

    id: UUID
    symbol: str
    title: str
    lang: str | None
    entity: str
    languages: tuple[tuple[str, str], ...]
    original: str
    ended: tuple[str, Text] | None


def frame(session: ReadSession, actor: Actor, meeting: Meeting, current: str, language: str) -> Frame:
    """Everything around one tab of a meeting that was found for the actor."""
    body = session.get_one(Body, meeting.body_id)
    count = documents.how_many(session, actor, body=body.id, scope=str(meeting.number))
    registered = participants.how_many(session, actor, meeting)
    here = f"/meetings/{meeting.id}"
    return Frame(
        meeting=meeting,
        body=body,
        name=called(meeting, body),
        place=in_language(meeting.place, language),
        life=LIVES[meeting.life],
        tabs=[
            (here, say("Overview"), current == "overview"),
            (f"{here}/agenda", say("Agenda"), current == "agenda"),
            (f"{here}/plan", say("Time plan"), current == "plan"),
            (f"{here}/floor", say("Floor"), current == "floor"),
            (f"{here}/report", say("Report"), current == "report"),
            (f"{here}/actions", say("Action points"), current == "actions"),
            (f"{here}/documents", say("Documents"), current == "documents", count),
            (f"{here}/participants", say("Participants"), current == "participants", registered),
            (f"{here}/proposals", say("Proposals"), current == "proposals"),
        ],
        may_change=rules.CHANGE.allows(actor, meeting),
        may_lay_down=rules.LAY_DOWN.allows(actor, meeting),
        may_keep_agenda=agendas.KEEP.allows(actor, meeting),
        may_contribute=contributions.DRAFT.allows(actor, contributions.to_meeting(meeting, actor.entity)),
        may_draft_output=outputs.DRAFT.allows(actor, Case(meeting.body_id, life=meeting.life)),
    )


def document_lines(rows: Iterable[Listed], language: str) -> list[DocumentLine]:
    """Documents as a page lists them."""
    return [_line(row, language) for row in rows]


def _line(row: Listed, language: str) -> DocumentLine:
    title, lang = in_language(row.titles, language, row.original)
    there = [code for code in LANGUAGES if code in (row.languages or ()) and not row.ended_as]
    return DocumentLine(
        id=row.id,
        symbol=row.symbol,
        title=title,
        lang=lang,
        entity=EntityName(row.entity).into(language),
        languages=tuple([(code, f"/documents/{row.id}/files/{code}") for code in there]),
        original=row.original,
        ended=STANDINGS[row.ended_as] if row.ended_as else None,
    )
