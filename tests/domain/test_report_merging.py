"""Two editors of one report: what each changed is merged by paragraph, and an earlier wording is put back."""

import pytest

from app.core.db import transaction
from app.core.errors import Conflict, Forbidden, NotFound, Stale
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import corrections, drafting, editing
from app.domain.reports.inputs import NewReportCorrection, NewReportDraft, ParagraphChange
from app.domain.reports.models import SpeakerAttribution
from app.domain.reports.rules.paragraphs import (
    ParagraphKind,
    ReportParagraph,
    insert_paragraphs,
    load_paragraphs,
    restore_paragraph,
)
from tests.world import World

KEYS = ("one", "two", "three")


def paragraph(key: str, text: str = "") -> ReportParagraph:
    return ReportParagraph(key, ParagraphKind.TEXT, text or f"Text {key}.", "en")


@pytest.fixture
def meeting(world: World) -> Meeting:
    """A meeting with a draft report of three paragraphs."""
    new = world.meeting()
    world.first_day_comes(new)
    with world.acting("laurent") as (session, actor):
        row = session.get_one(Meeting, new.id)
        options = NewReportDraft(attribution=SpeakerAttribution.NAMED, lang="en")
        drafting.save_report_draft(session, actor, row, options, [paragraph(key) for key in KEYS])
    return new


def save(world: World, meeting: Meeting, *, by: str = "laurent", revision: int = 1, **texts: str) -> None:
    with world.acting(by) as (session, actor):
        editing.save_report_paragraphs(session, actor, session.get_one(Meeting, meeting.id), texts, revision=revision)


def restore(world: World, meeting: Meeting, key: str, number: int, *, revision: int, by: str = "laurent") -> None:
    with world.acting(by) as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        editing.restore_report_paragraph(session, actor, row, key, number, revision=revision)


def read(world: World, meeting: Meeting) -> tuple[int, dict[str, str]]:
    """The number of the latest revision, and its texts by key."""
    with transaction(world.read) as session:
        report = queries.find_report(session, meeting)
        assert report
        rows = load_paragraphs(queries.get_latest_revision(session, report).paragraphs)
        return report.revision, {each.key: each.text for each in rows}


def test_two_editors_of_two_paragraphs_both_succeed(world: World, meeting: Meeting) -> None:
    save(world, meeting, one="By the chair.")
    save(world, meeting, by="layla", two="By the vice-chair.", three="")

    assert read(world, meeting) == (3, {"one": "By the chair.", "two": "By the vice-chair."})


def test_two_editors_of_one_paragraph_are_both_kept_from_overwriting(world: World, meeting: Meeting) -> None:
    save(world, meeting, one="By the chair.", three="")
    for texts in ({"one": "Otherwise."}, {"one": ""}, {"two": "Fine.", "one": "Otherwise."}, {"three": "Deleted."}):
        with pytest.raises(Stale):
            save(world, meeting, by="layla", **texts)
    with pytest.raises(Stale):
        save(world, meeting, by="layla", revision=9, two="On a revision that does not exist.")

    save(world, meeting, by="layla", one="By the chair.", three="")  # both wanted the same
    assert read(world, meeting) == (2, {"one": "By the chair.", "two": "Text two."})


def test_a_correction_is_accepted_while_another_paragraph_changes(world: World, meeting: Meeting) -> None:
    with world.acting("laurent") as (session, actor):
        drafting.circulate_report(session, actor, session.get_one(Meeting, meeting.id), revision=1)
    asked = []
    for key in ("one", "two"):
        with world.acting("amina") as (session, actor):
            row, wish = session.get_one(Meeting, meeting.id), NewReportCorrection(text=f"Kenya on {key}.")
            asked.append(corrections.request_report_correction(session, actor, row, key, wish, revision=1).id)
    save(world, meeting, two="Changed meanwhile.")

    def accept(at: int) -> None:
        with world.acting("laurent") as (session, actor):
            row, change = session.get_one(Meeting, meeting.id), ParagraphChange(text="As Kenya wishes.")
            corrections.accept_report_correction(session, actor, row, asked[at], change, revision=1)

    accept(0)
    with pytest.raises(Stale):
        accept(1)
    assert read(world, meeting)[1] == {"one": "As Kenya wishes.", "two": "Changed meanwhile.", "three": "Text three."}


