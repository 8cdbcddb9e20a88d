"""What happens because something happened: read this table to know. A job is queued in the transaction of the change.

A task is called with the facts of the journal line; the one that writes letters with its number.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from procrastinate import App, SyncPsycopgConnector
from sqlalchemy import Connection

from app.core.journal import JournalLine, React
from app.core.traces import carried
from app.domain.agendas import events as agendas
from app.domain.bodies import events as bodies
from app.domain.circulations import events as circulations
from app.domain.contributions import events as contributions
from app.domain.decisions import events as decisions
from app.domain.documents import events as documents
from app.domain.floor import events as floor
from app.domain.identity import events as identity
from app.domain.letters import events as letters_chosen
from app.domain.letters.occasions import OCCASIONS
from app.domain.meetings import events as meetings
from app.domain.outputs import events as outputs
from app.domain.participants import events as participants
from app.domain.preservation import events as preservation
from app.domain.releases import events as releases
from app.domain.renditions import events as renditions
from app.domain.reports import events as reports
from app.domain.silence import events as silence
from app.domain.subjects import events as subjects

DISSEMINATE = "disseminate"
RENDER = "render"
RENDER_DOCUMENT = "render-document"
INDEX = "index"
INDEX_FILE = "index-file"
SETTLE = "settle-silence"
WRITE_LETTERS = "write-letters"
CARRY_TEXT = "carry-text"
CARRY_TEXTS = "carry-texts"
CLEAR = "clear-withdrawn"
# What may be done once more after a restore: it changes nothing outside the house, and does nothing where it was done.
# Any other job that waited when the copy was taken is ended: a letter must not go out twice.
ANEW = frozenset({DISSEMINATE, RENDER, RENDER_DOCUMENT, INDEX, INDEX_FILE, SETTLE, CARRY_TEXT, CARRY_TEXTS, CLEAR})
# One file is rendered at a time, so that what people wait for is never behind all of them: jobs of one lock take turns.
LOCKS = MappingProxyType({RENDER: "rendering", RENDER_DOCUMENT: "rendering"})

REACTIONS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        preservation.BackupTaken.name: [],
        preservation.RecordRestored.name: [],
        preservation.RecordReopened.name: [],
        preservation.RecordExported.name: [],
        preservation.DamageFound.name: [],
        preservation.DamageMended.name: [],
        identity.PersonSignedIn.name: [],
        identity.PersonChanged.name: [],
        identity.SessionEnded.name: [],
        identity.CalendarAddressMade.name: [],
        identity.CalendarAddressRevoked.name: [],
        letters_chosen.LettersStopped.name: [],
        letters_chosen.LettersWanted.name: [],
        bodies.AccreditationGranted.name: [],
        bodies.AccreditationEnded.name: [],
        bodies.OfficeGranted.name: [],
        bodies.OfficeProposed.name: [],
        bodies.OfficeConfirmed.name: [],
        bodies.OfficeEnded.name: [],
        bodies.RegionSet.name: [],
        bodies.AdmissionChanged.name: [],
        bodies.LanguagesSet.name: [],
        bodies.SilenceSet.name: [],
        subjects.TopicAdded.name: [],
        subjects.TopicRenamed.name: [],
        subjects.TopicRetired.name: [],
        subjects.TopicRestored.name: [],
        renditions.RenditionMade.name: [INDEX_FILE, CARRY_TEXT],
        documents.DocumentRegistered.name: [RENDER_DOCUMENT, INDEX],
        documents.EditionRegistered.name: [RENDER_DOCUMENT, INDEX],
        documents.TranslationAdded.name: [RENDER_DOCUMENT, INDEX],
        documents.DocumentCorrected.name: [INDEX],
        documents.DocumentSupported.name: [],
        documents.DocumentRelated.name: [],
        documents.RelationWithdrawn.name: [],
        documents.AccessChanged.name: [],
        documents.DocumentWithdrawn.name: [],
        documents.NumberVoided.name: [],
        meetings.MeetingPlanned.name: [],
        meetings.MeetingConvened.name: [],
        meetings.MeetingMoved.name: [],
        meetings.MeetingCancelled.name: [],
        meetings.MeetingChanged.name: [],
        meetings.DeadlineMoved.name: [],
        meetings.PracticalChanged.name: [],
        meetings.SessionLaidDown.name: [],
        meetings.SessionMoved.name: [],
        meetings.SessionCancelled.name: [],
        participants.ParticipantRegistered.name: [],
        participants.ParticipantChanged.name: [],
        participants.ParticipantCancelled.name: [],
        participants.AttendanceNoted.name: [],
        agendas.AgendaChanged.name: [],
        agendas.DocumentAllocated.name: [],
        agendas.DocumentTakenOff.name: [],
        agendas.AgendaReleased.name: [],
        agendas.AgendaAdopted.name: [],
        agendas.DeputiesChosen.name: [],
        agendas.ProposalsBounded.name: [],
        agendas.ItemProposed.name: [],
        floor.SittingOpened.name: [],
        floor.SittingClosed.name: [],
        floor.ItemTakenUp.name: [],
        floor.ListChanged.name: [],
        floor.FloorAsked.name: [],
        floor.FloorWithdrawn.name: [],
        floor.FloorDeclined.name: [],
        floor.FloorMoved.name: [],
        floor.FloorGiven.name: [],
        floor.FloorEnded.name: [],
        floor.ClockSet.name: [],
        decisions.DecisionTaken.name: [],
        decisions.DecisionCorrected.name: [],
        decisions.PositionPut.name: [],
        reports.ReportDrafted.name: [],
        reports.ReportRevised.name: [],
        reports.ReportCirculated.name: [],
        reports.CorrectionAsked.name: [],
        reports.CorrectionAnswered.name: [],
        reports.ReportAdopted.name: [],
        reports.ReportRegistered.name: [],
        reports.ReportTemplateChanged.name: [],
        reports.ActionAdded.name: [],
        reports.ActionMoved.name: [],
        contributions.ContributionDrafted.name: [],
        contributions.ContributionChanged.name: [],
        contributions.ContributionFileReceived.name: [RENDER],
        contributions.ContributionFileRemoved.name: [],
        contributions.ContributionDiscarded.name: [],
        contributions.ContributionSubmitted.name: [],
        contributions.ContributionTakenBack.name: [],
        contributions.ContributionReturned.name: [],
        contributions.LateContributionAccepted.name: [],
        contributions.ContributionRegistered.name: [],
        contributions.ContributionHeld.name: [],
        contributions.ContributionTakenUp.name: [],
        contributions.ContributionInTime.name: [],
        contributions.SignatureChanged.name: [],
        contributions.ContributionCleared.name: [],
        contributions.ClearanceRequired.name: [],
        outputs.OutputDrafted.name: [],
        outputs.OutputChanged.name: [SETTLE],
        outputs.OutputFileReceived.name: [RENDER, SETTLE],
        outputs.OutputFileRemoved.name: [SETTLE],
        outputs.OutputAdopted.name: [SETTLE],
        outputs.OutputApproved.name: [],
        outputs.OutputLetOut.name: [DISSEMINATE],
        outputs.OutputLetOutAlone.name: [DISSEMINATE],
        circulations.VersionCirculated.name: [],
        circulations.CommentPut.name: [],
        circulations.CommentTakenBack.name: [],
        circulations.CommentAnswered.name: [],
        outputs.OutputScheduled.name: [DISSEMINATE],
        outputs.OutputCalledBack.name: [],
        outputs.OutputTranslated.name: [RENDER],
        outputs.OutputTranslationApproved.name: [],
        outputs.CompletionLetOut.name: [DISSEMINATE],
        outputs.CompletionScheduled.name: [DISSEMINATE],
        outputs.CompletionCalledBack.name: [],
        silence.SilenceOpened.name: [SETTLE],
        silence.SilenceExtended.name: [SETTLE],
        silence.StanceTaken.name: [],
        silence.SilenceBroken.name: [],
        silence.SilenceKept.name: [],
        silence.SilenceVoided.name: [],
        silence.StatementPut.name: [],
        silence.StatementTakenBack.name: [],
        releases.OutputReleased.name: [CARRY_TEXTS],
        releases.AdvanceVersionReleased.name: [CARRY_TEXTS],
        releases.OutputCompleted.name: [CARRY_TEXTS],
        releases.CompletionFailed.name: [],
        releases.OutputMadePublic.name: [],
        releases.OutputSealed.name: [],
        releases.ReleaseFailed.name: [],
        outputs.WithdrawalDecidedAlone.name: [],
        outputs.OutputForwarded.name: [],
        outputs.WithdrawalProposed.name: [],
        outputs.WithdrawalTakenBack.name: [],
        outputs.WithdrawalDeclined.name: [],
        releases.OutputWithdrawn.name: [CLEAR],
        releases.PublicOutputWithdrawn.name: [],
    }
)

# What follows at a later instant, and the fact that says at which.
LATER: Mapping[str, str] = MappingProxyType(
    {
        silence.SilenceOpened.name: "until",
        silence.SilenceExtended.name: "until",
        outputs.OutputScheduled.name: "at",
        outputs.CompletionScheduled.name: "at",
    }
)
# So much earlier its job wakes up, and waits: the queue is looked at once a second.
EARLY: Mapping[str, timedelta] = MappingProxyType(
    dict.fromkeys((outputs.OutputScheduled.name, outputs.CompletionScheduled.name), timedelta(seconds=3))
)

# What is told by mail, where the house sends any; `app.domain.letters.occasions` says to whom.
TOLD = frozenset(OCCASIONS)

# Never opened: every job goes through the connection on which the change itself was made.
_queue = App(connector=SyncPsycopgConnector())


def reacting(*, letters: bool) -> React:
    """What follows from lines, in a house that sends letters or in one that does not."""
    return partial(react, letters=letters)


def _at(line: JournalLine) -> datetime | None:
    if line.event not in LATER:
        return None
    return datetime.fromisoformat(str(line.facts[LATER[line.event]])) - EARLY.get(line.event, timedelta(0))


def react(connection: Connection, lines: Sequence[JournalLine], *, letters: bool = False) -> None:
    """Queue what follows from these lines, in their own transaction (`app.core.journal.React`)."""
    driver = connection.connection.driver_connection
    for line in lines:
        at = _at(line)
        for task in REACTIONS[line.event]:
            configured = _queue.configure_task(task, connection=driver, lock=LOCKS.get(task), schedule_at=at)
            # What is done at a later instant is nothing that this request does: it has a trace of its own.
            configured.defer(**line.facts, **({} if at else carried()))
        if letters and line.event in TOLD:
            _queue.configure_task(WRITE_LETTERS, connection=driver).defer(line=line.seq, **carried())
