"""Notifications by e-mail: each goes only to those concerned, once, whatever the mail server does."""

import io
import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
import structlog
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update

from app.core import clock
from app.core.db import ReadSession, WriteSession, transaction, write_session_factory
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.core.mail.message import parse_mail_address
from app.core.mail.rounds import GIVE_UP_AFTER
from app.core.observability import logging as logs
from app.core.permissions import Actor
from app.core.validation import ReasonInput
from app.domain.bodies.models import Accreditation, Body
from app.domain.bodies.rules import EntityInBody
from app.domain.contributions.actions import arrivals, confirmations, cosponsors, drafting, refusals
from app.domain.contributions.models import Contribution
from app.domain.contributions.queries.submissions import load_submission
from app.domain.identity.models.tables import Person
from app.domain.meetings.actions import life_cycle as meetings
from app.domain.meetings.inputs import NewMeeting
from app.domain.meetings.models import Meeting
from app.domain.notifications.actions import delivery, preferences
from app.domain.notifications.actions.reminders import create_reminders
from app.domain.notifications.models import (
    DeliveryChoice,
    DeliveryStatus,
    EmailNotification,
    NotificationCategory,
    NotificationKind,
    NotificationPreference,
)
from app.domain.notifications.queries import notifications as queries
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output
from app.domain.silence.actions import draft_texts
from app.domain.silence.actions import procedure as silence
from app.domain.silence.events import SilenceExtended, SilenceOpened
from app.domain.silence.inputs import DeadlineExtension
from app.domain.silence.models import SilenceProcedure
from app.http.localization import Localizer
from app.http.mail.rendering import render_notification
from app.http.unsubscribe_tokens import UnsubscribeTokens
from app.worker.notifications import create_notifications, send_due_notifications
from app.worker.release import WorkerContext
from app.worker.subscriptions import WRITE_LETTERS, build_event_handler
from tests.mail_server import Postbox
from tests.sampling import count_examples
from tests.worker.test_worker import fetch_value, make_worker_context, run_worker, wait_until
from tests.world import GRACE, MAIL_SECRET, World, record_rows

SECRET_WORDS = "Secret canary of a title"
DELEGATES = ["amina", "haruka", "rafael"]  # of Member States in the cast
ADDRESSEES = sorted([*DELEGATES, "joseph"])  # with the focal point of Kenya
OFFICERS = ["daniel", "ines", "laurent", "layla"]
WHOLE_MEMBERSHIP = sorted([*DELEGATES, *OFFICERS, "joseph"])  # of a release also every focal point
CONCERNED = sorted([*ADDRESSEES, *OFFICERS])
DAY = timedelta(days=1)
KINDS = (
    NotificationKind.SILENCE_OPENED,
    NotificationKind.SILENCE_REMINDER,
    NotificationKind.SILENCE_MOVED,
    NotificationKind.SILENCE_ENDED,
    NotificationKind.RELEASE,
    NotificationKind.DEADLINE,
    NotificationKind.CONTRIBUTION,
    NotificationKind.STATE_ANSWER,
)
"""What these tests are about; what else people get of the same events is in `test_notification_types.py`."""


def write_queued(context: WorkerContext) -> int:
    """Run the queued notification jobs as the worker does; return how many messages of `KINDS` wait."""
    with transaction(context.write_sessions) as session:
        queue = "DELETE FROM jobs.procrastinate_jobs WHERE task_name = :name RETURNING args->>'line'"
        lines = session.scalars(text(queue), {"name": WRITE_LETTERS}).all()
    for line in lines:
        create_notifications(context, int(line))
    with transaction(context.write_sessions) as session:
        session.execute(
            delete(EmailNotification).where(EmailNotification.kind.in_(set(NotificationKind).difference(KINDS)))
        )
        return count_fates_in(session).get(DeliveryStatus.WAITING, 0)


def write_and_send(context: WorkerContext, box: Postbox) -> list[str]:
    """Write and send the queued notifications; return the recipients."""
    write_queued(context)
    send_due_notifications(context)
    return [key.split("@")[0] for key in sorted(str(each["To"]) for each in box.emptied())]


def count_fates(context: WorkerContext) -> dict[str, int]:
    with transaction(context.write_sessions) as session:
        return count_fates_in(session)


def count_fates_in(session: ReadSession) -> dict[str, int]:
    return dict(session.execute(select(EmailNotification.fate, func.count()).group_by(EmailNotification.fate)).all())


def open_procedure(world: World, *, hours: float = 73) -> SilenceProcedure:
    return world.silence(world.output(world.meeting(opens_in=-1), title=SECRET_WORDS), hours=hours)


