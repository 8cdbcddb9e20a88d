"""What a delegation sees, for a secretary or a chair who looks at it: what both of them may see, and nothing else.

The delegate is invented: it has a seat in the bodies of which the viewer is secretary or chair and nowhere else, so
that no one learns what a State sees in other bodies. The database goes on reading for the viewer (row security).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, select

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.permissions import Actor, Seat
from app.domain import member_states
from app.domain.bodies.models import Body, Capacity
from app.domain.bodies.rules import SEE_AS_DELEGATION, EntityInBody
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.identity.models.tables import MemberState
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries.document_filters import select_documents

NO_PERSON = UUID(int=0)


def build_delegate(session: ReadSession, viewer: Actor, state: str) -> Actor:
    """Build a delegate of a State in those bodies of the viewer that admit the State.

    Raises NotFound for a code that is no State, and if the viewer is neither secretary nor chair in any such body.
    """
    category = session.scalar(select(MemberState.category).where(MemberState.code == state))
    if category is None or not member_states.is_known_state(state):
        raise NotFound()
    theirs = Body.id.in_(viewer.bodies_with_role())
    admitting = session.scalars(select(Body.id).where(theirs, Body.admits.contains([category])))
    seats = frozenset(
        Seat(Capacity.DELEGATE, body, state)
        for body in admitting
        if SEE_AS_DELEGATION.allows(viewer, EntityInBody(body, state))
    )
    if not seats:
        raise NotFound()
    return Actor(NO_PERSON, "", category, state, seats)


def select_documents_of_both(viewer: Actor, delegate: Actor, scope: DocumentSearchScope) -> Select[Document]:
    """Select the documents that both may see."""
    seen_by_viewer = list_visible_documents(viewer).with_only_columns(Document.id)
    return select_documents(delegate, scope, DocumentListFilter()).where(Document.id.in_(seen_by_viewer))


def list_meetings_of_both(session: ReadSession, viewer: Actor, delegate: Actor) -> Sequence[Row[Meeting, Body]]:
    """List the meetings that both may see, with their bodies, the latest first."""
    seen_by_delegate = set(
        session.scalars(meetings.list_visible_meetings(delegate).with_only_columns(Meeting.id)).all()
    )
    return [row for row in meetings.list_meetings_with_bodies(session, viewer) if row[0].id in seen_by_delegate]


def get_meeting_of_both(session: ReadSession, viewer: Actor, delegate: Actor, meeting_id: UUID) -> Meeting:
    """Return a meeting that both may see. Raises NotFound."""
    meetings.get_visible_meeting(session, viewer, meeting_id)
    return meetings.get_visible_meeting(session, delegate, meeting_id)
