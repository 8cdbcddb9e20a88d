"""Forward a released output to a meeting of the parent body, where it becomes a document.

The row of the output is locked, so that two people who forward it to one meeting produce one document.
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
"""The document series in which a body files texts that other bodies send it."""


def forward(session: WriteSession, actor: Actor, output: Output, meeting: UUID) -> Document:
    """Register the output, in all released languages, as a document of this meeting of the parent body.

    Idempotent for each meeting. The document is open to the membership, which reads the output already; its files are
    those of the output. Raises BadRequest if the meeting is over, not convened, or not of the parent body.
    """
    hold(session, output)
    rules.FORWARD.require(actor, tracing.to_parent(session, output))
    target = tracing.one_meeting(session, actor, output, meeting)
    if target is None:
        raise Unacceptable(say("Choose a meeting of the parent group that is convened and not over."))
    if forwarding := session.get(Forwarding, (output.id, target.id)):
        return session.get_one(Document, forwarding.document_id)
    document = register.register(session, actor, _as_document(session, output, target))
    session.add(
        Forwarding(
            output_id=output.id,
            meeting_id=target.id,
            document_id=document.id,
            forwarded_by=actor.person,
            forwarded_at=document.registered_at,
        )
    )
    event = events.OutputForwarded(output.id, target.id, document.id)
    journal.record(session, actor, event, body=output.body_id)
    return document


def _as_document(session: WriteSession, output: Output, meeting: Meeting) -> NewDocument:
    """Build the document that the output becomes. Its files must have passed the virus scan."""
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