def extend_deadline(world: World, procedure: SilenceProcedure, *, hours: float = 48) -> None:
    until = (procedure.until + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/Zurich"))
    with world.acting("laurent") as (session, actor):
        stored_procedure = session.get_one(SilenceProcedure, procedure.id)
        new = DeadlineExtension(on=until.date(), at=until.time(), reason=SECRET_WORDS)
        silence.extend_deadline(session, actor, stored_procedure, new, version=stored_procedure.version)


def decline(world: World, waiting: Contribution, *, by: str = "rafael") -> None:
    with world.acting(by) as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        because = ReasonInput(reason=SECRET_WORDS)
        confirmations.decline_to_confirm(session, actor, contribution, because, version=contribution.version)


def settle_procedure(world: World, procedure: SilenceProcedure) -> None:
    with transaction(world.write) as session:
        silence.settle_procedure(session, procedure.output_id)


def move_deadline(world: World, meeting: Meeting, days: int = 7) -> None:
    opens = meeting.opens_on + timedelta(days=days)
    new = NewMeeting(
        number=meeting.number, place="Geneva", zone=meeting.zone, opens_on=opens, closes_on=opens + timedelta(days=2)
    )
    with world.acting("ines") as (session, actor):
        stored_meeting = session.get_one(Meeting, meeting.id)
        meetings.change_meeting(session, actor, stored_meeting, new, "en", version=stored_meeting.version)


def change_text(world: World, procedure: SilenceProcedure) -> None:
    with world.acting("ines") as (session, actor):
        output = session.get_one(Output, procedure.output_id)
        draft_texts.put_draft_file(session, actor, output, world.file("en", "Another text"))


# Recipients.


def test_an_opened_procedure_is_notified_to_delegates_and_focal_points_of_its_addressees(
    notified_world, context, box
) -> None:
    open_procedure(notified_world)

    assert write_and_send(context, box) == ADDRESSEES
    assert write_and_send(context, box) == []


@pytest.mark.parametrize("end", ["broken", "adopted", "void"])
def test_a_later_deadline_and_each_end_are_also_notified_to_chair_and_secretariat(
    notified_world, context, box, end: str
) -> None:
    procedure = open_procedure(notified_world)
    write_and_send(context, box)

    extend_deadline(notified_world, procedure)
    assert write_and_send(context, box) == CONCERNED

    with clock.shifted_clock(timedelta(hours=122 if end == "adopted" else 0)):
        if end == "broken":
            notified_world.position(procedure, "rafael", "breaks")
        elif end == "void":
            change_text(notified_world, procedure)
        settle_procedure(notified_world, procedure)
        write_queued(context)
        send_due_notifications(context)
    subjects = {str(each["Subject"]) for each in box.took if each["To"] == "haruka@example.org"}
    words = {"broken": "Silence was broken", "adopted": "A text was adopted by silence"}
    assert subjects == {f"CWG-Internet: {words.get(end, 'A silence procedure became void')}"}
    assert [each.split("@")[0] for each in box.readers] == CONCERNED


def test_only_addressees_are_notified_of_a_request(notified_world, context, box, release_store) -> None:
    """A participant under Resolution 99 has a seat in the group: notified of releases, not of requests to States."""
    with transaction(notified_world.write) as session:
        record_rows(session)
        body = session.scalars(select(Body).where(Body.code == "cwg-internet")).one()
        body.admits = [*body.admits, "res99"]
        haruka = notified_world.person("haruka").id
        session.execute(update(Person).where(Person.id == haruka).values(membership="res99", entity="PSE"))
        session.execute(update(Accreditation).where(Accreditation.person_id == haruka).values(entity="PSE"))

    open_procedure(notified_world)
    assert write_and_send(context, box) == ["amina", "joseph", "rafael"]

    notified_world.released(notified_world.meeting(opens_in=-3, number=25), release_store)
    assert write_and_send(context, box) == WHOLE_MEMBERSHIP


def test_a_release_its_completion_and_its_withdrawal_are_notified_to_the_whole_group(
    notified_world, context, box, release_store
) -> None:
    leaving = notified_world.advance(notified_world.meeting(opens_in=-3), release_store, "fr")
    assert write_and_send(context, box) == WHOLE_MEMBERSHIP

    notified_world.completed(leaving, release_store)
    assert write_and_send(context, box) == WHOLE_MEMBERSHIP

    notified_world.withdrawn(leaving)
    assert write_and_send(context, box) == WHOLE_MEMBERSHIP


def test_of_a_text_released_and_withdrawn_meanwhile_only_the_withdrawal_is_notified(
    notified_world, context, box, release_store
) -> None:
    output = notified_world.released(notified_world.meeting(opens_in=-3), release_store)
    write_queued(context)
    notified_world.withdrawn(output)
    send_all(context)

    assert {str(each["Subject"]) for each in box.took if each["To"] == "haruka@example.org"} == {
        "CWG-Internet: A released text was withdrawn"
    }
    assert count_fates(context) == {DeliveryStatus.SENT: 8, DeliveryStatus.NEEDLESS: 8}


def test_a_release_is_not_notified_before_its_instant(notified_world, context, box, release_store) -> None:
    """A scheduled or failed release sends no message: only the release itself does."""
    output = notified_world.scheduled(notified_world.meeting(opens_in=-3), seconds=60)
    assert write_and_send(context, box) == []
    with pytest.raises(AssertionError):
        notified_world.left(output, release_store)
    assert write_and_send(context, box) == []

    with clock.shifted_clock(timedelta(seconds=61)):
        notified_world.left(output, release_store)
        assert write_and_send(context, box) == WHOLE_MEMBERSHIP


def test_a_moved_deadline_is_notified_to_the_delegations(notified_world, context, box) -> None:
    meeting = notified_world.meeting()

    move_deadline(notified_world, meeting)

    assert write_and_send(context, box) == DELEGATES


def test_decisions_on_a_contribution_are_notified_only_to_its_delegation(notified_world, context, box) -> None:
    meeting = notified_world.meeting()
    notified_world.seat("wambui", "delegate")
    notified_world.registered(meeting, by="amina", title=SECRET_WORDS)
    assert write_and_send(context, box) == ["amina", "wambui"]

    notified_world.returned(meeting, by="rafael")
    assert write_and_send(context, box) == ["rafael"]


def test_what_waits_for_a_state_is_notified_to_its_delegation_and_focal_points(notified_world, context, box) -> None:
    meeting = notified_world.meeting()
    notified_world.submitted_for(meeting, "KEN", title=SECRET_WORDS)
    assert write_and_send(context, box) == ["amina", "joseph"]

    notified_world.submitted_for(meeting, "FRA")
    assert write_and_send(context, box) == []  # no one of France has a seat

    waiting = notified_world.submitted_for(meeting, "BRA")
    with notified_world.acting("rafael") as (session, actor):
        contribution = session.get_one(Contribution, waiting.id)
        confirmations.confirm_contribution(session, actor, contribution, version=contribution.version)
    assert write_and_send(context, box) == []  # it waits no more when the e-mail is to be sent


def test_what_a_state_declined_is_notified_to_the_secretaries_who_write_it(notified_world, context, box) -> None:
    """The one who submitted it is among them. A secretary of another unit could not open the page of what was
    returned."""
    with transaction(notified_world.write) as session:
        record_rows(session)
        session.get_one(Person, notified_world.person("olga").id).entity = "TSB"
    notified_world.seat("olga", "secretary")
    declined = notified_world.submitted_for(notified_world.meeting(), "BRA", by="daniel", title=SECRET_WORDS)
    assert write_and_send(context, box) == ["rafael"]

    decline(notified_world, declined)

    assert write_and_send(context, box) == ["daniel", "ines"]
    assert write_and_send(context, box) == []


def test_a_decline_is_not_notified_once_the_secretariat_submitted_again(notified_world, context, box) -> None:
    declined = notified_world.submitted_for(notified_world.meeting(), "BRA")
    write_and_send(context, box)
    decline(notified_world, declined)
    write_queued(context)
    with notified_world.acting("ines") as (session, actor):
        contribution = session.get_one(Contribution, declined.id)
        submission, version = load_submission(session, contribution), contribution.version
        drafting.submit_contribution(session, actor, submission, version=version, grace=GRACE, accepts_lateness=False)

    assert write_and_send(context, box) == ["rafael"]  # of the new submission
    assert count_fates(context) == {DeliveryStatus.SENT: 2, DeliveryStatus.NEEDLESS: 2}


def test_a_confirmation_is_not_notified_to_the_secretariat(notified_world, context, box) -> None:
    """It waits to be registered, as what States submit themselves, which is not notified either."""
    confirmed = notified_world.submitted_for(notified_world.meeting(), "BRA")
    assert write_and_send(context, box) == ["rafael"]
    with notified_world.acting("rafael") as (session, actor):
        contribution = session.get_one(Contribution, confirmed.id)
        confirmations.confirm_contribution(session, actor, contribution, version=contribution.version)

    assert write_and_send(context, box) == []


def test_events_of_another_body_are_notified_only_there(notified_world, context, box) -> None:
    notified_world.serve_the_parent("daniel")
    meeting = notified_world.parent_meeting(by="daniel")
    opens = meeting.opens_on + timedelta(days=9)
    new = NewMeeting(number=44, place="Geneva", zone=meeting.zone, opens_on=opens, closes_on=opens)
    with notified_world.acting("daniel") as (session, actor):
        stored_meeting = session.get_one(Meeting, meeting.id)
        meetings.change_meeting(session, actor, stored_meeting, new, "en", version=stored_meeting.version)

    assert write_and_send(context, box) == ["wambui"]


# Reminders.


def test_states_without_a_position_are_reminded_once_a_day_before_the_end(notified_world, context, box) -> None:
    procedure = open_procedure(notified_world)
    write_and_send(context, box)
    notified_world.position(procedure, "amina", "supports")

    with clock.shifted_clock(timedelta(hours=48)):
        assert write_and_send(context, box) == []
    with clock.shifted_clock(timedelta(hours=50)):
        assert write_and_send(context, box) == ["haruka", "rafael"]
        assert write_and_send(context, box) == []


def test_a_later_deadline_has_its_own_reminder(notified_world, context, box) -> None:
    procedure = open_procedure(notified_world)
    write_and_send(context, box)
    with clock.shifted_clock(timedelta(hours=50)):
        assert write_and_send(context, box) == ADDRESSEES
        extend_deadline(notified_world, procedure)
        assert write_and_send(context, box) == CONCERNED
    with clock.shifted_clock(timedelta(hours=96)):
        assert write_and_send(context, box) == []
    with clock.shifted_clock(timedelta(hours=98)):
        assert write_and_send(context, box) == ADDRESSEES


@pytest.mark.parametrize("end", ["broken", "void", "over"])
def test_an_ended_procedure_sends_no_reminder(notified_world, context, box, end: str) -> None:
    procedure = open_procedure(notified_world)
    write_and_send(context, box)
    if end == "broken":
        notified_world.position(procedure, "rafael", "breaks")
    elif end == "void":
        with notified_world.acting("ines") as (session, actor):  # no process has recorded its end yet
            output = session.get_one(Output, procedure.output_id)
            outputs.put_output_file(session, actor, output, notified_world.file("en", "Another text"))
    with clock.shifted_clock(timedelta(hours=74 if end == "over" else 50)):
        send_all(context)

    with transaction(notified_world.read) as session:
        assert (
            session.scalar(select(func.count()).where(EmailNotification.kind == NotificationKind.SILENCE_REMINDER)) == 0
        )


def test_a_reminder_is_not_sent_to_a_state_that_answered_or_a_person_that_left(notified_world, context, box) -> None:
    procedure = open_procedure(notified_world)
    write_and_send(context, box)
    with clock.shifted_clock(timedelta(hours=50)):
        with transaction(context.write_sessions) as session:
            assert create_reminders(session, DAY, context.mail.digests) == 4
        notified_world.position(procedure, "amina", "supports")
        end_accreditation(notified_world, "rafael")

        assert write_and_send(context, box) == ["haruka"]

    assert count_fates(context)[DeliveryStatus.NEEDLESS] == 3


def test_a_reminder_that_was_due_before_a_restore_is_not_sent_after_it(notified_world, context, box, database) -> None:
    """It may have been sent after the backup was taken, unknown to the restored record. Later ones are sent."""
    due_soon = open_procedure(notified_world)
    later = notified_world.silence(notified_world.output(notified_world.meeting(opens_in=-1, number=23)), hours=90)
    write_and_send(context, box)
    with transaction(context.write_sessions) as session:
        session.execute(delete(EmailNotification))
    restored = due_soon.until - timedelta(hours=20)
    database.run_as_superuser(
        "INSERT INTO portal.restoration (id, backup, taken_at, restored_at, lines, reason)"
        f" VALUES (gen_random_uuid(), 'one', now(), '{restored.isoformat()}', 1, '')"
    )

    with clock.shifted_clock(timedelta(hours=60)):
        assert write_and_send(context, box) == []
    with clock.shifted_clock(timedelta(hours=70)):
        assert write_and_send(context, box) == ADDRESSEES
        assert f"/silence/{later.id}" in box.raw[-1].decode()


# Access is checked again when a message is sent.


def end_accreditation(world: World, key: str) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        of_person = Accreditation.person_id == world.person(key).id
        session.execute(update(Accreditation).where(of_person).values(ended_at=clock.now()))


@pytest.mark.parametrize("cause", ["seat ended", "changed State", "is no member", "stopped"])
def test_a_person_without_access_when_the_message_is_sent_gets_none(notified_world, context, box, cause: str) -> None:
    open_procedure(notified_world)
    assert write_queued(context) == 4
    changed = {"changed State": {"entity": "URY"}, "is no member": {"membership": "external"}}
    if cause == "seat ended":
        end_accreditation(notified_world, "rafael")
    elif cause == "stopped":
        with notified_world.acting("rafael") as (session, actor):
            choose(session, actor, DeliveryChoice.NEVER, NotificationCategory.SILENCE)
    else:
        with transaction(notified_world.write) as session:
            record_rows(session)
            session.execute(
                update(Person).where(Person.id == notified_world.person("rafael").id).values(**changed[cause])
            )

    assert write_and_send(context, box) == ["amina", "haruka", "joseph"]
    assert count_fates(context) == {DeliveryStatus.SENT: 3, DeliveryStatus.NEEDLESS: 1}


def choose(session: WriteSession, actor: Actor, choice: DeliveryChoice, *categories: NotificationCategory) -> None:
    preferences.choose_notifications(session, actor, dict.fromkeys(categories, choice))


def test_an_unsubscribed_category_is_not_written_and_others_are(notified_world, context, box) -> None:
    with notified_world.acting("rafael") as (session, actor):
        choose(session, actor, DeliveryChoice.NEVER, NotificationCategory.SILENCE)
    procedure = open_procedure(notified_world)
    assert write_and_send(context, box) == ["amina", "haruka", "joseph"]

    notified_world.returned(notified_world.meeting(number=23), by="rafael")
    assert write_and_send(context, box) == ["rafael"]
    with notified_world.acting("rafael") as (session, actor):
        choose(session, actor, DeliveryChoice.AT_ONCE, NotificationCategory.SILENCE)
    notified_world.position(procedure, "amina", "breaks")
    assert write_and_send(context, box) == CONCERNED


def test_a_category_of_a_later_version_that_a_person_stopped_stops_no_other_one(notified_world, context, box) -> None:
    """While servers are replaced, the worker is of the version before, and so is one portal."""
    person = notified_world.person("rafael").id
    with transaction(context.write_sessions) as session:
        later = NotificationPreference(person_id=person, category="of-a-later-version", chosen_at=clock.now())
        session.add(later)

    open_procedure(notified_world)
    assert write_and_send(context, box) == ADDRESSEES
    with notified_world.acting("rafael") as (session, actor):
        choose(session, actor, DeliveryChoice.NEVER, *NotificationCategory)
        kept = select(NotificationPreference.choice).where(
            NotificationPreference.person_id == person, NotificationPreference.category == "of-a-later-version"
        )
        assert session.scalars(kept).all() == [DeliveryChoice.NEVER]


# Content.


(EXTENDED,) = NOTIFICATION_TYPES[SilenceExtended.name]


def find_message(box: Postbox, key: str) -> EmailMessage:
    return next(each for each in box.took if each["To"] == f"{key}@example.org")


def test_a_message_says_where_what_and_until_when_and_links_to_the_page_in_the_language_of_its_reader(
    notified_world, context, box
) -> None:
    procedure = open_procedure(notified_world)
    extend_deadline(notified_world, procedure)
    write_queued(context)
    send_due_notifications(context)

    until = procedure.until + timedelta(hours=48)
    link = f"http://127.0.0.1:8000/silence/{procedure.id}"
    subject = _("%(group)s: %(what)s", group="CWG-Internet", what=EXTENDED.subject)
    for key, language in (("ines", "es"), ("laurent", "fr"), ("layla", "ar"), ("daniel", "en")):
        message = find_message(box, key)
        plain = message.get_content()
        assert message["Content-Language"] == language
        assert str(message["Subject"]) == plain.splitlines()[0] == subject.translate(language)
        assert EXTENDED.words.translate(language) in plain
        assert Localizer(language, "Europe/Zurich").format_instant(until, "Europe/Zurich") in plain
        assert re.findall(r"https?://\S+", plain) == [link]
    assert len({find_message(box, key).get_content() for key in ("ines", "laurent", "layla", "daniel")}) == 4


def refuse_file(world: World, draft: Contribution) -> None:
    """Refuse the file of a draft after it arrived."""
    with world.acting("amina") as (session, actor):
        there = session.get_one(Contribution, draft.id)
        file = replace(world.file(), name=f"{SECRET_WORDS}.docx", sha256="0" * 64)
        drafting.put_contribution_file(session, actor, there, file, began_at=clock.now(), is_inspected=False)
    reason = _(
        "The virus scanner found %(name)s in a file. Replace that file, then submit the contribution again.",
        name=SECRET_WORDS,
    )
    with transaction(world.work) as session:
        waiting = arrivals.claim_waiting_file(session, slots=2)
        assert waiting
        refusals.refuse_waiting_file(session, waiting, reason, (), grace=timedelta(0))


def test_no_message_contains_a_title_name_text_or_reason(notified_world, context, box, release_store) -> None:
    """One message of every occasion is checked for every name and every text that people wrote."""
    procedure = open_procedure(notified_world)
    extend_deadline(notified_world, procedure)
    meeting = notified_world.meeting(number=30)
    notified_world.registered(meeting, title=SECRET_WORDS)
    notified_world.returned(meeting, by="rafael")
    notified_world.submitted_for(meeting, title=SECRET_WORDS)
    decline(notified_world, notified_world.submitted_for(meeting, "BRA", title=SECRET_WORDS))
    move_deadline(notified_world, meeting)
    refuse_file(notified_world, notified_world.draft(meeting, title=SECRET_WORDS))
    advance = notified_world.advance(
        notified_world.meeting(opens_in=-3, number=31), release_store, "fr", title=SECRET_WORDS
    )
    notified_world.completed(advance, release_store)
    send_all(context)
    notified_world.withdrawn(advance, reason=SECRET_WORDS)
    send_all(context)
    kept_procedure = notified_world.silence(
        notified_world.output(notified_world.meeting(opens_in=-1, number=32), title=SECRET_WORDS)
    )
    void = notified_world.silence(
        notified_world.output(notified_world.meeting(opens_in=-1, number=33), title=SECRET_WORDS)
    )
    change_text(notified_world, void)
    settle_procedure(notified_world, void)
    notified_world.position(procedure, "rafael", "breaks", text=SECRET_WORDS)
    with clock.shifted_clock(timedelta(hours=50)):
        send_all(context)
    with clock.shifted_clock(timedelta(hours=74)):
        settle_procedure(notified_world, kept_procedure)
        send_all(context)
    notified_world.works_in("en")
    notified_world.released(notified_world.meeting(opens_in=-3, number=34), release_store, title=SECRET_WORDS)
    to_recipients = {
        "kind": "liaison",
        "addressees": ({"words": "A forum", "wants": "reply"},),
        "for_addressees_only": True,
    }
    private = notified_world.released(
        notified_world.meeting(opens_in=-3, number=36), release_store, title=SECRET_WORDS, **to_recipients
    )
    send_all(context)
    notified_world.withdrawn(private, reason=SECRET_WORDS)
    closing = notified_world.meeting(number=35)
    notified_world.registered(closing, title=SECRET_WORDS)
    notified_world.moved(closing, "begin", "close")
    draft_to_be_cleared(notified_world, meeting)
    send_all(context)

    with transaction(notified_world.read) as session:
        events = select(JournalLine.event, EmailNotification.kind).join(
            EmailNotification, EmailNotification.line == JournalLine.seq
        )
        seen = set(map(tuple, session.execute(events.where(EmailNotification.fate == DeliveryStatus.SENT))))
        names = set(session.scalars(select(Person.name)))
    assert {kind for _ignored, kind in seen} == set(KINDS)
    of_kinds = {event for event, types in NOTIFICATION_TYPES.items() if any(each.kind in KINDS for each in types)}
    assert {event for event, kind in seen if kind != NotificationKind.SILENCE_REMINDER} == of_kinds
    for each in box.took:
        message_text = f"{each}\n{each.get_content()}"
        assert not any(word in message_text for word in (SECRET_WORDS, "canary", *names))


def draft_to_be_cleared(world: World, meeting: Meeting) -> None:
    """A draft of Kenya, whose head of delegation clears what it submits."""
    with world.acting("amina") as (session, actor):
        place = EntityInBody(meeting.body_id, "KEN")
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)
    world.seat("wambui", "delegate")
    world.draft(meeting, by="wambui", title=SECRET_WORDS)


