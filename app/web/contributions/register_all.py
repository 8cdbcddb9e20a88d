"""Registration of all contributions without findings in one act: the check page, the act, and what was registered.

What the check page showed is what is registered: the form names the last submission and the digest of all contributions
with their versions. If they differ by then, nothing is registered and the page is shown again.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Response
from pydantic import AwareDatetime

from app.core import clock
from app.core.i18n import lazy_gettext as _
from app.domain.contributions.actions import bulk_registration
from app.domain.contributions.inputs import RegistrationQueueFilter
from app.domain.contributions.queries.bulk_registration import (
    ExpectedRegistration,
    count_registered_between,
    digest_expected_registrations,
    list_expected_registrations,
    list_registered_between,
)
from app.domain.contributions.rules import permissions as rules
from app.domain.documents.models import EditionStep
from app.http.authentication import EntityName, SignedInGuard
from app.http.labels import EDITION_KIND_LABELS
from app.http.page_context import ReadContext, WriteContext
from app.http.pagination import ListPage, PageNumber
from app.web.contributions.bulk_registration import build_outcome, require_secretary
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import RejectRepeatedFields, TextField
from app.web.views.contributions.queue_page import QUEUE_ANCHOR, QUEUE_PATH, REGISTER_ALL_PATH
from app.web.views.documents.titles import get_original_language_if_foreign

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.REGISTER)), Depends(RejectRepeatedFields())])
FIRST_SHOWN, REGISTERED_PER_PAGE = 10, 100
QUEUE_CHANGED = _("The queue has changed since you opened this page. Nothing was registered. Check the list again.")
QueueFilters = Annotated[RegistrationQueueFilter, Depends(FilterParameters(RegistrationQueueFilter))]


@router.get(REGISTER_ALL_PATH)
def check_registration_of_all(context: ReadContext, filters: QueueFilters) -> Response:
    """Show how many contributions without findings would be registered, and the first of them with their symbols."""
    require_secretary(context.actor)
    expected = list_expected_registrations(context.session, context.actor, filters, context.language)
    return _render_check(context, filters, expected)


@router.post(REGISTER_ALL_PATH)
def register_all_without_findings(
    context: WriteContext,
    filters: QueueFilters,
    seen: TextField = "",
    until: Annotated[AwareDatetime | None, Form()] = None,
) -> Response:
    """Register what the check page showed, and redirect to the list of what was registered."""
    require_secretary(context.actor)
    expected = list_expected_registrations(context.session, context.actor, filters, context.language, until=until)
    if not expected or seen != digest_expected_registrations(expected):
        latest = list_expected_registrations(context.session, context.actor, filters, context.language)
        return _render_check(context, filters, latest, has_changed=True)
    began = clock.now()
    versions = {each.contribution_id: each.version for each in expected}
    bulk_registration.register_contributions(context.session, context.actor, versions)
    registered = {"since": began.isoformat(), "until": clock.now().isoformat(), "chosen": len(versions)}
    return context.redirect(f"/registration/registered?{urlencode(registered)}")


@router.get("/registration/registered")
def show_registered_contributions(
    context: ReadContext,
    number: PageNumber,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    chosen: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """Show what the actor registered between two instants, by default on the last day, read from the register. `chosen`
    is how many they had chosen."""
    require_secretary(context.actor)
    until = until or clock.now()
    since = since or until - timedelta(days=1)
    count = count_registered_between(context.session, context.actor, since, until)
    page = ListPage(number, REGISTERED_PER_PAGE, count)
    rows = list_registered_between(context.session, context.actor, since, until, limit=page.size, offset=page.offset)
    return context.render(
        "web/contributions/registered.html",
        given=[
            build_outcome(row, context.language, symbol=symbol, at_request=bool(at_request))
            for row, symbol, at_request in rows
        ],
        page=page,
        query=urlencode({"since": since.isoformat(), "until": until.isoformat(), "chosen": chosen}) + "&",
        left=max(0, chosen - count),
    )


def _render_check(
    context: ReadContext,
    filters: RegistrationQueueFilter,
    expected: Sequence[ExpectedRegistration],
    *,
    has_changed: bool = False,
) -> Response:
    """Render the check page; 409 if the queue has changed since it was shown."""
    filters = filters.model_copy(update={"sort": None})
    shown = [*expected[:FIRST_SHOWN], *(expected[-1:] if len(expected) > FIRST_SHOWN else ())]
    return context.render(
        "web/contributions/register_all.html",
        status=409 if has_changed else 200,
        action=FilteredList(REGISTER_ALL_PATH, filters).address,
        back=FilteredList(QUEUE_PATH, filters, anchor=QUEUE_ANCHOR),
        count=len(expected),
        first=[_describe(each, context.language) for each in shown],
        skipped=len(expected) - len(shown),
        seen=digest_expected_registrations(expected),
        until=_format_last_submission(expected),
        warning=QUEUE_CHANGED if has_changed else None,
    )


def _format_last_submission(expected: Sequence[ExpectedRegistration]) -> str:
    """Format the instant of the last submission, for the form; empty if there is none."""
    return max((each.submitted_at.isoformat() for each in expected), default="")


def _describe(each: ExpectedRegistration, language: str) -> dict[str, object]:
    """Describe a contribution that would be registered, for the table of the check page."""
    return {
        "symbol": each.symbol,
        "step": EDITION_KIND_LABELS[each.step] if each.step != EditionStep.TEXT else None,
        "entity": EntityName(each.entity),
        "title": each.title,
        "href": f"/contributions/{each.contribution_id}",
        "lang": get_original_language_if_foreign(each.original, language),
    }
