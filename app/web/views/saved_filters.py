"""The filters that a person keeps of a list, as the page of the list shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.validation import FALLBACK_MESSAGE, InputModel
from app.domain.contributions.inputs import LateListFilter, RegistrationQueueFilter
from app.domain.identity.inputs import FilterableList
from app.domain.identity.models.tables import SavedFilter
from app.domain.identity.queries import list_saved_filters
from app.domain.outputs.inputs import OutputListFilter
from app.domain.search.inputs import DocumentListFilter
from app.domain.silence.inputs import SilenceListFilter
from app.http.page_context import ReadContext
from app.web.forms.parsing import parse_form
from app.web.views.documents.filters import COLUMN_LABELS


@dataclass(frozen=True, slots=True)
class FilterableListPage:
    """The page of a list of which filters are kept: its title, its path and place, the model of its filters, and the
    parameters that may be repeated, with their values."""

    title: LazyText
    path: str
    filter_class: type[InputModel]
    anchor: str = ""
    repeatable: Mapping[str, Sequence[str]] = MappingProxyType({})

    def build_address(self, query: str, done: str = "") -> str:
        """Return the address of the list with this query string."""
        parts = "&".join(filter(None, (query, f"done={done}" if done else "")))
        return self.path + (f"?{parts}" if parts else "") + self.anchor

    def normalize_query(self, query: str) -> str:
        """Return a query string as the page itself writes it. Raises BadRequest if it is not one of the list."""
        pairs = parse_qsl(query)
        single = {name: value for name, value in pairs if name not in self.repeatable}
        entry = parse_form(self.filter_class, dict(single))
        if entry.value is None or len(single) != sum(name not in self.repeatable for name, _value in pairs):
            raise BadRequest(FALLBACK_MESSAGE)
        chosen = [(name, str(value)) for name, value in entry.value if value is not None]
        repeated = [
            (name, value) for name, values in self.repeatable.items() for value in values if (name, value) in pairs
        ]
        return urlencode(chosen + repeated)


PAGES: Mapping[FilterableList, FilterableListPage] = MappingProxyType(
    {
        FilterableList.DOCUMENTS: FilterableListPage(
            _("Documents"), "/documents", DocumentListFilter, repeatable={"show": tuple(COLUMN_LABELS)}
        ),
        FilterableList.REGISTRATION: FilterableListPage(
            _("To be registered"), "/contributions", RegistrationQueueFilter, "#h-queue"
        ),
        FilterableList.LATE: FilterableListPage(_("Late contributions"), "/late", LateListFilter),
        FilterableList.OUTPUTS: FilterableListPage(_("Outputs"), "/outputs", OutputListFilter),
        FilterableList.SILENCE: FilterableListPage(_("Silence procedures"), "/silence", SilenceListFilter),
    }
)


@dataclass(frozen=True, slots=True)
class SavedFilters:
    """The filters that the reader keeps of a list: (address, name, whether it is the present one) each. `current` is
    the id of the present one; `query` what would be saved, if anything narrows the list."""

    filtered: FilterableList
    query: str
    links: list[tuple[str, str, bool]]
    current: UUID | None


def build_saved_filters(context: ReadContext, filtered: FilterableList, query: str) -> SavedFilters:
    """Build the filters that the reader keeps of a list that is shown with a query string; one statement."""
    return show_saved_filters(list_saved_filters(context.session, context.actor, filtered), filtered, query)


def show_saved_filters(rows: Sequence[SavedFilter], filtered: FilterableList, query: str) -> SavedFilters:
    """Build the same of filters that were read with something else."""
    page, query = PAGES[filtered], query.rstrip("&")
    return SavedFilters(
        filtered,
        query,
        [(page.build_address(row.query), row.name, row.query == query) for row in rows],
        next((row.id for row in rows if row.query == query), None),
    )
