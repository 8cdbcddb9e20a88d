"""Whom the chair can choose as the owner of an action point: an office, a person of the group, or a State."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.db import ReadSession
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.domain import member_states
from app.domain.meetings.models import Meeting
from app.domain.member_states import EntityName
from app.domain.reports import queries
from app.http.labels import ACTION_POINT_OWNER_LABELS, name_action_point_owner


@dataclass(frozen=True, slots=True)
class OwnerChoice:
    """One choice: the value in the form, its name, and the owner with the person if it is one."""

    value: str
    name: LazyText
    owner: str
    person: UUID | None = None


@dataclass(frozen=True, slots=True)
class OwnerChoices:
    """The choices in groups with a label."""

    groups: Sequence[tuple[LazyText, Sequence[OwnerChoice]]]

    def find(self, value: str) -> OwnerChoice | None:
        """Find the choice with this value; None for anything else."""
        return next((each for _label, group in self.groups for each in group if each.value == value), None)


def list_owner_choices(session: ReadSession, meeting: Meeting, language: str) -> OwnerChoices:
    """List the offices, the people who have a seat in the group now, and the States that are represented in it."""
    members = queries.list_members_of_body(session, meeting.body_id)
    states = member_states.order_by_name(
        sorted({each.entity for each in members if member_states.is_known_state(each.entity)}), language
    )
    return OwnerChoices(
        [
            (_("Offices"), [OwnerChoice(code, name, code) for code, name in ACTION_POINT_OWNER_LABELS.items()]),
            (
                _("People"),
                [
                    OwnerChoice(
                        f"{each.person}", name_action_point_owner(each.entity, each.name), each.entity, each.person
                    )
                    for each in members
                ],
            ),
            (_("Member States"), [OwnerChoice(code, EntityName(code), code) for code in states]),
        ]
    )
