"""Letters of invitation: what each says, loaded from the meeting, and the lines of the page on which they are made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.rendering.template_values import TemplateFilling, TemplatePassage
from app.domain.bodies.models import Body
from app.domain.files.queries import require_clean_scans
from app.domain.invitation_letters.inputs import InvitationHeading
from app.domain.invitation_letters.models import InvitationLetter, InvitationSet
from app.domain.invitation_letters.queries import InvitedState
from app.domain.invitation_letters.rules import DATES_FIELD
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.meetings.queries import list_sessions
from app.domain.member_states import get_state_name, order_by_name
from app.domain.translations.rules.file_names import format_file_stem
from app.http.localization import Localizer
from app.web.views.contributions.status import format_meeting_name
from app.web.views.documents.timeline import (
    build_named_meeting_deadlines,
    get_day_in_meeting_zone,
    list_meeting_deadlines,
)
from app.web.views.documents.titles import localize_title

FIXED_FIELDS: Mapping[str, LazyText] = MappingProxyType(
    {
        "organization": _("International Telecommunication Union"),
        "addressee": _("To the Administration of the Member State"),
        "salutation": _p("letter of invitation", "Dear Sir or Madam,"),
        "closing": _p("letter of invitation", "Yours faithfully,"),
    }
)
"""Fields that say the same in every letter of a language."""


@dataclass(frozen=True, slots=True)
class PrintableLetter:
    """A letter ready to be rendered; `template` is a SHA-256 digest, None for the default template."""

    name: str
    entity: str
    template: str | None
    filling: TemplateFilling


@dataclass(frozen=True, slots=True)
class InvitedStateLine:
    """A Member State on the page: its name, the language of its letter, and what is known of it."""

    state: InvitedState
    name: str
    language: str


class LetterWriter:
    """Fills letters of one meeting with one heading and of one day: its facts are read once, and formatted once for
    each language."""

    def __init__(
        self,
        session: ReadSession,
        meeting: Meeting,
        heading: InvitationHeading | InvitationSet,
        made_at: datetime,
        portal_url: str,
    ) -> None:
        self._meeting, self._body = meeting, session.get_one(Body, meeting.body_id)
        self._heading, self._day = heading, get_day_in_meeting_zone(made_at, meeting)
        self._sessions = [each for each in list_sessions(session, meeting) if not each.cancelled]
        self._address = f"{portal_url}/meetings/{meeting.id}"
        self._fillings: dict[str, TemplateFilling] = {}

    def write_letter(self, entity: str, language: str, template: str | None) -> PrintableLetter:
        """Write the letter to the administration of a State."""
        if language not in self._fillings:
            self._fillings[language] = self._fill(language)
        common = self._fillings[language]
        texts = {**common.texts, "state": get_state_name(entity, language)}
        filling = TemplateFilling(language, texts, common.block, common.passages)
        stem = format_file_stem(f"{self._body.prefix} {self._meeting.number} invitation {entity}", language)
        return PrintableLetter(stem, entity, template, filling)

    def _fill(self, language: str) -> TemplateFilling:
        """Fill everything but the name of the State."""
        meeting, formats = self._meeting, Localizer(language)
        name = format_meeting_name(meeting, self._body)
        texts: dict[str, LazyText | str] = {
            **FIXED_FIELDS,
            "body": localize_title(self._body.names, language)[0],
            "reference": self._heading.reference,
            "dated": formats.format_day(self._day, weekday=False),
            "title": _("Invitation: %(name)s", name=name),
            "meeting": name,
            "number": formats.format_number(meeting.number),
            "dates": formats.format_day_range(meeting.opens_on, meeting.closes_on),
            "place": localize_title(meeting.place, language)[0],
            **{
                f"{key}_due": formats.format_instant(instant, meeting.zone)
                for key, (_label, instant) in build_named_meeting_deadlines(meeting).items()
            },
            "agenda": f"{self._address}/agenda",
            "address": self._address,
            "signatory": self._heading.signatory,
            "function": self._heading.function,
        }
        translated = {field: formats.translate_text(text) for field, text in texts.items()}
        passages = [TemplatePassage(line, "Normal", language) for line in self._list_dates(formats)]
        return TemplateFilling(language, translated, DATES_FIELD, passages)

    def _list_dates(self, formats: Localizer) -> Iterable[str]:
        """Yield a line for each deadline, then for each session."""
        zone = self._meeting.zone
        for label, instant in list_meeting_deadlines(self._meeting):
            yield _join(formats, label, formats.format_instant(instant, zone))
        for each in self._sessions:
            yield _join(
                formats,
                formats.format_day(get_day_in_meeting_zone(each.starts_at, self._meeting)),
                _hours(formats, each, zone),
            )


def _hours(formats: Localizer, session: MeetingSession, zone: str) -> str:
    return formats.format_time_range(session.starts_at, session.ends_at, zone)


def _join(formats: Localizer, what: LazyText | str, when: str) -> str:
    return formats.translate_text(_p("letter of invitation", "%(what)s: %(when)s", what=what, when=when))


def write_letters(
    session: ReadSession, meeting: Meeting, letters: InvitationSet, rows: Sequence[InvitationLetter], portal_url: str
) -> list[PrintableLetter]:
    """Write the letters of a set. Raises Conflict if the virus scanner holds a template back."""
    require_clean_scans(session, {each.template for each in rows if each.template})
    writer = LetterWriter(session, meeting, letters, letters.made_at, portal_url)
    return [writer.write_letter(each.entity, each.lang, each.template) for each in rows]


def write_preview(
    session: ReadSession,
    meeting: Meeting,
    entity: str,
    language: str,
    template: str | None,
    heading: InvitationHeading,
    portal_url: str,
) -> PrintableLetter:
    """Write the letter to one State as it would be made now. Raises Conflict if the virus scanner holds the template
    back."""
    require_clean_scans(session, [template] if template else [])
    return LetterWriter(session, meeting, heading, clock.now(), portal_url).write_letter(entity, language, template)


def build_state_lines(states: Sequence[InvitedState], language: str, default: str) -> list[InvitedStateLine]:
    """Build the lines of Member States, by their names in the language of the page; a State whose focal points chose no
    language has the default one."""
    by_code = {state.code: state for state in states}
    return [
        InvitedStateLine(by_code[code], get_state_name(code, language), by_code[code].language or default)
        for code in order_by_name(by_code, language)
    ]


def list_language_choices() -> list[tuple[str, str]]:
    """List the languages in which all letters can be."""
    return [(code, NATIVE_NAMES[code]) for code in LANGUAGES]
