"""The list of translations that are due, filtered and sorted by links, and the page that assigns those selected."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core import clock
from app.core.errors import BadRequest, DomainError
from app.core.i18n import LANGUAGES, LazyText
from app.core.i18n import lazy_gettext as _
from app.core.validation import FALLBACK_MESSAGE
from app.domain.bodies.queries.bodies import list_secretary_bodies
from app.domain.bodies.queries.roster import list_secretaries
from app.domain.documents import rules as documents
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.domain.meetings.pending import build_meeting_name
from app.domain.translations.actions import assignments
from app.domain.translations.inputs import AssignmentInput, DueTranslationFilter, TranslationKey
from app.domain.translations.models import TranslationState
from app.domain.translations.queries import due
from app.domain.translations.queries.due import DueCount
from app.domain.translations.rules import permissions as rules
from app.http.authentication import SignedInGuard
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm, parse_form
from app.web.translations.access import require_secretary
from app.web.views.translations.lines import STATE_LABELS, build_due_translation_line

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("pick"))])

HERE = "/translations"
PAGE_SIZE = 50
SEE_GUARD = [Depends(SignedInGuard(documents.SEE_TRANSLATIONS_DUE))]
ASSIGN_GUARD = [Depends(SignedInGuard(rules.ASSIGN))]
FilterText = Annotated[str, Query(max_length=300)]
ChipLinks = list[tuple[str, LazyText, bool]]
"""Address, words, and whether it is chosen."""


class DueTranslationParameters(TypedForm):
    """The query string of the list as it was typed."""

    language: FilterText = ""
    state: FilterText = ""
    meeting: FilterText = ""
    translator: FilterText = ""
    overdue: FilterText = ""
    sort: FilterText = ""


async def read_filter(parameters: Annotated[DueTranslationParameters, Query()]) -> DueTranslationFilter:
    """Parse the query string. Raises BadRequest for values that no page offers."""
    entry = parse_form(DueTranslationFilter, parameters.typed)
    if entry.value is None:
        raise BadRequest(FALLBACK_MESSAGE)
    return entry.value


WantedTranslations = Annotated[DueTranslationFilter, Depends(read_filter)]
PickedValues = Annotated[list[str], Query()]
"""Keys of the translations that were ticked in the list, as they were sent."""


def parse_keys(values: Sequence[str]) -> list[TranslationKey]:
    """Parse the keys of ticked translations. Raises BadRequest for keys that no form sends, or too many."""
    keys = [key for value in values if (key := TranslationKey.parse(value))]
    if len(keys) != len(values) or len(keys) > due.MAX_KEYS:
        raise BadRequest(FALLBACK_MESSAGE)
    return keys


@dataclass(frozen=True, slots=True)
class ListAddress:
    """The address of the list as it is filtered and sorted now, and those that lead on from it."""

    wanted: DueTranslationFilter

    def address_with(self, **changes: object) -> str:
        """Return the address of the list with other filters or another order."""
        encoded = self._encode(self.wanted.model_copy(update=changes))
        return f"{HERE}?{encoded}" if encoded else HERE

    @property
    def query(self) -> str:
        """Query string that stays from page to page, ending in `&`, or empty."""
        encoded = self._encode(self.wanted)
        return f"{encoded}&" if encoded else ""

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set; the order is none."""
        return self.wanted.model_copy(update={"sort": "due"}) != DueTranslationFilter()

    def sort_link(self, name: str) -> tuple[str, str | None]:
        """Return the link of a column head, and how the list is sorted by that column now (`aria-sort`)."""
        if self.wanted.sort == name:
            return self.address_with(sort=f"-{name}"), "ascending"
        return self.address_with(sort=name), "descending" if self.wanted.sort == f"-{name}" else None

    def _encode(self, wanted: DueTranslationFilter) -> str:
        return urlencode(
            {name: "yes" if value is True else str(value) for name, value in wanted if value and value != "due"}
        )


@router.get(HERE, dependencies=SEE_GUARD)
def show_due_translations(
    context: ReadContext, wanted: WantedTranslations, page_number: PageNumber, tick: str = ""
) -> Response:
    """Show the translations that are due, those that are due first at the top; `tick=all` selects those of the page.

    Raises NotFound for anybody but a secretary.
    """
    require_secretary(context)
    return _render_list(context, wanted, page_number, ticked=tick == "all")


def render_nothing_selected(context: ReadContext) -> Response:
    """Render the whole list after a button that needs a selection was pressed without one."""
    return _render_list(context, DueTranslationFilter(), refused=_("Select at least one translation."))


def _render_list(
    context: ReadContext,
    wanted: DueTranslationFilter,
    page_number: int = 1,
    *,
    ticked: bool = False,
    refused: LazyText | None = None,
) -> Response:
    session, actor, here = context.session, context.actor, ListAddress(wanted)
    counts = due.count_due_translations(session, actor, DueTranslationFilter(translator=wanted.translator))
    shown = [count for count in counts if _is_shown(count, wanted)]
    page = ListPage(page_number, PAGE_SIZE, _sum(shown))
    rows = due.list_due_translations(session, actor, wanted, limit=page.size, offset=page.offset) if page.total else ()
    return context.render(
        "web/translations/list.html",
        status=400 if refused else 200,
        here=here,
        chips=list(_list_chips(context, here, counts)),
        pages_counted=sum(count.pages for count in shown),
        page=page,
        ticked=ticked,
        refused=refused,
        lines=[build_due_translation_line(row, context.language) for row in rows],
        bodies=list_secretary_bodies(session, actor),
    )


