"""Import of a table that somebody hands in: its columns, a preview of each row, and the import of all rows or none.

The preview does what the import does, and undoes it: both say the same of every row. The table comes back with the
confirmation as text, so that nothing is kept in between.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Generic

from fastapi import Depends, File, Response, UploadFile

from app.core.errors import BadRequest, Conflict, Forbidden
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.i18n import lazy_pgettext as _p
from app.core.journal import savepoint
from app.core.permissions import Actor
from app.core.spreadsheets.reading import MAX_TABLE_BYTES, read_table_file
from app.core.spreadsheets.rows import RowStatus, TableRow, format_csv, parse_csv
from app.domain.identity.models.claims import MembershipCategory
from app.domain.member_states import find_states
from app.http.page_context import WriteContext
from app.web.forms.actions import try_action
from app.web.forms.parsing import InputT, TextField, parse_form

EXAMPLE_STATE = "KEN"
NO_CHOICES: Mapping[str, LazyText] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """A column: the field of the input, its heading, and what may be in it. A heading or a choice counts in each of the
    six languages."""

    name: str
    label: LazyText
    is_required: bool = False
    choices: Mapping[str, LazyText] = NO_CHOICES
    is_entity: bool = False


ROW_STATUS_LABELS: Mapping[str, tuple[str, LazyText]] = MappingProxyType(
    {
        RowStatus.NEW: ("good", _p("row", "New")),
        RowStatus.KNOWN: ("none", _p("row", "Known, unchanged")),
        RowStatus.CHANGED: ("info", _p("row", "Changed")),
        RowStatus.WRONG: ("bad", _p("row", "To be corrected")),
    }
)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row by field: the texts as they were handed in, the values as inputs take them, and what is wrong with them. A
    text that is wrong is its own value."""

    number: int
    texts: Mapping[str, str]
    values: Mapping[str, str]
    problems: Mapping[str, LazyText]


@dataclass(frozen=True, slots=True)
class TableImport(Generic[InputT]):
    """What is imported: the columns; the input that a row is, `complete` with what was left empty; what two rows of one
    table may not have in common; and the act for one row, which returns what it was. The columns `passed_over` may be
    there, as in a list that was downloaded, and are not read."""

    columns: Sequence[ImportColumn]
    input_class: type[InputT]
    complete: Callable[[ImportRow], Mapping[str, object]]
    key: Callable[[ImportRow], object]
    act: Callable[[ImportRow, InputT], RowStatus]
    passed_over: Sequence[ImportColumn] = ()


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A row in the preview; `problems` has the heading of the column, or None, and what to do."""

    number: int
    texts: Sequence[str]
    status: RowStatus
    problems: Sequence[tuple[LazyText | None, LazyText]] = ()

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong with it: lines that are wrong come first."""
        return not self.problems

    @property
    def tag(self) -> tuple[str, LazyText]:
        """Colour and words of the status."""
        return ROW_STATUS_LABELS[self.status]


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The lines of a table, its text for the confirmation, and whether it was imported."""

    lines: Sequence[ImportLine]
    text: str
    is_imported: bool = False
    counts: Mapping[RowStatus, int] = field(init=False)

    def __post_init__(self) -> None:
        found = [line.status for line in self.lines]
        object.__setattr__(self, "counts", {status: found.count(status) for status in RowStatus})


async def read_offered_table(file: Annotated[UploadFile | None, File()] = None, rows: TextField = "") -> bytes:
    """Read the file of the form, or the pasted text; one byte more than a table may have, at most."""
    if file and file.filename:
        return await file.read(MAX_TABLE_BYTES + 1)
    return rows.encode()


OfferedTable = Annotated[bytes, Depends(read_offered_table)]


def decode_table(offered: bytes) -> str:
    """Decode what the form brought, to be shown again for correction; empty if it is no text."""
    try:
        return offered.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""


def find_example_entity(actor: Actor) -> str:
    """Return whom the example of a template is about: the actor's own State or organization, or any State."""
    return EXAMPLE_STATE if actor.category == MembershipCategory.ITU_STAFF else actor.entity


def parse_offered_table(offered: bytes) -> list[TableRow]:
    """Parse what the form brought. Raises BadRequest if it is empty or no table; Unavailable."""
    if not offered.strip():
        raise BadRequest(_("Choose a file, or paste the rows with their headings."))
    return read_table_file(offered)


def read_import_rows(table: Sequence[TableRow], plan: TableImport[InputT], language: str) -> list[ImportRow]:
    """Read the rows below the headings. Raises BadRequest for wrong headings, or without a row."""
    if len(table) < 2:
        raise BadRequest(_("The table needs a row of headings and at least one row below it."))
    matched = _match_headings(table[0], (*plan.columns, *plan.passed_over))
    order = [column if column in plan.columns else None for column in matched]
    return [_read_row(row, order, language) for row in table[1:]]


def _match_headings(head: TableRow, columns: Sequence[ImportColumn]) -> list[ImportColumn | None]:
    """Match the headings with the columns. Raises BadRequest for one that is unknown, missing or there twice."""
    names = {name: column for column in columns for name in _list_names(column.name, column.label)}
    order = [names.get(cell.casefold()) for cell in head.cells]
    unknown = [cell for cell, column in zip(head.cells, order, strict=True) if cell and column is None]
    if unknown:
        raise BadRequest(
            _("The heading “%(heading)s” is unknown. Use the headings of the template.", heading=unknown[0])
        )
    missing = [column for column in columns if column.is_required and column not in order]
    if missing:
        raise BadRequest(_("The column “%(heading)s” is missing. Add it to the table.", heading=missing[0].label))
    found = [column.name for column in order if column]
    if len(set(found)) < len(found):
        raise BadRequest(_("Two columns have the same heading. Remove one of them."))
    return order


