"""Catalogue of e-mail notifications. Each event that causes one has an entry in `NOTIFICATION_TYPES`.

An e-mail says where something happened, what, and by when something is due, and links to the page. It contains no
title, name, text or reason, since e-mail passes through many systems.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import UUID

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.permissions import Rule
from app.domain.contributions import events as contributions
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.confirmations import EVENTS_BEFORE_CONFIRMATION, is_awaiting_state
from app.domain.meetings import events as meetings
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.notifications.models import NotificationCategory
from app.domain.notifications.rules.recipients import (
    ADDRESSEES,
    ALL_CONCERNED,
    DELEGATIONS,
    OWN_DELEGATION,
    OWN_REPRESENTATIVES,
    SILENT_ADDRESSEES,
    WHOLE_BODY,
    WRITERS,
    WRITING_SECRETARIES,
    NotificationContext,
)
from app.domain.outputs.models import Output, OutputStatus
from app.domain.releases import events as releases
from app.domain.silence import events as silence
from app.domain.silence import queries as procedures
from app.domain.silence.models import SilenceProcedure, SilenceStatus


def build_silence_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a running silence procedure; over once it has ended, which has a notification of its own."""
    procedure = session.get_one(SilenceProcedure, UUID(str(line.facts["procedure"])))
    output = session.get_one(Output, procedure.output_id)
    is_running = (
        procedures.get_procedure_status(session, procedure, output) == SilenceStatus.OPEN
        and clock.now() < procedure.until
    )
    return NotificationContext(
        body_id=procedure.body_id,
        zone=session.get_one(Meeting, output.meeting_id).zone,
        until=procedure.until,
        addressees=frozenset(procedure.addressees),
        answered=frozenset(position.entity for position in procedures.list_positions(session, procedure)),
        is_over=not is_running,
    )


def build_ended_silence_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a silence procedure that has ended."""
    procedure = session.get_one(SilenceProcedure, UUID(str(line.facts["procedure"])))
    addressees = frozenset(procedure.addressees)
    return NotificationContext(procedure.body_id, addressees=addressees)


def build_release_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a release; over once the output is withdrawn, which has a notification of its own."""
    output = session.get_one(Output, UUID(str(line.facts["output"])))
    return NotificationContext(output.body_id, is_over=output.status == OutputStatus.WITHDRAWN)


def build_withdrawal_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of the withdrawal of an output."""
    return NotificationContext(session.get_one(Output, UUID(str(line.facts["output"]))).body_id)


def build_deadline_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a moved deadline; over once it has passed or the meeting is cancelled."""
    meeting = session.get_one(Meeting, UUID(str(line.facts["meeting"])))
    until = meeting.contributions_due_at
    is_over = meeting.life == MeetingLife.CANCELLED or until <= clock.now()
    return NotificationContext(meeting.body_id, meeting.zone, until, is_over=is_over)


def build_contribution_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a contribution; over if it is a draft again, which row security hides from the worker."""
    key = UUID(str(line.facts["contribution"]))
    contribution = session.get(Contribution, key)
    if contribution is None:
        return NotificationContext(line.body or key, is_over=True)
    return NotificationContext(contribution.body_id, entity=contribution.entity, by_entity=contribution.by_entity)


def build_refused_file_context(_session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a draft, which row security hides from the worker: from the journal line alone."""
    key, state = UUID(str(line.facts["contribution"])), str(line.facts["state"])
    return NotificationContext(line.body or key, entity=state, by_entity=state)


