"""The last page before a submission: the cover and the first pages as they will be read, and the questions about the
files with what can be answered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from app.core.db import ReadSession
from app.core.errors import DomainError
from app.core.files.ingest import find_language_named
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import FindingCode, FindingLevel, report_schema
from app.domain.contributions.models import ContributionFile
from app.domain.contributions.queries.covers import STEPS_WITH_TOPICS
from app.domain.contributions.rules.file_questions import (
    AnswersMissing,
    FileQuestion,
    find_title,
    is_other_title,
    list_questions,
)
from app.domain.contributions.rules.submissions import Submission
from app.domain.files import queries as file_queries
from app.http.authentication import EntityName
from app.http.labels import join_texts
from app.http.page_context import ReadContext
from app.web.forms.findings import FindingLine, describe_findings, format_sentence
from app.web.views.contributions.contribution_page import ContributionView
from app.web.views.contributions.status import ContributionFileView
from app.web.views.documents.cover_sheet import CoverSheet, list_typed_fields, localize_place
from app.web.views.documents.reading import FilePreview, list_file_previews
from app.web.views.documents.titles import get_original_language_if_foreign, localize_title

MEANT_TO_BE_READ = _("They are meant to be read: register the file as it is")
ANSWER_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        FindingCode.CHANGES: MEANT_TO_BE_READ,
        FindingCode.COMMENTS: MEANT_TO_BE_READ,
        FindingCode.LANGUAGE: _("The language is correct: register the file as it is"),
        FindingCode.TITLE: _("The title on the cover is correct: keep it"),
    }
)
AS_IT_IS = _("This is intended: register the file as it is")
TITLES_DIFFER = _("The title in the file is “%(title)s”. The title on the cover is “%(cover)s”.")
REMOVABLE = frozenset({FindingCode.CHANGES, FindingCode.COMMENTS, FindingCode.HIDDEN, FindingCode.PLACE})
"""What a clean copy leaves out."""
FIRST_PAGE_PARAGRAPHS, FIRST_PAGE_LETTERS = 40, 1_800
"""As much text as a page has, about."""


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question about a file, as the page asks it: its field (`anchor`, `key`), what was found, the answer that leaves
    the file as it is, and what else can be done: `change_to` is the language that was found, if the file can be moved
    to it."""

    key: str
    anchor: str
    sentences: Sequence[LazyText]
    answer: LazyText
    is_chosen: bool
    is_missing: bool
    change_to: str | None
    uses_title: bool
    has_clean_copy: bool


@dataclass(frozen=True, slots=True)
class FilePage:
    """A file on the page: its view, findings that need no answer, questions, and the beginning of its text."""

    shown: ContributionFileView
    findings: Sequence[FindingLine]
    questions: Sequence[QuestionView]
    preview: FilePreview | None
    paragraphs: Sequence[str]


def build_preview_context(
    context: ReadContext,
    submission: Submission,
    view: ContributionView,
    *,
    refusal: DomainError | None,
    answers: Collection[str],
) -> dict[str, object]:
    """Build what the page shows of cover and files; `answers` are those that were chosen in a form that was refused."""
    missing = refusal.questions if isinstance(refusal, AnswersMissing) else ()
    return {
        "sheet": _build_cover_sheet(context, submission, view),
        "pages": _build_file_pages(context.session, submission, view, answers, {each.key for each in missing}),
        "unanswered_questions": [(_name_anchor(each), _describe_missing(each)) for each in missing],
    }


def _build_cover_sheet(context: ReadContext, submission: Submission, view: ContributionView) -> CoverSheet:
    """Build the cover as it will be registered, in the language of the page."""
    contribution, language = submission.contribution, context.language
    foreign = get_original_language_if_foreign(contribution.original, language)
    typed = {name: getattr(contribution, name) for name in ("action", "refers_to", "contact")}
    return CoverSheet(
        body_name=localize_title(submission.body.names, language),
        meeting=submission.meeting,
        place=localize_place(submission.meeting, language),
        symbol=None,
        registered_at=None,
        original=contribution.original,
        source=join_texts([view.source, *map(EntityName, submission.signers)]),
        regional_group=contribution.regional_group,
        title=(contribution.title, foreign),
        purpose=view.purpose,
        topics=view.topics if contribution.step in STEPS_WITH_TOPICS else None,
        citations=view.citations if contribution.step in STEPS_WITH_TOPICS else None,
        questions=", ".join(contribution.questions or ()),
        typed=list_typed_fields(typed),
        abstract=contribution.abstract,
        foreign=foreign,
    )


