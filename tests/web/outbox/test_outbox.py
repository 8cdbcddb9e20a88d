"""The outbox: the secretariat of a body sees what its members were sent, and what became of it; no one else does."""

from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.core import clock
from app.core.db import transaction
from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.core.storage import open_store
from app.domain.identity.models.tables import Person
from app.domain.notifications.actions import creation, delivery, following
from app.domain.notifications.models import (
    DeliveryStatus,
    EmailNotification,
    FollowedKind,
    NotificationKind,
)
from app.domain.notifications.rules.catalogue import NOTIFICATION_TYPES
from app.domain.notifications.rules.digests import DigestHour
from app.domain.outbox.queries import count_emails_by_status
from app.domain.releases.actions.copy import slug_of_symbol
from app.settings import Settings
from app.web.forms.term_fields import build_entity_name
from tests.browser import Browser
from tests.world import BODY, PARENT, World, record_rows

Open = Callable[..., Browser]
OUTBOX = f"/bodies/{BODY}/outbox"
CANARY = "Canary of a title"
SUBJECT = NOTIFICATION_TYPES["silence:opened"][0].subject


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_from": "portal@example.org"})


@pytest.fixture
def announced(world: World) -> World:
    """A silence procedure is open, of which delegates and a focal point are notified."""
    world.silence(world.output(world.meeting(opens_in=-1), title=CANARY))
    with transaction(world.write) as session:
        line = session.scalars(select(JournalLine.seq).where(JournalLine.event == "silence:opened")).one()
        creation.create_notifications(session, line, DigestHour(7, "Europe/Zurich"))
    return world


def email_to(world: World, key: str) -> EmailNotification:
    with transaction(world.read) as session:
        statement = select(EmailNotification).where(EmailNotification.person_id == world.person(key).id)
        return session.scalars(statement).one()


def close(world: World, key: str, status: DeliveryStatus) -> None:
    with transaction(world.write) as session:
        delivery.close_delivery(session.get_one(EmailNotification, email_to(world, key).id), status)


def test_the_secretariat_sees_what_was_sent_and_what_became_of_it(announced: World, english: Open) -> None:
    close(announced, "amina", DeliveryStatus.SENT)
    close(announced, "rafael", DeliveryStatus.REFUSED)
    close(announced, "joseph", DeliveryStatus.NEEDLESS)
    people = ("amina", "rafael", "joseph", "haruka")
    names = {key: announced.person(key).name for key in people}

    def found(query: str = "") -> set[str]:
        text = english("ines").get(f"{OUTBOX}{query}").text
        return {key for key, name in names.items() if name in text}

    page = english("ines").get(OUTBOX).text
    assert all(
        each in page for each in ("Sent", "Refused by the mail server", "No longer needed", "Waiting to be sent")
    )
    assert found() == set(people)
    assert found("?status=refused") == {"rafael"}
    assert found("?status=waiting&kind=silence") == {"haruka"}
    assert found("?person=AMINA@example") == {"amina"}
    assert found("?person=%25") == found("?kind=releases") == set()


def test_itu_has_its_name_in_the_language_of_the_page_and_other_members_their_own() -> None:
    names = [build_entity_name("ITU", "International Telecommunication Union"), build_entity_name("X", "A Union")]

    assert [name.translate("fr") for name in names] == ["Union internationale des télécommunications", "A Union"]


def test_a_preview_is_what_the_recipient_gets_in_their_language(announced: World, english: Open) -> None:
    letter, ines = email_to(announced, "rafael"), english("ines")
    for language in LANGUAGES:
        with transaction(announced.write) as session:
            record_rows(session)
            session.get_one(Person, letter.person_id).locale = language

        page = ines.get(f"{OUTBOX}/{letter.id}").text

        assert SUBJECT.translate(language) in page
        assert f'<div class="text close" lang="{language}"' in page
        assert 'href="http://127.0.0.1:8000/silence/' in page
        assert CANARY not in page
        assert "/letters/stop" not in page  # its key would stop e-mails in the name of the recipient


def test_a_preview_links_to_the_page_that_its_recipient_can_open(
    world: World, english: Open, settings: Settings
) -> None:
    world.seat("wambui", "focal_point", body=PARENT)
    output = world.released(world.meeting(opens_in=-3), open_store(settings.release_store_url))
    with transaction(world.write) as session:
        line = session.scalars(select(JournalLine.seq).where(JournalLine.event == "output:released")).one()
        creation.create_notifications(session, line, DigestHour(7, "Europe/Zurich"))
    pages = {
        "amina": f"{settings.portal_url}/outputs/{output.id}",
        "wambui": f"{settings.read_url}/outputs/{slug_of_symbol(str(output.symbol))}",
    }

    for key, page in pages.items():
        assert f'href="{page}"' in english("ines").get(f"{OUTBOX}/{email_to(world, key).id}").text


