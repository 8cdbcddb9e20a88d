"""The page of a report: its outline, its paragraphs in order, and the corrections of each and comments on it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row

from app.core.errors import Unavailable
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.text_comparison import compare_text_pairs
from app.core.text_diff import DiffParagraph
from app.domain.member_states import EntityName
from app.domain.reports.models import CorrectionStatus, Report, ReportComment, ReportCorrection
from app.domain.reports.rules.paragraphs import ReportParagraph, number_paragraphs
from app.web.views.reports.comments import ReportCommentLine, build_report_comment_line

CORRECTION_ANSWER_LABELS = {
    CorrectionStatus.ASKED: ("warn", _("Not answered yet")),
    CorrectionStatus.TAKEN: ("good", _("Accepted")),
    CorrectionStatus.DECLINED: ("bad", _("Rejected")),
}

MAX_COMPARED_LETTERS = 100_000
"""Of the texts of all corrections that one page compares: delegations decide how many corrections there are."""


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A correction next to its paragraph.

    `was` is the wording that the State read, if it is another one by now; `difference` what the State would change in
    that wording, empty where that is not compared.
    """

    id: UUID
    state: EntityName
    text: str
    reason: str
    was: str
    tag: tuple[str, LazyText]
    is_open: bool
    difference: Sequence[DiffParagraph]


@dataclass(frozen=True, slots=True)
class ParagraphLine:
    """A paragraph with its number, None for a heading, its corrections and the comments on it."""

    number: int | None
    paragraph: ReportParagraph
    corrections: Sequence[CorrectionLine]
    comments: Sequence[ReportCommentLine]

    @property
    def waiting(self) -> int:
        """Return how many corrections and comments are not answered yet."""
        of_comments = sum(each.is_open for each in self.comments)
        return of_comments + sum(each.is_open for each in self.corrections)


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A heading in the outline, with the number of corrections and comments under it that are not answered yet."""

    heading: ReportParagraph
    waiting: int


@dataclass(frozen=True, slots=True)
class ReportText:
    """The text of a report for its page. `apart` are the corrections of paragraphs that were deleted, `comments_apart`
    the comments on them."""

    lines: Sequence[ParagraphLine]
    outline: Sequence[OutlineEntry]
    apart: Sequence[CorrectionLine]
    first_open: UUID | None
    open_corrections: int
    comments_apart: Sequence[ReportCommentLine]
    first_open_comment: UUID | None
    open_comments: int


def build_report_text(
    actor: Actor,
    report: Report,
    paragraphs: Sequence[ReportParagraph],
    corrections: Sequence[ReportCorrection],
    comments: Iterable[Row[ReportComment, str | None, str | None]],
) -> ReportText:
    """Put each correction and comment, the earliest first, next to its paragraph, and count the open ones under each
    heading."""
    texts = {each.key: each.text for each in paragraphs}
    by_key: dict[str, list[CorrectionLine]] = defaultdict(list)
    for each, difference in zip(corrections, compare_corrections(corrections), strict=True):
        by_key[each.paragraph].append(_build_correction_line(each, texts.get(each.paragraph), difference))
    comments_by_key: dict[str, list[ReportCommentLine]] = defaultdict(list)
    for row in comments:
        key = row[0].paragraph
        comments_by_key[key].append(build_report_comment_line(row, actor, report, texts.get(key)))
    lines = [
        ParagraphLine(number, each, by_key.pop(each.key, []), comments_by_key.pop(each.key, []))
        for number, each in number_paragraphs(paragraphs)
    ]
    apart = [each for listed in by_key.values() for each in listed]
    in_order = [each for line in lines for each in line.corrections] + apart
    still_open = [each.id for each in in_order if each.is_open]
    comments_apart = [each for listed in comments_by_key.values() for each in listed]
    comments_in_order = [each for line in lines for each in line.comments] + comments_apart
    open_comments = [each.id for each in comments_in_order if each.is_open]
    return ReportText(
        lines,
        _build_outline(lines),
        apart,
        next(iter(still_open), None),
        len(still_open),
        comments_apart,
        next(iter(open_comments), None),
        len(open_comments),
    )


def compare_corrections(corrections: Sequence[ReportCorrection]) -> Sequence[Sequence[DiffParagraph]]:
    """Return what each correction without an answer would change in the wording that its State read; nothing for those
    with an answer, for those beyond `MAX_COMPARED_LETTERS`, and while texts cannot be compared."""
    compared = _choose_compared_corrections(corrections)
    try:
        found = compare_text_pairs([([each.was], [each.text]) for each in compared])
    except Unavailable:
        return [()] * len(corrections)
    by_id = {each.id: difference for each, difference in zip(compared, found, strict=True)}
    return [by_id.get(each.id, ()) for each in corrections]


def _choose_compared_corrections(corrections: Iterable[ReportCorrection]) -> list[ReportCorrection]:
    """Choose the earliest corrections without an answer, as many as a page may compare."""
    chosen, letters = [], 0
    for each in corrections:
        if each.state == CorrectionStatus.ASKED:
            letters += len(each.was) + len(each.text)
            if letters > MAX_COMPARED_LETTERS:
                break
            chosen.append(each)
    return chosen


def _build_correction_line(
    correction: ReportCorrection, present: str | None, difference: Sequence[DiffParagraph]
) -> CorrectionLine:
    return CorrectionLine(
        correction.id,
        EntityName(correction.entity),
        correction.text,
        correction.reason,
        "" if correction.was == present else correction.was,
        CORRECTION_ANSWER_LABELS[CorrectionStatus(correction.state)],
        correction.state == CorrectionStatus.ASKED,
        difference,
    )


def _build_outline(lines: Iterable[ParagraphLine]) -> list[OutlineEntry]:
    """Return the headings, each with the open corrections and comments down to the next one."""
    outline: list[OutlineEntry] = []
    for line in lines:
        if line.number is None:
            outline.append(OutlineEntry(line.paragraph, line.waiting))
        elif outline and line.waiting:
            outline[-1] = OutlineEntry(outline[-1].heading, outline[-1].waiting + line.waiting)
    return outline
