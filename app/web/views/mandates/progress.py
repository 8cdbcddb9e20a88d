"""What was done under each clause in a period, as one reader sees it: the action plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.core.rendering.template_values import DECISION_STYLE, PARAGRAPH_STYLE, TemplateFilling, TemplatePassage
from app.domain.citations.queries import ClauseProgress, list_progress
from app.domain.mandates import queries
from app.domain.mandates.models import ClauseRhythm
from app.domain.mandates.queries import CitableText
from app.domain.mandates.rules import format_designation
from app.domain.reports.actions.templates import REPORT_FIELD
from app.http.localization import Localizer
from app.web.views.mandates.labels import RegisterLabel, name_clause
from app.web.views.mandates.words import CitedText, list_parties, name_citation
from app.web.views.reports.print import PrintableReport

HEADING_STYLE = "Heading 1"
CSV_HEADINGS = (
    _("Mandate"),
    _("Clause"),
    _("Content"),
    _("Who acts"),
    _("Documents"),
    _("Outputs adopted"),
    _("Agenda items"),
    _("Latest"),
    _("Next"),
)


@dataclass(frozen=True, slots=True)
class ProgressLine:
    """A clause of a version in force, with what was done under it; `standing` says it in words if nothing was, and
    `next_by` until when something is due again."""

    mandate: LazyText
    label: RegisterLabel
    cited: CitedText
    parties: Sequence[LazyText]
    progress: ClauseProgress
    latest_on: date | None
    standing: LazyText | None
    next_by: date | None


def list_progress_lines(
    session: ReadSession, actor: Actor, first: date, last: date, formats: Localizer
) -> list[ProgressLine]:
    """List the clauses in force with what was done from a day to a day, both included (UTC)."""
    begins_at = datetime.combine(first, time(), UTC)
    done = list_progress(session, actor, begins_at, datetime.combine(last + timedelta(days=1), time(), UTC))
    texts = (text for text in queries.list_citable_texts(session) if text.clause and not text.is_retired)
    return [_build_line(text, done.get(text.code, ClauseProgress()), last, formats) for text in texts]


def _build_line(text: CitableText, progress: ClauseProgress, last: date, formats: Localizer) -> ProgressLine:
    assert text.clause
    latest = progress.latest_at.astimezone(UTC).date() if progress.latest_at else None
    standing = None
    if not (progress.documents or progress.outputs or progress.agenda_items):
        standing = (
            _("Nothing since %(day)s.", day=formats.format_day(latest, weekday=False)) if latest else _("Nothing yet.")
        )
    return ProgressLine(
        format_designation(text.mandate),
        name_clause(text.mandate, text.clause),
        name_citation(text, formats.language),
        list_parties(text.clause),
        progress,
        latest,
        standing,
        find_next_day(text.clause.asks, latest, last),
    )


def find_next_day(asks: str, latest: date | None, last: date) -> date | None:
    """Find until when something is due again: of a yearly clause, the end of this year if nothing was done in it, else
    of the next one; of any other there is no day."""
    if asks != ClauseRhythm.YEARLY:
        return None
    is_done_this_year = latest is not None and latest.year == last.year
    return date(last.year + is_done_this_year, 12, 31)


def list_csv_rows(lines: Sequence[ProgressLine], formats: Localizer) -> Iterator[Sequence[object]]:
    """Yield the rows of the plan as a table: the headings, then a row for each clause."""
    text = formats.translate_text
    yield [text(heading) for heading in CSV_HEADINGS]
    for line in lines:
        yield [
            text(line.mandate),
            text(line.label.text),
            line.cited.title,
            "; ".join(map(text, line.parties)),
            line.progress.documents,
            line.progress.outputs,
            line.progress.agenda_items,
            line.latest_on.isoformat() if line.latest_on else "",
            line.next_by.isoformat() if line.next_by else "",
        ]


def build_printable_plan(lines: Sequence[ProgressLine], first: date, last: date, formats: Localizer) -> PrintableReport:
    """Build the plan as a Word document, laid out like a report."""
    texts: dict[str, LazyText | str] = {
        "organization": _("International Telecommunication Union"),
        "body": "",
        "title": _("Action plan"),
        "symbol": "",
        "stage": "",
        "revision": "",
        "place": "",
        "dates": formats.format_day_range(first, last),
    }
    translated = {name: formats.translate_text(text) for name, text in texts.items()}
    passages = list(_list_passages(lines, formats))
    return PrintableReport("action-plan", None, TemplateFilling(formats.language, translated, REPORT_FIELD, passages))


def _list_passages(lines: Sequence[ProgressLine], formats: Localizer) -> Iterator[TemplatePassage]:
    text, language, mandate = formats.translate_text, formats.language, ""
    for line in lines:
        if text(line.mandate) != mandate:
            mandate = text(line.mandate)
            yield TemplatePassage(mandate, HEADING_STYLE, language)
        yield TemplatePassage(
            f"{text(line.label.text)} – {line.cited.title}", DECISION_STYLE, line.cited.lang or language
        )
        yield TemplatePassage("; ".join(map(text, line.parties)), PARAGRAPH_STYLE, language)
        yield TemplatePassage(text(describe_progress(line)), PARAGRAPH_STYLE, language)
        if line.next_by:
            due = _("Next by %(day)s.", day=formats.format_day(line.next_by, weekday=False))
            yield TemplatePassage(text(due), PARAGRAPH_STYLE, language)


def describe_progress(line: ProgressLine) -> LazyText:
    """Say what was done under a clause, or that nothing was."""
    return line.standing or _(
        "Documents: %(documents)s. Outputs adopted: %(outputs)s. Agenda items: %(items)s.",
        documents=str(line.progress.documents),
        outputs=str(line.progress.outputs),
        items=str(line.progress.agenda_items),
    )
