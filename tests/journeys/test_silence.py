"""Adoption in a real browser, by silence and in the meeting, down to what the membership reads; without scripts."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.core.db import transaction
from app.domain.bodies.models import Body
from app.domain.outputs.models import Output
from app.domain.silence.models import SilenceProcedure
from app.domain.silence.queries.positions import list_positions
from tests.journeys.chromium import chromium, faults, is_wider_than_its_window, needs_chromium
from tests.journeys.conftest import Place
from tests.journeys.test_main_job import Visit
from tests.world import World, record_rows

TITLE = "Conclusions on the cost of connectivity"


def at_once(world: World) -> None:
    """Set the period of silence of the body to seconds: it is data."""
    with transaction(world.write) as session:
        record_rows(session)
        for body in session.scalars(select(Body)):
            body.silence_hours = 0


def opened(laurent: Visit, output: Output, *, seconds: int) -> tuple[str, datetime]:
    """Open a silence procedure as the chair; return its address and the deadline."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
    there = until.astimezone(ZoneInfo("Europe/Zurich"))
    laurent.go(f"/outputs/{output.id}")
    laurent.press("Start a silence procedure")
    # People choose minutes; the test does not want to wait for one.
    laurent.page.locator("main form").evaluate("each => { each.noValidate = true }")
    deadline = {"on": there.date().isoformat(), "at": there.strftime("%H:%M:%S")}
    laurent.send(f"/outputs/{output.id}/silence", **deadline, choice="open-anyway", opening_reason="It is urgent.")
    return re.search(r"/silence/[0-9a-f-]{36}", laurent.page.url)[0], until


def visits(browser: Browser, place: Place, *who: str) -> list[Visit]:
    return [Visit(browser, place.portal, each, scripts=False) for each in who]


def shown(visit: Visit, path: str, words: str) -> None:
    """Reload until the page contains this."""
    for _ in range(400):  # the text is adopted after a minute
        visit.go(path)
        if words in visit.page.locator("main").inner_text():
            return
        visit.page.wait_for_timeout(250)
    expect(visit.page.locator("main")).to_contain_text(words)


def released(place: Place, browser: Browser, output: Output) -> Visit:
    """Two approve, one schedules the release, and a Sector Member opens it."""
    ines, layla, daniel = visits(browser, place, "ines", "layla", "daniel")
    for approver in (ines, layla):
        approver.approve(f"/outputs/{output.id}/approve")
    daniel.go(f"/outputs/{output.id}/let-out")
    daniel.send(f"/outputs/{output.id}/let-out", when="now")
    chen = Visit(browser, place.reading, "chen", scripts=False)
    shown(chen, "/", TITLE)
    chen.page.click(f"text={TITLE}")
    return chen


@needs_chromium
def test_a_text_is_adopted_by_silence_at_its_deadline(place: Place) -> None:
    at_once(place.world)
    output = place.world.output(place.world.meeting(opens_in=-1), title=TITLE)
    with chromium() as browser:
        laurent, amina, rafael = visits(browser, place, "laurent", "amina", "rafael")
        here, until = opened(laurent, output, seconds=60)

        amina.go("/")
        expect(amina.page.locator("main")).to_contain_text("A silence procedure is open on a text")
        amina.press("Read and decide")
        assert here in amina.page.url
        amina.press("Submit your State’s position")
        words = "Le Kenya réserve sa position sur le paragraphe 3."
        amina.send(f"{here}/position", stance="reservation", text=words, lang="fr")
        rafael.go(f"{here}/position")
        rafael.send(f"{here}/position", stance="supports")
        expect(rafael.page.locator("main")).to_contain_text("Support the text")
        expect(rafael.page.locator("main")).to_contain_text("192")

        shown(rafael, here, "No Member State broke silence before the deadline.")
        rafael.go(f"/outputs/{output.id}/record")
        expect(rafael.page.locator("main")).to_contain_text("CWG-Internet 22/OUT/1")
        expect(rafael.page.locator("main")).to_contain_text("Under the silence procedure")
        expect(rafael.page.locator("main")).to_contain_text(words)
        looking = Visit(browser, place.portal, "haruka", scripts=True)
        looking.page.set_viewport_size({"width": 390, "height": 800})
        for path in (here, "/silence", f"/outputs/{output.id}", f"/outputs/{output.id}/record"):
            looking.go(path)
            assert faults(looking.page) == []
            assert not is_wider_than_its_window(looking.page)
        with transaction(place.world.read) as session:
            assert session.get_one(Output, output.id).adopted_at == until

        chen = released(place, browser, output)
        expect(chen.page.locator("main")).to_contain_text("Under the silence procedure")
        said = chen.page.locator(".reservation", has_text="Kenya")
        expect(said).to_contain_text(words)
        assert said.locator("[lang=fr]").count() == 1


