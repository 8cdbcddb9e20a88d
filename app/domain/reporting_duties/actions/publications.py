"""Show the reports of an organization to the public: a secretary proposes it, a second person confirms it, one ends it.

What is public is copied to the read path as a signed statement. The row of the duty is locked by who loads it.
"""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.db import ReadSession, WriteSession
from app.core.locks import AdvisoryLock, lock_until_commit
from app.core.permissions import Actor
from app.core.signing import SigningPurpose
from app.core.validation import ReasonInput
from app.domain.releases.models import ReleasedDuty
from app.domain.releases.queries.released_duties import build_duty_statement, sign_duty_statement
from app.domain.reporting_duties import events, queries, rules
from app.domain.reporting_duties.models import DutyPublication, ReportingDuty
from app.domain.reporting_duties.rules import PublicationRuleSubject


def propose_publication(session: WriteSession, actor: Actor, duty: ReportingDuty) -> DutyPublication:
    """Propose to show the reports under a duty to the public. Raises Conflict if they are, or this was proposed."""
    rules.PROPOSE_PUBLICATION.require(actor, _get_subject(session, duty)[1])
    publication = DutyPublication(duty_id=duty.id, proposed_by=actor.person, proposed_at=clock.now())
    session.add(publication)
    session.flush()
    event = events.PublicationProposed(duty.id, duty.organization)
    journal.record_event(session, actor, event, body=duty.body_id)
    return publication


def confirm_publication(session: WriteSession, actor: Actor, duty: ReportingDuty) -> None:
    """Confirm, as the second person, that the reports under a duty are public. Raises Conflict if nothing waits."""
    publication, subject = _get_subject(session, duty)
    rules.CONFIRM_PUBLICATION.require(actor, subject)
    assert publication
    publication.confirmed_by, publication.confirmed_at = actor.person, clock.now()
    event = events.PublicationConfirmed(duty.id, duty.organization)
    journal.record_event(session, actor, event, body=duty.body_id)


def end_publication(session: WriteSession, actor: Actor, duty: ReportingDuty, because: ReasonInput) -> None:
    """Decline a publication or withdraw it, or end it: one person is enough to show less. Raises Conflict if there is
    none."""
    publication, subject = _get_subject(session, duty)
    rules.END_PUBLICATION.require(actor, subject)
    assert publication
    publication.ended_by, publication.ended_at, publication.because = actor.person, clock.now(), because.reason
    event = events.PublicationEnded(duty.id, duty.organization, publication.confirmed_at is not None)
    journal.record_event(session, actor, event, body=duty.body_id)


def _get_subject(session: ReadSession, duty: ReportingDuty) -> tuple[DutyPublication | None, PublicationRuleSubject]:
    current = queries.find_current_publication(session, duty)
    return current, queries.build_publication_rule_subject(duty, current)


def copy_public_duties(session: WriteSession) -> int:
    """Bring the copies on the read path up to date, as an act of the system; returns how many were written or removed.

    Idempotent: only what differs is written, so that the read path sees no change where there is none.
    """
    lock_until_commit(session, AdvisoryLock.PUBLIC_DUTIES)
    signer = session.get_signer(SigningPurpose.RELEASES)
    wanted = {duty.id: build_duty_statement(duty) for duty in queries.list_public_duties(session)}
    known = {row.id: row for row in session.scalars(select(ReleasedDuty))}
    changed = {
        duty_id: statement
        for duty_id, statement in wanted.items()
        if duty_id not in known
        or (known[duty_id].statement, known[duty_id].public_key) != (statement, signer.public_key.text)
    }
    gone = known.keys() - wanted.keys()
    if changed:
        rows = insert(ReleasedDuty).values(
            [sign_duty_statement(duty_id, statement, signer) for duty_id, statement in changed.items()]
        )
        values = {name: rows.excluded[name] for name in ("statement", "signature", "public_key")}
        session.execute(rows.on_conflict_do_update(index_elements=[ReleasedDuty.id], set_=values))
    if gone:
        session.execute(delete(ReleasedDuty).where(ReleasedDuty.id.in_(gone)))
    return len(changed) + len(gone)
