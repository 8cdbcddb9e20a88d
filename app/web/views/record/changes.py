"""What a line of the activity log changed, in whole sentences: "The first day was … and is now …".

Values come from the line itself, which holds days, instants, codes and numbers only. Titles come from the corrections
of the register. Lines written before values were recorded say less.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from uuid import UUID

from babel.units import format_unit

from app.core.clock import SEAT_ZONE
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.journal import FactValue, JournalLine
from app.domain.audit_trail.queries.corrections import CorrectionText
from app.domain.documents.models import CorrectedField
from app.domain.documents.queries.history import HistoryEntryKind
from app.domain.floor.events import UNDOABLE_EVENTS
from app.http.labels import (
    ACCESS_LABELS,
    MEETING_STATUS_LABELS,
    MEMBERSHIP_LABELS,
    POSITION_AUDIENCE_LABELS,
    PROGRESS_LABELS,
    SILENCE_POSITION_LABELS,
    STATE_ACT_LABELS,
    join_texts,
)
from app.http.localization import Localizer
from app.web.views.agendas.history import CHANGE_LABELS
from app.web.views.documents.filters import REGION_LABELS
from app.web.views.documents.history import HISTORY_LABELS
from app.web.views.floor.floor import DECISION_STANCE_LABELS
from app.web.views.floor.item_steps import ITEM_STEP_LABELS

ValueFormat = Callable[[FactValue, Localizer], LazyText | str]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A sentence about a value before (`was`) and after (`now`), both of them fields of the event."""

    words: LazyText
    was: str
    now: str
    format: ValueFormat


def _format_day(value: FactValue, formats: Localizer) -> str:
    return formats.format_day(date.fromisoformat(str(value)), weekday=False)


def _format_instant(value: FactValue, formats: Localizer) -> str:
    return formats.format_instant(datetime.fromisoformat(str(value)), SEAT_ZONE)


def _format_hours(value: FactValue, formats: Localizer) -> str:
    assert isinstance(value, int)
    return str(format_unit(value, "duration-hour", length="long", locale=formats.locale))


def _format_number(value: FactValue, formats: Localizer) -> str:
    assert isinstance(value, int)
    return formats.format_number(value)


def _format_limit(value: FactValue, formats: Localizer) -> LazyText | str:
    return _("No limit") if value == 0 else _format_number(value, formats)


def _format_zone(value: FactValue, formats: Localizer) -> str:
    return formats.time_zone_name(str(value))


def _format_languages(value: FactValue, formats: Localizer) -> LazyText | str:
    return formats.format_language_names(str(value).split()) or _("none")


def _format_categories(value: FactValue, _formats: Localizer) -> LazyText:
    return join_texts([MEMBERSHIP_LABELS[code] for code in str(value).split() if code in MEMBERSHIP_LABELS])


def _format_state_acts(value: FactValue, _formats: Localizer) -> LazyText:
    acts = [STATE_ACT_LABELS[act] for act in str(value).split() if act in STATE_ACT_LABELS]
    return join_texts(acts) if acts else _("none")


def _label_by(labels: Mapping[str, LazyText]) -> ValueFormat:
    """Return a format that looks a code up; a code of another version is shown as it is."""
    return lambda value, _formats: labels.get(str(value), str(value))


_status_of_meeting = _label_by({key: words for key, (_colour, words) in MEETING_STATUS_LABELS.items()})
_progress = _label_by({key: words for key, (_colour, words) in PROGRESS_LABELS.items()})
_access = _label_by({key: words for key, (words, _more) in ACCESS_LABELS.items()})

