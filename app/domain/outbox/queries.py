"""The e-mails of a body, for its secretariat: filtered, counted by what became of them, and the content of each.

Those about what a person follows are left out: no one else sees what a person follows.
No text is stored: the content is made from the journal line each time, as it is when the e-mail is sent.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.i18n import DEFAULT_LANGUAGE, negotiate_language
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.queries.seats import build_actor
from app.domain.identity.models.tables import Person
from app.domain.messages.events import SecretariatMessageSent
from app.domain.messages.inputs import NewMessage
from app.domain.messages.queries import MessageAddress, list_addressees
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    NotificationCategory,
    NotificationKind,
)
from app.domain.notifications.queries.notifications import (
    PreparedNotification,
    list_choices_of_people,
    prepare_content,
)
from app.domain.notifications.rules.catalogue import ANNOUNCED_EVENTS, find_notification_type, list_notification_types
from app.domain.notifications.rules.kinds import KINDS_BY_CATEGORY
from app.domain.notifications.rules.recipients import NotificationContext

MAX_COUNTED = 10_000
"""Up to which number e-mails are counted: a page with such a number is left by a filter."""

NO_MESSAGE = UUID(int=0)
"""The identifier of a message that is not sent yet."""

MIN_RETURNED = 2
"""So many e-mails in a row have to be returned before a person counts as unreachable: one may be a mishap."""


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """What a secretary looks for: a category, a delivery status, part of the name or address of a person, and the
    message of the secretariat that was sent."""

    category: str = ""
    status: str = ""
    person: str = ""
    message: UUID | None = None


def _build_conditions(body: Body) -> tuple[ColumnElement[bool], ...]:
    """SQL conditions: the journal line is one of the body that is announced, and the e-mail is for its secretariat."""
    is_announced = JournalLine.body == body.id, JournalLine.event.in_(ANNOUNCED_EVENTS)
    return *is_announced, EmailNotification.kind != NotificationKind.FOLLOWED


def select_emails(body: Body, wanted: OutboxFilter) -> Select[EmailNotification, JournalLine, Person]:
    """Select the e-mails about a body that are wanted, the latest event first, with journal line and recipient."""
    statement = (
        select(EmailNotification, JournalLine, Person)
        .join(JournalLine, JournalLine.seq == EmailNotification.line)
        .join(Person, Person.id == EmailNotification.person_id)
        .where(*_build_conditions(body))
        .order_by(EmailNotification.line.desc(), EmailNotification.kind, EmailNotification.person_id)
    )
    if wanted.category:
        is_known = wanted.category in NotificationCategory
        kinds = KINDS_BY_CATEGORY[NotificationCategory(wanted.category)] if is_known else ()
        statement = statement.where(EmailNotification.kind.in_(kinds))
    if wanted.status:
        statement = statement.where(EmailNotification.fate == wanted.status)
    if wanted.message:
        statement = statement.where(build_message_line_condition([wanted.message]))
    if wanted.person:
        is_named = Person.name.icontains(wanted.person, autoescape=True)
        statement = statement.where(or_(is_named, Person.email.icontains(wanted.person, autoescape=True)))
    return statement


def count_emails(session: ReadSession, chosen: Select[EmailNotification, JournalLine, Person]) -> int:
    """Count the selected e-mails, up to `MAX_COUNTED` + 1."""
    some = chosen.with_only_columns(EmailNotification.id).order_by(None).limit(MAX_COUNTED + 1)
    return session.scalars(select(func.count()).select_from(some.subquery())).one()


def list_emails(
    session: ReadSession, chosen: Select[EmailNotification, JournalLine, Person], *, offset: int, limit: int
) -> Sequence[Row[EmailNotification, JournalLine, Person]]:
    """List one page of the selected e-mails."""
    return session.execute(chosen.offset(offset).limit(limit)).all()


MESSAGE_OF_LINE = JournalLine.facts["message"].astext


def build_message_line_condition(messages: Collection[UUID]) -> ColumnElement[bool]:
    """SQL condition: the journal line is that of one of these messages of the secretariat. It has an index."""
    is_sent = JournalLine.event == SecretariatMessageSent.name
    return and_(is_sent, MESSAGE_OF_LINE.in_([str(message) for message in messages]))


def count_emails_of_messages(session: ReadSession, messages: Collection[UUID]) -> Mapping[UUID, Mapping[str, int]]:
    """Count the e-mails of each of these messages of the secretariat by delivery status."""
    counts: dict[UUID, dict[str, int]] = {message: {} for message in messages}
    rows = session.execute(
        select(MESSAGE_OF_LINE, EmailNotification.fate, func.count())
        .join(EmailNotification, EmailNotification.line == JournalLine.seq)
        .where(build_message_line_condition(messages))
        .group_by(MESSAGE_OF_LINE, EmailNotification.fate)
    )
    for message, status, count in rows:
        counts[UUID(message)][status] = count
    return counts


def count_emails_by_status(session: ReadSession, body: Body) -> Mapping[str, int]:
    """Count the e-mails about a body by delivery status."""
    rows = session.execute(
        select(EmailNotification.fate, func.count())
        .join(JournalLine, JournalLine.seq == EmailNotification.line)
        .where(*_build_conditions(body))
        .group_by(EmailNotification.fate)
    )
    return {status: count for status, count in rows}  # noqa: C416 - rows are no pairs for mypy


def get_email(session: ReadSession, body: Body, email: UUID) -> tuple[EmailNotification, JournalLine, Person]:
    """Return one e-mail about a body, with journal line and recipient. Raises NotFound."""
    row = session.execute(select_emails(body, OutboxFilter()).where(EmailNotification.id == email)).one_or_none()
    if row is None:
        raise NotFound()
    notification, line, person = row
    return notification, line, person


def prepare_preview(
    session: ReadSession, notification: EmailNotification, line: JournalLine, person: Person
) -> PreparedNotification | None:
    """Prepare an e-mail as it is sent or would be, whatever became of it, from the current state; None if only another
    version of the portal knows its kind."""
    notification_type = find_notification_type(line, notification.kind)
    if notification_type is None:
        return None
    context = notification_type.build_context(session, line)
    return prepare_content(session, build_actor(session, person), notification, notification_type, line, context)


@dataclass(frozen=True, slots=True)
class AudienceCount:
    """The people to whom a message goes, by the language in which they get it and, within it, by name; and how many of
    them get it in the daily digest, or chose not to get it. Those are in no language."""

    people: Mapping[str, Sequence[Actor]]
    daily: int
    never: int

    @property
    def total(self) -> int:
        """The number of people who get it."""
        return sum(len(people) for people in self.people.values())


def count_audience(session: ReadSession, address: MessageAddress, languages: Collection[str]) -> AudienceCount:
    """Count the people to whom a message with this address, written in these languages, goes now."""
    addressees = list_addressees(session, address)
    choices = list_choices_of_people(session, (actor.person for actor in addressees))
    chosen = {actor: choices[actor.person][NotificationCategory.MESSAGES] for actor in addressees}
    people: dict[str, list[Actor]] = {}
    for actor in sorted(addressees, key=lambda each: (each.name, each.person)):
        if chosen[actor] is not DeliveryChoice.NEVER:
            language = negotiate_language([actor.locale])
            people.setdefault(language if language in languages else DEFAULT_LANGUAGE, []).append(actor)
    counts = Counter(chosen.values())
    return AudienceCount(people, counts[DeliveryChoice.DAILY], counts[DeliveryChoice.NEVER])


def prepare_message_preview(body: Body, new: NewMessage) -> PreparedNotification:
    """Prepare the e-mail of a message that is not sent yet."""
    facts = {"message": str(NO_MESSAGE), "template": new.template, "meeting": str(new.meeting)}
    line = JournalLine(event=SecretariatMessageSent.name, body=body.id, facts=facts)
    notification_type = next(list_notification_types(line))
    context = NotificationContext(body.id, texts=new.texts)
    notification = EmailNotification(id=NO_MESSAGE)
    return PreparedNotification(
        notification, notification_type, context, body, notification_type.fill_path(line, body.code)
    )


@dataclass(frozen=True, slots=True)
class UnreachablePerson:
    """A person whose e-mails are returned: how many, the time of the last return, and its status code."""

    person: Person
    returned: int
    at: datetime
    code: str


def list_unreachable_people(
    session: ReadSession, body: Body, people: Collection[UUID] | None = None
) -> Sequence[UnreachablePerson]:
    """List the people of a body whose last e-mails were returned, `MIN_RETURNED` or more since the last one that was
    not; only of these people, if some are given."""
    is_returned = EmailNotification.fate == DeliveryStatus.RETURNED
    last_sent = (
        select(EmailNotification.person_id, func.max(EmailNotification.line).label("line"))
        .where(EmailNotification.fate == DeliveryStatus.SENT)
        .group_by(EmailNotification.person_id)
        .subquery()
    )
    number = func.count(func.coalesce(EmailNotification.digest_id, EmailNotification.id).distinct())
    last_code = aggregate_order_by(EmailNotification.returned_code, EmailNotification.line.desc())
    statement = (
        select(Person, number, func.max(EmailNotification.ended_at), func.array_agg(last_code))
        .join(EmailNotification, EmailNotification.person_id == Person.id)
        .join(JournalLine, JournalLine.seq == EmailNotification.line)
        .outerjoin(last_sent, last_sent.c.person_id == Person.id)
        .where(is_returned, *_build_conditions(body), EmailNotification.line > func.coalesce(last_sent.c.line, 0))
        .group_by(Person.id)
        .having(number >= MIN_RETURNED)
        .order_by(Person.name, Person.id)
    )
    if people is not None:
        statement = statement.where(Person.id.in_(people))
    return [
        UnreachablePerson(person, count, cast("datetime", at), str(codes[0]))
        for person, count, at, codes in session.execute(statement)
    ]