@needs_chromium
def test_silence_is_broken_in_the_last_seconds_and_a_second_too_late_is_too_late(place: Place) -> None:
    at_once(place.world)
    meeting = place.world.meeting(opens_in=-1)
    first, second = (place.world.output(meeting, title=f"{TITLE} {number}") for number in (1, 2))
    with chromium() as browser:
        laurent, amina, rafael = visits(browser, place, "laurent", "amina", "rafael")
        here, until = opened(laurent, first, seconds=40)
        amina.go(f"{here}/position")
        amina.send(f"{here}/position", stance="breaks", paragraph="3", text="Not in these words.")
        _wait_until(amina, until - timedelta(seconds=6))
        amina.page.get_by_role("button", name="Break silence on behalf of Kenya").click()
        expect(amina.page.locator("main")).to_contain_text("A Member State broke silence. The text was not adopted.")
        rafael.go(here)
        expect(rafael.page.locator("main")).to_contain_text("Paragraph 3")

        late, deadline = opened(laurent, second, seconds=30)
        rafael.go(f"{late}/position")
        _wait_until(rafael, deadline + timedelta(seconds=0.1))
        rafael.send(f"{late}/position", stance="breaks", text="Too late.")
        expect(rafael.page.locator("main")).to_contain_text(re.compile("deadline has passed|has ended"))
        shown(rafael, late, "Adopted under the silence procedure")
        shown(amina, here, "Silence was broken")

    with transaction(place.world.read) as session:
        procedure = session.get_one(SilenceProcedure, here.rpartition("/")[2])
        taken = list_positions(session, procedure)[0]
        assert timedelta(0) < until - taken.taken_at < timedelta(seconds=7)
        assert [session.get_one(Output, each.id).status for each in (first, second)] == ["draft", "adopted"]


def _wait_until(visit: Visit, moment: datetime) -> None:
    visit.page.wait_for_timeout(max(0, (moment - datetime.now(UTC)).total_seconds() * 1000))


@needs_chromium
def test_a_text_adopted_in_the_meeting_is_released_with_two_reservations(place: Place) -> None:
    output = place.world.output(place.world.meeting(opens_in=-1), title=TITLE)
    arabic, english = "نتحفظ على الفقرة 3.", "Brazil reserves its position on paragraph 7."
    with chromium() as browser:
        laurent, amina, rafael = visits(browser, place, "laurent", "amina", "rafael")
        laurent.go(f"/outputs/{output.id}/adopt")
        laurent.send(f"/outputs/{output.id}/adopt", adopted_on=date.today().isoformat(), without_pdf="yes")
        for visit, text, lang in ((amina, arabic, "ar"), (rafael, english, "en")):
            visit.go(f"/outputs/{output.id}")
            visit.press("Attach a statement of your delegation")
            visit.send(f"/outputs/{output.id}/statements", kind="reservation", text=text, lang=lang)
        amina.go(f"/outputs/{output.id}/record")
        expect(amina.page.locator("main")).to_contain_text("In the meeting")
        for words in (arabic, english):
            expect(amina.page.locator("main")).to_contain_text(words)

        chen = released(place, browser, output)
        for words in (arabic, english):
            expect(chen.page.locator("main")).to_contain_text(words)
        rafael.go(f"/outputs/{output.id}")
        expect(rafael.page.locator("main")).not_to_contain_text("Change or withdraw")
