"""Forwarding a released text to a meeting of the parent group, where it becomes a document.

Whoever acts holds the output, so of two who forward it to one meeting one comes first, and the other finds it done.
"""

from uuid import UUID

from app.core import journal
from app.core.access import Actor
from app.core.db import WriteSession, hold
from app.core.errors import Unacceptable
from app.core.i18n import say
from app.domain.contributions.inputs import SECRETARIAT
from app.domain.documents import actions as register
from app.domain.documents.inputs import FileOf, NewDocument, Text
from app.domain.documents.models import Access, Document
from app.domain.meetings.models import Meeting
from app.domain.outputs import events, rules, tracing, translations
from app.domain.outputs.models import Forwarding, Output
from app.domain.scans import queries as scans

SERIES = "LS"
"""The series in which a group keeps what other groups send it."""


def forward(session: WriteSession, actor: Actor, output: Output, meeting: UUID) -> Document:
    """Register it, in all languages that the membership has, as a document of that meeting of the parent group; said
    twice, once.

    The membership reads it already, so the document is open to the membership too. The files are those of the output,
    by their digests. Raises Unacceptable for a meeting that is over, not convened, or not of the parent group.
    """
    hold(session, output)
    rules.FORWARD.require(actor, tracing.to_parent(session, output))
    there = tracing.one_meeting(session, actor, output, meeting)
    if there is None:
        raise Unacceptable(say("Choose a meeting of the parent group that is convened and not over."))
    if done := session.get(Forwarding, (output.id, there.id)):
        return session.get_one(Document, done.document_id)
    made = register.register(session, actor, _as_document(session, output, there))
    session.add(
        Forwarding(
            output_id=output.id,
            meeting_id=there.id,
            document_id=made.id,
            forwarded_by=actor.person,
            forwarded_at=made.registered_at,
        )
    )
    happened = events.OutputForwarded(output.id, there.id, made.id)
    journal.record(session, actor, happened, body=output.body_id)
    return made


def _as_document(session: WriteSession, output: Output, meeting: Meeting) -> NewDocument:
    files = translations.released(session, output)
    scans.insist_on_checked(session, [file.sha256 for file in files])
    return NewDocument(
        body_id=meeting.body_id,
        series=SERIES,
        scope=str(meeting.number),
        kind=output.kind,
        entity=SECRETARIAT,
        text=Text(
            original=output.original,
            titles=dict(translations.titles(output, files)),
            topics=tracing.topics(session, output),
            files=tuple(FileOf(*(getattr(file, name) for name in FileOf.__slots__)) for file in files),
        ),
        access=Access.MEMBERSHIP,
    )