def send_all(context: WorkerContext) -> None:
    write_queued(context)
    send_due_notifications(context)


def test_headers_mark_the_message_as_automatic_and_say_how_to_unsubscribe(notified_world, context, box) -> None:
    open_procedure(notified_world)
    send_all(context)

    message = find_message(box, "amina")
    with transaction(notified_world.read) as session:
        letter = session.scalars(
            select(EmailNotification).where(EmailNotification.person_id == notified_world.person("amina").id)
        ).one()
    assert str(message["From"]) == "CWG-Internet portal <portal@example.org>"
    assert str(message["Message-ID"]) == f"<{letter.id}@127.0.0.1>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    key = re.fullmatch(r"<http://127\.0\.0\.1:8000/letters/stop\?key=([\w-]+)>", str(message["List-Unsubscribe"]))
    assert UnsubscribeTokens(MAIL_SECRET).parse_token(key[1]) == (letter.person_id, NotificationCategory.SILENCE)
    assert str(letter.person_id) not in str(message)


# Answers of the mail server.


def test_a_deferred_message_is_retried_at_growing_intervals_as_the_same_message(notified_world, context, box) -> None:
    box.recipient = lambda to: "451 Later" if to.startswith("rafael") else "250 OK"
    open_procedure(notified_world)
    assert write_and_send(context, box) == ["amina", "haruka", "joseph"]
    assert write_and_send(context, box) == []

    delays = []
    shift = timedelta(0)
    for _ignored in range(7):
        with transaction(notified_world.read) as session:
            left = (
                session.scalar(select(EmailNotification.due_at).where(EmailNotification.fate == DeliveryStatus.WAITING))
                - clock.now()
                - shift
            )
        delays.append(round(left.total_seconds() / 60))
        shift += left
        with clock.shifted_clock(shift):
            assert write_and_send(context, box) == []
    assert delays == [1, 2, 4, 8, 15, 15, 15]
    box.recipient = lambda _ignored: "250 OK"
    with clock.shifted_clock(shift + timedelta(minutes=16)):
        assert write_and_send(context, box) == ["rafael"]


