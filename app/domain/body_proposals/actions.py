"""Propose a new body, the first secretary of one, a change of one or its end; confirm that as another secretary, or
decline it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from app.core import clock, journal
from app.core.db import ReadSession, RowLockStrength, WriteSession, lock_row
from app.core.errors import BadRequest, Conflict, require_version
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event
from app.core.permissions import BODY_HAS_ENDED, Actor
from app.core.validation import ReasonInput
from app.domain.bodies.actions.bodies import compute_content_digest, put_content, put_rules
from app.domain.bodies.events import (
    AdmissionChanged,
    BodyChanged,
    LanguagesSet,
    OfficeConfirmed,
    PositionAudienceSet,
    SilenceSet,
)
from app.domain.bodies.models import Appointment, Body, Office
from app.domain.bodies.queries.contents import require_possible_parent
from app.domain.bodies.rules import AccreditationOrOffice, EntityInBody, choose_served_body
from app.domain.body_proposals import events, queries, rules
from app.domain.body_proposals.inputs import BodyEnd, ChangedBody, FirstSecretary, NewBody
from app.domain.body_proposals.models import BodyProposal, BodyProposalKind
from app.domain.documents.models import DocumentSeries
from app.domain.identity.models.claims import MembershipCategory
from app.domain.identity.models.tables import Person

CONTRIBUTIONS = "C"
CODES_IN_SYMBOLS = ("INF", "ADM", "DT", "DL", "R", "OUT", "LS")
NOT_STAFF = _("Secretaries are from the staff of ITU. Select another person.")
PREFIX_TAKEN = _("Another group has this prefix. Enter another one.")
HAS_SECRETARY = _("This group has a secretary by now, who proposes further ones.")
PAST_DAY = _("This day is past. Enter a later one.")
NOTHING_CHANGED = _("The group is already as you entered it. Change a field.")
STAFF_OR_MEMBERS = _("A group of members cannot become one of the staff of ITU, nor the reverse.")


@dataclass(frozen=True, slots=True)
class _ProposedContent:
    """What was entered for a body, as it is kept, and the digest of it; `before` is what the body was."""

    content: dict[str, object]
    digest: str
    before: dict[str, object] | None = None


def propose_body(session: WriteSession, actor: Actor, new: NewBody, secretary: FirstSecretary) -> BodyProposal:
    """Propose a new body with its first secretary.

    Raises Forbidden, and BadRequest for a prefix that is taken, a parent that cannot be, or who is no staff of ITU.
    """
    rules.PROPOSE_BODY.require(actor, AccreditationOrOffice(None, "", secretary.person, Office.SECRETARY))
    require_possible_parent(session, new.parent)
    _require_free_prefix(session, new)
    _require_possible_secretary(session, secretary)
    content = _ProposedContent(new.model_dump(mode="json"), compute_content_digest(new))
    return _propose(session, actor, BodyProposalKind.NEW, None, secretary, content)


def propose_first_secretary(session: WriteSession, actor: Actor, body: Body, secretary: FirstSecretary) -> BodyProposal:
    """Propose the first secretary of a body that has none. Raises Forbidden, Conflict if it has one or one is proposed,
    and BadRequest."""
    lock_row(session, body)
    rules.PROPOSE_BODY.require(actor, AccreditationOrOffice(body.id, "", secretary.person, Office.SECRETARY))
    _require_possible_secretary(session, secretary)
    if queries.has_secretary(session, body.id):
        raise Conflict(HAS_SECRETARY)
    return _propose(session, actor, BodyProposalKind.FIRST_SECRETARY, body, secretary)


def propose_change(
    session: WriteSession, actor: Actor, body: Body, content: ChangedBody, reason: ReasonInput, *, version: int
) -> BodyProposal:
    """Propose what a body is from a change on.

    Raises Forbidden, Conflict once it has ended or while something is proposed, Stale, and BadRequest for a parent that
    cannot be, for members in a group of the staff of ITU or the reverse, and if nothing would change.
    """
    lock_row(session, body, RowLockStrength.NO_KEY_UPDATE)
    rules.PROPOSE_CHANGE.require(actor, EntityInBody(body.id))
    require_version(body.version or 1, version)
    require_possible_parent(session, content.parent, body.id)
    was = queries.read_body_with_rules(body)
    if (MembershipCategory.ITU_STAFF in content.admits) != (MembershipCategory.ITU_STAFF in was.admits):
        raise BadRequest(STAFF_OR_MEMBERS)
    if content == was:
        raise BadRequest(NOTHING_CHANGED)
    proposed = _ProposedContent(
        content.model_dump(mode="json"), compute_content_digest(content), was.model_dump(mode="json")
    )
    return _propose(session, actor, BodyProposalKind.CHANGE, body, reason, proposed)


def propose_end(session: WriteSession, actor: Actor, body: Body, end: BodyEnd) -> BodyProposal:
    """Propose the last day of a body. Raises Forbidden, Conflict once it has ended, and BadRequest for a day that is
    past."""
    lock_row(session, body)
    rules.PROPOSE_END.require(actor, EntityInBody(body.id))
    if end.until_on < clock.now().date():
        raise BadRequest(PAST_DAY)
    return _propose(session, actor, BodyProposalKind.END, body, end)


def _propose(
    session: WriteSession,
    actor: Actor,
    kind: BodyProposalKind,
    body: Body | None,
    what: FirstSecretary | BodyEnd | ReasonInput,
    proposed: _ProposedContent | None = None,
) -> BodyProposal:
    """Keep a proposal. The body is locked by the caller. Raises Conflict if one about it is open."""
    if body and queries.find_open_proposal(session, actor, body.id):
        raise Conflict(_("A proposal about this group is already pending: a second secretary has to confirm it."))
    proposal = BodyProposal(
        id=uuid4(),
        kind=kind,
        body_id=body.id if body else None,
        content=proposed.content if proposed else None,
        content_before=proposed.before if proposed else None,
        person_id=what.person if isinstance(what, FirstSecretary) else None,
        until_on=None if isinstance(what, ReasonInput) else what.until_on,
        because=None if isinstance(what, FirstSecretary) else what.reason,
        proposed_by=actor.person,
        proposed_at=clock.now(),
    )
    session.add(proposal)
    session.flush()
    event = events.BodyProposed(proposal.id, kind, proposed.digest if proposed else "", proposal.person_id)
    journal.record_event(session, actor, event, body=proposal.body_id or choose_served_body(actor))
    return proposal


def confirm_proposal(session: WriteSession, actor: Actor, proposal: BodyProposal) -> Body:
    """Confirm what another secretary proposed: make the body, appoint its first secretary, change the body, or set its
    last day.

    Raises Forbidden, and Conflict if it was decided, if its proposer lost the office, if the body was changed
    meanwhile, or if something else came in between that makes it impossible.
    """
    lock_row(session, proposal)
    if proposal.body_id:
        # Of two changes at once each can name the body of the other as parent: a stronger lock would let them deadlock
        lock_row(session, session.get_one(Body, proposal.body_id), RowLockStrength.NO_KEY_UPDATE)
    journal.check_actor_now(session, actor)  # also: no other body is made meanwhile
    rules.CONFIRM_PROPOSAL.require(actor, queries.get_proposal_rule_subject(session, proposal))
    if proposal.until_on and proposal.until_on < clock.now().date():
        raise Conflict(_("The last day that was proposed is past by now. Decline the proposal, and make a new one."))
    body = session.get_one(Body, proposal.body_id) if proposal.body_id else _make_body(session, actor, proposal)
    if proposal.until_on is None:
        _change_body(session, actor, proposal, body)
    elif proposal.kind == BodyProposalKind.END:
        _set_last_day(session, actor, proposal, body, proposal.until_on)
    else:
        _appoint_first_secretary(session, actor, proposal, body, proposal.until_on)
    proposal.body_id, proposal.decided_by, proposal.decided_at = body.id, actor.person, clock.now()
    return body


def decline_proposal(session: WriteSession, actor: Actor, proposal: BodyProposal, because: ReasonInput) -> None:
    """Decline a proposal, or take one's own back; the reason stays on record. Raises Forbidden, Conflict."""
    lock_row(session, proposal)
    rules.DECLINE_PROPOSAL.require(actor, rules.build_proposal_rule_subject(proposal))
    proposal.decided_by, proposal.decided_at = actor.person, clock.now()
    proposal.declined_because = because.reason
    body = proposal.body_id or choose_served_body(actor)
    journal.record_event(session, actor, events.BodyProposalDeclined(proposal.id), body=body)


