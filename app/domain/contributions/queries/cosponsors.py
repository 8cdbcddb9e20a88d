"""What a State that co-sponsored a document learns of its revision: that it is no longer invited to co-sponsor it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.rules import DELEGATES
from app.domain.contributions.events import NO_LONGER_ASKED, SignatureChanged
from app.domain.documents.models import Document
from app.domain.documents.queries import documents


def list_ended_invitations(session: ReadSession, actor: Actor, since: datetime, *, limit: int) -> list[Document]:
    """List the documents whose follow-up no longer has the actor's State among the invited ones, decided after `since`;
    the latest first.

    The State may not read the draft any more: the journal says so, and names the document, which it may read.
    """
    later = aliased(JournalLine)
    asked_since = exists().where(
        later.event == SignatureChanged.name,
        later.seq > JournalLine.seq,
        later.facts["contribution"].astext == JournalLine.facts["contribution"].astext,
        later.facts["state"].astext == actor.entity,
    )
    ended = (
        select(JournalLine.facts["document"].astext)
        .where(
            JournalLine.event == SignatureChanged.name,
            JournalLine.at >= since,
            JournalLine.body.in_(actor.bodies_with_role(*DELEGATES)),
            JournalLine.facts["state"].astext == actor.entity,
            JournalLine.facts["what"].astext == NO_LONGER_ASKED,
            JournalLine.facts["document"].astext != "",
            ~asked_since,
        )
        .order_by(JournalLine.seq.desc())
        .limit(limit)
    )
    named = [UUID(key) for key in dict.fromkeys(session.scalars(ended))]
    rows = session.scalars(documents.list_visible_documents(actor).where(Document.id.in_(named)))
    by_id = {row.id: row for row in rows}
    return [by_id[key] for key in named if key in by_id]
