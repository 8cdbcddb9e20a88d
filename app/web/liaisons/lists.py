"""The lists of liaisons: those that were received, and those that were sent, each with the other's counts."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from app.core import clock
from app.core.database.combined_lists import read_statements_together
from app.core.db import count_rows
from app.core.errors import NotFound
from app.core.i18n import LazyText
from app.domain.bodies.models import Body
from app.domain.bodies.queries.bodies import list_visible_bodies
from app.domain.liaisons import queries, rules
from app.domain.liaisons.inputs import LiaisonFilter
from app.domain.outputs.models import Output
from app.domain.sent_statements import queries as sent
from app.domain.sent_statements.inputs import SentStatementFilter
from app.domain.topics.queries import select_topics
from app.http.authentication import SignedInGuard
from app.http.page_context import ReadContext
from app.http.pagination import ListPage, PageNumber
from app.web.forms.list_queries import FilteredList, FilterParameters
from app.web.views.bodies.bodies import list_group_choices
from app.web.views.documents.filters import list_entity_names
from app.web.views.documents.topics import localize_topic_names
from app.web.views.liaisons.lines import build_liaison_lines
from app.web.views.liaisons.sent import build_sent_lines
from app.web.views.mandates.citing import name_citations

router = APIRouter()
LIAISONS_PER_PAGE = 50
LIST_PATH, SENT_PATH = "/liaisons", "/sent-liaisons"
LiaisonFilters = Annotated[LiaisonFilter, Depends(FilterParameters(LiaisonFilter))]
SentFilters = Annotated[SentStatementFilter, Depends(FilterParameters(SentStatementFilter))]
Options = list[tuple[str, LazyText | str]]


@router.get("/liaisons", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_liaison_list(context: ReadContext, filters: LiaisonFilters, number: PageNumber) -> Response:
    """Show the liaisons that the reader may see; what waits comes first. Raises NotFound without a seat."""
    session, actor = context.session, context.actor
    if not actor.bodies_with_role():
        raise NotFound()
    codes, senders, topics, groups, served, *cited = read_statements_together(
        session,
        [
            queries.select_sender_codes(actor),
            queries.select_sender_bodies(actor),
            select_topics(),
            list_visible_bodies(actor).order_by(Body.prefix),
            queries.select_served_bodies(actor),
            *queries.select_cited_codes(actor),
        ],
    )
    page = ListPage(number, LIAISONS_PER_PAGE, queries.count_liaisons(session, actor, filters))
    rows = queries.list_liaison_rows(session, actor, filters, limit=page.size, offset=page.offset)
    return context.render(
        "web/liaisons/list.html",
        listing=FilteredList(LIST_PATH, filters),
        page=page,
        lines=build_liaison_lines(session, rows, context.language, clock.now().date()),
        parties=_list_parties(codes, senders, context.language),
        topics=list(localize_topic_names([row[0] for row in topics], context.language).items()),
        served=served,
        is_officer=bool(actor.bodies_with_role(*queries.LIAISON_OFFICES)),
        groups=list_group_choices(body for (body,) in groups),
        counts=sent.count_liaisons_of_both_sides(session, actor),
        **_name_cited(context, cited),
    )


@router.get("/sent-liaisons", dependencies=[Depends(SignedInGuard(rules.SEE))])
def show_sent_list(context: ReadContext, filters: SentFilters, number: PageNumber) -> Response:
    """Show the liaison statements that the groups of the reader sent, with what each recipient did; those that wait
    for a recipient come first. Raises NotFound without a seat."""
    session, actor = context.session, context.actor
    if not actor.bodies_with_role():
        raise NotFound()
    codes, recipients, groups, *cited = read_statements_together(
        session,
        [
            sent.select_recipient_codes(actor),
            sent.select_recipient_bodies(actor),
            list_visible_bodies(actor).order_by(Body.prefix),
            *sent.select_cited_codes(actor),
        ],
    )
    selected = sent.select_sent_statements(actor, filters)
    page = ListPage(number, LIAISONS_PER_PAGE, count_rows(session, selected.with_only_columns(Output.id)))
    rows = [(row[0], row[1]) for row in session.execute(selected.limit(page.size).offset(page.offset))]
    return context.render(
        "web/liaisons/sent.html",
        listing=FilteredList(SENT_PATH, filters),
        page=page,
        lines=build_sent_lines(session, actor, rows, context.language, clock.now().date()),
        parties=_list_parties(codes, recipients, context.language),
        groups=list_group_choices(body for (body,) in groups),
        counts=sent.count_liaisons_of_both_sides(session, actor),
        **_name_cited(context, cited),
    )


def _list_parties(codes: Sequence[Any], bodies: Sequence[Any], language: str) -> Options:
    return [
        *list_entity_names([row[0] for row in codes], language),
        *((body.code, body.prefix) for (body,) in bodies),
    ]


def _name_cited(context: ReadContext, cited: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Name the mandates and action lines that something in the list cites, as options."""
    mandates, lines = ({row[0] for row in rows} for rows in cited)
    named = name_citations(context.session, mandates, lines, context.language)
    return {
        "mandates": [(each.code, each.name) for each in named.mandates],
        "action_lines": [(each.code, each.name) for each in named.action_lines],
    }
