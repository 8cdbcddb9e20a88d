"""Contexts of notifications about documents: their present state, and the States behind them, without access checks."""

from dataclasses import replace

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Document, Edition, EditionStep, Sponsor
from app.domain.meetings.models import Meeting
from app.domain.notifications.rules.contexts import get_key
from app.domain.notifications.rules.recipients import NotificationContext


def build_document_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a document; over once it is withdrawn or void."""
    context = build_ended_document_context(session, line)
    return replace(context, is_over=context.ended_as is not None)


def build_registered_document_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the registration of a text, with the States that co-sponsored it; over once the document is
    withdrawn or void."""
    edition = Edition.id == get_key(line, "edition") if "edition" in line.facts else Edition.step == EditionStep.TEXT
    signed = select(Sponsor.entity).join(Edition, Edition.id == Sponsor.edition_id).where(Sponsor.signed, edition)
    context = build_document_context(session, line)
    signatories = session.scalars(signed.where(Edition.document_id == get_key(line, "document")))
    return replace(context, addressees=frozenset(signatories))


def build_signatories_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the registration of a contribution, for the States that co-sponsored it; over once its
    document is withdrawn or void."""
    edition = session.get_one(Contribution, get_key(line, "contribution")).edition_id
    signed = session.scalars(select(Sponsor.entity).where(Sponsor.signed, Sponsor.edition_id == edition))
    return replace(build_document_context(session, line), addressees=frozenset(signed))


def build_ended_document_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a document, whatever became of it."""
    document = session.get_one(Document, get_key(line, "document"))
    return NotificationContext(
        document.body_id, entity=document.entity, access=document.access, ended_as=document.ended_as
    )


def build_sponsors_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a document for all States behind it: its source and those that signed or supported it."""
    context = build_ended_document_context(session, line)
    document = get_key(line, "document")
    sponsors = select(Sponsor.entity).join(Edition, Edition.id == Sponsor.edition_id)
    others = session.scalars(sponsors.where(Edition.document_id == document)).all()
    return replace(context, addressees=frozenset({context.entity, *others}))


def build_submitters_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a meeting for the States that submitted or co-sponsored documents of it that have not
    ended."""
    meeting = session.get_one(Meeting, get_key(line, "meeting"))
    of_meeting = Document.body_id == meeting.body_id, Document.scope == str(meeting.number), Document.ended_as.is_(None)
    sponsors = select(Sponsor.entity).join(Edition, Edition.id == Sponsor.edition_id).join(Document)
    submitted = select(Document.entity).where(*of_meeting).union(sponsors.where(*of_meeting, Sponsor.signed))
    return NotificationContext(meeting.body_id, addressees=frozenset(session.scalars(submitted)))
