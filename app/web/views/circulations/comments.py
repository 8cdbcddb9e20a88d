"""Comments as pages show them: at the paragraph where they are now, with what became of it, and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.core.db import ReadSession
from app.core.errors import Unavailable
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.text_comparison import compare_text_pairs
from app.core.text_diff import ChangeKind, DiffParagraph, trace_old_paragraphs, whole_paragraph
from app.domain.circulations import queries, rules
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer, CommentAnswerKind, CommentKind
from app.domain.circulations.queries import CommentRow
from app.http.authentication import EntityName

COMMENT_ANSWER_LABELS: Mapping[str, tuple[str, LazyText]] = {
    CommentAnswerKind.TAKEN_IN_FULL: ("good", _("Accepted")),
    CommentAnswerKind.TAKEN_IN_PART: ("info", _("Accepted in part")),
    CommentAnswerKind.NOT_TAKEN: ("bad", _("Not accepted")),
}
UNANSWERED_LABEL = ("warn", _("Not answered yet"))
COMMENT_KIND_LABELS: Mapping[str, LazyText] = {
    CommentKind.REMARK: _("Remark"),
    CommentKind.WORDING: _("Alternative wording"),
}

NOT_PLACED = _("Its paragraph cannot be identified at the moment. Try again in a few minutes.")
"""Said of a comment on an earlier version while texts cannot be compared."""

ParagraphFate = tuple[ChangeKind, int | None]


@dataclass(frozen=True, slots=True)
class CommentLine:
    """One comment. `number` is the version it is on, `wording` the word-by-word difference that it proposes.

    `since` says what became of its paragraph, if another version is shown.
    """

    comment: Comment
    number: int
    state: LazyText
    kind: LazyText
    wording: Sequence[DiffParagraph]
    answer: CommentAnswer | None
    tag: tuple[str, LazyText]
    since: tuple[str, LazyText] | None
    may_change: bool
    may_answer: bool

    @property
    def here(self) -> str:
        """Return the URL of the comment, relative to the output."""
        return f"comments/{self.comment.id}"


@dataclass(slots=True)
class VersionComments:
    """The comments of a page that shows one version in one language, by paragraph (from 1), and those on no
    paragraph shown."""

    by_paragraph: dict[int, list[CommentLine]] = field(default_factory=dict)
    whole: list[CommentLine] = field(default_factory=list)
    gone: list[CommentLine] = field(default_factory=list)
    other_languages: list[CommentLine] = field(default_factory=list)


def list_comment_lines(session: ReadSession, actor: Actor, version: CirculatedVersion) -> list[CommentLine]:
    """Return every comment on an output, ordered by version, language and paragraph."""
    rows = queries.list_comments(session, version)
    return _comment_lines(session, actor, version, rows)


def place_comments(
    session: ReadSession, actor: Actor, version: CirculatedVersion, language: str, paragraphs: Sequence[str]
) -> VersionComments:
    """Place the comments on this version and on earlier ones at the paragraphs where they are now."""
    comments = VersionComments()
    lines = _comment_lines(session, actor, version, queries.list_comments(session, version))
    earlier = _trace_earlier_versions(session, actor, version, language, paragraphs, lines)
    for line in lines:
        comment, number = line.comment, line.number
        if number > version.number:
            continue
        if not comment.paragraph:
            comments.whole.append(line)
        elif comment.language != language:
            comments.other_languages.append(line)
        elif number == version.number:
            comments.by_paragraph.setdefault(comment.paragraph, []).append(line)
        elif number in earlier:
            _place_earlier_comment(comments, line, earlier[number])
        else:
            comments.whole.append(replace(line, since=("warn", NOT_PLACED)))
    return comments


def _trace_earlier_versions(
    session: ReadSession,
    actor: Actor,
    version: CirculatedVersion,
    language: str,
    paragraphs: Sequence[str],
    lines: Sequence[CommentLine],
) -> Mapping[int, Sequence[ParagraphFate]]:
    """Find what became of the paragraphs of the earlier versions that these comments are about; nothing while texts
    cannot be compared."""
    numbers = sorted(
        {
            line.number
            for line in lines
            if line.number < version.number and line.comment.paragraph and line.comment.language == language
        }
    )
    texts = [
        queries.read_paragraphs(
            session, queries.get_visible_circulated_version(session, actor, version.output_id, number), language
        )
        or []
        for number in numbers
    ]
    try:
        differences = compare_text_pairs([(text, paragraphs) for text in texts])
    except Unavailable:
        return {}
    return {number: trace_old_paragraphs(diff) for number, diff in zip(numbers, differences, strict=True)}


def _place_earlier_comment(comments: VersionComments, line: CommentLine, places: Sequence[ParagraphFate]) -> None:
    """Place a comment on an earlier version at the paragraph where it is now."""
    at = line.comment.paragraph - 1
    kind, place = places[at] if at < len(places) else (ChangeKind.REMOVED, None)
    if place is None:
        comments.gone.append(replace(line, since=("warn", _("No longer in this version"))))
    elif kind is ChangeKind.SAME:
        unchanged = _("The paragraph is unchanged since version %(number)s", number=line.number)
        comments.by_paragraph.setdefault(place + 1, []).append(replace(line, since=("none", unchanged)))
    else:
        changed = _("The paragraph has changed since version %(number)s", number=line.number)
        comments.by_paragraph.setdefault(place + 1, []).append(replace(line, since=("info", changed)))


def _comment_lines(
    session: ReadSession, actor: Actor, version: CirculatedVersion, rows: Sequence[CommentRow]
) -> list[CommentLine]:
    answers = queries.find_last_answers(session, version.output_id)
    on = queries.get_circulation_rule_subject(session, version, actor.entity)

    def mine(comment: Comment) -> bool:
        return rules.CHANGE_COMMENT.allows(actor, replace(on, entity=comment.entity, is_answered=comment.id in answers))

    may_answer = rules.ANSWER_COMMENT.allows(actor, on)
    wordings = compare_wordings([row[0] for row in rows])
    return [
        build_comment_line(
            comment,
            number,
            answers.get(comment.id),
            wordings.get(comment.id, []),
            may_change=mine(comment),
            may_answer=may_answer,
        )
        for comment, number in rows
    ]


def compare_wordings(comments: Sequence[Comment]) -> dict[UUID, list[DiffParagraph]]:
    """Compare the wording that each comment proposes with the one in force, by its id; those without one are left out.
    While texts cannot be compared, the one is shown as removed and the other as added."""
    proposing = [comment for comment in comments if comment.kind == CommentKind.WORDING]
    pairs = [([comment.was], comment.text.split("\n")) for comment in proposing]
    try:
        differences = compare_text_pairs(pairs)
    except Unavailable:
        differences = [_replace_whole(old, new) for old, new in pairs]
    return {comment.id: diff for comment, diff in zip(proposing, differences, strict=True)}


def _replace_whole(old: Sequence[str], new: Sequence[str]) -> list[DiffParagraph]:
    """Return a text as replaced by another one, without what they have in common."""
    return [whole_paragraph(ChangeKind.REMOVED, each) for each in old] + [
        whole_paragraph(ChangeKind.ADDED, each) for each in new
    ]


def build_comment_line(
    comment: Comment,
    version_number: int,
    answer: CommentAnswer | None,
    wording: list[DiffParagraph] | None = None,
    *,
    may_change: bool = False,
    may_answer: bool = False,
) -> CommentLine:
    """Build the list entry of a comment. `wording` is what its proposed wording changes, if that is known already."""
    if wording is None:
        wording = compare_wordings([comment]).get(comment.id, [])
    return CommentLine(
        comment,
        version_number,
        EntityName(comment.entity),
        COMMENT_KIND_LABELS[comment.kind],
        wording,
        answer,
        COMMENT_ANSWER_LABELS[answer.answer] if answer else UNANSWERED_LABEL,
        None,
        may_change,
        may_answer,
    )
