"""The page of letters: what one chooses, what was sent; and the button of a mail program, which needs no sign-in."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.identity.models.tables import Person
from app.domain.notifications import queries
from app.domain.notifications.actions import delivery
from app.domain.notifications.models import DeliveryStatus, Notification, NotificationCategory
from app.http.unsubscribe_tokens import TOKEN_LIFETIME, UnsubscribeTokens
from app.settings import Settings
from tests.browser import Browser
from tests.conftest import Database
from tests.web.meetings.test_meetings import statements
from tests.world import SIGNING_KEY, World

Open = Callable[..., Browser]
KEYS = UnsubscribeTokens(SIGNING_KEY)
PORTAL = "http://127.0.0.1:8000"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


SENDING = {"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_from": "portal@example.org", "reminder_hours": 36}


@pytest.fixture
def sends() -> bool:
    """Whether the house sends letters; a test may say otherwise."""
    return True


@pytest.fixture
def settings(settings: Settings, sends: bool) -> Settings:
    return settings.model_copy(update=SENDING if sends else {})


def stopped(world: World, key: str) -> set[NotificationCategory]:
    with transaction(world.read) as session:
        return set(queries.list_stopped_categories(session, world.person(key).id))


def opened(world: World, number: int = 22) -> None:
    """A silence procedure, with its letters."""
    world.silence(world.output(world.meeting(opens_in=-1, number=number), title="Canary of a title"))
    with transaction(world.write) as session:
        line = session.scalars(
            select(JournalLine.seq).where(JournalLine.event == "silence:opened").order_by(JournalLine.seq.desc())
        ).first()
        delivery.create_notifications(session, line)


def closed(world: World, key: str, fate: DeliveryStatus | None) -> None:
    """What became of the last letter to somebody."""
    with transaction(world.write) as session:
        mine = (
            select(Notification)
            .where(Notification.person_id == world.person(key).id)
            .order_by(Notification.written_at.desc())
        )
        if fate:
            delivery.close_notification(session.scalars(mine).first(), fate)


def ticked(browser: Browser) -> int:
    return browser.get("/letters").text.count(" checked>")


def test_everybody_chooses_for_themselves_and_all_is_on_at_first(world: World, english: Open) -> None:
    amina, chen = english("amina"), english("chen")
    assert (ticked(amina), ticked(chen)) == (len(NotificationCategory), len(NotificationCategory))

    answer = amina.post("/letters", {"kinds": ["release", "deadline"]})

    assert answer.headers["Location"] == "/letters?done=letters-chosen"
    assert (ticked(amina), ticked(chen)) == (2, len(NotificationCategory))
    assert stopped(world, "amina") == set(NotificationCategory) - {
        NotificationCategory.RELEASE,
        NotificationCategory.DEADLINE,
    }
    amina.post("/letters", {})
    assert ticked(amina) == 0
    amina.post("/letters", {"kinds": list(NotificationCategory)})
    assert stopped(world, "amina") == set()


def test_each_choice_is_on_record_and_in_no_record_that_others_read(world: World, english: Open) -> None:
    amina = english("amina")
    amina.post(
        "/letters", {"kinds": [each for each in NotificationCategory if each is not NotificationCategory.RELEASE]}
    )
    amina.post("/letters", {"kinds": list(NotificationCategory)})

    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event.startswith("letters:"))).all()
    me = str(world.person("amina").id)
    assert [(each.event, each.facts) for each in lines] == [
        ("letters:stopped", {"person": me, "kind": "release"}),
        ("letters:wanted", {"person": me, "kind": "release"}),
    ]
    for who in ("ines", "laurent", "amina"):
        assert "kind of letters" not in english(who).get("/record").text


def test_what_was_sent_to_one_is_shown_to_them_and_to_nobody_else(world: World, english: Open) -> None:
    opened(world)
    closed(world, "amina", DeliveryStatus.SENT)

    page = english("amina").get("/letters").text

    assert "A silence procedure was opened" in page
    assert ">Sent<" in page
    assert 'href="/silence/' in page
    assert "Canary" not in page
    assert "amina@example.org" in page
    assert ">Waits<" in english("rafael").get("/letters").text
    for who in ("laurent", "ines", "wambui"):
        text = english(who).get("/letters").text
        assert "Nothing was sent to you lately." in text
        assert "amina@example.org" not in text


def test_whose_seat_ended_is_told_no_more_of_what_happened_there(
    world: World, english: Open, database: Database
) -> None:
    opened(world)
    amina = english("amina")
    assert "A silence procedure was opened" in amina.get("/letters").text

    database.run_as_superuser(f"DELETE FROM portal.accreditation WHERE person_id = '{world.person('amina').id}'")

    assert "A silence procedure was opened" not in amina.get("/letters").text


def test_the_list_asks_no_more_for_three_letters_than_for_one(world: World, english: Open) -> None:
    amina = english("amina")
    opened(world, 21)
    one = statements(amina, "/letters")
    opened(world, 22)
    opened(world, 23)

    assert statements(amina, "/letters") == one
    assert amina.get("/letters").text.count('href="/silence/') == 3


def test_somebody_without_a_mail_address_is_told_so(world: World, english: Open) -> None:
    with transaction(world.write) as session:
        session.get_one(Person, world.person("amina").id).email = "not an address"

    assert "names no mail address" in english("amina").get("/letters").text
    assert "names no mail address" not in english("rafael").get("/letters").text


def test_the_button_of_a_mail_program_stops_its_kind_without_a_sign_in(world: World, browser: Open) -> None:
    address = KEYS.unsubscribe_url(PORTAL, world.person("amina").id, NotificationCategory.RELEASE).removeprefix(PORTAL)

    answers = [browser().client.post(address, data=ONE_CLICK) for _ in range(2)]

    assert [(each.status_code, each.text) for each in answers] == [(200, "ok\n")] * 2
    assert stopped(world, "amina") == {NotificationCategory.RELEASE}
    assert stopped(world, "rafael") == set()
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).where(JournalLine.event == "letters:stopped")).all()
    assert [each.person for each in lines] == [None]


def test_any_key_has_one_answer_and_only_a_true_one_stops_anything(world: World, browser: Open) -> None:
    true = KEYS.unsubscribe_url(PORTAL, world.person("amina").id, NotificationCategory.RELEASE).removeprefix(PORTAL)
    foreign = UnsubscribeTokens("another-secret-of-32-characters-0123").unsubscribe_url(
        "", world.person("amina").id, NotificationCategory.RELEASE
    )
    nobody = browser().client
    changed = true[:-2] + ("AA" if true[-2:] != "AA" else "BB")
    with clock.shifted_clock(-TOKEN_LIFETIME):
        old = KEYS.unsubscribe_url("", world.person("amina").id, NotificationCategory.RELEASE)

    none = ("/letters/stop", "/letters/stop?key=x", f"/letters/stop?key={'x' * 9000}")
    wrong = [nobody.post(each, data=ONE_CLICK) for each in (changed, foreign, old, *none)]
    assert stopped(world, "amina") == set()
    right = nobody.post(true, data=ONE_CLICK)

    assert stopped(world, "amina") == {NotificationCategory.RELEASE}
    for each in wrong:
        same = [name for name in right.headers if name not in ("date", "x-request-id")]
        assert (each.status_code, each.content, [each.headers[name] for name in same]) == (
            right.status_code,
            right.content,
            [right.headers[name] for name in same],
        )


def test_whoever_only_looks_at_the_address_changes_nothing(world: World, browser: Open) -> None:
    """Scanners of mail open every link."""
    address = KEYS.unsubscribe_url(PORTAL, world.person("amina").id, NotificationCategory.RELEASE).removeprefix(PORTAL)

    answer = browser().client.get(address)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/letters")
    assert stopped(world, "amina") == set()
    browser().client.post(address, data=ONE_CLICK)
    assert stopped(world, "amina") == {NotificationCategory.RELEASE}


def test_nobody_makes_the_door_read_a_long_wish(browser: Open) -> None:
    assert browser().client.post("/letters/stop", data=ONE_CLICK | {"more": "x" * 5000}).status_code == 413


def test_a_key_of_somebody_who_is_unknown_here_changes_nothing(world: World, browser: Open) -> None:
    address = KEYS.unsubscribe_url(PORTAL, uuid4(), NotificationCategory.RELEASE).removeprefix(PORTAL)

    assert browser().client.post(address, data=ONE_CLICK).status_code == 200


def test_the_pages_of_silence_say_who_is_reminded_and_when(world: World, english: Open) -> None:
    procedure = world.silence(world.output(world.meeting(opens_in=-1)))

    page = english("amina").get(f"/silence/{procedure.id}").text

    assert "said nothing 36 hours before are reminded by mail" in page
    draft = world.output(world.meeting(opens_in=-1, number=23))
    assert "told by mail, and reminded" in english("laurent").get(f"/outputs/{draft.id}/silence").text
    assert 'href="/letters"' in english("amina").get("/account").text


@pytest.mark.parametrize("sends", [False])
def test_a_house_that_sends_no_letters_says_so_everywhere(world: World, english: Open) -> None:
    procedure = world.silence(world.output(world.meeting(opens_in=-1)))
    draft = world.output(world.meeting(opens_in=-1, number=23))
    amina = english("amina")

    page = amina.get("/letters").text

    assert "This portal sends no letters" in page
    assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    assert "on their desks alone" in amina.get(f"/silence/{procedure.id}").text
    assert "told by nobody" in english("laurent").get(f"/outputs/{draft.id}/silence").text
    account = amina.get("/account").text
    assert "This portal sends no letters" in account
    assert 'href="/letters"' not in account