def build_confirmation_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a contribution that waits for its State; over once it waits no more."""
    contribution = session.get(Contribution, UUID(str(line.facts["contribution"])))
    context = build_contribution_context(session, line)
    return replace(context, is_over=contribution is None or not is_awaiting_state(session, contribution))


def build_declined_context(session: ReadSession, line: JournalLine) -> NotificationContext:
    """Build the context of a contribution that its State declined; over once it was submitted again or deleted."""
    contribution = session.get(Contribution, UUID(str(line.facts["contribution"])))
    context = build_contribution_context(session, line)
    is_declined = contribution is not None and contribution.confirmation_declined_by is not None
    return replace(context, is_over=not is_declined)


@dataclass(frozen=True, slots=True)
class NotificationType:
    """The notification about one event: category, recipients, page, texts, and the function that builds its context.

    The address of the page has placeholders with the names of facts of the event.
    """

    kind: NotificationCategory
    recipients: Rule[NotificationContext]
    path: str
    subject: LazyText
    words: LazyText
    build_context: Callable[[ReadSession, JournalLine], NotificationContext]


CONFIRMATION_REQUEST = NotificationType(
    NotificationCategory.CONTRIBUTION,
    OWN_REPRESENTATIVES,
    "/contributions/{contribution}",
    _("A contribution submitted on behalf of your State is awaiting its confirmation"),
    _("The secretariat submitted it. It will not be registered until a member of your delegation confirms it."),
    build_confirmation_context,
)
NAMES_BEFORE_CONFIRMATION = frozenset(kind.name for kind in EVENTS_BEFORE_CONFIRMATION)
"""Names of the events from which on a contribution may wait for its State. Two of them cause no e-mail: people who are
accredited after them, where there was no one to ask, are notified about their line."""

NOTIFICATION_TYPES: Mapping[str, NotificationType] = MappingProxyType(
    {
        silence.SilenceOpened.name: NotificationType(
            NotificationCategory.SILENCE_OPENED,
            ADDRESSEES,
            "/silence/{procedure}",
            _("A silence procedure was opened"),
            _("If your State takes no position by the deadline, it is considered not to object to the text."),
            build_silence_context,
        ),
        silence.SilenceExtended.name: NotificationType(
            NotificationCategory.SILENCE_MOVED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            _("The deadline of a silence procedure was extended"),
            _("Until then, States can break silence, support the text, or not object and make a statement."),
            build_silence_context,
        ),
        silence.SilenceBroken.name: NotificationType(
            NotificationCategory.SILENCE_ENDED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            _("Silence was broken"),
            _("The text was not adopted."),
            build_ended_silence_context,
        ),
        silence.SilenceKept.name: NotificationType(
            NotificationCategory.SILENCE_ENDED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            _("A text was adopted by silence"),
            _("No Member State broke silence before the deadline."),
            build_ended_silence_context,
        ),
        silence.SilenceVoided.name: NotificationType(
            NotificationCategory.SILENCE_ENDED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            _("A silence procedure became void"),
            _("No text was adopted by this procedure. The reason is given on the page."),
            build_ended_silence_context,
        ),
        releases.OutputReleased.name: NotificationType(
            NotificationCategory.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            _("A text was released"),
            _("Those to whom it was released can read it in all its languages."),
            build_release_context,
        ),
        releases.AdvanceVersionReleased.name: NotificationType(
            NotificationCategory.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            _("An advance version of a text was released"),
            _("It is unedited; other languages will follow."),
            build_release_context,
        ),
        releases.OutputCompleted.name: NotificationType(
            NotificationCategory.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            _("A text was released in all languages"),
            _("It replaces the advance version."),
            build_release_context,
        ),
        releases.OutputWithdrawn.name: NotificationType(
            NotificationCategory.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            _("A released text was withdrawn"),
            _("The reason is given on the page."),
            build_withdrawal_context,
        ),
        meetings.DeadlineMoved.name: NotificationType(
            NotificationCategory.DEADLINE,
            DELEGATIONS,
            "/meetings/{meeting}",
            _("The deadline for contributions was changed"),
            _("Contributions to the meeting are due by the time below."),
            build_deadline_context,
        ),
        contributions.ContributionRegistered.name: NotificationType(
            NotificationCategory.CONTRIBUTION,
            OWN_DELEGATION,
            "/contributions/{contribution}",
            _("A contribution of your delegation was registered"),
            _("It has a symbol, and the group can read it."),
            build_contribution_context,
        ),
        contributions.ContributionReturned.name: NotificationType(
            NotificationCategory.CONTRIBUTION,
            WRITERS,
            "/contributions/{contribution}",
            _("A contribution of your delegation was returned"),
            _("It is not registered. The page shows what to change."),
            build_contribution_context,
        ),
        contributions.ContributionFileRefused.name: NotificationType(
            NotificationCategory.CONTRIBUTION,
            WRITERS,
            "/contributions/{contribution}/edit",
            _("A file in a draft contribution of your delegation was not accepted"),
            _("It was received and then checked. The page shows why it was not accepted and what to do."),
            build_refused_file_context,
        ),
        contributions.ConfirmationRequested.name: CONFIRMATION_REQUEST,
        contributions.ConfirmationDeclined.name: NotificationType(
            NotificationCategory.STATE_ANSWER,
            WRITING_SECRETARIES,
            "/contributions/{contribution}",
            _("A State declined a contribution that the secretariat had submitted on its behalf"),
            _("It is not registered. The page gives the reason. You can change it and submit it again."),
            build_declined_context,
        ),
    }
)
# Caused by the clock and not by an event: it is about the journal line that set the deadline.
SILENCE_REMINDER = NotificationType(
    NotificationCategory.SILENCE_REMINDER,
    SILENT_ADDRESSEES,
    "/silence/{procedure}",
    _("A silence procedure ends soon"),
    _(
        "Your State has not taken a position yet. If it takes none by the deadline, it is considered not to "
        "object to the text."
    ),
    build_silence_context,
)
EVENTS_SETTING_DEADLINE = (silence.SilenceOpened.name, silence.SilenceExtended.name)

CATEGORY_LABELS: Mapping[NotificationCategory, tuple[LazyText, LazyText]] = MappingProxyType(
    {
        NotificationCategory.SILENCE_OPENED: (
            _("Silence procedures opened"),
            _("Delegates, heads of delegation and focal points of the States to which the text was submitted."),
        ),
        NotificationCategory.SILENCE_REMINDER: (
            _("Reminders before a silence procedure ends"),
            _("Delegates, heads of delegation and focal points of the States that have not taken a position by then."),
        ),
        NotificationCategory.SILENCE_MOVED: (
            _("Silence procedures extended"),
            _(
                "Delegates, heads of delegation and focal points of the States to which the text was "
                "submitted, the chair and the secretariat."
            ),
        ),
        NotificationCategory.SILENCE_ENDED: (
            _("Silence procedures ended"),
            _(
                "Delegates, heads of delegation and focal points of the States to which the text was "
                "submitted, the chair and the secretariat: silence was broken, the text was adopted, or the "
                "procedure became void."
            ),
        ),
        NotificationCategory.RELEASE: (
            _("Releases"),
            _("Delegates in the group, the chair and the secretariat: a text was released or withdrawn."),
        ),
        NotificationCategory.DEADLINE: (
            _("Deadlines for contributions"),
            _("Delegates in the group: a deadline was changed."),
        ),
        NotificationCategory.CONTRIBUTION: (
            _("Contributions of your delegation"),
            _(
                "Delegates of the State concerned: a contribution was registered or returned. Also its focal "
                "points: a contribution that the secretariat submitted on behalf of the State is awaiting "
                "confirmation."
            ),
        ),
        NotificationCategory.STATE_ANSWER: (
            _("Replies from States to the secretariat"),
            _(
                "Secretaries of the group whose entity prepares the text: a State declined what the "
                "secretariat had submitted on its behalf."
            ),
        ),
    }
)
"""Label and recipients of each category, in words."""


ANNOUNCED_EVENTS = frozenset(NOTIFICATION_TYPES).union(NAMES_BEFORE_CONFIRMATION)
"""Events whose journal lines notifications are about."""


def get_notification_type(event: str, kind: str) -> NotificationType:
    """Return the notification type of an event and a category."""
    if kind == NotificationCategory.SILENCE_REMINDER:
        return SILENCE_REMINDER
    return CONFIRMATION_REQUEST if event in NAMES_BEFORE_CONFIRMATION else NOTIFICATION_TYPES[event]
