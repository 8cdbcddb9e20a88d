"""Translations that were ticked as one ZIP for those who translate them: the originals under the names by which they
are matched when they come back, an XLIFF file of the segments of each, and a list."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.inspection.display_names import EXTENSIONS
from app.core.interchange.xliff import TITLE_UNIT, XLIFF_EXTENSIONS, XliffUnit, render_xliff
from app.domain.documents import rules as documents
from app.domain.files import queries as file_queries
from app.domain.translations.queries import due
from app.domain.translations.queries.due import DueTranslationRow
from app.domain.translations.queries.originals import OriginalText, index_originals
from app.domain.translations.rules.file_names import format_file_stem
from app.http.authentication import SignedInGuard
from app.http.exports.csv_export import iter_csv_lines
from app.http.exports.zip_export import UniqueFileNames, ZipMember, zip_response
from app.http.page_context import COSTLY_TURN, DOWNLOAD_TURN, ReadContext, open_file_while_allowed
from app.web.translations.access import require_secretary
from app.web.translations.lists import PickedValues, parse_keys, render_nothing_selected

router = APIRouter()

LIST_NAME, LIST_STEM, LIST_EXTENSION = "list.csv", "list", ".csv"
HEADINGS = ("symbol", "language", "original", "due", "translator", "title", "file", "xliff")


@router.get(
    "/translations.zip",
    dependencies=[Depends(SignedInGuard(documents.SEE_TRANSLATIONS_DUE)), COSTLY_TURN, DOWNLOAD_TURN],
)
def export_translations(context: ReadContext, pick: PickedValues = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Send the originals of the translations that were ticked. Raises Conflict if the virus scanner has not passed one
    of them."""
    require_secretary(context)
    if not pick:
        return render_nothing_selected(context)
    rows = due.list_translations_by_key(context.session, context.actor, parse_keys(pick))
    originals = index_originals(context.session, rows)
    file_queries.require_clean_scans(context.session, [original.sha256 for original in originals.values()])
    return zip_response(context.request, _list_members(context, rows, originals), "translations.zip")


def _list_members(
    context: ReadContext, rows: Sequence[DueTranslationRow], originals: Mapping[UUID, OriginalText]
) -> list[ZipMember]:
    """List the members of the ZIP: the list, then for each translation its original and its segments."""
    names, members = UniqueFileNames(), []
    listed: list[Sequence[object]] = [HEADINGS]
    names.unique_name(LIST_STEM, LIST_EXTENSION)
    for row in rows:
        original = originals.get(row.edition_id or row.output_id)
        stem, file_name = names.unique_name(format_file_stem(row.symbol, row.language), ""), ""
        if original:
            file_name = stem + EXTENSIONS.get(original.media, "")
            members.append(
                ZipMember(file_name, original.size, partial(open_file_while_allowed, context, original.sha256))
            )
        segments = _render_segments(row, original)
        members.append(ZipMember.from_bytes(stem + XLIFF_EXTENSIONS[0], segments))
        listed.append(_list_cells(row, file_name, stem + XLIFF_EXTENSIONS[0]))
    return [ZipMember.from_bytes(LIST_NAME, "".join(iter_csv_lines(listed)).encode()), *members]


def _render_segments(row: DueTranslationRow, original: OriginalText | None) -> bytes:
    """Render title, abstract and paragraphs; those of a DOCX are in that file."""
    units = [XliffUnit(TITLE_UNIT, due.get_titles(row).get(row.original, ""))]
    if original and original.abstract:
        units.append(XliffUnit("abstract", original.abstract))
    lines = original.paragraphs if original else ()
    units += [XliffUnit(f"p{number}", line) for number, line in enumerate(lines, start=1)]
    return render_xliff(
        str(due.get_key(row)), row.symbol, units, source_language=row.original, target_language=row.language
    )


def _list_cells(row: DueTranslationRow, file_name: str, xliff_name: str) -> tuple[str, ...]:
    """Return the cells of a translation, in the order of `HEADINGS`."""
    due_on = row.due_on.isoformat() if row.due_on else ""
    title = due.get_titles(row).get(row.original, "")
    return row.symbol, row.language, row.original, due_on, row.translator or "", title, file_name, xliff_name
