"""A report as Word document or PDF: everything is loaded first, then the template is filled without a database
connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.asgi.formats import Formats
from app.asgi.house import House
from app.core.db import ReadSession
from app.core.errors import Unavailable
from app.core.i18n import Text, say
from app.core.render.bounded import Failed
from app.core.render.fields import Filling, Passage
from app.core.render.filling import Busy, filled, laid_out
from app.domain.bodies.models import Body
from app.domain.meetings.models import Meeting
from app.domain.reports import queries
from app.domain.reports.models import Report, Stage
from app.domain.reports.paragraphs import Kind, numbered, read
from app.domain.reports.templating import REPORT
from app.domain.scans import queries as scans
from app.web.report_letterhead import DECISION, PARAGRAPH, POSITION, letterhead
from app.web.standing import called
from app.web.titles import in_language

STAGES = {
    Stage.DRAFT: ("warn", say("Draft")),
    Stage.CIRCULATED: ("info", say("Circulated")),
    Stage.ADOPTED: ("good", say("Adopted")),
    Stage.REGISTERED: ("good", say("Adopted")),
}
STYLES = {Kind.HEADING: "Heading 1", Kind.DECISION: DECISION, Kind.POSITION: POSITION}
BUSY = say("Other reports are laid out first. Try again in a moment.")
NOT_LAID_OUT = say(
    "The report could not be laid out. Try again; if it fails again, the secretariat changes the template."
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A report ready to be rendered; `template` is a SHA-256 digest, None for the default template."""

    name: str
    template: str | None
    filling: Filling

    @property
    def title(self) -> str:
        """Return the title of the report."""
        return self.filling.texts["title"]


def title_of(meeting: Meeting, body: Body) -> Text:
    """Return the title of a meeting's report."""
    return say("Report: %(meeting)s", meeting=called(meeting, body))


def paper(session: ReadSession, meeting: Meeting, report: Report, symbol: str) -> Paper:
    """Load everything needed to render a report. Raises Conflict if the virus scanner holds the template back."""
    body = session.get_one(Body, meeting.body_id)
    template = queries.template_of(session, body.id)
    if template:
        scans.insist_on_checked(session, [str(template.sha256)])
    formats = Formats(report.lang)
    days = {
        "first": formats.day(meeting.opens_on, weekday=False),
        "last": formats.day(meeting.closes_on, weekday=False),
    }
    texts: dict[str, Text | str] = {
        "organization": say("International Telecommunication Union"),
        "body": in_language(body.names, report.lang)[0],
        "title": title_of(meeting, body),
        "symbol": symbol,
        "stage": STAGES[Stage(report.stage)][1],
        "revision": say("Revision %(number)s", number=formats.number(report.revision)),
        "place": in_language(meeting.place, report.lang)[0],
        "dates": say("%(first)s – %(last)s", **days),
    }
    rows = numbered(read(queries.latest(session, report).paragraphs))
    passages = [
        Passage(
            each.text if number is None else f"{number}.\t{each.text}",
            STYLES.get(Kind(each.kind), PARAGRAPH),
            each.lang,
        )
        for number, each in rows
    ]
    filling = Filling(report.lang, {name: formats.text(text) for name, text in texts.items()}, REPORT, passages)
    return Paper(f"{body.prefix}-{meeting.number}-report", template.sha256 if template else None, filling)


def as_word(house: House, ready: Paper) -> bytes:
    """Render the report as a Word document. Raises Unavailable."""
    with _template_file(house, ready) as (template, folder):
        return filled(template, ready.filling, folder)


def as_pdf(house: House, ready: Paper) -> bytes:
    """Render the report as PDF. Raises Unavailable, also where no LibreOffice is installed."""
    if not house.settings.soffice:
        raise Unavailable(say("No PDF can be made here. What it would say stands on the page."))
    with _template_file(house, ready) as (template, folder):
        return laid_out(house.settings.soffice, filled(template, ready.filling, folder), folder)


@contextmanager
def _template_file(house: House, report: Paper) -> Iterator[tuple[Path, Path]]:
    """Write the template to a temporary folder; yield its path and the folder. Raises Unavailable if rendering is
    busy or fails."""
    with TemporaryDirectory(prefix="cwg-report-") as folder:
        template = Path(folder) / "template.docx"
        with template.open("wb") as out:
            out.writelines(house.store.pieces(report.template) if report.template else [letterhead()])
        try:
            yield template, Path(folder)
        except Busy as fault:
            raise Unavailable(BUSY) from fault
        except Failed as fault:
            raise Unavailable(NOT_LAID_OUT) from fault
