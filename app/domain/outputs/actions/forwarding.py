"""Register a released output as a sealed document of another body; its completion and its withdrawal reach that
document too. The delivery by which the output reached that body allows it once (`app.domain.deliveries`)."""

from collections.abc import Sequence
from uuid import UUID

from app.core import journal
from app.core.db import WriteSession
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
from app.domain.outputs.rules.texts import OutputText, merge_titles

LIAISON_SERIES = "LS"
"""The document series in which a body files texts that other bodies send it."""


def register_output(session: WriteSession, actor: Actor, output: Output, meeting: Meeting) -> Document:
    """Register a released output, in all its languages, as a document of a meeting of another body, whose secretary the
    actor is. The caller has locked the row of the output and checked that it was sent to that body.

    The document is sealed: its files and its audience are those of the output, whose readers have it already.
    """
    document = register.register_document(session, actor, _as_document(session, output, meeting))
    session.add(
        Forwarding(
            output_id=output.id,
            meeting_id=meeting.id,
            document_id=document.id,
            forwarded_by=actor.person,
            forwarded_at=document.registered_at,
        )
    )
    event = events.OutputForwarded(output.id, meeting.id, document.id)
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