def _list_names(code: str, label: LazyText) -> Iterator[str]:
    """Yield the code and the label in each language, without capitals."""
    yield code.casefold()
    yield from (label.translate(language).casefold() for language in LANGUAGES)


def _read_row(row: TableRow, order: Sequence[ImportColumn | None], language: str) -> ImportRow:
    """Read one row, in which cells at the end may be missing."""
    cells = (*row.cells, *[""] * len(order))
    pairs = [(column, cells[place]) for place, column in enumerate(order) if column]
    values, problems = {}, {}
    for column, text in pairs:
        try:
            values[column.name] = _read_value(column, text, language)
        except BadRequest as fault:
            values[column.name], problems[column.name] = text, fault.reason
    if len(row.cells) > len(order):
        problems[""] = _("This row has more cells than the headings. Put texts with a separator into quotation marks.")
    return ImportRow(row.number, {column.name: text for column, text in pairs}, values, problems)


def _read_value(column: ImportColumn, text: str, language: str) -> str:
    """Return the value of a cell. Raises BadRequest for a State or a choice that is unknown."""
    if column.is_entity and text:
        return _read_entity(text, language)
    if not column.choices or not text:
        return text
    for code, label in column.choices.items():
        if text.casefold() in _list_names(code, label):
            return code
    known = ", ".join(label.translate(language) for label in column.choices.values())
    raise BadRequest(_("“%(text)s” is not one of: %(known)s.", text=text, known=known))


def _read_entity(text: str, language: str) -> str:
    """Return the code of a State by code or name, or any other code as it is. Raises BadRequest for other names."""
    states = find_states(text, language)
    if len(states) == 1:
        return states[0]
    if not states and text.isascii() and text.isupper() and " " not in text:
        return text  # another member; the action knows which are admitted
    raise BadRequest(_("“%(text)s” is no single State. Enter its three-character code, such as KEN.", text=text))


class _RehearsalEnded(Exception):
    """Undoes a rehearsal."""


def import_rows(
    context: WriteContext, table: Sequence[TableRow], plan: TableImport[InputT], *, is_confirmed: bool
) -> ImportOutcome:
    """Act on each row; keep all of it if it was confirmed and each row was right, else undo it.

    Raises BadRequest for wrong headings.
    """
    rows = read_import_rows(table, plan, context.language)
    lines: list[ImportLine] = []
    first_rows: dict[object, int] = {}
    try:
        with savepoint(context.session):
            for row in rows:
                first = first_rows.setdefault(plan.key(row), row.number)
                lines.append(_import_row(context, row, plan, first))
            if not is_confirmed or any(line.problems for line in lines):
                raise _RehearsalEnded
    except _RehearsalEnded:
        return ImportOutcome(lines, format_csv(list(table)))
    return ImportOutcome(lines, "", is_imported=True)


def _import_row(context: WriteContext, row: ImportRow, plan: TableImport[InputT], first: int) -> ImportLine:
    """Import one row, or list all that is wrong with it; undo it if it is refused."""
    entry = parse_form(plan.input_class, plan.complete(row))
    labels = {column.name: column.label for column in plan.columns}
    found = {**entry.errors, **row.problems}
    problems = [(labels.get(name), found[name]) for name in dict.fromkeys((*labels, *found)) if name in found]
    if first != row.number:
        problems.append((None, _("This is the same as row %(row)s. Remove one of them.", row=first)))
    status = [RowStatus.WRONG]
    if entry.value is not None and not problems:
        new = entry.value

        def act_on_row() -> None:
            status[0] = plan.act(row, new)

        refusal = try_action(context, act_on_row, refusals=(BadRequest, Conflict, Forbidden))
        if refusal:
            problems, status = [(None, refusal.reason)], [RowStatus.WRONG]
    texts = [row.texts.get(column.name, "") for column in plan.columns]
    return ImportLine(row.number, texts, status[0], problems)


def build_template_rows(columns: Sequence[ImportColumn], language: str, example: Sequence[str]) -> list[Sequence[str]]:
    """Build the rows of the template: headings in the language of the reader, and an example."""
    return [[column.label.translate(language) for column in columns], example]


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The page of an import: the form, with why the table cannot be read and what was typed, or the preview."""

    columns: Sequence[ImportColumn]
    outcome: ImportOutcome | None = None
    problem: LazyText | None = None
    typed: str = ""
    status: int = 200


RenderImport = Callable[[ImportPage], Response]


def preview_table(
    context: WriteContext, plan: TableImport[InputT], offered: bytes, *, render: RenderImport
) -> Response:
    """Show what each row would do, or the form again if the table cannot be read; nothing is kept."""
    try:
        outcome = import_rows(context, parse_offered_table(offered), plan, is_confirmed=False)
    except BadRequest as refusal:
        return render(ImportPage(plan.columns, None, refusal.reason, decode_table(offered), refusal.status))
    return render(ImportPage(plan.columns, outcome))


def import_table(
    context: WriteContext, plan: TableImport[InputT], rows: str, *, render: RenderImport, done: str
) -> Response:
    """Import all rows of the table that comes back with the confirmation and redirect to `done`; or none, and show
    which are wrong. Raises BadRequest if it cannot be read any more."""
    outcome = import_rows(context, parse_csv(rows), plan, is_confirmed=True)
    if outcome.is_imported:
        return context.redirect(done)
    return render(ImportPage(plan.columns, outcome, status=BadRequest.status))