def _make_body(session: WriteSession, actor: Actor, proposal: BodyProposal) -> Body:
    """Make the body with its series of symbols, which are as those of every other one."""
    new = NewBody.model_validate(proposal.content, strict=False)
    try:
        _require_free_prefix(session, new)
        require_possible_parent(session, new.parent)
    except BadRequest as refusal:
        raise Conflict(refusal.reason) from refusal
    body = Body(
        id=uuid4(),
        code=new.prefix.lower(),
        prefix=new.prefix,
        version=1,
    )
    put_content(body, new)
    put_rules(body, new.admits, new.languages, new.silence_hours)
    session.add(body)
    session.flush()
    session.add_all(_build_series(body.id))
    journal.record_event(session, actor, events.BodyMade(proposal.id, compute_content_digest(new)), body=body.id)
    return body


def _build_series(body_id: UUID) -> Iterator[DocumentSeries]:
    """Yield the series of a body: contributions, and those that have a code in their symbols."""
    for code in (CONTRIBUTIONS, *CODES_IN_SYMBOLS):
        part = "" if code == CONTRIBUTIONS else f"{code}/"
        source = f"{{source}}/{code if part else ''}"
        symbol, proposal = f"{{prefix}} {{scope}}/{part}{{number}}", f"{source}{{number}}{{part}}/{{proposal}}"
        yield DocumentSeries(body_id=body_id, code=code, symbol=symbol, proposal=proposal)


