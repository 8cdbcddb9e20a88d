"""Circulated versions of drafts: circulating one, its page and files, and the differences between two of them."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.asgi.actors import Asks, SignedIn
from app.asgi.files import PRIVATE, download
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse, Writing
from app.core.db import ReadSession
from app.core.differences import Kind, differences
from app.core.errors import Conflict
from app.core.i18n import LANGUAGES, Text
from app.core.journal import apart
from app.domain.circulations import actions, queries, rules
from app.domain.circulations.inputs import Circulation
from app.domain.outputs import queries as outputs
from app.domain.outputs.models import Output
from app.domain.scans import queries as scans
from app.domain.silence import queries as silence
from app.web.circulation_view import About, about, docket, made_from
from app.web.comment_view import beside
from app.web.differences_view import stretches
from app.web.entries import EachFieldOnce, Typed, read
from app.web.output_standing import about as about_draft

router = APIRouter(dependencies=[Depends(EachFieldOnce())])

SEES, CIRCULATES = [Depends(Asks(rules.SEE))], [Depends(Asks(rules.CIRCULATE))]
HERE = "/outputs/{output}/versions"
Number = Annotated[int, Path(ge=1, le=10**6)]
Chosen = Annotated[int, Query(ge=0, le=10**6)]


@router.get("/outputs/{output}/circulate", name="circulating-draft", dependencies=CIRCULATES)
def circulating(output: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request) -> Response:
    """Show the form that circulates a draft."""
    output_row = outputs.one_visible(session, actor, output)
    rules.CIRCULATE.require(actor, silence.case(session, output_row))
    return _render_circulate_page(session, house, request, output_row, {"note": "", "comments_by": ""})


@router.post("/outputs/{output}/circulate", name="circulate-draft", dependencies=CIRCULATES)
def circulate(
    output: UUID,
    actor: SignedIn,
    session: Writing,
    house: TheHouse,
    request: Request,
    note: Typed = "",
    comments_by: Typed = "",
    text: Typed = "",
) -> Response:
    """Circulate exactly the draft that was seen."""
    output_row = outputs.one_visible(session, actor, output, lock=True)
    rules.CIRCULATE.require(actor, silence.case(session, output_row))
    typed = {"note": note, "comments_by": comments_by}
    entry = read(Circulation, typed | {"text": text})
    if entry.made is None:
        return _render_circulate_page(session, house, request, output_row, typed, errors=entry.errors)
    try:
        with apart(session):
            version = actions.circulate(session, actor, output_row, entry.made)
    except Conflict as conflict:
        return _render_circulate_page(session, house, request, output_row, typed, stale=conflict.reason)
    return RedirectResponse(f"/outputs/{output_row.id}/versions/{version.number}?done=circulated", 303)


@router.get(HERE, name="versions", dependencies=SEES)
def latest(output: UUID, actor: SignedIn, session: Reading) -> Response:
    """Redirect to the latest version: a URL that stays valid."""
    newest = queries.versions(session, actor, output)[0][0]
    return RedirectResponse(f"/outputs/{output}/versions/{newest.number}", 303)


@router.get(f"{HERE}/differences", name="version-differences", dependencies=SEES)
def compare(
    output: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    former: Annotated[Chosen, Query(alias="from")] = 0,
    latter: Annotated[Chosen, Query(alias="to")] = 0,
    language: str = "",
) -> Response:
    """Show the differences between two versions, by default the last two, in one language that both have."""
    newest = queries.versions(session, actor, output)[0][0].number
    latter = latter or newest
    reader_language = house.pages.language(request)
    summary = about(session, actor, output, latter, reader_language)
    old = about(session, actor, output, former or max(1, latter - 1), reader_language)
    shared = [text.language for text in summary.texts if text.language in {each.language for each in old.texts}]
    chosen = next((code for code in (language, reader_language, summary.version.original) if code in shared), "")
    chosen = chosen or (shared[0] if shared else "")
    texts = [queries.paragraphs(session, each.version, chosen) for each in (old, summary)] if chosen else [None, None]
    changes = differences(*texts) if None not in texts else None
    return house.pages.show(
        request,
        "web/circulations/differences.html",
        about=summary,
        old=old,
        shared=shared,
        chosen=chosen,
        stretches=list(stretches(changes or [])),
        count=sum(each.kind is not Kind.SAME for each in changes or []),
        is_ready=changes is not None,
    )


@router.get(f"{HERE}/{{number}}", name="version", dependencies=SEES)
def show(
    output: UUID,
    number: Number,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    language: str = "",
) -> Response:
    """Show a circulated version with its comments."""
    reader_language = house.pages.language(request)
    summary = about(session, actor, output, number, reader_language)
    rules.SEE.require(actor, summary.version)
    chosen = summary.text(language, reader_language)
    sources, decisions = made_from(session, actor, summary.version, reader_language)
    on = queries.on(session, summary.version, actor.entity)
    paragraphs = queries.paragraphs(session, summary.version, chosen)
    return house.pages.show(
        request,
        "web/circulations/show.html",
        about=summary,
        chosen=chosen,
        paragraphs=paragraphs,
        comments=beside(session, actor, summary.version, chosen, paragraphs or []),
        docket=docket(session, actor, summary, on, Formats(reader_language)),
        may_comment=rules.PUT.allows(actor, on),
        languages_of_text=_language_links(summary, chosen, Formats(reader_language)),
        sources=sources,
        decisions=decisions,
    )


@router.get(f"{HERE}/{{number}}/files/{{language}}", name="version-file", dependencies=SEES)
def file(
    output: UUID,
    number: Number,
    language: str,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
) -> Response:
    """Download the text exactly as it was circulated."""
    version = queries.one_visible(session, actor, output, number)
    rules.SEE.require(actor, version)
    text = queries.one_text(session, version, language)
    scans.insist_on_checked(session, [text.sha256])
    return download(request, house.store, sha256=text.sha256, media=text.media, name=text.name, caching=PRIVATE)


def _language_links(summary: About, chosen: str, formats: Formats) -> list[tuple[str, str, bool]]:
    """Return links to the text in each of its languages."""
    available = {text.language for text in summary.texts}
    codes = [code for code in LANGUAGES if code in available]
    return [(f"{summary.here}?language={code}#text", formats.language_name(code), code == chosen) for code in codes]


def _render_circulate_page(
    session: ReadSession,
    house: House,
    request: Request,
    output: Output,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, Text] | None = None,
    stale: Text | None = None,
) -> Response:
    """Render the form that says what will happen, and with exactly which text."""
    last = queries.latest(session, output)
    return house.pages.show(
        request,
        "web/circulations/circulate.html",
        status=409 if stale else 400 if errors else 200,
        about=about_draft(session, output, Formats(house.pages.language(request)).language),
        number=last.number + 1 if last else 1,
        last=last,
        typed=typed,
        errors=errors or {},
        stale=stale,
    )
