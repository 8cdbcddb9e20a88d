"""The addressees of an output as its form and its page show them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from app.core import clock
from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor
from app.domain.addressees.models import RequestedAct
from app.domain.addressees.queries import select_organizations, select_other_bodies
from app.domain.addressees.rules import name_organization
from app.domain.deliveries.models import DeliveryChannel
from app.domain.deliveries.rules import choose_channel
from app.domain.liaisons.queries import list_visible_liaisons_in_reply_to, select_liaisons_to_answer
from app.domain.organization_inboxes.queries import select_codes_with_inbox
from app.domain.organizations.models import Organization
from app.domain.outputs.models import Output, OutputKind
from app.domain.outputs.queries import outputs
from app.http.labels import REQUESTED_ACT_LABELS
from app.web.forms.addressees import Party, PartyRegister, get_code, list_typed_rows
from app.web.views.documents.titles import localize_title
from app.web.views.liaisons.lines import describe_liaison

EMPTY_ROWS = 2
WANTS_AT_FIRST = RequestedAct.ACTION
NOT_IN_THE_REGISTER = _("Not in the register: delivered by hand.")
NOTES_BY_CHANNEL: Mapping[str, LazyText] = {
    DeliveryChannel.DESK: _("Delivered on this portal."),
    DeliveryChannel.MACHINE: _("Delivered by machine to the inbox of the organization."),
    DeliveryChannel.MAIL: _("Delivered by e-mail to the address in the register."),
    DeliveryChannel.HAND: _("The register has no e-mail address: delivered by hand."),
}


@dataclass(frozen=True, slots=True)
class AddresseeRow:
    """A row of the form: as typed, the name of the party, and how it is reached."""

    typed: str
    wants: str
    reply_by: str
    in_reply_to: str
    name: LazyText | str | None = None
    note: LazyText | None = None


@dataclass(frozen=True, slots=True)
class AddresseeChoices:
    """What the form offers for addressees: all parties for the field that finds, and the liaisons to answer."""

    register: PartyRegister
    offered: Sequence[tuple[str, LazyText | str]]
    liaisons: Sequence[tuple[str, str]]
    rows: Sequence[AddresseeRow]
    wants: Sequence[tuple[str, LazyText]]


def select_addressee_choices(actor: Actor, body_id: UUID) -> Sequence[Select[*tuple[Any, ...]]]:
    """Select what the form of an output of a body offers for addressees, by four statements."""
    return (
        select_organizations(),
        select_other_bodies(actor, body_id),
        select_liaisons_to_answer(actor, body_id),
        select_codes_with_inbox(),
    )


def build_party_register(found: Sequence[Sequence[Any]]) -> PartyRegister:
    """Build the register of parties from the rows of `select_addressee_choices`."""
    return PartyRegister([row[0] for row in found[0]], [row[0] for row in found[1]])


def build_addressee_choices(
    found: Sequence[Sequence[Any]], typed: Mapping[str, Any], language: str
) -> AddresseeChoices:
    """Build what the form offers from the rows of `select_addressee_choices`, and its rows with two empty ones."""
    register = build_party_register(found)
    with_inbox = {row[0] for row in found[3]}
    rows = [_build_row(register, row, with_inbox, language) for row in list_typed_rows(typed)]
    empty = [AddresseeRow("", WANTS_AT_FIRST, "", "")] * EMPTY_ROWS
    return AddresseeChoices(
        register,
        [(get_code(each), name_party(each, language)) for each in register.list_in_force(clock.now().date())],
        [(str(liaison.id), describe_liaison(liaison, symbol)) for liaison, symbol in found[2]],
        [*(row for row in rows if row.typed), *empty],
        list(REQUESTED_ACT_LABELS.items()),
    )


def _build_row(
    register: PartyRegister, typed: tuple[str, str, str, str], with_inbox: Collection[str], language: str
) -> AddresseeRow:
    words = typed[0].strip()
    if not words:
        return AddresseeRow("", *typed[1:])
    if party := register.find(words):
        channel = DeliveryChannel.DESK
        if isinstance(party, Organization):
            channel = choose_channel(party, has_inbox=party.code in with_inbox)
        return AddresseeRow(*typed, name_party(party, language), NOTES_BY_CHANNEL[channel])
    codes = ", ".join(map(get_code, register.list_similar(words)))
    note = _("Not in the register: delivered by hand. In the register: %(names)s", names=codes)
    return AddresseeRow(*typed, None, note if codes else NOT_IN_THE_REGISTER)


def name_party(party: Party, language: str) -> str:
    """Return the name of a party."""
    if isinstance(party, Organization):
        return name_organization(party, language)
    return localize_title(party.names, language)[0]


@dataclass(frozen=True, slots=True)
class AddresseeLine:
    """An addressee on a page: the adopted name, and what is asked until when."""

    words: str
    wants: LazyText
    reply_by: date | None


def list_addressee_lines(session: ReadSession, output: Output) -> list[AddresseeLine]:
    """List the addressees of an output."""
    rows = outputs.list_addressees(session, output)
    return [AddresseeLine(row.words, REQUESTED_ACT_LABELS[row.wants], row.reply_by) for row in rows]


def list_answered_liaisons(session: ReadSession, actor: Actor, output: Output) -> list[tuple[str, str]]:
    """List the visible liaisons to which an output replies: their words in a list, and their pages. Only a liaison
    statement replies to any."""
    if output.kind != OutputKind.LIAISON_STATEMENT:
        return []
    rows = list_visible_liaisons_in_reply_to(session, actor, output)
    return [(describe_liaison(liaison, symbol), f"/liaisons/{liaison.id}") for liaison, symbol in rows]
