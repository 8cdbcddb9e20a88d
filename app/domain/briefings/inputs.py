"""Inputs of packs and of private notes."""

from typing import Literal
from uuid import UUID

from app.core.validation import InputModel, LongProse
from app.domain.briefings.models import PackFormat


class PackChoice(InputModel):
    """What a pack contains: which files, by default those of the last pack; and only the news since an earlier pack, or
    everything (`none`, and by default: whether the last pack arrived is not known)."""

    format: PackFormat | None = None
    since: UUID | Literal["none"] | None = None


class DelegationNoteInput(InputModel):
    """A private note of a delegation; an empty one deletes what was there."""

    text: LongProse = ""