def _change_body(session: WriteSession, actor: Actor, proposal: BodyProposal, body: Body) -> None:
    """Make a body what was proposed; what is registered in it keeps its symbol and its deadlines."""
    content = ChangedBody.model_validate(proposal.content, strict=False)
    try:
        require_possible_parent(session, content.parent, body.id)
    except BadRequest as refusal:
        raise Conflict(refusal.reason) from refusal
    was = queries.read_body_with_rules(body)
    put_content(body, content)
    put_rules(body, content.admits, content.languages, content.silence_hours)
    body.positions_shown_to = content.positions_shown_to
    body.version = (body.version or 1) + 1
    digests = compute_content_digest(content), compute_content_digest(was)
    journal.record_event(session, actor, BodyChanged(body.version, *digests, proposal.id), body=body.id)
    for event in _list_changed_rules(content, was):
        journal.record_event(session, actor, event, body=body.id)


def _list_changed_rules(now: ChangedBody, was: ChangedBody) -> Iterator[Event]:
    """Yield an event with both values for each rule that was changed."""
    if now.admits != was.admits:
        yield AdmissionChanged(" ".join(now.admits), " ".join(was.admits))
    if now.languages != was.languages:
        yield LanguagesSet(" ".join(now.languages), " ".join(was.languages))
    if now.silence_hours != was.silence_hours:
        yield SilenceSet(now.silence_hours, was.silence_hours)
    if now.positions_shown_to != was.positions_shown_to:
        yield PositionAudienceSet(now.positions_shown_to, was.positions_shown_to)


def _set_last_day(session: WriteSession, actor: Actor, proposal: BodyProposal, body: Body, last_day: date) -> None:
    if body.has_ended(clock.now().date()):
        raise Conflict(BODY_HAS_ENDED)
    was = body.ends_on.isoformat() if body.ends_on else ""
    event = events.BodyEndSet(proposal.id, last_day.isoformat(), was)
    body.ends_on = last_day
    journal.record_event(session, actor, event, body=body.id)


def _appoint_first_secretary(
    session: WriteSession, actor: Actor, proposal: BodyProposal, body: Body, last_day: date
) -> None:
    """Appoint the person whom one secretary proposed and this one confirms, from today."""
    if queries.has_secretary(session, body.id):
        raise Conflict(HAS_SECRETARY)
    person = session.get_one(Person, proposal.person_id)
    lock_row(session, person, RowLockStrength.NO_KEY_UPDATE)
    if person.membership != MembershipCategory.ITU_STAFF:
        raise Conflict(NOT_STAFF)
    now = clock.now()
    appointment = Appointment(
        id=uuid4(),
        person_id=person.id,
        body_id=body.id,
        office=Office.SECRETARY,
        entity=person.entity,
        from_on=now.date(),
        until_on=last_day,
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        confirmed_by=actor.person,
        confirmed_at=now,
    )
    session.add(appointment)
    session.flush()
    journal.record_event(session, actor, OfficeConfirmed(appointment.id), body=body.id)


def _require_free_prefix(session: ReadSession, new: NewBody) -> None:
    """Raise BadRequest if another body has the prefix."""
    if queries.is_prefix_taken(session, new.prefix):
        raise BadRequest(PREFIX_TAKEN)


def _require_possible_secretary(session: ReadSession, secretary: FirstSecretary) -> None:
    """Raise BadRequest if the person is not known or is no staff of ITU, or if the last day is past."""
    person = session.get(Person, secretary.person)
    if person is None or person.membership != MembershipCategory.ITU_STAFF:
        raise BadRequest(NOT_STAFF)
    if secretary.until_on < clock.now().date():
        raise BadRequest(PAST_DAY)
