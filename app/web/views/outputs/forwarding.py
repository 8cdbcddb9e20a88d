"""Forwarding as pages show it: on the page of the output, and on that of the document it became."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.documents.models import ActingSide, Document
from app.domain.documents.queries import documents
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import READABLE_STATUSES, Forwarding, Output
from app.domain.outputs.queries import forwarding as tracing
from app.domain.outputs.queries import outputs
from app.domain.releases.actions.copy import slug_of_symbol
from app.domain.silence.queries.positions import list_statements
from app.http.localization import Localizer
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.history import DocumentHistoryLine
from app.web.views.documents.languages import name_acting_side
from app.web.views.silence.silence import StatePositionOrStatementLine, build_statement_line


@dataclass(frozen=True, slots=True)
class ForwardedCopy:
    """A meeting to which a text was forwarded, and the document there; `href` is None if the reader cannot see it."""

    meeting: LazyText
    symbol: str
    href: str | None
    on: str


@dataclass(frozen=True, slots=True)
class DocumentOrigin:
    """On the page of a document: the output it was forwarded from, where to read it, statements of States, its
    withdrawal, and the languages that an advance version lacks."""

    symbol: str
    href: str
    on: str
    statements: list[StatePositionOrStatementLine]
    withdrawn_at: datetime | None
    still_to_come: list[str]
    past: list[DocumentHistoryLine]


def list_forwarded_copies(
    session: ReadSession, actor: Actor, output: Output, formats: Localizer
) -> list[ForwardedCopy]:
    """List the documents that the output became in other bodies, as the actor may see them. The parent of its body may
    be another one by now."""
    rows = tracing.list_forwardings(session, output)
    if not rows:
        return []
    visible_ids = {
        row.id
        for row in documents.list_documents_by_id(
            session, actor, [document.id for _forwarding, document, _meeting in rows]
        )
    }
    return [
        ForwardedCopy(
            format_meeting_name(meeting, session.get_one(Body, meeting.body_id)),
            document.symbol,
            f"/documents/{document.id}" if document.id in visible_ids else None,
            _forwarding_day(forwarding, meeting, formats),
        )
        for forwarding, document, meeting in rows
    ]


def find_document_origin(
    session: ReadSession, actor: Actor | None, document: Document, read_url: str, formats: Localizer
) -> DocumentOrigin | None:
    """Return the output that a document was forwarded from, or None. Readers without a seat there get the read
    path's URL."""
    source = tracing.find_forwarding_of_document(session, document) if document.sealed else None
    if source is None:
        return None
    forwarding, output = source
    symbol = output.symbol or ""
    has_seat = actor is not None and _can_see(session, outputs.list_visible_outputs(actor), output)
    return DocumentOrigin(
        symbol=symbol,
        href=f"/outputs/{output.id}" if has_seat else f"{read_url}/outputs/{slug_of_symbol(symbol)}",
        on=_forwarding_day(forwarding, session.get_one(Meeting, forwarding.meeting_id), formats),
        statements=[build_statement_line(each) for each in list_statements(session, output)]
        if document.ended_as is None
        else [],
        withdrawn_at=output.withdrawn_at,
        still_to_come=list(output.still_to_come) if output.status in READABLE_STATUSES else [],
        past=list(_history_lines(document, output, forwarding.forwarded_at)),
    )


def _forwarding_day(forwarding: Forwarding, meeting: Meeting, formats: Localizer) -> str:
    return formats.format_day(forwarding.forwarded_at.astimezone(ZoneInfo(meeting.zone)).date(), weekday=False)


def _can_see(session: ReadSession, among: Select[Output], output: Output) -> bool:
    return session.scalar(among.where(Output.id == output.id)) is not None


def _history_lines(document: Document, output: Output, forwarded_at: datetime) -> Sequence[DocumentHistoryLine]:
    who = name_acting_side(document, ActingSide.SECRETARIAT)
    lines = [
        DocumentHistoryLine(forwarded_at, _("Forwarded from %(symbol)s", symbol=output.symbol or ""), who, "", "", "")
    ]
    if output.completed_at and output.completed_at > forwarded_at:
        words = _(
            "The source text of this document is now released in all languages: %(symbol)s", symbol=output.symbol or ""
        )
        lines.append(DocumentHistoryLine(output.completed_at, words, _("the group that adopted it"), "", "", ""))
    if output.withdrawn_at:
        words = _("The source text of this document was withdrawn: %(symbol)s", symbol=output.symbol or "")
        lines.append(DocumentHistoryLine(output.withdrawn_at, words, _("the group that adopted it"), "", "", ""))
    return lines
