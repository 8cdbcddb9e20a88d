"""The report of a meeting: its page, the draft and its editor, revisions and the differences between them."""

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
from app.web.differences_view import stretches
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
    """Return the submitted paragraphs by key (form fields `text_<key>`)."""
    form = await request.form()
    return {name.removeprefix("text_"): str(form[name]) for name in form if name.startswith("text_")}


Texts = Annotated[dict[str, str], Depends(typed_texts)]


@router.get(HERE, name="report", dependencies=SEES)
def show(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the report. While it is a draft, those who do not edit it see that there is none yet."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    return page(session, actor, house, request, meeting_row)


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
    """Generate a draft of the report from what happened at the meeting."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.DRAFT.require(actor, queries.at(session, meeting_row))
    entry = read(NewReport, {"attribution": attribution, "lang": house.pages.language(request)})
    if entry.made is None:
        return page(session, actor, house, request, meeting_row, refused=next(iter(entry.errors.values())), status=400)
    text = written(session, actor, meeting_row, entry.made)
    try:
        with apart(session):
            actions.draft(session, actor, meeting_row, entry.made, text, revision=revision)
    except Conflict as error:
        return page(session, actor, house, request, meeting_row, refused=error.reason, status=409)
    return RedirectResponse(f"/meetings/{meeting_row.id}/report", 303)


@router.get(f"{HERE}/edit", name="editing-report", dependencies=KEEPS)
def editing(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, paragraph: str = ""
) -> Response:
    """Show the editor of all paragraphs, or of one."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, queries.at(session, meeting_row))
    return _render_editor(session, actor, house, request, meeting_row, only=paragraph)


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
    """Save paragraphs. A save on an older revision is refused; both texts are shown and can be saved on the current
    one."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.KEEP.require(actor, queries.at(session, meeting_row))
    texts = _select_changed_texts(session, actor, meeting_row, texts, revision)
    entry = read(Paragraphs, {"texts": texts})
    if entry.made is None:
        wrong = next(iter(entry.errors.values()))
        return _render_editor(
            session, actor, house, request, meeting_row, only=only, texts=texts, refused=wrong, status=400
        )
    try:
        with apart(session):
            actions.save(session, actor, meeting_row, entry.made.texts, revision=revision)
    except Refusal as error:
        why, status = error.reason, error.status
        return _render_editor(
            session, actor, house, request, meeting_row, only=only, texts=texts, refused=why, status=status
        )
    return RedirectResponse(
        f"/meetings/{meeting_row.id}/report?done=saved{f'#p-{only}' if only.isalnum() else ''}", 303
    )


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
    """Show the revisions that the reader may see, and the differences between two of them, by default the last two."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    report = queries.visible(session, actor, meeting_row)
    listed = queries.revisions(session, actor, meeting_row, report) if report else []
    numbers = [row[0].number for row in listed]
    changes = None
    if report and len(numbers) > 1:
        latter, former = latter or numbers[0], former or numbers[1]
        old, new = (queries.one_revision(session, actor, meeting_row, report, each) for each in (former, latter))
        changes = differences(*([each["text"] for each in rev.paragraphs] for rev in (old, new)))
    return house.pages.show(
        request,
        "web/reports/revisions.html",
        frame=frame(session, actor, meeting_row, "report", house.pages.language(request)),
        listed=listed,
        former=former,
        latter=latter,
        lang=report.lang if report else "",
        stretches=None if changes is None else list(stretches(changes)),
        count=sum(each.kind is not Change.SAME for each in changes or []),
    )


@router.get(f"{HERE}/docx", name="report-docx", dependencies=SEES)
def in_word(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse) -> Response:
    """Download the current report as a Word document."""
    report = _load_printable_report(session, actor, meeting)
    let_go(session)
    return attachment(as_word(house, report), DOCX, f"{report.name}.docx")


@router.get(f"{HERE}/pdf", name="report-pdf", dependencies=SEES)
def pdf(meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse) -> Response:
    """Download the current report as PDF."""
    report = _load_printable_report(session, actor, meeting)
    let_go(session)
    return attachment(as_pdf(house, report), PDF, f"{report.name}.pdf")


def _load_printable_report(session: ReadSession, actor: Actor, meeting: UUID) -> Paper:
    meeting_row = meetings.one_visible(session, actor, meeting)
    rules.SEE.require(actor, meeting_row)
    report = queries.one_visible(session, actor, meeting_row)
    return paper(session, meeting_row, report, _symbol(session, actor, report))


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
    """Render the current report; `refused` says why an action was not done."""
    report = queries.visible(session, actor, meeting)
    situation = queries.at(session, meeting, actor.entity)
    permission_names = ("DRAFT", "KEEP", "CIRCULATE", "CORRECT", "ANSWER", "ADOPT", "REGISTER")
    corrections = queries.corrections(session, actor, meeting, report) if report else []
    return house.pages.show(
        request,
        "web/reports/show.html",
        status=status,
        frame=frame(session, actor, meeting, "report", house.pages.language(request)),
        report=report,
        tag_of=STAGES[Stage(report.stage)] if report else None,
        symbol=_symbol(session, actor, report) if report else "",
        paragraphs=_number_paragraphs(session, report),
        corrections=[(each, EntityName(each.entity), ANSWERS[Answer(each.state)]) for each in corrections],
        may={name.lower() for name in permission_names if getattr(rules, name).allows(actor, situation)},
        attributions=ATTRIBUTIONS,
        has_pdf=bool(house.settings.soffice),
        template_at=_template_url(session, actor, meeting),
        refused=refused,
    )


def _template_url(session: ReadSession, actor: Actor, meeting: Meeting) -> str:
    """Return the page of the report template for those who may change it, otherwise ""."""
    if not rules.PUT_TEMPLATE.allows(actor, Place(meeting.body_id)):
        return ""
    return f"/bodies/{session.get_one(Body, meeting.body_id).code}/report-template"


def _number_paragraphs(session: ReadSession, report: Report | None) -> Sequence[object]:
    return list(numbered(paragraphs_of(queries.latest(session, report).paragraphs))) if report else []


def _symbol(session: ReadSession, actor: Actor, report: Report) -> str:
    if report.document_id is None:
        return ""
    return next((row.symbol for row in documents.those(session, actor, [report.document_id])), "")


def _select_changed_texts(
    session: ReadSession, actor: Actor, meeting: Meeting, texts: dict[str, str], revision: int
) -> dict[str, str]:
    """Return the texts that differ from the revision that was read. The form of a whole report submits every
    paragraph, and what others saved meanwhile must not be undone by paragraphs left untouched."""
    report = queries.one_visible(session, actor, meeting)
    if not 0 < revision <= report.revision:
        return texts
    read_revision = queries.one_revision(session, actor, meeting, report, revision)
    previous_texts = {each.key: each.text for each in paragraphs_of(read_revision.paragraphs)}
    return {key: text for key, text in texts.items() if text.replace("\r\n", "\n") != previous_texts.get(key)}


def _render_editor(
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
    """Render the editor. Typed text stays; where it differs from the saved text, both are shown."""
    report = queries.one_visible(session, actor, meeting)
    typed, rows = texts or {}, list(numbered(paragraphs_of(queries.latest(session, report).paragraphs)))
    current_keys = {each.key for _, each in rows}
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
        lost=[text for key, text in typed.items() if key not in current_keys],
        refused=refused,
    )
