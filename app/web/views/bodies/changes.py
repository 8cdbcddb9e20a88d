"""What a proposal would change of a group: each field that differs, before and after."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

from sqlalchemy import select

from app.core.db import LocalizedText, ReadSession
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Body
from app.domain.body_proposals.inputs import ChangedBody
from app.http.labels import MEMBERSHIP_GROUP_LABELS, POSITION_AUDIENCE_LABELS
from app.http.localization import Localizer

Words = LazyText | str
NONE = "–"


@dataclass(frozen=True, slots=True)
class BodyChangeLine:
    """A field of a group that differs: what it was, and what it would be. `lang` is the language of both values where
    it is not that of the page."""

    name: Words
    was: Words
    now: Words
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class BodyFieldFormatter:
    """Formats the fields of a group for a page: numbers, days and languages in its language, and the prefixes of the
    parent groups."""

    formats: Localizer
    language: str
    prefixes: Mapping[UUID, str]

    def format_parent(self, body: ChangedBody) -> str:
        """Format the parent group: its prefix."""
        return self.prefixes.get(body.parent, NONE) if body.parent else NONE

    def format_first_day(self, body: ChangedBody) -> str:
        """Format the first day of the group."""
        return self.formats.format_day(body.begins_on) if body.begins_on else NONE

    def format_categories(self, body: ChangedBody) -> str:
        """Format the categories of members that the group admits."""
        return ", ".join(MEMBERSHIP_GROUP_LABELS[each].translate(self.language) for each in body.admits)

    def format_languages(self, body: ChangedBody) -> Words:
        """Format the languages that are required besides the original."""
        return self.formats.format_language_names(body.languages) if body.languages else _("Only the original")

    def format_number_of(self, field: str) -> Callable[[ChangedBody], str]:
        """Return the function that formats a field that is a number."""
        return lambda body: self.formats.format_number(getattr(body, field))

    def list_fields(self) -> Iterator[tuple[LazyText, Callable[[ChangedBody], Words]]]:
        """Yield the name of each field that is not by language, and the function that formats it."""
        yield _("Legal basis"), attrgetter("legal_basis")
        yield _("Parent group"), self.format_parent
        yield _("First day"), self.format_first_day
        yield _("Contributions: days before a meeting"), self.format_number_of("deadline_days")
        yield _("All documents posted: days before a meeting"), self.format_number_of("posting_days")
        yield _("Agenda proposals: days before a meeting"), self.format_number_of("proposal_days")
        yield _("Registration of participants: days before a meeting"), self.format_number_of("registration_days")
        yield _("Largest file, in megabytes"), self.format_number_of("largest_file")
        yield _("Members admitted"), self.format_categories
        yield _("Required languages"), self.format_languages
        yield _("Minimum period of a silence procedure, in hours"), self.format_number_of("silence_hours")
        yield (
            _("While a silence procedure is open, the position of a State is shown to"),
            lambda body: POSITION_AUDIENCE_LABELS[body.positions_shown_to],
        )


def build_change_lines(
    session: ReadSession, was: ChangedBody, now: ChangedBody, formats: Localizer, language: str
) -> list[BodyChangeLine]:
    """Build a line for each field that differs, in the order of the form. Every secretary may know every group."""
    parents = [each for each in (was.parent, now.parent) if each]
    rows = session.execute(select(Body.id, Body.prefix).where(Body.id.in_(parents))) if parents else ()
    formatter = BodyFieldFormatter(formats, language, {row.id: row.prefix for row in rows})
    lines = (BodyChangeLine(name, format_it(was), format_it(now)) for name, format_it in formatter.list_fields())
    return [
        *_list_changed_texts(_("Name"), was.names, now.names, formatter),
        *_list_changed_texts(_("Whom it admits, in a sentence"), was.admission_words, now.admission_words, formatter),
        *(line for line in lines if line.was != line.now),
    ]


def _list_changed_texts(
    name: LazyText, was: LocalizedText, now: LocalizedText, formatter: BodyFieldFormatter
) -> Iterator[BodyChangeLine]:
    """Yield a line for each language in which the text differs."""
    for code in LANGUAGES:
        if was.get(code) != now.get(code):
            label = _("%(field)s (%(language)s)", field=name, language=formatter.formats.language_name(code))
            lang = None if code == formatter.language else code
            yield BodyChangeLine(label, was.get(code, NONE), now.get(code, NONE), lang)
