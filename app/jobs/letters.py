"""The jobs of letters: to write them for everybody who hears of something, and once a minute to send what is due.

Each is sent in a transaction of its own that holds its row, so two workers never send the same one. If a worker dies
between the server's yes and the commit, the letter goes out once more, under the same Message-ID.
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
"""Seconds after which no other letter is begun: what is left is for the next minute. With the time that one letter may
take, a round ends within the time that a worker is given to end."""


def write_letters(desk: Desk, line: int) -> int:
    """Write what is to be told of this line of the journal; how many letters. Run again, it adds none."""
    if desk.post is None:
        return 0
    with transaction(desk.write) as session:
        made = posting.write(session, line)
    log.info("letters written", line=line, letters=made)
    return made


def send_letters(desk: Desk) -> int:
    """Write the reminders that are due, then send what waits for as long as a turn lasts; how many left the house."""
    if desk.post is None:
        return 0
    _remind(desk, desk.post)
    with transaction(desk.write) as session:
        expired, _ = posting.expire(session), posting.forget(session)
    if expired:
        log.error("letters were given up", letters=expired)
    sent, end = 0, monotonic() + TURN
    with Mailer(desk.post.server, desk.post.sender, desk.post.host) as mailer:
        while monotonic() < end and (fate := send_next(desk, desk.post, mailer)):
            sent += fate is Fate.SENT
    return sent


def _remind(desk: Desk, post: Post) -> None:
    """What goes wrong here must not hold up what is written; in a minute it is tried again."""
    try:
        with transaction(desk.write) as session:
            posting.remind(session, post.early)
    except Exception:
        log.exception("reminders were not written")


def send_next(desk: Desk, post: Post, mailer: Mailer) -> Fate | None:
    """Send the letter that is due next; what became of it, or None if there is none, or no server for it."""
    with transaction(desk.write) as session:
        letter = posting.next_due(session)
        if letter is None:
            return None
        try:
            with apart(session):
                told = posting.told(session, letter)
            fate = _handed_over(told, post, mailer) if told else Fate.NEEDLESS
        except (Deferred, Away) as fault:
            log.warning("a letter was not taken", letter=str(letter.id), kind=repr(fault))
            posting.put_off(letter)
            return None if isinstance(fault, Away) else Fate.WAITING
        except Exception:
            log.exception("a letter could not be written; it is tried again", letter=str(letter.id))
            posting.put_off(letter)
            return Fate.WAITING
        posting.close(letter, fate)
    return fate


def _handed_over(told: posting.Told, post: Post, mailer: Mailer) -> Fate:
    """Raises Deferred or Away."""
    try:
        to = address(told.person.email)
    except ValueError:
        log.warning("a letter has nowhere to go: its reader has no usable address", letter=str(told.letter.id))
        return Fate.REFUSED
    try:
        mailer.send(to.addr_spec, worded(told, to, post))
    except Refused as fault:
        log.warning("a letter was refused", letter=str(told.letter.id), kind=repr(fault))
        return Fate.REFUSED
    return Fate.SENT
