"""The things that a line of the activity log names, as a reader sees them: in words, with the page of each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from app.core.i18n import DEFAULT_LANGUAGE, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.audit_trail.queries.objects import LineObject
from app.domain.audit_trail.rules import ObjectKind
from app.http.authentication import EntityName
from app.http.localization import Localizer
from app.http.titles import localize_title


@dataclass(frozen=True, slots=True)
class NamedObject:
    """A thing in words: what names it for everybody, such as a symbol, and its title; either may be empty. `lang` is
    the language of the title, None if it is the reader's; `href` is empty without a page, `key` its kind and key."""

    key: str
    label: LazyText | str
    is_symbol: bool
    title: str
    lang: str | None
    href: str

    def format_text(self, formats: Localizer) -> str:
        """Format both for a file without marking."""
        return " ".join(part for part in (formats.translate_text(self.label), self.title) if part)


ADDRESSES: Mapping[ObjectKind, str] = MappingProxyType(
    {
        ObjectKind.EDITION: "/documents/{within}",
        ObjectKind.DOCUMENT: "/documents/{key}",
        ObjectKind.CONTRIBUTION: "/contributions/{key}",
        ObjectKind.OUTPUT: "/outputs/{key}",
        ObjectKind.PROCEDURE: "/silence/{key}",
        ObjectKind.DECISION: "/meetings/{within}/decisions",
        ObjectKind.ACTION_POINT: "/meetings/{within}/actions#action-{key}",
        ObjectKind.ITEM: "/meetings/{within}/agenda#item-{key}",
        ObjectKind.PARTICIPANT: "/meetings/{within}/participants",
        ObjectKind.MESSAGE: "/messages/{key}",
        ObjectKind.MEETING: "/meetings/{key}",
        ObjectKind.TOPIC: "/topics/{key}",
        ObjectKind.ORGANIZATION: "/organizations/{key}",
        ObjectKind.MANDATE: "/mandates/{key}",
        ObjectKind.ACTION_LINE: "/action-lines/{key}",
        ObjectKind.LIAISON: "/liaisons/{key}",
        ObjectKind.EXPECTED_REPORT: "/expected-reports/{key}",
        ObjectKind.REPORTING_DUTY: "/reporting-duties/{key}",
    }
)
CIRCULATED_ADDRESS = "/outputs/{key}/versions"
NAMED_BY_SYMBOL = (ObjectKind.EDITION, ObjectKind.DOCUMENT, ObjectKind.OUTPUT)


def name_objects(things: Iterable[LineObject], formats: Localizer, *, acting: str) -> list[NamedObject]:
    """Name things for a reader. The State that acted is left out: the line names it as the author."""
    return [
        _name_object(thing, formats)
        for thing in things
        if not (thing.kind in (ObjectKind.STATE, ObjectKind.FLOOR_REQUEST) and thing.label == acting)
    ]


def _name_object(thing: LineObject, formats: Localizer) -> NamedObject:
    label: LazyText | str = thing.label
    title, lang = localize_title(thing.titles, formats.language, thing.original)
    if describe := DESCRIPTIONS.get(thing.kind):
        label = describe(thing, formats)
    if thing.kind is ObjectKind.MEETING:
        title = ""
    address = CIRCULATED_ADDRESS if thing.kind is ObjectKind.OUTPUT and thing.within else ADDRESSES.get(thing.kind, "")
    return NamedObject(
        f"{thing.kind}:{thing.key}",
        label,
        thing.kind in NAMED_BY_SYMBOL and bool(label),
        title,
        lang if title else None,
        address.format(key=thing.key, within=thing.within),
    )


def _describe_meeting(thing: LineObject, _formats: Localizer) -> LazyText:
    return _("%(group)s, meeting %(number)s", group=thing.titles[DEFAULT_LANGUAGE], number=thing.label)


def _describe_item(thing: LineObject, _formats: Localizer) -> LazyText:
    return _("Agenda item %(number)s", number=thing.label) if thing.label else _("Agenda item")


def _describe_session(thing: LineObject, formats: Localizer) -> LazyText:
    assert thing.starts_at
    return _("Session: %(when)s", when=formats.format_instant(thing.starts_at, thing.zone))


def _describe_state(thing: LineObject, _formats: Localizer) -> LazyText:
    return EntityName(thing.label)


def _describe_expected_report(thing: LineObject, formats: Localizer) -> LazyText:
    return _("Report due on %(day)s", day=formats.format_day(date.fromisoformat(thing.label), weekday=False))


DESCRIPTIONS: Mapping[ObjectKind, Callable[[LineObject, Localizer], LazyText]] = MappingProxyType(
    {
        ObjectKind.MEETING: _describe_meeting,
        ObjectKind.DECISION: lambda thing, _formats: _("Decision %(number)s", number=thing.label),
        ObjectKind.ACTION_POINT: lambda thing, _formats: _("Action point on decision %(number)s", number=thing.label),
        ObjectKind.ITEM: _describe_item,
        ObjectKind.SESSION: _describe_session,
        ObjectKind.STATE: _describe_state,
        ObjectKind.ORGANIZATION: _describe_state,
        ObjectKind.EXPECTED_REPORT: _describe_expected_report,
        ObjectKind.REPORTING_DUTY: lambda thing, _formats: _("Reporting duty"),  # noqa: ARG005 - as the others
        ObjectKind.FLOOR_REQUEST: _describe_state,
    }
)
