"""What pages show of the way of a text to the parent group: on its own page, and on that of the document it became."""

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
    """To which meeting a text was forwarded; as what, with a link for those who find that document."""

    meeting: Text
    symbol: str
    href: str | None
    on: str


@dataclass(frozen=True, slots=True)
class OfOutput:
    """What the page of an output shows. `obstacle` is said to the secretariat, where it is for the parent group and
    cannot be forwarded."""

    forwarded: list[Forwarded]
    may_forward: bool
    obstacle: Text | None


@dataclass(frozen=True, slots=True)
class Origin:
    """What the page of a document shows: the text that it was forwarded from, where to read that, what States said of
    it, when it was withdrawn, if it was, and which languages it lacks as an advance version."""

    symbol: str
    href: str
    on: str
    statements: list[Said]
    withdrawn_at: datetime | None
    still_to_come: list[str]
    past: list[Past]


def of_output(session: ReadSession, actor: Actor, output: Output, formats: Formats) -> OfOutput:
    """Put together for that actor."""
    way = tracing.to_parent(session, output)
    if output.status not in (Status.RELEASED, Status.WITHDRAWN) or not way.is_for_parent:
        return OfOutput([], may_forward=False, obstacle=None)
    done = _forwarded(session, actor, output, formats)
    obstacle = objection(session, actor, output)
    is_asked = output.status == Status.RELEASED and is_secretary.against(actor, way) is None
    return OfOutput(done, may_forward=obstacle is None, obstacle=obstacle if is_asked else None)


def objection(session: ReadSession, actor: Actor, output: Output) -> Text | None:
    """Why this actor cannot forward it now, in plain words; None where nothing stands against it."""
    way, permission = tracing.to_parent(session, output), rules.FORWARD
    against = permission.who.against(actor, way) or (permission.when and permission.when.against(actor, way))
    return against or (None if tracing.where_to(session, actor, output) else NO_MEETING)


def _forwarded(session: ReadSession, actor: Actor, output: Output, formats: Formats) -> list[Forwarded]:
    body, rows = tracing.parent(session, output), tracing.forwarded(session, output)
    if body is None:
        return []
    found = {row.id for row in documents.those(session, actor, [document.id for _, document, _ in rows])}
    return [
        Forwarded(
            called(meeting, body),
            document.symbol,
            f"/documents/{document.id}" if document.id in found else None,
            _day(forwarding, meeting, formats),
        )
        for forwarding, document, meeting in rows
    ]


def origin(
    session: ReadSession, actor: Actor | None, document: Document, read_url: str, formats: Formats
) -> Origin | None:
    """Where a document came from, if it was forwarded. Who has no seat there reads the text on the read path."""
    found = tracing.origin(session, document)
    if found is None:
        return None
    forwarding, output = found
    symbol = output.symbol or ""
    has_seat = actor is not None and _sees(session, queries.visible(actor), output)
    return Origin(
        symbol=symbol,
        href=f"/outputs/{output.id}" if has_seat else f"{read_url}/outputs/{slug(symbol)}",
        on=_day(forwarding, session.get_one(Meeting, forwarding.meeting_id), formats),
        statements=[said(each) for each in silence.statements(session, output)] if document.ended_as is None else [],
        withdrawn_at=output.withdrawn_at,
        still_to_come=list(output.still_to_come) if output.status == Status.RELEASED else [],
        past=list(_past(document, output, forwarding.forwarded_at)),
    )


def _day(forwarding: Forwarding, meeting: Meeting, formats: Formats) -> str:
    return formats.day(forwarding.forwarded_at.astimezone(ZoneInfo(meeting.zone)).date(), weekday=False)


def _sees(session: ReadSession, among: Select[Output], output: Output) -> bool:
    return session.scalar(among.where(Output.id == output.id)) is not None


def _past(document: Document, output: Output, forwarded_at: datetime) -> Sequence[Past]:
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