def test_an_e_mail_of_another_version_of_the_portal_is_shown_without_its_text(announced: World, english: Open) -> None:
    letter = email_to(announced, "amina").id
    with transaction(announced.write) as session:
        session.get_one(EmailNotification, letter).kind = "of-another-version"

    page = english("ines").get(f"{OUTBOX}/{letter}").text

    assert announced.person("amina").name in page
    assert "E-mail of another version of the portal" in page
    assert "E-mail notifications are switched off" not in page


def test_no_one_but_a_secretary_of_the_body_sees_its_outbox(announced: World, english: Open) -> None:
    announced.serve_the_parent("ines")
    letter = email_to(announced, "amina").id

    assert english("ines").get(f"{OUTBOX}/{letter}").status_code == 200
    assert english("ines").get(f"/bodies/{PARENT}/outbox").status_code == 200
    assert english("ines").get(f"/bodies/{PARENT}/outbox/{letter}").status_code == 404
    assert announced.person("amina").name not in english("ines").get(f"/bodies/{PARENT}/outbox").text
    for who, status in {"amina": 403, "joseph": 403, "laurent": 403, "layla": 403, "olga": 404, "chen": 404}.items():
        assert [english(who).get(page).status_code for page in (OUTBOX, f"{OUTBOX}/{letter}")] == [status] * 2


def test_the_secretariat_does_not_see_what_a_person_follows(world: World, english: Open) -> None:
    with world.acting("rafael") as (session, actor):
        following.follow_subject(session, actor, FollowedKind.STATE, "KEN")
    world.registered(world.meeting(), by="amina")
    with transaction(world.write) as session:
        line = session.scalars(select(JournalLine.seq).where(JournalLine.event == "document:registered")).one()
        number = creation.create_notifications(session, line, DigestHour(7, "Europe/Zurich"))
    followed, rafael = email_to(world, "rafael"), english("rafael")
    about = NOTIFICATION_TYPES["document:registered"]
    subject = next(each.subject for each in about if each.kind == NotificationKind.FOLLOWED).translate("en")

    assert (followed.kind, email_to(world, "haruka").kind) == (NotificationKind.FOLLOWED, NotificationKind.DOCUMENT)
    assert subject in rafael.get("/letters").text
    page = english("ines").get(OUTBOX).text
    assert (world.person("haruka").name in page, world.person("rafael").name in page) == (True, False)
    assert "Documents, agenda items, topics and States that you follow" not in page
    assert english("ines").get(f"{OUTBOX}/{email_to(world, 'haruka').id}").status_code == 200
    assert english("ines").get(f"{OUTBOX}/{followed.id}").status_code == 404
    with transaction(world.read) as session:
        assert sum(count_emails_by_status(session, world.body()).values()) == number - 1


def test_whose_e_mails_are_returned_is_shown_with_the_reason_to_those_who_can_ask_them(
    announced: World, english: Open
) -> None:
    first = {key: email_to(announced, key).id for key in ("amina", "rafael", "haruka")}
    for key, letter in first.items():
        with transaction(announced.write) as session:
            returned = session.get_one(EmailNotification, letter)
            returned.fate, returned.returned_code, returned.ended_at = DeliveryStatus.RETURNED, "5.1.1", clock.now()
            earlier = session.scalars(select(JournalLine.seq).where(JournalLine.event == "silence:opened")).one()
            kind = NotificationKind.FOLLOWED if key == "haruka" else NotificationKind.SILENCE_MOVED
            again = {"line": earlier, "kind": kind, "person_id": returned.person_id}
            session.add(
                EmailNotification(
                    **again,
                    fate=DeliveryStatus.RETURNED,
                    returned_code="5.1.1",
                    written_at=clock.now(),
                    due_at=clock.now(),
                    ended_at=clock.now(),
                )
            )
    announced.serve_the_parent("ines")
    heading, addresses = "E-mails returned as undeliverable", {key: f"{key}@example.org" for key in first}

    def shown(who: str, page: str) -> set[str]:
        section = english(who).get(page).text.partition(f">{heading}<")[2].partition("</section>")[0]
        return {key for key, address in addresses.items() if address in section}

    assert shown("ines", OUTBOX) == shown("ines", f"/people/{BODY}") == {"amina", "rafael"}
    assert shown("ines", f"/bodies/{PARENT}/outbox") == set()
    assert shown("joseph", f"/people/{BODY}") == {"amina"}  # the focal point of Kenya
    assert "The address does not exist." in english("ines").get(f"{OUTBOX}/{first['amina']}").text
