"""What a body is, as it would be entered, and what it may be entered as."""

from uuid import UUID

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.inputs import MEGABYTE, BodyInput
from app.domain.bodies.models import Body


def read_body_content(body: Body) -> BodyInput:
    """Return what a body is, as it would be entered."""
    return BodyInput(
        names=body.names,
        admission_words=body.admission_words or {},
        legal_basis=body.legal_basis,
        parent=body.parent_id,
        deadline_days=body.deadline_days,
        posting_days=body.posting_days,
        proposal_days=body.proposal_days,
        registration_days=body.registration_days,
        largest_file=body.largest_file // MEGABYTE,
        begins_on=body.begins_on,
    )


def require_possible_parent(session: ReadSession, parent_id: UUID | None, body_id: UUID | None = None) -> None:
    """Raise BadRequest if there is no such parent, or if it is the body itself or one below it."""
    above, seen = parent_id, set[UUID]()
    while above is not None and above not in seen:
        seen.add(above)
        parent = session.execute(select(Body.parent_id).where(Body.id == above)).one_or_none()
        if parent is None or above == body_id:
            raise BadRequest(_("This group cannot be the parent group. Select another one."))
        above = parent.parent_id
