"""The audit trail as a page and as CSV: what happened to which thing, by whom and in which capacity."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from fastapi import APIRouter, Depends, Response

from app.core.clock import SEAT_ZONE
from app.core.db import transaction
from app.core.errors import BadRequest, NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import JournalLine
from app.domain.audit_trail import rules
from app.domain.audit_trail.queries import lines
from app.domain.bodies.models import Office
from app.domain.bodies.queries.seats import set_row_security_of_actor
from app.domain.ledger.queries import ledger
from app.http.authentication import SignedInGuard
from app.http.csrf import require_single_fields
from app.http.exports.csv_export import csv_response
from app.http.localization import Localizer
from app.http.page_context import COSTLY_TURN, DOWNLOAD_TURN, ReadContext, require_rights_still_held
from app.http.pagination import ListPage, PageNumber
from app.web.record.filters import RecordQuery, RecordQueryParameters, list_event_choices, list_member_choices
from app.web.views.record.lines import (
    RecordLine,
    build_record_lines,
    build_record_runs,
    group_by_day,
)

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.SEE))])

RECORD_LINES_PER_PAGE = 50
NO_LINES = ListPage(1, RECORD_LINES_PER_PAGE, 0)
CSV_BATCH_SIZE = 500  # lines of one transaction
MAX_CSV_LINES = 100_000
CSV_HEADINGS = (
    _("Entry"),
    _("Time (UTC)"),
    _("Event"),
    _("About"),
    _("What changed"),
    _("State"),
    _("Capacity"),
    _("Person"),
    _("Address"),
)
WITNESS_ALARM_TEXTS: Mapping[str, LazyText] = MappingProxyType(
    {
        "ahead": _(
            "The witness has seen more entries than exist here: the system was restored to an earlier "
            "state. Investigate this immediately."
        ),
        "fork": _(
            "The witness has seen a different activity log: entries were changed after they were signed. "
            "Investigate this immediately."
        ),
        "stranger": _("The witness does not know the key of this portal. Inform the system administrator."),
    }
)


@dataclass(frozen=True, slots=True)
class WitnessStatusLine:
    """The status of a witness."""

    name: str
    seen_at: datetime | None
    says: LazyText
    alarm: LazyText | None


@router.get("/record")
def show_audit_trail(context: ReadContext, number: PageNumber, record_query: RecordQueryParameters) -> Response:
    """Show the audit trail, filtered and in pages; acts that one person did many times as one run. Raises NotFound for
    a person without a seat."""
    _require_seat(context)
    errors = record_query.find_day_errors()
    page, record_lines = (NO_LINES, []) if errors else _list_page(context, number, record_query)
    return context.render(
        "web/record/list.html",
        status=BadRequest.status if errors else 200,
        errors=errors,
        days=group_by_day(record_lines),
        page=page,
        query=record_query.encode(),
        asked=record_query,
        thing=next((each for line in record_lines for each in line.objects if each.key == record_query.about), None),
        events=list_event_choices(context.actor),
        states=list_member_choices(context.list_party_codes(), context.localizer),
        people=[(str(key), name) for key, name in lines.list_known_authors(context.session, context.actor)],
        head=ledger.find_latest_head(context.session),
        witnesses=_witness_statuses(context),
        serves=bool(context.actor.bodies_with_role(Office.SECRETARY)),
        zone=SEAT_ZONE,
    )


@router.get("/record.csv", dependencies=[COSTLY_TURN, DOWNLOAD_TURN])
def download_audit_trail_csv(context: ReadContext, record_query: RecordQueryParameters) -> Response:
    """Download the filtered audit trail as CSV, one row a line. Raises NotFound for a person without a seat."""
    _require_seat(context)
    chosen = lines.select_lines(context.session, context.actor, record_query.parse())
    numbers = lines.list_line_numbers(context.session, chosen, limit=MAX_CSV_LINES)
    context.read_party_names()
    return csv_response(_csv_rows(context, numbers, context.language), "activity-log.csv")


def _require_seat(context: ReadContext) -> None:
    """Raise NotFound for a person without a seat, BadRequest for a filter that is given twice."""
    require_single_fields(context.request.query_params)
    if not context.actor.bodies_with_role():
        raise NotFound()


def _list_page(context: ReadContext, number: int, record_query: RecordQuery) -> tuple[ListPage, list[RecordLine]]:
    """List a page of runs, or of the lines of one run. Raises BadRequest."""
    session, actor, formats = context.session, context.actor, context.localizer
    chosen = lines.select_lines(session, actor, record_query.parse())
    if record_query.run:
        page = ListPage(number, RECORD_LINES_PER_PAGE, lines.count_lines(session, chosen))
        listed = lines.list_lines(session, chosen, offset=page.offset, limit=page.size)
        return page, build_record_lines(session, actor, listed, formats)
    page = ListPage(number, RECORD_LINES_PER_PAGE, lines.count_runs(session, chosen))
    runs = lines.list_runs(session, chosen, offset=page.offset, limit=page.size)
    return page, build_record_runs(session, actor, runs, formats)


def _csv_rows(context: ReadContext, numbers: Sequence[int], language: str) -> Iterator[Sequence[object]]:
    """Yield the rows: the headings, then `CSV_BATCH_SIZE` lines a transaction, each checked again."""
    formats = Localizer(language)
    yield [formats.translate_text(heading) for heading in CSV_HEADINGS]
    for start in range(0, len(numbers), CSV_BATCH_SIZE):
        require_rights_still_held(context)
        with transaction(context.portal.read_sessions) as session:
            set_row_security_of_actor(session, context.actor)
            batch = lines.list_visible_lines(context.actor).where(
                JournalLine.seq.in_(numbers[start : start + CSV_BATCH_SIZE])
            )
            listed = lines.list_lines(session, batch, offset=0, limit=CSV_BATCH_SIZE)
            built = build_record_lines(session, context.actor, listed, formats)
        yield from (_csv_cells(line, formats, context.portal.settings.portal_url) for line in built)


def _csv_cells(line: RecordLine, formats: Localizer, origin: str) -> Sequence[object]:
    """Return the cells of one line, in the order of `CSV_HEADINGS`."""
    return (
        line.seq,
        line.at.astimezone(UTC).isoformat(timespec="seconds"),
        formats.translate_text(line.words),
        "; ".join(each.format_text(formats) for each in line.objects),
        " ".join(map(formats.translate_text, line.changes)),
        formats.translate_text(line.who),
        ", ".join(map(formats.translate_text, line.capacities)),
        line.author,
        f"{origin}/record/{line.seq}",
    )


def _witness_statuses(context: ReadContext) -> list[WitnessStatusLine]:
    """Return every configured witness and its alarm, by the same threshold as the monitoring page."""
    longest, lines = context.portal.settings.alarm_thresholds.witness_behind, []
    for each in ledger.list_witness_statuses(context.session, context.portal.settings.witness_names):
        alarm = WITNESS_ALARM_TEXTS[each.refused] if each.refused else None
        if alarm is None and each.waiting_time > longest:
            alarm = _("The witness is behind: it has not seen the latest heads of the ledger.")
        says = alarm or (_("has not seen it yet") if each.waiting_time else _("has seen it"))
        lines.append(WitnessStatusLine(each.name, each.seen_at, says, alarm))
    return lines
