"""What an output says of its addressees: the facts that are adopted, and what readers see. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.core.i18n import DEFAULT_LANGUAGE
from app.domain.addressees.models import OutputAddressee, RequestedAct
from app.domain.bodies.models import Body
from app.domain.organizations.models import Organization
from app.domain.organizations.rules import choose_name


class AddresseeWords(NamedTuple):
    """The names of addressees for action (for comment and for reply too) and for information, and the first day until
    which a reply is asked for."""

    for_action: list[str]
    for_information: list[str]
    reply_by: date | None


def build_addressee_facts(rows: Sequence[OutputAddressee]) -> list[dict[str, str]]:
    """Return the facts of addressees that are adopted, in their order; absent where there is none."""
    return [{name: str(value) for name, value in _list_values(row) if value is not None} for row in rows]


def _list_values(row: OutputAddressee) -> tuple[tuple[str, object], ...]:
    return (
        ("organization", row.organization),
        ("body", row.body_id),
        ("words", row.words),
        ("wants", row.wants),
        ("reply_by", row.reply_by),
        ("in_reply_to", row.in_reply_to),
    )


def sum_up_addressees(rows: Sequence[OutputAddressee]) -> AddresseeWords:
    """Sum up addressees as readers see them."""
    for_information = [row.words for row in rows if row.wants == RequestedAct.INFORMATION]
    for_action = [row.words for row in rows if row.wants != RequestedAct.INFORMATION]
    return AddresseeWords(
        for_action, for_information, min((row.reply_by for row in rows if row.reply_by), default=None)
    )


def is_in_force(organization: Organization, day: date) -> bool:
    """Return whether an organization has not ended before this day."""
    return organization.until_on is None or organization.until_on >= day


def name_organization(organization: Organization, language: str) -> str:
    """Return the confirmed name of an organization in a language or in another one; its code if none is confirmed."""
    confirmed = {code: organization.names[code] for code in organization.confirmed}
    return choose_name(confirmed, language) or organization.code


def name_body(body: Body, language: str) -> str:
    """Return the name of a body in a language, or in English."""
    return body.names.get(language) or body.names.get(DEFAULT_LANGUAGE) or body.prefix
