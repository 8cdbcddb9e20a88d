"""Deliveries: the list, the page of one with its files, and the cover of one that is handed over."""

import json
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.core.db import count_rows
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.domain.deliveries import queries
from app.domain.deliveries.models import Delivery, DeliveryChannel, RecipientKind
from app.domain.deliveries.rules import SEE_DELIVERY
from app.domain.files import queries as file_queries
from app.domain.outputs.models import Output
from app.domain.outputs.rules.addressees import build_addressees_in_words
from app.domain.transmissions.queries import find_departure, find_withdrawal
from app.domain.transmissions.rules import describe_departure
from app.http.authentication import RECEIVING_ROLES, SignedInGuard
from app.http.downloads import UNPUBLISHED_CACHE, attachment_response, download_response
from app.http.exports.pdf_export import is_pdf_available, pdf_response
from app.http.page_context import COSTLY_TURN, ReadContext
from app.http.pagination import ListPage, PageNumber
from app.web.views.deliveries.deliveries import build_delivery_line, find_words, load_delivery_page
from app.web.views.deliveries.transmissions import PROBLEM_LABELS
from app.web.views.documents.titles import localize_title

router = APIRouter()

DELIVERIES_PER_PAGE = 50
SEE_DELIVERY_GUARDS = [Depends(SignedInGuard(SEE_DELIVERY))]


@router.get("/deliveries", dependencies=SEE_DELIVERY_GUARDS)
def show_delivery_list(context: ReadContext, number: PageNumber) -> Response:
    """Show what was sent to the reader's units, and what the reader's groups sent. Raises NotFound for others."""
    if not any(seat.role in RECEIVING_ROLES for seat in context.actor.seats):
        raise NotFound()
    selected = queries.select_deliveries_with_texts(context.actor)
    total = count_rows(context.session, queries.list_visible_deliveries(context.actor))
    page = ListPage(number, DELIVERIES_PER_PAGE, total)
    rows = context.session.execute(selected.limit(page.size).offset(page.offset))
    lines = [
        build_delivery_line(
            delivery,
            output,
            body,
            receiving,
            words or find_words(delivery, build_addressees_in_words(output)),
            actor=context.actor,
            language=context.language,
        )
        for delivery, output, body, receiving, words in rows
    ]
    return context.render("web/deliveries/list.html", lines=lines, page=page)


@router.get("/deliveries/{delivery}", dependencies=SEE_DELIVERY_GUARDS)
def show_delivery(context: ReadContext, delivery: UUID) -> Response:
    """Show a delivery."""
    row = find_delivery(context, delivery)
    about = load_delivery_page(context.session, context.actor, row, context.language)
    transmission = find_departure(context.session, row) if row.kind == RecipientKind.ORGANIZATION else None
    withdrawal = find_withdrawal(context.session, row) if transmission and row.called_back_at else None
    has_cover = row.channel == DeliveryChannel.HAND and is_pdf_available() and bool(about.texts)
    return context.render(
        "web/deliveries/show.html",
        about=about,
        has_cover=has_cover,
        transmission=transmission,
        problem=PROBLEM_LABELS.get(transmission.problem) if transmission else None,
        withdrawal=withdrawal,
        problem_of_withdrawal=PROBLEM_LABELS.get(withdrawal.problem) if withdrawal else None,
    )


@router.get("/deliveries/{delivery}/transmission.json", dependencies=SEE_DELIVERY_GUARDS)
def download_transmission(context: ReadContext, delivery: UUID) -> Response:
    """Download the letter that is sent to an organization by machine, and its withdrawal, with their acknowledgments.
    Raises NotFound of a delivery that is not made by machine, or not signed yet."""
    row = find_delivery(context, delivery)
    transmission = find_departure(context.session, row)
    if transmission is None:
        raise NotFound()
    said = describe_departure(transmission, find_withdrawal(context.session, row))
    content = json.dumps(said, ensure_ascii=False, indent=2).encode()
    return attachment_response(content, "application/json", f"{transmission.id}.json")


def find_delivery(context: ReadContext, delivery_id: UUID, *, lock: bool = False) -> Delivery:
    """Find a delivery that the reader may see. Raises NotFound."""
    row = queries.get_visible_delivery(context.session, context.actor, delivery_id, lock=lock)
    SEE_DELIVERY.require(context.actor, row)
    return row


@router.get("/deliveries/{delivery}/files/{language}", dependencies=SEE_DELIVERY_GUARDS)
def download_delivered_file(context: ReadContext, delivery: UUID, language: str) -> Response:
    """Download the delivered text in one language. Raises NotFound without one, and once the text is withdrawn."""
    output = context.session.get_one(Output, find_delivery(context, delivery).output_id)
    texts = queries.list_delivered_texts(context.session, output)
    text = next((each for each in texts if each.language == language), None)
    if text is None:
        raise NotFound()
    file_queries.require_clean_scans(context.session, [text.sha256])
    return download_response(
        context.request,
        context.portal.store,
        sha256=text.sha256,
        media_type=text.media,
        name=text.name,
        cache_control=UNPUBLISHED_CACHE,
    )


@router.get("/deliveries/{delivery}/cover.pdf", dependencies=[*SEE_DELIVERY_GUARDS, COSTLY_TURN])
def download_delivery_cover(context: ReadContext, delivery: UUID) -> Response:
    """Download the cover with which a text is handed over. Raises Conflict of one that is not delivered by hand."""
    row, language = find_delivery(context, delivery), context.language
    about = load_delivery_page(context.session, context.actor, row, language)
    if row.channel != DeliveryChannel.HAND or not about.texts:
        raise Conflict(_("Only a text that is delivered by hand, and that was not withdrawn, has a cover."))
    html = context.portal.templates.render_printable_html(
        language,
        "print/delivery.html",
        about=about,
        meeting=about.meeting,
        body_name=about.body_name,
        place=localize_title(about.meeting.place, language),
    )
    name = f"{about.output.symbol} cover {row.recipient} {language.upper()}.pdf".replace("/", "-")
    return pdf_response(context.session, html, name)
