"""All comments on a draft as a table, on a page and as CSV; and the answers of the chair or the secretariat."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.asgi.sheet import sheet
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Conflict
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain.circulations import commenting, queries, rules
from app.domain.circulations.inputs import NewAnswer
from app.domain.circulations.models import Comment
from app.web.circulation_view import About, about
from app.web.comment_view import ANSWERS, Line, line, lines
from app.web.entries import TONGUES, EachFieldOnce, Typed, Version, read

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

SEES, ANSWERING = [Depends(Asks(rules.SEE))], [Depends(Asks(rules.ANSWER))]
HERE = "/outputs/{output}/comments"
CHOICES = [(answer, words) for answer, (_, words) in ANSWERS.items()]
HEADINGS = (
    say("Version"),
    say("Language"),
    say("Paragraph"),
    say("As it read"),
    say("State"),
    say("Code"),
    say("Kind"),
    say("Comment"),
    say("Language of these words"),
    say("When"),
    say("Answer"),
    say("Words of the answer"),
    say("Answered"),
)


def answer_fields(answer: Typed = "", text: Typed = "", lang: Typed = "") -> dict[str, str]:
    """Return the form fields of an answer as typed."""
    return {"answer": answer, "text": text, "lang": lang}


AnswerFields = Annotated[dict[str, str], Depends(answer_fields)]


@router.get(HERE, name="comments", dependencies=SEES)
def listed(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show all comments on a draft."""
    summary = _latest_summary(session, actor, output, house.pages.language(request))
    comment_lines = lines(session, actor, summary.version)
    return house.pages.show(
        request,
        "web/circulations/comments.html",
        about=summary,
        lines=comment_lines,
        open=sum(each.answer is None for each in comment_lines),
    )


@router.get("/outputs/{output}/comments.csv", name="comments-csv", dependencies=SEES)
def as_table(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Download all comments on a draft as CSV."""
    formats = Formats(house.pages.language(request))
    summary = _latest_summary(session, actor, output, formats.language)
    name = f"comments-{summary.meeting.number}-{summary.version.number}.csv"
    rows = list(
        _csv_rows(lines(session, actor, summary.version), formats)
    )  # read now: the session ends before they are sent
    return sheet(rows, name)


@router.get(f"{HERE}/{{comment}}/answer", name="answering-comment", dependencies=ANSWERING)
def answering(
    output: UUID, comment: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    """Show the form that answers a comment."""
    summary, comment_row = _get_comment(session, actor, output, comment, house.pages.language(request))
    rules.ANSWER.require(actor, queries.on(session, summary.version, comment_row.entity))
    last = queries.last_answer(session, comment_row)
    typed = {"answer": "", "text": "", "lang": house.pages.language(request)}
    if last:
        typed = {"answer": last.answer, "text": last.text, "lang": last.lang}
    return _render_page(session, house, request, summary, comment_row, typed)


@router.post(f"{HERE}/{{comment}}/answer", name="answer-comment", dependencies=ANSWERING)
def answer_one(
    output: UUID,
    comment: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    typed: AnswerFields,
    version: Version = 0,
    number: Version = 0,
) -> Response:
    """Save the answer to a comment."""
    summary, comment_row = _get_comment(session, actor, output, comment, house.pages.language(request))
    rules.ANSWER.require(actor, queries.on(session, summary.version, comment_row.entity))
    entry = read(NewAnswer, typed)
    if entry.made is None:
        return _render_page(session, house, request, summary, comment_row, typed, errors=entry.errors)
    try:
        with apart(session):
            commenting.answer(session, actor, comment_row, entry.made, version=version, number=number)
    except Conflict as conflict:
        return _render_page(session, house, request, summary, comment_row, typed, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output}/comments?done=answered#c-{comment_row.id}", 303)


def _latest_summary(session: ReadSession, actor: Actor, output: UUID, language: str) -> About:
    newest = queries.versions(session, actor, output)[0][0]
    return about(session, actor, output, newest.number, language)


def _get_comment(
    session: ReadSession, actor: Actor, output: UUID, comment: UUID, language: str
) -> tuple[About, Comment]:
    comment_row, number = queries.one_comment(session, actor, output, comment)
    return about(session, actor, output, number, language), comment_row


def _csv_rows(comment_lines: Sequence[Line], formats: Formats) -> Iterator[Sequence[object]]:
    yield [formats.text(heading) for heading in HEADINGS]
    for each in comment_lines:
        comment, answer = each.comment, each.answer
        yield (
            each.number,
            comment.language,
            comment.paragraph or "",
            comment.was,
            formats.text(each.state),
            comment.entity,
            formats.text(each.kind),
            comment.text,
            comment.lang,
            (comment.changed_at or comment.put_at).isoformat(timespec="seconds"),
            formats.text(each.tag[1]),
            answer.text if answer else "",
            answer.answered_at.isoformat(timespec="seconds") if answer else "",
        )


def _render_page(
    session: ReadSession,
    house: House,
    request: Request,
    summary: About,
    comment: Comment,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    """Render the form next to the comment and the answer as they are saved now."""
    last = queries.last_answer(session, comment)
    return house.pages.show(
        request,
        "web/circulations/answer.html",
        status=409 if stale else 400 if errors else 200,
        about=summary,
        line=line(comment, summary.version.number, last),
        number=last.number if last else 0,
        choices=CHOICES,
        tongues=TONGUES,
        typed=typed,
        errors=errors or {},
        stale=stale,
    )