def _sum(counts: Sequence[DueCount], **wanted: object) -> int:
    """Add up the texts of the groups in which these columns have these values."""
    return sum(count.texts for count in counts if all(getattr(count, name) == value for name, value in wanted.items()))


def _is_shown(count: DueCount, wanted: DueTranslationFilter) -> bool:
    """Whether the group of this count is part of the list."""
    return (
        wanted.language in (None, count.language)
        and wanted.state in (None, count.state)
        and wanted.meeting in (None, count.meeting_id)
        and (not wanted.overdue or count.is_overdue)
    )


def _list_chips(
    context: ReadContext, here: ListAddress, counts: Sequence[DueCount]
) -> Iterator[tuple[LazyText, ChipLinks]]:
    """Yield the filters as links, each with its number: languages, states, and meetings if there are several."""
    formats, wanted = context.localizer, here.wanted

    def build_row(field: str, names: Mapping[object, object], column: str = "") -> ChipLinks:
        chosen = getattr(wanted, field)
        row = [(here.address_with(**{field: None}), _("All"), chosen is None)]
        for value, name in names.items():
            count = _sum(counts, **{column or field: value})
            label = _count_label(formats, name, count)
            row.append((here.address_with(**{field: value}), label, chosen == value))
        return row

    present = {count.language for count in counts}
    yield (
        _("Language"),
        build_row("language", {code: formats.language_name(code) for code in LANGUAGES if code in present}),
    )
    states = build_row("state", {state: STATE_LABELS[state][1] for state in TranslationState})
    overdue = _count_label(formats, _("Overdue"), _sum(counts, is_overdue=True))
    yield _("Status"), [*states, (here.address_with(overdue=not wanted.overdue), overdue, wanted.overdue)]
    names = _name_meetings(context, {count.meeting_id for count in counts if count.meeting_id})
    if len(names) > 1:
        yield _("Meeting"), build_row("meeting", names, "meeting_id")


def _count_label(formats: Localizer, name: object, count: int) -> LazyText:
    return _("%(name)s: %(count)s", name=name, count=formats.format_number(count))


def _name_meetings(context: ReadContext, ids: set[UUID]) -> dict[object, object]:
    """Name the meetings with these ids, the latest first."""
    prefixes = {body.id: body.prefix for body in list_secretary_bodies(context.session, context.actor)}
    statement = meetings.list_visible_meetings(context.actor).where(Meeting.id.in_(ids))
    rows = context.session.scalars(statement.order_by(Meeting.opens_on.desc()))
    return {row.id: build_meeting_name(prefixes.get(row.body_id, ""), row.number) for row in rows}


class AssignmentForm(TypedForm):
    """The form of an assignment as it was typed."""

    translator: str = ""
    translator_name: str = ""
    due_on: str = ""


@router.get(f"{HERE}/assign", dependencies=ASSIGN_GUARD)
def show_assignment_form(context: ReadContext, pick: PickedValues = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Show the form that assigns the translations that were ticked."""
    require_secretary(context)
    return _render_assignment_form(context, parse_keys(pick)) if pick else render_nothing_selected(context)


@router.post(f"{HERE}/assign", dependencies=ASSIGN_GUARD)
def assign_translations(
    context: WriteContext,
    form: Annotated[AssignmentForm, Form()],
    pick: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Assign the translations that were ticked."""
    require_secretary(context)
    if not pick:
        return render_nothing_selected(context)
    picked = parse_keys(pick)
    return submit_form(
        context,
        AssignmentInput,
        form.typed,
        action=lambda new: assignments.assign_translations(context.session, context.actor, picked, new),
        render=lambda entry, refusal=None: _render_assignment_form(context, picked, entry, refusal),
        done=f"{HERE}?done=translations-assigned",
        refusals=(BadRequest,),
        refusal_at="translator",
        whole_form_errors_at="translator",
    )


def _render_assignment_form(
    context: ReadContext,
    picked: Sequence[TranslationKey],
    entry: ParsedForm[AssignmentInput] | None = None,
    refusal: DomainError | None = None,
) -> Response:
    """Render the form with the translations that are still due. Raises NotFound if there is none."""
    rows = due.list_translations_by_key(context.session, context.actor, picked)
    return context.render(
        "web/translations/assign.html",
        status=get_form_http_status(entry, refusal),
        lines=[build_due_translation_line(row, context.language) for row in rows],
        people=_list_translators(context, {row.body_id for row in rows}),
        typed=entry.typed if entry else AssignmentForm().typed,
        errors=entry.errors if entry else {},
    )


def _list_translators(context: ReadContext, bodies: set[UUID]) -> list[tuple[str, str]]:
    """List the people of the secretariat who may be chosen, once each."""
    people = list_secretaries(context.session, bodies, clock.now().date())
    return list({str(person): name for _body, person, name in people}.items())
