"""Comments on paragraphs of a report: who writes, sees, answers, resolves and withdraws them."""

import re
from collections.abc import Callable
from html import unescape
from io import BytesIO
from uuid import UUID

import docx
import pytest
from sqlalchemy import select

from app.core.db import transaction
from app.core.journal import JournalLine
from app.domain.meetings.models import Meeting
from app.domain.reports.actions import drafting
from app.domain.reports.inputs import NewReportDraft
from app.domain.reports.models import Report, ReportComment, SpeakerAttribution
from app.domain.reports.rules.paragraphs import ParagraphKind, ReportParagraph
from tests.browser import Browser
from tests.world import World

Open = Callable[..., Browser]
TEXT, QUESTION, ANSWER = "The group agreed to go on.", "Did all States agree?", "It was by consensus."


class CommentedReport:
    """A report with a heading and two paragraphs, and a browser for each person."""

    def __init__(self, world: World, english: Open) -> None:
        self.world, self.meeting = world, world.meeting()
        world.first_day_comes(self.meeting)
        paragraphs = [
            ReportParagraph("item", ParagraphKind.HEADING, "1 Names in local scripts", "en"),
            ReportParagraph("one", ParagraphKind.TEXT, TEXT, "en"),
            ReportParagraph("two", ParagraphKind.TEXT, "The meeting was closed.", "en"),
        ]
        with world.acting("laurent") as (session, actor):
            row = session.get_one(Meeting, self.meeting.id)
            options = NewReportDraft(attribution=SpeakerAttribution.NAMED, lang="en")
            drafting.save_report_draft(session, actor, row, options, paragraphs)
        self.url = f"/meetings/{self.meeting.id}/report"
        self.chair, self.secretary = english("laurent"), english("ines")
        self.kenya, self.brazil = english("amina"), english("rafael")

    def press(self, who: Browser, path: str, **fields: object) -> int:
        return who.post(self.url + path, {name: str(value) for name, value in fields.items()}).status_code

    def circulate(self) -> None:
        assert self.press(self.chair, "/circulate", revision=self.report().revision) == 303

    def report(self) -> Report:
        with transaction(self.world.read) as session:
            return session.scalars(select(Report).where(Report.meeting_id == self.meeting.id)).one()

    def rows(self) -> list[ReportComment]:
        with transaction(self.world.read) as session:
            return list(session.scalars(select(ReportComment).order_by(ReportComment.written_at)))

    def write(self, who: Browser, key: str = "one", text: str = QUESTION, *, revision: int = 1) -> int:
        return self.press(who, f"/paragraphs/{key}/comment", comment=text, lang="en", revision=revision)

    def written(self, who: Browser, text: str = QUESTION) -> UUID:
        assert self.write(who, text=text) == 303
        return self.rows()[-1].id

    def text(self, who: Browser) -> str:
        page = who.get(self.url)
        assert page.status_code == 200
        return unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2]).split()))


@pytest.fixture
def draft(world: World, english: Open) -> CommentedReport:
    return CommentedReport(world, english)


@pytest.fixture
def circulated(draft: CommentedReport) -> CommentedReport:
    draft.circulate()
    return draft


def test_a_comment_is_shown_next_to_its_paragraph_answered_and_resolved(circulated: CommentedReport) -> None:
    form = circulated.kenya.get(f"{circulated.url}/paragraphs/one/comment").text
    assert TEXT in form
    assert "Request this correction" in form
    key = circulated.written(circulated.kenya)

    page = circulated.brazil.get(circulated.url).text
    part = page.partition('id="p-one"')[2].partition('<div class="report-part')[0]
    assert "<b>Kenya</b>" in part
    assert QUESTION in part
    assert "<time" in part
    assert "Not answered yet" in part
    assert "1 comment without an answer" in page
    assert f'href="#comment-{key}"' in page
    assert re.search(r"Names in local scripts</bdi> <b class=\"count\">1<", page)
    assert "/comments/" not in page  # Brazil neither answers nor withdraws it

    assert circulated.press(circulated.secretary, f"/comments/{key}", answer=ANSWER, version=1) == 303
    shown = circulated.text(circulated.brazil)
    assert ANSWER in shown
    assert "Answer by Inés" in shown
    assert "without an answer" not in shown
    assert circulated.press(circulated.chair, f"/comments/{key}/resolve", version=2) == 303
    resolved = circulated.text(circulated.kenya)
    assert "Marked as resolved by Laurent" in resolved
    assert "Answer by Inés" in resolved
    events = [each.event for each in circulated_lines(circulated)]
    assert events == [f"report:comment-{what}" for what in ("written", "answered", "resolved")]


