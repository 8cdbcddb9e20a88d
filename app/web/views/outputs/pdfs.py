"""The PDF of each text of an output: what pages show of it, or why there is none; and its download."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response

from app.core.db import ReadSession
from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection import PDF
from app.core.inspection.display_names import name_pdf
from app.domain.files import queries as file_queries
from app.domain.files.models import RenditionState
from app.domain.files.queries import AnyRendition
from app.domain.outputs.models import Output, OutputTranslation
from app.domain.outputs.rules.texts import OutputText, is_pdf_being_made, list_digests, may_get_pdf
from app.domain.silence.models import SilenceStatus, SilenceText
from app.domain.silence.queries import procedures as silence
from app.http.downloads import UNPUBLISHED_CACHE, download_response
from app.http.page_context import ReadContext
from app.web.views.documents.reading import UndrawnLine, list_replaced_typefaces, list_undrawn_content

BEING_MADE = _("The PDF is being made. Open this page again in a few minutes.")
NOT_MADE = _("No PDF could be made of this file. Save it again in Word and replace it, or upload a PDF in its place.")
NO_CONVERTER = _("No PDF is made of Word documents here.")
UNDER_SILENCE = _("The silence procedure was started without a PDF of this text, so none is added.")
ADOPTED_WITHOUT = _("The text was adopted without a PDF, so none is released.")
APPROVED_WITHOUT = _("The translation was approved without a PDF, so none is released.")


@dataclass(frozen=True, slots=True)
class OutputPdf:
    """The PDF of a text that is none itself. If it is `missing`, that says why; `can_follow` if it may still be added,
    as the text was neither adopted nor approved, and `is_being_made` if it will be.

    `undrawn` is what it does not show of the file at `original_url`, `replaced_typefaces` as in `FilePreview`.
    """

    language: str
    href: str
    original_url: str
    sha256: str | None = None
    size: int | None = None
    pages: int | None = None
    missing: LazyText | None = None
    can_follow: bool = False
    is_being_made: bool = False
    undrawn: Sequence[UndrawnLine] = ()
    replaced_typefaces: Sequence[str] = ()


def load_pdfs(session: ReadSession, output: Output, texts: Sequence[OutputText]) -> dict[str, OutputPdf]:
    """Load the PDF of each of these texts of an output that was found for the actor, by language; those that are PDF
    themselves are left out."""
    convertible = [text for text in texts if text.media != PDF]
    renditions = file_queries.find_renditions(session, [text.sha256 for text in convertible])
    is_under_silence = silence.get_silence_rule_subject(session, output).status == SilenceStatus.OPEN
    return {
        text.language: _build_pdf(text, output, renditions.get(text.sha256), is_under_silence=is_under_silence)
        for text in convertible
    }


def send_pdf_of_text(context: ReadContext, text: OutputText | SilenceText) -> Response:
    """Send the PDF of a text that was found for the actor. Raises NotFound if it has none, Conflict while it or
    the file from which it was made waits for the virus scanner, or if a virus was found in one of them."""
    if text.pdf is None:
        raise NotFound()
    file_queries.require_clean_scans(context.session, list_digests([text]))
    return download_response(
        context.request,
        context.portal.store,
        sha256=text.pdf,
        media_type=PDF,
        name=name_pdf(text.name),
        cache_control=UNPUBLISHED_CACHE,
    )


def _build_pdf(
    text: OutputText, output: Output, rendition: AnyRendition | None, *, is_under_silence: bool
) -> OutputPdf:
    folder = "translations" if isinstance(text, OutputTranslation) else "files"
    original_url = f"/outputs/{output.id}/{folder}/{text.language}"
    href = f"{original_url}/pdf"
    if text.pdf is None:
        is_fixed = not may_get_pdf(text, output)
        missing = _name_decision_without_pdf(text) if is_fixed else _name_cause(rendition)
        if is_under_silence and not is_fixed and not isinstance(text, OutputTranslation):
            missing, is_fixed = UNDER_SILENCE, True
        is_being_made = not is_fixed and is_pdf_being_made(text, output, rendition)
        return OutputPdf(
            text.language,
            href,
            original_url,
            missing=missing,
            can_follow=not is_fixed,
            is_being_made=is_being_made,
        )
    made = rendition if rendition and rendition.pdf == text.pdf else None
    return OutputPdf(
        text.language,
        href,
        original_url,
        text.pdf,
        text.pdf_size,
        made.pages if made else None,
        undrawn=list_undrawn_content(made) if made else (),
        replaced_typefaces=list_replaced_typefaces(made) if made else (),
    )


def _name_decision_without_pdf(text: OutputText) -> LazyText:
    return APPROVED_WITHOUT if isinstance(text, OutputTranslation) else ADOPTED_WITHOUT


def _name_cause(rendition: AnyRendition | None) -> LazyText:
    """Say why a text that may still get its PDF has none yet."""
    if rendition is None or rendition.state == RenditionState.WAITING or rendition.pdf:
        return BEING_MADE
    return NOT_MADE if rendition.state == RenditionState.FAILED else NO_CONVERTER
