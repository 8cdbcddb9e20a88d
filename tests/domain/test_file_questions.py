"""Questions about the files of a draft: a submission answers each of them, and an answer belongs to one file."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import set_row_security_entity, transaction
from app.core.errors import Conflict, Stale
from app.core.files.ingest import build_language_finding
from app.core.i18n import LazyText
from app.core.inspection import Finding, FindingCode, FindingLevel
from app.core.journal import JournalLine
from app.domain.contributions.actions import arrivals, clean_copies, drafting, file_changes
from app.domain.contributions.inputs import CleanCopyInput, FileLanguage
from app.domain.contributions.models import Contribution, ContributionFile, OriginalFile
from app.domain.contributions.queries.submissions import load_submission
from app.domain.contributions.rules.file_questions import AnswersMissing, list_questions
from app.domain.documents.inputs import LanguageFile
from tests.domain.test_cosponsors import reload_draft
from tests.world import GRACE, World

CHANGES = Finding(FindingLevel.DECIDE, LazyText("Changes."), "", LazyText("Accept them."), FindingCode.CHANGES)
OTHER_CHANGES = replace(CHANGES, where="footnotes")
OLD = replace(CHANGES, code=None)
NOTE = Finding(FindingLevel.NOTE, LazyText("A name."), "", LazyText("Remove it."))


def title_read(title: str) -> Finding:
    what = LazyText("The title is %(title)s.", {"title": title})
    return Finding(FindingLevel.FINE, what, "", LazyText("Compare."), FindingCode.TITLE)


def file_with(world: World, *findings: Finding, language: str = "en", text: str = "A text.") -> LanguageFile:
    return replace(world.file(language, text), findings=[finding.to_json() for finding in findings])


def draft_with(world: World, *files: LanguageFile, title: str = "A title") -> Contribution:
    draft = world.draft(world.meeting(), title=title, file=False)
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        for file in files:
            drafting.put_contribution_file(session, actor, row, file, began_at=clock.now())
        return row


def submit(world: World, draft: Contribution, *answers: str) -> None:
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        drafting.submit_contribution(
            session,
            actor,
            load_submission(session, row),
            version=row.version,
            grace=GRACE,
            accepts_lateness=False,
            answers=answers,
        )


def take_back(world: World, draft: Contribution) -> None:
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        drafting.recall_contribution(session, actor, row, version=row.version)


def find_files(world: World) -> Sequence[ContributionFile]:
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        return session.scalars(select(ContributionFile).order_by(ContributionFile.language)).all()


def ask(world: World, draft: Contribution) -> list[str]:
    return [question.key for question in list_questions(reload_draft(world, draft), find_files(world))]


def test_a_submission_answers_each_question_about_its_files(world: World) -> None:
    french = file_with(world, OLD, language="fr", text="Un texte.")
    draft = draft_with(world, file_with(world, CHANGES, OTHER_CHANGES, NOTE), french)
    assert ask(world, draft) == ["en.tracked-changes", "fr.other"]

    with pytest.raises(AnswersMissing) as refused:
        submit(world, draft, "en.tracked-changes", "fr.tracked-changes")
    assert [question.key for question in refused.value.questions] == ["fr.other"]
    submit(world, draft, "en.tracked-changes", "fr.other", "en.link")

    assert [file.answers for file in find_files(world)] == [["tracked-changes"], ["other"]]
    with transaction(world.read) as session:
        line = session.scalars(select(JournalLine).where(JournalLine.event == "contribution:submitted")).one()
        assert line.facts["answers"] == "en.tracked-changes fr.other"


@pytest.mark.parametrize(
    ("title", "is_asked"),
    [
        ("Costs: of  fibre", False),
        ("COSTS OF FIBRE.", False),
        ("Costs of copper", True),
        ("Costs of fib…", False),
        ("Prices of fib…", True),
    ],
)
def test_another_title_than_that_of_the_cover_is_asked_about(world: World, title: str, is_asked: bool) -> None:
    translation = file_with(world, title_read("Coûts"), language="fr", text="Un texte.")

    draft = draft_with(world, file_with(world, title_read(title)), translation, title="Costs of fibre")

    assert ask(world, draft) == (["en.title"] if is_asked else [])


def test_an_answer_lapses_with_its_file_and_stays_with_it(world: World) -> None:
    draft = draft_with(world, file_with(world, CHANGES))
    submit(world, draft, "en.tracked-changes")
    take_back(world, draft)
    assert [file.answers for file in find_files(world)] == [["tracked-changes"]]

    with pytest.raises(AnswersMissing):
        submit(world, draft)
    with world.acting("amina") as (session, actor):
        another = file_with(world, CHANGES, text="Another text.")
        row = session.get_one(Contribution, draft.id)
        drafting.put_contribution_file(session, actor, row, another, began_at=clock.now())

    assert [file.answers for file in find_files(world)] == [None]


def test_a_clean_copy_has_no_answers_and_neither_has_its_original_again(world: World) -> None:
    draft = draft_with(world, file_with(world, CHANGES))
    submit(world, draft, "en.tracked-changes")
    take_back(world, draft)
    with world.acting("amina") as (session, actor):
        row, copy = session.get_one(Contribution, draft.id), file_with(world, text="A clean text.")
        clean_copy = CleanCopyInput(copy, find_files(world)[0].sha256, {"changes": 1})
        clean_copies.save_clean_copy(session, actor, row, clean_copy, version=row.version, began_at=clock.now())
    assert [file.answers for file in find_files(world)] == [None]
    submit(world, draft)

    assert ask(world, draft) == []


def test_a_file_becomes_that_in_the_language_found_in_it(world: World) -> None:
    french = file_with(world, CHANGES, build_language_finding("fr", "en"), title_read("Un titre"))
    draft = draft_with(world, french)
    assert ask(world, draft) == ["en.tracked-changes", "en.language", "en.title"]
    before = find_files(world)[0]
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        copy = CleanCopyInput(replace(french, size=french.size), french.sha256, {"people": 1})
        clean_copies.save_clean_copy(session, actor, row, copy, version=row.version, began_at=before.began_at)
        version = row.version
        clock_before = session.get_one(ContributionFile, (row.id, "en")).received_at
        file_changes.change_file_language(session, actor, row, "en", FileLanguage(language="fr"), version=version)
        with pytest.raises(Stale):
            file_changes.change_file_language(session, actor, row, "fr", FileLanguage(language="es"), version=version)

    after = find_files(world)
    assert [(file.language, file.sha256, file.received_at) for file in after] == [("fr", french.sha256, clock_before)]
    assert reload_draft(world, draft).original == "fr"
    assert ask(world, draft) == ["fr.tracked-changes", "fr.title"]
    with transaction(world.read) as session:
        set_row_security_entity(session, "KEN")
        assert session.scalars(select(OriginalFile.language)).all() == ["fr"]
        event = session.scalars(select(JournalLine).where(JournalLine.event == "contribution:file-moved")).one()
        assert event.facts["to"] == "fr"


def test_a_file_takes_no_language_that_another_one_has(world: World) -> None:
    draft = draft_with(world, file_with(world), file_with(world, language="fr", text="Un texte."))

    with world.acting("amina") as (session, actor), pytest.raises(Conflict, match="already a file"):
        row = session.get_one(Contribution, draft.id)
        file_changes.change_file_language(session, actor, row, "en", FileLanguage(language="fr"), version=row.version)

    assert [file.language for file in find_files(world)] == ["en", "fr"]


def test_the_title_of_a_file_becomes_that_of_the_cover(world: World) -> None:
    draft = draft_with(world, file_with(world, title_read("The title read")))
    submit(world, draft, "en.title")
    take_back(world, draft)
    question = list_questions(reload_draft(world, draft), find_files(world))[0]
    assert not question.is_answered  # the cover may have changed

    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        file_changes.use_title_of_file(session, actor, row, "en", version=row.version)

    assert (reload_draft(world, draft).title, ask(world, draft)) == ("The title read", [])


def test_findings_of_a_file_that_waited_at_the_submission_are_asked_of_no_one(world: World) -> None:
    draft = world.draft(world.meeting(), file=False)
    late = file_with(world, CHANGES)
    with world.acting("amina") as (session, actor):
        row = session.get_one(Contribution, draft.id)
        waiting = replace(late, findings=[])
        drafting.put_contribution_file(session, actor, row, waiting, began_at=clock.now(), is_inspected=False)
    submit(world, draft)

    with transaction(world.work) as session:
        claimed = arrivals.claim_waiting_file(session, slots=2)
        assert claimed is not None
        assert arrivals.accept_waiting_file(session, claimed, late)

    assert [(len(file.findings), file.answers) for file in find_files(world)] == [(1, None)]
    assert reload_draft(world, draft).status == "submitted"
