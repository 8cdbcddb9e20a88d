"""The e-mail that informs an invited person: its address is kept only until it was sent or given up."""

from uuid import UUID

from sqlalchemy import select, update

from app.core import clock
from app.core.db import WriteSession, add_row_lock
from app.core.mail.rounds import GIVE_UP_AFTER, compute_retry_delay
from app.domain.invitations.models import InvitationEmail, InvitationEmailStatus, PersonInvitation

IS_WAITING = InvitationEmail.fate == InvitationEmailStatus.WAITING


def add_invitation_email(session: WriteSession, invitation: UUID, address: str, language: str) -> None:
    """Add the e-mail about a new invitation, to be sent at once."""
    moment = clock.now()
    session.add(
        InvitationEmail(invitation_id=invitation, address=address, lang=language, written_at=moment, due_at=moment)
    )


def cancel_invitation_email(session: WriteSession, invitation: UUID) -> None:
    """Forget the address of an e-mail that was not sent yet. Does nothing if it was."""
    this = update(InvitationEmail).where(InvitationEmail.invitation_id == invitation, IS_WAITING)
    session.execute(this.values(fate=InvitationEmailStatus.NEEDLESS, address=None, ended_at=clock.now()))


def lock_next_due_invitation_email(session: WriteSession) -> tuple[InvitationEmail, PersonInvitation] | None:
    """Find the e-mail to send next and lock it until the transaction ends; None if there is none."""
    due = (
        select(InvitationEmail)
        .where(IS_WAITING, InvitationEmail.due_at <= clock.now())
        .order_by(InvitationEmail.due_at, InvitationEmail.invitation_id)
        .limit(1)
    )
    found = session.scalar(add_row_lock(due, skip_locked=True))
    return (found, session.get_one(PersonInvitation, found.invitation_id)) if found else None


def close_invitation_email(email: InvitationEmail, status: InvitationEmailStatus) -> None:
    """Set the final status of an e-mail and forget its address."""
    email.fate, email.address, email.ended_at = status, None, clock.now()


def postpone_invitation_email(email: InvitationEmail) -> None:
    """Schedule the next attempt, with exponentially growing delays."""
    email.due_at = clock.now() + compute_retry_delay(email.tries)
    email.tries += 1


def expire_invitation_emails(session: WriteSession) -> int:
    """Give up the e-mails that waited for too long, also where the portal sends none; returns their number."""
    late = update(InvitationEmail).where(IS_WAITING, InvitationEmail.written_at <= clock.now() - GIVE_UP_AFTER)
    values = {"fate": InvitationEmailStatus.EXPIRED, "address": None, "ended_at": clock.now()}
    return len(session.scalars(late.values(**values).returning(InvitationEmail.invitation_id)).all())
