"""Forwarding as pages show it: on the page of the output, and on that of the document it became."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select

from app.asgi.formats import Formats
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.domain.bodies.rules import is_secretary
from app.domain.documents import queries as documents
from app.domain.documents.models import Document, Side
from app.domain.meetings.models import Meeting
from app.domain.outputs import queries, rules, tracing
from app.domain.outputs.models import Forwarding, Output, Status
from app.domain.releases.copying import slug
from app.domain.silence import queries as silence
from app.web.document_history import Past
from app.web.document_languages import by
from app.web.silence_view import Said, said
from app.web.standing import called

NO_MEETING = say(
    "The parent group has no meeting now that is convened and not over, or has this text at each of them already."
)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A meeting to which a text was forwarded, and the document there; `href` is None if the reader cannot see it."""

    meeting: Text
    symbol: str
    href: str | None
    on: str


@dataclass(frozen=True, slots=True)
class OfOutput:
    """Forwarding on the page of an output. `obstacle` tells the secretariat why a text for the parent group cannot
    be forwarded."""

    forwarded: list[Forwarded]
    may_forward: bool
    obstacle: Text | None


@dataclass(frozen=True, slots=True)
class Origin:
    """On the page of a document: the output it was forwarded from, where to read it, statements of States, its
    withdrawal, and the languages that an advance version lacks."""

    symbol: str
    href: str
    on: str
    statements: list[Said]
    withdrawn_at: datetime | None
    still_to_come: list[str]
    past: list[Past]


def of_output(session: ReadSession, actor: Actor, output: Output, formats: Formats) -> OfOutput:
    """Load what the page of an output shows the actor of its forwarding."""
    situation = tracing.to_parent(session, output)
    if output.status not in (Status.RELEASED, Status.WITHDRAWN) or not situation.is_for_parent:
        return OfOutput([], may_forward=False, obstacle=None)
    copies = _forwarded_copies(session, actor, output, formats)
    obstacle = objection(session, actor, output)
    shows_obstacle = output.status == Status.RELEASED and is_secretary.against(actor, situation) is None
    return OfOutput(copies, may_forward=obstacle is None, obstacle=obstacle if shows_obstacle else None)


def objection(session: ReadSession, actor: Actor, output: Output) -> Text | None:
    """Return why the actor cannot forward the output now, or None if they can."""
    situation, permission = tracing.to_parent(session, output), rules.FORWARD
    reason = permission.who.against(actor, situation) or (permission.when and permission.when.against(actor, situation))
    return reason or (None if tracing.where_to(session, actor, output) else NO_MEETING)


def _forwarded_copies(session: ReadSession, actor: Actor, output: Output, formats: Formats) -> list[Forwarded]:
    body, rows = tracing.parent(session, output), tracing.forwarded(session, output)
    if body is None:
        return []
    visible_ids = {row.id for row in documents.those(session, actor, [document.id for _, document, _ in rows])}
    return [
        Forwarded(
            called(meeting, body),
            document.symbol,
            f"/documents/{document.id}" if document.id in visible_ids else None,
            _forwarding_day(forwarding, meeting, formats),
        )
        for forwarding, document, meeting in rows
    ]


def origin(
    session: ReadSession, actor: Actor | None, document: Document, read_url: str, formats: Formats
) -> Origin | None:
    """Return the output that a document was forwarded from, or None. Readers without a seat there get the read
    path's URL."""
    source = tracing.origin(session, document)
    if source is None:
        return None
    forwarding, output = source
    symbol = output.symbol or ""
    has_seat = actor is not None and _can_see(session, queries.visible(actor), output)
    return Origin(
        symbol=symbol,
        href=f"/outputs/{output.id}" if has_seat else f"{read_url}/outputs/{slug(symbol)}",
        on=_forwarding_day(forwarding, session.get_one(Meeting, forwarding.meeting_id), formats),
        statements=[said(each) for each in silence.statements(session, output)] if document.ended_as is None else [],
        withdrawn_at=output.withdrawn_at,
        still_to_come=list(output.still_to_come) if output.status == Status.RELEASED else [],
        past=list(_history_lines(document, output, forwarding.forwarded_at)),
    )


def _forwarding_day(forwarding: Forwarding, meeting: Meeting, formats: Formats) -> str:
    return formats.day(forwarding.forwarded_at.astimezone(ZoneInfo(meeting.zone)).date(), weekday=False)


def _can_see(session: ReadSession, among: Select[Output], output: Output) -> bool:
    return session.scalar(among.where(Output.id == output.id)) is not None


def _history_lines(document: Document, output: Output, forwarded_at: datetime) -> Sequence[Past]:
    who = by(document, Side.SECRETARIAT)
    lines = [Past(forwarded_at, say("Forwarded from %(symbol)s", symbol=output.symbol or ""), who, "", "", "")]
    if output.completed_at and output.completed_at > forwarded_at:
        words = say(
            "The text that it was forwarded from is released in all languages: %(symbol)s", symbol=output.symbol or ""
        )
        lines.append(Past(output.completed_at, words, say("the group that adopted it"), "", "", ""))
    if output.withdrawn_at:
        words = say("The text that it was forwarded from was withdrawn: %(symbol)s", symbol=output.symbol or "")
        lines.append(Past(output.withdrawn_at, words, say("the group that adopted it"), "", "", ""))
    return lines
