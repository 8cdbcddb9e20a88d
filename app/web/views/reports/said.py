"""What was said under an item: the private notes of the chair, and who had the floor, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.agendas.queries import agenda_releases
from app.domain.floor import queries as floor
from app.domain.floor.models import FloorRequest
from app.domain.meetings.models import Meeting
from app.domain.reports.rules.paragraphs import ParagraphKind, ReportParagraph
from app.web.views.reports.facts import ItemFacts, collect_meeting_facts


@dataclass(frozen=True, slots=True)
class SaidUnderItem:
    """The notes on an item as text for the report, and the statements under it in the order in which they were made."""

    notes: str
    statements: Sequence[FloorRequest]


def load_what_was_said(
    session: ReadSession,
    actor: Actor,
    meeting: Meeting,
    paragraph: ReportParagraph,
    present: Iterable[ReportParagraph],
) -> SaidUnderItem:
    """Load what was said under the item of a heading, which begins with its number. A heading of no item is offered the
    notes on items that have no heading."""
    label_by_item = {row.item_id: row.label for row in agenda_releases.list_current_released_items(session, meeting)}
    notes = floor.list_chair_notes(session, actor, meeting.id)
    item = _find_item(label_by_item, paragraph)
    if item:
        facts = collect_meeting_facts(session, meeting, label_by_item).by_item.get(item, ItemFacts())
        return SaidUnderItem(_join_notes(text for key, text in notes if key == item), facts.floor_requests)
    with_heading = {_find_item(label_by_item, each) for each in present}
    return SaidUnderItem(_join_notes(text for key, text in notes if key not in with_heading), [])


def _find_item(label_by_item: dict[UUID, str], paragraph: ReportParagraph) -> UUID | None:
    if paragraph.kind != ParagraphKind.HEADING:
        return None
    return next((item for item, label in label_by_item.items() if paragraph.text.startswith(f"{label} ")), None)


def _join_notes(texts: Iterable[str]) -> str:
    return "\n\n".join(texts)
