"""What is done with a report: circulating, corrections and their answers, adopting, and giving it its symbol."""

from collections.abc import Callable
from io import BytesIO
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core import clock
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession, let_go
from app.core.errors import Conflict, Unknown
from app.core.i18n import Text
from app.core.intake import take_in
from app.core.journal import apart
from app.domain.bodies.models import Body
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import actions, queries, rules
from app.domain.reports.inputs import Declining, NewCorrection, Taking
from app.domain.reports.models import ReportRevision
from app.domain.reports.paragraphs import Paragraph
from app.domain.reports.paragraphs import read as paragraphs_of
from app.web import receiving
from app.web.entries import EachFieldOnce, Typed, file_of, read
from app.web.meeting_pages import frame
from app.web.report_paper import word
from app.web.reports import HERE, Revision, page, title_of

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

CORRECTS, ANSWERS = [Depends(Asks(rules.CORRECT))], [Depends(Asks(rules.ANSWER))]


@router.post(f"{HERE}/circulate", name="circulate-report", dependencies=[Depends(Asks(rules.CIRCULATE))])
def circulate(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, revision: Revision = 0
) -> Response:
    return _done(session, actor, house, request, meeting, actions.circulate, revision)


@router.post(f"{HERE}/adopt", name="adopt-report", dependencies=[Depends(Asks(rules.ADOPT))])
def adopt(
    meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse, request: Request, revision: Revision = 0
) -> Response:
    return _done(session, actor, house, request, meeting, actions.adopt, revision)


def _done(
    session: WriteSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: UUID,
    act: Callable[..., None],
    revision: int,
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    try:
        with apart(session):
            act(session, actor, found, revision=revision)
    except Conflict as refused:
        return page(session, actor, house, request, found, refused=refused.reason, status=409)
    return RedirectResponse(f"/meetings/{found.id}/report?done=on-record", 303)


@router.post(f"{HERE}/register", name="register-report", dependencies=[Depends(Asks(rules.REGISTER))])
def register(meeting: UUID, actor: SignedIn, session: Writing, house: TheHouse) -> Response:
    """The Word document is made of what was adopted, and goes through the gate like any other file."""
    found = meetings.one_visible(session, actor, meeting)
    rules.REGISTER.require(actor, queries.at(session, found))
    report, body = queries.one_visible(session, actor, found), session.get_one(Body, found.body_id)
    title, lang = title_of(found, body).into(report.lang), report.lang
    made = word(title, lang, paragraphs_of(queries.latest(session, report).paragraphs))
    largest = receiving.largest_of(session, house, found.body_id)
    name = f"{body.prefix}-{found.number}-report.docx"
    let_go(session)
    received = take_in(house.store, BytesIO(made), name, largest, scanner=house.scanner)
    found = meetings.one_visible(session, actor, meeting)
    actions.register_report(session, actor, found, title, file_of(lang, received))
    receiving.settle(session, actor, receiving.Taken(received, clock.now(), None))
    return RedirectResponse(f"/meetings/{found.id}/report?done=registered", 303)


@router.get(f"{HERE}/paragraphs/{{paragraph}}/correction", name="asking-correction", dependencies=CORRECTS)
def asking(
    meeting: UUID, paragraph: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.CORRECT.require(actor, queries.at(session, found, actor.entity))
    return _correction(session, actor, house, request, found, paragraph)


@router.post(f"{HERE}/paragraphs/{{paragraph}}/correction", name="ask-correction", dependencies=CORRECTS)
def ask(
    meeting: UUID,
    paragraph: str,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    text: Typed = "",
    revision: Revision = 0,
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.CORRECT.require(actor, queries.at(session, found, actor.entity))
    entry = read(NewCorrection, {"text": text})
    if entry.made is None:
        return _correction(session, actor, house, request, found, paragraph, text, entry.errors, status=400)
    try:
        with apart(session):
            actions.ask(session, actor, found, paragraph, entry.made, revision=revision)
    except Conflict as refused:
        return _correction(session, actor, house, request, found, paragraph, text, {}, refused.reason, 409)
    return RedirectResponse(f"/meetings/{found.id}/report?done=on-record#corrections", 303)


@router.get(f"{HERE}/corrections/{{correction}}", name="answering-correction", dependencies=ANSWERS)
def answering(
    meeting: UUID, correction: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.ANSWER.require(actor, queries.at(session, found))
    return _answer(session, actor, house, request, found, correction)


@router.post(f"{HERE}/corrections/{{correction}}", name="answer-correction", dependencies=ANSWERS)
def answer(
    meeting: UUID,
    correction: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    to: Annotated[Literal["take", "decline"], Form()] = "take",
    text: Typed = "",
    reason: Typed = "",
    revision: Revision = 0,
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.ANSWER.require(actor, queries.at(session, found))
    taking, declining = read(Taking, {"text": text}), read(Declining, {"reason": reason})
    errors = declining.errors if to == "decline" else taking.errors
    if errors:
        return _answer(session, actor, house, request, found, correction, text, reason, errors, status=400)
    try:
        with apart(session):
            if to == "decline" and declining.made:
                actions.decline(session, actor, found, correction, declining.made)
            elif taking.made:
                actions.take(session, actor, found, correction, taking.made, revision=revision)
    except Conflict as refused:
        return _answer(session, actor, house, request, found, correction, text, reason, {}, refused.reason, 409)
    return RedirectResponse(f"/meetings/{found.id}/report?done=on-record#corrections", 303)


def _correction(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    key: str,
    text: str | None = None,
    errors: object = None,
    refused: Text | None = None,
    status: int = 200,
) -> Response:
    report = queries.one_visible(session, actor, meeting)
    paragraph = _of(queries.latest(session, report), key)
    if paragraph is None:
        raise Unknown()
    return house.pages.show(
        request,
        "web/reports/correction.html",
        status=status,
        frame=frame(session, actor, meeting, "report", house.pages.language(request)),
        report=report,
        paragraph=paragraph,
        text=paragraph.text if text is None else text,
        errors=errors or {},
        refused=refused,
    )


def _answer(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    correction: UUID,
    text: str | None = None,
    reason: str = "",
    errors: object = None,
    refused: Text | None = None,
    status: int = 200,
) -> Response:
    report = queries.one_visible(session, actor, meeting)
    asked = queries.one_correction(session, report, correction)
    return house.pages.show(
        request,
        "web/reports/answer.html",
        status=status,
        frame=frame(session, actor, meeting, "report", house.pages.language(request)),
        report=report,
        asked=asked,
        state=EntityName(asked.entity),
        now=_of(queries.latest(session, report), asked.paragraph),
        text=asked.text if text is None else text,
        reason=reason,
        errors=errors or {},
        refused=refused,
    )


def _of(revision: ReportRevision, key: str) -> Paragraph | None:
    return next((each for each in paragraphs_of(revision.paragraphs) if each.key == key), None)