STATUS_WORDS = _("The status was “%(was)s” and is now “%(now)s”.")
DEADLINE_WORDS = _("The deadline was %(was)s and is now %(now)s.")
CONTRIBUTIONS_WORDS = _("The deadline for contributions was %(was)s and is now %(now)s.")
VALUE_CHANGES: Mapping[str, Sequence[ValueChange]] = MappingProxyType(
    {
        "translation:assigned": (
            ValueChange(_("The due date was %(was)s and is now %(now)s."), "due_on_was", "due_on", _format_day),
        ),
        "meeting:changed": (
            ValueChange(_("The first day was %(was)s and is now %(now)s."), "opens_on_was", "opens_on", _format_day),
            ValueChange(_("The last day was %(was)s and is now %(now)s."), "closes_on_was", "closes_on", _format_day),
            ValueChange(_("The time zone was %(was)s and is now %(now)s."), "zone_was", "zone", _format_zone),
            ValueChange(CONTRIBUTIONS_WORDS, "contributions_due_at_was", "contributions_due_at", _format_instant),
            ValueChange(
                _("The deadline for posting documents was %(was)s and is now %(now)s."),
                "posting_due_at_was",
                "posting_due_at",
                _format_instant,
            ),
            ValueChange(
                _("The deadline for agenda proposals was %(was)s and is now %(now)s."),
                "proposals_due_at_was",
                "proposals_due_at",
                _format_instant,
            ),
            ValueChange(
                _("The deadline for registration was %(was)s and is now %(now)s."),
                "registration_due_at_was",
                "registration_due_at",
                _format_instant,
            ),
        ),
        "report:corrections-deadline-set": (ValueChange(DEADLINE_WORDS, "was", "now", _format_instant),),
        "meeting:deadline-moved": (ValueChange(CONTRIBUTIONS_WORDS, "was", "now", _format_instant),),
        "meeting:moved": (ValueChange(STATUS_WORDS, "was", "life", _status_of_meeting),),
        "session:moved": (
            ValueChange(
                _("The beginning was %(was)s and is now %(now)s."), "starts_at_was", "starts_at", _format_instant
            ),
            ValueChange(_("The end was %(was)s and is now %(now)s."), "ends_at_was", "ends_at", _format_instant),
        ),
        "agenda:proposals-bounded": (ValueChange(DEADLINE_WORDS, "was", "until", _format_instant),),
        "silence:extended": (ValueChange(DEADLINE_WORDS, "was", "until", _format_instant),),
        "floor:moved": (
            ValueChange(
                _("The place in the list of speakers was %(was)s and is now %(now)s."), "was", "becomes", _format_number
            ),
        ),
        "sitting:step": (
            ValueChange(
                _("The step was “%(was)s” and is now “%(now)s”."), "was", "becomes", _label_by(ITEM_STEP_LABELS)
            ),
        ),
        "floor:item-limits": (
            ValueChange(
                _("Statements of each delegation on the item: it was %(was)s and is now %(now)s."),
                *("statements_was", "statements", _format_limit),
            ),
            ValueChange(
                _("Seconds of each delegation on the item: it was %(was)s and is now %(now)s."),
                *("seconds_was", "seconds", _format_limit),
            ),
        ),
        "action:moved": (ValueChange(STATUS_WORDS, "was", "progress", _progress),),
        "document:access-changed": (
            ValueChange(_("Access was “%(was)s” and is now “%(now)s”."), "old", "new", _access),
        ),
        "region:set": (
            ValueChange(_("The region was “%(was)s” and is now “%(now)s”."), "was", "region", _label_by(REGION_LABELS)),
        ),
        "body:admission-changed": (
            ValueChange(
                _("The admitted categories were: %(was)s. They are now: %(now)s."), "was", "admits", _format_categories
            ),
        ),
        "body:languages-set": (
            ValueChange(
                _("The required languages were: %(was)s. They are now: %(now)s."),
                "was",
                "languages",
                _format_languages,
            ),
        ),
        "state-decision:set": (
            ValueChange(
                _("Only the head of delegation could: %(was)s. Now only the head of delegation can: %(now)s."),
                "was",
                "by_head",
                _format_state_acts,
            ),
        ),
        "body:silence-set": (
            ValueChange(_("The minimum period was %(was)s and is now %(now)s."), "was", "hours", _format_hours),
        ),
        "body:positions-shown-set": (
            ValueChange(
                _("The setting was “%(was)s” and is now “%(now)s”."),
                "was",
                "shown_to",
                _label_by(POSITION_AUDIENCE_LABELS),
            ),
        ),
    }
)
UNDONE_ACT_WORDS: Mapping[str, LazyText] = MappingProxyType({each.name: each.words for each in UNDOABLE_EVENTS})
TITLE_WORDS = _("The title was “%(was)s” and is now “%(now)s”.")
SIGNATURE_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        "asked": _("The State was invited to co-sponsor."),
        "asked before the text": _("The State was invited to co-sponsor. It can answer once the text is there."),
        "asked again": _("The State was invited again to co-sponsor."),
        "no longer asked": _("The invitation to co-sponsor was withdrawn."),
        "invitation withdrawn": _("The invitation to co-sponsor was withdrawn."),
        "signed": _("The State became a co-sponsor."),
        "declined": _("The State declined to co-sponsor."),
    }
)


