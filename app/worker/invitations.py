"""Job of the e-mails about invitations: send the due ones once a minute, each in a transaction that locks its row."""

from functools import partial

import structlog

from app.core.db import transaction
from app.core.mail.message import parse_mail_address
from app.core.mail.rounds import send_round
from app.core.mail.smtp import MailDeferred, Mailer, MailRefused, MailServerUnavailable
from app.domain.bodies.models import Body
from app.domain.invitations.actions import emails
from app.domain.invitations.models import InvitationEmail, InvitationEmailStatus, PersonInvitation
from app.domain.organizations.queries import provide_party_names
from app.http.mail.invitation import render_invitation
from app.http.mail.rendering import MailContext
from app.worker.release import WorkerContext
from app.worker.tasks import EVERY_MINUTE, PeriodicTask

log = structlog.get_logger(__name__)


def send_invitations(context: WorkerContext) -> int:
    """Send the due e-mails about invitations, and forget the addresses of those that waited for too long; returns the
    number of e-mails that were sent or refused."""
    with transaction(context.write_sessions) as session:
        if expired := emails.expire_invitation_emails(session):
            log.error("e-mails about invitations were given up", invitations=expired)
    if context.mail is None:
        return 0
    return sum(send_round(context.mail.build_mailer(), partial(_send_next, context, context.mail)))


def _send_next(context: WorkerContext, mail: MailContext, mailer: Mailer) -> bool:
    """Send the next due e-mail; False if there is none or the server is unavailable."""
    with transaction(context.write_sessions) as session:
        found = emails.lock_next_due_invitation_email(session)
        if found is None:
            return False
        email, invitation = found
        provide_party_names(session)
        body = session.get_one(Body, invitation.body_id)
        try:
            status = _hand_over(email, invitation, body, mail, mailer)
        except (MailDeferred, MailServerUnavailable) as fault:
            log.warning("an invitation was not accepted", invitation=str(invitation.id), kind=type(fault).__name__)
            emails.postpone_invitation_email(email)
            return not isinstance(fault, MailServerUnavailable)
        emails.close_invitation_email(email, status)
        return True


def _hand_over(
    email: InvitationEmail, invitation: PersonInvitation, body: Body, mail: MailContext, mailer: Mailer
) -> InvitationEmailStatus:
    """Hand the e-mail over to the server. Raises the mailer's errors for a deferred e-mail or an unavailable server."""
    try:
        recipient = parse_mail_address(email.address or "")
        mailer.send(recipient.addr_spec, render_invitation(email, invitation, body, recipient, mail))
    except (ValueError, MailRefused) as fault:
        log.warning("an invitation was refused", invitation=str(invitation.id), kind=type(fault).__name__)
        return InvitationEmailStatus.REFUSED
    return InvitationEmailStatus.SENT


TASKS = (PeriodicTask("send-invitations", send_invitations, EVERY_MINUTE, "invitations", is_exclusive=True),)
