"""Registration and assignment of the contributions that were selected, and the page with the outcome of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response

from app.core.errors import BadRequest, NotFound
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.contributions.actions import assignment, bulk_registration
from app.domain.contributions.inputs import ContributionAssignee, RegistrationQueueFilter
from app.domain.contributions.models import Contribution
from app.domain.contributions.rules import permissions as rules
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import RejectRepeatedFields, TextField, parse_form
from app.web.views.contributions.queue_page import PAGE_SIZE, QUEUE_ANCHOR, QUEUE_PATH
from app.web.views.contributions.registration_queue import format_queue_key
from app.web.views.documents.sources import name_source
from app.web.views.documents.titles import get_original_language_if_foreign

router = APIRouter(dependencies=[Depends(RejectRepeatedFields("chosen"))])

REGISTER_GUARD = [Depends(SignedInGuard(rules.REGISTER))]
QUEUE_KEY_PATTERN = re.compile(r"([0-9a-f]{32})\.([0-9]{1,9})", re.ASCII)
WAITS_IN_QUEUE = _("The contribution can now be registered. It remains in the queue.")
QueueFilters = Annotated[RegistrationQueueFilter, Depends(FilterParameters(RegistrationQueueFilter))]
Selection = Annotated[list[str], Form()]


@dataclass(frozen=True, slots=True)
class RegistrationOutcome:
    """Outcome for one contribution: its symbol, or the reason why it has none."""

    href: str
    title: str
    lang: str | None
    entity: LazyText
    symbol: str = ""
    reason: LazyText | None = None


@router.post("/registration", dependencies=REGISTER_GUARD)
def register_selected(context: WriteContext, chosen: Selection = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Register the contributions that were ticked, and redirect to their outcome."""
    require_secretary(context.actor)
    versions = _parse_keys(chosen)
    if not versions:
        return context.redirect(f"{QUEUE_PATH}?ticked=none{QUEUE_ANCHOR}")
    bulk_registration.register_contributions(context.session, context.actor, versions)
    keys = [("of", format_queue_key(contribution, version)) for contribution, version in versions.items()]
    return context.redirect(f"/registration?{urlencode(keys)}")


@router.get("/registration", dependencies=REGISTER_GUARD)
def show_registration_outcome(context: ReadContext, of: Annotated[list[str], Query()] = []) -> Response:  # noqa: B006 - FastAPI copies it
    """Show the outcome, read from the tables each time, so that a repeated or later request shows the present state.
    An address that names no contribution leads to the queue."""
    require_secretary(context.actor)
    versions, language = _parse_keys(of), context.language
    if not versions:
        return context.redirect(QUEUE_PATH + QUEUE_ANCHOR)
    registered, rejected = bulk_registration.list_registration_outcome(context.session, context.actor, versions)
    return context.render(
        "web/contributions/registration.html",
        given=[
            build_outcome(contribution, language, symbol=symbol, at_request=bool(at_request))
            for contribution, symbol, at_request in registered
        ],
        refused=[
            build_outcome(contribution, language, reason=reason or WAITS_IN_QUEUE) for contribution, reason in rejected
        ],
        gone=len(versions) - len(registered) - len(rejected),
    )


@router.post("/registration/assignments", dependencies=[Depends(SignedInGuard(rules.ASSIGN))])
def assign_selected(
    context: WriteContext,
    filters: QueueFilters,
    chosen: Selection = [],  # noqa: B006 - FastAPI copies it
    person: TextField = "",
) -> Response:
    """Assign the contributions that were ticked to a secretary or to no one, and redirect to the queue as it was
    filtered. Raises NotFound for others than secretaries, BadRequest for what names no person."""
    require_secretary(context.actor)
    versions, kept = _parse_keys(chosen), FilteredList(QUEUE_PATH, filters).query
    if not versions:
        return context.redirect(f"{QUEUE_PATH}?{kept}ticked=none{QUEUE_ANCHOR}")
    entry = parse_form(ContributionAssignee, {"person": person})
    if entry.value is None:
        raise BadRequest(assignment.NO_SECRETARY)
    assignment.assign_contributions(context.session, context.actor, versions, entry.value)
    done = "unassigned" if entry.value.person is None else "assigned"
    return context.redirect(f"{QUEUE_PATH}?{kept}done={done}{QUEUE_ANCHOR}")


def require_secretary(actor: Actor) -> None:
    """Raises NotFound for anybody but a secretary; the domain action checks each contribution."""
    if not actor.bodies_with_role(Office.SECRETARY):
        raise NotFound()


def _parse_keys(keys: Sequence[str]) -> dict[UUID, int]:
    """Parse keys of the queue into versions by contribution.

    Raises BadRequest for keys that no form sends, repeated ones, and more than a page of the queue has.
    """
    matches = [QUEUE_KEY_PATTERN.fullmatch(key) for key in keys]
    versions = {UUID(match[1]): int(match[2]) for match in matches if match}
    if len(versions) != len(keys) or len(versions) > PAGE_SIZE:
        raise BadRequest(
            _("The selection of contributions could not be read. Open the queue and select the contributions there.")
        )
    return versions


def build_outcome(
    contribution: Contribution,
    language: str,
    *,
    symbol: str = "",
    at_request: bool = False,
    reason: LazyText | None = None,
) -> RegistrationOutcome:
    """Build the line of one contribution."""
    href = f"/documents/{contribution.document_id}" if symbol else f"/contributions/{contribution.id}"
    return RegistrationOutcome(
        href,
        contribution.title,
        get_original_language_if_foreign(contribution.original, language),
        name_source(contribution.entity, at_request),
        symbol,
        reason,
    )
