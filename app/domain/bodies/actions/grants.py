"""The grant of an accreditation, which every way to one ends with; its caller has checked who grants it."""

from app.core import journal
from app.core.db import WriteSession
from app.core.permissions import Actor
from app.domain.bodies import events
from app.domain.bodies.actions.accreditation_requests import close_accreditation_request
from app.domain.bodies.models import Accreditation


def grant_accreditation(session: WriteSession, actor: Actor | None, accreditation: Accreditation) -> None:
    """Put a new accreditation on record and close the request that it answers. The person is locked, so that no request
    is made meanwhile; `actor` is None for the operator, and for the sign-in of an invited person."""
    session.add(accreditation)
    session.flush()
    close_accreditation_request(session, actor, accreditation)
    event = events.AccreditationGranted(
        accreditation.id, accreditation.person_id, accreditation.entity, accreditation.capacity
    )
    journal.record_event(session, actor, event, body=accreditation.body_id)