def test_a_refused_message_ends_and_is_counted_for_the_secretariat(notified_world, context, box, mail_settings) -> None:
    box.recipient = lambda to: "550 No such user" if to.startswith("rafael") else "250 OK"
    open_procedure(notified_world)

    assert write_and_send(context, box) == ["amina", "haruka", "joseph"]

    assert count_fates(context) == {DeliveryStatus.SENT: 3, DeliveryStatus.REFUSED: 1}
    with clock.shifted_clock(DAY):
        assert write_and_send(context, box) == []
    with transaction(notified_world.read) as session:
        assert queries.get_notification_statistics(session) == queries.NotificationStatistics(0, None, 1)
    with clock.shifted_clock(8 * DAY), transaction(notified_world.read) as session:
        assert queries.get_notification_statistics(session).failed == 0


def test_a_person_without_a_usable_address_delays_no_other(notified_world, context, box) -> None:
    with transaction(notified_world.write) as session:
        record_rows(session)
        session.execute(
            update(Person).where(Person.id == notified_world.person("amina").id).values(email="x@y.org\nBcc: z@y.org")
        )
        session.execute(update(Person).where(Person.id == notified_world.person("haruka").id).values(email=""))
    open_procedure(notified_world)

    assert write_and_send(context, box) == ["joseph", "rafael"]
    assert count_fates(context) == {DeliveryStatus.SENT: 2, DeliveryStatus.REFUSED: 2}


