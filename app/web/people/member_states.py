"""Member States with their administrative regions: the list, and the page of one, where its region is corrected."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import Row

from app.domain import member_states
from app.domain.bodies import rules
from app.domain.bodies.actions import seats
from app.domain.bodies.inputs import MemberStateFilter
from app.domain.bodies.queries.bodies import get_member_state, list_member_states
from app.domain.identity.models.claims import MembershipCategory
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext, WriteContext
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.forms.parsing import RejectRepeatedFields
from app.web.views.documents.filters import REGION_LABELS

router = APIRouter(dependencies=[Depends(SignedInGuard(rules.SET_REGION)), Depends(RejectRepeatedFields())])
LIST_PATH = "/states"
StateFilters = Annotated[MemberStateFilter, Depends(FilterParameters(MemberStateFilter))]


class StateLine(NamedTuple):
    """A State in the list, in the language of the page."""

    code: str
    name: str
    region: str | None


@router.get("/states")
def show_member_states(context: ReadContext, filters: StateFilters) -> Response:
    """Show the Member States, by default in the order of the reader's language; participants under PP Resolution 99 are
    listed apart."""
    rules.SET_REGION.require(context.actor, None)
    rows = list_member_states(context.session)
    listing = FilteredList(LIST_PATH, filters, "name")
    members = [row for row in rows if row.category == MembershipCategory.MEMBER_STATE]
    return context.render(
        "web/states/list.html",
        listing=listing,
        states=_sort_lines(_narrow_lines(members, filters, context.language), listing.sort, context.language),
        count=len(members),
        others=_sort_lines(
            [line for line in _name_lines(rows, context.language) if line.code in member_states.RES99_CODES],
            "name",
            context.language,
        ),
        regions=REGION_LABELS,
    )


def _name_lines(rows: Sequence[Row[str, str, str | None]], language: str) -> list[StateLine]:
    return [StateLine(row.code, member_states.get_state_name(row.code, language), row.region) for row in rows]


def _narrow_lines(
    rows: Sequence[Row[str, str, str | None]], filters: MemberStateFilter, language: str
) -> list[StateLine]:
    """Keep the States in this region, and those that these words may mean."""
    found = set(member_states.find_states(filters.words, language)) if filters.words else None
    region = None if filters.region == "none" else filters.region
    return [
        line
        for line in _name_lines(rows, language)
        if (found is None or line.code in found) and (filters.region is None or line.region == region)
    ]


def _sort_lines(lines: Sequence[StateLine], sort: str, language: str) -> list[StateLine]:
    """Sort States by name, by code, or by region and then by name; those without a region last."""
    by_code = {line.code: line for line in lines}
    named = [by_code[code] for code in member_states.order_by_name(by_code, language)]
    key = {"name": lambda _line: "", "code": lambda line: line.code, "region": lambda line: line.region or "Z"}
    ordered = sorted(named, key=key[sort.removeprefix("-")])
    return ordered[::-1] if sort.startswith("-") else ordered


@router.get("/states/{state}")
def show_member_state(context: ReadContext, state: str) -> Response:
    """Show a Member State with the form of its region. Raises NotFound."""
    rules.SET_REGION.require(context.actor, None)
    row = get_member_state(context.session, state)
    return context.render(
        "web/states/show.html",
        state=StateLine(row.code, member_states.get_state_name(row.code, context.language), row.region),
        regions=list(REGION_LABELS.items()),
    )


async def collect_changed_regions(request: Request) -> Mapping[str, str]:
    """Return the regions that differ from what the page showed, by the code of the State (form fields `region_<code>`
    and `was_<code>`)."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    regions = {name.removeprefix("region_"): region for name, region in form.items() if name.startswith("region_")}
    return {code: region for code, region in regions.items() if form.get(f"was_{code}") != region}


ChangedRegions = Annotated[Mapping[str, str], Depends(collect_changed_regions)]


@router.post("/states")
def set_regions_of_states(context: WriteContext, regions: ChangedRegions) -> Response:
    """Set the administrative regions that were changed on the page."""
    rules.SET_REGION.require(context.actor, None)
    for code, region in regions.items():
        seats.set_region_of_state(context.session, context.actor, get_member_state(context.session, code), region)
    return context.redirect("/states?done=regions")