def test_the_wordings_of_a_paragraph_are_listed_with_who_and_when(world: World, meeting: Meeting) -> None:
    save(world, meeting, one="By the chair.")
    save(world, meeting, by="layla", revision=2, two="Another paragraph.")
    save(world, meeting, by="layla", revision=3, one="")
    with transaction(world.read) as session:
        report = queries.find_report(session, meeting)
        assert report
        listed = queries.list_paragraph_wordings(session, world.actor("laurent"), meeting, report, "one")

    assert [(each.number, each.text, each.author) for each in listed] == [
        (4, None, "Layla Al-Harbi"),
        (2, "By the chair.", "Laurent Favre-Morel"),
        (1, "Text one.", "Laurent Favre-Morel"),
    ]


def test_an_earlier_wording_is_put_back_as_a_new_change(world: World, meeting: Meeting) -> None:
    save(world, meeting, one="By the chair.", two="")
    restore(world, meeting, "one", 1, revision=2)
    restore(world, meeting, "two", 1, revision=2)  # another paragraph changed meanwhile, not this one

    assert read(world, meeting) == (4, {key: f"Text {key}." for key in KEYS})
    assert list(read(world, meeting)[1]) == list(KEYS)
    for wrong, number, revision, error in (
        ("one", 1, 4, Conflict),
        ("one", 2, 2, Stale),
        ("other", 1, 4, NotFound),
        ("one", 9, 4, NotFound),
    ):
        with pytest.raises(error):
            restore(world, meeting, wrong, number, revision=revision)
    with pytest.raises(Forbidden):
        restore(world, meeting, "one", 2, revision=4, by="amina")
    assert read(world, meeting)[0] == 4


def test_a_deleted_paragraph_returns_after_the_one_that_it_followed() -> None:
    earlier = [paragraph(key) for key in "abcd"]

    assert "".join(each.key for each in restore_paragraph([paragraph(key) for key in "axd"], earlier, "c")) == "acxd"
    assert "".join(each.key for each in restore_paragraph([paragraph(key) for key in "xd"], earlier, "a")) == "axd"


def test_what_was_said_comes_after_the_facts_of_its_item_and_before_its_decisions(
    world: World, meeting: Meeting
) -> None:
    kinds = [("h", "heading"), ("d", "document"), ("s", "speakers"), ("x", "text"), ("i", "heading"), ("y", "text")]
    rows = [ReportParagraph(key, kind, key, "en") for key, kind in kinds]

    def insert(key: str) -> str:
        return " ".join(each.text for each in insert_paragraphs(rows, key, "One.\n\nTwo.", "en"))

    assert insert("h") == "h d s One. Two. x i y"
    assert insert("i") == "h d s x i One. Two. y"
    assert insert("y") == "h d s x i y One. Two."
    said = ParagraphChange(text="Kenya recalled the resolution.")
    with world.acting("layla") as (session, actor):
        editing.add_what_was_said(session, actor, session.get_one(Meeting, meeting.id), "two", said)
    save(world, meeting, three="Changed on the revision before.")
    assert list(read(world, meeting)[1].values()) == [
        *("Text one.", "Text two.", said.text),
        "Changed on the revision before.",
    ]
    with pytest.raises(Forbidden), world.acting("amina") as (session, actor):
        editing.add_what_was_said(session, actor, session.get_one(Meeting, meeting.id), "two", said)
    with pytest.raises(NotFound), world.acting("layla") as (session, actor):
        editing.add_what_was_said(session, actor, session.get_one(Meeting, meeting.id), "other", said)