def test_an_unavailable_server_gets_everything_when_it_is_back(notified_world, context, box) -> None:
    open_procedure(notified_world)
    box.dies = "hello"
    assert write_and_send(context, box) == []
    assert count_fates(context) == {DeliveryStatus.WAITING: 4}
    assert len(box.lines) == 1  # no second attempt in the same minute

    box.dies = ""
    with clock.shifted_clock(timedelta(minutes=1, seconds=1)):
        assert write_and_send(context, box) == ADDRESSEES


def test_a_server_that_died_after_accepting_a_message_gets_it_again_with_its_id(notified_world, context, box) -> None:
    open_procedure(notified_world)
    write_queued(context)
    box.dies = "taken"
    send_due_notifications(context)
    (first,) = box.took
    box.dies = ""
    with clock.shifted_clock(timedelta(minutes=2)):
        send_due_notifications(context)

    numbers = [str(each["Message-ID"]) for each in box.took]
    assert (len(numbers), len(set(numbers)), numbers.count(str(first["Message-ID"]))) == (5, 4, 2)


def test_a_worker_that_died_before_its_commit_sends_the_message_again_with_its_id(notified_world, context, box) -> None:
    open_procedure(notified_world)
    write_queued(context)
    session = context.write_sessions()
    due_message = delivery.lock_next_due_notification(session)
    with context.mail.build_mailer() as mailer:
        to, person = parse_mail_address("amina@example.org"), session.get_one(Person, due_message.person_id)
        mailer.send(
            to.addr_spec,
            render_notification(
                queries.prepare_notifications(session, person, [due_message])[0], person, to, context.mail
            ),
        )
    session.rollback()
    session.close()
    send_due_notifications(context)

    numbers = [str(each["Message-ID"]) for each in box.took]
    assert (len(numbers), len(set(numbers))) == (5, 4)


