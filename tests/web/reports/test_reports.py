"""The report of a meeting through HTTP: drafted from the record, edited, corrected, adopted and registered."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO

import docx
import pytest
from sqlalchemy import event
from starlette.types import ASGIApp

from app.core.db import transaction
from app.core.errors import Conflict, Forbidden
from app.core.file_service import client
from app.core.file_service.client import FileServiceOptions
from app.core.validation import ReasonInput
from app.domain.agendas.actions import editing as agendas
from app.domain.agendas.queries.agenda_releases import list_current_released_items
from app.domain.decisions.inputs import NewDecision, NewDecisionPosition
from app.domain.decisions.models import Decision
from app.domain.floor import queries as floors
from app.domain.floor.actions import calling, speakers_list
from app.domain.floor.actions import session as floor
from app.domain.floor.actions.notes import keep_note
from app.domain.floor.inputs import ChairNoteInput, FloorRequestMoveInput, SpeakersListClosingInput
from app.domain.meetings.models import Meeting, MeetingLife
from app.domain.outputs.models import Output, OutputStatus
from app.domain.participants import queries as participant_queries
from app.domain.participants.actions import attendance as attending
from app.domain.reports import queries
from app.domain.reports.actions import corrections
from app.domain.reports.actions import drafting as reporting
from app.domain.reports.inputs import NewReportDraft, ParagraphChange
from app.domain.reports.models import CorrectionStatus, Report, ReportStage
from app.domain.reports.rules.paragraphs import ParagraphKind, ReportParagraph, load_paragraphs
from app.domain.reports.rules.paragraphs import create_paragraph as new_paragraph
from app.web.views.reports import page as report_views
from tests.browser import Browser
from tests.document_history import withdraw_document
from tests.world import World, record_rows

Open = Callable[..., Browser]
OUTLINE = r'<nav class="outline.*?</nav>'


@pytest.fixture
def meeting(world: World) -> Meeting:
    """A meeting with one session: Kenya and Brazil spoke, a decision, a reservation by France in French."""
    new_meeting = world.meeting()
    items = [world.item(new_meeting, title) for title in ("Opening of the meeting", "Names in local scripts")]
    _, document = world.registered(new_meeting, title="A paper on names")
    world.allocated(new_meeting, document, items[1])
    world.agenda_released(new_meeting)
    world.sitting(new_meeting, items[1])
    for who in ("amina", "rafael"):
        request = world.asked_for_the_floor(new_meeting, who)
        with world.acting("laurent") as (session, actor):
            meeting_row = session.get_one(Meeting, new_meeting.id)
            now = floors.find_open_sitting(session, meeting_row)
            assert now
            calling.give_floor(session, actor, meeting_row, request.id, version=now.version)
            calling.end_statement(session, actor, meeting_row, version=now.version)
    with world.acting("laurent") as (session, actor):
        meeting_row = session.get_one(Meeting, new_meeting.id)
        now = floors.find_open_sitting(session, meeting_row)
        assert now
        new = NewDecision(text="The group agreed to go on.", lang="en")
        decision = floor.record_decision(session, actor, meeting_row, new, version=now.version)
    with world.acting("rafael") as (session, actor):
        meeting_row = session.get_one(Meeting, new_meeting.id)
        decision = session.get_one(Decision, decision.id)
        position = NewDecisionPosition(stance="reservation", text="O Brasil reserva sua posição.", lang="es")
        floor.put_own_position_on_decision(session, actor, meeting_row, decision, position)
    with world.acting("laurent") as (session, actor):
        meeting_row = session.get_one(Meeting, new_meeting.id)
        now = floors.find_open_sitting(session, meeting_row)
        assert now
        floor.close_meeting_session(session, actor, meeting_row, version=now.version)
    return new_meeting


def visible_text(text: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", text).split()))


class ReportPages:
    """The addresses of one report, and a browser for each person."""

    def __init__(self, world: World, meeting: Meeting, english: Open) -> None:
        self.world, self.meeting, self.url = world, meeting, f"/meetings/{meeting.id}/report"
        self.chair, self.secretary = english("laurent"), english("ines")
        self.kenya, self.brazil, self.stranger = english("amina"), english("rafael"), english("olga")

    def report(self) -> Report:
        with transaction(self.world.read) as session:
            report = queries.find_report(session, self.meeting)
            assert report
            return report

    def rows(self) -> list[ReportParagraph]:
        with transaction(self.world.read) as session:
            report = queries.find_report(session, self.meeting)
            assert report
            return load_paragraphs(queries.get_latest_revision(session, report).paragraphs)

    def key(self, part: str) -> str:
        return next(each.key for each in self.rows() if part in each.text)

    def press(self, path: str, who: Browser | None = None, /, **fields: object) -> int:
        with transaction(self.world.read) as session:
            report = queries.find_report(session, self.meeting)
        data = {"revision": str(report.revision if report else 0)} | {
            name: str(value) for name, value in fields.items()
        }
        return (who or self.chair).post(self.url + path, data).status_code

    def regenerate(self, attribution: str = "named") -> int:
        """Take everything that a draft generated now proposes."""
        page = self.chair.get(f"{self.url}/proposal?attribution={attribution}&select=all").text
        codes = re.findall(r'name="take" value="([^"]+)" checked', page)
        data = {"revision": str(self.report().revision), "attribution": attribution, "language": "en", "take": codes}
        return self.chair.post(f"{self.url}/proposal", data).status_code

    def page(self, who: Browser, path: str = "") -> str:
        answer = who.get(self.url + path)
        assert answer.status_code == 200
        return visible_text(re.sub(OUTLINE, "", answer.text.partition("<main")[2], flags=re.DOTALL))


@pytest.fixture
def report_pages(world: World, meeting: Meeting, english: Open) -> ReportPages:
    pages = ReportPages(world, meeting, english)
    assert pages.press("/draft", attribution="named") == 303
    return pages


@pytest.fixture
def circulated(report_pages: ReportPages) -> ReportPages:
    assert report_pages.press("/circulate") == 303
    return report_pages


def test_the_draft_contains_speakers_decisions_and_positions(report_pages: ReportPages) -> None:
    page = report_pages.page(report_pages.chair)

    assert "“A paper on names”, was before the meeting. Source: Kenya." in page
    assert "The following took the floor: Kenya; Brazil." in page
    assert "Decision 1. By consensus:" in page
    assert "The group agreed to go on." in page
    assert "Brazil reserved its position on decision 1 in these words:" in page
    assert "Sessions held: 1." in page
    assert "The last session was closed on" in page
    kinds = [each.kind for each in report_pages.rows()]
    assert kinds.index("document") < kinds.index("speakers") < kinds.index("decision") < kinds.index("position")
    assert next(each.lang for each in report_pages.rows() if each.kind == "position") == "es"


def test_headings_have_the_direction_of_their_language_as_paragraphs_have(report_pages: ReportPages) -> None:
    headings = re.findall("<h2 id=[^>]*>", report_pages.chair.get(report_pages.url).text)

    assert headings
    assert all('lang="en" dir="ltr"' in each for each in headings)


def test_the_draft_contains_the_participants(report_pages: ReportPages) -> None:
    world, meeting = report_pages.world, report_pages.meeting
    world.participant(meeting, "Layla Haddad", entity="SAU", by="ines")
    world.participant(meeting, "Amina Njoroge", mode="remote", function="Ministry of ICT")
    world.participant(meeting, "Wanjiku Kamau", capacity="head_of_delegation")
    world.participant(meeting, "Pierre Petit", entity="", capacity="observer", organization="UPU", by="ines")
    assert report_pages.regenerate("anonymous") == 303
    page = report_pages.page(report_pages.chair)
    assert "Member States registered: 2. Participants: 4, of whom remote: 1." in page
    assert "Saudi Arabia: Layla Haddad (Delegate)" in page
    assert "Kenya: Wanjiku Kamau (Head of delegation); Amina Njoroge, Ministry of ICT (Delegate; Remote)" in page

    meeting_row = world.moved(meeting, "begin", by="laurent")
    with world.acting("ines") as (session, actor):
        listed = participant_queries.list_participants(session, actor, meeting_row)
        shown, present = {each.id for each in listed}, {each.id for each in listed if each.entity != "SAU"}
        attending.note_attendance(
            session, actor, session.get_one(Meeting, meeting.id), present, listed=shown, previously_present=set()
        )
    assert report_pages.regenerate("anonymous") == 303
    page = report_pages.page(report_pages.chair)
    assert "Member States represented: 1. Participants: 3, of whom remote: 1." in page
    assert "Universal Postal Union: Pierre Petit (Observer)" in page
    assert "Layla Haddad" not in page
    kinds = [each.kind for each in report_pages.rows()]
    assert kinds.count("participants") == 2
    assert kinds.index("participants") > kinds.index("position")


def test_the_draft_contains_adopted_outputs_and_no_drafts(world: World, english: Open) -> None:
    report_pages = ReportPages(world, world.meeting(opens_in=0), english)
    assert "No report has been circulated yet." in report_pages.page(report_pages.kenya)
    output = world.adopted(report_pages.meeting, title="Conclusions on names", kind="conclusions")
    report = world.adopted(report_pages.meeting, title="Report of the meeting")
    empty = report_pages.page(report_pages.kenya)
    assert "No report has been circulated yet." not in empty
    assert f"It was not drafted on this page. {report.symbol}" in empty
    assert "<summary>Generate the draft" in report_pages.chair.get(report_pages.url).text
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Output, report.id).status = OutputStatus.WITHDRAWN
    assert "No report has been circulated yet." in report_pages.page(report_pages.kenya)
    assert "<summary>Generate the draft" not in report_pages.chair.get(report_pages.url).text
    world.output(report_pages.meeting, title="A draft that nobody adopted")
    assert report_pages.press("/draft", attribution="named") == 303

    page = report_pages.page(report_pages.chair)
    assert f"The meeting adopted: {output.symbol}, “Conclusions on names” (Conclusions)." in page
    assert "Report of the meeting" not in page
    assert "A draft that nobody adopted" not in page


def test_circulating_during_the_meeting_says_that_the_draft_cannot_be_regenerated(
    world: World, report_pages: ReportPages
) -> None:
    words = "The meeting is in session. Once the report has been circulated, the draft cannot be regenerated"
    for life in (MeetingLife.IN_SESSION, MeetingLife.CLOSED):
        with transaction(world.write) as session:
            record_rows(session)
            session.get_one(Meeting, report_pages.meeting.id).life = life
        is_warned = words in report_pages.page(report_pages.chair, "/circulate")
        assert is_warned is (life == MeetingLife.IN_SESSION)


def test_a_second_report_of_a_meeting_is_warned_of_until_it_is_adopted(world: World, english: Open) -> None:
    pages = ReportPages(world, world.meeting(opens_in=0), english)
    assert pages.press("/draft", attribution="named") == 303
    assert "another report" not in pages.page(pages.chair)
    assert "already has a report" not in pages.page(pages.chair, "/circulate")
    other = world.adopted(pages.meeting, title="Report of the meeting")

    done = {
        "circulate": "The report has been circulated. All delegations",
        "adopt": "The adoption of the report has been recorded.",
    }
    for act, words in done.items():
        assert f"This meeting already has another report {other.symbol}" in pages.page(pages.chair)
        assert f"already has a report that was not drafted on this page: {other.symbol}." in pages.page(
            pages.chair, f"/{act}"
        )
        location = pages.chair.post(f"{pages.url}/{act}", {"revision": "1"}).headers["Location"]
        assert words in pages.page(pages.chair, location.removeprefix(pages.url))


def test_the_draft_does_not_say_when_a_meeting_was_opened_of_which_a_session_has_no_record(
    world: World, english: Open
) -> None:
    report_pages = ReportPages(world, world.meeting(), english)
    world.session(report_pages.meeting, starts_in=timedelta(hours=-4))  # held without the tools of the chair
    world.sitting(report_pages.meeting)
    assert report_pages.press("/draft", attribution="named") == 303

    page = report_pages.page(report_pages.chair)
    assert f"Meeting {report_pages.meeting.number} of CWG-Internet was held in Geneva from " in page
    assert "The meeting was opened on" not in page


def test_the_draft_contains_documents_under_no_item(report_pages: ReportPages) -> None:
    report_pages.world.registered(report_pages.meeting, title="A paper that came at the end")
    withdrawn_document = report_pages.world.registered(report_pages.meeting, title="A paper that was withdrawn")[1]
    withdraw_document(report_pages.world, withdrawn_document)
    assert report_pages.regenerate("named") == 303

    page = report_pages.page(report_pages.chair)
    assert page.index("Outside the agenda items") < page.index("“A paper that came at the end”, was before")
    assert page.count("“A paper on names”, was before") == 1
    assert "A paper that was withdrawn" not in page


def test_a_long_agenda_needs_no_more_statements(world: World, english: Open, portal: ASGIApp) -> None:
    def statements(items: int, number: int) -> int:
        new_meeting = world.meeting(number=number)
        world.first_day_comes(new_meeting)
        for title in (f"Paper {number}.{one}" for one in range(items)):
            world.allocated(new_meeting, world.registered(new_meeting, title=title)[1], world.item(new_meeting, title))
        world.agenda_released(new_meeting)
        report_pages, seen = ReportPages(world, new_meeting, english), []
        engine = portal.app.state.portal.engine

        def listener(*args: object) -> None:
            seen.append(args[2])

        event.listen(engine, "before_cursor_execute", listener)
        assert report_pages.press("/draft", attribution="named") == 303
        event.remove(engine, "before_cursor_execute", listener)
        assert f"“Paper {number}.{items - 1}”" in report_pages.page(report_pages.chair)
        return len(seen)

    assert statements(1, 22) == statements(3, 23)


def test_many_sessions_need_no_more_statements(world: World, english: Open, portal: ASGIApp) -> None:
    def statements(sessions: int, number: int) -> int:
        new_meeting = world.meeting(number=number)
        for _ in range(sessions):
            world.sitting(new_meeting)
            world.asked_for_the_floor(new_meeting, "amina")
            with world.acting("laurent") as (session, actor):
                meeting_row = session.get_one(Meeting, new_meeting.id)
                for act, *more in ((calling.give_floor,), (calling.end_statement,), (floor.close_meeting_session,)):
                    now = floors.find_open_sitting(session, meeting_row)
                    assert now
                    if act is calling.give_floor:
                        more = [floors.list_floor_requests(session, now)[0].id]
                    act(session, actor, meeting_row, *more, version=now.version)
        report_pages, seen = ReportPages(world, new_meeting, english), []
        engine = portal.app.state.portal.engine

        def listener(*args: object) -> None:
            seen.append(args[2])

        event.listen(engine, "before_cursor_execute", listener)
        assert report_pages.press("/draft", attribution="named") == 303
        event.remove(engine, "before_cursor_execute", listener)
        assert f"Sessions held: {sessions}." in report_pages.page(report_pages.chair)
        return len(seen)

    assert statements(1, 22) == statements(3, 23)


@pytest.mark.parametrize("attribution", ["named", "anonymous"])
def test_the_draft_contains_the_conduct_of_the_floor(world: World, english: Open, attribution: str) -> None:
    new_meeting = world.meeting()
    items = [
        world.item(new_meeting, title) for title in ("Opening of the meeting", "Names in local scripts", "Any other")
    ]
    world.agenda_released(new_meeting)
    world.sitting(new_meeting, items[1])
    request = world.asked_for_the_floor(new_meeting, "amina")
    order = world.asked_for_the_floor(new_meeting, "haruka", kind="point_of_order")
    waits = world.asked_for_the_floor(new_meeting, "rafael")

    def chair(act: Callable[..., object], *more: object) -> None:
        with world.acting("laurent") as (session, actor):
            meeting_row = session.get_one(Meeting, new_meeting.id)
            now = floors.find_open_sitting(session, meeting_row)
            assert now
            act(session, actor, meeting_row, *more, version=now.version)

    chair(
        speakers_list.move_floor_request,
        waits.id,
        FloorRequestMoveInput(before=request.id, other_reason="The minister has to leave."),
    )
    chair(speakers_list.announce_speakers_list_closing, SpeakersListClosingInput(minutes=0))
    reply = world.asked_for_the_floor(new_meeting, "rafael", kind="right_of_reply")
    for each in (order, waits, request, reply):
        chair(calling.give_floor, each.id)
    chair(calling.end_statement)
    chair(floor.go_to_item, items[2].id)
    chair(speakers_list.announce_speakers_list_closing, SpeakersListClosingInput(minutes=30))
    chair(floor.close_meeting_session)
    report_pages = ReportPages(world, new_meeting, english)
    assert report_pages.press("/draft", attribution=attribution) == 303

    page, names = report_pages.page(report_pages.chair), attribution == "named"
    spoke = "The following took the floor: Brazil; Kenya." if names else "Member States that took the floor: 2."
    ordered = "Points of order were raised by: Japan." if names else "A Member State raised a point of order."
    replied = (
        "The right of reply was exercised by: Brazil." if names else "A Member State exercised its right of reply."
    )
    closed = "The list of speakers was closed on"
    moved = "The order of the list of speakers was changed. Reason given by the chair: The minister has to leave."
    places = [page.index(each) for each in ("Names in local", spoke, replied, ordered, moved, closed, "3 Any other")]
    assert places == sorted(places)
    assert page.count(closed) == 1
    assert ("Japan" in page) is names


def test_speakers_are_not_named_if_so_chosen(report_pages: ReportPages) -> None:
    assert report_pages.regenerate("anonymous") == 303

    page = report_pages.page(report_pages.chair)
    assert "Member States that took the floor: 2." in page
    assert "took the floor: Kenya" not in page
    assert "Brazil reserved its position" in page
    assert report_pages.report().revision == 2
    assert report_pages.press("/draft", attribution="aloud") == 400


def test_a_draft_generated_again_is_shown_next_to_the_text_and_replaces_what_is_selected(
    report_pages: ReportPages,
) -> None:
    own_words = "The group agreed to go on, after a long discussion of local scripts."
    assert report_pages.press("/edit", **{f"text_{report_pages.key('agreed')}": own_words}) == 303
    report_pages.world.registered(report_pages.meeting, title="A paper that came at the end")
    assert report_pages.press("/draft", attribution="named") == 409
    assert own_words in report_pages.page(report_pages.chair)

    page = report_pages.chair.get(f"{report_pages.url}/proposal").text
    shown = visible_text(page)
    assert shown.index("agreed to go on") < shown.index("Use the generated text") < shown.index("Outside the agenda")
    assert not re.search(r"checkbox[^>]* checked", page)
    codes = re.findall(r'name="take" value="(add[^"]+)"', page)
    assert len(codes) == 2
    data = {"revision": str(report_pages.report().revision), "take": codes}
    assert report_pages.chair.post(f"{report_pages.url}/proposal", {**data, "take": []}).status_code == 400
    assert report_pages.kenya.post(f"{report_pages.url}/proposal", data).status_code == 403
    assert report_pages.chair.post(f"{report_pages.url}/proposal", data).status_code == 303

    texts = [each.text for each in report_pages.rows()]
    assert texts.index(own_words) < texts.index("Outside the agenda items")
    assert sum("“A paper that came at the end”" in text for text in texts) == 1


def test_what_was_recorded_since_the_page_was_opened_is_checked_again(report_pages: ReportPages) -> None:
    report_pages.world.participant(report_pages.meeting, "Amina Njoroge", mode="remote")
    page = report_pages.chair.get(f"{report_pages.url}/proposal?select=all").text
    codes = re.findall(r'name="take" value="([^"]+)" checked', page)
    report_pages.world.participant(report_pages.meeting, "Wanjiku Kamau", capacity="head_of_delegation")

    answer = report_pages.chair.post(f"{report_pages.url}/proposal", {"revision": "1", "take": codes})

    assert answer.status_code == 409
    assert "The record of the meeting has changed since you opened the page" in visible_text(answer.text)
    assert "Wanjiku Kamau" in answer.text
    assert report_pages.report().revision == 1


def test_a_draft_is_not_found_for_delegations(report_pages: ReportPages) -> None:
    for path, words in (("", "No report has been circulated yet."), ("/revisions", "There are no revisions yet.")):
        assert words in report_pages.page(report_pages.kenya, path)
        assert "The group agreed" not in report_pages.page(report_pages.kenya, path)
    assert report_pages.kenya.get(f"{report_pages.url}/pdf").status_code == 404
    assert report_pages.kenya.get(f"{report_pages.url}/edit").status_code == 403
    assert report_pages.stranger.get(report_pages.url).status_code == 404
    assert report_pages.press("/draft", report_pages.kenya, attribution="named") == 403
    assert report_pages.press("/circulate", report_pages.kenya) == 403


def test_paragraphs_are_edited_one_by_one_or_all(report_pages: ReportPages) -> None:
    key, heading = report_pages.key("agreed"), report_pages.rows()[0].key
    in_place = report_pages.chair.get(f"{report_pages.url}/edit?paragraph={key}").text
    assert re.findall(r"<textarea[^>]*>\n(.*)</textarea>", in_place) == ["The group agreed to go on."]
    assert "Names in local scripts" in in_place
    assert report_pages.chair.get(f"{report_pages.url}/edit").text.count("<textarea") == len(report_pages.rows())

    assert report_pages.press("/edit", **{f"text_{key}": "The group agreed.\n\nIt went on.", "only": key}) == 303
    rows = report_pages.rows()
    at = next(number for number, each in enumerate(rows) if each.key == key)
    assert (rows[at].text, rows[at + 1].text, rows[at + 1].kind) == ("The group agreed.", "It went on.", "text")
    assert report_pages.press("/edit", **{f"text_{heading}": ""}) == 303
    assert heading not in [each.key for each in report_pages.rows()]
    assert report_pages.press("/edit", **{f"text_{key}": "x" * 20_001}) == 400
    assert report_pages.press("/edit", **{f"text_{each.key}": "" for each in report_pages.rows()}) == 400
    assert report_pages.report().revision == 3


def test_a_stale_save_is_refused_and_both_texts_are_shown(report_pages: ReportPages) -> None:
    key, removed_key = report_pages.key("agreed"), report_pages.key("took the floor")
    assert report_pages.press("/edit", **{f"text_{key}": "The first one was faster.", f"text_{removed_key}": ""}) == 303

    data = {"revision": "1", f"text_{key}": "The second one was slower.", f"text_{removed_key}": "A lost text."}
    answer = report_pages.secretary.post(f"{report_pages.url}/edit", data)

    assert answer.status_code == 409
    shown = visible_text(answer.text)
    for text in ("The first one was faster.", "The second one was slower.", "A lost text."):
        assert text in shown
    assert report_pages.report().revision == 2
    assert report_pages.press("/edit", **{f"text_{key}": "Both agreed."}) == 303


def test_a_stale_save_in_place_is_shown_in_place_with_who_changed_the_paragraph(report_pages: ReportPages) -> None:
    key, other = report_pages.key("agreed"), report_pages.key("took the floor")
    assert report_pages.press("/edit", report_pages.secretary, **{f"text_{key}": "The faster one."}) == 303

    def save(text: str, of: str, revision: int) -> tuple[int, str]:
        data = {"revision": str(revision), "only": of, f"text_{of}": text}
        answer = report_pages.chair.post(f"{report_pages.url}/edit", data)
        return answer.status_code, answer.text

    status, page = save("The slower one.", key, 1)
    assert status == 409
    form = page.partition('class="edited"')[2].partition("</form>")[0]
    assert 'name="revision" value="2"' in form
    for words in ("The faster one.", "The slower one.", "Inés Valdivia Ríos"):
        assert words in form
    assert save("Both texts.", key, 2)[0] == 303
    assert save("Another paragraph.", other, 1)[0] == 303
    assert save("x" * 20_001, other, 4)[0] == 400
    assert {key, other} <= {each.key for each in report_pages.rows()}
    assert save("", other, 4)[0] == 303
    assert save("Of a paragraph that is gone.", other, 4)[0] == 409
    assert report_pages.report().revision == 5


def test_the_outline_counts_open_corrections_which_are_answered_next_to_their_paragraphs(
    circulated: ReportPages,
) -> None:
    key, path = circulated.key("agreed"), "/paragraphs/{}/correction"
    for who, text in ((circulated.kenya, "Kenya agreed."), (circulated.brazil, "Brazil agreed.")):
        assert circulated.press(path.format(key), who, text=text) == 303

    page = circulated.chair.get(circulated.url).text
    outline = re.findall(r"<li>(.*?)</li>", re.findall(OUTLINE, page, re.DOTALL)[0])
    assert ["2<span" in each for each in outline] == ["Names in local scripts" in each for each in outline]
    part = page.partition(f'id="p-{key}"')[2].partition('<div class="report-part')[0]
    actions = re.findall(r'action="([^"]+/corrections/[^"]+)"', part)
    assert len(actions) == 4
    assert "Not answered yet" in part
    assert f'href="#correction-{actions[0].rpartition("/")[2]}"' in page
    assert "/corrections/" not in circulated.kenya.get(circulated.url).text
    accept = {"to": "take", "text": "Kenya agreed.", "revision": "1"}
    assert circulated.chair.post(actions[0], accept).status_code == 303
    decline = {"to": "decline", "reason": "Kenya said so first."}
    assert circulated.chair.post(actions[2], decline).status_code == 303
    assert "2<span" not in re.findall(OUTLINE, circulated.chair.get(circulated.url).text, re.DOTALL)[0]
    assert "Kenya said so first." in circulated.page(circulated.brazil)


def test_a_correction_shows_which_words_a_state_would_change(circulated: ReportPages) -> None:
    key = circulated.key("agreed")
    path = f"/paragraphs/{key}/correction"
    assert circulated.press(path, circulated.kenya, text="The group agreed in principle to go on.") == 303
    added = '<ins><span class="vh">[added: </span>in principle <span class="vh">]</span></ins>'

    page = circulated.chair.get(circulated.url).text
    answer = re.findall(r"/report(/corrections/[^\"#]+)", page)[0]
    assert added in page
    assert added in circulated.kenya.get(circulated.url).text
    assert "in principle" not in circulated.brazil.get(circulated.url).text
    assert added in circulated.chair.get(circulated.url + answer).text
    assert "it has changed since" not in page

    circulated.press("/edit", **{f"text_{key}": "The group agreed to go on at once."})
    for changed in (circulated.chair.get(circulated.url + path).text for path in ("", answer)):
        assert added in changed
        assert "it has changed since" in changed


def test_only_corrections_without_an_answer_are_compared(circulated: ReportPages) -> None:
    key, text = circulated.key("agreed"), "The group agreed in principle to go on."
    assert circulated.press(f"/paragraphs/{key}/correction", circulated.kenya, text=text) == 303
    page = circulated.chair.get(circulated.url).text
    assert "[added: </span>in principle" in page
    answer = re.findall(r"/report(/corrections/[^\"#]+)", page)[0]

    assert circulated.press(answer, to="decline", reason="It was not said.") == 303

    page = circulated.chair.get(circulated.url).text
    assert "[added: " not in page
    assert f'<ins dir="auto">{text}</ins>' in page


def test_the_corrections_that_a_page_compares_are_bounded_and_the_others_are_shown_whole(
    circulated: ReportPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, before = circulated.key("agreed"), "The group agreed to go on."
    first, second = "The group agreed in principle to go on.", "The group agreed in general to go on."
    for who, text in ((circulated.kenya, first), (circulated.brazil, second)):
        assert circulated.press(f"/paragraphs/{key}/correction", who, text=text) == 303
    both = len(before + first + before + second)
    page = circulated.chair.get(circulated.url).text
    assert [f"[added: </span>{words}" in page for words in ("in principle", "in general")] == [True, True]

    for bound, compared in ((both, [True, True]), (both - 1, [True, False]), (len(before + first) - 1, [False] * 2)):
        monkeypatch.setattr(report_views, "MAX_COMPARED_LETTERS", bound)
        page = circulated.chair.get(circulated.url).text
        assert [f"[added: </span>{words}" in page for words in ("in principle", "in general")] == compared
        assert [f'<ins dir="auto">{text}</ins>' in page for text in (first, second)] == [not each for each in compared]


def test_a_correction_is_shown_whole_while_texts_cannot_be_compared(
    circulated: ReportPages, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "The group agreed in principle to go on."
    assert circulated.press(f"/paragraphs/{circulated.key('agreed')}/correction", circulated.kenya, text=text) == 303
    monkeypatch.setattr(client, "_configured", FileServiceOptions("/nowhere"))

    assert f'<ins dir="auto">{text}</ins>' in circulated.chair.get(circulated.url).text


def test_what_was_said_is_added_from_the_notes_of_the_chair(report_pages: ReportPages) -> None:
    world, meeting, key = report_pages.world, report_pages.meeting, report_pages.key("2 Names in local scripts")
    with transaction(world.read) as session:
        item = next(row for row in list_current_released_items(session, meeting) if row.label == "2").item_id
    with world.acting("laurent") as (session, actor):
        note = ChairNoteInput(text="Kenya recalled the resolution.")
        keep_note(session, actor, session.get_one(Meeting, meeting.id), item, note, version=0)

    path = f"/paragraphs/{key}/said"
    form = report_pages.chair.get(report_pages.url + path).text
    assert re.findall(r"<textarea[^>]*>\n(.*)</textarea>", form) == ["Kenya recalled the resolution."]
    assert "Had the floor, in order Kenya Brazil" in visible_text(form)
    assert path in report_pages.chair.get(report_pages.url).text
    assert report_pages.kenya.get(report_pages.url + path).status_code == 403
    assert report_pages.press(path, report_pages.kenya, text="Ours.") == 403
    assert report_pages.press(path, text="") == 400
    assert report_pages.press(path, text="Kenya recalled the resolution, with thanks.") == 303
    texts = [each.text for each in report_pages.rows()]
    at = texts.index("Kenya recalled the resolution, with thanks.")
    assert texts[at - 1] == "The following took the floor: Kenya; Brazil."
    assert texts[at + 1].startswith("Decision 1.")


def test_an_earlier_wording_of_a_paragraph_is_restored(circulated: ReportPages) -> None:
    key, path = circulated.key("agreed"), f"/paragraphs/{circulated.key('agreed')}/wordings"
    assert circulated.press("/edit", **{f"text_{key}": "The group went on."}) == 303

    page = circulated.page(circulated.kenya, path)
    assert page.index("The group went on.") < page.index("The group agreed to go on.")
    assert "Restore this wording" not in page
    assert circulated.page(circulated.chair, path).count("Restore this wording") == 1
    assert circulated.chair.get(f"{circulated.url}/paragraphs/none/wordings").status_code == 404
    assert circulated.press(f"{path}/restore", circulated.kenya, number=1) == 403
    assert circulated.press(f"{path}/restore", number=1, revision=1) == 409
    assert circulated.press(f"{path}/restore", number=1) == 303
    assert circulated.press(f"{path}/restore", number=1) == 409
    assert circulated.key("agreed to go on") == key


def test_two_editors_of_the_whole_report_both_succeed_where_they_changed_other_paragraphs(
    report_pages: ReportPages,
) -> None:
    own_key, other_key, removed_key = (
        report_pages.key("agreed"),
        report_pages.key("was before the meeting"),
        report_pages.key("took the floor"),
    )
    whole = {f"text_{each.key}": each.text for each in report_pages.rows()}
    assert report_pages.press("/edit", **{f"text_{other_key}": "It was not read.", f"text_{removed_key}": ""}) == 303

    answer = report_pages.secretary.post(
        f"{report_pages.url}/edit", {"revision": "1"} | whole | {f"text_{own_key}": "Both agreed."}
    )

    assert answer.status_code == 303
    texts = {each.key: each.text for each in report_pages.rows()}
    assert (texts[own_key], texts[other_key]) == ("Both agreed.", "It was not read.")
    assert removed_key not in texts


def test_a_long_list_of_names_can_be_saved_and_corrected(report_pages: ReportPages) -> None:
    for number in range(60):
        name = f"Participant number {number} of the delegation"
        report_pages.world.participant(
            report_pages.meeting, name, function="Ministry of information and communication technology"
        )
    assert report_pages.regenerate("named") == 303
    whole = {f"text_{each.key}": each.text for each in report_pages.rows()}
    names = next(each for each in report_pages.rows() if each.kind == "participants")
    assert len(names.text) > 4000

    assert report_pages.press("/edit", **whole | {f"text_{report_pages.key('agreed')}": "Both agreed."}) == 303
    assert report_pages.press("/edit", **{f"text_{names.key}": f"{names.text} And others."}) == 303
    assert report_pages.press("/circulate") == 303
    path, wish = f"/paragraphs/{names.key}/correction", f"{names.text} And more."
    assert report_pages.press(path, report_pages.kenya, text=wish) == 303


def test_two_concurrent_answers_to_a_correction_count_once(world: World) -> None:
    meeting = world.meeting()
    report_row = world.reported(meeting, ReportStage.CIRCULATED)
    with world.acting("laurent") as (session, actor):
        meeting_row = session.get_one(Meeting, meeting.id)
        report = queries.get_visible_report(session, actor, meeting_row)
        seen = queries.list_report_corrections(session, actor, meeting_row, report)
        with world.acting("ines") as (other, ines):
            declining = ReasonInput(reason="It was said otherwise.")
            corrections.decline_report_correction(
                other, ines, other.get_one(Meeting, meeting.id), report_row.id, declining
            )

        with pytest.raises(Conflict):
            corrections.accept_report_correction(
                session, actor, meeting_row, report_row.id, ParagraphChange(text="Another text."), revision=1
            )
        assert seen[0].state == CorrectionStatus.DECLINED


def test_a_person_who_lost_the_chairs_tools_meanwhile_cannot_draft(world: World) -> None:
    meeting = world.meeting()
    with world.acting("ines") as (session, actor):
        meeting_row, new_report = session.get_one(Meeting, meeting.id), NewReportDraft(attribution="named", lang="en")
        with world.acting("laurent") as (other, chair):
            agendas.choose_deputy_offices(other, chair, other.get_one(Meeting, meeting.id), [])

        with pytest.raises(Forbidden):
            reporting.save_report_draft(
                session,
                actor,
                meeting_row,
                new_report,
                [new_paragraph(ParagraphKind.TEXT, "A text.", "en")],
            )


def test_revisions_can_be_compared(circulated: ReportPages, monkeypatch: pytest.MonkeyPatch) -> None:
    key = circulated.key("agreed")
    circulated.press("/edit", **{f"text_{key}": "The group agreed to stop."})
    circulated.press("/edit", **{f"text_{key}": "The group decided to stop."})

    text = circulated.chair.get(f"{circulated.url}/revisions?from=1&to=3").text
    assert re.search(r"<del>.*agreed.*</del>", text)
    assert re.search(r"<ins>.*decided.*</ins>", text)
    assert circulated.chair.get(f"{circulated.url}/revisions?from=1&to=9").status_code == 404
    assert circulated.chair.get(f"{circulated.url}/revisions?from=1&to={10**11}").status_code == 422
    monkeypatch.setattr(client, "_configured", FileServiceOptions("/nowhere"))
    answer = circulated.chair.get(f"{circulated.url}/revisions")
    assert answer.status_code == 200
    assert "Revision 3" in answer.text
    assert "The differences cannot be shown at the moment." in answer.text


def test_delegations_see_revisions_from_the_circulated_one_onwards(report_pages: ReportPages) -> None:
    key = report_pages.key("agreed")
    report_pages.press("/edit", **{f"text_{key}": "The group agreed, it seems."})
    report_pages.press("/circulate")
    report_pages.press("/edit", **{f"text_{key}": "The group agreed at last."})

    assert report_pages.kenya.get(f"{report_pages.url}/revisions?from=2&to=3").status_code == 200
    assert report_pages.kenya.get(f"{report_pages.url}/revisions?from=1&to=3").status_code == 404
    assert report_pages.chair.get(f"{report_pages.url}/revisions?from=1&to=3").status_code == 200


def test_an_earlier_revision_is_read_and_restored_after_a_check_page(circulated: ReportPages) -> None:
    key = circulated.key("agreed")
    circulated.press("/edit", **{f"text_{key}": "The group agreed to stop."})
    assert circulated.press(f"/paragraphs/{key}/correction", circulated.kenya, text="The group stopped.") == 303
    with transaction(circulated.world.read) as session:
        actor = circulated.world.actor("laurent")
        asked = queries.list_report_corrections(session, actor, circulated.meeting, circulated.report())[0]
    assert circulated.press(f"/corrections/{asked.id}", to="take", text="The group stopped.") == 303

    for who, offered in ((circulated.chair, True), (circulated.kenya, False)):
        page = circulated.page(who, "/revisions/1")
        assert "The group agreed to go on." in page
        assert ("Restore this revision" in page) is offered
    assert "Restore this revision" not in circulated.page(circulated.chair, "/revisions/3")
    assert circulated.chair.get(f"{circulated.url}/revisions/3/restore").status_code == 409
    check = circulated.page(circulated.chair, "/revisions/1/restore")
    assert "Everyone who can see the report" in check
    assert "Accepted corrections that this text does not contain Kenya" in check
    assert circulated.press("/revisions/1/restore", circulated.kenya) == 403
    assert circulated.press("/revisions/1/restore", revision=2) == 409
    assert circulated.press("/revisions/1/restore") == 303

    assert circulated.report().revision == 4
    assert "The group agreed to go on." in circulated.page(circulated.kenya)


def test_corrections_are_accepted_or_declined(circulated: ReportPages) -> None:
    key, other = circulated.key("agreed"), circulated.key("took the floor")
    path = f"/paragraphs/{key}/correction"
    assert circulated.page(circulated.kenya, path)
    assert circulated.press(path, circulated.kenya, text="") == 400
    same = circulated.kenya.post(circulated.url + path, {"revision": "1", "text": "The group agreed to go on. \n"})
    assert same.status_code == 400
    assert "The proposed text is the same as the current text." in same.text
    assert circulated.press(path, circulated.kenya, text="The group agreed in principle.") == 303
    assert circulated.press(f"/paragraphs/{other}/correction", circulated.kenya, text="Kenya alone spoke.") == 303
    assert circulated.press("/paragraphs/none/correction", circulated.kenya, text="Something.") == 404
    assert circulated.press(path, circulated.chair, text="The chair wishes.") == 403
    refused = [circulated.chair.get(f"{circulated.url}/adopt")]
    refused.append(circulated.chair.post(f"{circulated.url}/adopt", {"revision": "1"}))
    assert [each.status_code for each in refused] == [409, 409]
    for each in (circulated.chair.get(circulated.url), *refused):  # each is the report, with the corrections
        assert "Kenya alone spoke." in each.text
        assert "once each correction has been accepted or rejected" in each.text
        assert f"{circulated.url}/adopt" not in each.text
    assert "in principle" in circulated.page(circulated.kenya)
    assert "in principle" not in circulated.page(circulated.brazil)

    with transaction(circulated.world.read) as session:
        actor = circulated.world.actor("laurent")
        corrections = queries.list_report_corrections(session, actor, circulated.meeting, circulated.report())
    first, second = (f"/corrections/{each.id}" for each in corrections)
    assert circulated.page(circulated.chair, first)
    assert circulated.press(first, circulated.kenya, to="take", text="Mine.") == 403
    assert circulated.press(first, to="take", text="") == 400
    assert circulated.press(first, to="take", text="Stale words.", revision=0) == 409
    assert circulated.press(first, to="take", text="The group agreed in principle.") == 303
    assert circulated.press(first, to="decline", reason="Again.") == 409
    assert circulated.press(second, to="decline", reason="") == 400
    assert circulated.press(second, to="decline", reason="Brazil spoke as well.") == 303

    assert circulated.report().revision == 2
    assert circulated.key("in principle") == key
    assert "Brazil spoke as well." in circulated.page(circulated.kenya)
    assert "Brazil spoke as well." not in circulated.page(circulated.brazil)
    assert "Kenya Accepted" in circulated.page(circulated.brazil)
    assert f"{circulated.url}/adopt" in circulated.chair.get(circulated.url).text


def test_a_correction_refers_to_the_paragraph_that_was_read(circulated: ReportPages) -> None:
    key, other = circulated.key("agreed"), circulated.key("took the floor")
    circulated.press("/edit", **{f"text_{key}": "The group disagreed."})

    assert circulated.press(f"/paragraphs/{key}/correction", circulated.kenya, text="We read.", revision=1) == 409
    assert circulated.press(f"/paragraphs/{other}/correction", circulated.kenya, text="We read.", revision=1) == 303


def test_an_adopted_report_is_frozen_and_gets_its_symbol(circulated: ReportPages) -> None:
    key = circulated.key("agreed")
    early = circulated.secretary.get(f"{circulated.url}/register")
    assert early.status_code == 409
    assert "This page is not open at present" in early.text
    assert "another person" not in early.text
    assert circulated.press("/register", circulated.secretary) == 409
    assert circulated.press("/adopt", circulated.kenya) == 403
    assert circulated.press("/adopt", revision=0) == 409
    assert circulated.press("/adopt") == 303
    assert circulated.press("/edit", **{f"text_{key}": "Too late."}) == 409
    assert circulated.press(f"/paragraphs/{key}/correction", circulated.kenya, text="Too late.") == 409
    assert circulated.press("/register") == 403
    assert circulated.press("/register", circulated.secretary) == 303
    assert circulated.press("/register", circulated.secretary) == 409

    report = circulated.report()
    assert report.document_id
    answer = circulated.kenya.get(f"/documents/{report.document_id}/files/en")
    assert answer.status_code == 200
    document = docx.Document(BytesIO(answer.content))
    assert next(each.text for each in document.paragraphs if "agreed" in each.text).endswith(
        "The group agreed to go on."
    )
    assert "The document has been registered." in circulated.page(circulated.secretary, "?done=registered")
    assert "To release it as an output" in circulated.page(circulated.kenya)
    assert "another report" not in circulated.page(circulated.kenya)  # the document is this report
    assert f"/documents/{report.document_id}" in circulated.kenya.get(circulated.url).text


def test_without_libreoffice_no_pdf_is_offered(circulated: ReportPages) -> None:
    assert circulated.kenya.get(f"{circulated.url}/pdf").status_code == 503
    page = circulated.kenya.get(circulated.url).text
    assert f"{circulated.url}/docx" in page
    assert f"{circulated.url}/pdf" not in page
