"""The audit trail as a page: what happened, by whom and in which capacity; and the proof of each line as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.canonical_json import to_canonical_json
from app.core.db import ReadSession
from app.core.errors import BadRequest, NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import Event, JournalLine
from app.core.permissions import Actor
from app.domain.audit_trail import queries, rules
from app.domain.audit_trail.queries import AuditTrailFilter
from app.domain.bodies.models import Office
from app.domain.ledger.queries import ledger
from app.domain.outputs.events import ApprovalChecked, TranslationApprovalChecked
from app.domain.outputs.models import ApprovalCheckOutcome
from app.http.authentication import EntityName, SignedInGuard
from app.http.csrf import require_single_fields
from app.http.downloads import attachment_response
from app.http.labels import ROLE_LABELS
from app.http.page_context import ReadContext
from app.http.pagination import ListPage, PageNumber

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.SEE))])

RECORD_LINES_PER_PAGE = 50
RECORD_ZONE = ZoneInfo("Europe/Zurich")
RECORD_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "": _("All entries"),
        "contributions": _("Contributions"),
        "documents": _("Documents"),
        "meetings": _("Meetings"),
        "decisions": _("Decisions and reports"),
        "texts": _("Outputs"),
        "people": _("People and offices"),
    }
)
APPROVAL_CHECK_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ApprovalCheckOutcome.VERIFIED: _("The sign-in for an approval was verified: the approval is valid"),
        ApprovalCheckOutcome.REFUSED: _("The sign-in for an approval could not be verified: the approval is not valid"),
    }
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
class AuditTrailLine:
    """A line of the journal in words. `is_proven`: a signed head of the ledger holds it."""

    seq: int
    at: datetime
    words: LazyText
    who: LazyText
    capacities: Sequence[LazyText]
    document: tuple[str, str] | None
    is_proven: bool


@dataclass(frozen=True, slots=True)
class WitnessStatusLine:
    """The status of a witness."""

    name: str
    seen_at: datetime | None
    says: LazyText
    alarm: LazyText | None


@router.get("/record")
def show_audit_trail(
    context: ReadContext,
    number: PageNumber,
    kind: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    symbol: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """Show the audit trail, filtered and in pages. Raises NotFound for a person without a seat."""
    require_single_fields(context.request.query_params)
    if not context.actor.bodies_with_role():
        raise NotFound()
    record_filter = AuditTrailFilter(kind, _parse_day(since), _parse_day(until, after=1), symbol)
    chosen_lines = queries.select_lines(context.session, context.actor, record_filter)
    page = ListPage(number, RECORD_LINES_PER_PAGE, queries.count_lines(context.session, chosen_lines))
    lines = queries.list_lines(context.session, chosen_lines, offset=page.offset, limit=RECORD_LINES_PER_PAGE)
    head = ledger.find_latest_head(context.session)
    typed = {"kind": kind, "since": since, "until": until, "symbol": symbol}
    return context.render(
        "web/record/list.html",
        lines=_record_lines(context.session, context.actor, lines, head.size if head else 0),
        page=page,
        query="".join(f"{pair}&" for pair in urlencode({k: v for k, v in typed.items() if v}).split("&") if pair),
        asked=typed,
        kinds=tuple(RECORD_KIND_LABELS.items()),
        head=head,
        witnesses=_witness_statuses(context),
        serves=bool(context.actor.bodies_with_role(Office.SECRETARY)),
        zone=RECORD_ZONE.key,
    )


@router.get("/record/{seq}.json")
def download_journal_line_proof(context: ReadContext, seq: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """Download the line and its proof of inclusion, as a receipt has it in `log` (docs/ledger.md). Raises NotFound
    if no head holds it yet."""
    line = queries.get_visible_line(context.session, context.actor, seq)
    inclusion = ledger.find_inclusion_proof(context.session, ledger.get_journal_line(context.session, line.seq))
    if inclusion is None:
        raise NotFound(_("This entry is not yet covered by a signed head of the ledger. Try again in a minute."))
    return attachment_response(to_canonical_json(inclusion.as_dict), "application/json", f"line-{seq}.json")


def _parse_day(text: str, *, after: int = 0) -> datetime | None:
    """Return the start of a day in Geneva, `after` days later, or None. Raises BadRequest if it is no ISO date."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=after), time(), RECORD_ZONE)
    except (ValueError, OverflowError) as error:
        raise BadRequest(_("Enter the date as year, month and day, for example 2027-01-26.")) from error


@cache
def _event_labels() -> Mapping[str, LazyText]:
    """Return the label of each event by its name."""
    return {event.name: event.words for event in Event.__subclasses__()}


def _label_line(line: JournalLine) -> LazyText:
    """Return what happened, in words."""
    is_check = line.event in (ApprovalChecked.name, TranslationApprovalChecked.name)
    if is_check and (label := APPROVAL_CHECK_LABELS.get(str(line.facts["outcome"]))):
        return label
    return _event_labels().get(line.event, LazyText(line.event, {}))


def _record_lines(
    session: ReadSession, actor: Actor, lines: Sequence[JournalLine], proven: int
) -> list[AuditTrailLine]:
    symbols = {str(key): symbol for key, symbol in queries.find_document_symbols(session, actor, lines).items()}
    return [_record_line(line, symbols, proven) for line in lines]


def _record_line(line: JournalLine, symbols: Mapping[str, str], proven: int) -> AuditTrailLine:
    key = str(line.facts.get("document"))
    return AuditTrailLine(
        seq=line.seq,
        at=line.at,
        words=_label_line(line),
        who=EntityName(line.entity) if line.entity else _("The portal"),
        capacities=[ROLE_LABELS[role] for role in line.capacity.split() if role in ROLE_LABELS],
        document=(f"/documents/{key}", symbols[key]) if key in symbols else None,
        is_proven=line.seq <= proven,
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