def test_messages_are_given_up_after_two_days_and_counted(notified_world, context, box) -> None:
    box.dies = "hello"
    open_procedure(notified_world)
    write_and_send(context, box)
    with transaction(notified_world.read) as session:
        assert queries.get_notification_statistics(session).waiting == 4
    box.dies = ""
    with clock.shifted_clock(GIVE_UP_AFTER):
        assert write_and_send(context, box) == []

    assert count_fates(context) == {DeliveryStatus.EXPIRED: 4}


def test_a_notification_too_late_to_act_on_is_not_sent(notified_world, context, box) -> None:
    procedure = open_procedure(notified_world)
    write_and_send(context, box)
    with clock.shifted_clock(timedelta(hours=50)):
        box.dies = "hello"
        assert write_and_send(context, box) == []
        assert count_fates(context) == {DeliveryStatus.SENT: 4, DeliveryStatus.WAITING: 4}
    box.dies = ""
    with clock.shifted_clock(timedelta(hours=74)):
        assert clock.now() > procedure.until
        assert write_and_send(context, box) == []

    assert count_fates(context) == {DeliveryStatus.SENT: 4, DeliveryStatus.NEEDLESS: 4}


def test_a_message_that_cannot_be_written_does_not_delay_the_others(notified_world, context, box) -> None:
    open_procedure(notified_world)
    write_queued(context)
    with transaction(notified_world.write) as session:
        of_amina = EmailNotification.person_id == notified_world.person("amina").id
        session.execute(
            update(EmailNotification).where(of_amina).values(kind="of an earlier version", due_at=clock.now() - DAY)
        )

    # Amina is sent another one, since none of hers is of the present kind.
    assert write_and_send(context, box) == ADDRESSEES
    assert count_fates(context) == {DeliveryStatus.SENT: 4, DeliveryStatus.WAITING: 1}


