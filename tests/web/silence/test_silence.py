"""Silence procedures, statements and the adoption record through HTTP: who sees what, and what the pages show."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.core.db import transaction
from app.domain.outputs.actions import drafting as outputs
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.queries import outputs as queries
from app.domain.silence.actions import procedure as actions
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.queries.positions import list_statements
from app.domain.silence.queries.procedures import list_outputs_with_open_procedure
from app.http.localization import Localizer
from app.web.views.silence.silence import DEADLINE_REACHED, load_silence_summary
from app.web.views.silence.steps import list_silence_steps
from tests.browser import Browser
from tests.pango import HAS_PANGO
from tests.web.account.test_recent_sign_in import hidden_fields
from tests.world import World, record_rows

Open = Callable[..., Browser]
TITLE = "A text put before the States"


def visible_text(page: str) -> str:
    """The text of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def output(world: World) -> Output:
    return world.output(world.meeting(opens_in=-1), title=TITLE)


def format_deadline(hours: float) -> dict[str, str]:
    """A deadline as typed into the form."""
    deadline = (clock.now() + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/Zurich"))
    return {"on": deadline.date().isoformat(), "at": deadline.strftime("%H:%M:%S")}


def get_digest(world: World, output: Output) -> str:
    with transaction(world.read) as session:
        return queries.compute_text_digest(session, session.get_one(Output, output.id))


def choose_to_open(world: World, output: Output) -> dict[str, str]:
    """What the form says of the text, of the States of which no person can answer and of who sees positions, and the
    choice about these States."""
    seen = {"text": get_digest(world, output), "unreached": world.unreached(output)}
    return (
        seen | {"positions_shown_to": "every-delegation"} | {"choice": "open-anyway", "opening_reason": "It is urgent."}
    )


def test_the_chair_opens_a_procedure_and_every_delegation_sees_the_text(
    world: World, output: Output, browser: Open
) -> None:
    laurent, amina = browser("laurent"), browser("amina")
    assert amina.get("/silence").status_code == 200
    assert TITLE not in amina.get("/").text
    form = laurent.get(f"/outputs/{output.id}/silence").text
    assert "Member States to which the text is submitted 194" in visible_text(form)

    answer = laurent.post(f"/outputs/{output.id}/silence", format_deadline(73) | choose_to_open(world, output))

    assert answer.status_code == 303
    address = answer.headers["Location"].partition("?")[0]
    page = amina.get(address).text
    assert TITLE in page
    assert re.search(r'class="left-over"><span data-left="\d+" data-length>\d+ (days|hours)<', page)
    assert re.search(r'<progress value="\d{1,2}" max="26\d{4}"', page)
    outcomes = visible_text(page).partition("If no State breaks silence")[2]
    assert outcomes.index("The text is adopted at the deadline") < outcomes.index("One objection is enough.")
    assert re.search(r"Procedure opened.* States can take a position until .* Adopted, unless a State", outcomes)
    assert " UTC" not in page
    assert re.search(r"\d\d:\d\d in Geneva \(.*in Nairobi\)", page)
    assert TITLE in amina.get("/silence").text
    dashboard = visible_text(amina.get("/").text)
    assert "A silence procedure is open on a text" in dashboard
    assert amina.get(f"/outputs/{output.id}").status_code == 404
    file = amina.get(f"{address}/files/en")
    assert file.content == b"".join(world.store.iter_chunks(world.file("en", TITLE).sha256))


@pytest.mark.parametrize(
    ("hours", "text", "status", "why"), [(70, "", 400, "72 hours"), (73, "0" * 64, 409, "changed")]
)
def test_a_refused_opening_gives_the_reason_and_changes_nothing(
    world: World, output: Output, browser: Open, hours: int, text: str, status: int, why: str
) -> None:
    laurent = browser("laurent")

    answer = laurent.post(
        f"/outputs/{output.id}/silence",
        format_deadline(hours) | choose_to_open(world, output) | ({"text": text} if text else {}),
    )

    assert answer.status_code == status
    assert why in visible_text(answer.text)
    with transaction(world.read) as session:
        assert list_outputs_with_open_procedure(session) == []


def test_a_position_is_taken_changed_and_shown_in_its_own_language(world: World, output: Output, browser: Open) -> None:
    procedure, amina, rafael = world.silence(output), browser("amina"), browser("rafael")
    url = f"/silence/{procedure.id}"
    assert "supports" in amina.get(f"{url}/position").text
    position = {"stance": "reservation", "text": "نتحفظ على الفقرة 3.", "lang": "ar", "paragraph": "", "version": "0"}

    assert amina.post(f"{url}/position", position).status_code == 303
    stale = amina.post(f"{url}/position", {"stance": "supports", "lang": "en", "version": "0"})
    empty = amina.post(f"{url}/position", {"stance": "explanation", "lang": "en", "version": "1"})

    assert (stale.status_code, empty.status_code) == (409, 400)
    assert "Last submitted by your delegation" in stale.text
    shown = rafael.get(url).text
    assert '<p class="text close" lang="ar" dir="rtl">نتحفظ على الفقرة 3.</p>' in shown
    assert "A silence procedure is open on a text" not in amina.get("/").text
    assert "A silence procedure is open on a text" in rafael.get("/").text


def test_everybody_sees_at_once_that_silence_is_broken_and_at_which_paragraph(
    world: World, output: Output, browser: Open
) -> None:
    procedure, amina, laurent = world.silence(output), browser("amina"), browser("laurent")
    url = f"/silence/{procedure.id}"

    broken = {"stance": "breaks", "text": "Not so.", "lang": "en", "paragraph": "12 bis", "version": "0"}
    amina.post(f"{url}/position", broken | {"checked": "yes"})

    for who in (browser("rafael"), laurent, browser("ines")):
        page = visible_text(who.get(url).text)
        assert "A Member State broke silence. The text was not adopted." in page
        assert "Kenya Breaks silence Paragraph 12 bis" in page
        assert "Time left" not in page
    assert "Silence was broken on a text" in laurent.get("/").text
    assert "Next step The States decide on the text in another" in visible_text(laurent.get(url).text)
    assert browser("rafael").get(f"{url}/position").status_code == 409
    assert "Start another procedure" in laurent.get(url).text


def test_breaking_silence_has_a_reason_and_is_checked_in_the_words_of_the_state(
    world: World, output: Output, browser: Open
) -> None:
    procedure, haruka = world.silence(output), browser("haruka")
    url = f"/silence/{procedure.id}"
    position = {"stance": "breaks", "text": "", "lang": "en", "paragraph": "3", "version": "0"}

    assert "checked" not in haruka.get(f"{url}/position").text  # no answer is chosen before
    unreasoned = haruka.post(f"{url}/position", position | {"checked": "yes"})
    check = haruka.post(f"{url}/position", position | {"text": "日本 objects."})

    assert (unreasoned.status_code, check.status_code) == (400, 200)
    page = visible_text(check.text)
    for words in ("Japan objects.", "Number of States: 194", "日本 objects.", "Can it be undone? No"):
        assert words in page
    assert re.search(r'<button[^>]*value="yes">Break silence on behalf of Japan</button>', check.text)
    assert "Silence was broken" not in haruka.get(url).text
    fields = hidden_fields(check.text)
    back = haruka.post(f"{url}/position", fields | {"checked": "change"})
    assert (back.status_code, "日本 objects." in back.text) == (200, True)
    assert haruka.post(f"{url}/position", fields | {"checked": "yes"}).status_code == 303
    assert "Silence was broken" in haruka.get(url).text


def test_a_procedure_on_a_changed_text_is_shown_as_void_before_it_is_recorded(
    world: World, output: Output, browser: Open
) -> None:
    procedure, ines = world.silence(output), browser("ines")
    assert "becomes void when you record the adoption" in browser("layla").get(f"/outputs/{output.id}/adopt").text
    assert "becomes void as soon as you change anything" in ines.get(f"/outputs/{output.id}/edit").text
    with world.acting("ines") as (session, actor):
        outputs.put_output_file(session, actor, session.get_one(Output, output.id), world.file("en", "Another text"))

    page = browser("amina").get(f"/silence/{procedure.id}").text

    assert "This procedure is void" in page
    assert browser("amina").get(f"/silence/{procedure.id}/position").status_code == 409
    with transaction(world.read) as session:
        assert session.get_one(SilenceProcedure, procedure.id).course == "open"


def test_the_chair_moves_the_deadline_with_a_reason(world: World, output: Output, browser: Open) -> None:
    procedure, laurent = world.silence(output), browser("laurent")
    url, zone = f"/silence/{procedure.id}", ZoneInfo("Europe/Zurich")

    def typed(by: timedelta) -> dict[str, str]:
        new_deadline = (procedure.until + by).astimezone(zone)
        return {
            "on": new_deadline.date().isoformat(),
            "at": new_deadline.strftime("%H:%M:%S.%f"),
            "reason": "Capitals asked.",
        }

    form = laurent.get(f"{url}/extend")
    offered = dict(re.findall(r'name="(on|at)"[^>]*value="([^"]+)"', form.text))
    moment = datetime.fromisoformat(f"{offered['on']}T{offered['at']}").replace(tzinfo=zone)
    assert timedelta(hours=24) <= moment - procedure.until < timedelta(hours=24, minutes=1)
    short = laurent.post(f"{url}/extend", typed(timedelta(hours=2)) | {"version": "1"})
    done = laurent.post(f"{url}/extend", typed(timedelta(hours=30)) | {"version": "1"})
    stale = laurent.post(f"{url}/extend", typed(timedelta(hours=60)) | {"version": "1"})

    assert [each.status_code for each in (form, short, done, stale)] == [200, 400, 303, 409]
    assert "at least 24 and at most 168 hours" in visible_text(short.text)
    page = visible_text(browser("amina").get(url).text)
    assert "Extended; previous deadline:" in page
    assert "Capitals asked." in page


def test_between_the_deadline_and_its_recording_the_page_says_so(
    world: World, output: Output, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    procedure, amina = world.silence(output), browser("amina")
    later = timedelta(hours=74)
    actual = clock.now
    monkeypatch.setattr(clock, "now", lambda: actual() + later)
    cookie = world.sign_in("amina")
    amina.client.cookies.set("cwg_portal", cookie)

    page = visible_text(amina.get(f"/silence/{procedure.id}").text)

    assert "Deadline reached" in page
    assert "The result will appear here shortly." in page
    assert amina.get(f"/silence/{procedure.id}/position").status_code == 409


def test_states_attach_change_and_withdraw_their_own_statements(world: World, browser: Open) -> None:
    adopted = world.adopted(world.meeting(opens_in=0), title=TITLE)
    url, amina, rafael = f"/outputs/{adopted.id}", browser("amina"), browser("rafael")
    assert amina.get(f"{url}/statements/new").status_code == 200
    words = {"kind": "reservation", "text": "Nous réservons notre position.", "lang": "fr"}

    assert amina.post(f"{url}/statements", words).status_code == 303
    assert amina.post(f"{url}/statements", words).status_code == 409
    assert amina.post(f"{url}/statements", words | {"text": ""}).status_code == 400
    with transaction(world.read) as session:
        statement = list_statements(session, session.get_one(Output, adopted.id))[0]
    statement_path = f"{url}/statements/{statement.id}"
    shown = rafael.get(url).text
    assert "Nous réservons notre position." in shown
    assert statement_path not in shown
    assert rafael.get(statement_path).status_code == 403
    assert browser("ines").post(statement_path, words | {"version": "1"}).status_code == 403
    assert amina.get(statement_path).status_code == 200
    assert amina.post(statement_path, {"text": "We reserve.", "lang": "en", "version": "1"}).status_code == 303
    assert amina.post(statement_path, {"text": "Late.", "lang": "en", "version": "1"}).status_code == 409
    assert amina.post(statement_path, {"text": "", "lang": "en", "version": "2"}).status_code == 400
    assert "We reserve." in rafael.get(f"{url}/record").text
    assert amina.post(f"{statement_path}/take-back", {"version": "1"}).status_code == 409
    assert amina.post(f"{statement_path}/take-back", {"version": "2"}).status_code == 303
    assert "We reserve." not in rafael.get(url).text


def test_the_record_of_an_adoption_by_silence(world: World, browser: Open, tmp_path: Path) -> None:
    output = world.output(world.meeting(opens_in=-1), title=TITLE)
    procedure = world.silence(output)
    world.position(procedure, "amina", "reservation", text="نتحفظ على الفقرة 3.", lang="ar")
    world.position(procedure, "rafael", "supports", text="We welcome it.")
    with clock.shifted_clock(timedelta(hours=74)), transaction(world.write) as session:
        actions.settle_procedure(session, output.id)
    amina = browser("amina")

    page = visible_text(amina.get(f"/outputs/{output.id}/record").text)

    assert "How it was adopted Under the silence procedure" in page
    assert "Procedure started by Laurent Favre-Morel" in page
    assert "Support the text 1 Do not object, with a statement 1 No position taken 192" in page
    assert page.count("نتحفظ على الفقرة 3.") == 2  # its position, and the statement attached to the text
    assert "Adopted under the silence procedure on" in visible_text(amina.get(f"/outputs/{output.id}").text)
    silence_page = amina.get(f"/silence/{procedure.id}").text
    assert "Adopted under the silence procedure" in visible_text(silence_page)
    assert '<a href="/outputs" aria-current="page">' in silence_page
    if HAS_PANGO:
        for language in ("en", "ar"):
            paper = amina.get(f"/outputs/{output.id}/record.pdf?lang={language}")
            assert paper.content.startswith(b"%PDF")


def test_before_the_adoption_no_record_exists(world: World, output: Output, browser: Open) -> None:
    assert browser("laurent").get(f"/outputs/{output.id}/record").status_code == 409
    assert browser("amina").get(f"/outputs/{output.id}/record").status_code == 404
    by_the_meeting = world.adopted(world.meeting(number=23, opens_in=0))
    page = visible_text(browser("amina").get(f"/outputs/{by_the_meeting.id}/record").text)
    assert "How it was adopted In the meeting" in page
    assert "No State has attached a statement." in page


WORDS = "Kenya can accept this text only on the understanding that it creates no obligation."


def test_input_that_comes_too_late_is_not_lost(world: World, output: Output, browser: Open) -> None:
    """A position after another State broke silence, a late statement and a late change of a comment fail alike."""
    amina, procedure = browser("amina"), world.silence(output)
    world.position(procedure, "rafael", "breaks")
    typed = {"stance": "reservation", "text": WORDS, "lang": "en", "version": "0"}
    position = amina.post(f"/silence/{procedure.id}/position", typed)
    meeting = world.meeting(opens_in=0, number=40)
    leaving = world.leaving(meeting)
    new = {"kind": "reservation", "text": WORDS, "lang": "en"}
    statement = amina.post(f"/outputs/{leaving.id}/statements", new)
    draft = world.output(meeting)
    comment = world.comment(world.circulated(draft, "One.", "Two."))
    world.answered(comment)
    reworded = amina.post(f"/outputs/{draft.id}/comments/{comment.id}", {"text": WORDS, "lang": "en", "version": "1"})

    for answer in (position, statement, reworded):
        assert (answer.status_code, WORDS in answer.text) == (409, True)


def test_a_missing_source_is_reported_at_the_sources_and_the_title_is_kept(
    world: World, output: Output, browser: Open
) -> None:
    typed = {"kind": "report", "original": "en", "title_en": WORDS, "sources": str(uuid4())}

    new = browser("ines").post(f"/meetings/{output.meeting_id}/outputs", typed)
    change = browser("ines").post(f"/outputs/{output.id}", typed | {"version": str(output.version)})

    for answer in (new, change):
        assert (answer.status_code, WORDS in answer.text) == (400, True)
        assert 'id="f-sources-error"' in answer.text


def test_a_paragraph_number_of_five_thousand_digits_is_invalid(world: World, output: Output, browser: Open) -> None:
    world.circulated(output, "One.", "Two.")
    typed = {"language": "en", "paragraph": "9" * 5000, "kind": "remark", "text": WORDS, "lang": "en"}

    answer = browser("amina").post(f"/outputs/{output.id}/versions/1/comments", typed)

    assert (answer.status_code, WORDS in answer.text) == (400, True)


def test_the_steps_of_a_text_say_what_was_done_and_what_is_next(world: World, output: Output) -> None:
    procedure = world.silence(output)

    def list_states(course: str) -> list[str]:
        with transaction(world.read) as session:
            summary = load_silence_summary(session, session.get_one(SilenceProcedure, procedure.id), "en")
            steps = list_silence_steps(replace(summary, course=course), None, Localizer("en"))
            return [state for state, _title, _note in steps]

    assert list_states("open") == ["done", "now", "next", "next"]
    assert list_states(DEADLINE_REACHED) == ["done", "done", "now", "next"]
    assert list_states("adopted") == ["done", "done", "done", "next"]
    assert list_states("broken") == ["done", "done", "done"]

    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Output, output.id).status = OutputStatus.RELEASED
    assert list_states("adopted") == ["done", "done", "done", "done"]
