"""Jobs of notifications: create them for the recipients of an event, and send the due ones once a minute.

Each is sent in a transaction of its own that locks its row, so two workers never send the same one. If a worker crashes
between the server's acceptance and the commit, the e-mail is sent again, with the same Message-ID.
"""

from time import monotonic

import structlog

from app.core.db import transaction
from app.core.journal import apart
from app.core.mail import address
from app.core.mailer import Away, Deferred, Mailer, Refused
from app.domain.letters import posting
from app.domain.letters.models import Fate
from app.jobs.disseminate import Desk
from app.jobs.wording import Post, worded

log = structlog.get_logger(__name__)
TURN = 25.0
"""Seconds after which no other e-mail is begun in a round. Together with the time that one e-mail may take, a round
ends within the time that a worker has to stop."""


def write_letters(desk: Desk, line: int) -> int:
    """Create the notifications about a journal line; returns their number. Repeated, it adds none."""
    if desk.post is None:
        return 0
    with transaction(desk.write) as session:
        count = posting.write(session, line)
    log.info("letters written", line=line, letters=count)
    return count


def send_letters(desk: Desk) -> int:
    """Create due reminders, then send waiting notifications for `ROUND_SECONDS`; returns the number sent."""
    if desk.post is None:
        return 0
    _create_reminders(desk, desk.post)
    with transaction(desk.write) as session:
        expired, _ = posting.expire(session), posting.forget(session)
    if expired:
        log.error("letters were given up", letters=expired)
    sent, end = 0, monotonic() + TURN
    with Mailer(desk.post.server, desk.post.sender, desk.post.host) as mailer:
        while monotonic() < end and (status := send_next(desk, desk.post, mailer)):
            sent += status is Fate.SENT
    return sent


def _create_reminders(context: Desk, mail: Post) -> None:
    """Create due reminders; an error is only logged, so that sending goes on, and retried in a minute."""
    try:
        with transaction(context.write) as session:
            posting.remind(session, mail.early)
    except Exception:
        log.exception("reminders were not written")


def send_next(desk: Desk, post: Post, mailer: Mailer) -> Fate | None:
    """Send the next due notification; returns its status, or None if there is none or the server is unavailable."""
    with transaction(desk.write) as session:
        letter = posting.next_due(session)
        if letter is None:
            return None
        try:
            with apart(session):
                delivery = posting.told(session, letter)
            status = _hand_over(delivery, post, mailer) if delivery else Fate.NEEDLESS
        except (Deferred, Away) as fault:
            log.warning("a letter was not taken", letter=str(letter.id), kind=repr(fault))
            posting.put_off(letter)
            return None if isinstance(fault, Away) else Fate.WAITING
        except Exception:
            log.exception("a letter could not be written; it is tried again", letter=str(letter.id))
            posting.put_off(letter)
            return Fate.WAITING
        posting.close(letter, status)
    return status


def _hand_over(delivery: posting.Told, mail: Post, mailer: Mailer) -> Fate:
    """Hand an e-mail over to the server. Raises the mailer's errors for a deferred e-mail or an unavailable server."""
    try:
        recipient = address(delivery.person.email)
    except ValueError:
        log.warning("a letter has nowhere to go: its reader has no usable address", letter=str(delivery.letter.id))
        return Fate.REFUSED
    try:
        mailer.send(recipient.addr_spec, worded(delivery, recipient, mail))
    except Refused as fault:
        log.warning("a letter was refused", letter=str(delivery.letter.id), kind=repr(fault))
        return Fate.REFUSED
    return Fate.SENT
