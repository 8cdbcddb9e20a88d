"""What States that co-sponsored a text learn when it changes: that they are asked again, or are no longer invited."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, Text, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.core.database.clock_parameters import Moment
from app.core.database.combined_lists import KeyParameter, list_of_thing
from app.core.db import ReadSession
from app.core.journal import JournalLine, list_unwritten_facts
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.rules import DELEGATES
from app.domain.contributions.events import DECLINED, INVITATION_WITHDRAWN, NO_LONGER_ASKED, SIGNED, SignatureChanged
from app.domain.contributions.models import Contribution, ContributionFile, Cosponsor, FileVerdict
from app.domain.documents.models import Document
from app.domain.documents.queries import documents

HAS_ACCEPTED_TEXT = exists().where(
    ContributionFile.contribution_id == Contribution.id,
    ContributionFile.language == func.coalesce(Contribution.only_language, Contribution.original),
    or_(ContributionFile.verdict.is_(None), ContributionFile.verdict == FileVerdict.ACCEPTED),
)
"""SQL condition: the file is there, and accepted, that cannot be missing: in the original language of a contribution,
or that of the corrigendum."""
HAS_SIGNED_BEFORE = exists().where(
    Cosponsor.signs.is_(None),
    JournalLine.event == SignatureChanged.name,
    JournalLine.facts["contribution"].astext == cast(Cosponsor.contribution_id, Text),
    JournalLine.facts["state"].astext == Cosponsor.entity,
    JournalLine.facts["what"].astext == SIGNED,
    JournalLine.at >= Cosponsor.invited_at,
)
"""SQL condition: a State that has not answered had signed the draft, which was then changed, since it was invited."""


@read_once
def is_text_accepted(session: ReadSession, contribution: Contribution) -> bool:
    """Return whether the text that States sign is there and accepted. Access is checked by the caller."""
    return bool(session.scalar(select(HAS_ACCEPTED_TEXT).where(Contribution.id == contribution.id)))


def get_last_change(session: ReadSession, contribution: Contribution, entity: str) -> str | None:
    """Return what was recorded last of an invitation of this State. Access is checked by the caller."""
    of_state = {"contribution": str(contribution.id), "state": entity}
    unwritten = [
        facts for facts in list_unwritten_facts(session, SignatureChanged) if of_state.items() <= facts.items()
    ]
    if unwritten:
        return str(unwritten[-1]["what"])
    lines = select(JournalLine.facts["what"].astext).where(
        JournalLine.event == SignatureChanged.name, JournalLine.facts.contains(of_state)
    )
    return session.scalar(lines.order_by(JournalLine.seq.desc()).limit(1))


@list_of_thing
def list_states_asked_again(contribution_id: KeyParameter) -> Select[str]:
    """List the States that had signed this draft before it was changed, and are asked again. Access is checked by the
    caller."""
    asked = select(Cosponsor.entity).where(Cosponsor.contribution_id == contribution_id, HAS_SIGNED_BEFORE)
    return asked.order_by(Cosponsor.entity)


def select_ended_invitations(actor: Actor, since: Moment) -> Select[JournalLine]:
    """Select the lines about documents whose follow-up no longer has the actor's State among the invited ones, decided
    after `since`; the latest first.

    The State may not read the draft any more: the journal says so, and names the document, which it may read.
    """
    return _select_ended(actor, since, NO_LONGER_ASKED).where(JournalLine.facts["document"].astext != "")


def list_documents_named_by(session: ReadSession, actor: Actor, lines: Iterable[JournalLine]) -> list[Document]:
    """List the documents that these lines name and the actor may see, in the order of the lines."""
    named = [UUID(str(key)) for key in dict.fromkeys(line.facts["document"] for line in lines)]
    rows = session.scalars(documents.list_visible_documents(actor).where(Document.id.in_(named)))
    by_id = {row.id: row for row in rows}
    return [by_id[key] for key in named if key in by_id]


def has_ended_invitation(session: ReadSession, actor: Actor, contribution_id: UUID) -> bool:
    """Return whether the actor's State was invited to co-sponsor this draft, and so knows of it, and declined or is no
    longer invited."""
    of_state = {"contribution": str(contribution_id), "state": actor.entity}
    last = (
        select(JournalLine.facts["what"].astext)
        .where(
            JournalLine.event == SignatureChanged.name,
            JournalLine.body.in_(actor.bodies_with_role(*DELEGATES)),
            JournalLine.facts.contains(of_state),
        )
        .order_by(JournalLine.seq.desc())
        .limit(1)
    )
    return session.scalar(last) in (NO_LONGER_ASKED, INVITATION_WITHDRAWN, DECLINED)


def select_withdrawn_invitations(actor: Actor, since: Moment) -> Select[JournalLine, Body]:
    """Select the lines about drafts which the actor's State was invited to co-sponsor and is no longer, decided after
    `since`, each with its body; the latest first. The draft is hidden from the State again: nothing of it is read."""
    return _select_ended(actor, since, INVITATION_WITHDRAWN).join(Body, Body.id == JournalLine.body).add_columns(Body)


def _select_ended(actor: Actor, since: Moment, what: str) -> Select[JournalLine]:
    """Select the lines after `since` that ended an invitation of the actor's State in this way; the latest first."""
    later = aliased(JournalLine)
    asked_since = exists().where(
        later.event == SignatureChanged.name,
        later.seq > JournalLine.seq,
        later.facts["contribution"].astext == JournalLine.facts["contribution"].astext,
        later.facts["state"].astext == actor.entity,
    )
    return (
        select(JournalLine)
        .where(
            JournalLine.event == SignatureChanged.name,
            JournalLine.at >= since,
            JournalLine.body.in_(actor.bodies_with_role(*DELEGATES)),
            JournalLine.facts["state"].astext == actor.entity,
            JournalLine.facts["what"].astext == what,
            ~asked_since,
        )
        .order_by(JournalLine.seq.desc())
    )
