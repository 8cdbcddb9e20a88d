"""Tasks of events: each event is decided to have some or none; a job is queued exactly when the change is committed."""

from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import text

from app import domain
from app.core.db import transaction, write_session_factory
from app.core.journal import Event
from app.domain.outputs.actions import drafting, release
from app.domain.outputs.models import Output
from app.worker.subscriptions import DISSEMINATE, SETTLE_SILENCE, TASKS_BY_EVENT, WAKE_UP_LEADS, queue_jobs
from tests.world import World

# fmt: off
EVENTS_WITHOUT_TASKS = {
    "accreditation:ended", "accreditation:granted", "accreditation:request-declined", "accreditation:requested",
    "action:added", "action:moved", "agenda:adopted",
    "agenda:changed", "agenda:deputies-chosen", "agenda:proposals-bounded", "agenda:released", "backup:taken",
    "body:changed", "body:end-set", "body:made", "body:positions-shown-set", "body:proposal-declined",
    "body:proposed", "question:kept", "question:required", "silence:opened-despite",
    "body:admission-changed", "body:languages-set", "body:silence-set", "calendar:made", "calendar:revoked",
    "clearance:required", "comment:answered", "comment:put", "comment:taken-back", "contribution:changed",
    "contribution:cleared", "contribution:confirmation-declined", "contribution:confirmation-requested",
    "contribution:confirmation-voided",
    "contribution:confirmed", "contribution:discarded", "contribution:drafted", "contribution:file-arrived",
    "contribution:file-moved", "contribution:file-refused", "contribution:file-removed",
    "contribution:original-restored",
    "contribution:held", "contribution:in-time", "contribution:late-accepted", "contribution:registered",
    "contribution:registered-at-request",
    "contribution:returned", "contribution:signature", "contribution:submitted", "contribution:taken-back",
    "contribution:taken-up", "decision:corrected", "decision:taken",
    "delivery:acknowledged", "delivery:called-back", "delivery:noted-by-hand", "delivery:returned",
    "delivery:failed", "delivery:sent",
    "document:access-changed", "document:allocated",
    "document:related", "document:relation-taken-back", "document:supported", "document:taken-off", "document:voided",
    "document:withdrawn", "file:damaged", "file:mended", "file:scanned", "floor:asked", "floor:clock", "floor:declined",
    "floor:ended", "floor:given", "floor:item-limits", "floor:list", "floor:moved", "floor:presented", "floor:undone",
    "floor:withdrawn", "item:proposed", "letters:stopped", "letters:chosen", "letters:wanted", "meeting:begin-undone",
    "meeting:cancelled", "meeting:changed", "meeting:convened", "meeting:deadline-moved",
    "meeting:moved", "meeting:planned", "meeting:practical-changed", "office:confirmed", "office:ended",
    "office:granted", "office:proposed", "output:approval-checked",
    "output:called-back", "output:completion-called-back",
    "output:completion-failed", "output:drafted", "output:forwarded", "output:made-public", "output:pdf-added",
    "output:release-failed",
    "output:withdrawn-from-addressees",
    "output:sealed", "output:translation-approval-checked", "output:withdrawal-declined", "output:withdrawal-failed",
    "expected-report:answered", "expected-report:asked", "expected-report:declined", "expected-report:dropped",
    "expected-report:overdue", "expected-report:reopened", "expected-report:requested",
    "reporting-duty:ended", "reporting-duty:publication-proposed",
    "liaison:answered", "liaison:closed", "liaison:held", "liaison:overdue",
    "liaison:withdrawal-received", "liaison:withdrawn",
    "liaison:registered", "liaison:reply-chosen", "liaison:reply-removed", "liaison:returned",
    "action-line:changed", "action-line:facilitation-kept",
    "clause:added", "clause:changed", "clause:restored", "clause:retired",
    "focal-point:confirmed", "focal-point:ended", "focal-point:proposed",
    "mandate:added", "mandate:renamed", "mandate:restored", "mandate:retired", "mandate:version-added",
    "delivery:withdrawal-signed", "delivery:withdrawal-acknowledged",
    "delivery:acknowledgment-noted", "delivery:transmission-signed", "delivery:transmission-acknowledged",
    "liaison:transmission-received", "organization:inbox-confirmed",
    "organization:inbox-declined",
    "organization:inbox-proposed", "organization:inbox-revoked",
    "organization:added", "organization:changed", "organization:ended", "organization:restored",
    "output:withdrawal-proposed", "output:withdrawal-taken-back", "output:withdrawn-from-the-public",
    "participant:attendance-noted", "participant:badges-made", "participant:cancelled", "participant:changed",
    "participant:check-in-undone", "participant:checked-in", "participant:registered",
    "person:changed", "person:sessions-ended", "person:signed-in", "person:zone-chosen",
    "invitation-letter:made", "invitation-letter:template-changed",
    "invitation:accepted", "invitation:made", "invitation:withdrawn", "position:put", "record:exported",
    "record:inventoried", "record:migrated",
    "record:reopened", "record:restored", "rendition:deleted", "rendition:made-for-contribution",
    "registration:assigned",
    "region:set", "report:adopted", "report:circulated", "report:correction-answered", "report:correction-asked",
    "report:comment-answered", "report:comment-resolved", "report:comment-withdrawn", "report:comment-written",
    "report:corrections-deadline-set",
    "report:drafted", "report:registered", "report:restored", "report:revised", "report:template-changed",
    "secretariat-message:sent", "translation:assigned",
    "session:cancelled",
    "session:ended", "session:laid-down", "session:moved", "silence:kept", "silence:position-taken",
    "sitting:closed", "sitting:item", "sitting:opened", "sitting:step", "statement:put",
    "statement:taken-back", "state-decision:set",
    "topic:added", "topic:renamed", "topic:restored", "topic:retired", "version:circulated",
}
# fmt: on


