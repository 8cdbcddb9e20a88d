"""The template of the reports of a body: which fields it may have, putting one, and going back to the house's own."""

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
"""The field in whose place the paragraphs of the report come."""

TEXTS = ("organization", "body", "title", "symbol", "stage", "revision", "place", "dates")


def put_template(session: WriteSession, actor: Actor, body: Body, new: NewTemplate) -> ReportTemplate:
    """The reports of a body look like this from now on. Raises Unacceptable for what cannot be filled in."""
    rules.PUT_TEMPLATE.require(actor, Place(body.id))
    if new.media != DOCX:
        raise Unacceptable(say("A template is a Word document (DOCX)."))
    _insist_on_fields(new.fields)
    return _keep(session, actor, body, ReportTemplate(sha256=new.sha256, size=new.size, name=new.name))


def drop_template(session: WriteSession, actor: Actor, body: Body) -> None:
    """The house's own template holds again."""
    rules.PUT_TEMPLATE.require(actor, Place(body.id))
    _keep(session, actor, body, ReportTemplate(sha256=None, size=0, name=""))


def _keep(session: WriteSession, actor: Actor, body: Body, made: ReportTemplate) -> ReportTemplate:
    made.body_id, made.put_by, made.put_at = body.id, actor.person, clock.now()
    session.add(made)
    session.flush()
    happened = events.ReportTemplateChanged(made.id, made.sha256 or "")
    journal.record(session, actor, happened, body=body.id)
    return made


def _insist_on_fields(fields: Sequence[tuple[str, bool]]) -> None:
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
