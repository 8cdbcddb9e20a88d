"""The steps that the chair's view offers: the next one, and other likely ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.asgi.formats import Formats
from app.core.i18n import Text, say
from app.domain.floor.models import Kind
from app.domain.meetings.models import MeetingSession
from app.web.floor_view import Floor


@dataclass(frozen=True, slots=True)
class Step:
    """A button that sends `fields`, or a link to a page with a form."""

    path: str
    words: Text
    fields: Mapping[str, UUID | str] = field(default_factory=dict)
    link: bool = False


def steps(floor: Floor, to_open: Sequence[MeetingSession], formats: Formats) -> list[Step]:
    """Return the steps offered now, the most likely first."""
    if floor.sitting is None:
        when = [(each, formats.when(each.starts_at, floor.meeting.zone)) for each in to_open]
        return [
            Step("/floor/open", say("Open the session of %(when)s", when=words), {"session": each.id})
            for each, words in when
        ]
    return list(_steps_of_open_session(floor))


def _steps_of_open_session(floor: Floor) -> Iterator[Step]:
    speaker, then, following = floor.speaker, floor.next, floor.following
    if speaker and then and then.kind == Kind.POINT_OF_ORDER:
        yield _give_floor_step(floor)
    if speaker:
        yield Step("/floor/end", say("%(state)s has ended", state=speaker.name))
    elif then:
        yield _give_floor_step(floor)
    if speaker and then and then.kind != Kind.POINT_OF_ORDER:
        yield _give_floor_step(floor)
    if not speaker and not then and floor.item:
        yield Step("/decisions/new", say("Take down a decision"), link=True)
    if not speaker and not then and following:
        yield Step("/floor/item", say("Go on to item %(number)s", number=following.number), {"item": following.id})
    if floor.item and (speaker or then):
        yield Step("/decisions/new", say("Take down a decision"), link=True)
    yield Step("/floor/close", say("Close the session"))


def _give_floor_step(floor: Floor) -> Step:
    then = floor.next
    assert then is not None
    if then.interrupted:
        words = say("Give the floor back to %(state)s", state=then.name)
    elif then.kind == Kind.FLOOR:
        words = say("Give the floor to %(state)s", state=then.name)
    else:
        words = say("%(kind)s: %(state)s", kind=then.words, state=then.name)
    return Step("/floor/give", words, {"request": then.id})
