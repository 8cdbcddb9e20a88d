"""The page of notifications: what a person chose and was sent; and one-click unsubscribing without a sign-in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.identity.models.tables import Person
from app.domain.notifications.actions import creation, delivery, later_seats
from app.domain.notifications.models import DeliveryChoice, DeliveryStatus, EmailNotification, NotificationCategory
from app.domain.notifications.queries import notifications as queries
from app.domain.notifications.rules.digests import DigestHour
from app.domain.notifications.rules.kinds import CHOICE_WITHOUT_PREFERENCE
from app.http.concurrency import ConcurrencyLimiter
from app.http.oidc.sealed_cookies import TokenSealer
from app.http.unsubscribe_tokens import TOKEN_LIFETIME, UnsubscribeTokens
from app.settings import Settings
from tests.browser import Browser
from tests.conftest import Database
from tests.web.meetings.test_meetings import count_statements
from tests.world import MAIL_SECRET, World, record_rows

Open = Callable[..., Browser]
KEYS = UnsubscribeTokens(MAIL_SECRET)
PORTAL = "http://127.0.0.1:8000"
HOUR = timedelta(hours=1)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


SENDING = {"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_from": "portal@example.org", "reminder_hours": 36}


@pytest.fixture
def sends() -> bool:
    """Whether the portal sends e-mail; a test may override it."""
    return True


@pytest.fixture
def settings(settings: Settings, sends: bool) -> Settings:
    return settings.model_copy(update=SENDING if sends else {"mail_secret": SecretStr("")})


def list_choices(world: World, key: str) -> queries.Choices:
    with transaction(world.read) as session:
        return queries.list_choices(session, world.person(key).id)


def stopped_categories(world: World, key: str) -> set[NotificationCategory]:
    return {each for each, choice in list_choices(world, key).items() if choice is DeliveryChoice.NEVER}


def opened(world: World, number: int = 22) -> None:
    """Open a silence procedure and write its notifications."""
    world.silence(world.output(world.meeting(opens_in=-1, number=number), title="Canary of a title"))
    with transaction(world.write) as session:
        line = session.scalars(
            select(JournalLine.seq).where(JournalLine.event == "silence:opened").order_by(JournalLine.seq.desc())
        ).first()
        creation.create_notifications(session, line, DigestHour())


def closed(world: World, key: str, fate: DeliveryStatus | None) -> None:
    """Set the delivery status of the last notification to this person."""
    with transaction(world.write) as session:
        notifications = (
            select(EmailNotification)
            .where(EmailNotification.person_id == world.person(key).id)
            .order_by(EmailNotification.written_at.desc())
        )
        if fate:
            delivery.close_delivery(session.scalars(notifications).first(), fate)


def test_each_person_chooses_when_they_get_each_category(world: World, english: Open) -> None:
    amina, chen = english("amina"), english("chen")
    assert list_choices(world, "amina") == CHOICE_WITHOUT_PREFERENCE
    assert amina.get("/letters").text.count(" selected>") >= len(NotificationCategory)

    answer = amina.post("/letters", {"silence": "at-once", "releases": "daily", "documents": "never"})

    assert answer.headers["Location"] == "/letters?done=letters-chosen"
    chosen = {NotificationCategory.RELEASES: DeliveryChoice.DAILY, NotificationCategory.DOCUMENTS: DeliveryChoice.NEVER}
    assert list_choices(world, "amina") == CHOICE_WITHOUT_PREFERENCE | chosen
    assert list_choices(world, "chen") == CHOICE_WITHOUT_PREFERENCE
    page = amina.get("/letters").text
    assert page.count('<option value="never" selected>') == page.count('<option value="daily" selected>') == 1
    assert '<option value="never" selected>' not in chen.get("/letters").text
    assert amina.post("/letters", {"releases": "sometimes"}).status_code == 422


def test_a_choice_is_recorded_and_in_no_record_that_others_read(world: World, english: Open) -> None:
    amina = english("amina")
    amina.post("/letters", {"releases": "never", "silence": "at-once"})
    amina.post("/letters", {"releases": "at-once"})

    with transaction(world.read) as session:
        of_letters = select(JournalLine).where(JournalLine.event.startswith("letters:"))
        lines = session.scalars(of_letters.order_by(JournalLine.seq)).all()
    me = str(world.person("amina").id)
    assert [(each.event, each.facts) for each in lines] == [
        ("letters:chosen", {"person": me, "category": "releases", "choice": "never"}),
        ("letters:chosen", {"person": me, "category": "releases", "choice": "at-once"}),
    ]
    for who in ("ines", "laurent", "amina"):
        assert "type of e-mail notification" not in english(who).get("/record").text


def test_sent_notifications_are_shown_only_to_their_recipient(world: World, english: Open) -> None:
    opened(world)
    closed(world, "amina", DeliveryStatus.SENT)

    page = english("amina").get("/letters").text

    assert "A silence procedure was opened" in page
    assert ">Sent<" in page
    assert 'href="/silence/' in page
    assert "Canary" not in page
    assert "amina@example.org" in page
    assert ">Waiting to be sent<" in english("rafael").get("/letters").text
    for who in ("laurent", "wambui"):
        assert "No notifications have been sent to you recently." in english(who).get("/letters").text
    for who in ("laurent", "ines", "wambui"):
        assert "amina@example.org" not in english(who).get("/letters").text


def test_after_the_end_of_a_seat_its_notifications_are_not_shown(
    world: World, english: Open, database: Database
) -> None:
    opened(world)
    amina = english("amina")
    assert "A silence procedure was opened" in amina.get("/letters").text

    database.run_as_superuser(f"DELETE FROM portal.accreditation WHERE person_id = '{world.person('amina').id}'")

    assert "A silence procedure was opened" not in amina.get("/letters").text


def test_a_list_of_three_notifications_needs_no_more_statements_than_one(world: World, english: Open) -> None:
    amina = english("amina")
    opened(world, 21)
    one = count_statements(amina, "/letters")
    opened(world, 22)
    opened(world, 23)

    assert count_statements(amina, "/letters") == one
    assert amina.get("/letters").text.count('href="/silence/') == 3


def test_a_person_without_an_e_mail_address_sees_a_notice(world: World, english: Open) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Person, world.person("amina").id).email = "not an address"

    assert "contains no e-mail address" in english("amina").get("/letters").text
    assert "contains no e-mail address" not in english("rafael").get("/letters").text


def test_one_click_unsubscribing_stops_its_kind_without_a_sign_in(world: World, browser: Open) -> None:
    address = KEYS.unsubscribe_url(PORTAL, world.person("amina").id, NotificationCategory.RELEASES).removeprefix(PORTAL)

    answers = [browser().client.post(address, data=ONE_CLICK) for _ in range(2)]

    assert [(each.status_code, each.text) for each in answers] == [(200, "ok\n")] * 2
    assert stopped_categories(world, "amina") == {NotificationCategory.RELEASES}
    assert stopped_categories(world, "rafael") == set()
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event == "letters:stopped")).all()
    assert [each.person for each in lines] == [None]


def test_the_link_in_a_digest_stops_what_is_in_it_and_that_of_an_earlier_e_mail_its_category(
    world: World, browser: Open
) -> None:
    amina, rafael = world.person("amina").id, world.person("rafael").id
    digest = KEYS.unsubscribe_url(PORTAL, amina, "digest").removeprefix(PORTAL)
    earlier = TokenSealer(MAIL_SECRET, "stopping letters").seal({"person": str(rafael), "kind": "release"}, HOUR)

    assert browser().client.post(digest, data=ONE_CLICK).status_code == 200
    assert browser().client.post(f"/letters/stop?{urlencode({'key': earlier})}", data=ONE_CLICK).status_code == 200

    assert stopped_categories(world, "amina") == {NotificationCategory.DOCUMENTS}
    assert stopped_categories(world, "rafael") == {NotificationCategory.RELEASES}


@pytest.mark.parametrize(("sends", "stopped"), [(True, {NotificationCategory.RELEASES}), (False, set())])
def test_a_portal_without_the_secret_of_e_mails_accepts_no_key(
    world: World, browser: Open, stopped: set[NotificationCategory]
) -> None:
    address = KEYS.unsubscribe_url("", world.person("amina").id, NotificationCategory.RELEASES)

    assert browser().client.post(address, data=ONE_CLICK).text == "ok\n"
    assert stopped_categories(world, "amina") == stopped


def test_every_key_gets_the_same_answer_and_only_a_valid_key_unsubscribes(world: World, browser: Open) -> None:
    true = KEYS.unsubscribe_url(PORTAL, world.person("amina").id, NotificationCategory.RELEASES).removeprefix(PORTAL)
    foreign = UnsubscribeTokens("another-secret-of-32-characters-0123").unsubscribe_url(
        "", world.person("amina").id, NotificationCategory.RELEASES
    )
    anonymous = browser().client
    changed = true[:-2] + ("AA" if true[-2:] != "AA" else "BB")
    with clock.shifted_clock(-TOKEN_LIFETIME):
        old = KEYS.unsubscribe_url("", world.person("amina").id, NotificationCategory.RELEASES)

    none = ("/letters/stop", "/letters/stop?key=x", f"/letters/stop?key={'x' * 9000}")
    wrong = [anonymous.post(each, data=ONE_CLICK) for each in (changed, foreign, old, *none)]
    assert stopped_categories(world, "amina") == set()
    right = anonymous.post(true, data=ONE_CLICK)

    assert stopped_categories(world, "amina") == {NotificationCategory.RELEASES}
    for each in wrong:
        same = [name for name in right.headers if name not in ("date", "x-request-id")]
        assert (each.status_code, each.content, [each.headers[name] for name in same]) == (
            right.status_code,
            right.content,
            [right.headers[name] for name in same],
        )


def test_unsubscribing_by_key_waits_among_those_who_write(
    world: World, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = KEYS.unsubscribe_url(PORTAL, world.person("amina").id, NotificationCategory.RELEASES).removeprefix(PORTAL)
    anonymous = browser().client
    monkeypatch.setattr("app.http.concurrency.SLOT_TIMEOUT", 0.1)
    state = anonymous.app.app.state
    usual = state.portal
    state.portal = replace(usual, limiter=ConcurrencyLimiter(writer_slots=0))

    assert anonymous.post(address, data=ONE_CLICK).status_code == 503
    assert stopped_categories(world, "amina") == set()
    assert anonymous.post("/letters/stop?key=x", data=ONE_CLICK).status_code == 200, "it needs no database"

    state.portal = usual
    assert anonymous.post(address, data=ONE_CLICK).status_code == 200
    assert stopped_categories(world, "amina") == {NotificationCategory.RELEASES}


def test_a_get_of_the_unsubscribe_address_changes_nothing(world: World, browser: Open) -> None:
    """E-mail scanners open every link."""
    address = KEYS.unsubscribe_url(PORTAL, world.person("amina").id, NotificationCategory.RELEASES).removeprefix(PORTAL)

    answer = browser().client.get(address)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/letters")
    assert stopped_categories(world, "amina") == set()
    browser().client.post(address, data=ONE_CLICK)
    assert stopped_categories(world, "amina") == {NotificationCategory.RELEASES}


def test_a_large_unsubscribe_body_is_refused(browser: Open) -> None:
    assert browser().client.post("/letters/stop", data=ONE_CLICK | {"more": "x" * 5000}).status_code == 413


def test_a_key_of_an_unknown_person_changes_nothing(world: World, browser: Open) -> None:
    address = KEYS.unsubscribe_url(PORTAL, uuid4(), NotificationCategory.RELEASES).removeprefix(PORTAL)

    assert browser().client.post(address, data=ONE_CLICK).status_code == 200


def test_the_pages_of_a_silence_procedure_say_who_is_reminded_and_when(world: World, english: Open) -> None:
    procedure = world.silence(world.output(world.meeting(opens_in=-1)))

    page = english("amina").get(f"/silence/{procedure.id}").text

    assert "have not responded 36 hours before the deadline are reminded by e-mail" in page
    draft = world.output(world.meeting(opens_in=-1, number=23))
    assert "notified by e-mail and reminded" in english("laurent").get(f"/outputs/{draft.id}/silence").text
    assert 'href="/letters"' in english("amina").get("/account").text


@pytest.mark.parametrize("sends", [False])
def test_a_portal_that_sends_no_e_mail_says_so_everywhere(world: World, english: Open) -> None:
    procedure = world.silence(world.output(world.meeting(opens_in=-1)))
    draft = world.output(world.meeting(opens_in=-1, number=23))
    amina = english("amina")

    page = amina.get("/letters").text

    assert "E-mail notifications are switched off" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    assert "are reminded only on their desks" in amina.get(f"/silence/{procedure.id}").text
    assert "will not be notified" in english("laurent").get(f"/outputs/{draft.id}/silence").text
    account = amina.get("/account").text
    assert "E-mail notifications are switched off" in account
    assert 'href="/letters"' not in account


def test_what_was_sent_to_a_person_accredited_later_is_listed(world: World, english: Open) -> None:
    """It is about the submission, since no one of the State could be asked then."""
    waiting = world.submitted_for(world.meeting(), "SAU", title="Canary of a title")
    world.seat("layla", "delegate")
    with transaction(world.write) as session:
        assert later_seats.create_notifications_for_later_seats(session, DigestHour()) == 1

    page = english("layla").get("/letters").text

    assert "A contribution submitted on behalf of your State is awaiting its confirmation" in page
    assert f'href="/contributions/{waiting.id}"' in page
    assert str(waiting.id) not in english("ines").get("/letters").text


def test_a_person_follows_and_stops_following_on_the_pages_of_things(world: World, english: Open) -> None:
    meeting = world.meeting()
    _made, document = world.registered(meeting, by="amina")
    rafael = english("rafael")
    assert "Follow this document" in rafael.get(f"/documents/{document.id}").text

    answer = rafael.post("/letters/follow", {"kind": "document", "key": str(document.id)})
    assert answer.headers["Location"] == f"/documents/{document.id}?done=followed"
    rafael.post("/letters/follow", {"kind": "state", "key": "KEN"})

    page = rafael.get("/letters").text.partition('id="followed"')[2].partition('id="h-sent"')[0]
    assert document.symbol in page
    assert "Kenya" in page
    assert "Stop following" in rafael.get(f"/documents/{document.id}").text
    assert document.symbol not in english("haruka").get("/letters").text
    answer = rafael.post("/letters/unfollow", {"kind": "document", "key": str(document.id)})
    assert answer.headers["Location"] == f"/documents/{document.id}?done=unfollowed"
    assert document.symbol not in rafael.get("/letters").text
    assert rafael.post("/letters/follow", {"kind": "topic", "key": "no-such-topic"}).status_code == 404


def test_what_a_person_does_not_see_cannot_be_followed_and_is_not_named(
    world: World, english: Open, database: Database
) -> None:
    _made, document = world.registered(world.meeting(), by="amina")
    wambui, rafael = english("wambui"), english("rafael")
    rafael.post("/letters/follow", {"kind": "document", "key": str(document.id)})
    assert document.symbol in rafael.get("/letters").text

    assert wambui.post("/letters/follow", {"kind": "document", "key": str(document.id)}).status_code == 404
    database.run_as_superuser(f"DELETE FROM portal.accreditation WHERE person_id = '{world.person('rafael').id}'")

    page = rafael.get("/letters").text
    assert document.symbol not in page
    assert str(document.id) in page, "it can be removed from the list"


def test_items_of_a_planned_meeting_are_followed_by_those_who_see_it_alone(world: World, english: Open) -> None:
    planned = world.planned()
    item = world.item(planned, "Opening of the planned meeting")
    world.agenda_released(planned)
    typed = {"kind": "item", "key": str(item.id)}

    assert english("joseph").post("/letters/follow", typed).status_code == 404
    chair = english("laurent")
    chair.post("/letters/follow", typed)
    assert "Opening of the planned meeting" in chair.get("/letters").text
