"""The template of the reports of a body: check its fields, put it, and go back to the built-in one."""

from app.core import clock, journal
from app.core.db import WriteSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Body
from app.domain.bodies.rules import EntityInBody
from app.domain.files.inputs import NewWordTemplate
from app.domain.files.rules import list_field_places, require_known_fields
from app.domain.reports import events
from app.domain.reports.models import ReportTemplate
from app.domain.reports.rules import reports

REPORT_FIELD = "report"
"""The field that is replaced by the paragraphs of the report."""

TEXT_FIELDS = ("organization", "body", "title", "symbol", "stage", "revision", "place", "dates")


def put_report_template(session: WriteSession, actor: Actor, body: Body, content: NewWordTemplate) -> ReportTemplate:
    """Put a template for the reports of a body from now on.

    Raises Forbidden; BadRequest if it is not a DOCX file or its fields cannot be filled in.
    """
    reports.PUT_TEMPLATE.require(actor, EntityInBody(body.id))
    _check_fields(content)
    return _store_template(
        session, actor, body, ReportTemplate(sha256=content.sha256, size=content.size, name=content.name)
    )


def reset_report_template(session: WriteSession, actor: Actor, body: Body) -> None:
    """Return to the built-in template. Raises Forbidden."""
    reports.PUT_TEMPLATE.require(actor, EntityInBody(body.id))
    _store_template(session, actor, body, ReportTemplate(sha256=None, size=0, name=""))


def _store_template(session: WriteSession, actor: Actor, body: Body, template: ReportTemplate) -> ReportTemplate:
    """Store the template and record the change in the journal."""
    template.body_id, template.put_by, template.put_at = body.id, actor.person, clock.now()
    session.add(template)
    session.flush()
    event = events.ReportTemplateChanged(template.id, template.sha256 or "")
    journal.record_event(session, actor, event, body=body.id)
    return template


def _check_fields(template: NewWordTemplate) -> None:
    """Raise BadRequest unless the file is a DOCX with known fields, and the report field once, alone in a paragraph."""
    require_known_fields(template, (REPORT_FIELD, *TEXT_FIELDS))
    if list_field_places(template, REPORT_FIELD) != [True]:
        raise BadRequest(
            _(
                "The template must contain the field %(field)s once, in a separate paragraph outside tables, "
                "text boxes, headers and footers. The report is inserted there.",
                field="{{ report }}",
            )
        )
