"""The groups in which a person may ask to be accredited, with whom they ask and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row

from app.core import clock
from app.domain.bodies.models import AccreditationRequest, Body
from app.domain.bodies.queries.accreditation_requests import list_bodies_to_join, list_own_requests
from app.domain.bodies.queries.roster import index_secretary_names
from app.http.page_context import ReadContext
from app.web.views.documents.titles import localize_title


@dataclass(frozen=True, slots=True)
class GroupToJoin:
    """A group, its name with its language, the names of the focal points that answer there, those of the secretaries
    if there is none, the person's latest request, and who answered it."""

    body: Body
    name: tuple[str, str | None]
    focal_points: Sequence[str]
    secretaries: Sequence[str]
    request: AccreditationRequest | None
    answered_by: str | None

    @property
    def is_waiting(self) -> bool:
        """Whether the person has asked and is not answered yet."""
        return self.request is not None and self.request.answered_at is None

    @property
    def is_attended(self) -> bool:
        """Whether somebody could answer a request."""
        return bool(self.focal_points or self.secretaries)

    @property
    def declined_because(self) -> str | None:
        """Why the latest request was declined; None if it was not."""
        return self.request.declined_because if self.request else None


def list_groups_to_join(context: ReadContext, focal_points: Sequence[Row[str, str, UUID]]) -> list[GroupToJoin]:
    """List the groups that admit the reader, given the focal points of their member with their bodies."""
    requests = {request.body_id: (request, name) for request, name in list_own_requests(context.session, context.actor)}
    bodies = list_bodies_to_join(context.session, context.actor)
    attended = {body_id for _name, _mail, body_id in focal_points}
    unattended = [body.id for body in bodies if body.id not in attended]
    secretaries = index_secretary_names(context.session, unattended, clock.now().date())
    return [
        GroupToJoin(
            body,
            localize_title(body.names, context.language),
            [name for name, _mail, body_id in focal_points if body_id == body.id],
            secretaries.get(body.id, ()),
            *requests.get(body.id, (None, None)),
        )
        for body in bodies
    ]
