"""The adoption record of an output: how, when and as exactly which text it was adopted, and what States said of it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.errors import Conflict
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.outputs.models import Output, OutputStatus
from app.domain.outputs.queries import outputs
from app.domain.outputs.rules import outputs as rules
from app.domain.silence.queries.positions import list_statements, list_visible_positions
from app.domain.silence.queries.procedures import find_procedure_that_adopted, list_extensions
from app.http.authentication import SignedInGuard
from app.http.exports.pdf_export import is_pdf_available, pdf_response
from app.http.labels import ADOPTION_METHOD_LABELS
from app.http.page_context import COSTLY_TURN, ReadContext
from app.web.views.documents.titles import localize_title
from app.web.views.outputs.addressees import list_addressee_lines
from app.web.views.outputs.languages import load_output_languages
from app.web.views.outputs.outputs import find_sole_decision, load_output_summary
from app.web.views.silence.addressees import load_silence_addressees
from app.web.views.silence.silence import build_statement_line, count_positions, list_position_lines

router = APIRouter()

SEE_OUTPUT_GUARDS = [Depends(SignedInGuard(rules.SEE_OUTPUT))]


@router.get("/outputs/{output}/record", dependencies=SEE_OUTPUT_GUARDS)
def show_adoption_record(context: ReadContext, output: UUID) -> Response:
    """Show the adoption record."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    return context.render(
        "web/silence/record.html", has_pdf=is_pdf_available(), **_build_record_context(context, output_row)
    )


@router.get("/outputs/{output}/record.pdf", dependencies=[*SEE_OUTPUT_GUARDS, COSTLY_TURN])
def download_adoption_record_pdf(context: ReadContext, output: UUID) -> Response:
    """Download the adoption record as PDF."""
    output_row = outputs.get_visible_output(context.session, context.actor, output)
    language = context.language
    record_context = _build_record_context(context, output_row)
    meeting = context.session.get_one(Meeting, output_row.meeting_id)
    body = context.session.get_one(Body, output_row.body_id)
    html = context.portal.templates.render_printable_html(
        language,
        "print/adoption.html",
        meeting=meeting,
        body_name=localize_title(body.names, language),
        place=localize_title(meeting.place, language),
        **record_context,
    )
    return pdf_response(
        context.session, html, f"{output_row.symbol} adoption record {language.upper()}.pdf".replace("/", "-")
    )


def _build_record_context(context: ReadContext, output: Output) -> dict[str, Any]:
    """Build the values of page and PDF. Raises Conflict if the text is not adopted."""
    session, formats = context.session, context.localizer
    rules.SEE_OUTPUT.require(context.actor, outputs.get_output_rule_subject(session, output))
    if output.status == OutputStatus.DRAFT or output.adopted_how is None:
        raise Conflict(_("The text has not been adopted yet: there is no record of its adoption."))
    procedure = find_procedure_that_adopted(session, output)
    silence_positions = list_visible_positions(session, context.actor, procedure).positions if procedure else []
    return {
        "about": load_output_summary(session, output, formats.language),
        "addressed_to": list_addressee_lines(session, output),
        "translated": load_output_languages(session, context.actor, output, formats),
        "how": ADOPTION_METHOD_LABELS[output.adopted_how],
        "adopter": outputs.index_names_of_people_involved(session, output).get(output.adopted_by)
        if output.adopted_by
        else None,
        "alone": find_sole_decision(session, output, formats),
        "procedure": procedure,
        "said": list_position_lines(silence_positions),
        "counts": count_positions(silence_positions, len(procedure.addressees)) if procedure else [],
        "whom": load_silence_addressees(session, procedure, formats.language) if procedure else None,
        "extensions": list_extensions(session, procedure) if procedure else [],
        "statements": [build_statement_line(each) for each in list_statements(session, output)],
    }
