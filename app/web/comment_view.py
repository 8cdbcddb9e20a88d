"""Comments as pages show them: at the paragraph where they are now, with what became of it, and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.asgi.actors import EntityName
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.differences import Kind, Paragraph, differences, fates
from app.core.i18n import Text, say
from app.domain.circulations import queries, rules
from app.domain.circulations.models import Answer, CirculatedVersion, Comment, CommentAnswer, CommentKind
from app.domain.circulations.queries import Said

ANSWERS: Mapping[str, tuple[str, Text]] = {
    Answer.TAKEN: ("good", say("Taken")),
    Answer.IN_PART: ("info", say("Taken in part")),
    Answer.NOT_TAKEN: ("bad", say("Not taken")),
}
OPEN = ("warn", say("Not answered yet"))
KINDS: Mapping[str, Text] = {CommentKind.REMARK: say("Remark"), CommentKind.WORDING: say("Another wording")}

Place = tuple[Kind, int | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One comment. `number` is the version it is on, `wording` the word-by-word difference that it proposes.

    `since` says what became of its paragraph, if another version is shown.
    """

    comment: Comment
    number: int
    state: Text
    kind: Text
    wording: Sequence[Paragraph]
    answer: CommentAnswer | None
    tag: tuple[str, Text]
    since: tuple[str, Text] | None
    may_change: bool
    may_answer: bool

    @property
    def here(self) -> str:
        """Return the URL of the comment, relative to the output."""
        return f"comments/{self.comment.id}"


@dataclass(slots=True)
class Beside:
    """The comments of a page that shows one version in one language, by paragraph (from 1), and those on no
    paragraph shown."""

    by_paragraph: dict[int, list[Line]] = field(default_factory=dict)
    whole: list[Line] = field(default_factory=list)
    gone: list[Line] = field(default_factory=list)
    other_languages: list[Line] = field(default_factory=list)


def lines(session: ReadSession, actor: Actor, version: CirculatedVersion) -> list[Line]:
    """Return every comment on an output, ordered by version, language and paragraph."""
    rows = queries.comments(session, version)
    return _comment_lines(session, actor, version, rows)


def beside(
    session: ReadSession, actor: Actor, version: CirculatedVersion, language: str, paragraphs: Sequence[str]
) -> Beside:
    """Place the comments on this version and on earlier ones at the paragraphs where they are now."""
    comments = Beside()
    earlier: dict[int, list[Place]] = {}
    for line in _comment_lines(session, actor, version, queries.comments(session, version)):
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
                then = queries.one_visible(session, actor, version.output_id, number)
                old = queries.paragraphs(session, then, language) or []
                earlier[number] = fates(differences(old, paragraphs))
            _place_earlier_comment(comments, line, earlier[number])
    return comments


def _place_earlier_comment(comments: Beside, line: Line, places: Sequence[Place]) -> None:
    """Place a comment on an earlier version at the paragraph where it is now."""
    at = line.comment.paragraph - 1
    kind, place = places[at] if at < len(places) else (Kind.GONE, None)
    if place is None:
        comments.gone.append(replace(line, since=("warn", say("Not in this version any more"))))
    elif kind is Kind.SAME:
        unchanged = say("The paragraph is as it was in version %(number)s", number=line.number)
        comments.by_paragraph.setdefault(place + 1, []).append(replace(line, since=("none", unchanged)))
    else:
        changed = say("The paragraph was changed since version %(number)s", number=line.number)
        comments.by_paragraph.setdefault(place + 1, []).append(replace(line, since=("info", changed)))


def _comment_lines(session: ReadSession, actor: Actor, version: CirculatedVersion, rows: Sequence[Said]) -> list[Line]:
    answers = queries.last_answers(session, [row[0] for row in rows])
    on = queries.on(session, version, actor.entity)

    def mine(comment: Comment) -> bool:
        return rules.CHANGE.allows(actor, replace(on, entity=comment.entity, is_answered=comment.id in answers))

    may_answer = rules.ANSWER.allows(actor, on)
    return [
        line(comment, number, answers.get(comment.id), may_change=mine(comment), may_answer=may_answer)
        for comment, number in rows
    ]


def line(
    comment: Comment, number: int, answer: CommentAnswer | None, *, may_change: bool = False, may_answer: bool = False
) -> Line:
    """Build the list entry of a comment."""
    is_wording = comment.kind == CommentKind.WORDING
    return Line(
        comment,
        number,
        EntityName(comment.entity),
        KINDS[comment.kind],
        differences([comment.was], comment.text.split("\n")) if is_wording else [],
        answer,
        ANSWERS[answer.answer] if answer else OPEN,
        None,
        may_change,
        may_answer,
    )
