"""What cites a mandate, a clause or an action line, as one reader sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.citations import queries
from app.domain.citations.queries import CitedColumn, CitingKind
from app.http.page_context import ReadContext
from app.http.pagination import ListPage
from app.web.views.documents.lines import DocumentListLine, load_document_lines
from app.web.views.documents.titles import localize_title

KIND_NAMES: Mapping[CitingKind, LazyText] = {
    CitingKind.DOCUMENT: _("Documents"),
    CitingKind.CONTRIBUTION: _("Contributions not yet registered"),
    CitingKind.OUTPUT: _("Outputs"),
    CitingKind.AGENDA_ITEM: _("Agenda items"),
}


@dataclass(frozen=True, slots=True)
class CitingLine:
    """A contribution, an output or an agenda item that cites something; `place` is where an item is."""

    href: str
    symbol: str
    title: str
    lang: str | None
    place: LazyText | None = None


@dataclass(frozen=True, slots=True)
class CitingThings:
    """All that cites something and the reader may see, by kind."""

    documents: Sequence[DocumentListLine]
    page: ListPage
    contributions: Sequence[CitingLine]
    outputs: Sequence[CitingLine]
    agenda_items: Sequence[CitingLine]
    list_address: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing cites it that the reader may see."""
        return not (self.documents or self.contributions or self.outputs or self.agenda_items)


def load_citing_things(context: ReadContext, cited: CitedColumn, code: str, page_number: int) -> CitingThings:
    """Load all that cites a mandate, a clause or an action line, as far as the reader may see it."""
    session, actor, language = context.session, context.actor, context.language
    documents = queries.select_citing_documents(actor, cited, code)
    lines, page = load_document_lines(context, documents, "-date", page_number, {})
    rows = queries.read_citing_rows(session, actor, cited, code)
    name = "mandate" if cited is CitedColumn.MANDATES else "action_line"
    return CitingThings(
        lines,
        page,
        [
            CitingLine(
                f"/contributions/{each.id}", "", each.title, None if each.original == language else each.original
            )
            for each in rows.contributions
        ],
        [
            CitingLine(f"/outputs/{each.id}", each.symbol or "", *localize_title(each.titles, language, each.original))
            for each in rows.outputs
        ],
        [build_agenda_item_line(each, language) for each in rows.agenda_items],
        f"/documents?{name}={code}",
    )


def build_agenda_item_line(row: Row[*queries.CitingItemColumns], language: str) -> CitingLine:
    """Build the line of an agenda item that cites something, with its number and meeting."""
    title, lang = localize_title(row.titles, language)
    place = _("Agenda item %(number)s of %(meeting)s", number=row.label, meeting=f"{row.prefix} {row.number}")
    return CitingLine(f"/meetings/{row.meeting_id}/agenda#item-{row.item_id}", "", title, lang, place)


def total_counts(counts: Mapping[str, Mapping[CitingKind, int]]) -> dict[str, int]:
    """Add up the kinds that cite each code."""
    return {code: sum(of_kinds.values()) for code, of_kinds in counts.items()}
