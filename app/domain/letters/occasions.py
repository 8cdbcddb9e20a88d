"""Catalogue of e-mail notifications. Each event that causes one has an entry in `NOTIFICATION_TYPES`.

An e-mail says where something happened, what, and by when something is due, and links to the page. It contains no
title, name, text or reason, since e-mail passes through many systems.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from app.core import clock
from app.core.access import Rule
from app.core.db import ReadSession
from app.core.i18n import Text, say
from app.core.journal import JournalLine
from app.domain.contributions import events as contributions
from app.domain.contributions.models import Contribution
from app.domain.letters.models import Kind
from app.domain.letters.rules import (
    ADDRESSEES,
    ALL_CONCERNED,
    DELEGATIONS,
    OWN_DELEGATION,
    SILENT_ADDRESSEES,
    WHOLE_BODY,
    Matter,
)
from app.domain.meetings import events as meetings
from app.domain.meetings.models import Life, Meeting
from app.domain.outputs.models import Output, Status
from app.domain.releases import events as releases
from app.domain.silence import events as silence
from app.domain.silence import queries as procedures
from app.domain.silence.models import Course, SilenceProcedure


def under_silence(session: ReadSession, line: JournalLine) -> Matter:
    """Build the context of a running silence procedure; over once it has ended, which has a notification of its own."""
    procedure = session.get_one(SilenceProcedure, UUID(str(line.facts["procedure"])))
    output = session.get_one(Output, procedure.output_id)
    is_running = procedures.course(session, procedure, output) == Course.OPEN and clock.now() < procedure.until
    return Matter(
        body_id=procedure.body_id,
        zone=session.get_one(Meeting, output.meeting_id).zone,
        until=procedure.until,
        addressees=frozenset(procedure.addressees),
        answered=frozenset(position.entity for position in procedures.positions(session, procedure)),
        is_over=not is_running,
    )


def silence_that_ended(session: ReadSession, line: JournalLine) -> Matter:
    """Build the context of a silence procedure that has ended."""
    procedure = session.get_one(SilenceProcedure, UUID(str(line.facts["procedure"])))
    addressees = frozenset(procedure.addressees)
    return Matter(procedure.body_id, addressees=addressees)


def out(session: ReadSession, line: JournalLine) -> Matter:
    """Build the context of a release; over once the output is withdrawn, which has a notification of its own."""
    output = session.get_one(Output, UUID(str(line.facts["output"])))
    return Matter(output.body_id, is_over=output.status == Status.WITHDRAWN)


def withdrawn(session: ReadSession, line: JournalLine) -> Matter:
    """Build the context of the withdrawal of an output."""
    return Matter(session.get_one(Output, UUID(str(line.facts["output"]))).body_id)


def of_a_deadline(session: ReadSession, line: JournalLine) -> Matter:
    """Build the context of a moved deadline; over once it has passed or the meeting is cancelled."""
    meeting = session.get_one(Meeting, UUID(str(line.facts["meeting"])))
    until = meeting.contributions_due_at
    is_over = meeting.life == Life.CANCELLED or until <= clock.now()
    return Matter(meeting.body_id, meeting.zone, until, is_over=is_over)


def of_a_contribution(session: ReadSession, line: JournalLine) -> Matter:
    """Build the context of a contribution; over if it is a draft again, which row security hides from the worker."""
    key = UUID(str(line.facts["contribution"]))
    contribution = session.get(Contribution, key)
    if contribution is None:
        return Matter(line.body or key, is_over=True)
    return Matter(contribution.body_id, entity=contribution.entity)


@dataclass(frozen=True, slots=True)
class Occasion:
    """The notification about one event: category, recipients, page, texts, and the function that builds its context.

    The address of the page has placeholders with the names of facts of the event.
    """

    kind: Kind
    hears: Rule[Matter]
    page: str
    subject: Text
    words: Text
    matter: Callable[[ReadSession, JournalLine], Matter]


OCCASIONS: Mapping[str, Occasion] = MappingProxyType(
    {
        silence.SilenceOpened.name: Occasion(
            Kind.SILENCE_OPENED,
            ADDRESSEES,
            "/silence/{procedure}",
            say("A silence procedure was opened"),
            say("If your State says nothing until the deadline, it lets the text pass."),
            under_silence,
        ),
        silence.SilenceExtended.name: Occasion(
            Kind.SILENCE_MOVED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            say("A silence procedure has a later deadline"),
            say("Until then States can break silence, support the text or let it pass with a statement."),
            under_silence,
        ),
        silence.SilenceBroken.name: Occasion(
            Kind.SILENCE_ENDED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            say("Silence was broken"),
            say("The text was not adopted."),
            silence_that_ended,
        ),
        silence.SilenceKept.name: Occasion(
            Kind.SILENCE_ENDED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            say("A text was adopted by silence"),
            say("No Member State broke silence until the deadline."),
            silence_that_ended,
        ),
        silence.SilenceVoided.name: Occasion(
            Kind.SILENCE_ENDED,
            ALL_CONCERNED,
            "/silence/{procedure}",
            say("A silence procedure became void"),
            say("Nothing was adopted by it. The page says why."),
            silence_that_ended,
        ),
        releases.OutputReleased.name: Occasion(
            Kind.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            say("A text was released"),
            say("It can be read by those for whom it was released, in all its languages."),
            out,
        ),
        releases.AdvanceVersionReleased.name: Occasion(
            Kind.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            say("An advance version of a text was released"),
            say("It is unedited, and other languages are still to come."),
            out,
        ),
        releases.OutputCompleted.name: Occasion(
            Kind.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            say("A text was released in all languages"),
            say("It takes the place of the advance version."),
            out,
        ),
        releases.OutputWithdrawn.name: Occasion(
            Kind.RELEASE,
            WHOLE_BODY,
            "/outputs/{output}",
            say("A released text was withdrawn"),
            say("The page says why."),
            withdrawn,
        ),
        meetings.DeadlineMoved.name: Occasion(
            Kind.DEADLINE,
            DELEGATIONS,
            "/meetings/{meeting}",
            say("The deadline for contributions was moved"),
            say("Contributions to the meeting are due until the time below."),
            of_a_deadline,
        ),
        contributions.ContributionRegistered.name: Occasion(
            Kind.CONTRIBUTION,
            OWN_DELEGATION,
            "/contributions/{contribution}",
            say("A contribution of your delegation was registered"),
            say("It has a symbol, and the group sees it."),
            of_a_contribution,
        ),
        contributions.ContributionReturned.name: Occasion(
            Kind.CONTRIBUTION,
            OWN_DELEGATION,
            "/contributions/{contribution}",
            say("A contribution of your delegation was returned"),
            say("It is not registered. The page says what to change."),
            of_a_contribution,
        ),
    }
)
# Caused by the clock and not by an event: it is about the journal line that set the deadline.
REMINDER = Occasion(
    Kind.SILENCE_REMINDER,
    SILENT_ADDRESSEES,
    "/silence/{procedure}",
    say("Silence ends soon"),
    say("Your State has said nothing yet. If it says nothing until the deadline, it lets the text pass."),
    under_silence,
)
SETS_THE_END = (silence.SilenceOpened.name, silence.SilenceExtended.name)

KINDS: Mapping[Kind, tuple[Text, Text]] = MappingProxyType(
    {
        Kind.SILENCE_OPENED: (
            say("Silence procedures that are opened"),
            say("Delegates of the States before which a text was put."),
        ),
        Kind.SILENCE_REMINDER: (
            say("Reminders before silence ends"),
            say("Delegates of the States that have said nothing by then."),
        ),
        Kind.SILENCE_MOVED: (
            say("Silence procedures with a later deadline"),
            say("Delegates of the States before which a text was put, the chair and the secretariat."),
        ),
        Kind.SILENCE_ENDED: (
            say("Silence procedures that ended"),
            say(
                "Delegates of the States before which a text was put, the chair and the secretariat: silence was"
                " broken, the text is adopted, or the procedure is void."
            ),
        ),
        Kind.RELEASE: (
            say("Releases"),
            say("Delegates in the group, the chair and the secretariat: a text was released or withdrawn."),
        ),
        Kind.DEADLINE: (
            say("Deadlines for contributions"),
            say("Delegates in the group: a deadline was moved."),
        ),
        Kind.CONTRIBUTION: (
            say("Contributions of your delegation"),
            say("Delegates of the State concerned: a contribution was registered or returned."),
        ),
    }
)
"""Label and recipients of each category, in words."""


def occasion(event: str, kind: str) -> Occasion:
    """Return the notification type of an event and a category."""
    return REMINDER if kind == Kind.SILENCE_REMINDER else OCCASIONS[event]
