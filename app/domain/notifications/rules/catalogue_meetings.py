"""Notifications about meetings, agendas, decisions, action points and roles."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event
from app.domain.agendas import events as agendas
from app.domain.agendas import pending as pending_agendas
from app.domain.bodies import events as bodies
from app.domain.bodies import pending as pending_bodies
from app.domain.body_proposals import events as body_proposals
from app.domain.body_proposals import pending as pending_body_proposals
from app.domain.decisions import events as decisions
from app.domain.meetings import events as meetings
from app.domain.meetings.models import MeetingLife
from app.domain.notifications.models import NotificationKind
from app.domain.notifications.rules import contexts, contexts_of_documents, contexts_of_pending, following, recipients
from app.domain.notifications.rules.types import DETAILS_ON_PAGE, NotificationType
from app.domain.reports import events as reports
from app.domain.reports import pending as pending_reports

MEETING_PATH, AGENDA_PATH = "/meetings/{meeting}", "/meetings/{meeting}/agenda"
ACTION_PATH = "/meetings/{meeting}/actions"
REQUESTS_PATH = "/people/{body_code}#requests"
REASON_ON_PAGE = _("The reason is given on the page.")


def _build_meeting_type(
    event: type[Event], build_context: contexts.BuildContext = contexts.build_meeting_context, **more: str
) -> NotificationType:
    """Build the type of a change of a meeting, for everybody with a role in the group."""
    return NotificationType(
        NotificationKind.MEETING,
        recipients.EVERY_SEAT,
        MEETING_PATH,
        event.words,
        REASON_ON_PAGE if event is meetings.MeetingCancelled else DETAILS_ON_PAGE,
        build_context,
        facts=dict(more),
        skips_actor=True,
    )


def _build_role_type(subject: LazyText, build_context: contexts.BuildContext) -> NotificationType:
    """Build the type of a change of a role, for its person."""
    return NotificationType(
        NotificationKind.ROLE,
        recipients.PERSON_CONCERNED,
        "/account",
        subject,
        _("Your account shows your roles and until when you hold them."),
        build_context,
    )


TYPES: Mapping[str, Sequence[NotificationType]] = MappingProxyType(
    {
        meetings.MeetingConvened.name: (_build_meeting_type(meetings.MeetingConvened),),
        meetings.MeetingMoved.name: (
            NotificationType(
                NotificationKind.MEETING,
                recipients.DELEGATIONS,
                MEETING_PATH,
                _("A meeting is open for contributions"),
                _("Contributions to the meeting are due by the time below."),
                contexts.build_deadline_context,
                facts={"life": MeetingLife.OPEN},
            ),
            NotificationType(
                NotificationKind.CONTRIBUTION,
                recipients.SIGNATORIES,
                "/contributions",
                _("A meeting to which your delegation contributed is closed"),
                _("The list of your documents shows what became of each of them."),
                contexts_of_documents.build_submitters_context,
                facts={"life": MeetingLife.CLOSED},
            ),
        ),
        meetings.MeetingCancelled.name: (
            _build_meeting_type(meetings.MeetingCancelled, contexts.build_cancelled_meeting_context),
        ),
        meetings.MeetingChanged.name: (
            _build_meeting_type(meetings.MeetingChanged, contexts.build_changed_meeting_context),
        ),
        meetings.MeetingBeginUndone.name: (_build_meeting_type(meetings.MeetingBeginUndone),),
        meetings.PracticalChanged.name: (_build_meeting_type(meetings.PracticalChanged),),
        meetings.SessionMoved.name: (_build_meeting_type(meetings.SessionMoved),),
        meetings.SessionCancelled.name: (_build_meeting_type(meetings.SessionCancelled),),
        meetings.DeadlineMoved.name: (
            NotificationType(
                NotificationKind.DEADLINE,
                recipients.DELEGATIONS,
                MEETING_PATH,
                _("The deadline for contributions was changed"),
                _("Contributions to the meeting are due by the time below."),
                contexts.build_deadline_context,
            ),
        ),
        agendas.ProposalsBounded.name: (
            NotificationType(
                NotificationKind.MEETING,
                recipients.DELEGATIONS,
                AGENDA_PATH,
                agendas.ProposalsBounded.words,
                _("Proposals for agenda items are due by the time below."),
                contexts.build_proposals_deadline_context,
                skips_actor=True,
            ),
        ),
        agendas.AgendaReleased.name: (
            NotificationType(
                NotificationKind.FOLLOWED,
                recipients.FOLLOWERS,
                AGENDA_PATH,
                _("An agenda item or the allocation of a document that you follow was changed"),
                _("A version of the agenda with these changes was released."),
                following.build_followed_agenda_context,
                skips_actor=True,
            ),
            NotificationType(
                NotificationKind.MEETING,
                recipients.EVERY_SEAT,
                AGENDA_PATH,
                agendas.AgendaReleased.words,
                DETAILS_ON_PAGE,
                contexts.build_agenda_context,
                skips_actor=True,
            ),
        ),
        agendas.DeputiesChosen.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                AGENDA_PATH,
                agendas.DeputiesChosen.words,
                DETAILS_ON_PAGE,
                contexts.build_meeting_context,
                skips_actor=True,
            ),
        ),
        agendas.ItemProposed.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.OFFICERS,
                AGENDA_PATH,
                pending_agendas.ANSWER_PROPOSAL.impersonal_heading,
                _("Accept it for the agenda, or answer the State."),
                contexts_of_pending.build_proposed_item_context,
                facts={"what": "proposed"},
                announces=(pending_agendas.ANSWER_PROPOSAL,),
            ),
            *(
                NotificationType(
                    NotificationKind.MEETING,
                    recipients.OWN_DELEGATION,
                    AGENDA_PATH,
                    subject,
                    DETAILS_ON_PAGE,
                    contexts.build_answered_item_context,
                    facts={"what": what},
                    announces=(kind,),
                )
                for what, subject, kind in (
                    (
                        "taken_up",
                        _("An agenda item that your delegation proposed was accepted"),
                        pending_agendas.PROPOSAL_ADDED,
                    ),
                    (
                        "answered",
                        _("A proposal of your delegation for an agenda item was answered"),
                        pending_agendas.PROPOSAL_ANSWERED,
                    ),
                )
            ),
        ),
        decisions.PositionPut.name: (
            NotificationType(
                NotificationKind.REPORT,
                recipients.OWN_REPRESENTATIVES,
                "/meetings/{meeting}/decisions",
                _("The chair recorded a position of your delegation on a decision"),
                _("Read it on the page. Your delegation can record its position in its own words."),
                contexts.build_context_of_state_in_line,
                facts={"own": False},
            ),
        ),
        reports.ActionAdded.name: (
            NotificationType(
                NotificationKind.ACTION,
                recipients.OWNERS,
                ACTION_PATH,
                _("You are responsible for a new action point"),
                DETAILS_ON_PAGE,
                contexts.build_action_context,
                skips_actor=True,
                announces=(pending_reports.UPDATE_ACTION,),
            ),
        ),
        reports.ActionPointProgressNoted.name: (
            NotificationType(
                NotificationKind.ACTION,
                recipients.OFFICERS,
                ACTION_PATH,
                reports.ActionPointProgressNoted.words,
                DETAILS_ON_PAGE,
                contexts.build_ended_action_context,
                skips_actor=True,
            ),
        ),
        bodies.AccreditationGranted.name: (
            _build_role_type(_("You were accredited"), contexts.build_accreditation_context),
        ),
        bodies.AccreditationRequested.name: (
            NotificationType(
                NotificationKind.ROLE,
                recipients.FOCAL_POINTS,
                REQUESTS_PATH,
                bodies.AccreditationRequested.words,
                pending_bodies.ACCREDIT_OR_DECLINE.words,
                contexts.build_accreditation_request_context,
                announces=(pending_bodies.ACCREDIT_OR_DECLINE,),
            ),
            NotificationType(
                NotificationKind.OFFICE,
                recipients.SECRETARIES,
                REQUESTS_PATH,
                bodies.AccreditationRequested.words,
                pending_bodies.ACCREDIT_OR_DECLINE.words,
                contexts_of_pending.build_unattended_request_context,
                announces=(pending_bodies.ACCREDIT_OR_DECLINE,),
            ),
        ),
        bodies.AccreditationRequestDeclined.name: (
            NotificationType(
                NotificationKind.ROLE,
                recipients.PERSON_CONCERNED,
                "/account",
                _("Your request for accreditation was declined"),
                _("Your account gives the reason."),
                contexts.build_accreditation_request_context,
            ),
        ),
        bodies.StateDecisionSet.name: (
            NotificationType(
                NotificationKind.ROLE,
                recipients.OWN_REPRESENTATIVES,
                "/",
                bodies.StateDecisionSet.words,
                DETAILS_ON_PAGE,
                contexts.build_context_of_state_in_line,
                skips_actor=True,
            ),
        ),
        bodies.AccreditationEnded.name: (
            _build_role_type(_("Your accreditation was ended"), contexts.build_ended_accreditation_context),
        ),
        bodies.OfficeProposed.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.CONFIRMING_SECRETARIES,
                "/offices/{appointment}",
                bodies.OfficeProposed.words,
                _("A second secretary must confirm it."),
                contexts.build_proposed_office_context,
                skips_actor=True,
                announces=(pending_bodies.CONFIRM,),
            ),
        ),
        body_proposals.BodyProposed.name: (
            NotificationType(
                NotificationKind.OFFICE,
                recipients.ALL_SECRETARIES,
                "/body-proposals/{proposal}",
                body_proposals.BodyProposed.words,
                _("A second secretary must confirm it."),
                contexts.build_body_proposal_context,
                skips_actor=True,
                announces=tuple(pending_body_proposals.KINDS.values()),
            ),
        ),
        bodies.OfficeConfirmed.name: (
            _build_role_type(_("You were assigned an office"), contexts.build_office_context),
        ),
        bodies.OfficeGranted.name: (_build_role_type(_("You were assigned an office"), contexts.build_office_context),),
        bodies.OfficeEnded.name: (_build_role_type(_("Your office was ended"), contexts.build_ended_office_context),),
    }
)

REMINDER_TYPES = (
    NotificationType(
        NotificationKind.DEADLINE_REMINDER,
        recipients.DELEGATIONS,
        MEETING_PATH,
        _("The deadline for contributions is in three days"),
        _("Contributions to the meeting are due by the time below."),
        contexts.build_deadline_context,
    ),
    NotificationType(
        NotificationKind.REGISTRATION_REMINDER,
        recipients.REGISTERING_PEOPLE,
        "/meetings/{meeting}/participants",
        _("The deadline for the registration of participants is in three days"),
        _("No participant of your delegation is registered yet."),
        contexts.build_registration_context,
    ),
    NotificationType(
        NotificationKind.ACTION_TWO_WEEKS,
        recipients.OWNERS,
        ACTION_PATH,
        _("An action point is due in two weeks"),
        _("You are responsible for it. Update its progress on the page."),
        contexts.build_action_context,
    ),
    NotificationType(
        NotificationKind.ACTION_THREE_DAYS,
        recipients.OWNERS,
        ACTION_PATH,
        _("An action point is due in three days"),
        _("You are responsible for it. Update its progress on the page."),
        contexts.build_action_context,
    ),
)
