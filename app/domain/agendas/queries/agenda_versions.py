"""Read a release or the draft of an agenda as a version, and what differs between the two."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Row

from app.core.database.combined_lists import read_together
from app.core.db import ReadSession
from app.domain.agendas.models import AgendaItem, AgendaRelease, DraftAllocation
from app.domain.agendas.queries.agenda_drafts import list_draft_allocations, list_draft_items, order_draft_items
from app.domain.agendas.queries.agenda_releases import (
    ReleasedItemRow,
    list_agenda_releases,
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
        read_together(session, release, list_release_items, list_release_allocations)
        rows = [(row.item_id, row.label, row) for row in list_release_items(session, release)]
        return _build_version(rows, list_release_allocations(session, release))
    ordered = order_draft_items(list_draft_items(session, meeting))
    drafted = [(item.id, format_item_number(meeting.numbering, path), item) for item, path in ordered]
    return _build_version(drafted, list_draft_allocations(session, meeting))


def list_differences_from_previous(
    session: ReadSession, meeting: Meeting, release: AgendaRelease
) -> list[AgendaDifference]:
    """List what differs between a release and the one before; nothing of the first release."""
    previous = next(
        (each for each in list_agenda_releases(session, meeting) if each.number == release.number - 1), None
    )
    if previous is None:
        return []
    return compare_agenda_versions(
        load_agenda_version(session, meeting, previous), load_agenda_version(session, meeting, release)
    )


def list_unreleased_differences(
    session: ReadSession, meeting: Meeting, release: AgendaRelease | None
) -> list[AgendaDifference]:
    """List what differs between the current release and the draft; nothing before the first release."""
    if release is None or release.draft_version == meeting.agenda_version:
        return []
    return compare_agenda_versions(
        load_agenda_version(session, meeting, release), load_agenda_version(session, meeting, None)
    )


def _build_version(
    rows: Iterable[tuple[UUID, str, AgendaItem | ReleasedItemRow]],
    allocations: Iterable[DraftAllocation | Row[UUID, UUID, int | None]],
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
