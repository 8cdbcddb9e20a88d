"""Contexts of notifications: the present state of what a journal line is about, without access checks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import select

from app.core import clock
from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.domain.agendas.models import AgendaRelease
from app.domain.bodies.events import AccreditationRequested
from app.domain.bodies.models import Accreditation, AccreditationRequest, Appointment
from app.domain.bodies.queries.roster import get_confirmation_rule_subject
from app.domain.body_proposals.models import BodyProposal
from app.domain.circulations import queries as circulations
from app.domain.circulations.models import CirculatedVersion, Comment
from app.domain.contributions import events as contributions
from app.domain.contributions.models import Contribution, ContributionStatus
from app.domain.contributions.queries.confirmations import is_awaiting_state
from app.domain.decisions.models import ActionPoint, ActionPointProgress, Decision
from app.domain.identity.models.tables import MemberState
from app.domain.meetings import events as meetings
from app.domain.meetings.inputs import end_of_day
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.messages.models import MessageTemplate, SecretariatMessage
from app.domain.messages.queries import build_message_address, list_message_texts
from app.domain.notifications.rules.recipients import NotificationContext
from app.domain.outputs.models import Output, OutputStatus
from app.domain.participants.models import Participant
from app.domain.releases.actions.copy import slug_of_symbol
from app.domain.reports.rules.reports import OFFICES_BY_OWNER
from app.domain.silence.models import SilenceProcedure, SilenceStatus
from app.domain.silence.queries.positions import list_positions
from app.domain.silence.queries.procedures import get_procedure_status

BuildContext = Callable[[ReadSession, JournalLine], NotificationContext]
QUIET_LIVES = (MeetingLife.PLANNED, MeetingLife.CLOSED, MeetingLife.CANCELLED)
"""Lives of a meeting in which its changes concern no one any more, or not yet."""

NO_ONE = UUID(int=0)
"""The body of a line about what is not there any more."""


def get_key(line: JournalLine, name: str) -> UUID:
    """Return the identifier that a line has as this fact."""
    return UUID(str(line.facts[name]))


def build_line_context(_session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build a context from the line alone: about the State whose person acted."""
    return NotificationContext(line.body or NO_ONE, entity=line.entity, is_over=line.body is None)