def list_changes(line: JournalLine, corrections: Mapping[UUID, CorrectionText], formats: Localizer) -> list[LazyText]:
    """List what a line changed, in sentences."""
    changes = [text for change in VALUE_CHANGES.get(line.event, ()) if (text := _describe(change, line.facts, formats))]
    return [*changes, *_describe_details(line, corrections, formats)]


def _describe(change: ValueChange, facts: Mapping[str, FactValue], formats: Localizer) -> LazyText | None:
    """Say the value before and after; None if they are equal, or the line does not hold both."""
    was, now = facts.get(change.was), facts.get(change.now)
    if was is None or now is None or was == now or ("" in (was, now) and change.format is not _format_languages):
        return None
    return LazyText(change.words.message, {"was": change.format(was, formats), "now": change.format(now, formats)})


def _describe_details(
    line: JournalLine, corrections: Mapping[UUID, CorrectionText], formats: Localizer
) -> Iterator[LazyText]:
    """Yield what else a line says in a code: a position, a language, a time, a title that was corrected."""
    facts = line.facts
    match line.event:
        case "meeting:changed" if facts.get("is_place_changed"):
            yield _("The place was changed.")
        case "agenda:changed" if words := CHANGE_LABELS.get(str(facts.get("what"))):
            yield words
        case "contribution:signature" if words := SIGNATURE_LABELS.get(str(facts.get("what"))):
            yield words
        case "contribution:submitted" if facts.get("late"):
            yield _("It was submitted after the deadline.")
        case "clearance:required":
            yield _("Clearance is now required.") if facts.get("required") else _("Clearance is no longer required.")
        case "silence:position-taken" if facts.get("stance") in SILENCE_POSITION_LABELS:
            yield SILENCE_POSITION_LABELS[str(facts["stance"])][1]
        case "position:put" if facts.get("stance") in DECISION_STANCE_LABELS:
            yield DECISION_STANCE_LABELS[str(facts["stance"])][1]
        case "output:scheduled" | "output:completion-scheduled" | "output:called-back" if facts.get("at"):
            yield _("Planned time of release: %(when)s", when=_format_instant(facts["at"], formats))
        case "silence:opened" if facts.get("until"):
            yield _("Deadline: %(when)s", when=_format_instant(facts["until"], formats))
        case "floor:undone" if words := UNDONE_ACT_WORDS.get(str(facts.get("what"))):
            yield _("The act that was undone: %(what)s.", what=words)
        case "agenda:released" if facts.get("number"):
            yield _("Version %(number)s", number=_format_number(facts["number"], formats))
        case "report:restored":
            yield _("Text of revision %(number)s", number=_format_number(facts["restored"], formats))
        case "document:corrected" if correction := corrections.get(UUID(str(facts["correction"]))):
            yield _describe_correction(correction)
    if facts.get("language"):
        yield _("Language: %(language)s", language=formats.language_name(str(facts["language"])))


def _describe_correction(correction: CorrectionText) -> LazyText:
    if correction.what == CorrectedField.TITLE:
        return LazyText(TITLE_WORDS.message, {"was": correction.old, "now": correction.new})
    return HISTORY_LABELS[HistoryEntryKind(correction.what)]