def circulated_lines(report: CommentedReport) -> list[JournalLine]:
    with transaction(report.world.read) as session:
        statement = select(JournalLine).where(JournalLine.event.like("report:comment-%"))
        return list(session.scalars(statement.order_by(JournalLine.seq)))


def test_comments_on_the_draft_stay_with_the_chairs_tools(draft: CommentedReport) -> None:
    assert draft.write(draft.kenya) == 409  # delegations see no draft
    assert draft.kenya.get(f"{draft.url}/paragraphs/one/comment").status_code == 409
    assert draft.write(draft.chair, text="Check this with Brazil.") == 303
    draft.circulate()

    assert "Check this with Brazil." in draft.text(draft.secretary)
    assert "Not shown to delegations" in draft.text(draft.secretary)
    assert "Check this with Brazil." not in draft.text(draft.kenya)
    assert "comment without an answer" not in draft.text(draft.kenya)
    assert draft.write(draft.chair, text="We agreed on Tuesday.") == 303
    assert "The chair Not answered yet Comment ·" in draft.text(draft.kenya)
    assert "We agreed on Tuesday." in draft.text(draft.kenya)


def test_a_delegation_is_refused_alike_whether_there_is_a_draft_or_none(draft: CommentedReport) -> None:
    without = f"/meetings/{draft.world.meeting(number=31).id}/report"
    own = "/paragraphs/one/comment", f"/comments/{draft.world.commented(draft.meeting, 'one', 'laurent').id}/withdraw"

    for path in own:
        answers = [draft.kenya.post(url + path, {"version": "1", "revision": "1"}) for url in (draft.url, without)]
        assert [each.status_code for each in answers] == [409, 409]
        reasons = [re.findall(r"The report has not been circulated[^<]*", each.text) for each in answers]
        assert reasons[0] == reasons[1] != []
    assert [draft.kenya.get(url + own[0]).status_code for url in (draft.url, without)] == [409, 409]
    assert draft.chair.get(draft.url + own[0]).status_code == 200


def test_the_wording_of_a_draft_is_not_shown_by_a_comment_on_it(draft: CommentedReport) -> None:
    edited = {"revision": "1", "only": "one", "text_one": "The group agreed on everything."}
    assert draft.chair.post(f"{draft.url}/edit", edited).status_code == 303
    assert draft.press(draft.chair, "/circulate", revision=2) == 303

    assert draft.write(draft.kenya, revision=1) == 404
    assert draft.write(draft.kenya, revision=2) == 303
    assert TEXT not in draft.text(draft.kenya)


def test_only_its_author_withdraws_a_comment_and_only_before_an_answer(circulated: CommentedReport) -> None:
    key = circulated.written(circulated.kenya)
    withdraw = f"/comments/{key}/withdraw"

    assert "Withdraw the comment" in circulated.text(circulated.kenya)
    for other in (circulated.brazil, circulated.chair):
        assert "Withdraw the comment" not in circulated.text(other)
        assert circulated.press(other, withdraw, version=1) == 404
    assert circulated.press(circulated.kenya, withdraw, version=1) == 303
    assert QUESTION not in circulated.text(circulated.brazil)
    assert QUESTION in circulated.text(circulated.chair)
    assert circulated.press(circulated.chair, f"/comments/{key}", answer=ANSWER, version=2) == 409

    second = circulated.written(circulated.kenya)
    assert circulated.press(circulated.chair, f"/comments/{second}", answer=ANSWER, version=1) == 303
    assert circulated.press(circulated.kenya, f"/comments/{second}/withdraw", version=2) == 409
    assert ANSWER in circulated.text(circulated.brazil)


