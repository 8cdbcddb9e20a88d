"""People whose e-mails are returned as undeliverable, for the pages that list them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.domain.bodies.models import Body
from app.domain.outbox.queries import list_unreachable_people
from app.http.mail.delivery_labels import explain_return_code
from app.web.forms.term_fields import build_entity_name


@dataclass(frozen=True, slots=True)
class UnreachableLine:
    """A person whose e-mails are returned, with the reason of the last return."""

    name: str
    entity: LazyText
    email: str
    returned: int
    at: datetime
    reason: LazyText
    code: str


def describe_unreachable_people(
    session: ReadSession, body: Body, people: Collection[UUID] | None = None
) -> list[UnreachableLine]:
    """List the people of a body whose e-mails are returned, of all or of these."""
    return [
        UnreachableLine(
            each.person.name,
            build_entity_name(each.person.entity, each.person.entity_name),
            each.person.email,
            each.returned,
            each.at,
            explain_return_code(each.code),
            each.code,
        )
        for each in list_unreachable_people(session, body, people)
    ]
