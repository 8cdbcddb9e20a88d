"""What a report of a mail server changes: the delivery status of the one e-mail that it names, and nothing else.

The system acts here, without an actor. Anybody may have sent the report; the identifier of the e-mail, which is random,
is known to those alone through whose systems the e-mail passed.
"""

from uuid import UUID

from sqlalchemy import or_, select

from app.core import clock
from app.core.db import WriteSession, add_row_lock
from app.domain.notifications.models import DeliveryStatus, EmailNotification


def record_returned_email(session: WriteSession, email: UUID, code: str) -> int:
    """Mark what an e-mail contained as returned, if there is one with this identifier and the mail server had accepted
    it; returns the number of notifications: one, or those of a digest. Repeated, it changes nothing."""
    is_named = or_(EmailNotification.id == email, EmailNotification.digest_id == email)
    sent = select(EmailNotification).where(is_named, EmailNotification.fate == DeliveryStatus.SENT)
    notifications = session.scalars(add_row_lock(sent.order_by(EmailNotification.id))).all()
    for notification in notifications:
        notification.fate, notification.returned_code = DeliveryStatus.RETURNED, code
        notification.ended_at = clock.now()
    return len(notifications)
