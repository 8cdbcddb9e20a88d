"""Subscriptions: the tasks that each event causes. A job is queued in the transaction of the change.

A task is called with the facts of the journal line; the task that creates notifications with its number.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

from procrastinate import App, SyncPsycopgConnector
from procrastinate.jobs import DEFAULT_QUEUE
from sqlalchemy import Connection

from app.core.journal import JournalLine, JournalReaction
from app.core.observability.tracing import current_trace_context
from app.domain.contributions import events as contributions
from app.domain.deliveries import events as deliveries
from app.domain.documents import events as documents
from app.domain.files import events as file_events
from app.domain.liaisons import events as liaisons
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES
from app.domain.outputs import events as outputs
from app.domain.releases import events as releases
from app.domain.reporting_duties import events as reporting_duties
from app.domain.silence import events as silence

DISSEMINATE = "disseminate"
RENDER = "render"
RENDER_DOCUMENT = "render-document"
INDEX = "index"
INDEX_FILE = "index-file"
SETTLE_SILENCE = "settle-silence"
WRITE_LETTERS = "write-letters"
CARRY_TEXT = "carry-text"
CARRY_TEXTS = "carry-texts"
ADD_PDF = "add-pdf"
ADD_PDFS = "add-pdfs"
WITHDRAW = "withdraw"
CLEAR_WITHDRAWN = "clear-withdrawn"
CHECK_APPROVAL = "check-approval"
DELIVER = "deliver"
ANSWER_LIAISON = "answer-liaison"
OPEN_LIAISON = "open-liaison"
OPEN_EXPECTED_REPORTS = "open-reports-of-duty"
COPY_PUBLIC_DUTIES = "copy-public-duties"
# Tasks that may be repeated after a restore: they change nothing outside the system and do nothing if they were done.
# All other jobs that were waiting in the backup are ended: an e-mail must not be sent twice.
REPEATABLE_AFTER_RESTORE = frozenset(
    {
        *(DISSEMINATE, RENDER, RENDER_DOCUMENT, INDEX, INDEX_FILE, SETTLE_SILENCE),
        *(CARRY_TEXT, CARRY_TEXTS, ADD_PDF, ADD_PDFS, WITHDRAW, CLEAR_WITHDRAWN, CHECK_APPROVAL),
        DELIVER,
        *(ANSWER_LIAISON, OPEN_LIAISON),
        *(OPEN_EXPECTED_REPORTS, COPY_PUBLIC_DUTIES),
    }
)
# Files are rendered one at a time (jobs with one lock exclude each other), so that they never block all other jobs.
# Those of drafts have a queue of their own, and a lock for each State: a job that is to be retried holds back all later
# ones with its lock.
TASK_LOCKS = MappingProxyType({RENDER: "rendering", RENDER_DOCUMENT: "rendering"})
DRAFTS_QUEUE = "drafts"
STATE_FACT = "state"
"""The fact of a received file that names the State of a draft; files of documents and outputs have none."""
CONTRIBUTION_FACT = "contribution"
"""The fact of a received file that names its contribution."""

# Only events with tasks; a test lists all others, so that each new event is decided.
TASKS_BY_EVENT: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        file_events.RenditionMade.name: [INDEX_FILE, CARRY_TEXT, ADD_PDF],
        documents.DocumentRegistered.name: [RENDER_DOCUMENT, INDEX],
        documents.EditionRegistered.name: [RENDER_DOCUMENT, INDEX],
        documents.TranslationAdded.name: [RENDER_DOCUMENT, INDEX],
        documents.DocumentCorrected.name: [INDEX],
        documents.TitlesSupplied.name: [INDEX],
        contributions.ContributionFileReceived.name: [RENDER],
        contributions.ContributionFileCleaned.name: [RENDER],
        outputs.OutputChanged.name: [SETTLE_SILENCE],
        outputs.OutputFileReceived.name: [RENDER, ADD_PDF, SETTLE_SILENCE],
        outputs.OutputFileRemoved.name: [SETTLE_SILENCE],
        outputs.OutputAdopted.name: [SETTLE_SILENCE],
        outputs.OutputApproved.name: [CHECK_APPROVAL],
        outputs.OutputLetOut.name: [DISSEMINATE],
        outputs.OutputLetOutAlone.name: [DISSEMINATE],
        outputs.OutputScheduled.name: [DISSEMINATE],
        outputs.OutputTranslated.name: [RENDER, ADD_PDF],
        outputs.OutputTranslationApproved.name: [CHECK_APPROVAL],
        outputs.CompletionLetOut.name: [DISSEMINATE],
        outputs.CompletionScheduled.name: [DISSEMINATE],
        outputs.WithdrawalConfirmed.name: [WITHDRAW],
        outputs.WithdrawalDecidedAlone.name: [WITHDRAW],
        outputs.WithdrawalRetried.name: [WITHDRAW],
        silence.SilenceOpened.name: [SETTLE_SILENCE],
        silence.SilenceExtended.name: [SETTLE_SILENCE],
        silence.SilenceBroken.name: [ADD_PDFS],
        silence.SilenceVoided.name: [ADD_PDFS],
        releases.OutputReleased.name: [CARRY_TEXTS, ANSWER_LIAISON],
        releases.AdvanceVersionReleased.name: [CARRY_TEXTS, ANSWER_LIAISON],
        releases.OutputReleasedToAddressees.name: [ANSWER_LIAISON],
        releases.OutputCompleted.name: [CARRY_TEXTS],
        releases.OutputWithdrawn.name: [CLEAR_WITHDRAWN],
        deliveries.DeliveryMade.name: [DELIVER],
        deliveries.DeliveryReceived.name: [OPEN_LIAISON],
        liaisons.LiaisonReceived.name: [RENDER],
        liaisons.LiaisonFileAdded.name: [RENDER],
        reporting_duties.DutyAdded.name: [OPEN_EXPECTED_REPORTS],
        reporting_duties.DutyChanged.name: [OPEN_EXPECTED_REPORTS],
        reporting_duties.PublicationConfirmed.name: [COPY_PUBLIC_DUTIES],
        reporting_duties.PublicationEnded.name: [COPY_PUBLIC_DUTIES],
    }
)

# Events whose tasks run at a later instant, and the fact that names the instant.
SCHEDULING_FACTS: Mapping[str, str] = MappingProxyType(
    {
        silence.SilenceOpened.name: "until",
        silence.SilenceExtended.name: "until",
        outputs.OutputScheduled.name: "at",
        outputs.CompletionScheduled.name: "at",
    }
)
# Time by which a job starts before its instant, and then waits: the queue is polled once a second only.
WAKE_UP_LEADS: Mapping[str, timedelta] = MappingProxyType(
    dict.fromkeys((outputs.OutputScheduled.name, outputs.CompletionScheduled.name), timedelta(seconds=3))
)

# Events with e-mail notifications, if the portal sends any; the catalogue of notifications names the recipients.
MAILED_EVENTS = frozenset(NOTIFICATION_TYPES)

# Never opened: every job is queued on the database connection on which the change itself was made.
_queue = App(connector=SyncPsycopgConnector())


def build_event_handler(*, sends_mail: bool) -> JournalReaction:
    """Build the handler that queues the tasks of new journal lines, with or without e-mail notifications."""
    return partial(queue_jobs, sends_mail=sends_mail)


def _scheduled_at(line: JournalLine) -> datetime | None:
    """Return the instant at which the tasks of a line start; None for at once."""
    if line.event not in SCHEDULING_FACTS:
        return None
    return datetime.fromisoformat(str(line.facts[SCHEDULING_FACTS[line.event]])) - WAKE_UP_LEADS.get(
        line.event, timedelta(0)
    )


def _choose_queue(task: str, line: JournalLine) -> tuple[str, str | None]:
    """Return the queue of a task, and the lock with which its jobs exclude each other."""
    lock, state = TASK_LOCKS.get(task), line.facts.get(STATE_FACT)
    return (DRAFTS_QUEUE, f"{lock}:{state}") if task == RENDER and state else (DEFAULT_QUEUE, lock)


def queue_jobs(connection: Connection, lines: Sequence[JournalLine], *, sends_mail: bool = False) -> None:
    """Queue the tasks of these journal lines in their own transaction (a `JournalReaction`)."""
    driver = connection.connection.driver_connection
    for line in lines:
        scheduled_at = _scheduled_at(line)
        for task in TASKS_BY_EVENT.get(line.event, ()):
            queue, lock = _choose_queue(task, line)
            job = _queue.configure_task(task, connection=driver, queue=queue, lock=lock, schedule_at=scheduled_at)
            # A job at a later instant is not part of this request's trace: it has a trace of its own.
            job.defer(**line.facts, **({} if scheduled_at else current_trace_context()))
        if sends_mail and line.event in MAILED_EVENTS:
            _queue.configure_task(WRITE_LETTERS, connection=driver).defer(line=line.seq, **current_trace_context())
