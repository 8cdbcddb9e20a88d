"""Forward a released output to a meeting of the parent body, where it becomes a document.

The row of the output is locked, so that two people who forward it to one meeting produce one document.
"""

from uuid import UUID

from app.core import journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.contributions.inputs import SECRETARIAT_ENTITY
from app.domain.documents import actions as register
from app.domain.documents.inputs import EditionContent, LanguageFile, NewDocument
from app.domain.documents.models import Document, DocumentAccess
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.outputs import events
from app.domain.outputs.models import Forwarding, Output
from app.domain.outputs.queries import forwarding as tracing
from app.domain.outputs.queries import translations
from app.domain.outputs.rules import outputs
from app.domain.outputs.rules.texts import merge_titles

LIAISON_SERIES = "LS"
"""The document series in which a body files texts that other bodies send it."""


def forward_output(session: WriteSession, actor: Actor, output: Output, meeting_id: UUID) -> Document:
    """Register the output, in all released languages, as a document of this meeting of the parent body.

    Idempotent for each meeting. The document is open to the membership, which reads the output already; its files are
    those of the output. Raises BadRequest if the meeting is over, not convened, or not of the parent body.
    """
    lock_row(session, output)
    outputs.FORWARD_OUTPUT.require(actor, tracing.get_forwarding_rule_subject(session, output))
    target = tracing.find_forwarding_meeting(session, actor, output, meeting_id)
    if target is None:
        raise BadRequest(_("Choose a meeting of the parent group that is convened and not over."))
    if forwarding := session.get(Forwarding, (output.id, target.id)):
        return session.get_one(Document, forwarding.document_id)
    document = register.register_document(session, actor, _as_document(session, output, target))
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
    journal.record_event(session, actor, event, body=output.body_id)
    return document


def _as_document(session: WriteSession, output: Output, meeting: Meeting) -> NewDocument:
    """Build the document that the output becomes. Its files must have passed the virus scan."""
    files = translations.list_released_texts(session, output)
    file_queries.require_clean_scans(session, [file.sha256 for file in files])
    return NewDocument(
        body_id=meeting.body_id,
        series=LIAISON_SERIES,
        scope=str(meeting.number),
        kind=output.kind,
        entity=SECRETARIAT_ENTITY,
        text=EditionContent(
            original=output.original,
            titles=dict(merge_titles(output, files)),
            topics=tracing.list_topic_codes(session, output),
            files=tuple(LanguageFile(*(getattr(file, name) for name in LanguageFile.__slots__)) for file in files),
        ),
        access=DocumentAccess.MEMBERSHIP,
    )
