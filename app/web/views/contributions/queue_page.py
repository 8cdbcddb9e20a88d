"""The registration queue as a page shows it: its lines, what narrows them, and who can be named for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core import clock
from app.core.db import count_rows_of_each
from app.core.i18n import LANGUAGES, NATIVE_NAMES, LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.bodies.models import Office
from app.domain.bodies.queries.roster import list_secretaries
from app.domain.contributions.inputs import RegistrationQueueFilter
from app.domain.contributions.queries.bulk_registration import list_beginning_of_queue, select_without_findings
from app.domain.contributions.queries.registration_filters import list_queue_sources, select_registration_queue
from app.http.labels import EDITION_KIND_LABELS
from app.http.page_context import ReadContext
from app.http.pagination import ListPage
from app.web.forms.list_queries import FilteredList
from app.web.views.bodies.bodies import list_group_choices
from app.web.views.contributions.registration_queue import RegistrationQueueLine, build_queue_lines, list_queue_lines
from app.web.views.contributions.status import MeetingsById
from app.web.views.documents.filters import DOCUMENT_TYPE_LABELS, REGION_LABELS, list_entity_names

QUEUE_PATH, QUEUE_ANCHOR = "/contributions", "#h-queue"
REGISTER_ALL_PATH = "/registration/without-findings"
PAGE_SIZE = 50
"""Lines of the queue on a page: as many as can be selected at once."""
KINDS = ("C", "INF", "ADM", "DT", "DL", "R")
STEPS = ("rev", "add", "corr")
QUICK_FILTERS: Sequence[tuple[str, str, LazyText]] = (
    ("findings", "none", _("No findings")),
    ("findings", "some", _("With findings")),
    ("timing", "late", _("Late")),
    ("assigned", "me", _("Assigned to me")),
    ("assigned", "none", _("Not assigned")),
)
"""Field, value and words of the filters that are offered as links."""


@dataclass(frozen=True, slots=True)
class QueueChoices:
    """Options of the filters of the queue: (value, words) each."""

    sources: Sequence[tuple[str, str]]
    groups: Sequence[tuple[str, str]]
    regions: Sequence[tuple[str, LazyText]] = tuple(REGION_LABELS.items())
    languages: Sequence[tuple[str, str]] = tuple((code, NATIVE_NAMES[code]) for code in LANGUAGES)
    kinds: Sequence[tuple[str, LazyText]] = (
        *((code, DOCUMENT_TYPE_LABELS[code]) for code in KINDS),
        *((step, EDITION_KIND_LABELS[step]) for step in STEPS),
    )


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of the queue. `without_findings` is how many of those that fit the filters can be registered in one act,
    at the address `register_all`; `secretaries` are those to whom a contribution can be assigned, the reader first."""

    listing: FilteredList[RegistrationQueueFilter]
    lines: Sequence[RegistrationQueueLine]
    page: ListPage
    choices: QueueChoices
    secretaries: Sequence[tuple[UUID, str]]
    without_findings: int

    @property
    def register_all(self) -> str:
        """The address of the check page of all without findings, with the same filters."""
        return FilteredList(REGISTER_ALL_PATH, self.listing.filters.model_copy(update={"sort": None})).address

    @property
    def quick_filters(self) -> list[tuple[str, LazyText, bool]]:
        """The filters that are offered as links: address, words, and whether it is chosen. The chosen one is removed by
        its link."""
        chosen = self.listing.filters
        return [
            (self.listing.url_with(**{name: None if is_chosen else value}), words, is_chosen)
            for name, value, words in QUICK_FILTERS
            for is_chosen in [getattr(chosen, name) == value]
        ]


def build_queue_page(
    context: ReadContext, filters: RegistrationQueueFilter, meetings_by_id: MeetingsById, number: int
) -> QueuePage:
    """Build one page of the queue of a secretary; five statements, however long it is."""
    session, actor, language = context.session, context.actor, context.language
    queue = select_registration_queue(actor, filters, language)
    total, without_findings = count_rows_of_each(session, queue, select_without_findings(actor, filters, language))
    page = ListPage(number, PAGE_SIZE, total)
    return QueuePage(
        FilteredList(QUEUE_PATH, filters, "received", QUEUE_ANCHOR),
        list_queue_lines(context, queue, meetings_by_id, limit=page.size, offset=page.offset),
        page,
        QueueChoices(
            list_entity_names(list_queue_sources(session, actor), language),
            list_group_choices(
                body for _meeting, body in meetings_by_id.values() if actor.has_role(body.id, Office.SECRETARY)
            ),
        ),
        _list_assignees(context),
        without_findings,
    )


@dataclass(frozen=True, slots=True)
class DeskQueue:
    """The beginning of the queue on the desk of a secretary, and how many can be registered in one act."""

    lines: Sequence[RegistrationQueueLine]
    without_findings: int
    register_all: str = REGISTER_ALL_PATH


def build_desk_queue(context: ReadContext, meetings_by_id: MeetingsById, limit: int) -> DeskQueue | None:
    """Build the beginning of the queue of a secretary; None if it is empty."""
    rows, without_findings = list_beginning_of_queue(context.session, context.actor, limit)
    return DeskQueue(build_queue_lines(context, rows, meetings_by_id), without_findings) if rows else None


def _list_assignees(context: ReadContext) -> list[tuple[UUID, str]]:
    """List the secretaries of the reader's bodies, each once, the reader first."""
    bodies = context.actor.bodies_with_role(Office.SECRETARY)
    names = {person: name for _body, person, name in list_secretaries(context.session, bodies, clock.now().date())}
    return sorted(names.items(), key=lambda each: each[0] != context.actor.person)
