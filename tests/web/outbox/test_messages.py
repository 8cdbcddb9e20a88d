"""Writing a message of the secretariat: chosen, written, checked, sent, and found in the outbox."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from app.core.db import transaction
from app.core.i18n import LANGUAGES
from app.core.journal import JournalLine
from app.domain.messages.models import SecretariatMessage
from app.domain.notifications.actions import creation
from app.domain.notifications.rules.digests import DigestHour
from app.settings import Settings
from tests.browser import Browser
from tests.world import BODY, PARENT, World

Open = Callable[..., Browser]
MESSAGES = f"/bodies/{BODY}/messages"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
LINE = re.compile(r'id="f-(subject_\w\w)" name="\w+"[^>]* value="([^"]*)"')
TEXT = re.compile(r'id="f-(text_\w\w)"[^>]*>\n(.*?)</textarea>', re.DOTALL)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9"), "mail_from": "portal@example.org"})


def fields_of(page: str) -> dict[str, str]:
    """What a page of the form or its check page sends along, as the browser would."""
    return {name: unescape(value) for find in (HIDDEN, LINE, TEXT) for name, value in find.findall(page)}


def count_messages(world: World) -> int:
    with world.acting("ines") as (session, _):
        return session.scalars(select(func.count()).select_from(SecretariatMessage)).one()


def test_a_message_is_written_from_a_template_checked_and_sent(world: World, english: Open) -> None:
    meeting, ines = world.meeting(), english("ines")
    for page in (f"/bodies/{BODY}/outbox", f"/people/{BODY}"):
        assert f'href="{MESSAGES}"' in ines.get(page).text
    chosen = {"template": "invitation", "meeting": str(meeting.id), "audience": "delegates"}
    in_arabic = english("ines").get(f"{MESSAGES}/new?lang=ar").text
    assert "<legend>المستلمون</legend>" in in_arabic  # people, not the addressees of an output

    form = fields_of(ines.get(f"{MESSAGES}/write", params=chosen).text)
    assert {name[-2:] for name in form if name.startswith("text_")} == set(LANGUAGES)
    assert "Place: Geneva" in form["text_en"]
    form |= {"subject_en": "Come to Geneva", "subject_es": "", "text_es": "", "subject_fr": "Titre seul", "text_fr": ""}
    refused = ines.post(MESSAGES, form)
    assert (refused.status_code, "Enter the text in this language." in refused.text) == (400, True)
    form |= {"subject_fr": ""}

    check = ines.post(MESSAGES, form)
    assert check.status_code == 200
    shown = "Send to 3 people", "CWG-Internet: Come to Geneva", "The text was changed."
    assert all(each in check.text for each in shown)
    assert count_messages(world) == 0
    assert fields_of(ines.post(MESSAGES, form | {"checked": "change"}).text) == form | {"token": ines.token}

    sent = [ines.post(MESSAGES, fields_of(check.text) | {"checked": "yes"}) for _click in range(2)]
    assert [each.status_code for each in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert count_messages(world) == 1
    with transaction(world.work) as session:
        line = session.scalars(select(JournalLine).where(JournalLine.event == "secretariat-message:sent")).one()
        assert creation.create_notifications(session, line.seq, DigestHour()) == 3
    page = ines.get(sent[0].headers["location"]).text
    assert "Come to Geneva" in page
    (found,) = re.findall(rf'href="(/bodies/{BODY}/outbox\?message=[\w-]+&amp;status=waiting)"', page)
    outbox = ines.get(unescape(found)).text
    assert [world.person(key).name in outbox for key in ("amina", "haruka", "rafael", "joseph")] == [True] * 3 + [False]
    assert f'href="/messages/{line.facts["message"]}"' in ines.get(MESSAGES).text
    assert f'href="/messages/{line.facts["message"]}"' in ines.get("/record").text


def test_a_choice_that_lacks_something_is_shown_again_with_the_reason(world: World, english: Open) -> None:
    meeting, ines = world.meeting(opens_in=0), english("ines")

    def answer(**chosen: str) -> tuple[int, str]:
        answered = ines.get(f"{MESSAGES}/write", params={"audience": "delegates", "template": "free"} | chosen)
        return answered.status_code, answered.text

    about = {"meeting": str(meeting.id)}
    for reason, chosen in {
        "Select the meeting that the message is about.": {"template": "documents"},
        "Select the recipients.": {"audience": ""},
        "No one belongs to these recipients. Select others.": {"audience": "participants"} | about,
        "The deadline for contributions to this meeting has passed.": {"template": "deadline"} | about,
    }.items():
        status, page = answer(**chosen)
        assert (status in (400, 409), reason in page) == (True, True)
    assert answer()[0] == 200


def test_no_one_but_a_secretary_of_the_body_reads_or_writes_its_messages(world: World, english: Open) -> None:
    world.serve_the_parent("ines")
    elsewhere = world.parent_meeting()
    form = {"key": "a", "template": "free", "audience": "delegates", "subject_en": "Canary", "text_en": "Canary"}
    sent = english("ines").post(MESSAGES, form | {"checked": "yes"}).headers["location"].partition("?")[0]

    assert "Canary" in english("daniel").get(sent).text
    for meeting, status in {world.meeting(): 200, elsewhere: 404}.items():
        chosen = form | {"meeting": str(meeting.id), "checked": "change"}
        assert english("daniel").post(MESSAGES, chosen).status_code == status
    assert "Canary" not in english("ines").get(f"/bodies/{PARENT}/messages").text
    for who, status in {"amina": 403, "laurent": 403, "layla": 403, "olga": 404, "chen": 404}.items():
        pages = (MESSAGES, f"{MESSAGES}/new", f"{MESSAGES}/write")
        assert [english(who).get(each).status_code for each in pages] == [status] * 3
        assert english(who).get(sent).status_code == 404
        assert english(who).post(MESSAGES, form | {"checked": "yes"}).status_code == status
    assert count_messages(world) == 1
