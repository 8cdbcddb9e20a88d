"""The time zone of the person, in addition to that of the meeting: the form and its choices."""

from functools import lru_cache
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from app.core.errors import DomainError
from app.core.i18n import LANGUAGES, LazyText
from app.domain.identity.actions import accounts
from app.domain.identity.inputs import TimeZoneChoice
from app.domain.identity.models.tables import Person
from app.domain.identity.rules import CHOOSE_TIME_ZONE
from app.domain.member_states import name_sort_key
from app.http import time_zones
from app.http.authentication import SignedInGuard
from app.http.localization import Localizer
from app.http.page_context import ReadContext, WriteContext
from app.http.reader_zones import REGION_LABELS, ZONE_SOURCE_LABELS
from app.web.forms.actions import get_form_http_status, submit_form
from app.web.forms.messages import prefill_form
from app.web.forms.parsing import ParsedForm, RejectRepeatedFields, TypedForm

router = APIRouter(dependencies=[Depends(RejectRepeatedFields())])

CHOOSE_TIME_ZONE_GUARDS = [Depends(SignedInGuard(CHOOSE_TIME_ZONE))]
ZonesOfRegion = tuple[LazyText, list[tuple[str, str]]]


class TimeZoneForm(TypedForm):
    """Form of the time zone, as typed."""

    zone: str = ""


@router.get("/account/time-zone", dependencies=CHOOSE_TIME_ZONE_GUARDS)
def show_time_zone_form(context: ReadContext) -> Response:
    """Show the zones by region, with that of the person."""
    CHOOSE_TIME_ZONE.require(context.actor, None)
    chosen = context.session.get_one(Person, context.actor.person).zone
    return _render_form(context, prefill_form(TimeZoneForm(zone=chosen or "")))


@router.post("/account/time-zone", dependencies=CHOOSE_TIME_ZONE_GUARDS)
def choose_time_zone(context: WriteContext, form: Annotated[TimeZoneForm, Form()]) -> Response:
    """Save the zone that the person chose."""
    return submit_form(
        context,
        TimeZoneChoice,
        form.typed,
        action=lambda choice: accounts.choose_time_zone(context.session, context.actor, choice),
        render=lambda entry, refusal=None: _render_form(context, entry, refusal),
        done="/account?done=zone-chosen",
    )


def _render_form(
    context: ReadContext, entry: ParsedForm[TimeZoneChoice], refusal: DomainError | None = None
) -> Response:
    known = context.request.state.reader_zone
    return context.render(
        "web/home/time_zone.html",
        status=get_form_http_status(entry, refusal),
        known=known,
        source=ZONE_SOURCE_LABELS[known.source],
        regions=list_zones_by_region(context.language),
        chosen=entry.typed["zone"],
        error=entry.errors.get("zone"),
    )


@lru_cache(maxsize=len(LANGUAGES))  # the same for all readers of a language, and dear: hundreds of names to sort
def list_zones_by_region(language: str) -> list[ZonesOfRegion]:
    """List the zones that can be chosen, by part of the world; each sorted by its name in this language."""
    formats = Localizer(language)
    by_region = groupby(sorted(time_zones.SELECTABLE_ZONES), key=time_zones.time_zone_region)
    return [
        (
            REGION_LABELS[region],
            sorted(
                ((zone, formats.time_zone_name(zone)) for zone in zones),
                key=lambda pair: name_sort_key(pair[1], language),
            ),
        )
        for region, zones in by_region
    ]
