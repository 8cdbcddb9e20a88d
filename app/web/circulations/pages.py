"""Circulated versions of drafts: circulating one, its page and files, and the differences between two of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from pydantic import BaseModel

from app.core.errors import Conflict, DomainError
from app.core.i18n import LANGUAGES
from app.core.journal import savepoint
from app.domain.circulations import queries, rules
from app.domain.circulations.actions import circulation
from app.domain.circulations.inputs import NewCirculation
from app.domain.files import queries as file_queries
from app.domain.meetings.inputs import end_of_day
from app.domain.outputs.models import Output
from app.domain.outputs.queries import outputs
from app.domain.silence.queries.procedures import get_output_rule_subject_after_silence
from app.http.authentication import SignedInGuard
from app.http.downloads import PRIVATE_CACHE, download_response
from app.http.localization import Localizer
from app.http.page_context import COSTLY_TURN, ReadContext, WriteContext
from app.web.forms.messages import build_form_page_values, prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, parse_form
from app.web.views.circulations.circulations import (
    CirculatedVersionSummary,
    list_version_sources,
    load_version_summary,
)
from app.web.views.circulations.comments import place_comments
from app.web.views.dockets.circulations import build_circulation_docket
from app.web.views.documents.diffs import describe_differences
from app.web.views.outputs.outputs import load_output_summary as about_draft

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

SEE_VERSION_GUARDS = [Depends(SignedInGuard(rules.SEE_VERSION))]
CIRCULATE_DRAFT_GUARDS = [Depends(SignedInGuard(rules.CIRCULATE_DRAFT))]
VERSIONS_PATH = "/outputs/{output}/versions"
VersionNumber = Annotated[int, Path(ge=1, le=10**6)]
ChosenVersionNumber = Annotated[int, Query(ge=0, le=10**6)]


class CirculationForm(BaseModel):
    """Form that circulates a draft, as typed; `text` is the digest of the text that was seen."""

    note: str = ""
    comments_by: str = ""
    text: str = ""


@router.get("/outputs/{output}/circulate", dependencies=CIRCULATE_DRAFT_GUARDS)
def show_circulation_form(context: ReadContext, output: UUID) -> Response:
    """Show the form that circulates a draft."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    rules.CIRCULATE_DRAFT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))
    return _render_circulate_page(context, output_row, prefill_form(CirculationForm()))


@router.post("/outputs/{output}/circulate", dependencies=CIRCULATE_DRAFT_GUARDS)
def circulate_draft(context: WriteContext, output: UUID, form: Annotated[CirculationForm, Form()]) -> Response:
    """Circulate exactly the draft that was seen."""
    output_row = outputs.get_visible_output(context.session, context.actor, output, lock=True)
    rules.CIRCULATE_DRAFT.require(context.actor, get_output_rule_subject_after_silence(context.session, output_row))
    entry = parse_form(NewCirculation, form.model_dump())
    if entry.value is None:
        return _render_circulate_page(context, output_row, entry)
    try:
        with savepoint(context.session):
            version = circulation.circulate_draft(context.session, context.actor, output_row, entry.value)
    except Conflict as refusal:
        return _render_circulate_page(context, output_row, entry, refusal)
    return context.redirect(f"/outputs/{output_row.id}/versions/{version.number}?done=circulated")


@router.get(VERSIONS_PATH, dependencies=SEE_VERSION_GUARDS)
def redirect_to_latest_version(context: ReadContext, output: UUID) -> Response:
    """Redirect to the latest version: a URL that stays valid."""
    newest = queries.list_circulated_versions(context.session, context.actor, output)[0][0]
    return context.redirect(f"/outputs/{output}/versions/{newest.number}")


