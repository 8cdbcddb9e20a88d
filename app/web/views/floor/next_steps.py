"""The steps that the chair's view offers: the next one, and other likely ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.floor.models import FloorRequestKind
from app.domain.meetings.models import MeetingSession
from app.http.localization import Localizer
from app.web.views.floor.floor import FloorView


@dataclass(frozen=True, slots=True)
class FloorStep:
    """A button that sends `fields`, and the key that presses it."""

    path: str
    words: LazyText
    fields: Mapping[str, UUID | str] = field(default_factory=dict)
    key: str = ""


def list_floor_steps(floor: FloorView, to_open: Sequence[MeetingSession], formats: Localizer) -> list[FloorStep]:
    """Return the steps offered now, the most likely first."""
    if floor.sitting is None:
        when = [(each, formats.format_instant(each.starts_at, floor.meeting.zone)) for each in to_open]
        return [
            FloorStep("/floor/open", _("Open the session of %(when)s", when=words), {"session": each.id})
            for each, words in when
        ]
    return list(_steps_of_open_session(floor))


def _steps_of_open_session(floor: FloorView) -> Iterator[FloorStep]:
    """Yield the buttons of the speaker: a point of order first, since it interrupts the statement."""
    speaker, then = floor.speaker, floor.next_speaker
    interrupts = then is not None and then.kind == FloorRequestKind.POINT_OF_ORDER
    if then and (interrupts or not speaker):
        yield _give_floor_step(floor)
    if speaker:
        yield FloorStep("/floor/end", _("End the statement by %(state)s", state=speaker.name), key="e")
    if speaker and then and not interrupts:
        yield _give_floor_step(floor)


def _give_floor_step(floor: FloorView) -> FloorStep:
    then = floor.next_speaker
    assert then is not None
    if then.interrupted:
        words = _("Give the floor back to %(state)s", state=then.name)
    elif then.kind == FloorRequestKind.FLOOR:
        words = _("Give the floor to %(state)s", state=then.name)
    else:
        words = _("%(kind)s: %(state)s", kind=then.words, state=then.name)
    return FloorStep("/floor/give", words, {"request": then.id}, key="n")
