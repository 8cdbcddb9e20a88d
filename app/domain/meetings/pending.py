"""What is pending for a meeting: translations of its documents, due when all documents are to be posted."""

from collections.abc import Iterator

from sqlalchemy import String, cast, select

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource, QueueLabel
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.pending import SECRETARIAT
from app.domain.documents import events as document_events
from app.domain.documents import rules as documents
from app.domain.documents.queries.translations_due import select_translations_due_by_scope
from app.domain.meetings.models import Meeting

TRANSLATE = PendingActionKind(
    name="document:translate",
    heading=_("Translations due: %(count)s"),
    words=_("Add the missing language versions."),
    button=_("View"),
    waits_for=SECRETARIAT,
    settled_by=(documents.TRANSLATE,),
    begun_by=(document_events.DocumentRegistered.name, document_events.EditionRegistered.name),
    queue=QueueLabel(_("Translations due"), "/translations"),
)


def build_meeting_name(prefix: str, number: int) -> LazyText:
    """Build the name of a meeting from the prefix of its body and its number."""
    return _("%(group)s, meeting %(number)s", group=prefix, number=number)


def list_translation_actions(session: ReadSession, actor: Actor, limit: int) -> Iterator[PendingAction]:
    """Yield the translations that are due, one action for each meeting in whose series the documents are numbered."""
    due = select_translations_due_by_scope(actor).subquery()
    rows = session.execute(
        select(due.c.count, Body.prefix, Meeting)
        .join(Body, Body.id == due.c.body_id)
        .join(Meeting, (Meeting.body_id == due.c.body_id) & (cast(Meeting.number, String) == due.c.scope))
        .order_by(Meeting.posting_due_at)
        .limit(limit)
    )
    for count, prefix, meeting in rows:
        yield PendingAction(
            kind=TRANSLATE,
            subject=meeting.id,
            path="/translations",
            title=build_meeting_name(prefix, meeting.number),
            due_at=meeting.posting_due_at,
            zone=meeting.zone,
            values={"count": count},
            count=count,
            overdue=count if meeting.posting_due_at <= clock.now() else 0,
        )


SOURCES = (PendingActionSource((TRANSLATE,), (Office.SECRETARY,), list_translation_actions),)
