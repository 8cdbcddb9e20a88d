"""The briefing file of a delegation as a Word document, laid out like a report."""

from collections.abc import Iterator

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.rendering.template_values import (
    DECISION_STYLE,
    PARAGRAPH_STYLE,
    POSITION_STYLE,
    TemplateFilling,
    TemplatePassage,
)
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.member_states import EntityName
from app.domain.reports.actions.templates import REPORT_FIELD
from app.http.page_context import ReadContext
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.timeline import get_meeting_today
from app.web.views.documents.titles import localize_title
from app.web.views.meetings.briefings import BriefedDocument, BriefedItem, Briefing, describe_readers, load_briefing
from app.web.views.reports.print import PrintableReport

HEADING_STYLE = "Heading 1"


def load_printable_briefing(context: ReadContext, meeting: Meeting) -> PrintableReport:
    """Load everything needed to render the briefing file of the actor's delegation."""
    body, formats = context.session.get_one(Body, meeting.body_id), context.localizer
    texts: dict[str, LazyText | str] = {
        "organization": _("International Telecommunication Union"),
        "body": localize_title(body.names, formats.language)[0],
        "title": _("Briefing file: %(meeting)s", meeting=format_meeting_name(meeting, body)),
        "symbol": describe_readers(context),
        "stage": EntityName(context.actor.entity),
        "revision": formats.format_day(get_meeting_today(meeting), weekday=False),
        "place": localize_title(meeting.place, formats.language)[0],
        "dates": formats.format_day_range(meeting.opens_on, meeting.closes_on),
    }
    passages = list(_list_passages(load_briefing(context, meeting), formats.language))
    translated = {name: formats.translate_text(text) for name, text in texts.items()}
    name = f"{body.prefix}-{meeting.number}-briefing"
    return PrintableReport(name, None, TemplateFilling(formats.language, translated, REPORT_FIELD, passages))


def _list_passages(briefing: Briefing, language: str) -> Iterator[TemplatePassage]:
    for item in briefing.items:
        yield from _list_item(item, language)
    if briefing.others:
        yield TemplatePassage(_("Not on the agenda yet").translate(language), HEADING_STYLE, language)
        for document in briefing.others:
            yield from _list_document(document, language)
    for note in briefing.former_notes:
        yield from _list_note(note.text, language)


def _list_item(item: BriefedItem, language: str) -> Iterator[TemplatePassage]:
    line = item.line
    yield TemplatePassage(f"{line.number} {line.title}", HEADING_STYLE, line.lang or language)
    yield from _list_note(item.note.text, language)
    for position in item.positions:
        label = position.stance.translate(language)
        yield TemplatePassage(f"{label}: {position.text}", POSITION_STYLE, position.lang or language)
    for document in item.documents:
        yield from _list_document(document, language)


def _list_document(document: BriefedDocument, language: str) -> Iterator[TemplatePassage]:
    line = document.line
    yield TemplatePassage(f"{line.symbol} – {line.title} ({line.entity})", DECISION_STYLE, line.lang or language)
    for text in (*document.abstract.split("\n"), *document.proposals):
        if text:
            yield TemplatePassage(text, PARAGRAPH_STYLE, document.lang or language)
    yield from _list_note(document.note.text, language)


def _list_note(note: str, language: str) -> Iterator[TemplatePassage]:
    """Yield the paragraphs of a note, if there is one."""
    lines = [line for line in note.split("\n") if line]
    if lines:
        lines[0] = _("Our note: %(text)s", text=lines[0]).translate(language)
    for line in lines:
        yield TemplatePassage(line, PARAGRAPH_STYLE, language)
