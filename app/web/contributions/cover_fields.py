"""Form fields of the cover of a contribution, and how they are parsed: for a new draft, a changed one, a follow-up."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import Depends, Form

from app.core.db import ReadSession
from app.core.errors import BadRequest
from app.core.i18n import lazy_gettext as _
from app.domain.agendas.queries import agenda_releases
from app.domain.bodies.models import Body
from app.domain.contributions.inputs import ContributionCover, RetainedChoices
from app.domain.mandates.queries import require_action_lines, require_citable
from app.domain.meetings.models import Meeting
from app.domain.questions.queries import require_choosable_questions
from app.domain.topics.queries import require_choosable_topics
from app.web.forms.parsing import ParsedForm, TypedForm, parse_form
from app.web.forms.proposal_fields import PROPOSAL_FIELD_NAMES, ProposalFields
from app.web.views.mandates.citing import SEARCH_FIELD, resolve_typed_mandates

ITEM_NOT_ON_AGENDA = _("This item is no longer on the agenda. Select another item.")


class CoverForm(TypedForm):
    """The fields of the cover, without its proposals."""

    title: str = ""
    original: str = ""
    purpose: str = ""
    abstract: str = ""
    action: str = ""
    refers_to: str = ""
    contact: str = ""
    regional_group: str = ""
    access: str = ""
    item: str = ""
    note: str = ""
    topics: tuple[str, ...] = ()
    mandates: tuple[str, ...] = ()
    action_lines: tuple[str, ...] = ()
    mandate_words: str = ""
    questions: tuple[str, ...] = ()


REPEATED_COVER_FIELDS = ("topics", "questions", "mandates", "action_lines", *PROPOSAL_FIELD_NAMES)


async def collect_cover_fields(form: Annotated[CoverForm, Form()], proposals: ProposalFields) -> dict[str, object]:
    """Collect the cover and its proposals as they were typed."""
    return form.typed | {"proposals": proposals}


CoverFields = Annotated[dict[str, object], Depends(collect_cover_fields)]


def parse_cover_form(
    session: ReadSession, meeting: Meeting, typed: Mapping[str, object], retained: RetainedChoices | None = None
) -> ParsedForm[ContributionCover]:
    """Parse the cover. Its item must be on the released agenda, its topics, mandates and Questions choosable.

    `retained` is what the contribution has already and may keep although it was retired.
    """
    fields, not_found = resolve_typed_mandates(session, typed)
    entry = parse_form(ContributionCover, fields)
    if not_found:
        return ParsedForm(typed, None, {**entry.errors, SEARCH_FIELD: not_found})
    entry = ParsedForm(fields | {SEARCH_FIELD: ""}, entry.value, entry.errors)
    return _check_choices(session, meeting, entry, entry.value, retained or RetainedChoices()) if entry.value else entry


def _check_choices(
    session: ReadSession,
    meeting: Meeting,
    entry: ParsedForm[ContributionCover],
    cover: ContributionCover,
    retained: RetainedChoices,
) -> ParsedForm[ContributionCover]:
    """Return the entry; with an error at the first field in which something can no longer be chosen."""
    body = session.get_one(Body, meeting.body_id)
    cite = partial(require_citable, session, cover.mandates, already_cited=retained.mandates)
    choose_topics = partial(require_choosable_topics, session, cover.topics, already_chosen=retained.topics)
    choose_questions = partial(
        require_choosable_questions, session, body, cover.questions, already_chosen=retained.questions
    )
    checks = (
        ("item", partial(_require_item_on_agenda, session, meeting, cover)),
        ("topics", choose_topics),
        (SEARCH_FIELD, cite),
        (SEARCH_FIELD, partial(require_action_lines, session, cover.action_lines)),
        ("questions", choose_questions),
    )
    for field, check in checks:
        try:
            check()
        except BadRequest as refusal:
            return entry.with_error(field, refusal.reason)
    return entry


def _require_item_on_agenda(session: ReadSession, meeting: Meeting, cover: ContributionCover) -> None:
    """Raise BadRequest if the cover names an item that is not on the released agenda."""
    if cover.item and all(
        item.item_id != cover.item for item in agenda_releases.list_current_released_items(session, meeting)
    ):
        raise BadRequest(ITEM_NOT_ON_AGENDA)
