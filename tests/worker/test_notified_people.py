"""Who gets an e-mail about which event: those concerned, each once, and only what they may see when it is sent."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app.core import clock
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.journal import JournalLine
from app.core.validation import ReasonInput
from app.domain.bodies.actions.accreditation_requests import decline_accreditation_request
from app.domain.bodies.queries.accreditation_requests import get_request_to_answer
from app.domain.bodies.queries.seats import build_actor, list_actors
from app.domain.bodies.rules import EntityInBody
from app.domain.body_proposals.actions import decline_proposal
from app.domain.body_proposals.models import BodyProposal
from app.domain.contributions.actions import cosponsors
from app.domain.contributions.actions.drafting import put_contribution_file
from app.domain.contributions.models import Contribution
from app.domain.decisions.models import Decision
from app.domain.documents.actions import endings
from app.domain.documents.models import Document, DocumentAccess, EditionStep
from app.domain.identity.models.tables import Person
from app.domain.meetings.models import Meeting
from app.domain.notifications.actions import following
from app.domain.notifications.actions.creation import create_notifications
from app.domain.notifications.actions.reminders import create_reminders
from app.domain.notifications.models import EmailNotification, FollowedKind, NotificationKind
from app.domain.reports.actions import action_points
from app.domain.reports.inputs import NewActionPoint
from app.domain.topics.models import Topic
from app.worker.notifications import send_due_notifications
from app.worker.release import WorkerContext
from app.worker.subscriptions import WRITE_LETTERS
from tests.document_history import add_edition, change_access
from tests.worker.test_notifications import DAY, end_accreditation, send_all
from tests.world import PARENT, World, record_rows

Readers = Callable[[str], list[tuple[str, str]]]


@pytest.fixture
def readers(notified_world: World, context: WorkerContext) -> Readers:
    """Return who is notified of the lines of an event, with the kind."""

    def list_readers(event: str) -> list[tuple[str, str]]:
        with transaction(context.write_sessions) as session:
            queue = "DELETE FROM jobs.procrastinate_jobs WHERE task_name = :name RETURNING (args->>'line')::bigint"
            for line in session.scalars(text(queue), {"name": WRITE_LETTERS}).all():
                create_notifications(session, line, context.mail.digests)
        with transaction(context.write_sessions) as session:
            found = session.execute(
                select(Person.subject, EmailNotification.kind)
                .join(Person, Person.id == EmailNotification.person_id)
                .join(JournalLine, JournalLine.seq == EmailNotification.line)
                .where(JournalLine.event == event)
            )
            return sorted((subject.removeprefix("demo-"), str(kind)) for subject, kind in found)

    return list_readers


def follow(world: World, key: str, kind: FollowedKind, subject: object) -> None:
    with world.acting(key) as (session, actor):
        following.follow_subject(session, actor, kind, str(subject))


def test_actors_found_by_sets_are_those_that_are_built_one_by_one(world: World) -> None:
    world.seat("wambui", "delegate", body=PARENT)
    with transaction(world.read) as session:
        people = session.scalars(select(Person).order_by(Person.id)).all()
        assert list_actors(session, Person.id.is_not(None)) == [build_actor(session, each) for each in people]
        assert any(actor.seats for actor in list_actors(session, Person.id.is_not(None)))


def test_an_invitation_to_co_sponsor_and_its_answer_are_notified_to_the_states_concerned(
    notified_world, readers: Readers
) -> None:
    draft = notified_world.asked(notified_world.meeting(), "BRA")
    assert readers("contribution:signature") == [("rafael", NotificationKind.SIGNATURE)]

    with notified_world.acting("rafael") as (session, actor):
        stored = session.get_one(Contribution, draft.id)
        cosponsors.sign_contribution(session, actor, stored, version=stored.version)
    assert readers("contribution:signature") == [
        ("amina", NotificationKind.SIGNATURE),
        ("rafael", NotificationKind.SIGNATURE),
    ]


def test_the_co_sponsors_are_notified_that_the_text_is_registered_and_not_of_a_document_of_others(
    notified_world, readers: Readers
) -> None:
    notified_world.registered_with_cosponsor(notified_world.meeting())

    assert readers("contribution:registered") == [
        ("amina", NotificationKind.CONTRIBUTION),
        ("rafael", NotificationKind.SIGNATURE),
    ]
    others = [who for who, _kind in readers("document:registered")]
    assert ("haruka" in others, "rafael" in others) == (True, False)


def test_an_invitation_that_was_answered_is_not_sent(notified_world, context, box) -> None:
    draft = notified_world.asked(notified_world.meeting(), "BRA")
    with notified_world.acting("rafael") as (session, actor):
        cosponsors.decline_to_sign(session, actor, session.get_one(Contribution, draft.id))
    send_all(context)

    assert not [each for each in box.took if str(each["To"]).startswith("rafael") and "co-" in str(each["Subject"])]


def test_what_can_be_registered_is_notified_to_secretaries_and_what_is_late_to_the_chair(
    notified_world, readers: Readers
) -> None:
    notified_world.submitted(notified_world.meeting(), by="amina")

    found = readers("contribution:submitted")

    assert {key for key, kind in found if kind == NotificationKind.OFFICE} == {"daniel", "ines"}
    assert "amina" not in {key for key, _kind in found}, "she did it herself"


def test_new_documents_are_notified_to_the_others_of_the_group(notified_world, readers: Readers) -> None:
    notified_world.registered(notified_world.meeting(), by="amina")

    found = readers("document:registered")

    assert {kind for _key, kind in found} == {NotificationKind.DOCUMENT}
    assert {"rafael", "haruka"} <= {key for key, _kind in found}
    assert not {"amina", "chen", "wambui"} & {key for key, _kind in found}


@pytest.mark.parametrize("followed", ["topic", "state"])
def test_who_follows_a_topic_or_a_state_gets_one_notification_of_a_document(
    notified_world, readers: Readers, followed: str
) -> None:
    with transaction(notified_world.read) as session:
        topic = session.scalars(select(Topic.code).order_by(Topic.code)).first()
    kind, key = (FollowedKind.TOPIC, topic) if followed == "topic" else (FollowedKind.STATE, "KEN")
    follow(notified_world, "rafael", kind, key)
    notified_world.registered(notified_world.meeting(), by="amina", topics=[topic])

    found = readers("document:registered")

    assert ("rafael", NotificationKind.FOLLOWED) in found
    assert ("rafael", NotificationKind.DOCUMENT) not in found
    assert ("haruka", NotificationKind.DOCUMENT) in found


def test_a_follower_is_notified_of_changes_of_a_document_while_they_may_see_it(
    notified_world, readers: Readers
) -> None:
    _made, document = notified_world.registered(notified_world.meeting(), by="amina")
    follow(notified_world, "rafael", FollowedKind.DOCUMENT, document.id)
    with pytest.raises(NotFound):
        follow(notified_world, "wambui", FollowedKind.DOCUMENT, document.id)  # only of the parent body
    with notified_world.acting("ines") as (session, actor):
        stored = session.get_one(Document, document.id)
        endings.withdraw_document(session, actor, stored, ReasonInput(reason="It is void."), version=stored.version)

    found = dict(readers("document:withdrawn"))

    assert found["rafael"] == NotificationKind.FOLLOWED
    assert found["amina"] == NotificationKind.SIGNATURE
    assert found["haruka"] == NotificationKind.DOCUMENT


def test_a_follower_without_a_seat_gets_the_page_of_a_public_document(
    notified_world, readers: Readers, context, box
) -> None:
    _made, document = notified_world.registered(notified_world.meeting(), by="amina")
    change_access(notified_world, document, DocumentAccess.PUBLIC)
    follow(notified_world, "wambui", FollowedKind.DOCUMENT, document.id)
    add_edition(notified_world, document, EditionStep.REVISION)
    assert ("wambui", NotificationKind.FOLLOWED) in readers("document:edition-registered")

    send_due_notifications(context)

    texts = [each.get_content() for each in box.took if str(each["To"]).startswith("wambui")]
    page = f"{context.mail.portal_url}/documents/{document.id}"
    assert [page in each.splitlines() for each in texts] == [True] * 3, "registered, opened to the public, revised"


def test_a_release_reaches_focal_points_of_other_groups_by_its_page_for_readers(
    notified_world, context, box, release_store
) -> None:
    notified_world.seat("wambui", "focal_point", body=PARENT)
    output = notified_world.released(notified_world.meeting(opens_in=-3), release_store)
    send_all(context)
    found = {
        str(each["To"]).partition("@")[0]: each.get_content() for each in box.took if "/outputs/" in each.get_content()
    }
    slug = (output.symbol or "").replace(" ", "-").replace("/", "-")
    assert f"{context.mail.read_url}/outputs/{slug}" in found["wambui"]
    assert f"{context.mail.portal_url}/outputs/{output.id}" in found["amina"]


def test_a_release_to_recipients_only_and_its_withdrawal_reach_the_group_that_adopted_it_and_no_one_else(
    notified_world, context, box, release_store, readers: Readers
) -> None:
    """A focal point of another group, who is notified of every other release, gets nothing."""
    notified_world.seat("wambui", "focal_point", body=PARENT)
    meeting = notified_world.meeting(opens_in=-3)
    group = ["amina", "daniel", "haruka", "ines", "laurent", "layla", "rafael"]
    for_all = notified_world.released(meeting, release_store)
    assert {who for who, _kind in readers("output:released")} == {*group, "joseph", "wambui"}
    addressed = {
        "kind": "liaison",
        "addressees": ({"words": "A forum", "wants": "reply"},),
        "for_addressees_only": True,
    }

    output = notified_world.released(meeting, release_store, **addressed)
    send_all(context)

    assert readers("output:released-to-addressees") == [(who, NotificationKind.RELEASE) for who in group]
    page = f"{context.mail.portal_url}/outputs/{output.id}"
    assert len([each for each in box.took if page in each.get_content().splitlines()]) >= len(group)
    slugs = [(each.symbol or "").replace(" ", "-").replace("/", "-") for each in (for_all, output)]
    texts = " ".join(each.get_content() for each in box.took)
    assert [f"{context.mail.read_url}/outputs/{slug}" in texts for slug in slugs] == [True, False]
    notified_world.withdrawn(output)
    assert readers("output:withdrawn-from-addressees") == [(who, NotificationKind.RELEASE) for who in group]


def add_action(world: World, owner: str, due_in: timedelta) -> None:
    """Add an action point that is due in so many days to a decision."""
    meeting = world.meeting(opens_in=-1)
    with world.acting("laurent") as (session, actor):
        decision = Decision(
            meeting_id=meeting.id, number=1, text="Secret", lang="en", taken_by=actor.person, taken_at=clock.now()
        )
        session.add(decision)
        session.flush()
        record_rows(session)
        due = (clock.now() + due_in).date()
        content = NewActionPoint.model_validate({"text": "Secret", "lang": "en", "owner": owner, "due_on": due})
        action_points.add_action_point(session, actor, session.get_one(Meeting, meeting.id), decision, content)


@pytest.mark.parametrize(
    ("owner", "owners"),
    [("BRA", ["rafael"]), ("ITU", ["daniel", "ines"]), ("The editing group", ["daniel", "ines", "laurent", "layla"])],
)
def test_the_owner_of_an_action_point_is_notified_and_reminded_two_weeks_and_three_days_before(
    notified_world, context, readers: Readers, owner: str, owners: list[str]
) -> None:
    add_action(notified_world, owner, 30 * DAY)
    added = [(key, NotificationKind.ACTION) for key in owners if key != "laurent"]
    assert readers("action:added") == added

    reminded = {16: [], 15: [], 17: [NotificationKind.ACTION_TWO_WEEKS], 28: [NotificationKind.ACTION_THREE_DAYS]}
    for day in (15, 17, 17, 28, 28):
        with clock.shifted_clock(day * DAY), transaction(context.write_sessions) as session:
            create_reminders(session, DAY, context.mail.digests)
        if day in (17, 28):
            assert [(key, reminded[day][0]) for key in owners] == [
                each for each in readers("action:added") if each[1] == reminded[day][0]
            ]
        else:
            assert readers("action:added") == added


def test_an_action_point_that_is_due_soon_when_it_is_added_has_no_reminder_of_two_weeks(
    notified_world, context, readers: Readers
) -> None:
    add_action(notified_world, "BRA", 10 * DAY)
    with transaction(context.write_sessions) as session:
        create_reminders(session, DAY, context.mail.digests)

    assert readers("action:added") == [("rafael", NotificationKind.ACTION)]


def test_a_request_for_accreditation_is_notified_to_the_focal_point_and_its_refusal_to_who_asked(
    notified_world, readers: Readers
) -> None:
    request = notified_world.asked_for_accreditation("wambui")
    assert readers("accreditation:requested") == [("joseph", NotificationKind.ROLE)]

    with notified_world.acting("joseph") as (session, actor):
        row = get_request_to_answer(session, actor, request.id)
        decline_accreditation_request(session, actor, row, ReasonInput(reason="Not this year."))
    assert readers("accreditation:request-declined") == [("wambui", NotificationKind.ROLE)]


def test_a_request_for_accreditation_by_a_state_without_a_focal_point_is_notified_to_the_secretariat(
    notified_world, readers: Readers
) -> None:
    end_accreditation(notified_world, "joseph")
    notified_world.asked_for_accreditation("wambui")

    assert readers("accreditation:requested") == [
        ("daniel", NotificationKind.OFFICE),
        ("ines", NotificationKind.OFFICE),
    ]


def test_a_head_of_delegation_is_notified_once_of_each_draft_that_is_to_be_cleared(
    notified_world, readers: Readers
) -> None:
    meeting = notified_world.meeting(opens_in=40)
    notified_world.seat("wambui", "delegate")

    def save_file(key: UUID, language: str = "en") -> None:
        with notified_world.acting("wambui") as (session, actor):
            row = session.get_one(Contribution, key)
            file = notified_world.file(language=language)
            put_contribution_file(session, actor, row, file, began_at=clock.now())

    notified_world.draft(meeting, by="wambui")
    assert readers("contribution:file-received") == []
    with notified_world.acting("amina") as (session, actor):
        place = EntityInBody(meeting.body_id, "KEN")
        cosponsors.set_clearance_requirement_of_state(session, actor, place, required=True)
    notified_world.draft(meeting)  # the head's own
    assert readers("contribution:file-received") == []

    draft = notified_world.draft(meeting, by="wambui")
    save_file(draft.id, "fr")
    assert readers("contribution:file-received") == [("amina", NotificationKind.CONTRIBUTION)]

    with notified_world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        cosponsors.give_clearance_to_contribution(session, actor, row, version=row.version)
    save_file(draft.id, "es")
    assert readers("contribution:file-received") == [("amina", NotificationKind.CONTRIBUTION)] * 2


@pytest.mark.parametrize("is_decided", [False, True])
def test_a_change_of_a_group_is_notified_to_the_secretaries_who_can_confirm_it_until_it_is_decided(
    notified_world, context, box, readers: Readers, is_decided: bool
) -> None:
    made = notified_world.propose_change(deadline_days=21)
    assert readers("body:proposed") == [("daniel", NotificationKind.OFFICE)]
    if is_decided:
        with notified_world.acting("ines") as (session, actor):
            decline_proposal(session, actor, session.get_one(BodyProposal, made.id), ReasonInput(reason="A mistake."))

    send_due_notifications(context)

    links = [f"{context.mail.portal_url}/body-proposals/{made.id}" in each.get_content() for each in box.took]
    assert links == ([] if is_decided else [True])