def build_context_of_state_in_line(_session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build a context from the line alone: about the State that it names."""
    state = str(line.facts["state"])
    return NotificationContext(line.body or NO_ONE, entity=state, by_entity=state, is_over=line.body is None)


def build_silence_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a running silence procedure; over once it has ended, which has a notification of its own."""
    procedure = session.get_one(SilenceProcedure, get_key(line, "procedure"))
    output = session.get_one(Output, procedure.output_id)
    is_running = (
        get_procedure_status(session, procedure, output) == SilenceStatus.OPEN and clock.now() < procedure.until
    )
    return NotificationContext(
        body_id=procedure.body_id,
        zone=session.get_one(Meeting, output.meeting_id).zone,
        until=procedure.until,
        addressees=frozenset(procedure.addressees),
        answered=frozenset(position.entity for position in list_positions(session, procedure)),
        is_over=not is_running,
    )


def build_ended_silence_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a silence procedure that has ended."""
    procedure = session.get_one(SilenceProcedure, get_key(line, "procedure"))
    return NotificationContext(procedure.body_id, addressees=frozenset(procedure.addressees))


def build_output_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an output, whatever became of it."""
    return NotificationContext(session.get_one(Output, get_key(line, "output")).body_id)


def in_status(*statuses: OutputStatus) -> BuildContext:
    """Return a function that builds the context of an output; over unless it has one of these statuses."""

    def build(session: ReadSession, line: JournalLine) -> NotificationContext:
        output = session.get_one(Output, get_key(line, "output"))
        return NotificationContext(output.body_id, is_over=output.status not in statuses)

    return build


def build_release_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a release; over once the output is withdrawn, which has a notification of its own."""
    return replace(
        build_withdrawal_context(session, line),
        is_over=session.get_one(Output, get_key(line, "output")).status == OutputStatus.WITHDRAWN,
    )


def build_addressed_release_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a release to recipients only: as any other, but nothing is on the read path."""
    return replace(build_release_context(session, line), released_as="")


def build_withdrawal_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the withdrawal of an output."""
    output = session.get_one(Output, get_key(line, "output"))
    return NotificationContext(output.body_id, released_as=f"/outputs/{slug_of_symbol(output.symbol or '')}")


def build_meeting_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a meeting; over while it is planned, and once it is closed or cancelled."""
    meeting = session.get_one(Meeting, get_key(line, "meeting"))
    return NotificationContext(meeting.body_id, is_over=meeting.life in QUIET_LIVES)


def build_cancelled_meeting_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a cancelled meeting."""
    return NotificationContext(session.get_one(Meeting, get_key(line, "meeting")).body_id)


def build_deadline_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the deadline for contributions; over once it has passed or the meeting is cancelled."""
    meeting = session.get_one(Meeting, get_key(line, "meeting"))
    until = meeting.contributions_due_at
    is_over = meeting.life in (MeetingLife.PLANNED, MeetingLife.CANCELLED) or until <= clock.now()
    return NotificationContext(meeting.body_id, meeting.zone, until, is_over=is_over)


def build_proposals_deadline_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the deadline for proposing agenda items; over once it has passed."""
    meeting = session.get_one(Meeting, get_key(line, "meeting"))
    until = meeting.proposals_due_at
    is_over = meeting.life in QUIET_LIVES or until <= clock.now()
    return NotificationContext(meeting.body_id, meeting.zone, until, is_over=is_over)


def build_registration_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the deadline for registering participants; States with a participant have answered."""
    meeting = session.get_one(Meeting, get_key(line, "meeting"))
    until = meeting.registration_due_at
    registered = select(Participant.entity).where(
        Participant.meeting_id == meeting.id, Participant.cancelled_at.is_(None)
    )
    is_over = meeting.life in QUIET_LIVES or until <= clock.now()
    answered = frozenset(session.scalars(registered.distinct()))
    return NotificationContext(meeting.body_id, meeting.zone, until, answered=answered, is_over=is_over)


def build_changed_meeting_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a changed meeting. Where its deadline moved in the same act, which the line before tells,
    delegates are notified of that."""
    before = session.get(JournalLine, line.seq - 1)
    is_of_same_act = before is not None and before.event == meetings.DeadlineMoved.name
    has_moved = is_of_same_act and before is not None and before.facts["meeting"] == line.facts["meeting"]
    return replace(build_meeting_context(session, line), is_for_delegates=not has_moved)


def build_agenda_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a release of an agenda; over once there is a later one, or the meeting has ended."""
    release = session.get_one(AgendaRelease, get_key(line, "release"))
    context = build_meeting_context(session, line)
    return replace(context, is_over=context.is_over or not release.is_current)


def build_answered_item_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an answer to a proposed agenda item: its State is that of the line that proposed it, since
    row security hides the proposal from the worker."""
    proposed = JournalLine.event == line.event, JournalLine.facts.contains({"proposal": line.facts["proposal"]})
    first = select(JournalLine.entity).where(*proposed).order_by(JournalLine.seq).limit(1)
    return replace(build_meeting_context(session, line), entity=session.scalars(first).one())


def build_contribution_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a contribution; over if it is a draft again, which row security hides from the worker."""
    key = get_key(line, "contribution")
    contribution = session.get(Contribution, key)
    if contribution is None:
        return NotificationContext(line.body or key, is_over=True)
    return NotificationContext(contribution.body_id, entity=contribution.entity, by_entity=contribution.by_entity)


def build_confirmation_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a contribution that waits for its State; over once it waits no more."""
    contribution = session.get(Contribution, get_key(line, "contribution"))
    context = build_contribution_context(session, line)
    return replace(context, is_over=contribution is None or not is_awaiting_state(session, contribution))


def build_declined_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a contribution that its State declined; over once it was submitted again or deleted."""
    contribution = session.get(Contribution, get_key(line, "contribution"))
    context = build_contribution_context(session, line)
    is_declined = contribution is not None and contribution.confirmation_declined_by is not None
    return replace(context, is_over=not is_declined)


def build_registrable_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a contribution that the secretariat can register; over if it cannot, or need not."""
    contribution = session.get(Contribution, get_key(line, "contribution"))
    context = build_contribution_context(session, line)
    is_registrable = (
        contribution is not None
        and contribution.status == ContributionStatus.SUBMITTED
        and not (contribution.late and contribution.late_accepted_by is None)
        and not is_awaiting_state(session, contribution)
    )
    return replace(context, is_over=not is_registrable)


def build_late_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a late contribution on which the chair decides; over once that was done."""
    contribution = session.get(Contribution, get_key(line, "contribution"))
    context = build_contribution_context(session, line)
    is_undecided = (
        contribution is not None
        and contribution.status == ContributionStatus.SUBMITTED
        and contribution.late
        and contribution.late_accepted_by is None
    )
    return replace(context, is_over=not is_undecided)


def build_invitation_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an invitation to co-sponsor a draft, which row security hides from the worker: from the
    journal; over once the State has answered, or is not invited any more."""
    later = (
        JournalLine.event == contributions.SignatureChanged.name,
        JournalLine.seq > line.seq,
        JournalLine.facts.contains({"contribution": line.facts["contribution"], "state": line.facts["state"]}),
    )
    is_over = session.scalar(select(JournalLine.seq).where(*later).limit(1)) is not None
    return replace(build_context_of_state_in_line(session, line), is_over=is_over)


def build_signature_context(_session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an answer to an invitation: about the State whose draft it is."""
    owner = str(line.facts.get("by_state", ""))
    return NotificationContext(line.body or NO_ONE, entity=owner, is_over=not owner)


def build_version_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a circulated version; over once there is a later one, or the text is adopted. Comments are
    due by its day, and States that commented have answered."""
    output = session.get_one(Output, get_key(line, "output"))
    version = session.scalars(
        select(CirculatedVersion).where(
            CirculatedVersion.output_id == output.id, CirculatedVersion.number == line.facts["number"]
        )
    ).one()
    latest = circulations.find_latest_circulated_version(session, output)
    zone = session.get_one(Meeting, output.meeting_id).zone
    until = end_of_day(version.comments_by, zone) if version.comments_by else None
    answers = select(Comment.entity).where(Comment.version_id == version.id, Comment.taken_back_at.is_(None))
    is_over = output.status != OutputStatus.DRAFT or latest is None or latest.id != version.id
    return NotificationContext(
        output.body_id, zone, until, answered=frozenset(session.scalars(answers)), is_over=is_over
    )


def build_comment_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a comment; over once it is withdrawn or answered."""
    comment = session.get_one(Comment, get_key(line, "comment"))
    is_over = comment.taken_back_at is not None or circulations.find_last_answer(session, comment) is not None
    return NotificationContext(line.body or NO_ONE, entity=comment.entity, is_over=is_over)


def build_answered_comment_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an answer to a comment, for the State that made it."""
    comment = session.get_one(Comment, get_key(line, "comment"))
    return NotificationContext(line.body or NO_ONE, entity=comment.entity, is_over=comment.taken_back_at is not None)


def build_action_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an open action point, due at the end of its day in the zone of its meeting; over once it is
    done or dropped. Its owner is a person, a State, an office, or someone named in words."""
    action = session.get_one(ActionPoint, get_key(line, "action"))
    zone = session.get_one(Meeting, session.get_one(Decision, action.decision_id).meeting_id).zone
    is_state = session.get(MemberState, action.owner) is not None
    return NotificationContext(
        action.body_id,
        zone,
        end_of_day(action.due_on, zone) if action.due_on else None,
        addressees=frozenset({action.owner} if is_state else ()),
        office=OFFICES_BY_OWNER.get(action.owner.lower(), ""),
        person=action.owner_person,
        is_over=action.progress != ActionPointProgress.OPEN,
    )


def build_ended_action_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an action point that is done or dropped; over if it is open again."""
    context = build_action_context(session, line)
    return replace(context, until=None, is_over=not context.is_over)


def build_accreditation_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an accreditation, for its person; over once it has ended."""
    accreditation = session.get_one(Accreditation, get_key(line, "accreditation"))
    return NotificationContext(
        accreditation.body_id, person=accreditation.person_id, is_over=accreditation.ended_at is not None
    )


def build_accreditation_request_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a request for accreditation, for the focal points of its State and for its person; over for
    the former once it is answered, for the latter once it is accepted."""
    request = session.get_one(AccreditationRequest, get_key(line, "request"))
    is_asked = line.event == AccreditationRequested.name
    is_over = request.answered_at is not None if is_asked else request.accreditation_id is not None
    person = None if is_asked else request.person_id  # the one who asks is notified of the answer
    return NotificationContext(request.body_id, entity=request.entity, person=person, is_over=is_over)


def build_ended_accreditation_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an accreditation that was ended, for its person."""
    accreditation = session.get_one(Accreditation, get_key(line, "accreditation"))
    return NotificationContext(accreditation.body_id, person=accreditation.person_id)


def build_office_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a confirmed office, for its person; over once it has ended."""
    office = session.get_one(Appointment, get_key(line, "appointment"))
    is_over = office.ended_at is not None or line.body is None
    return NotificationContext(line.body or NO_ONE, person=office.person_id, is_over=is_over)


def build_ended_office_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an office that was ended, for its person."""
    office = session.get_one(Appointment, get_key(line, "appointment"))
    return NotificationContext(line.body or NO_ONE, person=office.person_id, is_over=line.body is None)


def build_proposed_office_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of an office that a second secretary confirms, of any body where this one has no second; over
    once that was done, or it was ended."""
    office = session.get_one(Appointment, get_key(line, "appointment"))
    is_over = office.confirmed_at is not None or office.ended_at is not None or line.body is None
    lacks_second = get_confirmation_rule_subject(session, office).lacks_second_secretary
    return NotificationContext(line.body or NO_ONE, is_for_all_secretaries=lacks_second, is_over=is_over)


def build_body_proposal_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a proposal about a body, which another secretary decides; over once that was done."""
    proposal = session.get_one(BodyProposal, get_key(line, "proposal"))
    is_over = proposal.decided_at is not None or line.body is None
    return NotificationContext(line.body or NO_ONE, is_for_all_secretaries=True, is_over=is_over)


CONTEXTS_OF_TEMPLATES: Mapping[str, BuildContext] = MappingProxyType(
    {MessageTemplate.DEADLINE: build_deadline_context, MessageTemplate.INVITATION: build_meeting_context}
)
"""What decides whether a message is over, by its template. What the others say stays true."""


def build_message_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a message of the secretariat; a reminder of a deadline is over once that has passed, an
    invitation once the meeting has ended or is cancelled."""
    message = session.get_one(SecretariatMessage, get_key(line, "message"))
    address = build_message_address(session, message.body_id, message.audience, message.meeting_id)
    build = CONTEXTS_OF_TEMPLATES.get(message.template)
    return replace(
        build(session, line) if build else NotificationContext(message.body_id),
        audience=address.audience,
        registered=address.registered,
        texts=list_message_texts(session, message.id),
    )
