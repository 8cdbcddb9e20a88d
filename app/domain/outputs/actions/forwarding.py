"""Forward a released output to a meeting of the parent body, where it becomes a sealed document; its completion and its
withdrawal reach that document too.

The row of the output is locked, so that two people who forward it to one meeting produce one document.
"""

from collections.abc import Sequence
from uuid import UUID

from app.core import journal
from app.core.db import WriteSession, lock_row
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.contributions.inputs import SECRETARIAT_ENTITY
from app.domain.documents.actions import changes
from app.domain.documents.actions import registration as register
from app.domain.documents.inputs import EditionContent, LanguageFile, NewDocument
from app.domain.documents.models import Document, DocumentAccess
from app.domain.files import queries as file_queries
from app.domain.meetings.models import Meeting
from app.domain.outputs import events
from app.domain.outputs.models import Forwarding, Output, OutputTranslation
from app.domain.outputs.queries import forwarding as tracing
from app.domain.outputs.queries import translations
from app.domain.outputs.rules.forwarding import FORWARD_OUTPUT
from app.domain.outputs.rules.texts import OutputText, merge_titles

LIAISON_SERIES = "LS"
"""The document series in which a body files texts that other bodies send it."""


def forward_output(session: WriteSession, actor: Actor, output: Output, meeting_id: UUID) -> Document:
    """Register the output, in all released languages, as a document of this meeting of the parent body.

    Idempotent for each meeting. The document is sealed: its files and its audience are those of the output, whose
    readers have it already. Raises BadRequest if the meeting is over, not convened, or not of the parent body.
    """
    lock_row(session, output)
    FORWARD_OUTPUT.require(actor, tracing.get_forwarding_rule_subject(session, output))
    target = tracing.find_forwarding_meeting(session, actor, output, meeting_id)
    if target is None:
        raise BadRequest(_("Select a meeting of the parent group that has been convened and is not over."))
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
    mandates, action_lines = tracing.list_cited_codes(session, output)
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
            mandates=mandates,
            action_lines=action_lines,
            files=tuple(map(_as_language_file, files)),
        ),
        access=tracing.get_access_of_document(session, output),
        sealed=True,
    )


def forward_completion(session: WriteSession, output: Output, added: Sequence[OutputTranslation]) -> None:
    """Add the languages in which an output was completed to its documents, as an act of the system."""
    for _forwarding, document, _meeting in tracing.list_forwardings(session, output):
        for text in added:
            register.add_text_of_source(
                session, document, _as_language_file(text), title=text.title, supplied_by=text.added_by
            )


def forward_withdrawal(session: WriteSession, output: Output, because: ReasonInput, *, decided_by: UUID) -> None:
    """Close the documents of an output that is withdrawn to readers outside of their body, as an act of the system."""
    for _forwarding, document, _meeting in tracing.list_forwardings(session, output):
        changes.follow_access_of_source(session, document, DocumentAccess.GROUP, because, decided_by=decided_by)


def _as_language_file(text: OutputText) -> LanguageFile:
    """Return a text of the output as a file of a document."""
    return LanguageFile(*(getattr(text, name) for name in LanguageFile.__slots__))
