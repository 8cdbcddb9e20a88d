"""Read a release or the draft of an agenda as a version, and what differs between the two."""

from collections.abc import Iterable
from uuid import UUID

from app.core.db import ReadSession
from app.domain.agendas.models import AgendaItem, AgendaRelease, DraftAllocation
from app.domain.agendas.queries.agenda_drafts import list_draft_allocations, list_draft_items, order_draft_items
from app.domain.agendas.queries.agenda_releases import (
    ReleasedAllocationRow,
    ReleasedItemRow,
    list_release_allocations,
    list_release_items,
)
from app.domain.agendas.rules.diff import (
    AgendaDifference,
    AgendaVersion,
    AgendaVersionDocument,
    AgendaVersionItem,
    compare_agenda_versions,
)
from app.domain.agendas.rules.merging import CONTENT_FIELDS
from app.domain.agendas.rules.numbering import format_item_number
from app.domain.meetings.models import Meeting


def load_agenda_version(session: ReadSession, meeting: Meeting, release: AgendaRelease | None) -> AgendaVersion:
    """Load a release, or the draft if None, as a value that `compare_agenda_versions` takes."""
    if release is not None:
        return _build_released_version(list_release_items(session, release), list_release_allocations(session, release))
    ordered = order_draft_items(list_draft_items(session, meeting))
    drafted = [(item.id, format_item_number(meeting.numbering, path), item) for item, path in ordered]
    return _build_version(drafted, list_draft_allocations(session, meeting))


def load_compared_release(
    session: ReadSession, release: AgendaRelease
) -> tuple[list[ReleasedItemRow], list[ReleasedAllocationRow], list[AgendaDifference]]:
    """Load the items from the top and the documents of a release, and what changed since the one before; in two SQL
    statements."""
    items = list_release_items(session, release, with_previous=True)
    allocations = list_release_allocations(session, release, with_previous=True)
    own = [row for row in items if row.release_id == release.id]
    own_allocations = [row for row in allocations if row.release_id == release.id]
    former = _build_released_version(
        [row for row in items if row.release_id != release.id],
        [row for row in allocations if row.release_id != release.id],
    )
    return own, own_allocations, compare_agenda_versions(former, _build_released_version(own, own_allocations))


def list_unreleased_differences(
    session: ReadSession, meeting: Meeting, release: AgendaRelease | None
) -> list[AgendaDifference]:
    """List what differs between the current release and the draft; nothing before the first release."""
    if release is None or release.draft_version == meeting.agenda_version:
        return []
    return compare_agenda_versions(
        load_agenda_version(session, meeting, release), load_agenda_version(session, meeting, None)
    )


def _build_released_version(
    items: Iterable[ReleasedItemRow], allocations: Iterable[ReleasedAllocationRow]
) -> AgendaVersion:
    return _build_version([(row.item_id, row.label, row) for row in items], allocations)


def _build_version(
    rows: Iterable[tuple[UUID, str, AgendaItem | ReleasedItemRow]],
    allocations: Iterable[DraftAllocation | ReleasedAllocationRow],
) -> AgendaVersion:
    """Build the comparable value from rows of items and allocations."""
    return AgendaVersion(
        [
            AgendaVersionItem(
                key, number, row.parent_id, row.titles, tuple(getattr(row, name) for name in CONTENT_FIELDS)
            )
            for key, number, row in rows
        ],
        [
            AgendaVersionDocument(allocation.document_id, allocation.item_id, allocation.together)
            for allocation in allocations
        ],
    )
