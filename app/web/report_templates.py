"""The report template of a body: its fields and styles, the current one, uploading another, and earlier ones."""

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
    """Show the report template of a body."""
    body_row = _get_body(session, actor, body)
    return _render_page(session, house, request, body_row)


@router.post(HERE, name="put-report-template", dependencies=PUTS)
def put(
    body: str, actor: SignedIn, session: Writing, house: TheHouse, request: Request, given: OfferedFile
) -> Response:
    """Upload a report template. The page explains why a file is refused; nothing is raised (BadRequest and
    PayloadTooLarge are caught)."""
    body_row = _get_body(session, actor, body)
    try:
        accepted_file = take(session, actor, house, request, body_row.id, given)
        if accepted_file is None:
            raise Unacceptable(NO_FILE)
        template = _read_template(house, accepted_file)
        with apart(session):
            templating.put_template(session, actor, body_row, template)
    except (Unacceptable, TooMuch) as error:
        return _render_page(session, house, request, body_row, error)
    settle(session, actor, accepted_file)
    return RedirectResponse(f"/bodies/{body_row.code}/report-template?done=saved", 303)


@router.post(f"{HERE}/drop", name="drop-report-template", dependencies=PUTS)
def drop(body: str, actor: SignedIn, session: Writing) -> Response:
    """Remove the body's own template; the default one applies again."""
    body_row = _get_body(session, actor, body)
    templating.drop_template(session, actor, body_row)
    return RedirectResponse(f"/bodies/{body_row.code}/report-template?done=saved", 303)


@router.get(f"{HERE}/file", name="report-template-file", dependencies=PUTS)
def file(body: str, actor: SignedIn, session: Reading, house: TheHouse, request: Request, of: str = "") -> Response:
    """Download the current template, or the default one with `?of=house`, to edit it in Word."""
    body_row = _get_body(session, actor, body)
    template = None if of == "house" else queries.template_of(session, body_row.id)
    if template is None:
        return attachment(letterhead(), DOCX, f"{body_row.prefix}-report-template.docx")
    scans.insist_on_checked(session, [str(template.sha256)])
    return download(request, house.store, sha256=str(template.sha256), media=DOCX, name=template.name, caching=PRIVATE)


def _get_body(session: ReadSession, actor: Actor, code: str) -> Body:
    """Return a body whose template the actor may change. Raises NotFound, Forbidden."""
    body = bodies.one_visible(session, actor, code)
    rules.PUT_TEMPLATE.require(actor, Place(body.id))
    return body


def _read_template(house: House, accepted_file: Taken) -> NewTemplate:
    """Read the fields of a Word file outside any transaction; a PDF has none. Raises BadRequest if they cannot be
    read."""
    file_facts = accepted_file.file
    fields: list[tuple[str, bool]] = []
    if file_facts.kind == DOCX:
        with TemporaryDirectory(prefix="cwg-template-") as place:
            path = Path(place) / "template.docx"
            with path.open("wb") as out:
                out.writelines(house.store.pieces(file_facts.sha256))
            try:
                fields = fields_of(path)
            except Failed:
                raise Unacceptable(say("The fields of this file cannot be read. Save it again with Word.")) from None
    return NewTemplate(
        sha256=file_facts.sha256,
        size=file_facts.size,
        media=file_facts.kind,
        name=file_facts.offered_name,
        fields=tuple(fields),
    )


def _render_page(
    session: ReadSession, house: House, request: Request, body: Body, refused: Refusal | None = None
) -> Response:
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