def event_names(kind: type[Event] = Event) -> set[str]:
    for path in Path(domain.__path__[0]).glob("*/events.py"):
        import_module(f"app.domain.{path.parent.name}.events")
    return {each.name for each in kind.__subclasses__() if each.__module__.startswith("app.")}


def list_jobs(database, engine) -> list[tuple[str, dict[str, str]]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT task_name, args FROM jobs.procrastinate_jobs ORDER BY id"))
        return [tuple(row) for row in rows]


def test_every_event_was_decided_to_have_tasks_or_none() -> None:
    assert set(TASKS_BY_EVENT) | EVENTS_WITHOUT_TASKS == event_names()
    assert not set(TASKS_BY_EVENT) & EVENTS_WITHOUT_TASKS
    assert all(TASKS_BY_EVENT.values())


def test_a_job_is_committed_with_the_change_and_rolled_back_with_it(world, engine, database) -> None:
    output = world.approved(world.meeting(opens_in=-1))
    write = write_session_factory(engine, {"react": queue_jobs})
    actor = world.actor("ines")

    with pytest.raises(RuntimeError), transaction(write) as session:
        release.schedule_release(session, actor, session.get_one(Output, output.id))
        run_reactions(session)
        raise RuntimeError("the process dies before the commit")
    assert list_jobs(database, engine) == []

    with transaction(write) as session:
        release.schedule_release(session, actor, session.get_one(Output, output.id))
    assert list_jobs(database, engine) == [(DISSEMINATE, {"output": str(output.id)})]


def run_reactions(session) -> None:
    """Write the journal and queue the reactions, as the commit would, and check that the job is there."""
    session.dispatch.before_commit(session)
    assert session.scalar(text("SELECT count(*) FROM jobs.procrastinate_jobs")) == 1


def test_the_end_of_silence_is_queued_for_its_instant_and_a_text_change_for_now(world, engine) -> None:
    output = world.output(world.meeting(opens_in=-1))
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    procedure = reacting.silence(output)
    with reacting.acting("ines") as (session, actor):
        drafting.put_output_file(session, actor, session.get_one(Output, output.id), world.file("en", "Another text"))

    with engine.connect() as connection:
        statement = "SELECT task_name, scheduled_at FROM jobs.procrastinate_jobs WHERE task_name = :name ORDER BY id"
        rows = [tuple(row) for row in connection.execute(text(statement), {"name": SETTLE_SILENCE})]
    assert rows == [(SETTLE_SILENCE, procedure.until), (SETTLE_SILENCE, None)]


def test_the_job_of_a_release_is_queued_shortly_before_its_instant(world, engine) -> None:
    output = world.approved(world.meeting(opens_in=-1))
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    at = reacting.set_for(output, seconds=3600).release_at

    with engine.connect() as connection:
        statement = "SELECT task_name, scheduled_at FROM jobs.procrastinate_jobs"
        rows = [tuple(row) for row in connection.execute(text(statement))]
    assert rows == [(DISSEMINATE, at - WAKE_UP_LEADS["output:scheduled"])]
