"""What a page says of a group: its name, whom it admits, whether it has begun or ended."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from string import digits
from types import MappingProxyType

from app.core.db import LocalizedText
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.identity.models.claims import MembershipCategory
from app.http.labels import MEMBERSHIP_GROUP_LABELS
from app.http.localization import Localizer
from app.web.views.documents.filters import DOCUMENT_TYPE_LABELS

SERIES_LABELS: Mapping[str, LazyText] = MappingProxyType({**DOCUMENT_TYPE_LABELS, "OUT": _("Outputs (OUT)")})
Tag = tuple[str, LazyText | str]


def describe_admission(body: Body, language: str) -> LazyText | str:
    """Return the sentence that says whom a group admits: its own words in this language, or the categories."""
    return (body.admission_words or {}).get(language) or describe_categories(body.prefix, body.admits, language)


def describe_categories(prefix: str, categories: Sequence[str], language: str) -> LazyText:
    """Return the sentence that says which categories of members a group admits."""
    if list(categories) == [MembershipCategory.MEMBER_STATE]:
        return _("%(group)s admits Member States only.", group=prefix)
    if MembershipCategory.ITU_STAFF in categories:
        return _("%(group)s is a group of the staff of ITU. It admits no members.", group=prefix)
    names = ", ".join(MEMBERSHIP_GROUP_LABELS[category].translate(language) for category in categories)
    return _("%(group)s admits: %(categories)s.", group=prefix, categories=names)


def is_body_of_staff(body: Body) -> bool:
    """Return whether a group is one of the staff of ITU."""
    return MembershipCategory.ITU_STAFF in body.admits


def describe_term(body: Body, today: date, formats: Localizer) -> Tag | None:
    """Return the tag of a group that has ended, will end, or has not begun; None for any other."""
    if body.ends_on:
        day = formats.format_day(body.ends_on)
        return (
            ("none", _("Ended on %(day)s", day=day))
            if body.has_ended(today)
            else ("warn", _("Ends on %(day)s", day=day))
        )
    if body.begins_on and body.begins_on > today:
        return "info", _("Begins on %(day)s", day=formats.format_day(body.begins_on))
    return None


def list_names(names: LocalizedText) -> list[tuple[str, str, str | None]]:
    """List each of the six languages, its own name, and the name of the group in it; None where it is to be
    confirmed."""
    return [(language, NATIVE_NAMES[language], names.get(language)) for language in LANGUAGES]


def list_group_choices(bodies: Iterable[Body]) -> list[tuple[str, str]]:
    """List the groups by which the reader can filter a list: code and prefix, each once; none where it is only one."""
    choices = {body.code: body.prefix for body in bodies}
    return sorted(choices.items(), key=lambda each: _build_prefix_key(each[1])) if len(choices) > 1 else []


def _build_prefix_key(prefix: str) -> tuple[str, int]:
    """Return by what prefixes are sorted: as `ORDER_OF_BODIES` does, SG2 before SG17."""
    words = prefix.rstrip(digits)
    return words, int(prefix[len(words) :] or 0)


def list_parent_choices(bodies: Iterable[Body]) -> list[tuple[str, LazyText | str]]:
    """List the groups that can be the parent of one, and none."""
    return [("", _("No parent group")), *((str(body.id), body.prefix) for body in bodies)]