def test_two_concurrent_workers_send_each_message_once(notified_world, context, box) -> None:
    for number in range(4):
        move_deadline(notified_world, notified_world.meeting(number=50 + number))
    write_queued(context)
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda _ignored: send_due_notifications(context), range(2)))

    assert sum(counts) == len(box.took) == 12
    assert len({str(each["Message-ID"]) for each in box.took}) == 12


STEPS = st.lists(st.sampled_from(("write", "send", "put off", "die before", "die after")), max_size=8)


@pytest.fixture
def notified_line(notified_world: World, context: WorkerContext) -> int:
    open_procedure(notified_world)
    with transaction(context.write_sessions) as session:
        return session.scalars(select(JournalLine.seq).where(JournalLine.event == SilenceOpened.name)).one()


@pytest.mark.thorough
@given(steps=STEPS)
@hypothesis_settings(max_examples=count_examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_person_gets_one_message_of_an_event_after_any_sequence(
    context, box, notified_line: int, steps: list[str]
) -> None:
    """A second copy is sent only where the server died while receiving one, and with the same message id."""
    with transaction(context.write_sessions) as session:
        session.execute(delete(EmailNotification))
    box.emptied()
    copies, shift = 0, timedelta(0)
    for step in [*steps, "write", "send"]:
        box.content, box.dies = "250 OK", ""
        if step == "write":
            create_notifications(context, notified_line)
            continue
        if step == "put off":
            box.content = "451 Later"
        elif step.startswith("die"):
            box.dies = "content" if step == "die before" else "taken"
        before = len(box.took)
        with clock.shifted_clock(shift):
            send_due_notifications(context)
        copies += len(box.took) - before if step == "die after" else 0
        shift += timedelta(minutes=20)

    numbers = [str(each["Message-ID"]) for each in box.took]
    assert len(set(numbers)) == 7
    assert len(numbers) == 7 + copies
    assert count_fates(context) == {DeliveryStatus.SENT: 7}


# The portal around it.


def test_a_portal_without_a_mail_server_queues_nothing(world, engine, settings) -> None:
    quiet = World(
        write_session_factory(engine, {"react": build_event_handler(sends_mail=settings.sends_mail)}),
        world.read,
        world.store,
    )
    open_procedure(quiet)
    context = make_worker_context(engine, settings)

    assert fetch_value(engine, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'write-letters'") == 0
    assert fetch_value(engine, "SELECT count(*) FROM jobs.procrastinate_jobs") > 0
    assert (create_notifications(context, 1), send_due_notifications(context)) == (0, 0)
    assert fetch_value(engine, "SELECT count(*) FROM portal.letter") == 0


@pytest.fixture
def log_output() -> Iterator[io.StringIO]:
    """Yield the log output of the portal; restore the logging of this process afterwards."""
    root = logging.getLogger()
    before, stream = (root.handlers[:], root.level), io.StringIO()
    logs.configure_logging(stream)
    yield stream
    root.handlers, root.level = before
    structlog.reset_defaults()


def test_no_log_line_and_no_row_contains_an_address_or_a_name(notified_world, context, box, log_output) -> None:
    box.recipient = lambda to: f"550 {to} is unknown" if to.startswith("rafael") else f"451 {to} is busy"
    open_procedure(notified_world)
    write_and_send(context, box)

    assert log_output.getvalue().count('"a notification was') == 4
    with transaction(notified_world.read) as session:
        names = [*session.scalars(select(Person.name)), "@example.org"]
        rows = session.scalars(text("SELECT t::text FROM portal.letter t")).all()
    assert len(rows) == 4
    assert [name for name in names for each in (log_output.getvalue(), *rows) if name in each] == []


def test_messages_that_ended_long_ago_are_deleted(notified_world, context, box) -> None:
    open_procedure(notified_world)
    write_and_send(context, box)
    with clock.shifted_clock(delivery.RETENTION_PERIOD - DAY):
        send_due_notifications(context)
        assert count_fates(context) == {DeliveryStatus.SENT: 4}
    with clock.shifted_clock(delivery.RETENTION_PERIOD + DAY):
        send_due_notifications(context)
        assert count_fates(context) == {}


def test_the_worker_writes_and_sends_notifications(notified_world, engine, mail_settings, box, context) -> None:
    """From the action to the e-mail, through the queue; the periodic job of each minute is called at once."""
    mail = {"CWG_SMTP_URL": box.url, "CWG_MAIL_FROM": "portal@example.org"}
    environment = mail | {"CWG_MAIL_SECRET": MAIL_SECRET}
    open_procedure(notified_world)
    with run_worker(mail_settings, **environment):
        wait_until(lambda: fetch_value(engine, "SELECT count(*) FROM portal.letter WHERE kind = 'silence-opened'") == 4)
        with transaction(context.write_sessions) as session:
            session.execute(
                text(
                    "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, args)"
                    " VALUES ('default', 'send-letters', '{\"timestamp\": 0}')"
                )
            )
        wait_until(lambda: sum("silence" in str(each["Subject"]) for each in box.took) >= 1)
        waiting = "SELECT count(*) FROM portal.letter WHERE kind = 'silence-opened' AND fate = 'waiting'"
        wait_until(lambda: fetch_value(engine, waiting) == 0)
    assert {str(each["To"]).partition("@")[0] for each in box.took} >= set(ADDRESSEES)
