"""Invitations that wait for the first sign-in of a person, and the members for which people can be invited."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.permissions import Actor
from app.domain import member_states
from app.domain.bodies.models import Body, Office
from app.domain.bodies.rules import END_ACCREDITATION
from app.domain.invitations.queries import list_admitted_members, list_waiting_invitations
from app.domain.invitations.rules import build_invitation_rule_subject, calculate_last_day
from app.http.authentication import EntityName
from app.http.labels import ROLE_LABELS
from app.http.mail.delivery_labels import DELIVERY_STATUS_LABELS


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation in the list of those that wait; `email_tag` is the status of its e-mail."""

    id: UUID
    name: str
    entity: LazyText
    role: LazyText
    from_on: date
    until_on: date
    last_day: date
    email_tag: tuple[str, LazyText] | None
    may_withdraw: bool


def list_invitation_lines(session: ReadSession, actor: Actor, body: Body) -> list[InvitationLine]:
    """List the invitations of a body that the actor sees and that can still be accepted."""
    return [
        InvitationLine(
            invitation.id,
            invitation.name,
            EntityName(invitation.entity, {}),
            ROLE_LABELS[invitation.capacity],
            invitation.from_on,
            invitation.until_on,
            calculate_last_day(invitation),
            DELIVERY_STATUS_LABELS[status] if status else None,
            END_ACCREDITATION.allows(actor, build_invitation_rule_subject(body.id, invitation)),
        )
        for invitation, status in list_waiting_invitations(session, actor, body.id)
    ]


def list_entity_choices(session: ReadSession, actor: Actor, body: Body, language: str) -> list[tuple[str, str]]:
    """List the States and other members that the secretariat can choose, by name; empty for focal points, who invite
    people of their own entity alone."""
    if not actor.has_role(body.id, Office.SECRETARY):
        return []
    members = {member.code: member.own_name for member in list_admitted_members(session, body)}
    states = member_states.order_by_name(filter(member_states.is_known_state, members), language)
    others = sorted((code for code in members if not member_states.is_known_state(code)), key=members.__getitem__)
    names = {code: EntityName(code, {"otherwise": members[code]}) for code in (*states, *others)}
    return [(code, name.translate(language)) for code, name in names.items()]
