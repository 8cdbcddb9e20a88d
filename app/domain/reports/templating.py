"""The template of the reports of a body: check its fields, put it, and go back to the built-in one."""

from collections.abc import Sequence

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import WriteSession
from app.core.errors import Unacceptable
from app.core.gate import DOCX
from app.core.i18n import say
from app.domain.bodies.models import Body
from app.domain.bodies.rules import Place
from app.domain.reports import events, rules
from app.domain.reports.inputs import NewTemplate
from app.domain.reports.models import ReportTemplate

REPORT = "report"
"""The field that is replaced by the paragraphs of the report."""

TEXTS = ("organization", "body", "title", "symbol", "stage", "revision", "place", "dates")


def put_template(session: WriteSession, actor: Actor, body: Body, new: NewTemplate) -> ReportTemplate:
    """Put a template for the reports of a body from now on.

    Raises Forbidden; BadRequest if it is not a DOCX file or its fields cannot be filled in.
    """
    rules.PUT_TEMPLATE.require(actor, Place(body.id))
    if new.media != DOCX:
        raise Unacceptable(say("A template is a Word document (DOCX)."))
    _check_fields(new.fields)
    return _store_template(session, actor, body, ReportTemplate(sha256=new.sha256, size=new.size, name=new.name))


def drop_template(session: WriteSession, actor: Actor, body: Body) -> None:
    """Return to the built-in template. Raises Forbidden."""
    rules.PUT_TEMPLATE.require(actor, Place(body.id))
    _store_template(session, actor, body, ReportTemplate(sha256=None, size=0, name=""))


def _store_template(session: WriteSession, actor: Actor, body: Body, template: ReportTemplate) -> ReportTemplate:
    """Store the template and record the change in the journal."""
    template.body_id, template.put_by, template.put_at = body.id, actor.person, clock.now()
    session.add(template)
    session.flush()
    event = events.ReportTemplateChanged(template.id, template.sha256 or "")
    journal.record(session, actor, event, body=body.id)
    return template


def _check_fields(fields: Sequence[tuple[str, bool]]) -> None:
    """Raise BadRequest for unknown fields, or unless the report field is there once, alone in a paragraph."""
    unknown = sorted({name for name, _ in fields} - {REPORT, *TEXTS})
    if unknown:
        raise Unacceptable(
            say(
                "The template has fields that are not known here: %(unknown)s. Known fields: %(known)s.",
                unknown=", ".join(f"“{name}”" for name in unknown),
                known=", ".join((REPORT, *TEXTS)),
            )
        )
    if [alone for name, alone in fields if name == REPORT] != [True]:
        raise Unacceptable(
            say(
                "The template has to have the field %(field)s once, in a paragraph of its own outside tables, boxes,"
                " headers and footers: the report comes there.",
                field="{{ report }}",
            )
        )
