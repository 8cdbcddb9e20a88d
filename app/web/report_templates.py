"""The template of the reports of a body: what it may say, the one that holds, another one, and those before it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import PRIVATE, attachment, download
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Refusal, TooMuch, Unacceptable
from app.core.gate import DOCX
from app.core.i18n import say
from app.core.journal import apart
from app.core.render.bounded import Failed
from app.core.render.filling import fields_of
from app.domain.bodies import queries as bodies
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.reports import queries, rules, templating
from app.domain.reports.inputs import NewTemplate
from app.domain.scans import queries as scans
from app.web.entries import EachFieldOnce
from app.web.receiving import NO_FILE, OfferedFile, Taken, largest_of, settle, take, why_not
from app.web.report_letterhead import DECISION, PARAGRAPH, POSITION, letterhead
from app.web.titles import in_language

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

HERE = "/bodies/{body}/report-template"
PUTS = [Depends(Asks(rules.PUT_TEMPLATE))]
FIELDS = {
    templating.REPORT: say("All paragraphs of the report. It stands once, in a paragraph of its own."),
    "organization": say("The name of ITU"),
    "body": say("The name of the group"),
    "title": say("What the report is called"),
    "symbol": say("Its symbol, once it has one; until then the line is left out if nothing else stands in it"),
    "stage": say("Draft, circulated or adopted"),
    "revision": say("The number of the revision"),
    "place": say("Where the meeting was"),
    "dates": say("From when to when"),
}
STYLES = {
    "Heading 1": say("Headings: agenda items and the like"),
    PARAGRAPH: say("Numbered paragraphs"),
    DECISION: say("The text of a decision"),
    POSITION: say("What a State put on record"),
}


@router.get(HERE, name="report-template", dependencies=PUTS)
def show(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    there = _body(session, actor, body)
    return _page(session, house, request, there)


@router.post(HERE, name="put-report-template", dependencies=PUTS)
def put(
    body: str, actor: SignedIn, session: Writing, house: TheHouse, request: Request, given: OfferedFile
) -> Response:
    there = _body(session, actor, body)
    try:
        taken = take(session, actor, house, request, there.id, given)
        if taken is None:
            raise Unacceptable(NO_FILE)
        new = _read(house, taken)
        with apart(session):
            templating.put_template(session, actor, there, new)
    except (Unacceptable, TooMuch) as refused:
        return _page(session, house, request, there, refused)
    settle(session, actor, taken)
    return RedirectResponse(f"/bodies/{there.code}/report-template?done=saved", 303)


@router.post(f"{HERE}/drop", name="drop-report-template", dependencies=PUTS)
def drop(body: str, actor: SignedIn, session: Writing) -> Response:
    there = _body(session, actor, body)
    templating.drop_template(session, actor, there)
    return RedirectResponse(f"/bodies/{there.code}/report-template?done=saved", 303)


@router.get(f"{HERE}/file", name="report-template-file", dependencies=PUTS)
def file(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request, of: str = "") -> Response:
    """The template that holds, or the house's own (`?of=house`), to be changed in Word."""
    there = _body(session, actor, body)
    found = None if of == "house" else queries.template_of(session, there.id)
    if found is None:
        return attachment(letterhead(), DOCX, f"{there.prefix}-report-template.docx")
    scans.insist_on_checked(session, [str(found.sha256)])
    return download(request, house.store, sha256=str(found.sha256), media=DOCX, name=found.name, caching=PRIVATE)


def _body(session: ReadSession, actor: Actor, code: str) -> Body:
    there = bodies.one_visible(session, actor, code)
    rules.PUT_TEMPLATE.require(actor, Place(there.id))
    return there


def _read(house: House, taken: Taken) -> NewTemplate:
    """What the verb wants to know of the file; no connection is held meanwhile. A PDF has no fields."""
    new = taken.file
    fields: list[tuple[str, bool]] = []
    if new.kind == DOCX:
        with TemporaryDirectory(prefix="cwg-template-") as place:
            path = Path(place) / "template.docx"
            with path.open("wb") as out:
                out.writelines(house.store.pieces(new.sha256))
            try:
                fields = fields_of(path)
            except Failed:
                raise Unacceptable(say("The fields of this file cannot be read. Save it again with Word.")) from None
    return NewTemplate(sha256=new.sha256, size=new.size, media=new.kind, name=new.offered_name, fields=tuple(fields))


def _page(session: ReadSession, house: House, request: Request, body: Body, refused: Refusal | None = None) -> Response:
    return house.pages.show(
        request,
        "web/reports/template.html",
        status=refused.status if refused else 200,
        body=body,
        body_name=in_language(body.names, house.pages.language(request)),
        now=queries.template_of(session, body.id),
        before=queries.templates(session, body.id),
        fields=[(f"{{{{ {name} }}}}", words) for name, words in FIELDS.items()],
        styles=list(STYLES.items()),
        largest=largest_of(session, house, body.id),
        refused=why_not(refused),
    )
