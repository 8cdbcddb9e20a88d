"""Rows that are not as the journal left them."""

from collections.abc import Iterator

from app.core import row_digests
from app.core.db import ReadSession
from app.domain.preservation.events import RecordMigrated
from app.domain.tables import METADATA


def find_row_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each row that is not as the journal left it, and for what recording rests on."""
    all_tables = [table for metadata in METADATA for table in metadata.sorted_tables]
    yield from row_digests.find_recording_faults(session, all_tables, RecordMigrated)
    yield from row_digests.find_row_list_faults(session)
    for table in row_digests.list_recorded_tables(all_tables):
        yield from row_digests.find_row_faults(session, table)