def test_a_comment_is_bounded_and_what_was_typed_is_kept(circulated: CommentedReport) -> None:
    path = f"{circulated.url}/paragraphs/one/comment"

    for typed in ("", "x", "x" * 4001):
        answer = circulated.kenya.post(path, {"comment": typed, "lang": "en", "revision": "1"})
        assert answer.status_code == 400
        assert "f-comment-error" in answer.text or 'href="#f-comment"' in answer.text
        assert f"\n{typed}</textarea>" in answer.text
    assert circulated.rows() == []
    assert circulated.write(circulated.kenya, text="x" * 4000) == 303
    assert circulated.write(circulated.kenya, text="x" * 4000) == 409  # the form was sent twice
    assert circulated.write(circulated.kenya, "none") == 404


def test_delegations_neither_answer_nor_resolve(circulated: CommentedReport) -> None:
    key = circulated.written(circulated.kenya)

    assert circulated.press(circulated.kenya, f"/comments/{key}", answer=ANSWER, version=1) == 403
    assert circulated.press(circulated.kenya, f"/comments/{key}/resolve", version=1) == 403
    assert circulated.rows()[0].version == 1


def test_of_two_answers_at_once_the_second_is_refused(circulated: CommentedReport) -> None:
    key = circulated.written(circulated.kenya)

    assert circulated.press(circulated.chair, f"/comments/{key}", answer=ANSWER, version=1) == 303
    second = circulated.secretary.post(f"{circulated.url}/comments/{key}", {"answer": "No.", "version": "1"})
    assert second.status_code == 409
    assert ANSWER in second.text
    assert "\nNo.</textarea>" in second.text
    assert circulated.press(circulated.secretary, f"/comments/{key}", answer="No.", version=2) == 303
    assert circulated.rows()[0].answer == "No."


def test_a_comment_stays_with_its_paragraph_and_is_kept_when_that_is_deleted(circulated: CommentedReport) -> None:
    circulated.written(circulated.kenya)

    def edit(text: str) -> None:
        data = {"revision": str(circulated.report().revision), "only": "one", "text_one": text}
        assert circulated.chair.post(f"{circulated.url}/edit", data).status_code == 303

    edit("The group, meeting in Geneva, agreed to go on.")
    part = circulated.chair.get(circulated.url).text.partition('id="p-one"')[2].partition('<div class="report-part')[0]
    assert QUESTION in part
    assert TEXT in part  # the wording that Kenya read
    edit("")
    page = circulated.text(circulated.brazil)
    assert QUESTION in page.partition("Comments on paragraphs that were deleted")[2]


def test_comments_are_closed_by_the_adoption_and_are_in_no_file(circulated: CommentedReport) -> None:
    key = circulated.written(circulated.kenya)
    assert "1 comment without an answer" in circulated.text(circulated.chair)
    assert circulated.press(circulated.chair, "/adopt", revision=1) == 303

    assert "Closed when the report was adopted" in circulated.text(circulated.kenya)
    assert "comment without an answer" not in circulated.text(circulated.chair)
    assert "without an answer" not in circulated.chair.get("/").text
    assert circulated.write(circulated.kenya, text="Too late.") == 409
    assert circulated.press(circulated.kenya, f"/comments/{key}/withdraw", version=1) == 409
    assert circulated.press(circulated.chair, f"/comments/{key}", answer=ANSWER, version=1) == 409
    file = circulated.kenya.get(f"{circulated.url}/docx")
    assert file.status_code == 200
    assert word_text(file.content).count(TEXT) == 1
    assert QUESTION not in word_text(file.content)


def word_text(content: bytes) -> str:
    return "\n".join(each.text for each in docx.Document(BytesIO(content)).paragraphs)
