"""The readiness of a meeting, for those who may edit its agenda: what is done, what is left to do, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries import agenda_drafts, agenda_releases, agenda_versions
from app.domain.agendas.rules.agendas import EDIT
from app.domain.agendas.rules.release_warnings import ReleaseWarnings, find_release_warnings
from app.domain.meetings.models import Meeting, MeetingSession
from app.domain.member_states import MEMBER_STATES
from app.domain.readiness.queries import ReadinessCounts, count_readiness
from app.http.localization import Localizer
from app.http.page_context import ReadContext


class ReadinessState(StrEnum):
    """State of one line: done, left to do, or nothing there yet that it is about."""

    DONE = "done"
    TO_DO = "to_do"
    NOTHING_YET = "nothing_yet"


@dataclass(frozen=True, slots=True)
class ReadinessLine:
    """One line of the checklist: what, how far it is, its state, and the address of the page where it is done."""

    label: LazyText
    facts: list[LazyText]
    state: ReadinessState
    href: str


def load_readiness(
    context: ReadContext, meeting: Meeting, sessions: Sequence[MeetingSession]
) -> list[ReadinessLine] | None:
    """Load the readiness of a meeting with these sessions, in three SQL statements, and four more while its agenda is
    newer than the release; None for others than its editors."""
    if not EDIT.allows(context.actor, meeting):
        return None
    items = [
        item
        for item, _path in agenda_drafts.order_draft_items(agenda_drafts.list_draft_items(context.session, meeting))
    ]
    counts = count_readiness(context.session, context.actor, meeting)
    warnings = find_release_warnings(items, sessions)
    base_path = f"/meetings/{meeting.id}"
    return [
        *_list_plan_lines(warnings, bool(items), base_path, context.localizer),
        *_list_delegation_lines(counts, base_path, context.localizer),
        *_list_document_lines(counts, base_path, context.localizer),
        _build_title_line(warnings, bool(items), base_path, context.localizer),
        _build_release_line(counts.release, _count_unreleased(context, meeting), base_path, context.localizer),
    ]


def _count_unreleased(context: ReadContext, meeting: Meeting) -> int:
    """Count the differences that the page of the release lists."""
    release = agenda_releases.find_current_release(context.session, meeting)
    return len(agenda_versions.list_unreleased_differences(context.session, meeting, release))


def _list_plan_lines(
    warnings: ReleaseWarnings, has_items: bool, base_path: str, formats: Localizer
) -> Iterator[ReadinessLine]:
    """Yield the lines of sessions and of the time plan."""
    number = formats.format_number
    scheduled = len(warnings.session_loads)
    facts = [_("Scheduled: %(count)s", count=number(scheduled)) if scheduled else _("None scheduled")]
    yield _line(_("Sessions"), facts, bool(scheduled), f"{base_path}/sessions")
    if not scheduled:
        return
    over = sum(load.minutes_over for load in warnings.overrun_sessions)
    gaps = [
        (len(warnings.overrun_sessions), _("Overrun: %(late)s", late=formats.format_minutes(over))),
        (len(warnings.empty_sessions), _("Empty sessions: %(count)s", count=number(len(warnings.empty_sessions)))),
        (
            len(warnings.without_session),
            _("Items without a session: %(count)s", count=number(len(warnings.without_session))),
        ),
        (
            len(warnings.without_minutes),
            _("Items without minutes: %(count)s", count=number(len(warnings.without_minutes))),
        ),
    ]
    found = [words for count, words in gaps if count]
    yield _line(
        _("Time plan"),
        found or [_("All items fit into their sessions")],
        not found,
        f"{base_path}/agenda/edit",
        has_items,
    )


def _list_delegation_lines(counts: ReadinessCounts, base_path: str, formats: Localizer) -> Iterator[ReadinessLine]:
    """Yield the lines of participants and of what delegations propose and submit."""
    yield _line(
        _("Delegations registered"),
        [_count_of(counts.registered_delegations, counts.delegations, formats)],
        counts.registered_delegations == counts.delegations,
        f"{base_path}/participants",
        bool(counts.delegations),
    )
    if counts.contributions is not None:
        yield _line(
            _("Letters of invitation"),
            [_count_of(counts.invited_states, len(MEMBER_STATES), formats)],
            counts.invited_states == len(MEMBER_STATES),
            f"{base_path}/invitation",
        )
    waiting = [
        (_("Proposals for agenda items"), counts.open_proposals, f"{base_path}/agenda/proposals"),
        (_("Contributions to register"), counts.contributions, "/contributions#h-queue"),
        (_("Late contributions to decide on"), counts.late_contributions, "/late"),
    ]
    for label, count, href in waiting:
        if count is not None:
            yield _line(label, [_open_count(count, formats)], not count, href)


def _list_document_lines(counts: ReadinessCounts, base_path: str, formats: Localizer) -> Iterator[ReadinessLine]:
    """Yield the lines of the registered documents. A chair finds the missing translations in the list of documents."""
    has_documents = bool(counts.documents)
    yield _line(
        _("Documents allocated to items"),
        [_count_of(counts.allocated_documents, counts.documents, formats)],
        counts.allocated_documents == counts.documents,
        f"{base_path}/agenda/edit#h-tray",
        has_documents,
    )
    is_secretary = counts.untitled_documents is not None
    page = "/translations" if is_secretary else f"{base_path}/documents"
    yield _line(
        _("Translations of documents"),
        [_missing_count(counts.translations, formats)],
        not counts.translations,
        page,
        has_documents,
    )
    if counts.untitled_documents is not None:
        facts = [_missing_count(counts.untitled_documents, formats)]
        yield _line(_("Titles of documents"), facts, not counts.untitled_documents, "/titles", has_documents)


def _build_title_line(warnings: ReleaseWarnings, has_items: bool, base_path: str, formats: Localizer) -> ReadinessLine:
    count = len(warnings.missing_titles)
    page = f"{base_path}/agenda/release#w-titles" if count else f"{base_path}/agenda/edit"
    return _line(_("Titles of agenda items"), [_missing_count(count, formats)], not count, page, has_items)


def _build_release_line(number: int | None, unreleased: int, base_path: str, formats: Localizer) -> ReadinessLine:
    """Build the line of the released agenda. A draft that was never changed counts as not released."""
    if not number:
        return _line(_("Agenda released"), [_("Not released yet")], False, f"{base_path}/agenda/release")
    version = _("Version %(number)s", number=formats.format_number(number))
    if not unreleased:
        return _line(_("Agenda released"), [version], True, f"{base_path}/agenda/versions")
    changes = _("Unreleased changes: %(count)s", count=formats.format_number(unreleased))
    return _line(_("Agenda released"), [version, changes], False, f"{base_path}/agenda/release")


def _count_of(done: int, total: int, formats: Localizer) -> LazyText:
    return _("%(done)s of %(total)s", done=formats.format_number(done), total=formats.format_number(total))


def _open_count(count: int, formats: Localizer) -> LazyText:
    return _("Open: %(count)s", count=formats.format_number(count)) if count else _("None open")


def _missing_count(count: int, formats: Localizer) -> LazyText:
    return _("Missing: %(count)s", count=formats.format_number(count)) if count else _("None missing")


def _line(label: LazyText, facts: list[LazyText], is_done: bool, href: str, has_any: bool = True) -> ReadinessLine:
    """Build a line; without anything that it is about it states no facts."""
    if not has_any:
        return ReadinessLine(label, [], ReadinessState.NOTHING_YET, href)
    return ReadinessLine(label, facts, ReadinessState.DONE if is_done else ReadinessState.TO_DO, href)
