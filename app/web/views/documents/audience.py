"""For whom the page of a document is built, and why they can see it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.rules import has_seat
from app.domain.documents.models import (
    CorrectedField,
    Document,
    DocumentAccess,
)
from app.domain.documents.queries import documents
from app.http.authentication import EntityName
from app.http.labels import (
    ACCESS_LABELS,
    ROLE_LABELS,
)
from app.web.views.documents.languages import name_acting_side


@dataclass(frozen=True, slots=True)
class DocumentAudience:
    """For whom a page is built: the documents they may see, the path prefix, and the actor (None: anybody)."""

    visible_documents: Select[Document]
    base_path: str
    actor: Actor | None = None

    def has_seat_in_body_of(self, document: Document) -> bool:
        """Whether the actor has a seat in the document's body."""
        return self.actor is not None and has_seat.objection_to(self.actor, document) is None


@dataclass(frozen=True, slots=True)
class AccessExplanation:
    """Why the reader can see the document: their seats, or its access; who chose that, and since when."""

    capacities: list[LazyText]
    reason: LazyText
    access: LazyText
    chosen_by: LazyText
    since: datetime
    ladder: list[tuple[LazyText, bool]]


def explain_access(session: ReadSession, audience: DocumentAudience, document: Document) -> AccessExplanation:
    """Explain why the audience can see the document."""
    changes = [
        correction
        for correction in documents.list_register_corrections(session, document)
        if correction.what == CorrectedField.ACCESS
    ]
    capacities = audience.actor.capacities_in(document.body_id) if audience.actor else ()
    is_open = document.ended_as is None
    return AccessExplanation(
        capacities=[ROLE_LABELS[role] for role in capacities],
        reason=_("The document is public: anyone can read it without signing in.")
        if document.access == DocumentAccess.PUBLIC
        else _("You are not a member of this group. You can read the document because it is open to all ITU members."),
        access=ACCESS_LABELS[document.access][0],
        chosen_by=name_acting_side(document, changes[-1].side) if changes else EntityName(document.entity),
        since=changes[-1].corrected_at if changes else document.registered_at,
        ladder=[
            (_("Members of the group"), True),
            (_("Other ITU members"), is_open and document.access != DocumentAccess.GROUP),
            (_("The public"), is_open and document.access == DocumentAccess.PUBLIC),
        ],
    )
