"""The steps of the current item as pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from app.core.i18n import LazyText
from app.core.i18n import lazy_pgettext as _p
from app.domain.floor.models import ItemStep, Sitting

ITEM_STEP_LABELS: Mapping[str, LazyText] = MappingProxyType(
    {
        ItemStep.INTRODUCTION: _p("item step", "Introduction"),
        ItemStep.DISCUSSION: _p("item step", "Discussion"),
        ItemStep.SUMMING_UP: _p("item step", "Summing-up"),
        ItemStep.CONCLUSION: _p("item step", "Conclusion"),
    }
)


@dataclass(frozen=True, slots=True)
class ItemStepLine:
    """A step of the current item; `is_next` is the one that follows the current one."""

    step: str
    words: LazyText
    is_done: bool
    is_current: bool
    is_next: bool


def list_item_steps(sitting: Sitting) -> list[ItemStepLine]:
    """List the steps of the current item; an item that was opened without steps is at the first."""
    steps = list(ItemStep)
    now = steps.index(ItemStep(sitting.step)) if sitting.step else 0
    return [
        ItemStepLine(step, ITEM_STEP_LABELS[step], place < now, place == now, place == now + 1)
        for place, step in enumerate(steps)
    ]
