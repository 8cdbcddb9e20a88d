"""Comments as pages show them: at the paragraph where they are now, with what became of it, and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.text_diff import ChangeKind, DiffParagraph, diff_paragraphs, trace_old_paragraphs
from app.domain.circulations import queries, rules
from app.domain.circulations.models import CirculatedVersion, Comment, CommentAnswer, CommentAnswerKind, CommentKind
from app.domain.circulations.queries import CommentRow
from app.http.authentication import EntityName

COMMENT_ANSWER_LABELS: Mapping[str, tuple[str, LazyText]] = {
    CommentAnswerKind.TAKEN_IN_FULL: ("good", _("Taken")),
    CommentAnswerKind.TAKEN_IN_PART: ("info", _("Taken in part")),
    CommentAnswerKind.NOT_TAKEN: ("bad", _("Not taken")),
}
UNANSWERED_LABEL = ("warn", _("Not answered yet"))
COMMENT_KIND_LABELS: Mapping[str, LazyText] = {
    CommentKind.REMARK: _("Remark"),
    CommentKind.WORDING: _("Another wording"),
}

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
    earlier: dict[int, list[ParagraphFate]] = {}
    for line in _comment_lines(session, actor, version, queries.list_comments(session, version)):
        comment, number = line.comment, line.number
        if number > version.number:
            continue
        if not comment.paragraph:
            comments.whole.append(line)
        elif comment.language != language:
            comments.other_languages.append(line)
        elif number == version.number:
            comments.by_paragraph.setdefault(comment.paragraph, []).append(line)
        else:
            if number not in earlier:
                then = queries.get_visible_circulated_version(session, actor, version.output_id, number)
                old = queries.read_paragraphs(session, then, language) or []
                earlier[number] = trace_old_paragraphs(diff_paragraphs(old, paragraphs))
            _place_earlier_comment(comments, line, earlier[number])
    return comments


def _place_earlier_comment(comments: VersionComments, line: CommentLine, places: Sequence[ParagraphFate]) -> None:
    """Place a comment on an earlier version at the paragraph where it is now."""
    at = line.comment.paragraph - 1
    kind, place = places[at] if at < len(places) else (ChangeKind.REMOVED, None)
    if place is None:
        comments.gone.append(replace(line, since=("warn", _("Not in this version any more"))))
    elif kind is ChangeKind.SAME:
        unchanged = _("The paragraph is as it was in version %(number)s", number=line.number)
        comments.by_paragraph.setdefault(place + 1, []).append(replace(line, since=("none", unchanged)))
    else:
        changed = _("The paragraph was changed since version %(number)s", number=line.number)
        comments.by_paragraph.setdefault(place + 1, []).append(replace(line, since=("info", changed)))


def _comment_lines(
    session: ReadSession, actor: Actor, version: CirculatedVersion, rows: Sequence[CommentRow]
) -> list[CommentLine]:
    answers = queries.find_last_answers(session, [row[0] for row in rows])
    on = queries.get_circulation_rule_subject(session, version, actor.entity)

    def mine(comment: Comment) -> bool:
        return rules.CHANGE_COMMENT.allows(actor, replace(on, entity=comment.entity, is_answered=comment.id in answers))

    may_answer = rules.ANSWER_COMMENT.allows(actor, on)
    return [
        build_comment_line(comment, number, answers.get(comment.id), may_change=mine(comment), may_answer=may_answer)
        for comment, number in rows
    ]


def build_comment_line(
    comment: Comment,
    version_number: int,
    answer: CommentAnswer | None,
    *,
    may_change: bool = False,
    may_answer: bool = False,
) -> CommentLine:
    """Build the list entry of a comment."""
    is_wording = comment.kind == CommentKind.WORDING
    return CommentLine(
        comment,
        version_number,
        EntityName(comment.entity),
        COMMENT_KIND_LABELS[comment.kind],
        diff_paragraphs([comment.was], comment.text.split("\n")) if is_wording else [],
        answer,
        COMMENT_ANSWER_LABELS[answer.answer] if answer else UNANSWERED_LABEL,
        None,
        may_change,
        may_answer,
    )