def _build_file_pages(
    session: ReadSession,
    submission: Submission,
    view: ContributionView,
    answers: Collection[str],
    missing: Collection[str],
) -> list[FilePage]:
    """Build what is shown of each file, the original first."""
    contribution = submission.contribution
    questions = list_questions(contribution, submission.files)
    accepted = [file for file in submission.files if file.is_accepted]
    previews = {
        preview.language: preview
        for preview in list_file_previews(session, f"/contributions/{contribution.id}", accepted)
    }
    beginnings = file_queries.find_beginnings(
        session,
        [file.sha256 for file in accepted if file.language in previews],
        contribution=contribution.id,
        paragraphs=FIRST_PAGE_PARAGRAPHS,
    )
    pages = [
        FilePage(
            shown,
            _list_other_findings(submission, shown.file),
            [
                _build_question_view(submission, shown, question, answers, missing)
                for question in questions
                if question.file is shown.file
            ],
            previews.get(shown.file.language),
            cut_to_first_page(beginnings.get(shown.file.sha256, ())) if shown.file.language in previews else (),
        )
        for shown in view.files
    ]
    return sorted(pages, key=lambda page: page.shown.file.language != contribution.original)


def _list_other_findings(submission: Submission, file: ContributionFile) -> list[FindingLine]:
    """List the findings of a file that need no answer."""
    return describe_findings(
        finding
        for finding in map(report_schema.parse_finding, file.findings)
        if finding.level is not FindingLevel.DECIDE and not is_other_title(submission.contribution, file, finding)
    )


def _build_question_view(
    submission: Submission,
    shown: ContributionFileView,
    question: FileQuestion,
    answers: Collection[str],
    missing: Collection[str],
) -> QuestionView:
    """Build a question about a file with what can be answered."""
    found = next(filter(None, map(find_language_named, question.findings)), None)
    can_move = not submission.contribution.only_language and found not in {file.language for file in submission.files}
    return QuestionView(
        key=question.key,
        anchor=_name_anchor(question),
        sentences=_describe_question(submission, question),
        answer=ANSWER_LABELS.get(question.code, AS_IT_IS),
        is_chosen=question.key in answers or (not answers and question.is_answered),
        is_missing=question.key in missing,
        change_to=found if question.code == FindingCode.LANGUAGE and can_move else None,
        uses_title=question.code == FindingCode.TITLE,
        has_clean_copy=question.code in REMOVABLE and shown.clean_copy.is_offered,
    )


def _describe_question(submission: Submission, question: FileQuestion) -> list[LazyText]:
    """Describe what was found."""
    if question.code == FindingCode.TITLE:
        values = {"title": find_title(question.file) or "", "cover": submission.contribution.title}
        return [LazyText(TITLES_DIFFER.message, values)]
    return [format_sentence(finding) for finding in question.findings]


def _describe_missing(question: FileQuestion) -> LazyText:
    """Say which question is not answered: the name of the file, and what was found."""
    return _("Answer the question about “%(name)s”: %(what)s", name=question.file.name, what=question.findings[0].what)


def _name_anchor(question: FileQuestion) -> str:
    """Return the name of the field of a question, without dots, for addresses."""
    return f"answers-{question.key.replace('.', '-')}"


def cut_to_first_page(paragraphs: Sequence[str]) -> list[str]:
    """Cut a text to about a page."""
    page: list[str] = []
    left = FIRST_PAGE_LETTERS
    for paragraph in paragraphs:
        if left <= 0:
            break
        page.append(paragraph if len(paragraph) <= left else f"{paragraph[:left].rstrip()}…")
        left -= len(paragraph)
    return page
