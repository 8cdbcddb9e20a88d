"""Revisions of a report: an earlier one is restored as a new one, and all are kept."""

import pytest
from sqlalchemy import select

from app.core.db import ReadSession, transaction
from app.core.errors import Conflict, Forbidden, NotFound, Stale
from app.core.journal import JournalLine
from app.core.validation import ReasonInput
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import corrections, drafting, editing
from app.domain.reports.inputs import NewReportCorrection, ParagraphChange
from app.domain.reports.models import Report, ReportStage
from app.domain.reports.rules.paragraphs import ParagraphKind, ReportParagraph, find_main_language
from tests.world import World

FIRST, SECOND = "A text.", "Another text."


def edit(world: World, meeting: Meeting, text: str, *, revision: int) -> None:
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        report = queries.find_report(session, row)
        assert report
        key = queries.get_latest_revision(session, report).paragraphs[0]["key"]
        editing.save_report_paragraphs(session, actor, row, {key: text}, revision=revision)


def restore(world: World, meeting: Meeting, number: int, *, revision: int, by: str = "laurent") -> None:
    with world.acting(by) as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        editing.restore_report_revision(session, actor, row, number, revision=revision)


def get_report(session: ReadSession, meeting: Meeting) -> Report:
    report = queries.find_report(session, meeting)
    assert report
    return report


def texts(world: World, meeting: Meeting) -> list[str]:
    """The text of each revision, the earliest first."""
    with transaction(world.read) as session:
        listed = queries.list_report_revisions(session, world.actor("laurent"), meeting, get_report(session, meeting))
        return [row[0].paragraphs[0]["text"] for row in reversed(listed)]


@pytest.fixture
def meeting(world: World) -> Meeting:
    """A meeting with a draft report of two revisions."""
    new = world.meeting()
    world.reported(new, ReportStage.DRAFT, text=FIRST)
    edit(world, new, SECOND, revision=1)
    return new


def test_a_restored_revision_is_a_new_one_and_all_are_kept(world: World, meeting: Meeting) -> None:
    restore(world, meeting, 1, revision=2)

    assert texts(world, meeting) == [FIRST, SECOND, FIRST]
    with transaction(world.read) as session:
        line = session.scalars(select(JournalLine).where(JournalLine.event == "report:restored")).one()
    assert (line.facts["revision"], line.facts["restored"]) == (3, 1)
    restore(world, meeting, 2, revision=3)
    assert texts(world, meeting) == [FIRST, SECOND, FIRST, SECOND]


def test_what_is_restored_is_decided_on_the_latest_revision(world: World, meeting: Meeting) -> None:
    edit(world, meeting, "What somebody else wrote meanwhile.", revision=2)

    with pytest.raises(Stale):
        restore(world, meeting, 1, revision=2)
    with pytest.raises(NotFound):
        restore(world, meeting, 9, revision=3)
    with pytest.raises(Conflict):
        restore(world, meeting, 3, revision=3)
    with pytest.raises(Forbidden):
        restore(world, meeting, 1, revision=3, by="amina")
    assert len(texts(world, meeting)) == 3


def test_an_adopted_report_is_not_restored(world: World, meeting: Meeting) -> None:
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        drafting.circulate_report(session, actor, row, revision=2)
    restore(world, meeting, 1, revision=2)
    with world.acting("laurent") as (session, actor):
        drafting.adopt_report(session, actor, session.get_one(Meeting, meeting.id), revision=3)

    with pytest.raises(Conflict):
        restore(world, meeting, 2, revision=3)
    assert texts(world, meeting)[-1] == FIRST


def test_accepted_corrections_that_an_earlier_revision_lacks_are_listed(world: World) -> None:
    meeting, other = world.meeting(), world.meeting(number=41)
    wanted = ParagraphChange(text=SECOND)
    asked = {each.id: world.reported(each, ReportStage.CIRCULATED, text=FIRST) for each in (meeting, other)}
    with world.acting("rafael") as (session, actor):
        row, wish = session.get_one(Meeting, meeting.id), NewReportCorrection(text="Not so.")
        declined = corrections.request_report_correction(
            session, actor, row, asked[meeting.id].paragraph, wish, revision=1
        ).id
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        corrections.decline_report_correction(session, actor, row, declined, ReasonInput(reason="It was so."))
        for each in (meeting, other):
            row = session.get_one(Meeting, each.id)
            corrections.accept_report_correction(session, actor, row, asked[each.id].id, wanted, revision=1)
    edit(world, meeting, "A third text.", revision=2)

    with transaction(world.read) as session:
        report = get_report(session, meeting)
        lacking = [
            [each.entity for each in queries.list_corrections_accepted_after(session, report, number)]
            for number in (1, 2, 3)
        ]
    assert lacking == [["KEN"], [], []]


def test_the_language_of_a_report_is_that_of_most_of_its_own_words() -> None:
    rows = [("heading", "en"), ("decision", "en"), ("text", "fr"), ("decision", "en"), ("text", "fr"), ("text", "es")]
    paragraphs = [ReportParagraph(str(at), ParagraphKind(kind), "…", lang) for at, (kind, lang) in enumerate(rows)]

    assert find_main_language(paragraphs, "en") == "fr"
    assert find_main_language(paragraphs[:2], "es") == "es"
    assert find_main_language([paragraphs[2], paragraphs[5]], "es") == "es"