@router.get(f"{VERSIONS_PATH}/differences", dependencies=[*SEE_VERSION_GUARDS, COSTLY_TURN])
def show_version_differences(
    context: ReadContext,
    output: UUID,
    former: Annotated[ChosenVersionNumber, Query(alias="from")] = 0,
    latter: Annotated[ChosenVersionNumber, Query(alias="to")] = 0,
    language: str = "",
) -> Response:
    """Show the differences between two versions, by default the last two, in one language that both have."""
    newest = queries.list_circulated_versions(context.session, context.actor, output)[0][0].number
    latter = latter or newest
    reader_language = context.language
    summary = load_version_summary(context.session, context.actor, output, latter, reader_language)
    old = load_version_summary(context.session, context.actor, output, former or max(1, latter - 1), reader_language)
    shared = [text.language for text in summary.texts if text.language in {each.language for each in old.texts}]
    chosen = next((code for code in (language, reader_language, summary.version.original) if code in shared), "")
    chosen = chosen or (shared[0] if shared else "")
    texts = (
        [queries.read_paragraphs(context.session, each.version, chosen) for each in (old, summary)]
        if chosen
        else [None, None]
    )
    return context.render(
        "web/circulations/differences.html",
        about=summary,
        old=old,
        shared=shared,
        chosen=chosen,
        differences=describe_differences(*texts),
    )


@router.get(f"{VERSIONS_PATH}/{{number}}", dependencies=SEE_VERSION_GUARDS)
def show_circulated_version(context: ReadContext, output: UUID, number: VersionNumber, language: str = "") -> Response:
    """Show a circulated version with its comments."""
    reader_language = context.language
    summary = load_version_summary(context.session, context.actor, output, number, reader_language)
    rules.SEE_VERSION.require(context.actor, summary.version)
    chosen = summary.choose_text_language(language, reader_language)
    sources, decisions = list_version_sources(context.session, context.actor, summary.version, reader_language)
    on = queries.get_circulation_rule_subject(context.session, summary.version, context.actor.entity)
    paragraphs = queries.read_paragraphs(context.session, summary.version, chosen)
    return context.render(
        "web/circulations/show.html",
        about=summary,
        chosen=chosen,
        paragraphs=paragraphs,
        comments=place_comments(context.session, context.actor, summary.version, chosen, paragraphs or []),
        docket=build_circulation_docket(
            context.actor,
            on,
            unanswered=queries.count_unanswered_comments(context.session, summary.version.output_id),
            comments_by=_format_comments_deadline(summary, context.localizer),
        ),
        may_comment=rules.ADD_COMMENT.allows(context.actor, on),
        languages_of_text=_language_links(summary, chosen, context.localizer),
        sources=sources,
        decisions=decisions,
    )


@router.get(f"{VERSIONS_PATH}/{{number}}/files/{{language}}", dependencies=SEE_VERSION_GUARDS)
def download_circulated_text(context: ReadContext, output: UUID, number: VersionNumber, language: str) -> Response:
    """Download the text exactly as it was circulated."""
    version = queries.get_visible_circulated_version(context.session, context.actor, output, number)
    rules.SEE_VERSION.require(context.actor, version)
    text = queries.get_circulated_text(context.session, version, language)
    file_queries.require_clean_scans(context.session, [text.sha256])
    return download_response(
        context.request,
        context.portal.store,
        sha256=text.sha256,
        media_type=text.media,
        name=text.name,
        cache_control=PRIVATE_CACHE,
    )


def _format_comments_deadline(summary: CirculatedVersionSummary, formats: Localizer) -> tuple[str, str] | None:
    """Format the day until which comments are asked for, if there is one."""
    day = summary.version.comments_by
    if day is None:
        return None
    zone = summary.meeting.zone
    return formats.format_due(end_of_day(day, zone), zone)


def _language_links(summary: CirculatedVersionSummary, chosen: str, formats: Localizer) -> list[tuple[str, str, bool]]:
    """Return links to the text in each of its languages."""
    available = {text.language for text in summary.texts}
    codes = [code for code in LANGUAGES if code in available]
    return [(f"{summary.here}?language={code}#text", formats.language_name(code), code == chosen) for code in codes]


def _render_circulate_page(
    context: ReadContext, output: Output, entry: ParsedForm[NewCirculation], refusal: DomainError | None = None
) -> Response:
    """Render the form that says what will happen, and with exactly which text."""
    last = queries.find_latest_circulated_version(context.session, output)
    return context.render(
        "web/circulations/circulate.html",
        about=about_draft(context.session, output, context.language),
        number=last.number + 1 if last else 1,
        last=last,
        **build_form_page_values(entry, refusal),
    )
