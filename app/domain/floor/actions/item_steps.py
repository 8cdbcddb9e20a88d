"""The steps of the current item, and the document of it that the chair presents to everybody."""

from app.core.db import WriteSession
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.floor import events, queries, rules
from app.domain.floor.actions import floor_lock
from app.domain.floor.inputs import ItemStepInput, PresentationInput
from app.domain.floor.models import ItemStep
from app.domain.meetings.models import Meeting

NO_ITEM = _("No item has been opened yet.")


def take_item_step(
    session: WriteSession, actor: Actor, meeting: Meeting, taking: ItemStepInput, *, version: int
) -> None:
    """Go on to a step of the current item, or back to one. Raises Forbidden, Stale; Conflict if there is no item."""
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    sitting = floor.sitting
    if sitting.item_id is None:
        raise Conflict(NO_ITEM)
    was, sitting.step = sitting.step or ItemStep.INTRODUCTION, taking.step
    floor.record_change(events.ItemStepTaken(meeting.id, sitting.item_id, was, taking.step))


def present_document(
    session: WriteSession, actor: Actor, meeting: Meeting, presenting: PresentationInput, *, version: int
) -> None:
    """Present a document of the current item on all pages of the floor, to those who may read it; None ends it.

    Raises Forbidden, Stale; Conflict if there is no item; NotFound for a document that is not under the item.
    """
    rules.RUN.require(actor, queries.build_floor_rule_subject(session, meeting))
    floor = floor_lock.lock_floor_for_chair(session, actor, meeting, version)
    sitting = floor.sitting
    if sitting.item_id is None:
        raise Conflict(NO_ITEM)
    under_item = queries.list_documents_under_item(session, meeting, sitting.item_id)
    if presenting.document is not None and presenting.document not in under_item:
        raise NotFound()
    sitting.presented_id = presenting.document
    floor.record_change(events.DocumentPresented(meeting.id, sitting.item_id, presenting.document))
