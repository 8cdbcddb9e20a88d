"""The filters of the activity log: in its address, as values, and what can be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from app.core.clock import SEAT_ZONE
from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.audit_trail import rules
from app.domain.audit_trail.queries.lines import AuditTrailFilter
from app.domain.audit_trail.rules import ObjectKind
from app.domain.bodies.models import Office
from app.domain.member_states import MEMBER_STATES, RES99_CODES, name_sort_key
from app.http.authentication import EntityName
from app.http.localization import Localizer
from app.web.views.record.lines import list_event_labels

RECORD_KIND_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "contributions": _("Contributions"),
        "documents": _("Documents"),
        "meetings": _("Meetings"),
        "decisions": _("Decisions and reports"),
        "texts": _("Outputs"),
        "people": _("People and offices"),
    }
)


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """The filters as typed in the address. `kind` is a kind of events or the name of one."""

    kind: str = ""
    since: str = ""
    until: str = ""
    symbol: str = ""
    state: str = ""
    person: str = ""
    about: str = ""
    run: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The filters that are set, by name."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}

    def encode(self) -> str:
        """Format the filters for an address, before another parameter: `kind=documents&`."""
        return f"{urlencode(self.fields)}&" if self.fields else ""

    def find_day_errors(self) -> dict[str, LazyText]:
        """Find what is wrong with the days, which people type, by the name of the field."""
        errors = {}
        for name in ("since", "until"):
            try:
                _parse_day(getattr(self, name), after=1)
            except BadRequest as error:
                errors[name] = error.reason
        if not errors and self.since and self.until and self.until < self.since:
            errors["until"] = _("The last day is before the first day. Enter a later last day.")
        return errors

    def parse(self) -> AuditTrailFilter:
        """Parse the filters. Raises BadRequest if one is none."""
        for reason in self.find_day_errors().values():
            raise BadRequest(reason)
        is_event = ":" in self.kind
        if self.kind and self.kind not in (list_event_labels() if is_event else rules.EVENT_PREFIXES_BY_KIND):
            raise _bad_address()
        return AuditTrailFilter(
            kind="" if is_event else self.kind,
            event=self.kind if is_event else "",
            since=_parse_day(self.since),
            until=_parse_day(self.until, after=1),
            state=_parse_text(self.state),
            symbol=_parse_text(self.symbol),
            thing=_parse_thing(self.about),
            run_of=_parse_number(self.run),
            person=_parse_id(self.person),
        )


async def read_record_query(
    kind: Annotated[str, Query(max_length=60)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    symbol: Annotated[str, Query(max_length=80)] = "",
    state: Annotated[str, Query(max_length=80)] = "",
    person: Annotated[str, Query(max_length=36)] = "",
    about: Annotated[str, Query(max_length=100)] = "",
    run: Annotated[str, Query(max_length=18)] = "",
) -> RecordQuery:
    """FastAPI dependency: the filters in the address."""
    return RecordQuery(kind, since, until, symbol, state, person, about, run)


RecordQueryParameters = Annotated[RecordQuery, Depends(read_record_query)]


def list_event_choices(actor: Actor) -> list[tuple[str, LazyText, list[tuple[str, LazyText]]]]:
    """List the kinds of events, each with those that the actor could see."""
    labels = list_event_labels()
    if actor.bodies_with_role(Office.SECRETARY):
        seen = set(labels)
    else:
        own = {name for name in labels if name.startswith(rules.CONTRIBUTION_EVENT_PREFIX)}
        seen = {*rules.EVENTS_OPEN_TO_BODY, *rules.MEETING_EVENTS, *rules.OWN_DELEGATION_EVENTS, *own}
    prefixes = rules.EVENT_PREFIXES_BY_KIND
    return [
        (
            kind,
            label,
            [each for each in labels.items() if each[0] in seen and each[0].startswith(prefixes[kind])],
        )
        for kind, label in RECORD_KIND_LABELS.items()
    ]


def list_member_choices(others: Sequence[str], formats: Localizer) -> list[tuple[str, str]]:
    """List the States and these other members by their names in the language of the page."""
    codes = [*MEMBER_STATES, *RES99_CODES, *others]
    names = [(code, formats.translate_text(EntityName(code))) for code in codes]
    return sorted(names, key=lambda choice: name_sort_key(choice[1], formats.language))


def _parse_text(text: str) -> str:
    """Return a text that the database can compare. Raises BadRequest for one with a NUL character."""
    if "\0" in text:
        raise BadRequest(_("Select one of the options."))
    return text


def _parse_day(text: str, *, after: int = 0) -> datetime | None:
    """Return the start of a day in Geneva, `after` days later, or None. Raises BadRequest if it is no date as a field
    of a form sends it, such as that of a week."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if day.isoformat() != text:
            raise ValueError(text)
        return datetime.combine(day + timedelta(days=after), time(), ZoneInfo(SEAT_ZONE))
    except (ValueError, OverflowError) as error:
        raise BadRequest(_("Enter the date as year, month and day, for example 2027-01-26.")) from error


def _parse_thing(text: str) -> tuple[ObjectKind, str] | None:
    """Return kind and key of a thing, or None. Raises BadRequest if it is neither."""
    kind, _colon, key = text.partition(":")
    if text and kind not in set(ObjectKind):
        raise _bad_address()
    return (ObjectKind(kind), _parse_text(key)) if text else None


def _parse_number(text: str) -> int | None:
    """Return the number of a line, or None. Raises BadRequest if it is neither."""
    if text and not (text.isascii() and text.isdigit()):
        raise _bad_address()
    return int(text) if text else None


def _parse_id(text: str) -> UUID | None:
    """Return the identifier of a person, or None. Raises BadRequest if it is neither."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise _bad_address() from error


def _bad_address() -> BadRequest:
    return BadRequest(_("This address is not valid. Start from the activity log."))
