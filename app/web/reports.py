"""The report of a meeting: the page, the draft and its editing, revisions and what differs between them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.files import attachment
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession, let_go
from app.core.differences import Kind as Change
from app.core.differences import differences
from app.core.errors import Conflict, Refusal
from app.core.gate import DOCX, PDF
from app.core.i18n import Text, say
from app.core.journal import apart
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.documents import queries as documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.reports import actions, queries, rules
from app.domain.reports.inputs import NewReport, Paragraphs
from app.domain.reports.models import Answer, Attribution, Report, Stage
from app.domain.reports.paragraphs import numbered
from app.domain.reports.paragraphs import read as paragraphs_of
from app.web.differences import stretches
from app.web.entries import EachFieldOnce, Typed, read
from app.web.meeting_pages import frame
from app.web.report_paper import STAGES, Paper, as_pdf, as_word, paper
from app.web.report_writing import written

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

HERE = "/meetings/{meeting}/report"
SEES, KEEPS = [Depends(Asks(rules.SEE))], [Depends(Asks(rules.KEEP))]
Revision = Annotated[int, Form(ge=0, le=10**6)]
ATTRIBUTIONS = (
    (Attribution.NAMED, say("By the name of their State")),
    (Attribution.ANONYMOUS, say("As “a Member State”; positions on record keep the name")),
)
ANSWERS = {
    Answer.ASKED: ("warn", say("Not answered yet")),
    Answer.TAKEN: ("good", say("Taken")),
    Answer.DECLINED: ("bad", say("Declined")),
}


async def typed_texts(request: Request) -> dict[str, str]:
    """The paragraphs that a form brings, by their key."""
    form = await request.form()
    return {name.removeprefix("text_"): str(form[name]) for name in form if name.startswith("text_")}


Texts = Annotated[dict[str, str], Depends(typed_texts)]


@router.get(HERE, name="report", dependencies=SEES)
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """The report as it is now; or that there is none yet, which is also what others see of a draft."""
    found = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, found)
    return page(session, actor, house, request, found)


@router.post(f"{HERE}/draft", name="draft-report", dependencies=[Depends(Asks(rules.DRAFT))])
def draft(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    attribution: Typed = "",
    revision: Revision = 0,
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, queries.at(session, found))
    entry = read(NewReport, {"attribution": attribution, "lang": house.pages.language(request)})
    if entry.made is None:
        return page(session, actor, house, request, found, refused=next(iter(entry.errors.values())), status=400)
    text = written(session, actor, found, entry.made)
    try:
        with apart(session):
            actions.draft(session, actor, found, entry.made, text, revision=revision)
    except Conflict as refused:
        return page(session, actor, house, request, found, refused=refused.reason, status=409)
    return RedirectResponse(f"/meetings/{found.id}/report", 303)


@router.get(f"{HERE}/edit", name="editing-report", dependencies=KEEPS)
def editing(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, paragraph: str = ""
) -> Response:
    """All paragraphs, or one of them."""
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, queries.at(session, found))
    return _edit(session, actor, house, request, found, only=paragraph)


@router.post(f"{HERE}/edit", name="edit-report", dependencies=KEEPS)
def edit(
    meeting: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    texts: Texts,
    only: Typed = "",
    revision: Revision = 0,
) -> Response:
    """A save on an older revision is refused; both texts are shown, and can be saved on the one that holds now."""
    found = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, queries.at(session, found))
    texts = _changed(session, actor, found, texts, revision)
    entry = read(Paragraphs, {"texts": texts})
    if entry.made is None:
        wrong = next(iter(entry.errors.values()))
        return _edit(session, actor, house, request, found, only=only, texts=texts, refused=wrong, status=400)
    try:
        with apart(session):
            actions.save(session, actor, found, entry.made.texts, revision=revision)
    except Refusal as refused:
        why, status = refused.reason, refused.status
        return _edit(session, actor, house, request, found, only=only, texts=texts, refused=why, status=status)
    return RedirectResponse(f"/meetings/{found.id}/report?done=saved{f'#p-{only}' if only.isalnum() else ''}", 303)


@router.get(f"{HERE}/revisions", name="report-revisions", dependencies=SEES)
def revisions(
    meeting: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    former: Annotated[int, Query(alias="from", ge=0, le=10**6)] = 0,
    latter: Annotated[int, Query(alias="to", ge=0, le=10**6)] = 0,
) -> Response:
    """Every revision that the reader may see, and what differs between two of them: the last two, unless chosen."""
    found = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, found)
    report = queries.visible(session, actor, found)
    listed = queries.revisions(session, actor, found, report) if report else []
    numbers = [row[0].number for row in listed]
    changes = None
    if report and len(numbers) > 1:
        latter, former = latter or numbers[0], former or numbers[1]
        old, new = (queries.one_revision(session, actor, found, report, each) for each in (former, latter))
        changes = differences(*([each["text"] for each in rev.paragraphs] for rev in (old, new)))
    return house.pages.show(
        request,
        "web/reports/revisions.html",
        frame=frame(session, actor, found, "report", house.pages.language(request)),
        listed=listed,
        former=former,
        latter=latter,
        lang=report.lang if report else "",
        stretches=None if changes is None else list(stretches(changes)),
        count=sum(each.kind is not Change.SAME for each in changes or []),
    )


@router.get(f"{HERE}/docx", name="report-docx", dependencies=SEES)
def in_word(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse) -> Response:
    """The report as it is now, in Word."""
    ready = _paper(session, actor, meeting)
    let_go(session)
    return attachment(as_word(house, ready), DOCX, f"{ready.name}.docx")


@router.get(f"{HERE}/pdf", name="report-pdf", dependencies=SEES)
def pdf(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse) -> Response:
    """The report as it is now, on paper."""
    ready = _paper(session, actor, meeting)
    let_go(session)
    return attachment(as_pdf(house, ready), PDF, f"{ready.name}.pdf")


def _paper(session: ReadSession, actor: Actor, meeting: UUID) -> Paper:
    found = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, found)
    report = queries.one_visible(session, actor, found)
    return paper(session, found, report, _symbol(session, actor, report))


def page(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    *,
    refused: Text | None = None,
    status: int = 200,
) -> Response:
    """The report as it is now; `refused` is why something was not done."""
    report = queries.visible(session, actor, meeting)
    at = queries.at(session, meeting, actor.entity)
    wanted = ("DRAFT", "KEEP", "CIRCULATE", "CORRECT", "ANSWER", "ADOPT", "REGISTER")
    asked = queries.corrections(session, actor, meeting, report) if report else []
    return house.pages.show(
        request,
        "web/reports/show.html",
        status=status,
        frame=frame(session, actor, meeting, "report", house.pages.language(request)),
        report=report,
        tag_of=STAGES[Stage(report.stage)] if report else None,
        symbol=_symbol(session, actor, report) if report else "",
        paragraphs=_numbered(session, report),
        corrections=[(each, EntityName(each.entity), ANSWERS[Answer(each.state)]) for each in asked],
        may={name.lower() for name in wanted if getattr(rules, name).allows(actor, at)},
        attributions=ATTRIBUTIONS,
        has_pdf=bool(house.settings.soffice),
        template_at=_template_at(session, actor, meeting),
        refused=refused,
    )


def _template_at(session: ReadSession, actor: Actor, meeting: Meeting) -> str:
    """Where the template is changed, for whoever may do that."""
    if not rules.PUT_TEMPLATE.allows(actor, Place(meeting.body_id)):
        return ""
    return f"/bodies/{session.get_one(Body, meeting.body_id).code}/report-template"


def _numbered(session: ReadSession, report: Report | None) -> Sequence[object]:
    return list(numbered(paragraphs_of(queries.latest(session, report).paragraphs))) if report else []


def _symbol(session: ReadSession, actor: Actor, report: Report) -> str:
    if report.document_id is None:
        return ""
    return next((row.symbol for row in documents.those(session, actor, [report.document_id])), "")


def _changed(
    session: ReadSession, actor: Actor, meeting: Meeting, texts: dict[str, str], revision: int
) -> dict[str, str]:
    """The texts that somebody changed. The form of a whole report brings all of them, and what others wrote meanwhile
    must not be undone by those that were left as they stood."""
    report = queries.one_visible(session, actor, meeting)
    if not 0 < revision <= report.revision:
        return texts
    read_then = queries.one_revision(session, actor, meeting, report, revision)
    stood = {each.key: each.text for each in paragraphs_of(read_then.paragraphs)}
    return {key: text for key, text in texts.items() if text.replace("\r\n", "\n") != stood.get(key)}


def _edit(
    session: ReadSession,
    actor: Actor,
    house: House,
    request: Request,
    meeting: Meeting,
    *,
    only: str,
    texts: dict[str, str] | None = None,
    refused: Text | None = None,
    status: int = 200,
) -> Response:
    """The form. What was typed stays; where it differs from what holds now, both are shown."""
    report = queries.one_visible(session, actor, meeting)
    typed, rows = texts or {}, list(numbered(paragraphs_of(queries.latest(session, report).paragraphs)))
    there = {each.key for _, each in rows}
    return house.pages.show(
        request,
        "web/reports/edit.html",
        status=status,
        frame=frame(session, actor, meeting, "report", house.pages.language(request)),
        report=report,
        only=only,
        rows=[
            (number, each, typed.get(each.key, each.text))
            for number, each in rows
            if not only or each.key in (only, *typed)
        ],
        lost=[text for key, text in typed.items() if key not in there],
        refused=refused,
    )
