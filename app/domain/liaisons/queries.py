"""Queries for incoming liaisons. A returned one, and one that is not registered yet, is for chair and secretariat."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, String, and_, cast, exists, func, or_, select, union

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter
from app.core.db import ReadSession, add_row_lock
from app.core.errors import BadRequest, Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.addressees.queries import list_addressee_rows
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.seats import list_actors, select_people_with_seats
from app.domain.bodies.rules import CHAIRS
from app.domain.documents.models import Document
from app.domain.identity.models.tables import Person
from app.domain.liaisons.inputs import LiaisonFilter
from app.domain.liaisons.models import Liaison, LiaisonFile, LiaisonReply, LiaisonState
from app.domain.liaisons.rules import (
    SHOWN_TO_DELEGATIONS,
    TAKE_IN,
    LiaisonRuleSubject,
    ReplyRuleSubject,
    build_liaison_rule_subject,
    is_from_party,
    is_open,
)
from app.domain.mandates.queries import build_citing_condition
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import build_upcoming_condition, is_meeting_of_series, list_visible_meetings
from app.domain.outputs.inputs import OutputCover
from app.domain.outputs.models import Forwarding, Output, OutputKind, OutputStatus
from app.domain.outputs.queries.outputs import list_sponsors_of_output, list_visible_outputs

LIAISON_OFFICES = (*CHAIRS, Office.SECRETARY)
WAITS = and_(Liaison.state == LiaisonState.REGISTERED, Liaison.wants != RequestedAct.INFORMATION)
"""Condition: something is asked of the body and not done."""
DUE_ON = func.least(Liaison.reply_by, Liaison.held_until)
"""The day by which something is due; NULL without one."""


REPLIES = union(
    select(OutputAddressee.output_id, OutputAddressee.in_reply_to.label("liaison_id")).where(
        OutputAddressee.in_reply_to.is_not(None)
    ),
    select(LiaisonReply.output_id, LiaisonReply.liaison_id),
).subquery("reply")
"""Which output replies to which liaison: that which the row of an addressee names, as it is adopted, or that which an
earlier version noted outside of the text."""


def list_visible_liaisons(actor: Actor) -> Select[Liaison]:
    """Select the liaisons that an actor may see: registered ones of every body in which they have a seat, and all of
    those where they are chair or secretary."""
    registered = and_(Liaison.body_id.in_(actor.bodies_with_role()), Liaison.state.in_(SHOWN_TO_DELEGATIONS))
    return select(Liaison).where(or_(Liaison.body_id.in_(actor.bodies_with_role(*LIAISON_OFFICES)), registered))


def get_visible_liaison(session: ReadSession, actor: Actor, liaison_id: UUID, *, lock: bool = False) -> Liaison:
    """Return a liaison that the actor may see; with `lock`, locked until the transaction ends. Raises NotFound."""
    statement = list_visible_liaisons(actor).where(Liaison.id == liaison_id)
    liaison = session.scalar(add_row_lock(statement) if lock else statement)
    if liaison is None:
        raise NotFound()
    return liaison


def get_liaison_to_answer(session: ReadSession, actor: Actor, body_id: UUID, liaison_id: UUID) -> Liaison:
    """Return a liaison of a body that waits for a reply. Raises NotFound of one that the actor may not see or of
    another body, Conflict of one that waits for nothing."""
    liaison = get_visible_liaison(session, actor, liaison_id)
    if liaison.body_id != body_id:
        raise NotFound()
    if objection := is_open.objection_to(actor, build_liaison_rule_subject(liaison)):
        raise Conflict(objection)
    return liaison


def get_liaison_rule_subject(session: ReadSession, liaison: Liaison) -> LiaisonRuleSubject:
    """Return a liaison with the facts that the rules need."""
    answered = session.get(Output, liaison.answers) if liaison.answers else None
    sponsors = frozenset(list_sponsors_of_output(session, answered)) if answered else frozenset[str]()
    return build_liaison_rule_subject(liaison, sponsors)


def get_reply_rule_subject(session: ReadSession, liaison: Liaison, output: Output) -> ReplyRuleSubject:
    """Return an output with the facts that the rules on replies to a liaison need. Raises NotFound if both are of
    different bodies."""
    if output.body_id != liaison.body_id:
        raise NotFound()
    answers = set(session.scalars(select(REPLIES.c.liaison_id).where(REPLIES.c.output_id == output.id)))
    of_sender = select(Liaison.id).where(Liaison.id.in_(answers), _is_same_sender(liaison))
    return ReplyRuleSubject(
        output.body_id,
        output.kind,
        output.status,
        liaison.state == LiaisonState.REGISTERED and liaison.wants != RequestedAct.INFORMATION,
        liaison.id in answers,
        session.scalar(of_sender.where(Liaison.id != liaison.id).limit(1)) is not None,
    )


def select_liaison_rows(actor: Actor, filters: LiaisonFilter) -> Select[Liaison, str, str | None, UUID | None]:
    """Select the liaisons that an actor may see with the prefix of the body, and symbol and id of the document,
    narrowed by a filter; those that wait first, by the day on which something is due."""
    statement = (
        list_visible_liaisons(actor)
        .join(Body, Body.id == Liaison.body_id)
        .outerjoin(Document, Document.id == Liaison.document_id)
        .add_columns(Body.prefix, Document.symbol, Document.id)
        .where(*_list_conditions(filters))
    )
    return statement.order_by((~WAITS), DUE_ON.asc().nulls_last(), Liaison.received_at.desc(), Liaison.id)


def _list_conditions(filters: LiaisonFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.words:
        pattern = f"%{filters.words.replace('%', '').replace('_', '')}%"
        conditions.append(
            or_(*(column.ilike(pattern) for column in (Liaison.subject, Liaison.symbol, Document.symbol)))
        )
    if filters.show:
        conditions.append(
            {
                "waiting": WAITS,
                "overdue": and_(WAITS, build_day_parameter() > DUE_ON),
                "received": Liaison.state == LiaisonState.RECEIVED,
                "done": Liaison.state.in_((LiaisonState.ANSWERED, LiaisonState.CLOSED, LiaisonState.RETURNED)),
            }[filters.show]
        )
    if filters.party:
        is_body = Liaison.sender_body_id.in_(select(Body.id).where(Body.code == filters.party))
        conditions.append(or_(Liaison.organization == filters.party, is_body))
    if filters.meeting:
        of_meeting = select(Meeting.id).where(
            Meeting.id == filters.meeting,
            Meeting.body_id == Document.body_id,
            cast(Meeting.number, String) == Document.scope,
        )
        conditions.append(of_meeting.correlate(Document).exists())
    if filters.topic:
        conditions.append(Liaison.topics.contains([filters.topic]))
    if filters.group:
        conditions.append(Body.code == filters.group)
    if filters.mandate:
        conditions.append(build_citing_condition(Liaison.mandates, filters.mandate))
    if filters.action_line:
        conditions.append(Liaison.action_lines.contains([filters.action_line]))
    return conditions


def list_liaison_rows(
    session: ReadSession, actor: Actor, filters: LiaisonFilter, *, limit: int | None = None, offset: int = 0
) -> Sequence[Row[Liaison, str, str | None, UUID | None]]:
    """List the liaisons that an actor may see, as `select_liaison_rows` selects them."""
    return session.execute(select_liaison_rows(actor, filters).limit(limit).offset(offset)).all()


def count_liaisons(session: ReadSession, actor: Actor, filters: LiaisonFilter) -> int:
    """Count the liaisons that `list_liaison_rows` lists."""
    rows = select_liaison_rows(actor, filters).with_only_columns(Liaison.id).order_by(None)
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def select_served_bodies(actor: Actor) -> Select[Body, bool]:
    """Select the bodies for which the actor takes in liaisons, each with whether one awaits registration there."""
    served = [
        body for body in actor.bodies_with_role(Office.SECRETARY) if TAKE_IN.allows(actor, LiaisonRuleSubject(body))
    ]
    awaits = exists().where(Liaison.body_id == Body.id, Liaison.state == LiaisonState.RECEIVED)
    return select(Body, awaits).where(Body.id.in_(served)).order_by(Body.id)


def list_liaisons_to_register(
    session: ReadSession, actor: Actor, body_id: UUID, keys: Collection[UUID] | None = None, *, lock: bool = False
) -> Sequence[Liaison]:
    """List the received liaisons of a body, for its secretaries, in the order in which they were received: all, or
    those with these keys; with `lock`, locked until the transaction ends."""
    served = Liaison.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    statement = (
        select(Liaison)
        .where(served, Liaison.body_id == body_id, Liaison.state == LiaisonState.RECEIVED)
        .order_by(Liaison.received_at, Liaison.id)
    )
    if keys is not None:
        statement = statement.where(Liaison.id.in_(keys))
    return session.scalars(add_row_lock(statement) if lock else statement).all()


def list_liaison_files(session: ReadSession, liaison: Liaison) -> Sequence[LiaisonFile]:
    """List the files of a liaison, that in the language of its subject first."""
    rows = session.scalars(select(LiaisonFile).where(LiaisonFile.liaison_id == liaison.id)).all()
    return sorted(rows, key=lambda row: (row.language != liaison.original, row.language))


def get_liaison_file(session: ReadSession, liaison: Liaison, language: str) -> LiaisonFile:
    """Return the file of a liaison in one language. Raises NotFound."""
    row = session.get(LiaisonFile, (liaison.id, language))
    if row is None:
        raise NotFound()
    return row


def list_possible_holders(session: ReadSession, body_id: UUID) -> list[Actor]:
    """List the people who have a seat in the body today, by name."""
    found = list_actors(session, Person.id.in_(select_people_with_seats(body_id)))
    seated = [actor for actor in found if body_id in actor.bodies_with_role()]
    return sorted(seated, key=lambda actor: (actor.name, actor.person))


def find_holder(session: ReadSession, body_id: UUID, person_id: UUID) -> Actor | None:
    """Find a person who has a seat in the body today."""
    return next((each for each in list_possible_holders(session, body_id) if each.person == person_id), None)


def select_sender_codes(actor: Actor) -> Select[str | None]:
    """Select the codes of the organizations that sent the liaisons that an actor may see."""
    sent_by = list_visible_liaisons(actor).where(Liaison.organization.is_not(None))
    return sent_by.with_only_columns(Liaison.organization).distinct().order_by(Liaison.organization)


def select_sender_bodies(actor: Actor) -> Select[Body]:
    """Select the bodies that sent the liaisons that an actor may see."""
    senders = list_visible_liaisons(actor).with_only_columns(Liaison.sender_body_id)
    return select(Body).where(Body.id.in_(senders)).order_by(Body.prefix)


def select_cited_codes(actor: Actor) -> Sequence[Select[str]]:
    """Select the codes of mandates and of action lines that the liaisons cite that an actor may see."""
    seen = list_visible_liaisons(actor)
    return [
        seen.with_only_columns(func.unnest(column)).distinct() for column in (Liaison.mandates, Liaison.action_lines)
    ]


def list_replies(session: ReadSession, actor: Actor, liaison: Liaison) -> Sequence[Output]:
    """List the outputs in reply to a liaison that the actor may see."""
    replies = select(REPLIES.c.output_id).where(REPLIES.c.liaison_id == liaison.id)
    own = list_visible_outputs(actor).where(Output.id.in_(replies), Output.body_id == liaison.body_id)
    return session.scalars(own.order_by(Output.id)).all()


def list_possible_replies(session: ReadSession, actor: Actor, liaison: Liaison) -> Sequence[Output]:
    """List the drafts of liaison statements of the body that reply to no liaison of the same sender yet."""
    taken = select(REPLIES.c.output_id).join(Liaison, Liaison.id == REPLIES.c.liaison_id)
    return session.scalars(
        list_visible_outputs(actor)
        .where(
            Output.body_id == liaison.body_id,
            Output.kind == OutputKind.LIAISON_STATEMENT,
            Output.status == OutputStatus.DRAFT,
            Output.id.not_in(taken.where(_is_same_sender(liaison))),
        )
        .order_by(Output.id)
    ).all()


def list_meetings_for_reply(session: ReadSession, actor: Actor, liaison: Liaison) -> Sequence[Meeting]:
    """List the meetings at which the reply to a liaison can be prepared: that at which it was registered, then those
    that are convened and not over, the next first."""
    series = select(Document.id).where(
        Document.id == liaison.document_id, is_meeting_of_series(Document.body_id, Document.scope)
    )
    registered_there = series.correlate(Meeting).exists()
    return session.scalars(
        list_visible_meetings(actor)
        .where(Meeting.body_id == liaison.body_id, or_(registered_there, build_upcoming_condition()))
        .order_by(registered_there.desc(), Meeting.opens_on, Meeting.number)
    ).all()


def list_outputs_to_answer(session: ReadSession, actor: Actor, body_id: UUID) -> Sequence[Output]:
    """List the released liaison statements of a body, which a liaison may reply to, the latest first."""
    return session.scalars(
        list_visible_outputs(actor)
        .where(
            Output.body_id == body_id,
            Output.kind == OutputKind.LIAISON_STATEMENT,
            Output.status == OutputStatus.RELEASED,
        )
        .order_by(Output.released_at.desc(), Output.id)
    ).all()


def select_liaisons_to_answer(actor: Actor, body_id: UUID) -> Select[Liaison, str | None]:
    """Select the visible liaisons of a body that wait for a reply, with the symbol of their document, the latest
    first."""
    return (
        list_visible_liaisons(actor)
        .outerjoin(Document, Document.id == Liaison.document_id)
        .add_columns(Document.symbol)
        .where(WAITS, Liaison.body_id == body_id)
        .order_by(Liaison.received_at.desc(), Liaison.id)
    )


def require_open_liaisons(
    session: ReadSession, actor: Actor, body_id: UUID, cover: OutputCover, output: Output | None = None
) -> None:
    """Raise BadRequest unless each liaison that a cover replies to waits for a reply of its body, or is one that the
    output replied to before; and unless the addressee whose row names it has sent it: no liaison is answered by a text
    that its sender does not get."""
    chosen = {each.in_reply_to for each in cover.addressees if each.in_reply_to}
    before = {each.in_reply_to for each in list_addressee_rows(session, output)} if output else set[UUID | None]()
    if chosen <= before:
        return
    waiting = {liaison.id: liaison for liaison, _ignored in session.execute(select_liaisons_to_answer(actor, body_id))}
    if not chosen <= before | waiting.keys():
        raise BadRequest(_("Select a liaison statement to this group that awaits a reply."))
    for each in cover.addressees:
        if each.in_reply_to in waiting and not is_from_party(each, waiting[each.in_reply_to]):
            raise BadRequest(_("Select a liaison statement that this recipient sent."))


def _is_same_sender(liaison: Liaison) -> ColumnElement[bool]:
    """SQL condition: the liaison has the sender of this one."""
    return and_(
        Liaison.organization.is_not_distinct_from(liaison.organization),
        Liaison.sender_body_id.is_not_distinct_from(liaison.sender_body_id),
    )


def _is_answered_by(output_id: UUID) -> ColumnElement[bool]:
    """SQL condition: the output replies to the liaison."""
    return Liaison.id.in_(select(REPLIES.c.liaison_id).where(REPLIES.c.output_id == output_id))


def list_liaisons_in_reply_to(session: ReadSession, output: Output) -> Sequence[Liaison]:
    """List the liaisons of the body of an output to which it replies. For the worker."""
    own = select(Liaison).where(_is_answered_by(output.id), Liaison.body_id == output.body_id)
    return session.scalars(own.order_by(Liaison.id)).all()


def list_visible_liaisons_in_reply_to(
    session: ReadSession, actor: Actor, output: Output
) -> Sequence[Row[Liaison, str | None]]:
    """List the visible liaisons to which an output replies, each with the symbol of its document."""
    statement = list_visible_liaisons(actor).outerjoin(Document, Document.id == Liaison.document_id)
    own = statement.where(_is_answered_by(output.id), Liaison.body_id == output.body_id)
    return session.execute(own.add_columns(Document.symbol).order_by(Liaison.received_at, Liaison.id)).all()


def select_visible_answers(actor: Actor) -> Select[Liaison]:
    """Select the visible liaisons that answer an output; one that was returned to its sender is no answer."""
    return list_visible_liaisons(actor).where(Liaison.answers.is_not(None), Liaison.state != LiaisonState.RETURNED)


def list_visible_answers_to_output(
    session: ReadSession, actor: Actor, output_id: UUID
) -> Sequence[Row[Liaison, str | None]]:
    """List the visible liaisons that answer an output, each with the symbol of its document, the earliest first."""
    answers = select_visible_answers(actor).outerjoin(Document, Document.id == Liaison.document_id)
    of_output = answers.where(Liaison.answers == output_id).add_columns(Document.symbol)
    return session.execute(of_output.order_by(Liaison.received_at, Liaison.id)).all()


def find_liaison_of_document(session: ReadSession, document: Document) -> Liaison | None:
    """Find the liaison that became a document, or that it is. For the worker."""
    return session.scalar(select(Liaison).where(Liaison.document_id == document.id))


def find_output_answered_by(session: ReadSession, addressee: OutputAddressee, body_id: UUID) -> UUID | None:
    """Find the output of a body that the statement of another one answers, as the row of its addressee says: that of
    which the sender received the liaison. For the worker."""
    answered = (
        select(Output.id)
        .join(Forwarding, Forwarding.output_id == Output.id)
        .join(Liaison, Liaison.document_id == Forwarding.document_id)
        .where(Liaison.id == addressee.in_reply_to, Output.body_id == body_id)
    )
    return session.scalar(answered)


def find_symbol_of_liaison(session: ReadSession, liaison: Liaison) -> str | None:
    """Find the symbol of the document that a liaison became."""
    return session.scalar(select(Document.symbol).where(Document.id == liaison.document_id))


def list_overdue_liaisons(session: ReadSession) -> Sequence[Liaison]:
    """List the liaisons of all bodies that are overdue today. For the worker."""
    return session.scalars(select(Liaison).where(WAITS, clock.now().date() > DUE_ON).order_by(Liaison.id)).all()


def list_near_liaisons(session: ReadSession, after: date, until: date) -> Sequence[Liaison]:
    """List the liaisons of all bodies for which something is due after one day, and on another one at the latest."""
    return session.scalars(select(Liaison).where(WAITS, after < DUE_ON, until >= DUE_ON).order_by(Liaison.id)).all()
