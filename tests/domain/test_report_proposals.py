"""A draft that was generated again proposes; only what a person takes changes the text."""

import random
from dataclasses import replace

import pytest

from app.core.db import transaction
from app.core.errors import BadRequest, Conflict, DomainError, Forbidden, Stale
from app.core.text_diff import diff_paragraphs
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.actions import drafting, editing
from app.domain.reports.inputs import NewReportDraft
from app.domain.reports.models import ReportStage
from app.domain.reports.rules.paragraphs import ParagraphKind, ReportParagraph, create_paragraph, load_paragraphs
from app.domain.reports.rules.proposals import digest_paragraph, list_proposals, take_proposals
from tests.world import World

WORDS = ("the", "group", "noted", "agreed", "paper", "names", "local", "scripts", "work", "year", "next", "on")


def paragraph(text: str, kind: ParagraphKind = ParagraphKind.TEXT) -> ReportParagraph:
    return create_paragraph(kind, text, "en")


def list_codes(present: list[ReportParagraph], generated: list[ReportParagraph]) -> list[str]:
    diff = diff_paragraphs([each.text for each in present], [each.text for each in generated])
    return [proposal.code for proposal, _, _ in list_proposals(present, generated, diff) if proposal]


def texts(paragraphs: list[ReportParagraph]) -> list[str]:
    return [each.text for each in paragraphs]


@pytest.mark.parametrize("seed", range(20))
def test_taking_everything_leads_to_the_generated_draft_and_taking_nothing_keeps_the_text(seed: int) -> None:
    chance = random.Random(seed)
    present, generated = (
        [paragraph(" ".join(chance.choices(WORDS, k=4))) for _ in range(chance.randint(0, 12))] for _ in range(2)
    )
    generated += chance.sample(present, len(present) // 2)
    codes = list_codes(present, generated)

    assert texts(take_proposals(present, generated, codes)) == texts(generated)
    assert take_proposals(present, generated, []) == present
    for code in codes:
        one = take_proposals(present, generated, [code])
        assert one != present
        assert len(list_codes(present, one)) == 1


def test_two_paragraphs_that_say_the_same_are_two() -> None:
    present = [paragraph("Item 1"), paragraph("Item 2")]
    generated = [present[0], paragraph("Two States spoke."), present[1], paragraph("Two States spoke.")]
    codes = list_codes(present, generated)

    assert take_proposals(present, generated, codes) == generated
    with pytest.raises(ValueError, match="no such paragraph"):
        take_proposals(present, generated, [*codes, codes[-1]])


def test_the_same_words_in_another_language_or_of_another_kind_are_another_paragraph() -> None:
    one = paragraph("Japan")
    others = replace(one, lang="fr"), replace(one, kind=ParagraphKind.HEADING), replace(one, key="another")

    assert [digest_paragraph(each) == digest_paragraph(one) for each in others] == [False, False, True]


def test_a_changed_paragraph_keeps_its_key() -> None:
    present = [paragraph("The group noted document 1 and agreed."), paragraph("It was said otherwise.")]
    generated = [paragraph("The group noted document 2 and agreed."), paragraph("Kenya spoke.")]

    change, removal, addition = list_codes(present, generated)
    taken = take_proposals(present, generated, [change])

    assert [(each.key, each.text) for each in taken] == [
        (present[0].key, generated[0].text),
        (present[1].key, present[1].text),
    ]
    assert texts(take_proposals(present, generated, [removal])) == [present[0].text]
    assert texts(take_proposals(present, generated, [addition])) == [*texts(present), "Kenya spoke."]


@pytest.mark.parametrize(
    "code",
    [
        *("", "add", "sing.a.b", "add..0", "add.none.{there}"),
        *("change.none.{there}", "change..{there}", "remove.none.", "remove.."),
    ],
)
def test_what_is_neither_in_the_text_nor_in_the_draft_is_not_taken(code: str) -> None:
    present, generated = [paragraph("A text.")], [paragraph("A generated text.")]

    assert take_proposals(present, generated, [f"add..{digest_paragraph(generated[0])}"]) == [*generated, *present]
    with pytest.raises(ValueError, match=r"no such paragraph|not enough values|not a valid"):
        take_proposals(present, generated, [code.format(there=digest_paragraph(generated[0]))])


def take(
    world: World, meeting: Meeting, codes: list[str], *, generated: list[ReportParagraph], revision: int, by: str
) -> None:
    options = NewReportDraft(attribution="anonymous", lang="en")
    with world.acting(by) as (session, actor):
        row = session.get_one(Meeting, meeting.id)
        editing.take_generated_paragraphs(session, actor, row, options, generated, codes, revision=revision)


def read(world: World, meeting: Meeting) -> list[ReportParagraph]:
    with transaction(world.read) as session:
        report = queries.find_report(session, meeting)
        assert report
        return load_paragraphs(queries.get_latest_revision(session, report).paragraphs)


def test_what_is_taken_is_decided_on_the_latest_revision_of_a_draft(world: World) -> None:
    meeting = world.meeting()
    world.reported(meeting, ReportStage.DRAFT)
    present = read(world, meeting)
    generated = [paragraph("Something else was recorded.")]
    codes = list_codes(present, generated)

    def refused(error: type[DomainError], chosen: list[str], *, revision: int = 1, by: str = "laurent") -> None:
        with pytest.raises(error):
            take(world, meeting, chosen, generated=generated, revision=revision, by=by)
        assert read(world, meeting) == present

    refused(Stale, codes, revision=0)
    refused(Forbidden, codes, by="amina")
    refused(BadRequest, [])
    refused(BadRequest, [code for code in codes if code.startswith("remove")])
    refused(Conflict, ["add..another"])
    take(world, meeting, codes, generated=generated, revision=1, by="laurent")
    assert texts(read(world, meeting)) == texts(generated)
    present = read(world, meeting)

    with world.acting("laurent") as (session, actor):
        drafting.circulate_report(session, actor, session.get_one(Meeting, meeting.id), revision=2)
    refused(Conflict, codes, revision=2)


def test_the_report_has_the_language_and_the_attribution_of_what_was_taken(world: World) -> None:
    meeting = world.meeting()
    world.reported(meeting, ReportStage.DRAFT)
    generated = [create_paragraph(ParagraphKind.TEXT, "Un texte.", "fr")]
    codes = list_codes(read(world, meeting), generated)

    take(world, meeting, codes, generated=generated, revision=1, by="laurent")

    assert read_language_and_attribution(world, meeting) == ("fr", "anonymous")
    with world.acting("laurent") as (session, actor):
        editing.restore_report_revision(session, actor, session.get_one(Meeting, meeting.id), 1, revision=2)
    assert read_language_and_attribution(world, meeting) == ("en", "anonymous")


def read_language_and_attribution(world: World, meeting: Meeting) -> tuple[str, str]:
    with transaction(world.read) as session:
        report = queries.find_report(session, meeting)
        assert report
        return report.lang, report.attribution


def test_a_second_draft_replaces_nothing(world: World) -> None:
    meeting = world.meeting()
    world.reported(meeting, ReportStage.DRAFT, text="What the chair wrote.")

    with world.acting("laurent") as (session, actor), pytest.raises(Conflict):
        row, options = session.get_one(Meeting, meeting.id), NewReportDraft(attribution="named", lang="en")
        drafting.save_report_draft(session, actor, row, options, [paragraph("A generated text.")])

    assert texts(read(world, meeting)) == ["What the chair wrote."]
