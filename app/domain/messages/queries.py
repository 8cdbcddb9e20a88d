"""Messages of a secretariat with their texts, and the people to whom one goes or would go."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Row, and_, func, select

from app.core.db import ReadSession
from app.core.errors import Conflict, NotFound
from app.core.i18n import DEFAULT_LANGUAGE
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.seats import list_actors, select_people_with_seats
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.meetings.queries import list_visible_meetings
from app.domain.meetings.rules import has_deadline_passed
from app.domain.messages.inputs import MessageChoice, MessageText
from app.domain.messages.models import (
    MessageAudience,
    MessageTemplate,
    SecretariatMessage,
    SecretariatMessageText,
)
from app.domain.messages.rules import is_addressee
from app.domain.participants.models import Participant

TEMPLATES_BEFORE_MEETING = (MessageTemplate.INVITATION, MessageTemplate.DEADLINE)
"""The templates of what is written only about a meeting that is going to be held."""


@dataclass(frozen=True, slots=True)
class MessageAddress:
    """An audience of a body. `registered` are the participants of the meeting, for that audience alone."""

    body_id: UUID
    audience: str
    registered: frozenset[UUID] = field(default_factory=frozenset)


def build_message_address(
    session: ReadSession, body_id: UUID, audience: str, meeting_id: UUID | None
) -> MessageAddress:
    """Build the address of a message from its audience and its meeting."""
    if audience != MessageAudience.PARTICIPANTS or meeting_id is None:
        return MessageAddress(body_id, audience)
    registered = select(Participant.person_id).where(
        Participant.meeting_id == meeting_id, Participant.cancelled_at.is_(None)
    )
    people = session.scalars(registered.where(Participant.person_id.is_not(None)))
    return MessageAddress(body_id, audience, frozenset(person for person in people if person))


def list_addressees(session: ReadSession, address: MessageAddress) -> list[Actor]:
    """List the people to whom a message with this address goes now, by identifier."""
    candidates = list_actors(session, Person.id.in_(select_people_with_seats(address.body_id)))
    return [actor for actor in candidates if is_addressee(actor, address)]


def list_meetings_for_message(session: ReadSession, actor: Actor, body: Body) -> Sequence[Meeting]:
    """List the meetings of a body that a message can be about, the latest first: all but those not convened yet."""
    visible = list_visible_meetings(actor).where(Meeting.body_id == body.id, Meeting.life != MeetingLife.PLANNED)
    return session.scalars(visible.order_by(Meeting.opens_on.desc(), Meeting.number.desc())).all()


def get_meeting_for_message(session: ReadSession, actor: Actor, body: Body, choice: MessageChoice) -> Meeting | None:
    """Return the meeting that a message is about; None for no meeting. Raises NotFound if it cannot be about it."""
    if choice.meeting is None:
        return None
    meetings = {meeting.id: meeting for meeting in list_meetings_for_message(session, actor, body)}
    if choice.meeting not in meetings:
        raise NotFound()
    return meetings[choice.meeting]


def require_sendable_choice(session: ReadSession, actor: Actor, body: Body, choice: MessageChoice) -> Meeting | None:
    """Return the meeting that a message is about, if any. Raises NotFound for a meeting that it cannot be about, and
    Conflict if no one is in the audience, the meeting to which it invites was cancelled or has ended, or the deadline
    of which it reminds has passed."""
    meeting = get_meeting_for_message(session, actor, body, choice)
    if choice.template in TEMPLATES_BEFORE_MEETING and meeting and meeting.life == MeetingLife.CANCELLED:
        raise Conflict(_("This meeting was cancelled. Select another template."))
    if choice.template == MessageTemplate.INVITATION and meeting and meeting.life == MeetingLife.CLOSED:
        raise Conflict(_("This meeting has ended. Select another template."))
    if choice.template == MessageTemplate.DEADLINE and meeting and has_deadline_passed(meeting.contributions_due_at):
        raise Conflict(_("The deadline for contributions to this meeting has passed. Select another template."))
    if not list_addressees(session, build_message_address(session, body.id, choice.audience, choice.meeting)):
        raise Conflict(_("No one belongs to these recipients. Select others."))
    return meeting


def list_messages(
    session: ReadSession, body: Body, *, offset: int = 0, limit: int
) -> Sequence[Row[SecretariatMessage, str, str]]:
    """List the messages about a body, the latest first, with their English subject and the name of the secretary."""
    english = and_(
        SecretariatMessageText.message_id == SecretariatMessage.id, SecretariatMessageText.lang == DEFAULT_LANGUAGE
    )
    return session.execute(
        select(SecretariatMessage, SecretariatMessageText.subject, Person.name)
        .join(SecretariatMessageText, english)
        .join(Person, Person.id == SecretariatMessage.sent_by)
        .where(SecretariatMessage.body_id == body.id)
        .order_by(SecretariatMessage.sent_at.desc(), SecretariatMessage.id)
        .offset(offset)
        .limit(limit)
    ).all()


def count_messages(session: ReadSession, body: Body) -> int:
    """Count the messages about a body."""
    return session.scalars(
        select(func.count()).select_from(SecretariatMessage).where(SecretariatMessage.body_id == body.id)
    ).one()


def get_visible_message(session: ReadSession, actor: Actor, message_id: UUID) -> tuple[SecretariatMessage, Body]:
    """Return a message with its body, if the actor is a secretary of that. Raises NotFound."""
    row = session.execute(
        select(SecretariatMessage, Body)
        .join(Body, Body.id == SecretariatMessage.body_id)
        .where(SecretariatMessage.id == message_id, Body.id.in_(actor.bodies_with_role(Office.SECRETARY)))
    ).one_or_none()
    if row is None:
        raise NotFound()
    message, body = row
    return message, body


def list_subjects(session: ReadSession, messages: Collection[UUID]) -> Mapping[UUID, str]:
    """List the English subjects of messages."""
    is_english = SecretariatMessageText.lang == DEFAULT_LANGUAGE
    named = select(SecretariatMessageText).where(SecretariatMessageText.message_id.in_(messages), is_english)
    return {row.message_id: row.subject for row in session.scalars(named)}


def list_message_texts(session: ReadSession, message_id: UUID) -> Mapping[str, MessageText]:
    """List the texts of a message by language."""
    rows = session.scalars(select(SecretariatMessageText).where(SecretariatMessageText.message_id == message_id))
    return {row.lang: MessageText.model_construct(subject=row.subject, text=row.text) for row in rows}
