"""The last act of the chair as the floor's page offers to undo it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.floor import events, rules
from app.domain.floor.models import (
    FloorRequest,
    LastAct,
)
from app.http.authentication import EntityName

# By the name of the event and its code, if it has one. What concerns a State names it as `state`.
ACT_SENTENCES: Mapping[tuple[str, str], LazyText] = MappingProxyType(
    {
        (events.FloorGiven.name, ""): _("The floor was given to %(state)s."),
        (events.FloorEnded.name, ""): _("The statement by %(state)s was ended."),
        (events.FloorDeclined.name, ""): _("The request of %(state)s was declined."),
        (events.SpeakersListReordered.name, ""): _("%(state)s was moved to another place on the list."),
        (events.FloorAsked.name, ""): _("%(state)s was added to the list."),
        (events.ItemTakenUp.name, ""): _("The meeting moved to another item."),
        (events.ItemStepTaken.name, ""): _("The meeting went on to another step of the item."),
        (events.DocumentPresented.name, ""): _("The presentation of a document was changed."),
        (events.SpeakersListChanged.name, "closes"): _("The closing time of the list of speakers was set."),
        (events.SpeakersListChanged.name, "reopened"): _("The list of speakers was reopened."),
        (events.SpeakersListChanged.name, "limit"): _("The time for each statement was changed."),
        (events.ClockSet.name, "stop"): _("The clock was stopped."),
        (events.ClockSet.name, "start"): _("The clock was started."),
        (events.ClockSet.name, "more"): _("One minute was added."),
    }
)


@dataclass(frozen=True, slots=True)
class UndoableAct:
    """A sentence about an act, and the seconds for which it can still be undone."""

    words: LazyText
    seconds: int


def describe_undoable_act(act: LastAct, requests: Sequence[FloorRequest], moment: datetime) -> UndoableAct:
    """Describe an act that can be undone at this moment."""
    sentence = ACT_SENTENCES[act.event, act.what]
    entity = next((request.entity for request in requests if request.id == act.request), "")
    left = (act.at + rules.UNDO_PERIOD - moment).total_seconds()
    return UndoableAct(LazyText(sentence.message, {"state": EntityName(entity)}) if entity else sentence, int(left) + 1)
