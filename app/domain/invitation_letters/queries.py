"""Letters of invitation: their templates, for which States they were made, and in which language each State reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.core import clock
from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.core.permissions import Actor
from app.domain.bodies.models import Accreditation, Body, Capacity
from app.domain.bodies.queries.bodies import get_visible_body
from app.domain.bodies.queries.seats import build_held_condition
from app.domain.bodies.rules import EntityInBody
from app.domain.identity.models.tables import Person
from app.domain.invitation_letters.inputs import InvitedStates
from app.domain.invitation_letters.models import InvitationLetter, InvitationSet, InvitationTemplate
from app.domain.invitation_letters.rules import PUT_INVITATION_TEMPLATE, SEE_LETTERS
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import get_visible_meeting
from app.domain.member_states import MEMBER_STATES
from app.domain.participants.models import Participant


@dataclass(frozen=True, slots=True)
class LastLetter:
    """The last letter to a Member State: when it was made, in which language, and the name of who made it."""

    made_at: datetime
    language: str
    author: str


@dataclass(frozen=True, slots=True)
class InvitedState:
    """A Member State: the language that most of its focal points chose, None if none chose one; whether it registered
    participants; and the last letter to it."""

    code: str
    language: str | None
    is_registered: bool
    last_letter: LastLetter | None

    def is_among(self, which: InvitedStates, selected: frozenset[str] = frozenset()) -> bool:
        """Return whether the State is one of these; `selected` are those that were selected one by one."""
        match which:
            case InvitedStates.WITHOUT_LETTER:
                return self.last_letter is None
            case InvitedStates.UNREGISTERED:
                return not self.is_registered
            case InvitedStates.SELECTED:
                return self.code in selected
            case InvitedStates.ALL:
                return True


def get_meeting_with_letters(session: ReadSession, actor: Actor, meeting_id: UUID) -> Meeting:
    """Return a meeting whose letters of invitation the actor may see. Raises NotFound."""
    meeting = get_visible_meeting(session, actor, meeting_id)
    if not SEE_LETTERS.allows(actor, meeting):
        raise NotFound()
    return meeting


def get_body_with_letters(session: ReadSession, actor: Actor, code: str) -> Body:
    """Return a body whose templates of letters of invitation the actor may change. Raises NotFound."""
    body = get_visible_body(session, actor, code)
    if not PUT_INVITATION_TEMPLATE.allows(actor, EntityInBody(body.id)):
        raise NotFound()
    return body


def list_invited_states(session: ReadSession, meeting: Meeting) -> list[InvitedState]:
    """List all Member States by code, in three SQL statements."""
    languages, last_letters = _find_languages(session, meeting.body_id), _find_last_letters(session, meeting)
    registered = set(
        session.scalars(
            select(Participant.entity)
            .where(Participant.meeting_id == meeting.id, Participant.cancelled_at.is_(None))
            .distinct()
        )
    )
    return [
        InvitedState(code, languages.get(code), code in registered, last_letters.get(code))
        for code in sorted(MEMBER_STATES)
    ]


def find_language_of_state(session: ReadSession, body_id: UUID, code: str) -> str:
    """Find the language of the letters to a State: that of its focal points, English if they chose none."""
    return _find_languages(session, body_id).get(code, DEFAULT_LANGUAGE)


def _find_languages(session: ReadSession, body_id: UUID) -> Mapping[str, str]:
    """Find the language that most focal points of each State chose; of as many, the first of the official ones."""
    chosen = (
        select(Accreditation.entity, Person.locale, func.count(Person.id.distinct()))
        .where(
            Accreditation.body_id == body_id,
            Accreditation.capacity == Capacity.FOCAL_POINT,
            Person.locale.in_(LANGUAGES),
            build_held_condition(Accreditation, Person, Body, clock.now().date()),
        )
        .group_by(Accreditation.entity, Person.locale)
    )
    counts: dict[str, Counter[str]] = {}
    for entity, locale, people in session.execute(chosen):
        counts.setdefault(entity, Counter())[str(locale)] = people
    return {entity: max(LANGUAGES, key=lambda code: found[code]) for entity, found in counts.items()}


def _find_last_letters(session: ReadSession, meeting: Meeting) -> Mapping[str, LastLetter]:
    """Find the last letter to each State."""
    rows = session.execute(
        select(InvitationLetter.entity, InvitationSet.made_at, InvitationLetter.lang, Person.name)
        .join(InvitationSet, InvitationSet.id == InvitationLetter.set_id)
        .join(Person, Person.id == InvitationSet.made_by)
        .where(InvitationSet.meeting_id == meeting.id)
        .ext(distinct_on(InvitationLetter.entity))
        .order_by(InvitationLetter.entity, InvitationSet.made_at.desc(), InvitationSet.id)
    )
    return {entity: LastLetter(made_at, lang, name) for entity, made_at, lang, name in rows}


def list_letter_sets(session: ReadSession, meeting: Meeting) -> Sequence[Row[InvitationSet, str, int]]:
    """List the sets of letters to a meeting, the latest first, with the name of who made each and how many it has."""
    count = select(func.count()).where(InvitationLetter.set_id == InvitationSet.id).correlate(InvitationSet)
    return session.execute(
        select(InvitationSet, Person.name, count.scalar_subquery())
        .join(Person, Person.id == InvitationSet.made_by)
        .where(InvitationSet.meeting_id == meeting.id)
        .order_by(InvitationSet.made_at.desc(), InvitationSet.id)
    ).all()


def get_letter_set(session: ReadSession, meeting: Meeting, set_id: UUID) -> InvitationSet:
    """Return a set of letters to a meeting. Raises NotFound."""
    found = session.scalar(
        select(InvitationSet).where(InvitationSet.id == set_id, InvitationSet.meeting_id == meeting.id)
    )
    if found is None:
        raise NotFound()
    return found


def list_letters(session: ReadSession, letter_set: InvitationSet) -> Sequence[InvitationLetter]:
    """List the letters of a set by the code of their State."""
    statement = select(InvitationLetter).where(InvitationLetter.set_id == letter_set.id)
    return session.scalars(statement.order_by(InvitationLetter.entity)).all()


def find_last_set(session: ReadSession, meeting: Meeting) -> InvitationSet | None:
    """Find the last set of letters of the body of a meeting: to that meeting if there is one, else to another."""
    return session.scalar(
        select(InvitationSet)
        .join(Meeting, Meeting.id == InvitationSet.meeting_id)
        .where(Meeting.body_id == meeting.body_id)
        .order_by((InvitationSet.meeting_id == meeting.id).desc(), InvitationSet.made_at.desc(), InvitationSet.id)
        .limit(1)
    )


def list_invitation_templates(
    session: ReadSession, body_id: UUID, language: str
) -> Sequence[Row[InvitationTemplate, str]]:
    """List every template that a body had in one language with the names of who put them, the latest first."""
    return session.execute(
        select(InvitationTemplate, Person.name)
        .join(Person, Person.id == InvitationTemplate.put_by)
        .where(InvitationTemplate.body_id == body_id, InvitationTemplate.lang == language)
        .order_by(InvitationTemplate.put_at.desc(), InvitationTemplate.id)
    ).all()


def find_invitation_templates(session: ReadSession, body_id: UUID) -> Mapping[str, InvitationTemplate]:
    """Find the present templates of a body by language; the default one, where there is none, is left out."""
    rows = session.scalars(
        select(InvitationTemplate)
        .where(InvitationTemplate.body_id == body_id)
        .ext(distinct_on(InvitationTemplate.lang))
        .order_by(InvitationTemplate.lang, InvitationTemplate.put_at.desc(), InvitationTemplate.id)
    )
    return {row.lang: row for row in rows if row.sha256}
